"""Hours of the week in the team's time zone, and how long somebody was watching in each. Pure."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from triage_tui.habits import Coverage

WEEK = 7 * 24
HALF_LIFE = 30 * 24
"""Hours after which what was learned counts half."""
ENOUGH = 7 * 24
"""Hours that a history must cover to tell what is usual."""


class Slot(NamedTuple):
    """An hour of the week in the team's time zone."""

    day: int
    """0 is Monday."""
    hour: int

    @property
    def number(self) -> int:
        """Its place in the week."""
        return self.day * 24 + self.hour

    @property
    def words(self) -> str:
        """`Sunday 02:00`."""
        return f"{_DAYS[self.day]} {self.hour:02d}:00"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Calendar:
    """Tells of UTC hours which hour of the week they are, summer time and all."""

    def __init__(self, zone: str) -> None:
        """Raises ValueError for a zone that nobody knows."""
        self.zone = zone_of(zone)
        self.slot = lru_cache(maxsize=1 << 14)(self._slot)

    def _slot(self, hour: int) -> Slot:
        local = dt.datetime.fromtimestamp(hour * 3600, self.zone)
        return Slot(local.weekday(), local.hour)

    def clock(self, time: int) -> str:
        """`Sunday 02:09`, of nanoseconds; `Sunday 03:09 CET` where that is not what rows say."""
        local = dt.datetime.fromtimestamp(time // 1_000_000_000, self.zone)
        zone = "" if self.zone is dt.UTC else f" {local:%Z}"
        return f"{_DAYS[local.weekday()]} {local:%H:%M}{zone}"


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of that name; but for UTC it is read from a file. Raises ValueError."""
    if name == "UTC":
        return dt.UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"there is no time zone {name!r}; write it as Europe/Berlin or UTC"
        ) from None


class Near(NamedTuple):
    """The hours of the week that resemble one: it and its neighbours, on days of its sort (working
    days, or the weekend)."""

    slots: tuple[int, ...]
    """By their numbers."""
    watched: float
    """How long somebody was watching in them."""
    own: float
    """How long in the hour itself."""


class Exposure:
    """How long somebody was watching, by hour of the week; older hours weigh less."""

    def __init__(self, coverage: Coverage, calendar: Calendar) -> None:
        self.coverage = coverage
        self.calendar = calendar
        hours = range(coverage.first, coverage.last + 1) if coverage.spans else range(0)
        self.slots = [calendar.slot(hour).number for hour in hours]
        """By hour, from the first that is covered to the last: which hour of the week it is."""
        self.weights = [0.5 ** ((coverage.last - hour) / HALF_LIFE) for hour in hours]
        """By hour, as well: how much it counts."""
        self.by_slot = [0.0] * WEEK
        for low, high in coverage.spans:
            for at in range(low - coverage.first, high + 1 - coverage.first):
                self.by_slot[self.slots[at]] += self.weights[at]
        self.near = lru_cache(maxsize=WEEK)(self._near)

    @property
    def enough(self) -> bool:
        """Whether it is a history from which anything can be told."""
        return self.coverage.hours >= ENOUGH

    @property
    def days(self) -> int:
        """How many days it covers."""
        return -(-self.coverage.hours // 24)

    def _near(self, slot: Slot) -> Near:
        weekend = slot.day >= 5
        hours = {(slot.hour + shift) % 24 for shift in (-1, 0, 1)}
        slots = tuple(
            Slot(day, hour).number
            for day in (range(5, 7) if weekend else range(5))
            for hour in hours
        )
        watched = sum(self.by_slot[each] for each in slots)
        return Near(slots, watched, self.by_slot[slot.number])
