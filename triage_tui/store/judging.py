"""Principals held against what was learned of them, as of a cursor; each judged again only when it
did something more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.detect import travel
from triage_tui.detect.baseline import Baseline, Doing, Judgement, Unusual
from triage_tui.detect.unusual import weighed
from triage_tui.habits import (
    ACTION,
    AGENT,
    COUNTRY,
    NETWORK,
    REGION,
    SERVICE,
    agent_family,
    role_key,
    service_name,
)
from triage_tui.model import DAY, HOUR, Kind
from triage_tui.principals import is_aws

from .doings import AT_ONCE, FIRSTS, MANY
from .trips import trips

if TYPE_CHECKING:
    from .columns import Array
    from .doings import Doings, Pairs
    from .index import Index
    from .sight import Sight

JUDGED_HOURS = 24
"""Before the cursor's day; what is older taught, if anybody learned it, and is judged no more.
A day has its own judge: to make one takes its time."""
MOST_KEPT = 200_000
"""Judgements that are kept."""
MOST_JUDGED = 50_000
"""Principals that are judged at a time, the busiest of them: names are free, for whoever invents
them."""
SLICE = 0.003
"""Seconds of work after which others get their turn, before one more is judged: it takes one or
two thousandths."""
_AT_ONCE = 32
"""Principals between two looks at the clock, where it is known already what they are judged."""
_ALL_IPS = "every address"
_MIX = np.uint64(0x9E3779B97F4A7C15)

Weighed = tuple[str, int, Unusual]


class Judged(NamedTuple):
    """What weighs something of who was held against their habits."""

    weighs: list[Weighed]
    usual: int
    """What it usually touches, as a `touched.Touch`: that weighs nothing."""


class _Found(NamedTuple):
    """What principals did in the hours that are judged: three columns by root each."""

    hours: Pairs
    """Roots, UTC hours, events; an hour may stand there more than once."""
    used: dict[str, Pairs]
    """By column, roots, values and when first: what was used for the first time; and of addresses
    all."""


class Judging:
    """Judges the principals of an index; keeps what it found."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._baseline: Baseline | None = None
        self._of: tuple[object, ...] = ()
        self._kept: dict[tuple[int, int, int], Judgement] = {}

    def baseline(self, before: int) -> Baseline | None:
        """What was learned before a UTC hour; None where nobody ever learned anything."""
        known = self._index.knowledge
        store = known.baseline
        if store is None or not store.coverage.spans:
            return None
        asked = (before, store.coverage, known.calendar, self._index.lessons, store.crowded)
        if self._baseline is None or self._of != asked:
            self._baseline = Baseline(
                store.coverage,
                store.habits,
                known.calendar,
                before=before,
                newcomers=None if store.crowded else store.newcomers,
            )
            self._of = asked
            self._kept = {}  # who is still judging by the one before keeps that of it
        return self._baseline

    def first_hour(self, sight: Sight) -> int:
        """The first UTC hour that is judged."""
        today = sight.present // DAY * 24
        return max(sight.start // HOUR, today - JUDGED_HOURS)

    def judge(self, sight: Sight) -> dict[int, Judged]:
        """Root -> what is unusual and weighs something, and what is usual."""
        judged: dict[int, Judged] = {}
        for _ in self.judging(sight, judged, MANY):
            pass
        return judged

    def judging(
        self, sight: Sight, judged: dict[int, Judged], at_once: int = AT_ONCE
    ) -> Iterator[None]:
        """Puts the same into `judged`, in slices. What came meanwhile is not in it."""
        first = self.first_hour(sight)
        baseline = self.baseline(first)
        if baseline is None or not baseline.knows:
            return
        yield from self._index.doings(sight.bounds.since).following(at_once)
        found = self._found(sight, first)
        signs = _signs(found, sight.size_of_roots)
        hour, renamed = sight.present // HOUR, sight.renamed
        roots = _busiest(found.hours)
        group = _Groups(found, roots)
        keys = list(zip(roots.tolist(), signs[roots].tolist(), strict=True))
        kept = self._kept
        yield
        begun = time.thread_time()
        for place, (root, sign) in enumerate(keys):
            key = root, sign, renamed
            judgement = kept.get(key)
            look = judgement is None or place % _AT_ONCE == 0
            if look and time.thread_time() - begun > SLICE:
                yield
                begun = time.thread_time()
            if judgement is None:
                judgement = self._judge(baseline, sight, group.of(place), root)
                if len(kept) >= MOST_KEPT:
                    kept.clear()
                if renamed == sight.renamed:  # else it may be of more than did this
                    kept[key] = judgement
            weighs = weighed(judgement.unusual, hour)
            if weighs or judgement.usual:
                judged[root] = Judged(weighs, judgement.usual)

    def _found(self, sight: Sight, first: int) -> _Found:
        doings: Doings = self._index.doings(sight.bounds.since)
        roots, until = sight.roots, sight.bounds.until
        hours = doings.hours(until, first * HOUR)
        used = {}
        for name in FIRSTS:
            pairs = doings.firsts(name, until)
            keep = pairs.told >= first * HOUR
            used[name] = pairs._replace(
                whos=roots[pairs.whos[keep]].astype(np.int64),
                values=pairs.values[keep],
                told=pairs.told[keep],
            )
        pairs = doings.firsts("actor_ip", until)
        used[_ALL_IPS] = pairs._replace(whos=roots[pairs.whos].astype(np.int64))
        hours = hours._replace(whos=roots[hours.whos].astype(np.int64), told=_rounded(hours.told))
        return _Found(hours, used)

    def _judge(self, baseline: Baseline, sight: Sight, group: _Group, root: int) -> Judgement:
        principal = sight.principal(root)
        people = [self._index.identities[number] for number in principal.members]
        if all(map(is_aws, people)):
            return Judgement()
        doing = Doing(
            keys=tuple(dict.fromkeys((*principal.aliases, principal.key))),
            roles=tuple(dict.fromkeys(role_key(who.role) for who in people if who.role)),
            session=next((who.session for who in people if who.session), ""),
            hours=group.hours(),
            used=_Used(self._names, group),
            travelled=lambda: self._travelled(sight, root, group.used(_ALL_IPS)),
        )
        return baseline.judge(doing)

    def _travelled(self, sight: Sight, root: int, ips: list[int]) -> dict[str, str]:
        """By sort, between which places it cannot have gone so soon, in words."""
        rows = partial(self._recent_rows, sight, root)
        clock = self._index.knowledge.calendar.clock
        return {
            COUNTRY if trip.abroad else NETWORK: travel.words(
                trip, clock(trip.left), clock(trip.arrived)
            )
            for trip in trips(self._index, ips, rows)
        }

    def _recent_rows(self, sight: Sight, root: int) -> Array:
        """The rows in which it did something in the hours that are judged, by time."""
        index = self._index
        rows = sight.event_rows(Kind.PRINCIPAL, np.array([root], np.int64), filtered=False).rows
        rows = rows[index.severity.view()[rows] == 0]
        recent: Array = rows[index.time.view()[rows] >= self.first_hour(sight) * HOUR]
        return recent

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, Callable[[list[int]], set[str]]]]:
        """By sort the column that tells of it, and what makes words of some of its values."""
        index = self._index
        actions, agents = index.action.dictionary.values, index.agent.dictionary.values
        regions, ips = index.region.dictionary.values, index.actor_ip.dictionary.values
        networks, called = index.networks.values, index.called.dictionary.values
        family, service = lru_cache(1 << 14)(agent_family), lru_cache(1 << 14)(service_name)

        def countries(used: list[int]) -> set[str]:
            place = index.knowledge.geo.place
            return {place(ips[n]).country or "" for n in used if n}

        return {
            ACTION: ("action", lambda used: {actions[n] for n in used}),
            SERVICE: ("called", lambda used: {service(called[n]) for n in used}),
            AGENT: ("agent", lambda used: {family(agents[n]) for n in used}),
            REGION: ("region", lambda used: {regions[n] for n in used}),
            NETWORK: (
                "actor_ip",
                lambda used: {networks[n] for n in index.network_of_ip[used].tolist()},
            ),
            COUNTRY: ("actor_ip", countries),
        }


