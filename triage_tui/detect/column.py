"""All comparisons with one field at once: a value in, the set of those that hold out.

Sets are integers, a bit for each comparison. What comes again and again is worked out once.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from triage_tui.formats.memo import Memo

from .comparing import TEXT_OPS, predicate
from .regex import Many, quoted
from .ruleset import ANY_ONE
from .values import text_of_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .comparing import Predicate
    from .ruleset import Test

_MOST_KEPT = 1 << 13
_LONGEST_KEPT = 512
"""Characters of a text that is worth remembering."""


class Column:
    """The comparisons of one field, each with its bit."""

    def __init__(self, tests: Iterable[tuple[int, Test]]) -> None:
        self._slow: list[tuple[int, Predicate]] = []
        self._some = 0
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[str, bool]] = []
        self._bits: list[int] = []
        self._begins: set[str] = set()
        self._cased: list[tuple[str, bool]] = []
        self._cased_bits: list[int] = []
        self._of_texts: list[tuple[int, Test]] = []
        for bit, test in tests:
            self._take(1 << bit, test)
        self._many = Many(self._patterns) if self._patterns else None
        self._many_cased = Many(self._cased) if self._cased else None
        # Labels and the like are asked for by their begin alone: then most are done with at once.
        self._fronts = () if "" in self._begins else tuple(self._begins)
        self._texts: Memo[str, int] = Memo(self._of_text, _MOST_KEPT)

    def _take(self, bit: int, test: Test) -> None:
        if test.op not in TEXT_OPS:
            self._slow.append((bit, predicate(test)))
            return
        self._of_texts.append((bit, test))
        if test.op == "some":
            self._some |= bit
        elif test.op == "is" and not test.cased and ANY_ONE not in test.value:
            self._exact[test.value] = self._exact.get(test.value, 0) | bit
        elif test.cased or test.op == "re":
            self._cased.append((_pattern(test), False))
            self._cased_bits.append(bit)
        else:
            self._patterns.append((_pattern(test), False))
            self._bits.append(bit)
            self._begins.add(_begin(test))

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

    def scan(self, text: bytes) -> int:
        """The comparisons that hold for a long text. For keywords."""
        found = 0
        if self._many is not None:
            low = lowered(text)
            if self._many.any(low):
                for place in self._many.found(low):
                    found |= self._bits[place]
        if self._many_cased is not None:
            for place in self._many_cased.found(text):
                found |= self._cased_bits[place]
        return found

    @cached_property
    def _objects(self) -> list[tuple[int, Predicate]]:
        """Made when the first object comes: few fields ever hold one."""
        return [(bit, predicate(test)) for bit, test in self._of_texts]

    def _of_object(self, value: object) -> int:
        found = 0
        for bit, decide in self._objects:
            if decide([value]):
                found |= bit
        return found

    def _of_text(self, text: str) -> int:
        low = text.lower()
        found = self._exact.get(low, 0)
        if text:
            found |= self._some
        if self._many is not None and (not self._fronts or low.startswith(self._fronts)):
            for place in self._many.found(low.encode("utf-8", "replace")):
                found |= self._bits[place]
        if self._many_cased is not None:
            for place in self._many_cased.found(text.encode("utf-8", "replace")):
                found |= self._cased_bits[place]
        return found


def _pattern(test: Test) -> str:
    """A comparison of text for RE2."""
    if test.op == "re":
        return f"(?{test.flags}){test.value}" if test.flags else test.value
    pieces = test.parts if test.op == "glob" else (test.value,)
    inner = "(?s:.*)".join("(?s:.)".join(map(quoted, piece.split(ANY_ONE))) for piece in pieces)
    begin = "" if test.op in ("contains", "ends") else r"\A"
    end = "" if test.op in ("contains", "starts") else r"\z"
    return f"{begin}{inner}{end}"


def _begin(test: Test) -> str:
    """What a text must begin with for a comparison to hold; "" where it may begin with anything."""
    if test.op not in ("is", "starts", "glob"):
        return ""
    first = test.parts[0] if test.op == "glob" else test.value
    return first.partition(ANY_ONE)[0]


def passes_by(test: Test, begin: str) -> bool:
    """Whether a comparison holds for no text that begins so, in lower case."""
    own = _begin(test)
    size = min(len(own), len(begin))
    return own[:size] != begin[:size]


def lowered(text: bytes) -> bytes:
    """UTF-8 in lower case."""
    if text.isascii():
        return text.lower()
    return text.decode("utf-8", "replace").lower().encode("utf-8", "replace")
