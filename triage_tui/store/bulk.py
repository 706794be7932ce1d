"""From when on nearly all events are: one event dated 1970 must not squeeze a night into a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage_tui.model import HOUR, MINUTE

if TYPE_CHECKING:
    from .columns import Array

FAR = 10
"""A gap that is so many times as long as all that follows sets apart what is before it."""
SHARE = 100
"""What is set apart is at most one event of so many."""
FEWEST = 10
"""Events below which none is set apart."""
_SHORTEST = 10 * MINUTE
"""What follows a gap counts as at least so long."""
_MOST = 10_000
"""Hours that are told apart; with more, over a year full of events, none is set apart."""


class Bulk:
    """How many events there are in each hour, as they come."""

    def __init__(self) -> None:
        self._hours: dict[int, tuple[int, int]] = {}
        """Hour since 1970 -> how many, and the time of the first."""
        self._order: list[int] = []
        """The hours, sorted when somebody asks."""
        self._sorted = True
        self.events = 0

    def note(self, time: Array, low: int, high: int) -> None:
        """Counts events of these times, which lie from `low` to `high`."""
        self.events += len(time)
        if len(self._hours) > _MOST:
            return
        if low // HOUR == high // HOUR:
            self._note(low // HOUR, len(time), low)
            return
        hours, place, counts = np.unique(time // HOUR, return_inverse=True, return_counts=True)
        first = np.full(len(hours), high, np.int64)
        np.minimum.at(first, place, time)
        for each in zip(hours.tolist(), counts.tolist(), first.tolist(), strict=True):
            self._note(*each)

    def _note(self, hour: int, count: int, first: int) -> None:
        known, earliest = self._hours.get(hour, (0, first))
        if not known:
            self._sorted = not self._order or (self._sorted and hour > self._order[-1])
            self._order.append(hour)
        self._hours[hour] = known + count, min(earliest, first)

    def begin(self, last: int) -> tuple[int, int] | None:
        """The time from which nearly all events are, and how many are before it, if there are any;
        `last` is where the known time ends."""
        if self.events < FEWEST or len(self._hours) > _MOST:
            return None
        if not self._sorted:
            self._order.sort()
            self._sorted = True
        found, before, end = None, 0, 0
        for hour in self._order:
            count, first = self._hours[hour]
            if before * SHARE > max(self.events, SHARE):
                break
            if before and first - end > FAR * max(_SHORTEST, last - first):
                found = first, before
            before, end = before + count, (hour + 1) * HOUR
        return found
