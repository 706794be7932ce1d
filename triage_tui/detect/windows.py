"""One correlation, one group: what its rules matched, by pieces of time as long as the timespan.

What holds at a signal depends on those in its own piece and in the one before, so a late signal
touches two pieces. A piece that grows large is thinned: what is left decides the same for counts
and for rules that come together (where one must be absent, to a 256th of the timespan); sums
become exact sums of smaller pieces of time; of medians and percentiles a sample stays. In whatever
order signals come, the same are left.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from .comparing import compare
from .ruleset import AllRules, AnyRule, NoRule, RuleRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .ruleset import Correlation, Expression

    Holds = Callable[["Signal"], bool]

MICRO = 1_000_000
"""What is summed up is counted in millionths, for sums of fractions depend on their order."""
FEWEST = 64
"""Signals of a piece that are never too many."""
_LARGE = 4_096
"""Signals of a piece beyond which sums and samples are thinned."""
_SLOTS = 256
"""Smaller pieces of time that stand for a large one."""
_ENDS = 64
"""Signals of a rule that are kept at either end of a piece, where order matters."""
_EXACT = 2_000
"""Counts up to which single signals are kept."""


class Signal(NamedTuple):
    """An event that a rule of the correlation matched. In the order of time."""

    time: int
    id: int
    """The event's; it tells those of one time apart."""
    input: int
    """The place of the rule among those of the correlation."""
    value: str | int | None
    """What is counted, or millionths of what is summed up."""
    row: int
    weight: int = 1
    """How many it stands for."""


class Run(NamedTuple):
    """Pieces of time, one after the other, in each of which the condition held."""

    fired: Signal
    """The first signal at which it did."""
    last: int
    """Time of the last."""
    signals: int
    """How many there were."""


