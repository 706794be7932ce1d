"""Runs rules on records as they are decoded. No parser of rules here, and no numpy.

A record is looked at in two steps. What its format has read anyway (a request's path and user
agent, a call's name and caller) is compared first, by values that come again and again; that alone
decides nearly always. Only where a rule may still hold is the whole record decoded.
"""

from __future__ import annotations

from array import array
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.formats.memo import Memo
from triage_tui.model import Hits

from .column import Column
from .comparing import predicate, refers
from .deciding import Verdict, decide, needed, settler, tests_of
from .feeding import Feeder, feeds_of
from .fields import name_in, slot_of, table
from .guards import Guards, guard_of, scanned
from .logsources import formats_of
from .trail import TrailColumns, seen_in
from .values import values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from triage_tui.formats.rows import Rows
    from triage_tui.formats.seen import Seen, Trail

    from .comparing import Predicate
    from .fields import Slot, Source
    from .ruleset import Node, Rule, RuleSet, Test

    _Slots = dict[Source, dict[Slot, list[tuple[int, Test]]]]

_MOST_VERDICTS = 1 << 14
_MOST_KEYS = 1 << 13


class Decided(NamedTuple):
    """What is known of a record by what comes again and again."""

    hits: tuple[int, ...] = ()
    """Numbers of rules that match."""
    unsure: tuple[int, ...] = ()
    """Numbers of rules that the rest of the record decides."""
    guarded: Mapping[str, tuple[int, ...]] = {}
    """The same, where a text must be found in the record first."""