class _Used(Mapping[str, set[str]]):
    """Sort -> what somebody used of it, in words, for whoever asks."""

    def __init__(
        self, names: Mapping[str, tuple[str, Callable[[list[int]], set[str]]]], group: _Group
    ) -> None:
        self._names, self._group = names, group

    def __getitem__(self, sort: str) -> set[str]:
        column, name = self._names[sort]
        return name(self._group.used(column))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _rounded(counts: Array) -> Array:
    """Counts, down to two digits: a judgement need not be made anew for each event of thousands."""
    scale = 10 ** np.maximum(0, np.floor(np.log10(np.maximum(counts, 1))) - 1).astype(np.int64)
    rounded: Array = counts // scale * scale
    return rounded


def _busiest(hours: Pairs) -> Array:
    """The roots that are judged, ascending."""
    roots, where = np.unique(hours.whos, return_inverse=True)
    if len(roots) <= MOST_JUDGED:
        return roots
    events = np.bincount(where, hours.told)
    chosen: Array = np.sort(roots[np.argpartition(-events, MOST_JUDGED)[:MOST_JUDGED]])
    return chosen


def _signs(found: _Found, size: int) -> Array:
    """Per root a number that changes with what it did."""
    signs = np.zeros(size, np.uint64)
    hours = found.hours
    cells = hours.values.astype(np.uint64) << np.uint64(32) | hours.told.astype(np.uint64)
    np.add.at(signs, hours.whos, (cells * _MIX) ^ (cells >> np.uint64(7)))
    for place, pairs in enumerate(found.used.values(), 1):
        weights = (pairs.values.astype(np.uint64) + np.uint64(place << 40)) * _MIX
        np.add.at(signs, pairs.whos, weights ^ (weights >> np.uint64(29)))
    return signs


