"""Regular expressions that no text can stall, and many literals at once.

RE2 runs in time that grows with the text alone: what rules' authors write meets what attackers
write here. Where RE2 is not installed (the trigger), Python's own does the work.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, cached_property
from importlib import import_module
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING, Any

from .literals import Several, searcher
from .needles import cases, groups
from .spotter import Spotter, spotter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


_MEMORY = 64 << 20
"""Bytes that the automaton of a set may take."""
_ONE_MORE = (1).__add__
_TOGETHER, _LARGE = 128, 1 << 19
"""Texts in which pieces are spotted at once, and bytes of them: what is found in them is all kept
for a moment."""
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


@cache
def _re2() -> Any:
    """RE2, loaded when the first pattern comes; None where it is not installed."""
    try:
        return import_module("re2")
    except ImportError:  # pragma: no cover - where the trigger runs
        return None


def compiled(pattern: str, flags: str = "") -> Callable[[str], object | None]:
    """Searches a text for a pattern; `flags` are of `ims`. None is nothing found."""
    re2 = _re2()
    if re2 is None:  # pragma: no cover - where the trigger runs
        bits = 0
        for flag in flags:
            bits |= _FLAGS[flag]
        return searcher(pattern, bits)
    search = re2.compile(_flagged(pattern, flags).encode(), _options()).search
    return lambda text: search(text.encode("utf-8", "replace"))


def check(pattern: str) -> None:
    """Raises RE2's own error where it does not take a pattern, and writes nothing."""
    re2 = _re2()
    if re2 is not None:
        re2.compile(pattern.encode("utf-8", "replace"), _options())


def _flagged(pattern: str, flags: str) -> str:
    return f"(?{flags}){pattern}" if flags else pattern


def _options() -> object:
    options = _re2().Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


_QUOTED = {ord(char): f"\\{char}" for char in "\\.+*?()|[]{}^$"} | {0: "\\x00"}
"""What means something in a pattern, and how it is spelled where it does not."""


def quoted(text: str) -> str:
    """A pattern that is this text."""
    return text.translate(_QUOTED)


class Many:
    """Which of many patterns a text holds, in one go."""

    def __init__(self, patterns: Sequence[tuple[str, bool]], *, cased: bool = True) -> None:
        """Pairs of a pattern and whether it is literal text, which is in lower case where `cased`
        is False: then it stands for letters of any case."""
        re2 = _re2()
        self._several: Several | None = None
        if re2 is None:
            self._several = Several(patterns, cased=cased)
            return
        self._patterns, self._cased = patterns, cased
        flag = "" if cased else "(?i)"
        self._spelled = [flag + quoted(text) if literal else text for text, literal in patterns]

    def any(self, text: bytes) -> bool:
        """Whether UTF-8 text holds any of the patterns: quicker than to ask for which."""
        if self._several is not None:
            return self._several.any(text)
        return self._search(text) is not None

    def among(self, texts: Sequence[bytes]) -> Iterator[int]:
        """The places of the texts that hold any of the patterns: looked for in all at once; some
        that hold none may be among them. No pattern may match a line's end."""
        block = b"\n".join(texts)
        if self._spotter is None:
            yield from self.among_lines(block, map(len, texts))
            return
        lengths = list(map(len, texts))
        starts = list(accumulate(map(_ONE_MORE, lengths), initial=0))[:-1]
        yield from self.among_standing(block, starts, list(map(add, starts, lengths)))

    def among_lines(self, block: bytes, lengths: Iterable[int]) -> Iterator[int]:
        """The same where the texts are joined by line ends already; their lengths are bytes."""
        if self._several is not None:
            at = 0
            for place, length in enumerate(lengths):
                if self._several.any(block[at : at + length]):
                    yield place
                at += length + 1
            return
        ends = list(accumulate(map(_ONE_MORE, lengths)))
        found = {place for search in self._searches for place in _lines(search, block, ends)}
        yield from sorted(found)

    def among_standing(
        self, block: bytes, starts: Sequence[int], ends: Sequence[int]
    ) -> Iterator[int]:
        """The same where they stand one behind the other in a block, with anything between; some
        that hold none may be among them."""
        if self._several is not None:
            for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
                if self._several.any(block[start:end]):
                    yield place
            return
        for first in range(0, len(starts), _TOGETHER):
            some = slice(first, first + _TOGETHER)
            found = set(self._among_some(block, starts[some], ends[some]))
            yield from (first + place for place in sorted(found))

    def _among_some(
        self, block: bytes, starts: Sequence[int], ends: Sequence[int]
    ) -> Iterator[int]:
        if self._spotter is not None and ends[-1] - starts[0] < _LARGE:
            yield from self._spotter.among(memoryview(block), starts, ends)
        else:
            for search in self._searches:
                yield from _places(search, block, starts, ends)

    def found(self, text: bytes) -> Sequence[int]:
        """The places, ascending, of the patterns that UTF-8 text holds."""
        if self._several is not None:
            return self._several.found(text)
        return sorted(self._set.Match(text) or ())

    @cached_property
    def _search(self) -> Any:
        """Searches for all in one; made when it is asked for, for not all are."""
        together = "|".join(f"(?:{text})" for text in self._spelled) or "[^\\x00-\\x{10ffff}]"
        return _re2().compile(together.encode(), _options()).search

    @cached_property
    def _searches(self) -> Sequence[Any]:
        """What searches much text, together for all: for ends of texts instead of the texts, where
        that is quicker."""
        texts = [text for text, literal in self._patterns if literal]
        found = None if self._cased else groups(texts)
        if found is None:
            return (self._search,)
        spelled = [text for text, literal in self._patterns if not literal]
        for front, ends in found:
            rest = "|".join(quoted(end[1:]) for end in sorted(ends))
            spelled += (f"{quoted(each)}(?i:{rest})" for each in cases(front))
        return [_re2().compile(each.encode(), _options()).search for each in spelled]

    @cached_property
    def _spotter(self) -> Spotter | None:
        """What spots all in one go, where all are literal and it is quicker."""
        if self._several is not None or self._cased:
            return None
        if not all(literal for _, literal in self._patterns):
            return None
        return spotter([text for text, _ in self._patterns])

    @cached_property
    def _set(self) -> Any:
        """Made when the first text is asked for what it holds: many patterns are for records that
        never come."""
        found = _re2().Set.SearchSet(_options())
        for text in self._spelled:
            found.Add(text)
        if self._spelled:
            found.Compile()
        return found


