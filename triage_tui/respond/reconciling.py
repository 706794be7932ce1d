"""Holds the journal against the sets: what is there, what others took out, what a crash left open.
What differs is written down as it was seen; nothing is put right by guessing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.model import SECOND, BlockState
from triage_tui.networks import network_of

from .entries import Evidence, Failed, Intent, Missing, Result, UndoFailed, UndoIntent, Verified
from .ipset import Sight, mark
from .journal import Line
from .setwriter import CRASHED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from triage_tui.model import Block

    from .entries import Entry
    from .ipset import Trouble
    from .journal import Journal
    from .setwriter import SetWriter
    from .standing import Standing
    from .turns import Company

GRACE = 30 * SECOND
"""So long after it was written or seen, an entry that a read does not show may be on its way."""
LOOK_AGAIN = 2.0
"""Seconds until what is not in a set is looked for once more."""


class Reconciler:
    """Writes down what the sets hold of our blocks."""

    def __init__(
        self,
        journal: Journal,
        standing: Standing,
        company: Company,
        *,
        wall: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._standing = standing
        self._company = company
        self._wall = wall
        self._sleep = sleep

    async def compare(
        self, writer: SetWriter, ids: Collection[str], sight: Sight
    ) -> Trouble | None:
        """Which of these blocks of a set are in it, and which are not any more. `sight` is what
        the set held just now; what is in the way, if it has to be read again."""
        held = [b for b in self._standing.held_in(writer.ip_set.arn) if b.id in ids]
        sent = [
            block
            for block in held
            if block.state is BlockState.SENT and network_of(block.cidr) in sight.present
        ]
        lines = await _lines(sent, sight, Verified)
        absent = [b for b in held if network_of(b.cidr) not in sight.present and self._is_old(b)]
        trouble = None
        if absent:
            await self._sleep(LOOK_AGAIN)
            again = await writer.look()
            if isinstance(again, Sight):
                still = {b.id for b in self._standing.held_in(writer.ip_set.arn)}
                gone = [
                    block
                    for block in absent
                    if block.id in still and network_of(block.cidr) not in again.present
                ]
                lines += await _lines(gone, again, Missing)
            else:
                trouble = again
        await self._write(lines)
        return trouble

    async def bury(self, response: str) -> None:
        """Closes the intents of processes that are gone and had sent nothing yet."""
        await self._journal.refresh()
        self._standing.advance(self._journal.entries)
        open_ = [*self._standing.intents.values(), *self._standing.undos.values()]
        await self._write(
            [
                Line(
                    Failed(CRASHED) if isinstance(entry.payload, Intent) else UndoFailed(CRASHED),
                    response,
                    entry.cursor,
                    entry.block,
                )
                for entry in open_
                if entry.response == response and await self._is_left_behind(entry)
            ]
        )

    async def _write(self, lines: list[Line]) -> None:
        if lines:
            await self._journal.append_all(lines)
            self._standing.advance(self._journal.entries)

    def _is_old(self, block: Block) -> bool:
        """Whether whatever was written of it must show by now."""
        walls = [
            entry.wall
            for entry in self._journal.entries
            if entry.block == block.id and isinstance(entry.payload, Result | Verified)
        ]
        return self._wall() - max(walls, default=0) > GRACE

    async def _is_left_behind(self, entry: Entry) -> bool:
        payload = entry.payload
        if entry.block in self._standing.attempts:
            return False  # it was sent: the set tells
        writer = payload.writer if isinstance(payload, Intent | UndoIntent) else ""
        return not await self._company.is_alive(writer)


async def _lines(
    blocks: Sequence[Block], sight: Sight, kind: type[Verified] | type[Missing]
) -> list[Line]:
    if not blocks:
        return []
    requests = (sight.held.request_id,) if sight.held.request_id else ()
    seen = await asyncio.to_thread(mark, sight.held.addresses, sight.held.token)
    evidence = Evidence(seen, None, requests)
    return [Line(kind(evidence), block.blocklist, block.cursor, block.id) for block in blocks]
