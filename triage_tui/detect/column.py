"""All comparisons with one field at once: a value in, the set of those that hold out.

Sets are integers, a bit for each comparison. What comes again and again is worked out once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.formats.memo import Memo

from .comparing import TEXT_OPS, predicate
from .regex import Many
from .ruleset import ANY_ONE
from .values import text_of_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .comparing import Predicate
    from .ruleset import Test

_SLOW = frozenset(("glob", "some"))
_MOST_KEPT = 1 << 13
_LONGEST_KEPT = 512
"""Characters of a text that is worth remembering."""


class Column:
    """The comparisons of one field, each with its bit."""

    def __init__(self, tests: Iterable[tuple[int, Test]]) -> None:
        self._slow: list[tuple[int, Predicate]] = []
        self._exact: dict[str, int] = {}
        self._exact_cased: dict[str, int] = {}
        self._starts: dict[int, dict[str, int]] = {}
        self._ends: dict[int, dict[str, int]] = {}
        self._patterns: list[tuple[str, bool]] = []
        self._pattern_bits: list[int] = []
        self._cased_patterns: list[tuple[str, bool]] = []
        self._cased_bits: list[int] = []
        self._on_text: list[tuple[int, Predicate]] = []
        self._objects: list[tuple[int, Predicate]] = []
        for bit, test in tests:
            self._take(1 << bit, test)
        self._many = Many(self._patterns) if self._patterns else None
        self._many_cased = Many(self._cased_patterns) if self._cased_patterns else None
        self._texts: Memo[str, int] = Memo(self._of_text, _MOST_KEPT)

    def _take(self, bit: int, test: Test) -> None:
        decide = predicate(test)
        if test.op not in TEXT_OPS:
            self._slow.append((bit, decide))
            return
        self._objects.append((bit, decide))
        if test.op == "re":
            flags = f"(?{test.flags})" if test.flags else ""
            self._cased_patterns.append((f"{flags}{test.value}", False))
            self._cased_bits.append(bit)
        elif test.op in _SLOW or ANY_ONE in test.value:
            self._on_text.append((bit, decide))
        elif test.op == "contains" and test.value:
            patterns, bits = (
                (self._cased_patterns, self._cased_bits)
                if test.cased
                else (self._patterns, self._pattern_bits)
            )
            patterns.append((test.value, True))
            bits.append(bit)
        elif test.op == "is":
            table = self._exact_cased if test.cased else self._exact
            table[test.value] = table.get(test.value, 0) | bit
        elif test.op in ("starts", "ends") and not test.cased and test.value:
            by_length = self._starts if test.op == "starts" else self._ends
            found = by_length.setdefault(len(test.value), {})
            found[test.value] = found.get(test.value, 0) | bit
        else:
            self._on_text.append((bit, decide))

    def mask(self, values: Sequence[object]) -> int:
        """The comparisons that hold for a field with these values."""
        found = 0
        for bit, decide in self._slow:
            if decide(values):
                found |= bit
        for value in values:
            text = text_of_scalar(value)
            if text is not None:
                found |= self._texts[text] if len(text) <= _LONGEST_KEPT else self._of_text(text)
            elif isinstance(value, dict):
                found |= self._of_object(value)
        return found

    def scan(self, text: bytes, lowered: bytes) -> int:
        """The comparisons that hold for a long text, which is told once as it is and once in lower
        case. For keywords."""
        found = 0
        if self._many is not None:
            for place in self._many.found(lowered):
                found |= self._pattern_bits[place]
        if self._many_cased is not None:
            for place in self._many_cased.found(text):
                found |= self._cased_bits[place]
        if self._on_text:
            whole = [text.decode("utf-8", "replace")]
            for bit, decide in self._on_text:
                if decide(whole):
                    found |= bit
        return found

    def _of_object(self, value: object) -> int:
        found = 0
        for bit, decide in self._objects:
            if decide([value]):
                found |= bit
        return found

    def _of_text(self, text: str) -> int:
        low = text.lower()
        found = self._exact.get(low, 0) | self._exact_cased.get(text, 0)
        for length, table in self._starts.items():
            found |= table.get(low[:length], 0)
        for length, table in self._ends.items():
            found |= table.get(low[-length:], 0)
        if self._many is not None:
            for place in self._many.found(low.encode("utf-8", "replace")):
                found |= self._pattern_bits[place]
        if self._many_cased is not None:
            for place in self._many_cased.found(text.encode("utf-8", "replace")):
                found |= self._cased_bits[place]
        if self._on_text:
            values = [text]
            for bit, decide in self._on_text:
                if decide(values):
                    found |= bit
        return found


def lowered(text: bytes) -> bytes:
    """UTF-8 in lower case."""
    if text.isascii():
        return text.lower()
    return text.decode("utf-8", "replace").lower().encode("utf-8", "replace")
