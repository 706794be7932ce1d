"""A painting of the screens, step by step: between two steps keys are heard."""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage_tui.ui.screens.base import TriageScreen

SLICE = 0.003
"""Seconds of work after which others get their turn; a step that is begun is ended."""
BREATH = 0.002
"""Seconds until it goes on where a key that was pressed meanwhile is answered first."""
HASTE = 0.1
"""Seconds for which taking in gives way to a painting: what it shows grows old meanwhile."""
START = 0.05
"""Seconds for which sources do, too. Where the machine is busy a painting takes longer, and more
would come meanwhile than can be taken in between two of them."""
_DONE = object()


class Painting:
    """The screens that are brought up to date."""

    def __init__(self, screens: list[TriageScreen[object]]) -> None:
        self.screens = screens
        self._begun = time.monotonic()
        self.spent = 0.0
        """Seconds of work: of ours alone, whatever else the machine does meanwhile."""
        self._steps = chain.from_iterable(screen.changes() for screen in screens)

    @property
    def hurries(self) -> bool:
        """Whether taking in gives way to it."""
        return time.monotonic() < self._begun + HASTE

    @property
    def starts(self) -> bool:
        """Whether sources give way to it."""
        return time.monotonic() < self._begun + START

    def go_on(self) -> bool:
        """Takes the next steps, a slice of them; whether there are more."""
        begun, spent = time.thread_time(), 0.0
        goes_on = True
        while goes_on and spent < SLICE:
            goes_on = next(self._steps, _DONE) is not _DONE
            spent = time.thread_time() - begun
        self.spent += spent
        return goes_on
