"""A casebook and a blocklist for commands that decide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from triage_tui.model import BlockPlan, Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import (
        Block,
        BlockRequest,
        Change,
        EntityRef,
        Note,
        Status,
        Verdict,
    )
    from triage_tui.ports import Witness


def _refuse() -> NoReturn:
    raise RuntimeError("this command decides nothing")


class NoCasebook:
    """An empty `ports.Casebook`."""

    def case(self, subjects: Iterable[str]) -> Case:
        """Nobody has said anything."""
        return Case()

    def history(self) -> Sequence[Change]:
        return ()

    async def close(self) -> None:
        """Nothing is open."""

    async def note(self, subject: str, text: str, *, author: str, cursor: int) -> Note:
        _refuse()

    async def remove_note(
        self, note_id: int, *, author: str | None = None, cursor: int | None = None
    ) -> None:
        _refuse()

    async def set_status(self, subject: str, status: Status, *, author: str, cursor: int) -> None:
        _refuse()

    async def set_verdict(
        self, subject: str, verdict: Verdict, *, author: str, cursor: int
    ) -> None:
        _refuse()

    async def tag(self, subject: str, tag: str, *, author: str, cursor: int) -> None:
        _refuse()

    async def untag(self, subject: str, tag: str, *, author: str, cursor: int) -> None:
        _refuse()


class NoBlocklist:
    """An empty `ports.Response`."""

    name = "none"
    simulated = False

    def __init__(self, *advice: str) -> None:
        """`advice` tells whoever wants to block why it cannot be done, and what to do."""
        self._advice = advice

    def blocks(self, cursor: int | None) -> Sequence[Block]:
        """Nothing is blocked."""
        return ()

    def set_of(self, block: Block) -> str:
        """There is none."""
        return ""

    def foreign(self) -> Sequence[str]:
        return ()

    def protect(self, cidr: str, reason: str) -> None:
        """Nothing is blocked anyway."""

    def differences(self) -> Sequence[str]:
        return ()

    async def refresh(self) -> None:
        """Nobody can have changed it."""

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        """Nothing can be blocked."""
        return BlockPlan(self.name, self.simulated, refs[0], (), 0, self._advice)

    async def apply(self, request: BlockRequest) -> Block:
        _refuse()

    async def verify(self, block: Block) -> Block:
        _refuse()

    async def undo(self, block: Block, *, author: str, cursor: int) -> Block:
        _refuse()

    async def extend(self, block: Block, expires: int | None, *, author: str, cursor: int) -> Block:
        _refuse()
