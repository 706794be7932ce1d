"""Runs the rules that are for one format on its records. No parser of rules here, and no numpy.

A record is looked at in three steps. What its format has read anyway (a user agent, a call's name
and caller) is compared first, by values that come again and again; that alone decides often. Where
it does not, the texts that a rule cannot do without are looked for, in many records at once. Only
where one is found is the whole record decoded.
"""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.formats.memo import Memo

from .column import Column, passes_by
from .comparing import predicate, refers
from .deciding import Verdict, decide, needed, settler, tests_of
from .fields import name_in, slot_for, slot_of, table
from .guards import Guards, guard_of, weight
from .presence import Presence, is_there
from .texts import keyword_text
from .values import text_of_scalar, values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set

    from triage_tui.formats.seen import Seen

    from .fields import Slot, Source
    from .guards import Guard
    from .records import Records
    from .ruleset import Node, Rule, Test

    _Placed = list[tuple[Slot, Test]]
    _Judged = tuple[Verdict, frozenset[Guard] | None]

_LONGEST = 512
"""Characters of a value that correlations tell apart."""
_MOST_VERDICTS = 1 << 14
_MOST_KEYS = 1 << 13
_FEW, _TRIES = 16, 8
"""Keys of a column that may all be alike to rules, and how often that is looked at in vain."""


class Decided(NamedTuple):
    """What is known of a record by what comes again and again."""

    mask: int = 0
    """The comparisons that hold."""
    hits: tuple[int, ...] = ()
    """Numbers of rules that match."""
    unsure: tuple[int, ...] = ()
    """Numbers of rules that the rest of the record decides."""
    guarded: Mapping[Guard, tuple[int, ...]] = {}
    """The same, where a text must be found first."""


NOTHING = Decided()
"""No rule can match."""


class _Text(NamedTuple):
    """The first text of a field, by what a format has read."""

    source: Source
    memo: Memo[Hashable, str | None]
    exact: bool
    """Whether there is none where this has none."""


