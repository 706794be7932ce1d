"""What an index teaches about the principals in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage_tui.habits import (
    ACTION,
    AGENT,
    COUNTRY,
    NETWORK,
    REGION,
    SERVICE,
    SESSION,
    Habits,
    Lesson,
    agent_family,
    role_key,
    service_name,
)
from triage_tui.model import HOUR, NO_TIME, Severity
from triage_tui.principals import AliasGraph, is_aws

from .scope import FAR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from triage_tui.ports import Geo
    from triage_tui.principals import Principal

    from .columns import Array
    from .index import Index


UNHEARD = 3 * 24
"""Hours without a deed of anybody that are no part of a history: between two recordings nobody was
watching. A quiet weekend is shorter."""


def lesson(
    index: Index,
    geo: Geo,
    is_suspect: Callable[[Principal], bool] = lambda _: False,
    *,
    until: int | None = None,
) -> Lesson | None:
    """The habits of all principals, and of the roles behind their sessions; None where nobody did
    anything. A suspect teaches nothing, and neither does any session of it; nor does what is dated
    after a time (in nanoseconds): a single event of next year would make all that is known old."""
    rows = _rows(index)
    if until is not None:
        rows = rows[index.time.view()[rows] <= until]
    if not len(rows):
        return None
    subjects, of_who, left_out, called = _subjects(index, is_suspect)
    hour = index.time.view()[rows] // HOUR
    who = index.who.view()[rows].astype(np.int64)
    habits = [Habits() for _ in subjects]
    for level in of_who:
        subject = level[who]
        some = subject >= 0
        _hours(habits, subject[some], hour[some])
        for sort, values, names in _sorts(index, geo, rows[some]):
            _used(habits, sort, (subject[some], values, hour[some] // 24), names)
    _sessions(index, habits, of_who[1], who, hour)
    found = {key: each for key, each in zip(subjects, habits, strict=True) if each.hours}
    watched = _stretches(np.unique(hour))
    return Lesson(found, watched[0][0], watched[-1][1], tuple(sorted(left_out)), called, watched)


def dated_after(index: Index, time: int) -> int:
    """How many events in which somebody does something are dated after a time."""
    return int((index.time.view()[_rows(index)] > time).sum())


def _stretches(hours: Array) -> list[tuple[int, int]]:
    """Hours, which ascend, without the times in which nobody was heard of for so long that nobody
    was listening."""
    ends = np.flatnonzero(np.diff(hours) > UNHEARD)
    firsts, lasts = hours[np.concatenate([[0], ends + 1])], hours[np.concatenate([ends, [-1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _rows(index: Index) -> Array:
    """The rows in which somebody does something."""
    keep = (index.who.view() != 0) & (index.time.view() != NO_TIME)
    keep &= (index.duplicate.view() == 0) & (index.severity.view() == Severity.NONE)
    return np.flatnonzero(keep)


def _subjects(
    index: Index, is_suspect: Callable[[Principal], bool]
) -> tuple[list[str], tuple[Array, Array], set[str], dict[str, str]]:
    """(keys, per identity the places of its principal's and its role's key, keys left out, what
    keys are called)."""
    graph = AliasGraph()
    graph.advance(index.identities, index.identity_first, FAR - 1, index.identity_version)
    places: dict[str, int] = {}
    own = np.full(len(index.identities), -1, np.int64)
    role = own.copy()
    left_out: set[str] = set()
    names: dict[str, str] = {}
    for principal in graph.principals().values():
        key = principal.aliases[0] if principal.aliases else principal.key
        if is_suspect(principal):
            left_out.add(key)
            continue
        names[key] = principal.key
        for number in principal.members:
            identity = index.identities[number]
            if is_aws(identity):
                continue
            own[number] = places.setdefault(key, len(places))
            if identity.role:
                role[number] = places.setdefault(role_key(identity.role), len(places))
    return list(places), (own, role), left_out, names


def _hours(habits: Sequence[Habits], subject: Array, hour: Array) -> None:
    if not len(subject):
        return
    cells, counts = np.unique(subject << 32 | hour, return_counts=True)
    for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
        habits[cell >> 32].see(cell & 0xFFFF_FFFF, count)


def _sorts(index: Index, geo: Geo, rows: Array) -> list[tuple[str, Array, Callable[[int], str]]]:
    """(sort, the values' numbers, their names) of rows."""
    actions, agents = index.action.dictionary.values, index.agent.dictionary.values
    regions, ips = index.region.dictionary.values, index.actor_ip.dictionary.values
    called = index.called.dictionary.values
    networks, ip = index.networks.values, index.actor_ip.ids.view()[rows]
    return [
        (ACTION, index.action.ids.view()[rows], actions.__getitem__),
        (SERVICE, index.called.ids.view()[rows], lambda n: service_name(called[n])),
        (AGENT, index.agent.ids.view()[rows], lambda n: agent_family(agents[n])),
        (REGION, index.region.ids.view()[rows], regions.__getitem__),
        (NETWORK, index.network_of_ip[ip], networks.__getitem__),
        (COUNTRY, ip, lambda n: (geo.place(ips[n]).country or "") if n else ""),
    ]


def _used(
    habits: Sequence[Habits],
    sort: str,
    cells: tuple[Array, Array, Array],
    name: Callable[[int], str],
) -> None:
    """Notes subjects' values with their days; each of the three once."""
    subject, values, day = cells
    table = _each_once(subject, values, day)
    days: dict[tuple[int, str], set[int]] = {}
    names: dict[int, str] = {}
    for who, value, at in table.tolist():
        text = names.get(value)
        if text is None:
            text = names[value] = name(value)
        if text:
            days.setdefault((who, text), set()).add(at)
    for (who, text), seen in days.items():
        habits[who].use(sort, text, seen)


def _sessions(
    index: Index, habits: Sequence[Habits], of_role: Array, who: Array, hour: Array
) -> None:
    """What the sessions of roles were called."""
    some = of_role[who] >= 0
    people = index.identities
    _used(
        habits,
        SESSION,
        (of_role[who[some]], who[some], hour[some] // 24),
        lambda number: people[number].session,
    )


def subjects_of(principal: Principal) -> Collection[str]:
    """The casebook's names for a principal."""
    return tuple(f"principal:{key}" for key in (*principal.aliases, principal.key))


def _each_once(*columns: Array) -> Array:
    """The rows of a table of columns, each once."""
    table = np.column_stack([column.astype(np.int64) for column in columns])
    if not len(table):
        return table
    table = table[np.lexsort(table.T[::-1])]
    found: Array = table[np.concatenate([[True], (table[1:] != table[:-1]).any(axis=1)])]
    return found
