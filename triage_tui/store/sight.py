"""What is in sight: the index as of a cursor, under a filter. A pure function of both.

Going back in time gives exactly what playing up to that time gave: ledgers only ever add up what
comes into sight, and where something goes out of it another one begins.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import MINUTE, Finding, Kind

from .detections import Detected, is_refused
from .doings import Pairs
from .ledger import Counts, FindingState, Ledger
from .scope import BASES, FAR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from triage_tui.principals import AliasGraph, Principal

    from .columns import Array
    from .filters import Bounds
    from .index import Index
    from .matches import Matches


LEEWAY = 2 * MINUTE
"""Events are lately that are so much later than the horizon, which moves in steps, and whose clocks
are a little fast."""


_STEP = 1 << 15
"""Rows that are looked through first for an entity's last ones."""


class Links(NamedTuple):
    """Rows and the entities they count for."""

    rows: Array
    ids: Array


class Groups:
    """Finds the places of equal numbers."""

    def __init__(self, numbers: Array) -> None:
        self._order = np.argsort(numbers, kind="stable")
        self._sorted = numbers[self._order]

    def of(self, number: int) -> Array:
        """The places of a number, in order."""
        low, high = np.searchsorted(self._sorted, [number, number + 1])
        return self._order[low:high]


class Sight:
    """The events up to a cursor; a filter narrows what is counted, never risk or findings."""

    def __init__(
        self,
        index: Index,
        graph: AliasGraph,
        bounds: Bounds,
        where: Matches | None = None,
        ledgers: tuple[Ledger, Ledger] | None = None,
        horizon: int | None = None,
    ) -> None:
        """`ledgers`, of all events and of those that the filter selects, go on from where they
        are; neither may be beyond the cursor. Without a bound the sight ends at the last event, or
        at `horizon` where that is later."""
        self.index = index
        self.bounds = bounds
        self.filtered = where is not None
        self._graph = graph
        self._where = where
        self._horizon = horizon
        self._take(ledgers or self._new_ledgers())

    def _take(self, ledgers: tuple[Ledger, Ledger]) -> None:
        self._whole, self._chosen = ledgers
        for ledger in ledgers:
            ledger.move(self.until)

    def _new_ledgers(self) -> tuple[Ledger, Ledger]:
        index, since = self.index, self.bounds.since
        whole = Ledger(index, since)
        return whole, whole if self._where is None else Ledger(index, since, self._where)

    @property
    def until(self) -> int:
        """The last time in sight."""
        return FAR - 1 if self.bounds.until is None else self.bounds.until

    def ledger(self, *, filtered: bool = True) -> Ledger:
        """What the filter selects, or everything."""
        if {self._whole.scope.until, self._chosen.scope.until} != {self.until}:
            # They went on with another sight, which has a later cursor.
            self._take(self._new_ledgers())
        return self._chosen if filtered else self._whole

    # -- how much there is -----------------------------------------------------------------------

    @property
    def events(self) -> int:
        """Events in sight that the filter selects."""
        return int(self.ledger().any_tally().by_outcome.sum())

    @property
    def span(self) -> tuple[int, int] | None:
        """Times of the first and the last of them; None without any."""
        return _span(self.ledger())

    @property
    def rows(self) -> NDArray[np.intp]:
        """Their rows, by time."""
        index, scope = self.index, self.ledger().scope
        found = [*scope.rows(0, scope.stop, scope.since, scope.until)]
        rows = np.concatenate(found) if found else np.empty(0, np.intp)
        return rows[np.argsort(index.time.view()[rows], kind="stable")]

    @cached_property
    def cursor(self) -> int:
        """Where the sight ends: the upper bound, else the last event or the horizon; 0 when there
        is nothing."""
        if self.bounds.until is not None:
            return self.bounds.until
        span = _span(self.ledger(filtered=False))
        return max(span[1], self._horizon or span[1]) if span else 0

    @cached_property
    def present(self) -> int:
        """What "lately" is measured from: where the sight ends, but not far from a horizon; one
        event with a wrong date would make all others old."""
        return self.cursor if self._horizon is None else min(self.cursor, self._horizon + LEEWAY)

    @cached_property
    def start(self) -> int:
        """Time of the first event in sight, selected or not; 0 when there is nothing."""
        span = _span(self.ledger(filtered=False))
        return span[0] if span else 0

    def country(self, ip: str) -> str:
        """Where an address is, as the newest record in sight that says it says; "" for none."""
        number = self.index.actor_ip.dictionary.find(ip)
        return self.ledger(filtered=False).country(number) if number else ""

    # -- principals ------------------------------------------------------------------------------

    def meet(self) -> None:
        """Gets to know the principals that are new, as anything about principals would."""
        self._advance()

    @property
    def roots(self) -> NDArray[np.uint32]:
        """Per identity number the root of its principal as of the cursor."""
        self._advance()
        return np.array(self._graph.roots(), np.uint32)

    @property
    def size_of_roots(self) -> int:
        """One more than the highest root."""
        return len(self.index.identities)

    def principal(self, root: int) -> Principal:
        """The principal as of the cursor that a root stands for."""
        self._advance()
        return self._graph.principal(root)

    def principal_key(self, root: int) -> str:
        """The key of the principal that a root stands for."""
        self._advance()
        return self._graph.key(root)

    def root_of(self, name: str) -> int | None:
        """The root of the principal known by a name as of the cursor."""
        self._advance()
        return self._graph.find(name)

    @property
    def renamed(self) -> int:
        """Changes when a principal has come to another key."""
        return self._graph.renamed

    def _advance(self) -> None:
        index = self.index
        self._graph.advance(
            index.identities, index.identity_first, self.until, index.identity_version
        )

    # -- what a row counts for -------------------------------------------------------------------

    def size(self, kind: Kind) -> int:
        """One more than the highest entity number of a kind."""
        return len(self.index.networks) if kind is Kind.NETWORK else BASES[kind].size(self.index)

    def fold(self, kind: Kind) -> Array | None:
        """Per actor of the kind's base the entity it belongs to; None where each is its own."""
        match kind:
            case Kind.NETWORK:
                return self.index.network_of_ip
            case Kind.PRINCIPAL:
                return self.roots
            case _:
                return None

    def first_ids(self, kind: Kind, rows: Array) -> Array:
        """The entity number of each row's first actor."""
        actors: Array = BASES[kind].column(self.index).view()[rows]
        fold = self.fold(kind)
        return actors if fold is None else fold[actors]

    def ids_of(self, kind: Kind, ips: Array, whos: Array) -> Array:
        """The entity numbers of actors; 0 for none."""
        match kind:
            case Kind.IP:
                return ips
            case Kind.NETWORK:
                return self.index.network_of_ip[ips]
            case Kind.PRINCIPAL:
                return self.roots[whos]
            case Kind.SERVICE:
                return np.zeros(len(ips), np.uint32)

    def actors(self, kind: Kind, numbers: Array) -> Array:
        """The actors of the kind's base that belong to some entities."""
        fold = self.fold(kind)
        if fold is None:
            return numbers
        wanted = np.zeros(self.size(kind), np.bool_)
        wanted[self.merged(kind, numbers)] = True
        return np.flatnonzero(wanted[fold])

    def merged(self, kind: Kind, numbers: Array) -> Array:
        """What some entities are by now: an event that came after a ranking was taken may have
        shown that two of its principals are one."""
        return self.roots[numbers] if kind is Kind.PRINCIPAL else numbers

    def extra_links(self, kind: Kind, *, filtered: bool = True) -> Links:
        """Rows in sight that count for entities beyond the first actor's, each pair once."""
        extras = self.index.extras
        if kind is Kind.SERVICE or not len(extras):
            return Links(np.empty(0, np.intp), np.empty(0, np.intp))
        rows, ips, whos = (column.view() for column in (extras.row, extras.ip, extras.who))
        ids = self.ids_of(kind, ips, whos).astype(np.int64)
        rows = rows.astype(np.int64)
        fresh = (ids != 0) & (ids != self.first_ids(kind, rows))
        fresh &= self.ledger(filtered=filtered).scope.visible(rows)
        size = self.size(kind)
        pairs = np.unique(rows[fresh] * size + ids[fresh])
        return Links(pairs // size, pairs % size)

    def extra_company(self, kind: Kind) -> tuple[Array, Array, Array]:
        """Entities, addresses and identities of the actors in sight beyond first ones."""
        extras = self.index.extras
        rows, ips, whos = (column.view() for column in (extras.row, extras.ip, extras.who))
        seen = self.ledger().scope.visible(rows)
        ips, whos = ips[seen], whos[seen]
        return self.ids_of(kind, ips, whos), ips, whos

    def pulse(self, kind: Kind, numbers: Array, width: int, pieces: int) -> Array:
        """Shape (numbers, pieces): events of some entities that the filter selects, in each of the
        last pieces of `width` nanoseconds up to `present`."""
        last = -(-self.present // width)
        window = self.ledger().pulses(BASES[kind], width).window(self.present, pieces)
        place = np.full(self.size(kind), len(numbers))
        place[numbers] = np.arange(len(numbers))
        found = np.zeros((len(numbers) + 1, pieces), np.int64)
        fold = self.fold(kind)
        if fold is None:
            found[:-1] = window[:, numbers].T
        else:
            np.add.at(found, place[fold], window.T)
        extras = self.extra_links(kind)
        if len(extras.rows):
            time = self.index.time.view()[extras.rows]
            piece = -(-time // width) - last + pieces - 1
            late = (piece >= 0) & (time <= self.present)
            np.add.at(found, (place[extras.ids[late]], piece[late]), 1)
        return found[:-1]

    def pulse_peak(self, kind: Kind, numbers: Array, width: int, pieces: int) -> int:
        """The most events of any of all entities that the filter selects in one of such pieces;
        `numbers` are they."""
        if self.fold(kind) is None and not len(self.extra_links(kind).rows):
            window = self.ledger().pulses(BASES[kind], width).window(self.present, pieces)
            return int(window[:, 1:].max(initial=0))
        return int(self.pulse(kind, numbers, width, pieces).max())

    def counts(self, kind: Kind, *, filtered: bool = True) -> Counts:
        """Per entity number what it did. Number 0 is nobody, and did nothing."""
        size, fold = self.size(kind), self.fold(kind)
        tally = self.ledger(filtered=filtered).tally(BASES[kind])
        if fold is None:
            counts = Counts(*(column[:size].copy() for column in tally))
        else:
            counts = Counts(*(column[: len(fold)] for column in tally)).folded(fold, size)
        extras, index = self.extra_links(kind, filtered=filtered), self.index
        if len(extras.rows):
            outcome, time = index.outcome.view()[extras.rows], index.time.view()[extras.rows]
            counts.add(extras.ids, outcome, time)
        counts.by_outcome[0], counts.first[0], counts.lasts[0] = 0, FAR, -FAR
        return counts

    def event_rows(self, kind: Kind, numbers: Array, *, filtered: bool = True) -> Links:
        """The rows in sight of some entities, by time."""
        links = self._links(kind, numbers, filtered=filtered)
        order = np.lexsort((links.rows, self.index.time.view()[links.rows]))
        return Links(links.rows[order], links.ids[order])

    def latest(self, kind: Kind, number: int, count: int) -> Array:
        """The last rows of an entity that the filter selects, by time."""
        rows = np.concatenate([*self._latest_of_first_actors(kind, number, count)])
        extras = self.extra_links(kind)
        rows = np.concatenate(
            [rows, extras.rows[extras.ids == self.merged(kind, np.array([number]))[0]]]
        )
        time = self.index.time.view()[rows]
        if len(rows) > count:
            late = time >= np.partition(time, -count)[-count]
            rows, time = rows[late], time[late]
        return rows[np.lexsort((rows, time))][-count:]

    def _latest_of_first_actors(self, kind: Kind, number: int, count: int) -> Iterator[Array]:
        """Rows whose first actor belongs to an entity, the last `count` by time among them. Late
        rows arrived late, mostly: what is not among the newest must be as late as those are."""
        scope, base = self.ledger().scope, BASES[kind]
        actors = base.column(self.index).view()
        wanted = np.zeros(base.size(self.index), np.bool_)
        wanted[self.actors(kind, np.array([number]))] = True
        found, step, at = [np.empty(0, np.intp)], _STEP, scope.stop
        while at and sum(map(len, found)) < count:
            start = max(0, at - step)
            found += scope.rows(start, at, scope.since, scope.until, lambda p: wanted[actors[p]])
            at, step = start, 4 * step
        yield from found
        if at:
            time = self.index.time.view()[np.concatenate(found)]
            low = int(np.partition(time, -count)[-count])
            yield from scope.rows(0, at, low, scope.until, lambda p: wanted[actors[p]])

    def _links(self, kind: Kind, numbers: Array, *, filtered: bool = True) -> Links:
        index, scope = self.index, self.ledger(filtered=filtered).scope
        base = BASES[kind]
        wanted = np.zeros(base.size(index), np.bool_)
        wanted[self.actors(kind, numbers)] = True
        rows = np.flatnonzero(wanted[base.column(index).view()])
        rows = rows[scope.visible(rows)]
        extras = self.extra_links(kind, filtered=filtered)
        more = np.isin(extras.ids, self.merged(kind, numbers))
        ids = np.concatenate([self.first_ids(kind, rows), extras.ids[more]])
        return Links(np.concatenate([rows, extras.rows[more]]), ids)

    # -- detections ------------------------------------------------------------------------------

    def detections(self, kind: Kind) -> Detected:
        """What rules matched, by entity: one event and several. A filter does not matter."""
        index = self.index
        if not len(index.hits) and not index.correlated:
            return Detected.none()
        ledger = self.ledger(filtered=False)
        found, fold = ledger.hits(BASES[kind]), self.fold(kind)
        ids = found.ids if fold is None else fold[found.ids]
        extras = self.extra_links(kind, filtered=False)
        places, rules = index.hits.of(extras.rows)
        fired, fired_rules = self._fired()
        # A correlation fires at one event: whoever is behind that is whom it is about.
        also, at = Groups(extras.rows), [np.empty(0, np.intp)]
        at += [also.of(row) for row in fired.tolist()]
        more = np.concatenate(at)
        more_rules = np.repeat(fired_rules, [len(each) for each in at[1:]])
        rows = np.concatenate([extras.rows[places], fired, extras.rows[more]])
        summed = Detected.summed(
            np.concatenate(
                [ids, extras.ids[places], self.first_ids(kind, fired), extras.ids[more]]
            ),
            np.concatenate([found.rules, rules, fired_rules, more_rules]),
            np.concatenate([found.refused, is_refused(index, rows)]),
            np.concatenate([found.counts, np.ones(len(rows), np.int64)]),
        )
        return summed.only(index.shown[summed.rules])

    def last_matches(self, kind: Kind) -> Pairs:
        """Entities, the rules that matched their events, and when; the last time is among them."""
        index = self.index
        if not len(index.hits) and not index.correlated:
            empty = np.empty(0, np.int64)
            return Pairs(empty, empty, empty)
        found, fold = self.ledger(filtered=False).last_hits(BASES[kind]), self.fold(kind)
        ids = found.whos if fold is None else fold[found.whos]
        extras = self.extra_links(kind, filtered=False)
        places, rules = index.hits.of(extras.rows)
        fired, fired_rules = self._fired()
        time = index.time.view()
        return Pairs(
            np.concatenate([ids, extras.ids[places], self.first_ids(kind, fired)]).astype(np.int64),
            np.concatenate([found.values, rules, fired_rules]).astype(np.int64),
            np.concatenate([found.told, time[extras.rows[places]], time[fired]]),
        )

    def by_rule(self) -> dict[int, int]:
        """Rule number -> how many times it matched in sight, muted or not."""
        found: dict[int, int] = {}
        pairs: list[tuple[int, int]] = []
        if len(self.index.hits):
            hits = self.ledger(filtered=False).any_hits()
            pairs += zip(hits.rules.tolist(), hits.counts.tolist(), strict=True)
        rows, rules = self.index.correlated_rows()
        seen = self.ledger(filtered=False).scope.visible(rows)
        pairs += [(rule, 1) for rule in rules[seen].tolist()]
        for rule, count in pairs:
            found[rule] = found.get(rule, 0) + count
        return found

    def _fired(self) -> tuple[Array, Array]:
        """(rows, rules) of the correlations that fired in sight, and are shown."""
        rows, rules = self.index.correlated_rows()
        seen = self.ledger(filtered=False).scope.visible(rows) & self.index.shown[rules]
        return rows[seen], rules[seen]

    @cached_property
    def detected(self) -> int:
        """How many times rules matched in sight, but those that are muted."""
        return sum(count for rule, count in self.by_rule().items() if self.index.shown[rule])

    # -- findings --------------------------------------------------------------------------------

    @cached_property
    def findings(self) -> list[FindingState]:
        """All findings in sight, the worst and newest first."""
        return self.ledger(filtered=False).findings()

    def findings_by(self, kind: Kind) -> dict[int, list[int]]:
        """Entity number -> places of its findings in `findings`, the worst first. An entity keeps a
        finding whose newest version names another actor."""
        pairs = [(n, ip, who) for n, s in enumerate(self.findings) for ip, who in s.actors]
        found: dict[int, list[int]] = {}
        if not pairs:
            return found
        table = np.array(pairs, np.int64)
        ids = self.ids_of(kind, table[:, 1], table[:, 2]).tolist()
        for number, place in sorted(set(zip(ids, table[:, 0].tolist(), strict=True))):
            if number:
                found.setdefault(number, []).append(place)
        return found

    def finding(self, state: FindingState) -> Finding:
        """The finding in words."""
        index = self.index
        ips = {index.actor_ip.dictionary.values[ip] for ip, _ in state.actors} - {""}
        people = {index.identities[who].key for _, who in state.actors} - {""}
        return Finding(
            id=state.id,
            type=index.action.text(state.row),
            severity=state.severity,
            first=state.first,
            updated=state.updated,
            versions=state.versions,
            row=state.row,
            ips=tuple(sorted(ips)),
            principals=tuple(sorted(people)),
        )


def _span(ledger: Ledger) -> tuple[int, int] | None:
    counts = ledger.any_tally()
    first, last = int(counts.first.min()), int(counts.lasts.max())
    return (first, last) if first <= last else None
