"""Entities in words: the rows of a ranking as `Entity`, their events, their recent pulse, and who
else
is behind a CIDR."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect import risk
from triage_tui.model import (
    SECOND,
    Entity,
    EntityRef,
    Kind,
    Outcome,
    Reason,
    Severity,
)

from .detections import strengths
from .events import credited, hit_of
from .profiles import targets
from .sight import Groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.model import RuleHit

    from .columns import Array
    from .ranking import Ranking

TARGETS = 3
ACCOUNTS = 4
"""The same of accounts."""
ACTIONS_AND_MORE = 1_000
"""How many actions, principals or addresses an entity lists at most."""


def entities(ranking: Ranking, numbers: Iterable[int]) -> list[Entity]:
    """Builds many entities at once."""
    return list(built(ranking, numbers))


def built(ranking: Ranking, numbers: Iterable[int]) -> Iterator[Entity]:
    """The same, entity by entity: what they have in common is worked out with the first, and again
    where something changes before the last one is asked for."""
    chosen = np.fromiter(numbers, np.int64)
    build = _Builder(ranking, chosen)
    for place, number in enumerate(chosen.tolist()):
        if not build.holds():
            build = _Builder(ranking, chosen[place:])
        yield build.entity(number)


def find(ranking: Ranking, ref: EntityRef) -> int | None:
    """The number of an entity in sight, by any of its names; None while out of sight."""
    for name in (ref.key, *ref.aliases):
        number = ranking.number(name)
        if number is not None and number in ranking:
            return number
    return None


def entity(ranking: Ranking, ref: EntityRef) -> Entity | None:
    """One entity, found by any of its names; None while out of sight."""
    number = find(ranking, ref)
    return None if number is None else entities(ranking, [number])[0]


def reference(ranking: Ranking, number: int) -> EntityRef:
    """The entity's name with all its aliases."""
    aliases: tuple[str, ...] = ()
    if ranking.kind is Kind.PRINCIPAL:
        aliases = ranking.sight.principal(number).aliases
    return EntityRef(ranking.kind, ranking.key(number), aliases)


def event_rows(ranking: Ranking, number: int, *, filtered: bool = True) -> Array:
    """The rows of an entity's events, by time."""
    asked = np.array([number] if number >= 0 else [], np.int64)
    return ranking.sight.event_rows(ranking.kind, asked, filtered=filtered).rows


def latest_rows(ranking: Ranking, number: int, count: int) -> list[int]:
    """The last rows of an entity's events, by time."""
    rows = ranking.sight.latest(ranking.kind, number, count)
    return [int(row) for row in rows]


