"""Who reached which function with a hole, as of a cursor."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.detect import holes as merging
from triage_tui.model import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Array
    from .known import Target
    from .sight import Sight


class Visit(NamedTuple):
    """One entity at one target."""

    target: int
    events: int
    attempts: int
    answered: int
    first: int
    last: int


class _Table(NamedTuple):
    """Visits as columns, by entity and target."""

    ids: Array
    targets: Array
    events: Array
    attempts: Array
    answered: Array
    first: Array
    last: Array


def _nothing() -> _Table:
    return _Table(*(np.empty(0, np.int64) for _ in _Table._fields))


class Visits:
    """The visits of one kind's entities."""

    def __init__(self, sight: Sight, kind: Kind) -> None:
        self._sight, self._kind = sight, kind

    @cached_property
    def targets(self) -> Sequence[Target]:
        """What is known as of the cursor."""
        index = self._sight.index
        if not index.known:
            return ()
        return index.known.targets(self._sight.until, index.knowledge.dependencies)

    @cached_property
    def table(self) -> _Table:
        """Every visit; a filter does not matter."""
        sight, index = self._sight, self._sight.index
        if not self.targets or self._kind is Kind.SERVICE:
            return _nothing()
        rows, targets = index.knocks.at(self.targets)
        seen = sight.ledger(filtered=False).scope.visible(rows)
        ends = np.array([_end(each) for each in self.targets], np.int64)
        seen &= index.time.view()[rows] < ends[targets]
        rows, targets = rows[seen], targets[seen]
        ids = sight.first_ids(self._kind, rows).astype(np.int64)
        rows, targets, ids = rows[ids != 0], targets[ids != 0], ids[ids != 0]
        if not len(rows):
            return _nothing()
        tried = index.knocks.exploits(rows)
        answered = tried & index.knocks.answered(rows)
        keys, where = np.unique(ids * len(self.targets) + targets, return_inverse=True)
        size, time = len(keys), index.time.view()[rows]
        first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, np.iinfo(np.int64).min)
        np.minimum.at(first, where, time)
        np.maximum.at(last, where, time)
        return _Table(
            keys // len(self.targets),
            keys % len(self.targets),
            np.bincount(where, minlength=size),
            np.bincount(where, tried, minlength=size).astype(np.int64),
            np.bincount(where, answered, minlength=size).astype(np.int64),
            first,
            last,
        )

    @cached_property
    def _points(self) -> Array:
        """Per visit what it weighs."""
        table = self.table
        levels = [each.level for each in self.targets]
        cells = zip(
            table.targets.tolist(), table.attempts.tolist(), table.answered.tolist(), strict=True
        )
        found = [
            merging.points(levels[target], attempts=attempts, answered=answered)
            for target, attempts, answered in cells
        ]
        return np.array(found, np.int64)

    def points(self, size: int) -> Array:
        """Per entity number what its gravest visit weighs."""
        total = np.zeros(size, np.int64)
        mine = self.table.ids < size
        np.maximum.at(total, self.table.ids[mine], self._points[mine])
        return total

    def points_of(self, number: int) -> int:
        """The same of one entity."""
        return int(self._points[self.table.ids == number].max(initial=0))

    def words(self, number: int) -> tuple[str, str | None]:
        """(text, the hole's name) of an entity's gravest visit."""
        mine = np.flatnonzero(self.table.ids == number)
        at = int(mine[np.lexsort((-self.table.events[mine], -self._points[mine]))[0]])
        visit = Visit(*(int(column[at]) for column in self.table[1:]))
        target = self.targets[visit.target]
        holes = [each for each in target.told if each.open or visit.first < each.closed]
        text = merging.knock_words(
            target.name, holes, attempts=visit.attempts, answered=visit.answered
        )
        others = len(mine) - 1
        more = f"; and {others:,} more such function{'' if others == 1 else 's'}" if others else ""
        return f"{text}{more}", holes[0].id

    def of_target(self, number: int) -> list[tuple[int, Visit]]:
        """(entity number, visit) of all who reached a target: who tried an exploit first, then who
        came most."""
        at = np.flatnonzero(self.table.targets == number)
        found = [
            (int(self.table.ids[n]), Visit(*(int(column[n]) for column in self.table[1:])))
            for n in at.tolist()
        ]
        found.sort(
            key=lambda each: (-each[1].answered, -each[1].attempts, -each[1].events, each[0])
        )
        return found


def _end(target: Target) -> int:
    """Until when knocking at it means anything."""
    until = target.until()
    return np.iinfo(np.int64).max if until is None else until
