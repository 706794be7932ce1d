"""Between which times the rows of each zone lie, so that a look at a span of time passes over the
rest of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .columns import Growing

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = 1 << 16
"""Rows of a zone: what is worked on at a time stays in the processor's cache."""


class Zones:
    """The zones of a column of times, which follow it as it grows."""

    def __init__(self, time: Growing) -> None:
        self._time = time
        self._low, self._high = Growing(np.int64), Growing(np.int64)

    def pieces(self, start: int, stop: int, low: int, high: int) -> Iterator[slice]:
        """Pieces of `start` to `stop`, at most a zone each, that may hold times from `low` to
        `high`."""
        self._follow()
        lows, highs = self._low.view(), self._high.view()
        for zone in range(start // ZONE, -(-stop // ZONE)):
            if zone < len(lows) and (lows[zone] > high or highs[zone] < low):
                continue
            yield slice(max(start, zone * ZONE), min(stop, (zone + 1) * ZONE))

    def _follow(self) -> None:
        time, done = self._time.view(), len(self._low)
        whole = len(time) // ZONE
        if done < whole:
            table = time[done * ZONE : whole * ZONE].reshape(-1, ZONE)
            self._low.extend(table.min(axis=1))
            self._high.extend(table.max(axis=1))
