"""Entities in words: the rows of a ranking as `Entity`, their events, their recent pulse, and who
else
is behind a CIDR."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect import risk
from triage_tui.model import (
    GOOD_BELOW,
    SECOND,
    Collateral,
    Entity,
    EntityRef,
    Kind,
    Outcome,
    Severity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .columns import Array
    from .ranking import Ranking

TARGETS = 3
AGENTS = 5
ACTIONS_AND_MORE = 1_000
"""How many actions, principals or addresses an entity lists at most."""


def entities(ranking: Ranking, numbers: Iterable[int]) -> list[Entity]:
    """Builds many entities at once: one pass over the events, whatever their number."""
    chosen = [int(number) for number in numbers]
    build = _Builder(ranking, chosen)
    return [build.entity(number, place) for place, number in enumerate(chosen)]


def reference(ranking: Ranking, number: int) -> EntityRef:
    """The entity's name with all its aliases."""
    aliases: tuple[str, ...] = ()
    if ranking.kind is Kind.PRINCIPAL:
        aliases = ranking.sight.principal(number).aliases
    return EntityRef(ranking.kind, ranking.key(number), aliases)


def event_rows(ranking: Ranking, number: int, *, filtered: bool = True) -> Array:
    """The rows of an entity's events, by time."""
    links = ranking.sight.links(ranking.kind, filtered=filtered)
    rows: Array = links.rows[links.ids == number]
    return rows


