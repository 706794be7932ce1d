"""Rules on several events: signals in, detections out, on event time and in bounded memory.

What is detected is a function of the signals alone, not of the order in which they come: when a
late one arrives, what it touches is judged again, and a detection may begin earlier, grow together
with another, or go. Only where memory runs short does order matter, and that is counted.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import MINUTE

from .windows import MICRO, Run, Signal, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .ruleset import Rule, RuleSet

LATENESS = 15 * MINUTE
"""How late an event may be and still find what it touches: CloudTrail's."""
MOST_SIGNALS = 300_000
"""Signals that are kept, of all correlations together."""
MOST_GROUPS = 20_000
"""Groups of one correlation that are kept."""
MOST_DETECTIONS = 50_000
"""Of one correlation."""
_AT_ONCE = 16
"""Groups that are judged in one step: a hundred microseconds each where much has come."""
BETWEEN = "\x1f"
"""Between the values of a group."""


class Input(NamedTuple):
    """A rule that feeds a correlation."""

    correlation: int
    """The correlation's number in the rule set."""
    place: int
    """The place of the rule among those of the correlation."""


class Detection(NamedTuple):
    """A correlation's condition came to hold."""

    rule: int
    group: tuple[str, ...]
    """The values of what it groups by."""
    row: int
    """The event at which it fired."""
    time: int
    id: int
    last: int
    """Time of the last event at which the condition still held."""
    signals: int
    """Events at which it held."""


class Fed(NamedTuple):
    """A signal on its way in."""

    input: int
    """The number of an input."""
    group: str
    value: str
    time: int
    id: int
    row: int


class Several(NamedTuple):
    """Signals of one input and one group on their way in, together: there is much of them."""

    input: int
    group: str
    signals: Sequence[tuple[str, int, int, int]]
    """(value, time, id, row) of each; at least one."""


def inputs_of(rules: RuleSet) -> dict[int, list[tuple[int, Input]]]:
    """By rule number, which inputs it feeds: (number of the input, input)."""
    found: dict[int, list[tuple[int, Input]]] = {}
    for number, (source, each) in enumerate(_pairs(rules)):
        found.setdefault(source, []).append((number, each))
    return found


def _pairs(rules: RuleSet) -> Iterator[tuple[int, Input]]:
    """(rule, input), in the order of inputs."""
    for number, rule in enumerate(rules.rules):
        if rule.correlation is not None:
            for place, name in enumerate(rule.correlation.rules):
                yield rules.numbers[name], Input(number, place)


class Held(NamedTuple):
    """What is kept of one group of a correlation, where nobody remembers it all the time."""

    signals: tuple[Signal, ...] = ()
    closed: tuple[Run, ...] = ()
    """What was found in pieces of time that are judged for good."""
    edge: int = -(2**62)
    """The first piece that is not."""


class _Group:
    """What one correlation knows of one group."""

    __slots__ = ("closed", "dirty", "edge", "pieces", "runs", "shown")

    def __init__(self) -> None:
        self.pieces: dict[int, list[Signal]] = {}
        """By number of the piece of time."""
        self.runs: dict[int, Run] = {}
        self.dirty: set[int] = set()
        self.edge = -(2**62)
        """The pieces before it are judged for good."""
        self.closed: list[Run] = []
        """What was found in them."""
        self.shown: list[Run] = []