class Engine:
    """The rules of a set that can match records of one format."""

    def __init__(self, format: str, rules: Iterable[tuple[int, Rule]]) -> None:  # noqa: A002
        self.format = format
        self.conditions = {
            number: rule.condition for number, rule in rules if rule.condition is not None
        }
        self.looked: dict[str, tuple[int, int]] = {}
        """By field that had to be decoded: how often it was asked for, and was there."""
        self._bits: dict[Test, int] = {}
        self._first = 0
        """The bits of comparisons that are known of every record."""
        self._predicates: dict[Test, Predicate] = {}
        steady: _Slots = {}
        rest: _Slots = {}
        keywords: list[tuple[int, Test]] = []
        for condition in self.conditions.values():
            for test in tests_of(condition):
                if test not in self._predicates and test.op != "ref":
                    self._predicates[test] = predicate(test)
                    self._place(test, steady, rest, keywords)
        self.masks = {source: _mask_of(found) for source, found in steady.items()}
        """By what a format has read: the comparisons that hold, remembered by its key."""
        self._rest = {source: _mask_of(found) for source, found in rest.items()}
        self._keywords = Column(keywords) if keywords else None
        self._guard_of = {
            test: guard_of(format, test) for test in self._predicates if not self._is_steady(test)
        }
        self._by_bit: dict[int, list[int]] = {}
        self._always: list[int] = []
        for number, condition in self.conditions.items():
            self._index(number, condition)
        self.guards = Guards(text for texts in self._guard_of.values() for text in texts or ())
        self._settlers = {
            number: settler(condition, self._bits.get, self._ask)
            for number, condition in self.conditions.items()
        }
        words = {test for _, test in keywords}
        self._reads = self._numbers_of(lambda test: test in self._bits and test not in words)
        """Rules that ask for what `_rest` knows."""
        self._scans = self._numbers_of(lambda test: test in words)
        """Rules that ask for keywords."""
        self.verdicts: Memo[int, Decided] = Memo(self._verdict, _MOST_VERDICTS)

    def _place(
        self, test: Test, steady: _Slots, rest: _Slots, keywords: list[tuple[int, Test]]
    ) -> None:
        """Gives a comparison a bit, where it needs no decoding."""
        bit = len(self._bits)
        if test.field is None:
            keywords.append((bit, test))
        else:
            slot = slot_of(self.format, test.field)
            if slot is None or not (slot.exact or test.op != "exists"):
                return
            slots = steady if slot.steady else rest
            slots.setdefault(slot.source, {}).setdefault(slot, []).append((bit, test))
            self._first |= slot.steady << bit
        self._bits[test] = bit

    def _numbers_of(self, asks: Callable[[Test], bool]) -> frozenset[int]:
        """The rules that have such a comparison."""
        return frozenset(n for n, each in self.conditions.items() if any(map(asks, tests_of(each))))

    def _ask(self, test: Test) -> Callable[[View], bool]:
        """A comparison of what no format has read."""
        field = test.field or ""
        if test.op == "ref":
            return lambda record: refers(test, record.values(field), record.values(test.value))
        decide = self._predicates[test]
        return lambda record: decide(record.values(field))

    def _is_steady(self, test: Test) -> bool:
        """Whether it is known of every record."""
        bit = self._bits.get(test)
        return bit is not None and bool(self._first >> bit & 1)

    def _index(self, number: int, condition: Node) -> None:
        """Finds out which bits a rule cannot do without."""

        def bit_of(test: Test) -> frozenset[str] | None:
            return frozenset((str(self._bits[test]),)) if self._is_steady(test) else None

        bits = needed(condition, lambda _: Verdict.UNSURE, bit_of)
        if bits is None:
            self._always.append(number)
        for bit in bits or ():
            self._by_bit.setdefault(int(bit), []).append(number)

    def _verdict(self, mask: int) -> Decided:
        """What is sure by the steady comparisons, and what the others have to tell."""
        asked = set(self._always)
        rest = mask
        while rest:
            low = rest & -rest
            asked.update(self._by_bit.get(low.bit_length() - 1, ()))
            rest ^= low

        def known(test: Test) -> Verdict:
            if not self._is_steady(test):
                return Verdict.UNSURE
            return Verdict.YES if mask >> self._bits[test] & 1 else Verdict.NO

        hits: list[int] = []
        unsure: list[int] = []
        guarded: dict[str, tuple[int, ...]] = {}
        for number in sorted(asked):
            condition = self.conditions[number]
            verdict = decide(condition, known)
            if verdict is Verdict.YES:
                hits.append(number)
            elif verdict is Verdict.UNSURE:
                texts = needed(condition, known, self._guard_of.get)
                if texts is None:
                    unsure.append(number)
                for text in texts or ():
                    guarded[text] = (*guarded.get(text, ()), number)
        return Decided(tuple(hits), tuple(unsure), guarded)

    def match(self, seen: Seen) -> Sequence[int]:
        """The numbers of the rules that match a record."""
        mask = 0
        for source, memo in self.masks.items():
            mask |= memo[source.key(seen)]
        decided = self.verdicts[mask]
        if not (decided.unsure or decided.guarded):
            return decided.hits
        return self.settle(decided, mask, seen)

    def view(self, seen: Seen) -> View:
        """The whole record."""
        return View(seen, self.looked)

    def settle(self, decided: Decided, mask: int, seen: Seen) -> Sequence[int]:
        """The same, where the steady comparisons do not tell."""
        asked = decided.unsure
        if decided.guarded and (texts := self.guards.found(seen)):
            more = {number for text in texts for number in decided.guarded.get(text, ())}
            asked = (*asked, *more.difference(asked))
        if not asked:
            return decided.hits
        if not self._reads.isdisjoint(asked):
            for source, memo in self._rest.items():
                mask |= memo[source.key(seen)]
        if self._keywords is not None and not self._scans.isdisjoint(asked):
            mask |= self._keywords.scan(scanned(seen))
        record = self.view(seen)
        found = [number for number in asked if self._settlers[number](mask, record)]
        return sorted((*decided.hits, *found)) if found else decided.hits


def _mask_of(slots: dict[Slot, list[tuple[int, Test]]]) -> Memo[Hashable, int]:
    """The comparisons of all slots of one source, by its key."""
    columns = [(slot.values, Column(tests)) for slot, tests in slots.items()]

    def mask(key: Hashable) -> int:
        found = 0
        for values, column in columns:
            found |= column.mask(values(key))
        return found

    return Memo(mask, _MOST_KEYS)


