"""Some texts to look for in much text, each by a character that is seldom.

An automaton takes every byte in hand. RE2 is many times as fast with a pattern that begins with one
certain byte: it goes from one of these to the next. So texts are grouped by a character that they
share, and each group is a pattern that begins there; two, where the character has two cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMON = {
    **dict.fromkeys("eta0", 0.05),
    **dict.fromkeys('12lino".', 0.03),
    **dict.fromkeys("cdhmpru3456789/-:,", 0.018),
    **dict.fromkeys("bfgjvwxyzACEGHILMNRTW%=", 0.007),
}
"""About which part of a web's logs a character is."""
_SELDOM = 0.002
_WALK, _STOP = 0.03, 5.0
"""Nanoseconds: for a byte that is gone over, and for one at which a pattern begins."""
_AUTOMATON = 1.5
"""The same for a byte that an automaton takes in hand, at the least."""
_OTHER_FORMS = frozenset("ks")
"""Letters that are lower case of more than one other: of the long s and the sign for Kelvin."""
_MOST = 100
"""Texts; more have no character in common that is seldom."""
_SHORTEST = 3
"""Characters of the end of a text that is looked for in its stead."""

Group = tuple[str, frozenset[str]]
"""A character, and the ends of texts that begin with it."""


def groups(texts: Sequence[str]) -> list[Group] | None:
    """The groups of texts in lower case that are looked for in letters of any case; None where an
    automaton is as quick. Whatever holds a text holds an end of it."""
    if len(texts) > _MOST:
        return None
    options: dict[str, dict[str, str]] = {}
    for text in texts:
        for front, end in _ends(text):
            options.setdefault(front, {}).setdefault(text, end)
    left, found, cost = set(texts), [], 0.0

    def worth(front: str) -> tuple[float, str]:
        return _cost(front) / len(left.intersection(options[front])), front

    while left:
        fronts = [front for front, ends in options.items() if not left.isdisjoint(ends)]
        if not fronts:
            return None
        best = min(fronts, key=worth)
        cost += _cost(best)
        found.append((best, frozenset(options[best][text] for text in left & options[best].keys())))
        left.difference_update(options[best])
    return found if cost < _AUTOMATON else None


def _ends(text: str) -> Iterator[tuple[str, str]]:
    for at, front in enumerate(text):
        if at and len(text) - at < _SHORTEST:
            return
        if front.isascii() and front not in _OTHER_FORMS:
            yield front, text[at:]


def _cost(front: str) -> float:
    return sum(_WALK + _STOP * COMMON.get(each, _SELDOM) for each in cases(front))


def cases(front: str) -> Sequence[str]:
    """A character in both its cases, where it has two."""
    return sorted({front, front.upper()})