def _lines(search: Any, block: bytes, ends: Sequence[int]) -> Iterator[int]:
    """The places of the lines in which a search finds anything; `ends` is where the next begin."""
    found = search(block)
    while found is not None:
        place = bisect_right(ends, found.start())
        yield place
        at = ends[place]
        found = search(block, at) if at < len(block) else None


def _places(search: Any, block: bytes, starts: Sequence[int], ends: Sequence[int]) -> Iterator[int]:
    """The places of the texts in which a search finds anything, or seems to: what it finds may go
    on beyond the end."""
    at, last = starts[0], ends[-1]
    while at < last and (found := search(block, at, last)) is not None:
        begin = found.start()
        place = bisect_right(ends, begin)
        if begin >= starts[place]:
            yield place
            at = ends[place]
        else:  # what stands between
            at = starts[place]


_HEAD = re.compile(r"\(\?[a-zA-Z]*\)")
_STRANGE = re.compile(r"\\[^dDsSwWbBAznrtfv\W]|\[:|\(\?[a-zA-Z]*x")
"""Escapes of characters and of whole texts, classes with names, blanks that mean nothing."""
_OPTIONAL = frozenset("?*{")


def required(pattern: str) -> frozenset[str] | None:
    """Texts of which one at least stands in whatever matches a regular expression, in lower case;
    None where that is not plain to see."""
    if _STRANGE.search(pattern):
        return None
    return _alternatives(_HEAD.sub("", pattern, 1), 0)


def _alternatives(pattern: str, depth: int) -> frozenset[str] | None:
    found: set[str] = set()
    for part in _split(pattern):
        texts = _sequence(part, depth)
        if texts is None:
            return None
        found |= texts
    return frozenset(found)


def _split(pattern: str) -> list[str]:
    """The alternatives, at the bars outside of groups and classes."""
    parts, start, at = [], 0, 0
    while at < len(pattern):
        if pattern[at] == "|":
            parts.append(pattern[start:at])
            start = at + 1
        at = _end(pattern, at)
    return [*parts, pattern[start:]]


def _end(pattern: str, at: int) -> int:
    """Where the item that begins at a place ends: a character, a class, a group."""
    if pattern[at] == "\\":
        return at + 2
    if pattern[at] == "[":
        close = pattern.find("]", at + (3 if pattern[at + 1 : at + 2] == "^" else 2))
        while close > 0 and pattern[close - 1] == "\\":
            close = pattern.find("]", close + 1)
        return close + 1 or len(pattern)
    if pattern[at] == "(":
        at += 1
        while at < len(pattern) and pattern[at] != ")":
            at = _end(pattern, at)
    return at + 1


def _sequence(pattern: str, depth: int) -> frozenset[str] | None:
    """Of what stands one after the other, the longest that has to be there."""
    found: list[frozenset[str]] = []
    run, at = "", 0
    while at < len(pattern):
        end = _end(pattern, at)
        item, after = pattern[at:end], pattern[end : end + 1]
        if after in _OPTIONAL and after:
            item = ""
        if len(item) == 1 and item not in ".^$)*+?{}":
            run += item
            if after == "+":
                found.append(frozenset((run,)))
                run = ""
        elif len(item) == 2 and item[0] == "\\" and not item[1].isalnum():
            run += item[1]
        else:
            found.append(frozenset((run,)))
            run = ""
            if item.startswith("(") and depth < 8:
                inner = item[1:-1].removeprefix("?:")
                texts = None if inner.startswith("?") else _alternatives(inner, depth + 1)
                found.append(texts or frozenset(("",)))
        if after == "{":
            end = pattern.find("}", end) + 1 or len(pattern)
        at = end
    found.append(frozenset((run,)))
    best = max(found, key=lambda texts: min(map(len, texts)))
    return frozenset(text.lower() for text in best) if all(best) else None