class Engine:
    """The rules of a set that can match records of one format."""

    def __init__(self, format: str, rules: Iterable[tuple[int, Rule]]) -> None:  # noqa: A002
        self.format = format
        self.conditions = {
            number: rule.condition for number, rule in rules if rule.condition is not None
        }
        self.presence = Presence()
        """Which fields were there."""
        tests = dict.fromkeys(
            test
            for condition in self.conditions.values()
            for test in tests_of(condition)
            if test.op != "ref"
        )
        placed = _blurred(
            [(slot, test) for test in tests if (slot := slot_for(format, test)) is not None]
        )
        steady = [(slot, test) for slot, test in placed if slot.steady]
        rest = [(slot, test) for slot, test in placed if not slot.steady]
        words = [test for test in tests if test.field is None]
        # Those of every record come first: their sets are small numbers.
        ordered = (*(test for _, test in (*steady, *rest)), *words)
        self._bits = {test: bit for bit, test in enumerate(ordered)}
        self._steady = frozenset(test for _, test in steady)
        self._columns = self._by_source(steady)
        """By what a format has read: the comparisons that hold, remembered by its key."""
        self._tries: dict[Source, int] = {}
        """How often it is still worth while to see whether a column's comparisons are all alike."""
        self._rest = self._by_source(rest)
        for slot, test in rest:
            self.presence.wait_for(_field(test), slot)
        self._keywords = Column((self._bits[test], test) for test in words) if words else None
        self._guard_of = {
            test: guard_of(format, test) for test in tests if test not in self._steady
        }
        self._by_bit: dict[int, list[int]] = {}
        self._always: list[int] = []
        for number, condition in self.conditions.items():
            self._index(number, condition)
        self._guards = Guards()
        self._asks = {
            number: sum(1 << self._bits[test] for test in {*tests_of(condition)} & self._steady)
            for number, condition in self.conditions.items()
        }
        """The steady comparisons of each rule."""
        self._judged = Memo(self._judge, _MOST_VERDICTS)
        """By the number of a rule, and those of these that hold."""
        self._settlers = {
            number: settler(condition, self._bits.get, self._ask)
            for number, condition in self.conditions.items()
        }
        self._reads = self._numbers_of({test for _, test in rest})
        """Rules that ask for what `_rest` knows."""
        self._scans = self._numbers_of(set(words))
        """Rules that ask for keywords."""
        self._texts: dict[str, _Text | None] = {}
        self._verdicts: Memo[int, Decided] = Memo(self._verdict, _MOST_VERDICTS)
        self._together: Memo[tuple[int, ...], Decided] = Memo(
            lambda masks: self._verdicts[_union(masks)], _MOST_VERDICTS
        )

    def _by_source(self, placed: _Placed) -> dict[Source, Memo[Hashable, int]]:
        found: dict[Source, dict[Slot, list[tuple[int, Test]]]] = {}
        for slot, test in placed:
            found.setdefault(slot.source, {}).setdefault(slot, []).append((self._bits[test], test))
        return {source: _mask_of(slots, self.presence) for source, slots in found.items()}

    def _numbers_of(self, tests: Set[Test]) -> frozenset[int]:
        """The rules that have such a comparison."""
        return frozenset(
            number
            for number, condition in self.conditions.items()
            if not tests.isdisjoint(tests_of(condition))
        )

    def _ask(self, test: Test) -> Callable[[View], bool]:
        """A comparison of what no format has read."""
        field = test.field or ""
        if test.op == "ref":
            return lambda record: refers(test, record.values(field), record.values(test.value))
        decide = predicate(test)
        return lambda record: decide(record.values(field))

    def _index(self, number: int, condition: Node) -> None:
        """Finds out which bits a rule cannot do without."""

        def bit_of(test: Test) -> frozenset[int] | None:
            return frozenset((self._bits[test],)) if test in self._steady else None

        bits = needed(condition, lambda _: Verdict.UNSURE, bit_of, _fewest)
        if bits is None:
            self._always.append(number)
        for bit in bits or ():
            self._by_bit.setdefault(bit, []).append(number)

    def _verdict(self, mask: int) -> Decided:
        """What is sure by the steady comparisons, and what the others have to tell."""
        asked = set(self._always)
        for bit in _bits_of(mask):
            asked.update(self._by_bit.get(bit, ()))

        hits: list[int] = []
        unsure: list[int] = []
        guarded: dict[Guard, tuple[int, ...]] = {}
        for number in sorted(asked):
            verdict, guards = self._judged[number, mask & self._asks[number]]
            if verdict is Verdict.YES:
                hits.append(number)
            elif verdict is Verdict.UNSURE:
                if guards is None:
                    unsure.append(number)
                for guard in guards or ():
                    guarded[guard] = (*guarded.get(guard, ()), number)
        if not (hits or unsure or guarded):
            return NOTHING
        self._guards.want(guarded)
        return Decided(mask, tuple(hits), tuple(unsure), guarded)

    def _judge(self, key: tuple[int, int]) -> _Judged:
        """What becomes of a rule, and what must be found for it to match."""
        number, mask = key
        condition = self.conditions[number]

        def known(test: Test) -> Verdict:
            if test not in self._steady:
                return Verdict.UNSURE
            return Verdict.YES if mask >> self._bits[test] & 1 else Verdict.NO

        verdict = decide(condition, known)
        guards = None
        if verdict is Verdict.UNSURE:
            guards = needed(condition, known, self._guard_of.get, weight)
        return verdict, guards

    def match(self, records: Records) -> Iterator[tuple[int, Sequence[int]]]:
        """(place, numbers of the rules that match) of the records that any rule matches."""
        self.presence.pass_by(records)
        decided = self._decide(records)
        told = [place for place, each in enumerate(decided) if each is not NOTHING]
        found = self._look(records, decided, told)
        for place in told:
            each, asked = decided[place], found.get(place)
            if asked or each.unsure:
                numbers = self._settle(each, asked or set(), records.seen(place))
                if numbers:
                    yield place, numbers
            elif each.hits:
                yield place, each.hits

    def _decide(self, records: Records) -> Sequence[Decided]:
        """What the steady comparisons tell of each record."""
        columns: list[Iterable[int]] = []
        alike = 0
        for source, memo in self._columns.items():
            keys = records.keys(source)
            mask = self._mask_of_all(source, keys, memo)
            if mask is None:
                columns.append(map(memo.__getitem__, keys))
            else:
                alike |= mask
        if not columns:
            return [self._together[alike,]] * len(records)
        return list(map(self._together.__getitem__, zip(repeat(alike), *columns, strict=False)))

    def _mask_of_all(
        self, source: Source, keys: Sequence[Hashable], memo: Memo[Hashable, int]
    ) -> int | None:
        """The comparisons that hold for all of the keys, where these are few and the same hold for
        each; None where they differ. Nobody tries for long where they do."""
        tries = self._tries.get(source, _TRIES)
        if tries:
            kinds = set(keys)
            masks = {*map(memo.__getitem__, kinds)} if len(kinds) <= _FEW else set()
            if len(masks) == 1:
                return masks.pop()
            self._tries[source] = tries - 1
        return None

    def _look(
        self, records: Records, decided: Sequence[Decided], told: Sequence[int]
    ) -> dict[int, set[int]]:
        """By place the rules that a text which was found may make match."""
        found: dict[int, set[int]] = {}
        wanted = [place for place in told if decided[place].guarded]
        for place, guards in self._guards.look(wanted, records):
            guarded = decided[place].guarded
            numbers = {number for guard in guards for number in guarded.get(guard, ())}
            if numbers:
                found.setdefault(place, set()).update(numbers)
        return found

    def fed(self, records: Records, place: int) -> Fed:
        """A record as correlations ask for it."""
        return Fed(self, records, place)

    def text(self, field: str) -> _Text | None:
        """Where the first text of a field is found without decoding; None where it is not."""
        if field not in self._texts:
            slot = slot_of(self.format, field)
            self._texts[field] = _first_of(slot) if slot is not None else None
        return self._texts[field]

    def _settle(self, decided: Decided, more: set[int], seen: Seen) -> Sequence[int]:
        """Which rules match where the steady comparisons do not tell."""
        asked = more.union(decided.unsure)
        mask = decided.mask
        if not self._reads.isdisjoint(asked):
            for source, memo in self._rest.items():
                mask |= memo[source.key(seen)]
        if self._keywords is not None and not self._scans.isdisjoint(asked):
            mask |= self._keywords.scan(keyword_text(seen))
        record = View(seen, self.presence)
        found = [number for number in asked if self._settlers[number](mask, record)]
        return sorted((*decided.hits, *found)) if found else decided.hits


