"""Patterns where RE2 is not installed: those that are literal texts between wildcards, which is
nearly all that rules compare with, are looked for as texts; the rest by Python's own `re`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANYTHING = "(?s:.*)"
"""What stands for a wildcard in a pattern."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = frozenset("^$.|?*+()[]{}")


class Pieces(NamedTuple):
    """Texts that follow each other, with anything between."""

    texts: tuple[str, ...]
    begins: bool
    """Whether the first one stands at the begin."""
    ends: bool
    """The same of the last one and the end."""

    def search(self, text: str) -> bool | None:
        """Whether the text is such a one; None where it is not, as `re` has it."""
        first, *rest = self.texts
        if self.begins:
            if not text.startswith(first):
                return None
            at = len(first)
        else:
            found = text.find(first)
            if found < 0:
                return None
            at = found + len(first)
        if not rest:
            if not self.ends:
                return True
            whole = len(text) == len(first) if self.begins else text.endswith(first)
            return whole or None
        last = rest.pop() if self.ends else ""
        for piece in rest:
            found = text.find(piece, at)
            if found < 0:
                return None
            at = found + len(piece)
        return (not self.ends or (text.endswith(last) and len(text) - len(last) >= at)) or None


def pieces(pattern: str) -> Pieces | None:
    """A pattern as texts between wildcards; None where it is more than that."""
    begins, ends = pattern.startswith(r"\A"), _ends(pattern)
    inner = pattern[2 if begins else 0 : -2 if ends else None]
    texts = [_text(part) for part in inner.split(ANYTHING)]
    if any(text is None for text in texts):
        return None
    return Pieces(tuple(text for text in texts if text is not None), begins, ends)


def _ends(pattern: str) -> bool:
    """Whether it says the end of the text last, and not a backslash and the letter."""
    before = pattern.removesuffix("z")
    return before != pattern and (len(before) - len(before.rstrip("\\"))) % 2 == 1


def searcher(pattern: str, flags: int = 0) -> Callable[[str], object | None]:
    """Searches a text for a pattern; None is nothing found."""
    plain = pieces(pattern) if not flags else None
    return plain.search if plain is not None else re.compile(as_python(pattern), flags).search


class Several:
    """Which of several patterns a text holds, one after the other."""

    def __init__(self, patterns: Sequence[tuple[str, bool]], *, cased: bool) -> None:
        """Pairs of a pattern and whether it is literal text."""
        self._cased = cased
        self._searches = [_search(text, literal, cased) for text, literal in patterns]

    def any(self, text: bytes) -> bool:
        """Whether UTF-8 text holds any of them."""
        line = self._line(text)
        return any(search(line) for search in self._searches)

    def found(self, text: bytes) -> list[int]:
        """The places of the patterns that it holds."""
        line = self._line(text)
        return [place for place, search in enumerate(self._searches) if search(line)]

    def _line(self, text: bytes) -> str:
        line = text.decode("utf-8", "replace")
        return line if self._cased else line.lower()


def _search(text: str, literal: bool, cased: bool) -> Callable[[str], object | None]:
    if not literal:
        return searcher(text, 0 if cased else re.IGNORECASE)
    return Pieces((text if cased else text.lower(),), begins=False, ends=False).search


def as_python(pattern: str) -> str:
    """A pattern of RE2 as Python spells it, as far as they differ in what rules use: the end of a
    text. Whoever packages rules for a place without RE2 sees whether Python takes them."""
    return _ESCAPE.sub(lambda found: r"\Z" if found[1] == "z" else found[0], pattern)


def _text(part: str) -> str | None:
    """The text that a pattern stands for; None where it is no plain text."""
    found: list[str] = []
    at = 0
    while at < len(part):
        char = part[at]
        if char == "\\":
            char = part[at + 1 : at + 2]
            if not char or char.isalnum():
                return None
            at += 1
        elif char in _SPECIAL:
            return None
        found.append(char)
        at += 1
    return "".join(found)
