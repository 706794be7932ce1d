"""Who else is behind a CIDR, from everything that was seen."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.intel import ListKind
from triage_tui.model import GOOD_BELOW, Collateral, Kind, Outcome, Severity
from triage_tui.respond.levers import BEHIND_WAF

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .columns import Array
    from .index import Index
    from .ranking import Ranking

AGENTS = 5
"""User agents that are named, the most frequent first."""


def addresses_in(index: Index, cidr: str) -> list[int]:
    """The numbers of the actors' addresses that are in a network."""
    network = ipaddress.ip_network(cidr, strict=False)
    values = index.actor_ip.dictionary.values
    return [
        number
        for number, text in enumerate(values)
        if text and ipaddress.ip_address(text) in network
    ]


class StoreWitness:
    """Who else is behind a CIDR, from everything seen up to the cursor. Implements
    `ports.Witness`."""

    def __init__(self, look: Callable[[], Ranking]) -> None:
        """`look` ranks addresses as of the cursor, without a filter. It is asked anew each time:
        between two questions a plan waits for AWS, and events come."""
        self._look = look

    def collateral(self, cidr: str) -> Collateral:
        """Who is behind `cidr` as of the cursor."""
        return _Seen(self._look()).collateral(cidr)


class _Seen:
    """What a witness can tell at one moment."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking

    def collateral(self, cidr: str) -> Collateral:
        sight, index = self._ranking.sight, self._ranking.sight.index
        inside = np.array(addresses_in(index, cidr), np.int64)
        rows, ids = sight.event_rows(Kind.IP, inside, filtered=False)
        good = self._ranking.risks[ids] < GOOD_BELOW
        good_ids, good_rows = np.unique(ids[good]), np.unique(rows[good])
        rows, ids = np.unique(rows), np.unique(ids)
        outcome = np.bincount(index.outcome.view()[rows], minlength=len(Outcome))
        roots = np.unique(sight.roots[index.who.view()[rows]]).tolist()
        return Collateral(
            cidr=cidr,
            events=len(rows),
            addresses=len(ids),
            ok=int(outcome[Outcome.OK]),
            refused=int(outcome[Outcome.DENIED] + outcome[Outcome.BLOCKED]),
            errors=int(outcome[Outcome.ERROR]),
            principals=tuple(sorted(sight.principal(root).label for root in roots if root)),
            agents=self._agents(rows),
            good=len(good_rows),
            good_addresses=len(good_ids),
            formats=self._formats(rows),
            forwarded=self._forwarded(rows),
            outbound=self._outbound(rows),
            flagged=self._flagged(rows),
            allowed=self._lists(cidr, {ListKind.ALLOW}),
            shared=self._lists(cidr, {ListKind.TOR, ListKind.CDN}),
        )

    def _lists(self, cidr: str, kinds: Collection[ListKind]) -> tuple[str, ...]:
        """The lists of these kinds that an address of it is on, in words."""
        sight = self._ranking.sight
        intel = sight.index.knowledge.intel
        return tuple(
            each.words(sight.present, intel.stale)
            for each in intel.touching(cidr)
            if each.kind in kinds
        )

    def _formats(self, rows: Array) -> tuple[tuple[str, int], ...]:
        index = self._ranking.sight.index
        ids, counts = np.unique(index.format.ids.view()[rows], return_counts=True)
        names = index.format.dictionary.values
        found = [(names[n], count) for n, count in zip(ids.tolist(), counts.tolist(), strict=True)]
        return tuple(sorted(found, key=lambda item: (-item[1], item[0])))

    def _forwarded(self, rows: Array) -> int:
        """Events on the connection of a proxy, which named somebody else."""
        return int(np.count_nonzero(self._is_of(rows, BEHIND_WAF) & ~self._is_own_end(rows)))

    def _outbound(self, rows: Array) -> int:
        """Events in which a host of ours was the one that called. Answers flow out too: flows to
        whom flows come from as well say nothing."""
        ours = ~self._is_own_end(rows)
        found = self._is_of(rows, {"guardduty"}) & ours
        flows = self._is_of(rows, {"vpcflow"})
        if not np.any(flows & ~ours):
            found |= flows & ours
        return int(np.count_nonzero(found))

    def _flagged(self, rows: Array) -> int | None:
        """Events that are findings or that a rule matched; None where there are no rules."""
        index = self._ranking.sight.index
        if not len(index.shown):
            return None
        places, rules = index.hits.of(rows)
        flagged = index.severity.view()[rows] > Severity.NONE
        flagged[places[index.shown[rules]]] = True
        return int(np.count_nonzero(flagged))

    def _is_of(self, rows: Array, formats: Collection[str]) -> Array:
        index = self._ranking.sight.index
        names = index.format.dictionary.values
        wanted = [number for number, name in enumerate(names) if name in formats]
        found: Array = np.isin(index.format.ids.view()[rows], wanted)
        return found

    def _is_own_end(self, rows: Array) -> Array:
        """Where the address as logged is the one that is held responsible, or is not known."""
        index = self._ranking.sight.index
        logged, held = index.source_ip.ids.view()[rows], index.actor_ip.ids.view()[rows]
        own: Array = (logged == held) | (logged == 0)
        return own

    def _agents(self, rows: Array) -> tuple[tuple[str, int], ...]:
        index = self._ranking.sight.index
        ids, counts = np.unique(index.agent.ids.view()[rows], return_counts=True)
        names = index.agent.dictionary.values
        found = [(names[n], count) for n, count in zip(ids.tolist(), counts.tolist(), strict=True)]
        found.sort(key=lambda item: (-item[1], item[0]))
        return tuple((agent, events) for agent, events in found if agent)[:AGENTS]
