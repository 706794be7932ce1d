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

from .column import Column, lowered
from .comparing import predicate, refers
from .deciding import Verdict, decide, needed, settle, tests_of
from .fields import line_texts, name_in, slot_of, table
from .logsources import formats_of
from .trail import TrailColumns
from .values import values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from triage_tui.formats.rows import Rows
    from triage_tui.formats.seen import Seen, Trail

    from .comparing import Predicate
    from .fields import Slot, Source
    from .ruleset import Rule, RuleSet, Test

_MOST_VERDICTS = 1 << 14
_MOST_KEYS = 1 << 13


class Decided(NamedTuple):
    """What is known of a record by its slots."""

    hits: tuple[int, ...]
    """Numbers of rules that match."""
    unsure: tuple[int, ...]
    """Numbers of rules that the whole record decides."""


NOTHING = Decided((), ())


class Engine:
    """The rules of a set that can match records of one format."""

    def __init__(self, format: str, rules: Iterable[tuple[int, Rule]]) -> None:  # noqa: A002
        self.format = format
        self.conditions = {
            number: rule.condition for number, rule in rules if rule.condition is not None
        }
        self._bits: dict[Test, int] = {}
        self._predicates: dict[Test, Predicate] = {}
        self.scanned: list[Test] = []
        """Keywords."""
        slots: dict[Source, dict[Slot, list[tuple[int, Test]]]] = {}
        for condition in self.conditions.values():
            for test in tests_of(condition):
                if test not in self._predicates and test.op != "ref":
                    self._predicates[test] = predicate(test)
                    self._place(test, slots)
        self.masks = {source: _mask_of(found) for source, found in slots.items()}
        """By what a format has read: the comparisons that hold, remembered by its key."""
        self.always: list[int] = []
        """Rules that may match whatever is known."""
        self.by_bit: dict[int, list[int]] = {}
        for number, condition in self.conditions.items():
            bits = needed(condition, self._bits.get)
            if bits is None:
                self.always.append(number)
            else:
                for bit in bits:
                    self.by_bit.setdefault(bit, []).append(number)
        self.verdicts: Memo[int, Decided] = Memo(self._verdict, _MOST_VERDICTS)

    def _place(self, test: Test, slots: dict[Source, dict[Slot, list[tuple[int, Test]]]]) -> None:
        if test.field is None:
            self._bits[test] = len(self._bits)
            self.scanned.append(test)
            return
        slot = slot_of(self.format, test.field)
        if slot is not None and (slot.exact or test.op != "exists"):
            self._bits[test] = len(self._bits)
            slots.setdefault(slot.source, {}).setdefault(slot, []).append((self._bits[test], test))

    def _verdict(self, mask: int) -> Decided:
        asked = set(self.always)
        rest = mask
        while rest:
            low = rest & -rest
            asked.update(self.by_bit.get(low.bit_length() - 1, ()))
            rest ^= low
        hits, unsure = [], []
        for number in sorted(asked):
            verdict = decide(self.conditions[number], mask, self._bits)
            if verdict is Verdict.YES:
                hits.append(number)
            elif verdict is Verdict.UNSURE:
                unsure.append(number)
        return Decided(tuple(hits), tuple(unsure)) if asked else NOTHING

    @cached_property
    def keywords(self) -> Column | None:
        """The comparisons with the whole record."""
        tests = [(self._bits[test], test) for test in self.scanned]
        return Column(tests) if tests else None

    def settle(self, numbers: Sequence[int], mask: int, record: View) -> list[int]:
        """Which of these rules match, by the whole record."""

        def holds(test: Test) -> bool:
            bit = self._bits.get(test)
            return bool(mask >> bit & 1) if bit is not None else record.holds(test)

        return [number for number in numbers if settle(self.conditions[number], holds)]

    def view(self, seen: Callable[[], Seen]) -> View:
        """The whole record."""
        return View(seen, self._predicates)


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

    def __init__(self, seen: Callable[[], Seen], predicates: dict[Test, Predicate]) -> None:
        self._make = seen
        self._predicates = predicates
        self._values: dict[str, list[object]] = {}

    @cached_property
    def seen(self) -> Seen:
        return self._make()

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
            self._values[field] = found
        return found

    def holds(self, test: Test) -> bool:
        """Whether a comparison of a field holds."""
        values = self.values(test.field or "")
        if test.op == "ref":
            return refers(test, values, self.values(test.value))
        return self._predicates[test](values)


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
        self._engines: dict[str, _Runner | None] = {}
        self._trail: TrailColumns | None = None

    def begin(self, rows: Rows) -> RuleMatching | None:
        """Begins a batch."""
        return RuleMatching(self) if self._by_format else None

    def runner(self, format: str) -> _Runner | None:  # noqa: A002 - the contract's word
        """What runs the rules of a format; made when its first record comes."""
        if format not in self._engines:
            rules = self._by_format.get(format)
            self._engines[format] = _Runner(Engine(format, rules)) if rules else None
        return self._engines[format]

    def trail(self) -> TrailColumns | None:
        """The same for CloudTrail in bulk."""
        rules = self._by_format.get("cloudtrail")
        if self._trail is None and rules:
            self._trail = TrailColumns(Engine("cloudtrail", rules))
        return self._trail


class _Runner:
    """Runs an engine on single records."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._columns = [(source.key, memo) for source, memo in engine.masks.items()]
        self._keywords = engine.keywords

    def match(self, seen: Seen) -> Sequence[int]:
        """The numbers of the rules that match."""
        mask = 0
        for key, memo in self._columns:
            mask |= memo[key(seen)]
        if self._keywords is not None:
            mask |= _scan(seen, self._keywords)
        decided = self._engine.verdicts[mask]
        if not decided.unsure:
            return decided.hits
        record = self._engine.view(lambda: seen)
        return [*decided.hits, *self._engine.settle(decided.unsure, mask, record)]


def _scan(seen: Seen, keywords: Column) -> int:
    """The keywords that a record holds, as it is and without its escapes."""
    text = seen.raw
    if more := line_texts(seen):
        text = b"\n".join((text, *(line.encode("utf-8", "replace") for line in more)))
    return keywords.scan(text, lowered(text))


class RuleMatching:
    """One batch. Implements `formats.seen.Matching`."""

    def __init__(self, matcher: RuleMatcher) -> None:
        self._matcher = matcher
        self._rows, self._rules = array("I"), array("I")

    def record(self, row: int, seen: Seen) -> None:
        runner = self._matcher.runner(seen.format)
        if runner is not None:
            for number in runner.match(seen):
                self._rows.append(row)
                self._rules.append(number)

    def trail(self, first: int, trail: Trail) -> None:
        columns = self._matcher.trail()
        if columns is not None:
            for place, numbers in columns.match(trail):
                for number in numbers:
                    self._rows.append(first + place)
                    self._rules.append(number)

    def hits(self) -> Hits:
        return Hits(self._rows, self._rules)
