"""A painting of the screens, step by step: between two steps keys are heard."""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage_tui.ui.screens.base import TriageScreen

BREATH = 0.002
"""Seconds between two steps: a key that was pressed meanwhile is answered first."""
_DONE = object()


class Painting:
    """The screens that are brought up to date."""

    def __init__(self, screens: list[TriageScreen[object]]) -> None:
        self.screens = screens
        self.spent = 0.0
        """Seconds of work: of ours alone, whatever else the machine does meanwhile."""
        self._steps = chain.from_iterable(screen.changes() for screen in screens)

    def step(self) -> bool:
        """Takes the next step; whether there are more."""
        begun = time.thread_time()
        goes_on = next(self._steps, _DONE) is not _DONE
        self.spent += time.thread_time() - begun
        return goes_on