class Fed:
    """A record as correlations ask for it. Implements `feeding.Record`."""

    def __init__(self, engine: Engine, records: Records, place: int) -> None:
        self._engine, self._records, self._place = engine, records, place

    @cached_property
    def _view(self) -> View:
        return View(self._records.seen(self._place), self._engine.presence)

    def text(self, field: str) -> str | None:
        """The first value of a field that is text or a number."""
        known = self._engine.text(field)
        if known is None:
            return _first_text(self._view.values(field))
        text = known.memo[self._records.key(known.source, self._place)]
        # A text is one whatever the field would be where there is none.
        return text if text or known.exact else _first_text(self._view.values(field))


def _blurred(placed: _Placed) -> _Placed:
    """The same, where keys may leave out what no comparison asks for."""
    clear = {
        slot
        for slot, test in placed
        if slot.blurred is None or not passes_by(test, slot.blurred.begin)
    }
    return [
        (
            slot
            if slot.blurred is None or slot in clear
            else slot._replace(source=slot.blurred.source),
            test,
        )
        for slot, test in placed
    ]


def _first_of(slot: Slot) -> _Text:
    memo: Memo[Hashable, str | None] = Memo(lambda key: _first_text(slot.values(key)), _MOST_KEYS)
    return _Text(slot.source, memo, slot.exact)


def _first_text(values: Iterable[object]) -> str | None:
    for value in values:
        text = text_of_scalar(value)
        if text is not None:
            return text[:_LONGEST]
    return None


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _bits_of(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _fewest(bits: frozenset[int]) -> tuple[float, int]:
    return len(bits), 0


def _field(test: Test) -> str:
    return test.field or ""


def _mask_of(slots: dict[Slot, list[tuple[int, Test]]], presence: Presence) -> Memo[Hashable, int]:
    """The comparisons of all slots of one source, by its key."""
    columns = [
        (slot.values, Column(tests), {_field(test) for _, test in tests})
        for slot, tests in slots.items()
    ]

    def mask(key: Hashable) -> int:
        found = 0
        for values_of, column, fields in columns:
            values = values_of(key)
            found |= column.mask(values)
            if is_there(values):
                presence.meet(fields)
        return found

    return Memo(mask, _MOST_KEYS)


class View:
    """A record of which everything can be asked; nothing is decoded before it is."""

    def __init__(self, seen: Seen, presence: Presence) -> None:
        self.seen = seen
        self._presence = presence
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
                self._presence.ask(field, found)
            self._values[field] = found
        return found
