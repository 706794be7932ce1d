"""What somebody usually does: in which hours they were active, and what they used on which days.

Habits are merged, never added up: an hour counts as the most that was seen of it, and a day is a
day. So what is learned twice, in whatever order and from whatever copies, counts once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KEPT_HOURS = 90 * 24
"""What is older than that many hours before the newest is forgotten."""
_KEPT_DAYS = KEPT_HOURS // 24 + 1
"""The days that such a stretch touches."""
MOST_VALUES = 512
"""Of one sort that are kept, those used last; whoever has more is at home everywhere."""
_LONGEST = 256
"""Characters of a value: what goes on beyond is the same value."""

ACTION, REGION, AGENT = "action", "region", "user agent"
NETWORK, COUNTRY, SESSION = "network", "country", "session"
SERVICE = "service"
_SYSTEM = re.compile(r"(?i)windows|linux|mac ?os|macintosh|darwin|android|iphone|ipad")
SORTS = (ACTION, SERVICE, REGION, AGENT, NETWORK, COUNTRY, SESSION)
"""What may be new about what somebody does."""


def agent_family(agent: str) -> str:
    """What stays the same of a user agent from version to version: `aws-cli windows`."""
    product = agent[:_LONGEST].split("/", 1)[0].split(" ", 1)[0]
    system = _SYSTEM.search(agent[:1024])
    return f"{product} {system[0].lower()}" if system else product


def service_name(called: str) -> str:
    """What people call an AWS service: `dynamodb`, of `dynamodb.amazonaws.com`."""
    return called.lower().removesuffix(".cn").removesuffix(".amazonaws.com")


def role_key(arn: str) -> str:
    """The key under which all sessions of a role are learned together."""
    return f"role:{arn}"


def hour_of(time: int) -> int:
    """The number of the UTC hour that a time (in nanoseconds) lies in."""
    return time // HOUR


def day_of(hour: int) -> int:
    """The number of the UTC day of an hour."""
    return hour // 24


class Habits(msgspec.Struct, array_like=True):
    """Of one principal, or of all sessions of a role."""

    hours: dict[int, int] = {}
    """UTC hour -> events in it."""
    values: dict[str, dict[str, bytes]] = {}
    """Sort -> value -> the days on which it was used, as bits (`bits_of`): the lowest is the last
    day, each higher one the day before."""
    day: int = 0
    """The last UTC day on which anything was used; 0 where nothing was."""

    @property
    def newest(self) -> int:
        """The last hour; -1 without any."""
        return max(self.hours, default=-1)

    def days(self, sort: str, value: str) -> list[int]:
        """The UTC days on which a value was used, ascending."""
        bits = bits_of(self.values.get(sort, {}).get(value, b""))
        return [self.day - back for back in reversed(range(bits.bit_length())) if bits >> back & 1]

    def see(self, hour: int, events: int) -> None:
        """Takes in an hour's events."""
        self.hours[hour] = max(events, self.hours.get(hour, 0))

    def use(self, sort: str, value: str, days: Iterable[int]) -> None:
        """Takes in the days on which a value was used, but for those that are too old."""
        if used := set(days):
            self._reach(max(used))
            back = [self.day - day for day in used]
            self._add(sort, value[:_LONGEST], sum(1 << each for each in back if each < _KEPT_DAYS))

    def add(self, other: Habits) -> None:
        """Takes in all that others tell."""
        for hour, events in other.hours.items():
            self.see(hour, events)
        if other.values:
            self._reach(other.day)
        back = self.day - other.day
        for sort, used in other.values.items():
            for value, days in used.items():
                self._add(sort, value, bits_of(days) << min(back, _KEPT_DAYS))

    def _add(self, sort: str, value: str, bits: int) -> None:
        if bits := bits & _KEPT:
            used = self.values.setdefault(sort, {})
            used[value] = _days(bits | bits_of(used.get(value, b"")))

    def _reach(self, day: int) -> None:
        """Makes a day the last one, where it is."""
        before, self.day = self.day, max(day, self.day) if self.values else day
        if self.values and day > before:
            back = min(day - before, _KEPT_DAYS)
            self.values = _each(self.values, lambda bits: bits << back & _KEPT)


