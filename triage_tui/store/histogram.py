"""How many events of which sort fell into each piece of a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import HOUR, Outcome

from .scope import FAR, Reach, Scope

if TYPE_CHECKING:
    from .columns import Array
    from .index import Index
    from .matches import Matches
    from .sight import Sight

_SORTS = 4
"""ok, errors, refused, findings: the order of `Bucket`."""
_FINE = 8192
"""Pieces of time that a time-line keeps at most; what is shown has some eighty."""


class Bucket(NamedTuple):
    """A piece of the time-line."""

    ok: int
    errors: int
    refused: int
    findings: int
    worst: int
    """The worst severity of its findings."""

    @property
    def total(self) -> int:
        return self.ok + self.errors + self.refused + self.findings


def histogram(sight: Sight, rows: Array, start: int, end: int, buckets: int) -> list[Bucket]:
    """Counts `rows` in `buckets` equal pieces of [start, end], nanoseconds."""
    index = sight.index
    time = index.time.view()[rows]
    inside = (time >= start) & (time <= end)
    rows, time = rows[inside], time[inside]
    cells, worst = np.zeros((buckets, _SORTS), np.int64), np.zeros(buckets, np.int64)
    _add(index, rows, _place(time, start, end, buckets), cells, worst)
    return _buckets(cells, worst)


def by_hour(index: Index, rows: Array) -> dict[int, int]:
    """UTC hour -> how many of these rows fall in it."""
    hours, counts = np.unique(index.time.view()[rows] // HOUR, return_counts=True)
    return dict(zip(hours.tolist(), counts.tolist(), strict=True))


def _place(time: Array, start: int, end: int, buckets: int) -> Array:
    """The piece of [start, end] that each time falls in."""
    # Shares are small integers: nanoseconds times buckets would overflow for spans of many years.
    step = max(1, -(-(end - start + 1) // buckets))
    place: Array = np.clip((time - start) // step, 0, buckets - 1)
    return place


def _add(index: Index, rows: Array, place: Array, cells: Array, worst: Array) -> None:
    """Counts rows in their places."""
    severity = index.severity.view()[rows]
    outcome = index.outcome.view()[rows]
    refused = (outcome == Outcome.DENIED) | (outcome == Outcome.BLOCKED)
    sort = np.where(severity > 0, 3, np.where(refused, 2, np.where(outcome == Outcome.ERROR, 1, 0)))
    cells += np.bincount(place * _SORTS + sort, minlength=cells.size).reshape(cells.shape)
    np.maximum.at(worst, place, severity.astype(np.int64))


def _buckets(cells: Array, worst: Array) -> list[Bucket]:
    return [
        Bucket(int(ok), int(errors), int(denied), int(findings), int(level))
        for (ok, errors, denied, findings), level in zip(
            cells.tolist(), worst.tolist(), strict=True
        )
    ]


class Timeline:
    """The events that a filter selects over all time, whatever the cursor; follows the index.

    It counts in pieces of 2**n nanoseconds, the smallest of which at most 8192 span all events:
    what it counts depends on the events alone, not on the way they came. One of a `span` of time
    knows nothing else, and has all its pieces for that.
    """

    def __init__(
        self,
        index: Index,
        where: Matches | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        self._index = index
        self._span = span
        self._scope = Scope(index, None, where)
        self._scope.until = FAR
        self._reach = Reach(self._scope)
        self._bits = 0
        self._begin = 0
        """Number of the first piece, from the epoch on."""
        self._cells = np.zeros((0, _SORTS), np.int64)
        self._worst = np.zeros(0, np.int64)

    def bars(self, start: int, end: int, buckets: int) -> list[Bucket]:
        """The events in `buckets` equal pieces of [start, end], to within a piece of its own."""
        for rows in self._reach.fresh():
            self._take_in(self._inside(rows))
        width = 1 << self._bits
        middles = (np.arange(len(self._cells)) + self._begin) * width + width // 2
        place = _place(np.clip(middles, start, end), start, end, buckets)
        cells, worst = np.zeros((buckets, _SORTS), np.int64), np.zeros(buckets, np.int64)
        np.add.at(cells, place, self._cells)
        np.maximum.at(worst, place, self._worst)
        return _buckets(cells, worst)

    def _inside(self, rows: Array) -> Array:
        if self._span is None:
            return rows
        time = self._index.time.view()[rows]
        inside: Array = rows[(time >= self._span[0]) & (time <= self._span[1])]
        return inside

    def _take_in(self, rows: Array) -> None:
        if not len(rows):
            return
        time = self._index.time.view()[rows]
        self._make_room(int(time.min()), int(time.max()))
        place = (time >> self._bits) - self._begin
        _add(self._index, rows, place, self._cells, self._worst)

    def _make_room(self, low: int, high: int) -> None:
        """Widens what is counted to these times, in wider pieces if need be."""
        if len(self._cells):
            low = min(low, self._begin << self._bits)
            high = max(high, ((self._begin + len(self._cells)) << self._bits) - 1)
        while (high >> self._bits) - (low >> self._bits) >= _FINE:
            self._halve()
        begin, end = low >> self._bits, (high >> self._bits) + 1
        cells, worst = np.zeros((end - begin, _SORTS), np.int64), np.zeros(end - begin, np.int64)
        at = slice(self._begin - begin, self._begin - begin + len(self._cells))
        if len(self._cells):
            cells[at], worst[at] = self._cells, self._worst
        self._begin, self._cells, self._worst = begin, cells, worst

    def _halve(self) -> None:
        """Counts in pieces twice as wide."""
        place = (np.arange(len(self._cells)) + self._begin >> 1) - (self._begin >> 1)
        size = int(place[-1]) + 1 if len(place) else 0
        cells, worst = np.zeros((size, _SORTS), np.int64), np.zeros(size, np.int64)
        np.add.at(cells, place, self._cells)
        np.maximum.at(worst, place, self._worst)
        self._bits, self._begin = self._bits + 1, self._begin >> 1
        self._cells, self._worst = cells, worst
