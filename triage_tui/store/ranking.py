"""The entities of one kind, ranked by risk."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.detect import risk
from triage_tui.model import HOUR, Kind, Outcome, Severity

from .benign import benign
from .detections import strengths
from .marks import Marks
from .scope import FAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .columns import Array, Mask
    from .detections import Detected
    from .ledger import Counts
    from .sight import Sight


_ALERT_POINTS = np.array([risk.DETECTION_POINTS[level] for level in Severity], np.int64)


class _Order(NamedTuple):
    """Entity numbers in order, but for those that tie and were not asked for yet."""

    ids: Array
    ties: Array
    """Shape (ties, 2): from where to where; they ascend."""
    settled: set[int]


_LONG_AGO = 60 * risk.FADES_AFTER
"""Hours: nothing is left by then."""
_FADES = np.array([risk.fade(hours) for hours in range(_LONG_AGO + 1)])


def _floor(points: Array) -> Array:
    return points.astype(np.int64)


class _Idle(NamedTuple):
    """`risk.Idle`, per entity number."""

    events: Array
    findings: Array
    matches: Array
    refusals: Array
    errors: Array
    deeds: Array


class Ranking:
    """Entities of a kind that have an event in sight, the riskiest first."""

    def __init__(self, sight: Sight, kind: Kind) -> None:
        self.sight = sight
        self.kind = kind

    def working_out(self) -> Iterator[None]:
        """Works it out in steps, for whoever has something else to do in between."""
        yield from self.counting()
        for part in ("risks", "_order"):
            getattr(self, part)
            yield

    def counting(self) -> Iterator[None]:
        """The same of what single entities rest on. What has to be of one moment, for more may come
        meanwhile, is one step."""
        for part in ("counts", "all_counts", "findings", "alerts", "_matched"):
            getattr(self, part)
        yield
        yield from self.marks.working_out()
        for part in ("_idle", "level"):
            getattr(self, part)
            yield

    def __len__(self) -> int:
        return len(self._order.ids)

    @cached_property
    def counts(self) -> Counts:
        """What the filter selects."""
        return self.sight.counts(self.kind)

    @cached_property
    def all_counts(self) -> Counts:
        """Everything within the time bound: what risk rests on."""
        if not self.sight.filtered:
            return self.counts
        return self.sight.counts(self.kind, filtered=False)

    @cached_property
    def findings(self) -> dict[int, list[int]]:
        """Entity number -> places of its findings in `sight.findings`."""
        return self.sight.findings_by(self.kind)

    @cached_property
    def detected(self) -> Detected:
        """What rules matched, of everything within the time bound, but what is muted."""
        found = self.sight.detections(self.kind)
        return found.only(self._heard(found.ids, found.rules))

    def _heard(self, ids: Array, rules: Array) -> Mask:
        """Which pairs of entity and rule nobody has muted."""
        index = self.sight.index
        heard: Mask = index.shown[rules] if len(index.shown) else np.ones(len(rules), np.bool_)
        for mute in index.muted:
            kind, _, key = mute.entity.partition(":")
            rule = index.rules.numbers.get(mute.rule)
            number = self.number(key) if kind == self.kind.value else None
            if rule is not None and number is not None:
                heard &= (ids != number) | (rules != rule)
        return heard

    @cached_property
    def alerts(self) -> tuple[Array, Array]:
        """Per entity number the level of the gravest rule that matched, and how many rules of at
        least low level did."""
        found, size = self.detected, self.sight.size(self.kind)
        worst, rules = np.zeros(size, np.int64), np.zeros(size, np.int64)
        if len(found.ids):
            strength = strengths(found, self.sight.index)
            np.maximum.at(worst, found.ids, strength)
            grave = strength >= Severity.LOW
            pairs = np.unique(found.ids[grave] << 32 | found.rules[grave])
            rules += np.bincount(pairs >> 32, minlength=size)
        return worst, rules

    @property
    def alarms(self) -> int:
        """Rules of at least low level that matched, each once for each entity: a flood is one."""
        return int(self.alerts[1].sum())

    @cached_property
    def marks(self) -> Marks:
        """What is known of the entities beside their events."""
        return Marks(self)

    @cached_property
    def level(self) -> int:
        """What is usual for this kind (`risk.level`)."""
        events = self.all_counts.events
        present = events[events > 0]
        return risk.level(float(np.log10(present).sum()), len(present))

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
            fresh=risk.is_fresh(int(counts.first[number]), self.sight.start, self.sight.present),
            level=self.level,
            alert=Severity(int(self.alerts[0][number])),
            rules=int(self.alerts[1][number]),
            marks=self.marks.of(number),
            idle=risk.Idle(*(int(hours[number]) for hours in self._idle)),
            service=bool(self._aws[number]),
            benign=self.benign.get(number, frozenset()),
        )

    @cached_property
    def _matched(self) -> Array:
        """Per entity number when a rule that nobody has muted matched last."""
        matched = np.full(len(self.all_counts.first), -FAR, np.int64)
        ids, rules, last = self.sight.last_matches(self.kind)
        heard = self._heard(ids, rules)
        np.maximum.at(matched, ids[heard], last[heard])
        return matched

    @cached_property
    def _idle(self) -> _Idle:
        """How long entities have been quiet."""
        counts = self.all_counts
        found = np.full(len(counts.first), -FAR, np.int64)
        for number, places in self.findings.items():
            found[number] = max(self.sight.findings[place].updated for place in places)
        lasts = counts.lasts
        refused = np.maximum(lasts[:, Outcome.DENIED], lasts[:, Outcome.BLOCKED])
        touched = self.marks.touched_last[: len(found)]
        times = counts.last, found, self._matched, refused, lasts[:, Outcome.ERROR], touched
        return _Idle(*map(self._hours_since, times))

    def _hours_since(self, last: Array) -> Array:
        hours = np.clip((self.sight.present - last) // HOUR, 0, _LONG_AGO)
        since: Array = np.where(last > -FAR, hours, 0)
        return since

    @cached_property
    def _aws(self) -> Mask:
        """Per entity whether it is AWS at work for itself."""
        size = len(self.all_counts.first)
        if self.kind is not Kind.PRINCIPAL:
            return np.zeros(size, np.bool_)
        return self.sight.index.aws_identities()[:size]

    @cached_property
    def benign(self) -> dict[int, frozenset[str]]:
        """Entity number -> the kinds of its reasons that somebody has called benign."""
        return benign(self)

    @cached_property
    def risks(self) -> Array:
        """Per entity number its risk: `risk.score(facts(number))`, for all at once."""
        counts, sight = self.all_counts, self.sight
        scores = np.zeros(len(counts.first), np.int64)
        fades = _Idle(*(_FADES[hours] for hours in self._idle))
        for number, places in self.findings.items():
            worst, faded = sight.findings[places[0]].severity, fades.findings[number]
            scores[number] = sum(int(p * faded) for p in risk.finding_points(worst, len(places)))
        gravest, rules = self.alerts
        if gravest.any():
            more = np.clip(rules - 1, 0, risk.WEIGHTS["detections"].most)
            scores += _floor(_ALERT_POINTS[gravest] * fades.matches) + _floor(more * fades.matches)
        scores += self.marks.points(fades.events, fades.deeds)
        if self.kind is not Kind.SERVICE:
            present = np.flatnonzero((counts.events > 0) & ~self._aws)
            scores[present] += self._behaviour(present, _Idle(*(each[present] for each in fades)))
        for number in self.benign:
            scores[number] = risk.score(self.facts(number))
        return np.minimum(scores, 100)

    def _behaviour(self, present: Array, fades: _Idle) -> Array:
        """The points of what entities do."""
        counts, sight = self.all_counts, self.sight
        events, first = counts.events[present], counts.first[present]
        fresh = (first - sight.start >= risk.NEW_AFTER) & (sight.present - first <= risk.NEW_WITHIN)
        found = fresh * np.int64(risk.WEIGHTS["new"].most)
        errors = counts.by_outcome[present, Outcome.ERROR]
        for part, points, faded in (
            (counts.refused[present], risk.refused_points, fades.refusals),
            (errors, risk.error_points, fades.errors),
        ):
            some = np.flatnonzero(part >= risk.FEW)
            found[some] += _floor(_each_once(points, part[some], events[some]) * faded[some])
        loud = np.flatnonzero(events >= risk.LOUD)
        level = np.full(len(loud), self.level)
        volume = _each_once(risk.volume_points, events[loud], level)
        found[loud] += _floor(volume * fades.events[loud])
        return found

    @cached_property
    def _order(self) -> _Order:
        counts = self.counts
        present = np.flatnonzero(counts.events)
        risks, events, first = self.risks[present], counts.events[present], counts.first[present]
        # One number of two: a sort less. There are no 2**40 events.
        order = np.lexsort((first, -(risks << 40 | events)))
        table = np.column_stack([risks, events, first])[order]
        same = (table[1:] == table[:-1]).all(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
        return _Order(present[order], edges.reshape(-1, 2) + np.array([0, 1]), set())

    @property
    def ids(self) -> Array:
        """Entity numbers, by risk, events, age and key."""
        return self.page(0, len(self))

    def page(self, start: int, stop: int) -> Array:
        """The entity numbers from one place to another. Only those that tie there are compared by
        their keys: among many who did next to nothing, nearly all tie."""
        order = self._order
        if len(order.ties):
            first, last = np.searchsorted(order.ties[:, 1], start, "right"), len(order.ties)
            last = int(np.searchsorted(order.ties[:, 0], stop, "left"))
            for tie in range(int(first), last):
                self._settle(tie)
        return order.ids[start:stop]

    def _settle(self, tie: int) -> None:
        order = self._order
        if tie not in order.settled:
            order.settled.add(tie)
            begin, end = order.ties[tie].tolist()
            order.ids[begin:end] = sorted(order.ids[begin:end].tolist(), key=self.key)

    def __contains__(self, number: int) -> bool:
        """Whether an entity has an event in sight."""
        by_outcome = self.counts.by_outcome
        return 0 <= number < len(by_outcome) and bool(by_outcome[number].any())

    def place(self, number: int) -> int | None:
        """The place of an entity; None where it has no event in sight."""
        order = self._order
        found = np.flatnonzero(order.ids == number)
        if not len(found):
            return None
        at = int(found[0])
        self.page(at, at + 1)
        return int(np.flatnonzero(order.ids == number)[0])

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
                return self.sight.principal_key(number)

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


def _each_once(points: Callable[[int, int], int], left: Array, right: Array) -> Array:
    """The points of pairs of numbers below 2**31, worked out once for all who share a pair."""
    pairs, where = np.unique(left << 32 | right, return_inverse=True)
    scored = [points(pair >> 32, pair & 0xFFFF_FFFF) for pair in pairs.tolist()]
    return np.array(scored, np.int64)[where]
