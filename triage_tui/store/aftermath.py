"""What still comes from blocked addresses, and since when none of it gets through."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import Kind, Outcome
from triage_tui.respond.levers import BEHIND_WAF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.networks import Network

    from .columns import Array
    from .sight import Sight

JUDGE = "waf"
"""The log of web ACLs themselves: where it has a request, other logs only have it again."""


class Blocked(NamedTuple):
    """A network that is blocked, and since when (event time)."""

    network: Network
    since: int


class After(NamedTuple):
    """What came from a network after it was blocked, up to the cursor."""

    through: int = 0
    """Requests that were let through."""
    stopped: int = 0
    """Requests that were refused."""
    others: int = 0
    """Events of logs that no web ACL stands before: it cannot stop those."""
    held: int | None = None
    """When it took hold: the first request that was stopped and after which none got through."""
    last_through: int | None = None
    """When the last one got through."""


def aftermath(sight: Sight, blocked: Sequence[Blocked]) -> list[After]:
    """What came after each of the blocks, in one look at all events in sight."""
    if not blocked:
        return []
    index = sight.index
    inside = _inside(index.actor_ip.dictionary.values, blocked)
    numbers = np.array(sorted(inside), np.int64)
    rows, ids = sight.event_rows(Kind.IP, numbers, filtered=False)
    time = index.time.view()[rows]
    found: list[After] = []
    of_block: defaultdict[int, list[int]] = defaultdict(list)
    for number, places in inside.items():
        for place in places:
            of_block[place].append(number)
    for place, each in enumerate(blocked):
        chosen = np.isin(ids, of_block[place]) & (time > each.since)
        found.append(_after(sight, np.unique(rows[chosen])))
    return found


def _after(sight: Sight, rows: Array) -> After:
    """What these rows come to."""
    index = sight.index
    judged = rows[_is_of(sight, rows, {JUDGE})]
    web = rows[_is_of(sight, rows, BEHIND_WAF)]
    requests = judged if len(judged) else web
    outcome, time = index.outcome.view()[requests], index.time.view()[requests]
    stopped = (outcome == Outcome.BLOCKED) | (outcome == Outcome.DENIED)
    last = int(time[~stopped].max()) if np.any(~stopped) else None
    held = time[stopped] if last is None else time[stopped & (time > last)]
    return After(
        through=int(np.count_nonzero(~stopped)),
        stopped=int(np.count_nonzero(stopped)),
        others=len(rows) - len(web),
        held=int(held.min()) if len(held) else None,
        last_through=last,
    )


def _is_of(sight: Sight, rows: Array, formats: Iterable[str]) -> Array:
    column, wanted = sight.index.format, frozenset(formats)
    numbers = [n for n, name in enumerate(column.dictionary.values) if name in wanted]
    found: Array = np.isin(column.ids.view()[rows], numbers)
    return found


def _inside(addresses: Sequence[str], blocked: Sequence[Blocked]) -> dict[int, list[int]]:
    """By the number of an address, the places of the blocks that it is in."""
    wanted: defaultdict[tuple[int, int], defaultdict[int, list[int]]]
    wanted = defaultdict(lambda: defaultdict(list))
    for place, (network, _) in enumerate(blocked):
        shift = network.max_prefixlen - network.prefixlen
        wanted[network.version, shift][int(network.network_address) >> shift].append(place)
    found: dict[int, list[int]] = {}
    for number, text in enumerate(addresses):
        if not text:
            continue
        version, value = _number(text)
        places = [
            place
            for (of, shift), known in wanted.items()
            if of == version
            for place in known.get(value >> shift, ())
        ]
        if places:
            found[number] = places
    return found


@lru_cache(maxsize=1 << 17)
def _number(text: str) -> tuple[int, int]:
    """(version, the address as a number)."""
    address = ipaddress.ip_address(text)
    return address.version, int(address)
