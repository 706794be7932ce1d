"""Who is behind an entity, and who used what an answer would take away; from everything seen."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.reaching import is_arn_of_function
from triage_tui.model import DAY, HOUR, Outcome, Severity
from triage_tui.remedies import (
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    FoundFinding,
    Quarantine,
    Suspect,
    Usage,
)

from .witness import addresses_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from triage_tui.model import EntityRef, Identity
    from triage_tui.remedies import AnyChange

    from .columns import Array, TextColumn
    from .index import Index
    from .ranking import Ranking
    from .sight import Sight

MOST_PEOPLE = 20
"""Identities that offers are made for, those with the most events first."""
MOST_NAMED = 8
"""Addresses, actions and the like that a usage names."""
MOST_RESOURCES = 50
MOST_FINDINGS = 200
_HOSTS = ("i-", "eni-")
"""How the ids of instances and interfaces begin."""
LOOKED_BACK = DAY


def suspect(ranking: Ranking, ref: EntityRef, label: str, now: int, event: str) -> Suspect:
    """What is known of an entity; `ranking` is of its kind, without a filter. `event` is what a
    function would be told."""
    sight, index = ranking.sight, ranking.sight.index
    number = next(
        (n for name in (ref.key, *ref.aliases) if (n := ranking.number(name)) is not None), None
    )
    asked = np.array([] if number is None else [number], np.int64)
    rows = np.unique(sight.event_rows(ref.kind, asked, filtered=False).rows)
    people = _top(index.who.view()[rows], lambda n: n, MOST_PEOPLE)
    resources = _named(index.resource, rows, MOST_RESOURCES)
    return Suspect(
        ref=ref,
        label=label,
        people=tuple((index.identities[n], count) for n, count in people if n),
        formats=_named(index.format, rows, MOST_NAMED),
        account=_first(_named(index.account, rows, 1)),
        region=_first(_named(index.region, rows, 1)),
        hosts=_hosts([name for name, _ in resources]),
        findings=tuple(_findings(ranking, number)),
        event=event,
        now=now,
    )


def _hosts(resources: list[str]) -> tuple[str, ...]:
    """What can be put into quarantine: machines before functions."""
    machines = [name for name in resources if name.startswith(_HOSTS)]
    functions = [":".join(arn.split(":")[:7]) for arn in resources if is_arn_of_function(arn)]
    return (*machines, *dict.fromkeys(functions))


def _first(found: tuple[tuple[str, int], ...]) -> str:
    return found[0][0] if found else ""


def _findings(ranking: Ranking, number: int | None) -> Iterator[FoundFinding]:
    """The findings of GuardDuty on an entity."""
    sight, index = ranking.sight, ranking.sight.index
    for place in ranking.findings.get(-1 if number is None else number, [])[:MOST_FINDINGS]:
        state = sight.findings[place]
        if index.format.text(state.row) == "guardduty":
            name = state.id.partition("@")[0]
            account, region = index.account.text(state.row), index.region.text(state.row)
            yield FoundFinding(name, account, region, state.row in index.archived_rows)


def usage(sight: Sight, change: AnyChange) -> Usage | None:
    """Who used it in the last day up to the cursor; None where events cannot tell."""
    index = sight.index
    found = _touched(index, change)
    if found is None:
        return None
    what, rows = found
    since = sight.cursor - LOOKED_BACK
    scope = sight.ledger(filtered=False).scope
    rows = rows[scope.visible(rows)]
    rows = rows[index.severity.view()[rows] == Severity.NONE]  # a finding uses nothing
    rows = rows[index.time.view()[rows] > since]
    times, outcomes = index.time.view()[rows], index.outcome.view()[rows]
    refused = (outcomes == Outcome.DENIED) | (outcomes == Outcome.BLOCKED)
    sessions: tuple[tuple[str, int], ...] = ()
    if isinstance(change, DenySessions):
        counts = _top(index.who.view()[rows], lambda n: n, MOST_NAMED)
        sessions = tuple((index.identities[n].session, count) for n, count in counts)
    return Usage(
        what=what,
        hours=LOOKED_BACK // HOUR,
        events=len(rows),
        refused=int(np.count_nonzero(refused)),
        first=int(times.min()) if len(rows) else 0,
        last=int(times.max()) if len(rows) else 0,
        ips=_named(index.actor_ip, rows, MOST_NAMED),
        actions=_named(index.action, rows, MOST_NAMED),
        agents=_named(index.agent, rows, MOST_NAMED),
        sessions=sessions,
    )


def _touched(index: Index, change: AnyChange) -> tuple[str, Array] | None:
    """What is taken away, in words, and the rows of all events that had to do with it."""
    match change:
        case DeactivateKey():
            return f"the key {change.key}", _rows_of(index, _has_key(change))
        case DenySessions():
            name = change.role.rpartition("/")[2]
            return f"the role {name}", _rows_of(index, _has_role(change))
        case DenyUser():
            return f"the user {change.user}", _rows_of(index, _is_user(change))
        case DenyInAcl():
            inside = addresses_in(index, change.cidr)
            network = ipaddress.ip_network(change.cidr, strict=False)
            one = network.num_addresses == 1
            what = f"the address {network.network_address}" if one else f"addresses of {network}"
            return what, np.flatnonzero(np.isin(index.actor_ip.ids.view(), inside))
        case Quarantine():
            names, host = index.resource.dictionary.values, change.host
            those = [
                n for n, name in enumerate(names) if name == host or name.startswith(f"{host}:")
            ]
            what = f"the host {host.rpartition(':')[2]}"
            return what, np.flatnonzero(np.isin(index.resource.ids.view(), those))
        case _:
            return None


def _rows_of(index: Index, is_it: Callable[[Identity], bool]) -> Array:
    wanted = np.array([is_it(who) for who in index.identities], np.bool_)
    return np.flatnonzero(wanted[index.who.view()])


def _has_key(change: DeactivateKey) -> Callable[[Identity], bool]:
    return lambda who: who.access_key == change.key


def _has_role(change: DenySessions) -> Callable[[Identity], bool]:
    name = change.role.rpartition("/")[2]
    return lambda who: (
        bool(who.role)
        and who.role.rpartition("/")[2] == name
        and who.account in ("", change.account)
    )


def _is_user(change: DenyUser) -> Callable[[Identity], bool]:
    return lambda who: (
        who.user == change.user and not who.role and who.account in ("", change.account)
    )


def _named(column: TextColumn, rows: Array, most: int) -> tuple[tuple[str, int], ...]:
    """The values of some rows with how often they stand there, the most frequent first."""
    names = column.dictionary.values
    found = _top(column.ids.view()[rows], names.__getitem__, most)
    return tuple((names[n], count) for n, count in found if names[n])


def _top(ids: Array, name: Callable[[int], object], most: int) -> list[tuple[int, int]]:
    """(number, count), the most frequent first; ties by name."""
    values, counts = np.unique(ids, return_counts=True)
    found = list(zip(values.tolist(), counts.tolist(), strict=True))
    found.sort(key=lambda pair: (-pair[1], str(name(pair[0]))))
    return found[:most]
