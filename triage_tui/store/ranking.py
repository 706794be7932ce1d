"""The entities of one kind, ranked by risk."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.detect import risk
from triage_tui.model import Kind, Outcome, Severity

if TYPE_CHECKING:
    from .columns import Array
    from .sight import Links, Sight

_OUTCOMES = len(Outcome)


class Counts(NamedTuple):
    """Per entity number: events by outcome, times of the first and the last event."""

    by_outcome: Array
    """Shape (entities, outcomes)."""
    first: Array
    last: Array

    @property
    def events(self) -> Array:
        total: Array = self.by_outcome.sum(axis=1)
        return total

    @property
    def refused(self) -> Array:
        total: Array = self.by_outcome[:, Outcome.DENIED] + self.by_outcome[:, Outcome.BLOCKED]
        return total


def count(sight: Sight, links: Links, size: int) -> Counts:
    """Counts what every entity did."""
    outcome = sight.index.outcome.view()[links.rows]
    cells = links.ids.astype(np.int64) * _OUTCOMES + outcome
    by_outcome = np.bincount(cells, minlength=size * _OUTCOMES).reshape(size, _OUTCOMES)
    time = sight.index.time.view()[links.rows]
    first, last = np.zeros(size, np.int64), np.zeros(size, np.int64)
    # Rows stand by time, and of repeated places the last assignment stays.
    first[links.ids[::-1]] = time[::-1]
    last[links.ids] = time
    return Counts(by_outcome, first, last)


class Ranking:
    """Entities of a kind that have an event in sight, the riskiest first."""

    def __init__(self, sight: Sight, kind: Kind) -> None:
        self.sight = sight
        self.kind = kind

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def counts(self) -> Counts:
        """What the filter selects."""
        return count(self.sight, self.sight.links(self.kind), self.sight.size(self.kind))

    @cached_property
    def all_counts(self) -> Counts:
        """Everything within the time bound: what risk rests on."""
        sight = self.sight
        if sight.rows is sight.all_rows:
            return self.counts
        links = sight.links(self.kind, filtered=False)
        return count(sight, links, sight.size(self.kind))

    @cached_property
    def findings(self) -> dict[int, list[int]]:
        """Entity number -> places of its findings in `sight.findings`."""
        place = {state.id: n for n, state in enumerate(self.sight.findings)}
        return {
            number: [place[state.id] for state in states]
            for number, states in self.sight.findings_by(self.kind).items()
        }

    @cached_property
    def median(self) -> int:
        """Events of the median entity of this kind."""
        events = self.all_counts.events
        present = events[events > 0]
        return int(np.median(present)) if len(present) else 0

    def facts(self, number: int) -> risk.Facts:
        """What risk knows of an entity."""
        counts = self.all_counts
        found = self.findings.get(number, [])
        by_outcome = counts.by_outcome[number]
        return risk.Facts(
            kind=self.kind,
            events=int(by_outcome.sum()),
            refused=int(by_outcome[Outcome.DENIED] + by_outcome[Outcome.BLOCKED]),
            errors=int(by_outcome[Outcome.ERROR]),
            findings=len(found),
            worst=self.sight.findings[found[0]].severity if found else Severity.NONE,
            fresh=risk.is_fresh(int(counts.first[number]), self.sight.start, self.sight.cursor),
            median=self.median,
        )

    @cached_property
    def risks(self) -> Array:
        """Per entity number its risk. Entities of the same facts are scored once."""
        counts, sight = self.all_counts, self.sight
        size = len(counts.first)
        found = np.zeros((size, 2), np.int64)
        for number, places in self.findings.items():
            found[number] = len(places), sight.findings[places[0]].severity
        fresh = (counts.first - sight.start >= risk.NEW_AFTER) & (
            sight.cursor - counts.first <= risk.NEW_WITHIN
        )
        errors = counts.by_outcome[:, Outcome.ERROR]
        table = np.column_stack([counts.events, counts.refused, errors, found, fresh])
        present = np.flatnonzero(counts.events)
        scores = np.zeros(size, np.int64)
        if len(present):
            rows, where = np.unique(table[present], axis=0, return_inverse=True)
            scores[present] = np.array([self._score(row) for row in rows.tolist()])[where.ravel()]
        return scores

    def _score(self, row: list[int]) -> int:
        events, refused, errors, findings, worst, fresh = row
        facts = risk.Facts(
            self.kind,
            events,
            refused,
            errors,
            findings,
            Severity(worst),
            bool(fresh),
            self.median,
        )
        return risk.score(facts)

    @cached_property
    def ids(self) -> Array:
        """Entity numbers, by risk, events, age and key."""
        counts = self.counts
        present = np.flatnonzero(counts.events)
        risks, events, first = self.risks[present], counts.events[present], counts.first[present]
        order = np.lexsort((first, -events, -risks))
        table = np.column_stack([risks, events, first])[order]
        return self._settle_ties(present[order], table)

    def _settle_ties(self, ids: Array, table: Array) -> Array:
        same = (table[1:] == table[:-1]).all(axis=1)
        if not same.any():
            return ids
        settled = ids.tolist()
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
        for begin, end in edges.reshape(-1, 2).tolist():
            settled[begin : end + 1] = sorted(settled[begin : end + 1], key=self.key)
        return np.array(settled, np.int64)

    def key(self, number: int) -> str:
        """The entity's key."""
        index = self.sight.index
        match self.kind:
            case Kind.IP:
                return index.actor_ip.dictionary.values[number]
            case Kind.NETWORK:
                return index.networks.values[number]
            case Kind.SERVICE:
                return index.service.dictionary.values[number]
            case Kind.PRINCIPAL:
                return self.sight.principal(number).key

    def number(self, key: str) -> int | None:
        """The entity that has a key, or had it before a merge."""
        index = self.sight.index
        match self.kind:
            case Kind.IP:
                return index.actor_ip.dictionary.find(key)
            case Kind.NETWORK:
                return index.networks.find(key)
            case Kind.SERVICE:
                return index.service.dictionary.find(key)
            case Kind.PRINCIPAL:
                return self.sight.root_of(key)

    @cached_property
    def places(self) -> dict[int, int]:
        """Entity number -> its place in the ranking."""
        return {number: place for place, number in enumerate(self.ids.tolist())}
