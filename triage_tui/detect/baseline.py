"""What is unusual for somebody, at this hour of the week, judged by their habits. Pure.

Every judgement is the likelihood of what was seen, had they done as always; its logarithm is the
surprise, in powers of ten. An hour's events are judged by whether somebody is usually active then,
and by how many there are when they are: a negative binomial whose rate is known no better than the
history allows (`tails`). Something new is judged by on how many days they did something new
before. Where the history is too short, nothing is judged, and that is said.

Habits can be fed: whoever acts in somebody's name, a little more every day, wants to be usual one
day. So a day teaches little: no hour counts as busier than a level that grows slowly (`levelled`),
and what was used on one day is not known yet.
"""

from __future__ import annotations

import math
from functools import cached_property, reduce
from itertools import groupby
from operator import or_
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.habits import ACTION, COUNTRY, NETWORK, SESSION, Habits, day_of

from .tails import bound, predictive_tail
from .touched import DEEDS, of_action
from .weeks import ENOUGH, WEEK, Exposure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from triage_tui.habits import Coverage

    from .weeks import Calendar, Slot

LONG_SILENCE = 14
"""Days without an event after which the next one may be told."""
_PRIOR_HOURS, _PRIOR_EVENTS = 2.0, 20.0
"""What is believed of active hours before any was seen: two of them, with twenty events in all."""
_PRIOR_SHAPE, _SHAPE_WEIGHT = 1.0, 5.0
_SHAPES = 0.25, 8.0
"""Nobody is taken to be more even than the second: an hour twice as busy as usual happens."""
_ROAMS = 0.7
"""A surprise below which being in two places at once tells nothing."""
_WORTH = 1.5
"""A surprise below which nobody wants to know it exactly."""
MOST_STANDINGS = 1_024
"""Principals whose habits are worked out at a time, those asked for last: each is judged once, but
for roles."""
KNOWN_AFTER = 3
"""Days of use from which on a value is known; each before counts for a part."""
GROWTH = 1.5
"""How many times as busy the busiest hour may become within a week, and be usual."""
LEARNING = 7
"""Days from the first on in which the level is found, instead of held to."""
_BEYOND = 4
"""How many times the usual day's busiest hour may be exceeded in these days."""
_LEAST_LEVEL = 20
"""Events of an hour that need no history to be learned."""
_PRIOR_SLOT = 4.0
"""Weeks that the neighbourhood of an hour of the week counts for."""