class Window:
    """How a correlation judges."""

    def __init__(self, correlation: Correlation) -> None:
        self.correlation = correlation
        self.span = correlation.timespan
        self._places = {rule: place for place, rule in enumerate(correlation.rules)}
        self._kept = max(int(correlation.count) + 1, len(correlation.rules))
        self._counted = correlation.type == "event_count" and self._kept > _EXACT
        self._thin = self._thinning()
        few = self._thin in (_by_count, _by_value, self._by_values_of_slots)
        self.limit = max(FEWEST, 2 * self._kept) if few else _LARGE
        """Signals of a piece beyond which it is thinned."""

    def _thinning(self) -> Callable[[Sequence[Signal], int], list[Signal]]:
        match self.correlation.type:
            case "event_count":
                return self._by_slots if self._counted else _by_count
            case "value_count" | "temporal":
                return _by_value if self._only_grows() else self._by_values_of_slots
            case "value_sum" | "value_avg":
                return self._by_slots
            case "temporal_ordered":
                return _by_ends
            case _:
                return _by_sample

    def _only_grows(self) -> bool:
        """Whether a condition that holds for some values holds for these and more."""
        correlation = self.correlation
        if correlation.expression is not None:
            return not _denies(correlation.expression)
        return correlation.op in ("gt", "gte")

    def thinned(self, signals: Sequence[Signal]) -> list[Signal]:
        """What is left of a piece's signals, in order."""
        ordered = sorted(set(signals)) if len(signals) > 1 else [*signals]
        if len(ordered) <= self.limit:
            sums = self._thin == self._by_slots  # nobody else makes one signal of several
            if not sums or all(signal.weight == 1 for signal in ordered):
                return ordered
        keep = self._kept if self.limit != _LARGE else _LARGE
        return self._thin(ordered, keep)

    def _by_values_of_slots(self, signals: Sequence[Signal], keep: int) -> list[Signal]:
        """The same as `_by_value` for each slot of time: what a value's absence decides is decided
        within a slot."""
        width = max(1, self.span // _SLOTS)
        slots = groupby(signals, lambda signal: signal.time // width)
        return [signal for _, slot in slots for signal in _by_value([*slot], keep)]

    def _by_slots(self, signals: Sequence[Signal], _: int) -> list[Signal]:
        """A signal for each slot of time: the last of it, with the sum of all."""
        width = max(1, self.span // _SLOTS)
        slots: dict[int, Signal] = {}
        for signal in signals:
            slot = signal.time // width
            before = slots.get(slot)
            if before is not None:
                value = (before.value or 0) + (signal.value or 0)  # type: ignore[operator] # numbers
                signal = signal._replace(value=value, weight=before.weight + signal.weight)
            slots[slot] = signal
        return list(slots.values())

    def run(self, before: Sequence[Signal], piece: Sequence[Signal]) -> Run | None:
        """Where the condition holds in a piece, given the one before; both in order."""
        if not self._may_hold(len(before) + len(piece)):
            return None
        holds = self._judge(before)
        held = [signal for signal in piece if holds(signal)]
        if not held:
            return None
        return Run(held[0], held[-1].time, sum(signal.weight for signal in held))

    def _may_hold(self, signals: int) -> bool:
        correlation = self.correlation
        if correlation.op not in ("gt", "gte", "eq") or correlation.expression is not None:
            return True
        if correlation.type in ("event_count", "value_count", "temporal"):
            return self._counted or signals >= correlation.count
        return True

    def _judge(self, before: Sequence[Signal]) -> Holds:
        """Tells of signal after signal whether the condition holds then."""
        match self.correlation.type:
            case "event_count":
                state: _State = _Sum(self)
            case "value_count":
                state = _Distinct(self)
            case "temporal":
                state = _Together(self, self._places)
            case "temporal_ordered":
                state = _InOrder(self, self._places)
            case "value_sum":
                state = _Sum(self)
            case "value_avg":
                state = _Mean(self)
            case _:
                state = _Ranked(self)
        for signal in before:
            state.take(signal)
        return state.take


class _State:
    """The signals of the last timespan."""

    def __init__(self, window: Window) -> None:
        self._span = window.span
        self._correlation = window.correlation
        self._inside: list[Signal] = []
        self._first = 0

    def take(self, signal: Signal) -> bool:
        """Goes on to a signal; whether the condition holds there."""
        inside = self._inside
        inside.append(signal)
        edge = signal.time - self._span
        while inside[self._first].time <= edge:
            self.leave(inside[self._first])
            self._first += 1
        self.enter(signal)
        return self.holds(signal)

    def _compare(self, value: float) -> bool:
        return compare(self._correlation.op, value, self._correlation.count)

    def enter(self, signal: Signal) -> None:
        """A signal comes into the window."""

    def leave(self, signal: Signal) -> None:
        """A signal leaves it."""

    def holds(self, signal: Signal) -> bool:
        """Whether the condition holds at the newest signal."""
        raise NotImplementedError


class _Sum(_State):
    """Counts, and sums."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._counts = window.correlation.type == "event_count"
        self._sum = self._events = 0

    def enter(self, signal: Signal) -> None:
        self._events += signal.weight
        self._sum += int(signal.value or 0) if not self._counts else 0

    def leave(self, signal: Signal) -> None:
        self._events -= signal.weight
        self._sum -= int(signal.value or 0) if not self._counts else 0

    def holds(self, signal: Signal) -> bool:
        return self._compare(self._events if self._counts else self._sum / MICRO)


class _Mean(_Sum):
    def holds(self, signal: Signal) -> bool:
        return self._compare(self._sum / MICRO / self._events)


class _Distinct(_State):
    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._values: Counter[str | int | None] = Counter()

    def enter(self, signal: Signal) -> None:
        self._values[signal.value] += 1

    def leave(self, signal: Signal) -> None:
        self._values[signal.value] -= 1
        if not self._values[signal.value]:
            del self._values[signal.value]

    def holds(self, signal: Signal) -> bool:
        return self._compare(len(self._values))


class _Together(_Distinct):
    """Which rules matched, whatever their order."""

    def __init__(self, window: Window, places: dict[str, int]) -> None:
        super().__init__(window)
        self._places = places

    def holds(self, signal: Signal) -> bool:
        expression = self._correlation.expression
        if expression is None:
            return self._compare(len(self._values))
        return _means(expression, self._places, self._values)


class _InOrder(_Together):
    """Which rules matched one after the other: for each the latest begin of a chain up to it."""

    def __init__(self, window: Window, places: dict[str, int]) -> None:
        super().__init__(window, places)
        self._chain: list[int | None] = [None] * len(places)

    def holds(self, signal: Signal) -> bool:
        place, chain = signal.input, self._chain
        begin = signal.time if place == 0 else chain[place - 1]
        before = chain[place]
        if begin is not None and (before is None or begin > before):
            chain[place] = begin
        whole = chain[-1]
        return whole is not None and whole > signal.time - self._span


class _Ranked(_State):
    """Medians and percentiles."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._values: list[int] = []
        self._part = (
            0.5
            if window.correlation.type == "value_median"
            else window.correlation.percentile / 100
        )

    def enter(self, signal: Signal) -> None:
        insort(self._values, int(signal.value or 0))

    def leave(self, signal: Signal) -> None:
        del self._values[bisect_left(self._values, int(signal.value or 0))]

    def holds(self, signal: Signal) -> bool:
        values = self._values
        place, part = divmod(self._part * (len(values) - 1), 1)
        low = values[int(place)]
        high = values[min(int(place) + 1, len(values) - 1)]
        return self._compare((low + (high - low) * part) / MICRO)


def _means(
    expression: Expression, places: dict[str, int], present: Counter[str | int | None]
) -> bool:
    """Whether an extended condition holds, by the rules that are present."""
    match expression:
        case RuleRef(rule):
            return places[rule] in present
        case NoRule(item):
            return not _means(item, places, present)
        case AllRules(items):
            return all(_means(item, places, present) for item in items)
        case AnyRule(items):
            return any(_means(item, places, present) for item in items)


def _denies(expression: Expression) -> bool:
    """Whether an extended condition asks for the absence of a rule."""
    match expression:
        case NoRule():
            return True
        case AllRules(items) | AnyRule(items):
            return any(map(_denies, items))
        case _:
            return False


# -- thinning ------------------------------------------------------------------------------------


def _by_count(signals: Sequence[Signal], keep: int) -> list[Signal]:
    """The first and the last ones: whatever part of the piece is in the window, it holds enough."""
    return [*signals[:keep], *signals[-keep:]] if len(signals) > 2 * keep else list(signals)


def _by_value(signals: Sequence[Signal], keep: int) -> list[Signal]:
    """The first ones of the values that come first, the last ones of those that come last."""
    return sorted({*_firsts(signals, keep), *_firsts(reversed(signals), keep)})


def _firsts(signals: Iterable[Signal], keep: int) -> Iterator[Signal]:
    seen: set[object] = set()
    for signal in signals:
        if signal.value not in seen:
            seen.add(signal.value)
            yield signal
            if len(seen) >= keep:
                return


def _by_ends(signals: Sequence[Signal], _: int) -> list[Signal]:
    """The first and the last ones of each rule: not exact where many alternate."""
    found: set[Signal] = set()
    for ordered in (signals, signals[::-1]):
        left = Counter({signal.input: _ENDS for signal in ordered})
        for signal in ordered:
            if left[signal.input]:
                left[signal.input] -= 1
                found.add(signal)
    return sorted(found)


def _by_sample(signals: Sequence[Signal], keep: int) -> list[Signal]:
    """Those whose ids are the lowest: ids are hashes, so that is a fair sample."""
    return sorted(sorted(signals, key=lambda signal: (signal.id, signal))[:keep])