def pulse(ranking: Ranking, numbers: Sequence[int], span: int, buckets: int) -> list[list[int]]:
    """Events per bucket over about `span` nanoseconds before the cursor, for each entity."""
    # Whole pieces of time: a moving cursor changes the last one, not all of them.
    width = max(1, span // buckets)
    asked = np.array(numbers, np.int64)
    table: list[list[int]] = ranking.sight.pulse(ranking.kind, asked, width, buckets).tolist()
    return table


def pulse_peak(ranking: Ranking, span: int, buckets: int) -> int:
    """The most events that any entity of the ranking has in one bucket of such a pulse."""
    if not len(ranking):
        return 0
    width = max(1, span // buckets)
    numbers = np.flatnonzero(ranking.counts.events)
    return ranking.sight.pulse_peak(ranking.kind, numbers, width, buckets)


class _Builder:
    """What the chosen entities have in common work on."""

    def __init__(self, ranking: Ranking, chosen: Array) -> None:
        sight, kind = ranking.sight, ranking.kind
        self._ranking, self._sight, self._index = ranking, sight, sight.index
        self._profiles = sight.ledger().profiles(kind)
        self._profiles.follow(chosen, sight.fold(kind))
        self._revision, self._actions_of = sight.index.revision, self._profiles.actions
        self._roots = sight.roots
        links = sight.extra_links(kind)
        self._extra_rows, self._extras = links.rows, Groups(links.ids)
        ids, self._extra_ips, self._extra_whos = sight.extra_company(kind)
        self._company = Groups(ids)
        self._hits = ranking.detected
        remark = ranking.marks.remark
        self._remarks = (Reason(0, remark, "history"),) if remark else ()

    def holds(self) -> bool:
        """Whether nothing came, nobody has moved time, and the chosen ones are still followed."""
        profiles = self._sight.ledger().profiles(self._ranking.kind)
        same = profiles is self._profiles and profiles.actions is self._actions_of
        return same and self._index.revision == self._revision

    def entity(self, number: int) -> Entity:
        ranking, index = self._ranking, self._index
        counts, by_outcome = ranking.counts, ranking.counts.by_outcome[number]
        found = [self._sight.findings[n] for n in ranking.findings.get(number, [])]
        facts = ranking.facts(number)
        detail = risk.Detail(
            clock(int(ranking.all_counts.first[number])),
            [(state.id, index.action.text(state.row)) for state in found],
            self._titles(number),
            ranking.marks.words(number),
        )
        extras = self._extra_rows[self._extras.of(number)]
        return Entity(
            ref=reference(ranking, number),
            label=self._label(number),
            events=int(by_outcome.sum()),
            denied=int(by_outcome[Outcome.DENIED]),
            errors=int(by_outcome[Outcome.ERROR]),
            blocked=int(by_outcome[Outcome.BLOCKED]),
            findings=facts.findings,
            worst=Severity(facts.worst),
            risk=risk.score(facts),
            reasons=(*risk.reasons(facts, detail), *self._remarks),
            first=int(counts.first[number]),
            last=counts.last_of(number),
            principals=self._principals(number),
            ips=self._ips(number),
            actions=self._actions(number, extras),
            targets=self._targets(number, extras),
            detections=self._detections(number),
            accounts=self._accounts(number, extras),
        )

    def _detections(self, number: int) -> tuple[tuple[RuleHit, int], ...]:
        """The rules that matched its events, the gravest first."""
        hits = self._hits
        mine = hits.ids == number
        times: dict[int, int] = {}
        for rule, count in zip(hits.rules[mine].tolist(), hits.counts[mine].tolist(), strict=True):
            times[rule] = times.get(rule, 0) + count
        rules = self._index.rules.rules
        found = [(rules[rule], count) for rule, count in times.items()]
        found.sort(key=lambda pair: (-pair[0].level, -pair[1], pair[0].id))
        return tuple((hit_of(rule), count) for rule, count in found)

    def _titles(self, number: int) -> list[tuple[str, str]]:
        """(id, title) of what its risk counts, the gravest first."""
        mine = self._hits.only(self._hits.ids == number)
        strength = strengths(mine, self._index)
        order = np.lexsort((mine.rules, -mine.counts, -strength))
        order = order[strength[order] >= Severity.LOW]
        rules = self._index.rules.rules
        found = dict.fromkeys(mine.rules[order].tolist())
        return [(rules[rule].id, credited(rules[rule])) for rule in found]

    def _label(self, number: int) -> str:
        if self._ranking.kind is Kind.PRINCIPAL:
            return self._sight.principal(number).label
        return self._ranking.key(number)

    def _actions(self, number: int, extras: Array) -> dict[str, int]:
        names = self._index.action.dictionary.values
        found = self._profiles.actions.of(number).with_events(self._index.action.ids.view()[extras])
        return dict(found.top(ACTIONS_AND_MORE, names.__getitem__, self._profiles.action_ranks()))

    def _targets(self, number: int, extras: Array) -> tuple[tuple[str, int], ...]:
        paths, resources = self._index.path.dictionary, self._index.resource.dictionary

        def name(value: int) -> str:
            place, resource = divmod(value, 2)
            return (resources if resource else paths).values[place]

        found = self._profiles.targets.of(number).with_events(targets(self._index, extras))
        return tuple(found.top(TARGETS, name))

    def _accounts(self, number: int, extras: Array) -> tuple[str, ...]:
        names = self._index.account.dictionary.values
        more = self._index.account.ids.view()[extras]
        found = self._profiles.accounts.of(number).with_events(more)
        return tuple(name for name, _ in found.top(ACCOUNTS, names.__getitem__))

    def _ips(self, number: int) -> tuple[str, ...]:
        if self._ranking.kind is Kind.IP:
            return (self._ranking.key(number),)
        found = [self._profiles.ips.of(number).values, self._extra_ips[self._company.of(number)]]
        ips = np.unique(np.concatenate(found))
        values = self._index.actor_ip.dictionary.values
        return self._profiles.named("ip", number, ips[ips > 0], 0, values.__getitem__)

    def _principals(self, number: int) -> tuple[str, ...]:
        sight = self._sight
        if self._ranking.kind is Kind.PRINCIPAL:
            return (self._ranking.key(number),)
        found = [self._profiles.whos.of(number).values, self._extra_whos[self._company.of(number)]]
        roots = np.unique(self._roots[np.concatenate(found)])
        key = sight.principal_key
        return self._profiles.named("who", number, roots[roots > 0], sight.renamed, key)


def clock(time: int) -> str:
    """`02:09:11`, UTC."""
    return dt.datetime.fromtimestamp(time // SECOND, dt.UTC).strftime("%H:%M:%S")