class Standing:
    """One principal's habits, worked out for judging. Only what lies within the exposure counts."""

    def __init__(self, habits: Habits, exposure: Exposure) -> None:
        self._exposure = exposure
        first, last = exposure.coverage.first, exposure.coverage.last
        known = habits.hours
        if not (habits.newest <= last and min(known, default=first) >= first):
            known = {hour: n for hour, n in known.items() if first <= hour <= last}
        hours = levelled(known)
        self.active_days = len({hour // 24 for hour in hours})
        self.last_hour = max(hours, default=-1)
        self._by_slot = by_slot = [0.0] * WEEK
        weights = sum_ = squares = 0.0
        slots, weighs = exposure.slots, exposure.weights
        for hour, events in hours.items():
            weight = weighs[hour - first]
            by_slot[slots[hour - first]] += weight
            weights += weight
            more = weight * (events - 1)
            sum_ += more
            squares += more * (events - 1)
        self._weights, self._sum = weights, sum_
        self._shape = _shape(weights, sum_, squares)
        self._mean = (self._sum + _PRIOR_EVENTS) / (self._weights + _PRIOR_HOURS)
        past = max(0, habits.day - day_of(last))
        self._used = {
            sort: used
            for sort, values in habits.values.items()
            if (used := _Used(values, past)).noted
        }
        """By sort. The lowest bit of their days is this one:"""
        self._last_day = habits.day - past
        self._since = day_of(min(hours, default=0))
        self._today = day_of(last)
        self._activities: dict[Slot, float] = {}
        self._all_news: dict[tuple[str, str], float] = {}

    @property
    def typical(self) -> float:
        """Events of an hour in which it is active, on average."""
        return 1 + self._sum / self._weights if self._weights else 0.0

    def usual(self, slot: Slot) -> float:
        """Events of that hour of the week, on average over the weeks; older ones weigh less."""
        watched = self._exposure.by_slot[slot.number]
        return self._by_slot[slot.number] * self.typical / watched if watched else 0.0

    def activity(self, slot: Slot) -> float:
        """The likelihood that it is active in that hour of the week."""
        found = self._activities.get(slot)
        if found is None:
            found = self._activities[slot] = self._activity(slot)
        return found

    def _activity(self, slot: Slot) -> float:
        near, by_slot = self._exposure.near(slot), self._by_slot
        seen = sum([by_slot[each] for each in near.slots])
        usual = (seen + 0.5) / (near.watched + 1.0)
        return (by_slot[slot.number] + _PRIOR_SLOT * usual) / (near.own + _PRIOR_SLOT)

    def about(self, slot: Slot, events: int) -> float:
        """About the surprise at so many events in an hour: as though the rate were known."""
        active = -math.log10(self.activity(slot))
        return active + bound(events - 1, self._shape, self._mean)

    def rate(self, slot: Slot, events: int) -> float:
        """The surprise at so many events in an hour: as many, or more."""
        if events <= 0:
            return 0.0
        active = -math.log10(self.activity(slot))
        if events - 1 <= self.typical / 2:
            return active  # half of what is usual: to be exact about it tells nothing
        weights = self._weights + _PRIOR_HOURS
        total = self._sum + _PRIOR_EVENTS
        return active - predictive_tail(events - 1, self._shape, weights, total)

    def tells(self, sort: str) -> bool:
        """Whether it can tell what is new of a sort."""
        used = self._used.get(sort)
        if used is None or self.active_days < 2:
            return False
        begins = self._last_day - used.noted.bit_length() + 1
        # What was noted from later on than the rest must have been for long enough.
        return begins <= self._since or self._today - begins >= ENOUGH // 24

    def new(self, sort: str, values: Iterable[str]) -> dict[str, float]:
        """The surprise at each of some values that is not known: for one that was used on some days
        it is less with every day. Nothing where nothing can be told."""
        if not self.tells(sort):
            return {}
        days, found = self._used[sort].days, {}
        unknown = None
        for value in values:
            bits = days.get(value[:256])
            if not bits:
                if unknown is None:
                    unknown = self._newness(sort, "", 0)
                found[value] = unknown
            elif (seen := bits.bit_count()) < KNOWN_AFTER:
                found[value] = self._newness(sort, value[:256], seen)
        found.pop("", None)
        return found

    def _newness(self, sort: str, value: str, seen: int) -> float:
        key = sort, value if seen else ""
        news = self._all_news.get(key)
        if news is None:
            news = self._all_news[key] = self._used[sort].news(key[1])
        return (1 - seen / KNOWN_AFTER) * news

    def seen(self, sort: str, value: str) -> int:
        """On how many days a value was used."""
        used = self._used.get(sort)
        return used.days.get(value[:256], 0).bit_count() if used else 0

    @cached_property
    def touches(self) -> int:
        """What it touched on several days, as a `touched.Touch`."""
        days: dict[int, int] = {}
        for action, used in self._used[ACTION].days.items() if ACTION in self._used else ():
            if touch := int(of_action(action)):
                days[touch] = days.get(touch, 0) | used
        found = 0
        for deed in map(int, DEEDS):
            seen = _any([used for touch, used in days.items() if touch & deed])
            if seen.bit_count() >= KNOWN_AFTER:
                found |= deed
        return found

    def roaming(self, sort: str) -> float:
        """The surprise at its being in two countries, or networks, at once: how rarely it was on
        one day."""
        once = both = 0
        for days in self._used[sort].days.values() if sort in self._used else ():
            both |= once & days
            once |= days
        return -math.log10((both.bit_count() + 0.5) / (once.bit_count() + 1))

    def silence(self, hour: int) -> tuple[int, float]:
        """(days since it was last seen, the surprise at that)."""
        if self.last_hour < 0 or self.active_days < 2:
            return 0, 0.0
        days = day_of(hour) - day_of(self.last_hour)
        often = (self.active_days + 0.5) / (self._exposure.days + 1)
        return days, -days * math.log10(max(1e-9, 1 - min(often, 0.999)))


class _Used:
    """What somebody used of a sort, by the bits of the days on which they did: the lowest is the
    last day."""

    def __init__(self, values: Mapping[str, bytes], past: int) -> None:
        """Without what was used on the last days, so many of them."""
        bits_of = int.from_bytes
        self.days = {value: bits_of(days, "little") for value, days in values.items()}
        if past:
            self.days = {value: days >> past for value, days in self.days.items()}
        self.noted = _any(self.days.values())
        """The days on which anything of it was used."""

    def news(self, but: str) -> float:
        """The surprise at anything new of it: on how few days there was, but for one value. In the
        first third of them all is new, of whomever. A day counts once, however much somebody tried
        on it."""
        later = self.noted
        for _ in range(later.bit_count() // 3):
            later ^= _first(later)
        fresh = _any([_first(days) for value, days in self.days.items() if value != but]) & later
        return -math.log10((fresh.bit_count() + 0.5) / (later.bit_count() + 1))


def _first(days: int) -> int:
    """The first of some days, all of them as bits."""
    return 1 << days.bit_length() >> 1


def _any(days: Iterable[int]) -> int:
    """The days that any of them holds."""
    return reduce(or_, days, 0)


def levelled(hours: Mapping[int, int]) -> Mapping[int, int]:
    """UTC hour -> as how many events an hour may teach: no more than a level allows. In the first
    days that is some times the busiest hour of the usual day among them; later the busiest hour so
    far, which grows by the factor `GROWTH` in a week at most."""
    if max(hours.values(), default=0) <= _LEAST_LEVEL:
        return hours
    days = {day: list(of) for day, of in groupby(sorted(hours), key=day_of)}
    peaks = {day: max(map(hours.__getitem__, of)) for day, of in days.items()}
    first = before = min(days)
    early = [peak for day, peak in peaks.items() if day - first < LEARNING]
    usual = median(early) if len(early) > 2 else max(early)
    level = max(_LEAST_LEVEL, _BEYOND * usual if len(early) > 2 else usual)
    reached = float(_LEAST_LEVEL)
    found: dict[int, int] = {}
    for day, of in days.items():
        if day - first >= LEARNING:
            level = reached * GROWTH ** (min(day - before, LEARNING) / LEARNING)
        most = round(level)
        if peaks[day] <= most:
            found.update((hour, hours[hour]) for hour in of)
        else:
            found.update((hour, min(hours[hour], most)) for hour in of)
        reached = max(reached, min(peaks[day], level))
        before = day
    return found


def _shape(weights: float, total: float, squares: float) -> float:
    """The negative binomial's shape: how even the hours are, by the method of moments; of few
    hours it is taken to be what it usually is."""
    if weights <= 0 or total <= 0:
        return _PRIOR_SHAPE
    mean = total / weights
    beyond = squares / weights - mean * mean - mean
    found = mean * mean / beyond if beyond > 0 else _SHAPES[1]
    found = min(max(found, _SHAPES[0]), _SHAPES[1])
    logs = weights * math.log(found) + _SHAPE_WEIGHT * math.log(_PRIOR_SHAPE)
    return math.exp(logs / (weights + _SHAPE_WEIGHT))


class Doing(NamedTuple):
    """What a principal does, as of the cursor."""

    keys: tuple[str, ...]
    """Under which it may have been learned."""
    roles: tuple[str, ...]
    """The roles behind its sessions."""
    session: str
    """The name of its session, "" where it is none."""
    hours: Mapping[int, int]
    """UTC hour -> events."""
    used: Mapping[str, Iterable[str]]
    """Sort -> values; asked for those sorts alone of which something can be told."""
    travelled: Callable[[], Mapping[str, str]] = dict
    """Tells, by sort (country, or network within one), between which two places it cannot have
    gone so soon, in words. It takes its time, and is asked where the answer counts."""


class Judgement(NamedTuple):
    """What came of holding somebody against their habits."""

    unusual: tuple[Unusual, ...] = ()
    """What is not as always, the most surprising first."""
    usual: int = 0
    """What it usually touches, as a `touched.Touch`."""


class Unusual(NamedTuple):
    """Something that is not as always."""

    kind: str
    """The row of the weight table: `rate`, `unknown`, `silence`, or `new` and a sort."""
    surprise: float
    """-log10 of its likelihood."""
    subject: str = ""
    """What is new; "" else."""
    hour: int = 0
    """The UTC hour that is meant, for `rate`."""
    number: int = 0
    """Events of that hour, or days of silence, or of the history."""
    seen: int = 0
    """Days on which it (or what is new) was seen before."""
    others: int = 0
    """How many more of the sort are new."""


class Baseline:
    """Judges principals by what was learned before an hour."""

    def __init__(
        self,
        coverage: Coverage,
        find: Callable[[str], Habits | None],
        calendar: Calendar,
        *,
        before: int,
        newcomers: float | None = 0.1,
    ) -> None:
        """`find` gives the habits learned under a key; `before` is the first UTC hour of what is
        judged: it does not teach. `newcomers` is how likely a principal of a day is unknown; None
        where nobody can tell who is."""
        self.exposure = Exposure(coverage.before(before), calendar)
        self.newcomers = newcomers
        self._find = find
        self._standings: dict[str, Standing | None] = {}

    @property
    def knows(self) -> bool:
        """Whether there is enough history to judge by."""
        return self.exposure.enough

    def standing(self, key: str) -> Standing | None:
        """What is usual for a key; None where nothing was learned of it."""
        standings = self._standings
        if key not in standings:
            if len(standings) >= MOST_STANDINGS:
                del standings[next(iter(standings))]
            habits = self._find(key)
            found = Standing(habits, self.exposure) if habits is not None else None
            standings[key] = found if found is not None and found.active_days else None
        else:
            standings[key] = standings.pop(key)  # the last to be forgotten
        return standings[key]

    def forget(self) -> None:
        """What was learned has changed."""
        self._standings.clear()

    def judge(self, doing: Doing) -> Judgement:
        """What is as always, and what is not."""
        if not self.knows or not doing.hours:
            return Judgement()
        own = self._first(doing.keys)
        # A session seen on one day alone is judged by what its role does.
        role = None if own is not None and own.active_days >= 2 else self._first(doing.roles)
        if own is None and role is None:
            if self.newcomers is None:
                return Judgement()
            days = self.exposure.days
            return Judgement((Unusual("unknown", -math.log10(self.newcomers), number=days),))
        standing = own if role is None else role
        assert standing is not None  # noqa: S101 - one of the two is there
        found = [self._rate(standing, doing), *self._silence(standing, doing)]
        found += _travel(standing, doing)
        sorts = [sort for sort in doing.used if standing.tells(sort)]
        found += [each for sort in sorts if (each := _new(standing, sort, doing.used[sort]))]
        if standing is role and doing.session:
            found += [each] if (each := _new(standing, SESSION, (doing.session,))) else []
        found.sort(key=lambda each: (-each.surprise, each.kind))
        return Judgement(tuple(found), standing.touches)

    def _first(self, keys: Iterable[str]) -> Standing | None:
        return next((found for key in keys if (found := self.standing(key)) is not None), None)

    def _rate(self, standing: Standing, doing: Doing) -> Unusual:
        """The hour that astonishes most at first sight, looked at exactly."""
        slot = self.exposure.calendar.slot
        surprise, events, hour = max(
            (standing.about(slot(hour), n), n, hour) for hour, n in doing.hours.items()
        )
        if surprise >= _WORTH:  # to be exact takes its time
            surprise = standing.rate(slot(hour), events)
        return Unusual("rate", surprise, hour=hour, number=events, seen=standing.active_days)

    def _silence(self, standing: Standing, doing: Doing) -> list[Unusual]:
        days, surprise = standing.silence(min(doing.hours))
        return [Unusual("silence", surprise, number=days)] if days >= LONG_SILENCE else []


def _travel(standing: Standing, doing: Doing) -> list[Unusual]:
    """Being where it cannot be so soon, unless it often is in several places at once."""
    rarely = {sort: standing.roaming(sort) for sort in (COUNTRY, NETWORK)}
    if max(rarely.values()) < _ROAMS:
        return []
    trips = [
        Unusual("travel", rarely[sort], said)
        for sort, said in doing.travelled().items()
        if rarely[sort] >= _ROAMS
    ]
    return [max(trips, key=lambda each: each.surprise)] if trips else []


def _new(standing: Standing, sort: str, values: Iterable[str]) -> Unusual | None:
    """What is new of a sort: the newest of them, the first by name, stands for all."""
    found = standing.new(sort, values)
    most = max(found.values(), default=0.0)
    if most <= 0:
        return None
    newest = [value for value, surprise in found.items() if surprise == most]
    first = min(newest)
    seen, others = standing.seen(sort, first), len(newest) - 1
    return Unusual(f"new {sort}", most, subject=first, seen=seen, others=others)