_KEPT = (1 << _KEPT_DAYS) - 1


def bits_of(days: bytes) -> int:
    """Days as a number, whose bits they are."""
    return int.from_bytes(days, "little")


def _days(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _each(
    values: Mapping[str, Mapping[str, bytes]], change: Callable[[int], int]
) -> dict[str, dict[str, bytes]]:
    """Values with their days changed, without those that have no day then."""
    found: dict[str, dict[str, bytes]] = {}
    for sort, used in values.items():
        changed = {value: change(bits_of(days)) for value, days in used.items()}
        if kept := {value: _days(bits) for value, bits in changed.items() if bits}:
            found[sort] = kept
    return found


def merged(left: Habits, right: Habits) -> Habits:
    """What either of them tells, without what is too old."""
    found = Habits()
    found.add(left)
    found.add(right)
    return pruned(found)


def pruned(habits: Habits) -> Habits:
    """The habits without what is too old, and no more values than are kept."""
    oldest = habits.newest - KEPT_HOURS
    hours = {hour: events for hour, events in habits.hours.items() if hour > oldest}
    days = habits.day - day_of(max(0, oldest)) + 1
    recent = (1 << max(0, min(days, _KEPT_DAYS))) - 1
    values = _each(habits.values, lambda bits: bits & recent)
    for sort, used in values.items():
        if len(used) > MOST_VALUES:
            last = sorted(used, key=lambda value: (_lowest(bits_of(used[value])), value))
            values[sort] = {value: used[value] for value in last[:MOST_VALUES]}
    return Habits(hours, values, habits.day if values else 0)


def _lowest(bits: int) -> int:
    return bits & -bits


class Coverage(msgspec.Struct, array_like=True):
    """The hours over which somebody was watching: in them, no event means no event."""

    spans: list[tuple[int, int]] = []
    """First and last UTC hour of each stretch; ascending, apart from each other."""

    @property
    def first(self) -> int:
        """The first hour; -1 without any."""
        return self.spans[0][0] if self.spans else -1

    @property
    def last(self) -> int:
        """The last hour; -1 without any."""
        return self.spans[-1][1] if self.spans else -1

    def with_span(self, first: int, last: int) -> Coverage:
        """The same and another stretch, without what is too old."""
        joined: list[tuple[int, int]] = []
        for low, high in sorted([*self.spans, (first, last)]):
            if joined and low <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
            else:
                joined.append((low, high))
        oldest = joined[-1][1] - KEPT_HOURS
        return Coverage([(max(low, oldest + 1), high) for low, high in joined if high > oldest])

    def before(self, hour: int) -> Coverage:
        """What of it lies before an hour."""
        return Coverage([(low, min(high, hour - 1)) for low, high in self.spans if low < hour])

    @property
    def hours(self) -> int:
        """How many hours it is."""
        return sum(high - low + 1 for low, high in self.spans)


class Lesson(msgspec.Struct):
    """What a reading of logs teaches."""

    habits: dict[str, Habits]
    """By key: of a principal, or of a role."""
    first: int
    """UTC hours over which it goes."""
    last: int
    left_out: tuple[str, ...] = ()
    """Keys that it does not tell of, for they are under suspicion."""
    names: dict[str, str] = {}
    """By key what people call it: the ARN, where the key is a principalId."""
    watched: list[tuple[int, int]] | None = None
    """The stretches of it in which everybody was watched: who does not appear then did nothing. All
    of it unless given; none of what tells of some alone."""


def without(habits: Mapping[str, Habits], suspects: Iterable[str]) -> dict[str, Habits]:
    """The habits of all but some."""
    unwanted = frozenset(suspects)
    return {key: each for key, each in habits.items() if key not in unwanted}