class _Table:
    """One correlation."""

    def __init__(self, number: int, rule: Rule) -> None:
        if rule.correlation is None:
            raise ValueError(f"{rule.id} is no correlation")
        self.number = number
        self.window = Window(rule.correlation)
        self._numeric = rule.correlation.type.startswith("value_") and (
            rule.correlation.type != "value_count"
        )
        self._by_rule = rule.correlation.type.startswith("temporal")
        self.groups: dict[str, _Group] = {}
        self.signals = 0
        self.latest = -(2**62)
        self.changed: set[str] = set()
        self.late = self.evicted = self.revised = self.lost = 0
        self.finished: list[Detection] = []
        """Of groups that are no longer kept."""

    def take(self, fed: Fed, place: int) -> None:
        """Takes in a signal."""
        one = (fed.value, fed.time, fed.id, fed.row)
        self.take_all(Several(fed.input, fed.group, [one]), place)

    def take_all(self, fed: Several, place: int) -> None:
        """Takes in signals."""
        signals, span = self._signals(fed, place), self.window.span
        if not signals:
            return
        group = self.groups.get(fed.group)
        if group is None:
            group = self.groups[fed.group] = _Group()
        if len(signals) == 1 or len({signal.time // span for signal in signals}) == 1:
            self._add(group, signals[0].time // span, signals)
        else:
            for piece, mine in groupby(signals, lambda signal: signal.time // span):
                self._add(group, piece, [*mine])
        if group.dirty:
            self.changed.add(fed.group)

    def _add(self, group: _Group, piece: int, fresh: Sequence[Signal]) -> None:
        """Takes in signals of one piece of time."""
        if piece < group.edge:
            self.late += len(fresh)
            return
        signals = group.pieces.setdefault(piece, [])
        signals += fresh
        self.signals += len(fresh)
        if len(signals) > 2 * self.window.limit:
            self._replace(group, piece, self.window.thinned(signals))
        group.dirty.add(piece)

    def _signals(self, fed: Several, place: int) -> list[Signal]:
        """The signals as they are kept; without those that are no numbers, where they must be."""
        if self._by_rule:
            return [Signal(time, id_, place, place, row) for _, time, id_, row in fed.signals]
        if not self._numeric:
            return [Signal(time, id_, place, text, row) for text, time, id_, row in fed.signals]
        numbers = ((_millionths(text), time, id_, row) for text, time, id_, row in fed.signals)
        return [
            Signal(time, id_, place, number, row)
            for number, time, id_, row in numbers
            if number is not None
        ]

    def begin(self, name: str, held: Held) -> None:
        """Begins a group with what was kept of it elsewhere."""
        group = self.groups[name] = _Group()
        for signal in held.signals:
            group.pieces.setdefault(signal.time // self.window.span, []).append(signal)
        group.dirty = set(group.pieces)
        group.edge = held.edge
        group.closed = list(held.closed)
        self.signals += len(held.signals)
        self.changed.add(name)

    def held(self, name: str, now: int) -> Held:
        """What goes on to be known of a group: its signals, but those that no event within the
        lateness can touch. What is later than `now` does not make others old."""
        group = self.groups.get(name)
        if group is None:
            return Held()
        times = [each.time for signals in group.pieces.values() for each in signals]
        latest = max((time for time in times if time <= now + MINUTE), default=-(2**62))
        first = max(group.edge - 1, (latest - LATENESS) // self.window.span - 1)
        runs = {piece: run for piece, run in group.runs.items() if piece < first}
        pieces = sorted(piece for piece in group.pieces if piece >= first)
        signals = tuple(each for piece in pieces for each in group.pieces[piece])
        # What comes into the piece at the edge needs the one before it.
        edge = first + 1 if len(pieces) < len(group.pieces) else group.edge
        return Held(signals, tuple(_joined(group.closed, runs, self.window.span)[-1:]), edge)

    def borrow(self, name: str, other: _Table) -> None:
        """Begins a group with the signals that another table of the same correlation has of it:
        those of plain rules, where this one is told of correlations."""
        theirs = other.groups.get(name)
        if theirs is None or name in self.groups:
            return
        group = self.groups[name] = _Group()
        group.pieces = {piece: [*signals] for piece, signals in theirs.pieces.items()}
        group.dirty = set(group.pieces)
        self.signals += sum(map(len, group.pieces.values()))
        self.changed.add(name)

    def _replace(self, group: _Group, piece: int, signals: list[Signal]) -> None:
        self.signals += len(signals) - len(group.pieces[piece])
        group.pieces[piece] = signals

    def judge(self, names: Iterable[str]) -> bool:
        """Judges again those of the groups that have changed; whether any detection is another than
        before."""
        news = False
        for name in names:
            if name not in self.changed:
                continue  # judged meanwhile
            self.changed.discard(name)
            group = self.groups.get(name)
            if group is not None and self._judge(group):
                news = True
        return news

    def _judge(self, group: _Group) -> bool:
        for piece in group.dirty:
            self._replace(group, piece, self.window.thinned(group.pieces[piece]))
        touched = group.dirty | {piece + 1 for piece in group.dirty if piece + 1 in group.pieces}
        group.dirty = set()
        found = False
        for piece in touched:
            run = self.window.run(group.pieces.get(piece - 1, ()), group.pieces[piece])
            found = found or run is not None or piece in group.runs
            group.runs.pop(piece, None)
            if run is not None:
                group.runs[piece] = run
        if not found:
            return False
        shown = _joined(group.closed, group.runs, self.window.span)
        if shown == group.shown:
            return False
        known = {run.fired.id for run in group.shown}
        self.revised += bool(known - {run.fired.id for run in shown})
        group.shown = shown
        return True

    def detections(self) -> Iterator[Detection]:
        """All that was detected so far."""
        yield from self.finished
        for name, group in self.groups.items():
            yield from self._of(name, group)

    def _of(self, name: str, group: _Group) -> Iterator[Detection]:
        values = tuple(name.split(BETWEEN))
        for run in group.shown:
            fired = run.fired
            yield Detection(
                self.number, values, fired.row, fired.time, fired.id, run.last, run.signals
            )

    def seal(self, before: int) -> None:
        """Gives up the signals of pieces that no event within the lateness can touch."""
        edge = before // self.window.span - 1
        for name, group in list(self.groups.items()):
            old = [piece for piece in group.pieces if piece < edge]
            if not old:
                continue
            runs = {piece: group.runs.pop(piece) for piece in old if piece in group.runs}
            group.closed = _joined(group.closed, runs, self.window.span)
            for piece in old:
                self.signals -= len(group.pieces.pop(piece))
            group.edge = edge + 1  # what comes into the piece at the edge needs the one before it
            if not group.pieces:
                self._finish(name)

    def _finish(self, name: str) -> None:
        group = self.groups.pop(name)
        self.signals -= sum(map(len, group.pieces.values()))
        self.finished += self._of(name, group)
        if len(self.finished) > MOST_DETECTIONS:
            self.lost += len(self.finished) - MOST_DETECTIONS
            self.finished = sorted(self.finished, key=lambda each: -each.time)[:MOST_DETECTIONS]

    def evict(self, keep: int) -> None:
        """Gives up groups until `keep` are left: those that have least, and of these the oldest."""
        if len(self.groups) <= keep:
            return
        order = sorted(self.groups, key=lambda name: _weight(self.groups[name]))
        for name in order[: len(self.groups) - keep]:
            self.evicted += 1
            self._finish(name)


def _weight(group: _Group) -> tuple[bool, int, int]:
    return bool(group.shown), sum(map(len, group.pieces.values())), max(group.pieces, default=0)


def _joined(closed: Sequence[Run], runs: Mapping[int, Run], span: int) -> list[Run]:
    """The runs of all pieces; those of pieces that follow each other are one."""
    found = list(closed)
    for piece in sorted(runs):
        run = runs[piece]
        before = found[-1] if found else None
        if before is not None and before.last // span == piece - 1:
            found[-1] = before._replace(last=run.last, signals=before.signals + run.signals)
        else:
            found.append(run)
    return found


def _millionths(text: str) -> int | None:
    """A number that can be summed up; None for what is none, or is beyond all measure."""
    try:
        number = float(text)
    except ValueError:
        return None
    return round(number * MICRO) if abs(number) < 1e15 else None


class Correlator:
    """All correlations of a rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._tables = {
            number: _Table(number, rule)
            for number, rule in enumerate(rules.rules)
            if rule.correlation is not None
        }
        self._inputs = [each for _, each in _pairs(rules)]
        self._latest = -(2**62)
        self.revision = 0
        """Changes with the detections."""

    def __bool__(self) -> bool:
        return bool(self._tables)

    @property
    def signals(self) -> int:
        """Signals that are kept."""
        return sum(table.signals for table in self._tables.values())

    @property
    def revised(self) -> int:
        """How often a late event changed what had been detected."""
        return sum(table.revised for table in self._tables.values())

    @property
    def late(self) -> int:
        """Signals that came too late for what was given up already."""
        return sum(table.late for table in self._tables.values())

    @property
    def evicted(self) -> int:
        """Groups that were given up because there were too many."""
        return sum(table.evicted + table.lost for table in self._tables.values())

    def begin(self, correlation: int, group: str, held: Held) -> None:
        """Begins a group with what was kept of it; before anything of it is taken in."""
        self._tables[correlation].begin(group, held)

    def held(self, correlation: int, group: str, now: int) -> Held:
        """What is to be kept of a group; `now` as in `take`."""
        return self._tables[correlation].held(group, now)

    def onward(self, found: Iterable[Detection]) -> list[Fed]:
        """Detections as signals of the correlations that rest on them."""
        feeds = inputs_of(self._rules)
        onward: list[Fed] = []
        for each in found:
            for number, target in feeds.get(each.rule, ()):
                fed = self._fed(each, self._rules.rules[target.correlation])
                if fed is not None:
                    onward.append(fed._replace(input=number))
        return onward

    def target(self, signal: Fed) -> int:
        """The number of the correlation that a signal is for."""
        return self._inputs[signal.input].correlation

    def place(self, signal: Fed) -> int:
        """The place of its rule among those of the correlation."""
        return self._inputs[signal.input].place

    def take(self, signals: Iterable[Fed], now: int) -> bool:
        """Takes in signals, and judges; whether any detection changed. `now` is when they came:
        what is later than that does not make others old."""
        before = self.revision
        self.gather(
            (Several(f.input, f.group, [(f.value, f.time, f.id, f.row)]) for f in signals), now
        )
        for _ in self.judging():
            pass
        return self.revision != before

    def gather(self, fed: Iterable[Several], now: int) -> None:
        """Takes in signals for `judging` to judge: many at once cost little more than a few."""
        newest = now + MINUTE
        for several in fed:
            each = self._inputs[several.input]
            self._tables[each.correlation].take_all(several, each.place)
            for _, time, _, _ in several.signals:
                if self._latest < time <= newest:
                    self._latest = time
        if self._is_crowded():
            for _ in self.judging():  # nobody is given up before he was judged
                pass

    def judging(self) -> Iterator[None]:
        """Judges what was gathered, a few groups at each step; `revision` tells whether that
        changed a detection. More may be gathered between two steps, and is judged next time."""
        for table in self._tables.values():
            waiting = [*table.changed]
            for at in range(0, len(waiting), _AT_ONCE):
                self.revision += table.judge(waiting[at : at + _AT_ONCE])
                yield
        self._bound()

    def _is_crowded(self) -> bool:
        crowded = any(len(table.groups) > MOST_GROUPS for table in self._tables.values())
        return crowded or self.signals > MOST_SIGNALS

    def _bound(self) -> None:
        """Keeps memory within its bounds."""
        if not self._is_crowded() or any(table.changed for table in self._tables.values()):
            return
        for table in self._tables.values():
            table.seal(self._latest - LATENESS)
            table.evict(MOST_GROUPS * 3 // 4 if len(table.groups) > MOST_GROUPS else MOST_GROUPS)
        if self.signals > MOST_SIGNALS:
            for table in self._tables.values():
                table.evict(len(table.groups) * 3 // 4)

    def detections(self) -> list[Detection]:
        """All that was detected so far, in the order of time."""
        found = [each for table in self._tables.values() for each in table.detections()]
        found += self._chained(found)
        return sorted(found, key=lambda each: (each.time, each.id, each.rule, each.group))

    def _chained(self, found: Sequence[Detection]) -> list[Detection]:
        """What correlations on correlations detect; anew from what these rest on."""
        feeds = inputs_of(self._rules)
        waiting = [each for each in found if each.rule in feeds]
        if not waiting:
            return []
        tables: dict[int, _Table] = {}
        for each in waiting:
            for _, target in feeds[each.rule]:
                rule = self._rules.rules[target.correlation]
                table = tables.setdefault(target.correlation, _Table(target.correlation, rule))
                fed = self._fed(each, rule)
                if fed is not None:
                    table.borrow(fed.group, self._tables[target.correlation])
                    table.take(fed, target.place)
        known = set(found)
        more: list[Detection] = []
        for table in tables.values():
            table.judge([*table.changed])
            more += (each for each in table.detections() if each not in known)
        return [*more, *self._chained(more)]

    def _fed(self, each: Detection, rule: Rule) -> Fed | None:
        """A detection as a signal: its group's values go by the names that it was grouped by."""
        inner, outer = self._rules.rules[each.rule], rule.correlation
        if inner.correlation is None or outer is None:
            return None
        values = dict(zip(inner.correlation.group_by, each.group, strict=False))

        def value(field: str) -> str:
            return values.get(outer.aliases.get(field, {}).get(inner.id, field), "")

        group = BETWEEN.join(map(value, outer.group_by))
        counted = BETWEEN.join(map(value, outer.fields))
        return Fed(0, group, counted, each.time, each.id, each.row)
