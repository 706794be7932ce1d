"""Stretches of log time that are to be read once they are old enough, and how old that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .seen import LogEvent

NEAR = 2_000
"""Milliseconds between two stretches below which they are read as one."""
MOST = 16
"""Stretches that are kept apart."""
_SAMPLE = 64
"""Events of a batch that are looked at."""
_USUAL = 0.95
"""The part of the events that comes in the usual time."""
_SMOOTHING = 4
"""What is usual follows the last batch by one part in so many."""

Stretch = tuple[int, int]
"""From and to, both inclusive, in milliseconds."""


class Doubts:
    """What is to be read once it is old enough: few stretches, the oldest first, none of which
    touches another. What is read is never read again for what was said of it before."""

    def __init__(self) -> None:
        self._held: list[Stretch] = []

    def __bool__(self) -> bool:
        return bool(self._held)

    @property
    def first(self) -> int | None:
        """Where the oldest begins; None where there is none."""
        return self._held[0][0] if self._held else None

    def add(self, since: int, until: int) -> None:
        """One more; it may overlap with others."""
        merged: list[Stretch] = []
        for one in sorted([*self._held, (since, max(since, until))]):
            if merged and one[0] <= merged[-1][1] + NEAR:
                merged[-1] = merged[-1][0], max(merged[-1][1], one[1])
            else:
                merged.append(one)
        while len(merged) > MOST:  # those that are nearest to each other become one
            gaps = [merged[at + 1][0] - merged[at][1] for at in range(len(merged) - 1)]
            at = gaps.index(min(gaps))
            merged[at : at + 2] = [(merged[at][0], merged[at + 1][1])]
        self._held = merged

    def due(self, until: int) -> Stretch | None:
        """Takes out the oldest stretch as far as it lies before `until`: that is old enough. None
        where nothing is."""
        if not self._held or self._held[0][0] > until:
            return None
        since, end = self._held.pop(0)
        if end > until:
            self._held.insert(0, (until + 1, end))
        return since, min(end, until)

    def clear(self) -> None:
        """Everything was read."""
        self._held.clear()


class Lag:
    """How long after they happened events usually come, as far as they tell."""

    def __init__(self) -> None:
        self.usual: float | None = None
        """Milliseconds; None before anything came."""

    def take(self, events: Sequence[LogEvent]) -> None:
        """Learns from what came in one answer."""
        step = len(events) // _SAMPLE + 1
        lags = sorted(each.ingested - each.time for each in events[::step] if each.ingested)
        if not lags:
            return
        usual = max(0, lags[int(_USUAL * (len(lags) - 1))])
        before = usual if self.usual is None else self.usual
        self.usual = before + (usual - before) / _SMOOTHING
