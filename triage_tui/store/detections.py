"""Which rules matched the events of whom, in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import Outcome, Severity

from .doings import Table
from .profiles import Cells
from .scope import Base, Reach

if TYPE_CHECKING:
    from .columns import Array, Mask
    from .doings import Pairs
    from .index import Index
    from .scope import Scope
    from .sight import Sight


class Detected(NamedTuple):
    """Entities, the rules that matched their events, and how many; each pair once or twice."""

    ids: Array
    rules: Array
    refused: Array
    """Whether these are events that came to nothing (denied, blocked, failed): an attempt is less
    than a deed."""
    counts: Array

    @staticmethod
    def none() -> Detected:
        """Nothing matched."""
        empty = np.empty(0, np.int64)
        return Detected(empty, empty, empty.astype(np.bool_), empty)

    @staticmethod
    def summed(ids: Array, rules: Array, refused: Array, counts: Array) -> Detected:
        """Each triple once; number 0 is nobody."""
        if not len(ids):
            return Detected.none()
        ids = ids.astype(np.int64)
        values = rules.astype(np.int64) * 2 + refused
        width = int(values.max()) + 1
        keys, where = np.unique(ids * width + values, return_inverse=True)
        total = np.bincount(where, counts, len(keys)).astype(np.int64)
        ids, values = keys // width, keys % width
        some = ids != 0
        return Detected(ids[some], values[some] >> 1, (values[some] & 1) != 0, total[some])

    def only(self, chosen: Mask) -> Detected:
        """Some of them."""
        return Detected(*(column[chosen] for column in self))


def strengths(found: Detected, index: Index) -> Array:
    """Per pair what it is worth: the rule's level; of what came to nothing one below it, unless the
    rule is about that. What repeats a finding is worth nothing beside it."""
    level = np.where(index.about_findings[found.rules], Severity.NONE, index.levels[found.rules])
    less = found.refused & ~index.about_outcomes[found.rules] & (level > Severity.INFORMATIONAL)
    return np.where(less, level - 1, level)


def is_refused(index: Index, rows: Array) -> Mask:
    """Which rows are attempts that came to nothing."""
    outcome = index.outcome.view()[rows]
    refused: Mask = np.isin(outcome, (Outcome.DENIED, Outcome.BLOCKED, Outcome.ERROR))
    return refused


class Matched(NamedTuple):
    """How often a rule matched in sight, and when first and last (nanoseconds)."""

    times: int
    first: int
    last: int


def matched(sight: Sight) -> dict[int, Matched]:
    """Rule number -> its matches in sight, but of those that are muted or only feed others."""
    index, scope = sight.index, sight.ledger(filtered=False).scope
    fired, firing = index.correlated_rows()
    rows = np.concatenate([index.hits.row.view().astype(np.int64), fired.astype(np.int64)])
    rules = np.concatenate([index.hits.rule.view().astype(np.int64), firing.astype(np.int64)])
    seen = scope.visible(rows)
    rows, rules = rows[seen], rules[seen]
    if not len(rows):
        return {}
    times, size = index.time.view()[rows], int(rules.max()) + 1
    first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, np.iinfo(np.int64).min)
    np.minimum.at(first, rules, times)
    np.maximum.at(last, rules, times)
    counts = np.bincount(rules, minlength=size)
    found = (number for number in np.flatnonzero(counts).tolist() if index.shown[number])
    return {n: Matched(int(counts[n]), int(first[n]), int(last[n])) for n in found}


class HitTally:
    """Counts what rules matched, by the first actors of rows."""

    def __init__(self, scope: Scope, base: Base) -> None:
        self._scope, self._base = scope, base
        self._reach = Reach(scope)
        self._cells = Cells()
        self._last = Table(np.maximum)

    def advance(self) -> None:
        """Takes in what came into sight."""
        index = self._scope.index
        if not len(index.hits):
            self._reach.pass_over()
            return
        numbers, hits = self._base.column(index).view(), index.hits
        for rows in self._reach.fresh(lambda piece: hits.mask(piece.start, piece.stop)):
            places, rules = hits.of(rows)
            where = rows[places]
            actors = numbers[where].astype(np.int64)
            asked = np.unique(actors)
            values = rules.astype(np.int64) * 2 + is_refused(index, where)
            self._cells.add(asked, np.searchsorted(asked, actors), values)
            self._last.add(actors, rules.astype(np.int64), index.time.view()[where])

    def last(self) -> Pairs:
        """Actors of the base, 0 among them, the rules that matched their events, and when last."""
        return self._last.pairs()

    def found(self) -> Detected:
        """Actors of the base, 0 among them, with the rules that matched their events."""
        actors, values, counts = self._cells.all()
        return Detected(actors, values >> 1, (values & 1) != 0, counts)