def pulse(ranking: Ranking, numbers: Sequence[int], span: int, buckets: int) -> list[list[int]]:
    """Events per bucket over about `span` nanoseconds before the cursor, for each entity."""
    sight = ranking.sight
    links = sight.links(ranking.kind)
    time = sight.index.time.view()
    width = max(1, span // buckets)
    # Whole pieces of time: a moving cursor changes the last one, not all of them.
    start = -(-sight.cursor // width) * width - width * buckets
    low = int(np.searchsorted(time[links.rows], start, "right"))
    place = _places(numbers, sight.size(ranking.kind))[links.ids[low:]]
    wanted = place >= 0
    bucket = (time[links.rows[low:][wanted]] - start - 1) // width
    cells = np.bincount(place[wanted] * buckets + bucket, minlength=len(numbers) * buckets)
    table: list[list[int]] = cells.reshape(len(numbers), buckets).tolist()
    return table


def _places(numbers: Sequence[int], size: int) -> Array:
    """Per entity number its place among `numbers`, -1 for the others."""
    place = np.full(size, -1, np.int64)
    place[np.array(numbers, np.int64)] = np.arange(len(numbers))
    return place


class _Builder:
    """What the chosen entities have in common work on."""

    def __init__(self, ranking: Ranking, chosen: list[int]) -> None:
        self._ranking = ranking
        self._sight = ranking.sight
        links = ranking.sight.links(ranking.kind)
        place = _places(chosen, ranking.sight.size(ranking.kind))[links.ids]
        keep = place >= 0
        self._rows, self._place = links.rows[keep], place[keep]
        self._count = len(chosen)
        index = ranking.sight.index
        actions = index.action.dictionary.values
        self._actions = self._tally(index.action.ids.view()[self._rows], actions.__getitem__)
        self._targets = self._tally(self._target_ids(), self._target)
        self._ips, self._whos = self._company(chosen)

    def _target_ids(self) -> Array:
        """Paths, and behind them resources where a row has no path."""
        index = self._sight.index
        path = index.path.ids.view()[self._rows].astype(np.int64)
        resource = index.resource.ids.view()[self._rows].astype(np.int64)
        behind = len(index.path.dictionary)
        return np.where((path == 0) & (resource > 0), resource + behind, path)

    def _tally(self, values: Array, name: Callable[[int], str]) -> list[list[tuple[str, int]]]:
        """Per entity its (name, events), the most frequent first; value 0 is left out."""
        base = int(values.max(initial=0)) + 1
        cells, counts = np.unique(self._place * base + values, return_counts=True)
        found: list[list[tuple[str, int]]] = [[] for _ in range(self._count)]
        for cell, number in zip(cells.tolist(), counts.tolist(), strict=True):
            if cell % base:
                found[cell // base].append((name(cell % base), number))
        for tally in found:
            tally.sort(key=lambda item: (-item[1], item[0]))
        return found

    def _target(self, value: int) -> str:
        index = self._sight.index
        behind = len(index.path.dictionary)
        if value < behind:
            return index.path.dictionary.values[value]
        return index.resource.dictionary.values[value - behind]

    def _company(self, chosen: list[int]) -> tuple[list[set[int]], list[set[int]]]:
        """Per entity the addresses and principals that act together with it."""
        sight, index = self._sight, self._sight.index
        rows, place = self._rows, self._place
        first = sight.first_ids(self._ranking.kind, rows)
        own = first == np.array(chosen, np.uint32)[place] if len(place) else place == 0
        ips = self._sets(index.actor_ip.ids.view()[rows[own]], place[own])
        whos = self._sets(sight.roots[index.who.view()[rows[own]]], place[own])
        seen = np.zeros(index.rows, np.bool_)
        seen[rows] = True
        where = {number: n for n, number in enumerate(chosen)}
        for extra in index.extras:
            number = sight.id_of_actor(self._ranking.kind, extra.ip, extra.who)
            if number in where and seen[extra.row]:
                ips[where[number]].add(extra.ip)
                whos[where[number]].add(int(sight.roots[extra.who]))
        return ips, whos

    def _sets(self, values: Array, place: Array) -> list[set[int]]:
        base = int(values.max(initial=0)) + 1
        found: list[set[int]] = [set() for _ in range(self._count)]
        for cell in np.unique(place * base + values).tolist():
            if cell % base:
                found[cell // base].add(cell % base)
        return found

    def entity(self, number: int, place: int) -> Entity:
        ranking, index = self._ranking, self._sight.index
        counts = ranking.counts
        by_outcome = counts.by_outcome[number]
        found = [self._sight.findings[n] for n in ranking.findings.get(number, [])]
        facts = ranking.facts(number)
        detail = risk.Detail(
            clock(int(ranking.all_counts.first[number])),
            [(state.id, index.action.text(state.row)) for state in found],
        )
        addresses = index.actor_ip.dictionary.values
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
            reasons=risk.reasons(facts, detail),
            first=int(counts.first[number]),
            last=int(counts.last[number]),
            principals=tuple(
                sorted(self._sight.principal(who).key for who in self._whos[place] if who)
            ),
            ips=tuple(sorted(addresses[ip] for ip in self._ips[place] if ip)),
            actions=dict(self._actions[place][:ACTIONS_AND_MORE]),
            targets=tuple(self._targets[place][:TARGETS]),
        )

    def _label(self, number: int) -> str:
        if self._ranking.kind is Kind.PRINCIPAL:
            return self._sight.principal(number).label
        return self._ranking.key(number)


def clock(time: int) -> str:
    """`02:09:11`, UTC."""
    return dt.datetime.fromtimestamp(time // SECOND, dt.UTC).strftime("%H:%M:%S")


class StoreWitness:
    """Who else is behind a CIDR, from everything seen up to the cursor. Implements
    `ports.Witness`."""

    def __init__(self, ranking: Ranking) -> None:
        """`ranking` is of addresses, without a filter."""
        self._ranking = ranking

    def collateral(self, cidr: str) -> Collateral:
        """Who is behind `cidr` as of the cursor."""
        sight, index = self._ranking.sight, self._ranking.sight.index
        inside = self._inside(cidr)
        links = sight.links(Kind.IP, filtered=False)
        member = np.zeros(sight.size(Kind.IP), np.bool_)
        member[inside] = True
        held = member[links.ids]
        rows, ids = links.rows[held], links.ids[held]
        good = self._ranking.risks[ids] < GOOD_BELOW
        outcome = np.bincount(index.outcome.view()[rows], minlength=len(Outcome))
        roots = np.unique(sight.roots[index.who.view()[rows]]).tolist()
        return Collateral(
            cidr=cidr,
            events=len(np.unique(rows)),
            addresses=len(np.unique(ids)),
            ok=int(outcome[Outcome.OK]),
            refused=int(outcome[Outcome.DENIED] + outcome[Outcome.BLOCKED]),
            errors=int(outcome[Outcome.ERROR]),
            principals=tuple(sorted(sight.principal(root).label for root in roots if root)),
            agents=self._agents(rows),
            good=int(good.sum()),
            good_addresses=len(np.unique(ids[good])),
        )

    def _inside(self, cidr: str) -> list[int]:
        network = ipaddress.ip_network(cidr, strict=False)
        values = self._ranking.sight.index.actor_ip.dictionary.values
        return [
            number
            for number, text in enumerate(values)
            if text and ipaddress.ip_address(text) in network
        ]

    def _agents(self, rows: Array) -> tuple[tuple[str, int], ...]:
        index = self._ranking.sight.index
        ids, counts = np.unique(index.agent.ids.view()[rows], return_counts=True)
        names = index.agent.dictionary.values
        found = [(names[n], count) for n, count in zip(ids.tolist(), counts.tolist(), strict=True)]
        found.sort(key=lambda item: (-item[1], item[0]))
        return tuple((agent, events) for agent, events in found if agent)[:AGENTS]
