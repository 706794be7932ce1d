"""Trips that nobody can have made: between the addresses of one principal, by time."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.travel import FASTEST, LEAST, Trip, distance, spot_of
from triage_tui.model import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from triage_tui.model import Spot

    from .columns import Array
    from .index import Index

_FEW = 32
"""Places of which each is measured from each other, before anything that somebody did is looked
at."""


def trips(index: Index, ips: Iterable[int], rows: Callable[[], Array]) -> Iterator[Trip]:
    """The longest impossible trip between two countries, and within one. `ips` are all addresses of
    a principal, `rows` gives what it did lately, by time, and is asked where they are far apart."""
    texts, places = index.actor_ip.dictionary.values, index.knowledge.geo
    found = {ip: spot for ip in ips if ip and (spot := spot_of(places.place(texts[ip])))}
    spots = list(dict.fromkeys(found.values()))
    if not _far_apart(spots):
        return
    number = {spot: place for place, spot in enumerate(spots)}
    of_ip = np.full(len(texts), -1, np.int64)
    of_ip[[*found]] = [number[spot] for spot in found.values()]
    done = rows()
    at = of_ip[index.actor_ip.ids.view()[done]]
    time = index.time.view()[done][at >= 0]
    at = at[at >= 0]
    moved = np.flatnonzero(at[1:] != at[:-1])
    longest: dict[bool, tuple[float, Trip]] = {}
    for kilometres, step in _impossible(spots, at, time, moved):
        trip = Trip(spots[at[step]], int(time[step]), spots[at[step + 1]], int(time[step + 1]))
        if trip.abroad not in longest or kilometres > longest[trip.abroad][0]:
            longest[trip.abroad] = kilometres, trip
    yield from (trip for _, trip in longest.values())


def _far_apart(spots: list[Spot]) -> bool:
    """Whether any two of them are, as far as that is told quickly."""
    if len(spots) > _FEW:
        return True
    return any(distance(*pair) >= LEAST for pair in combinations(spots, 2))


def _impossible(
    spots: list[Spot], at: Array, time: Array, moved: Array
) -> Iterator[tuple[float, int]]:
    """(kilometres, step) of the steps that nobody makes so soon; of equal ones the quickest."""
    pairs, where = np.unique(at[moved] * len(spots) + at[moved + 1], return_inverse=True)
    far = np.array(
        [distance(spots[p // len(spots)], spots[p % len(spots)]) for p in pairs.tolist()]
    )
    hours = (time[moved + 1] - time[moved]) / HOUR
    kilometres = far[where]
    fast = np.flatnonzero((kilometres >= LEAST) & (kilometres > FASTEST * hours))
    order = np.lexsort((hours[fast], where[fast]))
    fast = fast[order]
    first = np.concatenate([[True], where[fast][1:] != where[fast][:-1]])[: len(fast)]
    for step in fast[first].tolist():
        yield float(kilometres[step]), int(moved[step])
