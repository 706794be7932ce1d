"""How far apart two places are at least, and whether anybody gets from one to the other in time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import HOUR, MINUTE, SECOND, Spot

from .centroids import CENTROIDS

if TYPE_CHECKING:
    from triage_tui.model import Place

FASTEST = 1000.0
"""Kilometres an hour: an airliner with the wind behind it."""
LEAST = 100.0
"""Kilometres below which nobody has travelled: tables of places are not as good as that."""
_RADIUS = 6371.0
"""Of the earth, in kilometres."""


def spot_of(place: Place) -> Spot | None:
    """Where it is: as a table of cities says, else somewhere in its country; None where neither is
    known."""
    if place.spot is not None or place.country is None:
        return place.spot
    found = CENTROIDS.get(place.country)
    return Spot(*found, place.country) if found else None


def distance(left: Spot, right: Spot) -> float:
    """Kilometres that are between two spots at least; 0 where they may be one."""
    low, high = math.radians(left.latitude), math.radians(right.latitude)
    turn = math.radians(right.longitude - left.longitude)
    rise = math.sin((high - low) / 2) ** 2
    round_ = math.cos(low) * math.cos(high) * math.sin(turn / 2) ** 2
    whole = 2 * _RADIUS * math.asin(math.sqrt(min(1.0, rise + round_)))
    return max(0.0, whole - left.reach - right.reach)


def is_impossible(kilometres: float, nanoseconds: int) -> bool:
    """Whether nobody travels that far in that time."""
    return kilometres >= LEAST and kilometres > FASTEST * nanoseconds / HOUR


class Trip(NamedTuple):
    """Two places that somebody was in, one soon after the other."""

    origin: Spot
    left: int
    """When it was last there; nanoseconds."""
    target: Spot
    arrived: int

    @property
    def abroad(self) -> bool:
        """Whether it is between two countries."""
        return self.origin.country != self.target.country


def words(trip: Trip, left: str, arrived: str) -> str:
    """`in DE on Sunday 02:04, in BR on Sunday 02:09: 7,400 km at least within 5 min`; the times
    are given in words."""
    far = int(distance(trip.origin, trip.target) / 10) * 10
    return (
        f"in {trip.origin.name} on {left}, in {trip.target.name} on {arrived}: "
        f"{far:,} km at least within {_span(trip.arrived - trip.left)}"
    )


def _span(nanoseconds: int) -> str:
    """`5 min`, `1 h 20 min`, `40 s`."""
    if nanoseconds < MINUTE:
        return f"{nanoseconds // SECOND} s"
    hours, minutes = divmod(nanoseconds // MINUTE, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