class _Groups:
    """Finds what belongs to some roots, which ascend."""

    def __init__(self, found: _Found, roots: Array) -> None:
        self._hours = _Sorted(found.hours, roots)
        self._used = {name: _Sorted(pairs, roots) for name, pairs in found.used.items()}

    def of(self, place: int) -> _Group:
        """What belongs to a root, by its place."""
        return _Group(self._hours, self._used, place)


class _Sorted:
    """Pairs by root."""

    def __init__(self, pairs: Pairs, roots: Array) -> None:
        order = np.argsort(pairs.whos, kind="stable")
        whos = pairs.whos[order]
        self._values, self._told = pairs.values[order], pairs.told[order]
        self._low = np.searchsorted(whos, roots)
        self._high = np.searchsorted(whos, roots, "right")

    def values(self, place: int) -> list[int]:
        """The values of a root."""
        found: list[int] = self._values[self._low[place] : self._high[place]].tolist()
        return found

    def told(self, place: int) -> list[int]:
        """What is told of each of them."""
        found: list[int] = self._told[self._low[place] : self._high[place]].tolist()
        return found


class _Group(NamedTuple):
    """What belongs to a root."""

    told_hours: _Sorted
    told_used: Mapping[str, _Sorted]
    place: int

    def hours(self) -> dict[int, int]:
        """UTC hour -> events."""
        hours: dict[int, int] = {}
        told = self.told_hours
        for hour, events in zip(told.values(self.place), told.told(self.place), strict=True):
            hours[hour] = hours.get(hour, 0) + events
        return hours

    def used(self, name: str) -> list[int]:
        """The values of a column that it used for the first time."""
        return self.told_used[name].values(self.place)
