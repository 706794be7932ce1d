"""What was done here and can be taken back: notes, statuses, tags, marks, filters. Never anything
in the outside world: that has a plan and a confirmation of its own."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOST = 200
"""Steps that are remembered."""


def _always() -> bool:
    return True


class Step(NamedTuple):
    """One thing that was done: what, how it is taken back, and whether that can still be."""

    what: str
    back: Callable[[], Awaitable[None]]
    holds: Callable[[], bool] = _always


class Undo:
    """The steps, the last one on top."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=MOST)

    def did(
        self, what: str, back: Callable[[], Awaitable[None]], holds: Callable[[], bool] = _always
    ) -> None:
        """Something was done."""
        self._steps.append(Step(what, back, holds))

    def last(self) -> Step | None:
        """Takes the last step that can be taken back off the pile; None without any."""
        while self._steps:
            step = self._steps.pop()
            if step.holds():
                return step
        return None
