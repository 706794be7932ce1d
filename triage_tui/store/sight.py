"""What is in sight: the index as of a cursor, under a filter. A pure function of both.

Going back in time gives exactly what playing up to that time gave, because nothing here remembers
the way.
"""

from __future__ import annotations

import bisect
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import Finding, Kind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage_tui.principals import AliasGraph, Principal

    from .columns import Array, Mask
    from .filters import Bounds
    from .index import Index

FAR = 2**63 - 1


class Links(NamedTuple):
    """Rows and the entities they count for, a row once for each of its entities."""

    rows: Array
    ids: Array


class FindingState(NamedTuple):
    """A finding as of the cursor: the newest version, and all its actors so far."""

    id: str
    row: int
    first: int
    updated: int
    versions: int
    severity: Severity
    actors: frozenset[tuple[int, int]]
    """(address, identity) numbers."""


class Sight:
    """The events up to a cursor; `where` narrows what is counted, never risk or findings."""

    def __init__(
        self, index: Index, graph: AliasGraph, bounds: Bounds, where: Mask | None = None
    ) -> None:
        self.index = index
        self.bounds = bounds
        self._graph = graph
        self._where = where
        self._links: dict[tuple[Kind, bool], Links] = {}
        self._principals: dict[int, Principal] = {}

    @cached_property
    def all_rows(self) -> NDArray[np.uint32]:
        """The rows within the time bound, by time."""
        order, time = self.index.order(), self.index.time.view()
        low, high = 0, len(order)
        if self.bounds.until is not None:
            high = bisect.bisect_right(order, self.bounds.until, key=time.__getitem__)
        if self.bounds.since is not None:
            low = bisect.bisect_left(order, self.bounds.since, key=time.__getitem__)
        return order[low:high]

    @cached_property
    def rows(self) -> NDArray[np.uint32]:
        """The rows within the time bound that the filter selects, by time."""
        rows = self.all_rows
        return rows if self._where is None else rows[self._where[rows]]

    @cached_property
    def cursor(self) -> int:
        """Where the sight ends: the upper bound, else the last event; 0 when there is nothing."""
        if self.bounds.until is not None:
            return self.bounds.until
        rows = self.all_rows
        return self.index.time.at(int(rows[-1])) if len(rows) else 0

    @cached_property
    def start(self) -> int:
        """Time of the first event in sight; 0 when there is nothing."""
        rows = self.all_rows
        return self.index.time.at(int(rows[0])) if len(rows) else 0

    # -- principals ------------------------------------------------------------------------------

    @cached_property
    def roots(self) -> NDArray[np.uint32]:
        """Per identity number the root of its principal as of the cursor."""
        self._advance()
        return np.array(self._graph.roots(len(self.index.identities)), np.uint32)

    def principal(self, root: int) -> Principal:
        """The principal as of the cursor that a root stands for."""
        found = self._principals.get(root)
        if found is None:
            self._advance()
            found = self._principals[root] = self._graph.principal(root)
        return found

    def root_of(self, name: str) -> int | None:
        """The root of the principal known by a name as of the cursor."""
        self._advance()
        return self._graph.find(name)

    def _advance(self) -> None:
        index = self.index
        until = FAR - 1 if self.bounds.until is None else self.bounds.until
        self._graph.advance(index.identities, index.identity_first, until, index.identity_version)

    # -- what a row counts for -------------------------------------------------------------------

    def size(self, kind: Kind) -> int:
        """One more than the highest entity number of a kind."""
        index = self.index
        match kind:
            case Kind.IP:
                return len(index.actor_ip.dictionary)
            case Kind.NETWORK:
                return len(index.networks)
            case Kind.SERVICE:
                return len(index.service.dictionary)
            case Kind.PRINCIPAL:
                return len(index.identities)

    def first_ids(self, kind: Kind, rows: Array) -> Array:
        """The entity number of each row's first actor."""
        index = self.index
        match kind:
            case Kind.IP:
                return index.actor_ip.ids.view()[rows]
            case Kind.NETWORK:
                return index.network_of_ip[index.actor_ip.ids.view()[rows]]
            case Kind.SERVICE:
                return index.service.ids.view()[rows]
            case Kind.PRINCIPAL:
                return self.roots[index.who.view()[rows]]

    def id_of_actor(self, kind: Kind, ip: int, who: int) -> int:
        """The entity number of one actor; 0 for none."""
        match kind:
            case Kind.IP:
                return ip
            case Kind.NETWORK:
                return int(self.index.network_of_ip[ip])
            case Kind.PRINCIPAL:
                return int(self.roots[who])
            case Kind.SERVICE:
                return 0

    def links(self, kind: Kind, *, filtered: bool = True) -> Links:
        """Each row in sight with the entities it counts for, by time."""
        filtered = filtered and self._where is not None
        found = self._links.get((kind, filtered))
        if found is None:
            rows = self.rows if filtered else self.all_rows
            found = self._links[kind, filtered] = self._link(kind, rows)
        return found

    def _link(self, kind: Kind, rows: Array) -> Links:
        ids = self.first_ids(kind, rows)
        extras = self._extra_links(kind, rows)
        if extras is None:
            present = ids != 0
            return Links(rows[present], ids[present])
        all_rows = np.concatenate([rows, extras.rows])
        all_ids = np.concatenate([ids, extras.ids])
        order = np.argsort(self.index.time.view()[all_rows], kind="stable")
        order = order[all_ids[order] != 0]
        return Links(all_rows[order], all_ids[order])

    def _extra_links(self, kind: Kind, rows: Array) -> Links | None:
        if kind is Kind.SERVICE or not self.index.extras:
            return None
        visible = np.zeros(self.index.rows, np.bool_)
        visible[rows] = True
        pairs = {
            (extra.row, self.id_of_actor(kind, extra.ip, extra.who))
            for extra in self.index.extras
            if visible[extra.row]
        }
        if not pairs:
            return None
        table = np.array(sorted(pairs), np.int64)
        extra_rows, extra_ids = table[:, 0], table[:, 1].astype(np.uint32)
        fresh = self.first_ids(kind, extra_rows) != extra_ids
        return Links(extra_rows[fresh].astype(np.uint32), extra_ids[fresh])

    # -- findings --------------------------------------------------------------------------------

    @cached_property
    def findings(self) -> list[FindingState]:
        """All findings in sight, the worst and newest first."""
        index = self.index
        low = self.bounds.since if self.bounds.since is not None else -FAR
        states: list[FindingState] = []
        for name, rows in index.finding_rows.items():
            seen = sorted(
                (index.time.at(row), index.id.at(row), row)
                for row in rows
                if low <= index.time.at(row) <= self.cursor
            )
            if seen:
                states.append(self._finding(name, seen))
        return sorted(states, key=lambda state: (-state.severity, -state.updated, state.id))

    def _finding(self, name: str, seen: list[tuple[int, int, int]]) -> FindingState:
        updated, _, row = seen[-1]
        return FindingState(
            name,
            row,
            seen[0][0],
            updated,
            len(seen),
            Severity(self.index.severity.at(row)),
            frozenset(actor for _, _, r in seen for actor in self.index.actors(r)),
        )

    def findings_by(self, kind: Kind) -> dict[int, list[FindingState]]:
        """Entity number -> its findings, the worst first. An entity keeps a finding whose newest
        version names another actor."""
        found: dict[int, list[FindingState]] = {}
        for state in self.findings:
            ids = {self.id_of_actor(kind, ip, who) for ip, who in state.actors}
            for number in ids - {0}:
                found.setdefault(number, []).append(state)
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
