"""Turns of all who write one shared journal, wherever they are: by a lease in the table.

A lease ends by itself, so a program that was stopped holds nobody up for long; and one that was
only held up finds out before it writes on (`turns.still_ours`). What it has sent meanwhile comes to
a set that another has written since, and is refused for its token.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from typing import TYPE_CHECKING

from triage_tui.statetable import AwayError, Turn

from .journal import ResponseError
from .turns import fenced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from triage_tui.statetable import Present, TurnTable

LEASE = 40_000
"""Milliseconds. Longer than any one call to AWS takes."""
MARGIN = LEASE // 2
"""So much of it must be left before a call."""
PATIENCE = 120.0
"""Seconds until one gives up to wait for its turn."""
FIRST_LOOK, LONGEST_LOOK = 0.1, 1.0
"""Seconds between two looks at whether the lease is free."""
YOUNG = 15 * 60_000
"""Milliseconds for which a writer is taken to be alive, whoever it is: by its name one sees when it
began, and nothing that is called once lasts longer."""
SILENT = 120
"""Seconds after which one who had been at work, and says so no more, is gone."""


def writer_name(milliseconds: int) -> str:
    """A name for somebody who begins to write now."""
    return f"{milliseconds:012x}{secrets.token_hex(4)}"


class LeasedTurns:
    """The turns of one account and region. Implements `turns.TakesTurns`."""

    def __init__(
        self,
        table: TurnTable,
        place: str,
        calls_per_second: float,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: float = PATIENCE,
    ) -> None:
        self.apart = 1 / calls_per_second
        self._table = table
        self._place = place
        self._wall = wall
        self._sleep = sleep
        self._patience = patience
        self._here = asyncio.Lock()
        self._turn: Turn | None = None

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """It is our turn, and nobody else's. Raises ResponseError where it does not come."""
        async with self._here:
            await self._wait()
            try:
                with fenced(self._check):
                    yield
            finally:
                turn, self._turn = self._turn, None
                if turn is not None:
                    with contextlib.suppress(AwayError):  # it ends by itself
                        await asyncio.shield(self._table.give_back(turn))

    async def call(self) -> None:
        """Waits until one may call; it is our turn. Raises ResponseError where it is over."""
        turn = self._turn
        if turn is None:
            raise self._over()
        wait = turn.called / 1000 + self.apart - self._wall()
        if 0 < wait <= self.apart:  # more: the clocks differ
            await self._sleep(wait)
        await self._check()
        if self._turn is not None:
            self._turn = self._turn._replace(called=self._now())

    async def _check(self) -> None:
        """Keeps the turn for longer, where not much of it is left. Raises ResponseError where it
        has become somebody else's."""
        turn = self._turn
        if turn is None:
            raise self._over()
        now = self._now()
        if turn.until - now >= MARGIN:
            return
        longer = turn._replace(until=now + LEASE)
        try:
            before = await self._table.take(longer, now)
        except AwayError as error:
            raise ResponseError("Cannot take turns", f"{error.message}.", error.fix) from error
        if before is None or before.holder != turn.holder:
            # Free or not: somebody else has had it meanwhile.
            self._turn = None
            if before is not None:
                with contextlib.suppress(AwayError):
                    await self._table.give_back(longer)
            raise self._over()
        self._turn = longer

    def _now(self) -> int:
        return round(self._wall() * 1000)

    def _over(self) -> ResponseError:
        return ResponseError(
            "The turn is over",
            f"Another triage-tui has taken over at {self._table.where} meanwhile.",
            "Look at the blocks: it has found out what became of this one; then repeat it.",
        )

    async def _wait(self) -> None:
        until, pause = self._wall() + self._patience, FIRST_LOOK
        holder = secrets.token_hex(8)
        while True:
            now = self._now()
            turn = Turn(self._place, holder, now + LEASE)
            try:
                before = await self._table.take(turn, now)
            except AwayError as error:
                raise ResponseError("Cannot take turns", f"{error.message}.", error.fix) from error
            if before is not None:
                self._turn = turn._replace(called=before.called)
                return
            if self._wall() > until:
                raise ResponseError(
                    "Somebody else is writing",
                    f"Another triage-tui has had the turn at {self._table.where} for "
                    f"{self._patience:.0f} s.",
                    "Wait until it is done, or end it, then repeat this.",
                )
            await self._sleep(pause * (0.5 + random.random()))  # noqa: S311 - no secret
            pause = min(LONGEST_LOOK, pause * 1.5)


class Team:
    """All who write the journal of one table. Implements `turns.Company`."""

    def __init__(
        self,
        table: TurnTable,
        writer: str,
        *,
        present: Callable[[], Awaitable[list[Present]]] | None = None,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: float = PATIENCE,
    ) -> None:
        """`writer` is a `writer_name`; whoever lasts says so (`present`) under that name."""
        self.writer = writer
        self._table = table
        self._present = present
        self._wall = wall
        self._sleep = sleep
        self._patience = patience

    def turns(self, account: str, region: str, calls_per_second: float) -> LeasedTurns:
        """The turns of an account and region."""
        return LeasedTurns(
            self._table,
            f"{account}-{region}",
            calls_per_second,
            wall=self._wall,
            sleep=self._sleep,
            patience=self._patience,
        )

    async def is_alive(self, writer: str) -> bool:
        """Whether that one may still be at work: what began just now is, and what lasts says so."""
        now = self._wall()
        try:
            began = int(writer[:12], 16) if len(writer) == 20 else 0
        except ValueError:
            began = 0
        if writer == self.writer or began > now * 1000 - YOUNG:
            return True
        if self._present is None:
            return False
        try:
            known = await self._present()
        except AwayError:
            return True  # nobody can tell
        return any(each.process == writer and each.at > now - SILENT for each in known)
