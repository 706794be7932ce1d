"""Blocks that somebody made on another machine, as their journal tells: shown, and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from triage_tui.model import BlockPlan

from .entries import Intent, blocks_as_of
from .journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Block, BlockRequest, EntityRef
    from triage_tui.ports import Witness

    from .entries import Entry

ADVICE = (
    "these blocks were made live, elsewhere: here they are shown as they were recorded",
    "Tab leads to the blocklist that simulates",
)


class RecordedBlocklist:
    """Implements `ports.Response` over the entries of one blocklist in a journal."""

    simulated = False

    def __init__(self, name: str, entries: Sequence[Entry]) -> None:
        self.name = f"{name} (recorded)"
        self._entries = [entry for entry in entries if entry.response == name]
        self._known: tuple[int | None, tuple[Block, ...]] | None = None

    def blocks(self, cursor: int | None) -> Sequence[Block]:
        """All blocks as of the cursor, newest first."""
        if self._known is None or self._known[0] != cursor:
            self._known = cursor, tuple(blocks_as_of(self._entries, cursor))
        return self._known[1]

    def set_of(self, block: Block) -> str:
        """The ARN of the set that it was put into."""
        intents = (e.payload for e in self._entries if e.block == block.id)
        return next((str(found) for p in intents if (found := getattr(p, "set", ""))), "")

    def foreign(self) -> Sequence[str]:
        return ()

    def differences(self) -> Sequence[str]:
        return ()

    def protect(self, cidr: str, reason: str) -> None:
        """Nothing is blocked here anyway."""

    async def refresh(self) -> None:
        """Nothing comes after a recording."""

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        """Nothing can be blocked here."""
        return BlockPlan(self.name, self.simulated, refs[0], (), 0, ADVICE)

    async def apply(self, request: BlockRequest) -> Block:
        _refuse()

    async def verify(self, block: Block) -> Block:
        return block

    async def undo(self, block: Block, *, author: str, cursor: int) -> Block:
        _refuse()

    async def extend(self, block: Block, expires: int | None, *, author: str, cursor: int) -> Block:
        _refuse()


def _refuse() -> NoReturn:
    raise ResponseError(
        "Recorded",
        "This block was made live, on another machine.",
        "Change it there: `triage-tui blocks list --all` shows it.",
    )


def recorded(entries: Sequence[Entry]) -> list[RecordedBlocklist]:
    """A blocklist for each that the journal tells of."""
    names = dict.fromkeys(e.response for e in entries if isinstance(e.payload, Intent))
    return [RecordedBlocklist(name, entries) for name in names]