class View:
    """A record of which everything can be asked; nothing is decoded before it is."""

    def __init__(self, seen: Seen, looked: dict[str, tuple[int, int]]) -> None:
        self.seen = seen
        self._looked = looked
        self._values: dict[str, list[object]] = {}

    @cached_property
    def _table(self) -> dict[str, object]:
        return table(self.seen)

    def values(self, field: str) -> list[object]:
        """The values of a field."""
        found = self._values.get(field)
        if found is None:
            slot = slot_of(self.seen.format, field)
            if slot is not None and slot.exact:
                found = slot.values(slot.source.key(self.seen))
            else:
                found = values_at(self._table, name_in(self.seen.format, field))
                asked, there = self._looked.get(field, (0, 0))
                self._looked[field] = asked + 1, there + bool(found)
            self._values[field] = found
        return found


class RuleMatcher:
    """A rule set, ready to run. Implements `formats.seen.Matcher`."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        by_format: dict[str, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(rules.rules):
            if rule.condition is not None:
                for name in formats_of(rule.logsource):
                    by_format.setdefault(name, []).append((number, rule))
        self._by_format = by_format
        self._engines: dict[str, Engine | None] = {}
        self._trail: TrailColumns | None = None
        self.shown = [rule.shown for rule in rules.rules]
        """Per rule whether its matches are detections."""
        self.feeds = feeds_of(rules)
        """By rule the correlations that it feeds."""
        self.feeding = frozenset(self.feeds)

    def begin(self, rows: Rows) -> RuleMatching | None:
        """Begins a batch."""
        return RuleMatching(self) if self._by_format else None

    def engine(self, format: str) -> Engine | None:  # noqa: A002 - the contract's word
        """What runs the rules of a format; made when its first record comes."""
        if format not in self._engines:
            rules = self._by_format.get(format)
            self._engines[format] = Engine(format, rules) if rules else None
        return self._engines[format]

    def take_looked(self) -> dict[str, tuple[int, int]]:
        """Which fields had to be decoded since it was last asked."""
        found: dict[str, tuple[int, int]] = {}
        for engine in self._engines.values():
            if engine is not None and engine.looked:
                # As a list at once: another thread may be decoding.
                for field, (asked, there) in list(engine.looked.items()):
                    before = found.get(field, (0, 0))
                    found[field] = before[0] + asked, before[1] + there
                engine.looked.clear()
        return found

    def trail(self) -> TrailColumns | None:
        """The same for CloudTrail in bulk."""
        engine = self.engine("cloudtrail")
        if self._trail is None and engine is not None:
            self._trail = TrailColumns(engine)
        return self._trail


class RuleMatching:
    """One batch. Implements `formats.seen.Matching`."""

    def __init__(self, matcher: RuleMatcher) -> None:
        self._matcher = matcher
        self._rows, self._rules = array("I"), array("I")
        self._feed = Feeder(matcher.feeds) if matcher.feeds else None

    def record(self, row: int, seen: Seen) -> None:
        engine = self._matcher.engine(seen.format)
        if engine is not None and (numbers := engine.match(seen)):
            self._keep(row, numbers)
            if self._feed is not None and not self._matcher.feeding.isdisjoint(numbers):
                self._feed.add(row, numbers, engine.view(seen))

    def trail(self, first: int, trail: Trail) -> None:
        columns = self._matcher.trail()
        if columns is None:
            return
        for place, numbers in columns.match(trail):
            self._keep(first + place, numbers)
            if self._feed is not None and not self._matcher.feeding.isdisjoint(numbers):
                view = columns.engine.view(seen_in(trail, place))
                self._feed.add(first + place, numbers, view)

    def _keep(self, row: int, numbers: Sequence[int]) -> None:
        shown = self._matcher.shown
        for number in numbers:
            if shown[number]:
                self._rows.append(row)
                self._rules.append(number)

    def hits(self) -> Hits:
        feed = self._feed.feed if self._feed is not None else None
        return Hits(self._rows, self._rules, feed, self._matcher.take_looked())
