"""Some texts to look for in much text, all in one go: by a short piece of each, sixteen bytes and
more in a step.

RE2 goes over a text once for every character that texts may begin with. Where texts are few, and
have pieces with few letters, whose spellings can all be listed, one pass tells where any of them
stands.
"""

from __future__ import annotations

import platform
from functools import cache
from importlib import import_module
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from .needles import AS_IT_STANDS, is_telling, often

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDE = frozenset(("x86_64", "AMD64", "aarch64", "arm64"))
"""Machines that compare so many bytes in a step; on others a pass takes longer than RE2's many."""
_MOST_SPELLINGS = 32
"""More are not looked for in one step."""
_MOST_TEXTS = 24
_SHORTEST, _LONGEST = 2, 8
"""Characters of a piece."""
_RARE = 1e6
"""What a piece costs that stands at every place, in spellings."""
_COMPARED = 4
"""Bytes of a piece that the library compares at first, at the most."""
_OTHER_FORMS = {"k": ("k", "K", "\u212a"), "s": ("s", "S", "\u017f")}
"""Letters with more forms than two."""


@cache
def _library() -> Any:
    """What searches; None where it is not installed, or of no use."""
    try:
        return import_module("ahocorasick_rs") if platform.machine() in _WIDE else None
    except ImportError:  # pragma: no cover - where the trigger runs
        return None


class Spotter:
    """Looks for some pieces."""

    def __init__(self, pieces: Sequence[str]) -> None:
        library = _library()
        self._find = library.BytesAhoCorasick(
            _ordered([spelling for piece in pieces for spelling in _spellings(piece)]),
            matchkind=library.MatchKind.LeftmostFirst,
        ).find_matches_as_indexes

    def among(self, block: memoryview, starts: Sequence[int], ends: Sequence[int]) -> Iterator[int]:
        """The places of the texts, one behind the other in a block, that hold any of them; some
        that hold none may be among them, and some may come twice."""
        begin, place, most = starts[0], 0, len(ends)
        for _, start, end in self._find(block[begin : ends[-1]]):
            while place < most and ends[place] <= begin + start:
                place += 1
            # What is found may go on in the next, and hide what begins there.
            for each in range(place, most):
                if begin + end <= starts[each]:
                    break
                yield each


def spotter(texts: Sequence[str]) -> Spotter | None:
    """What spots texts in lower case in letters of any case; None where that is not quicker."""
    if not texts or len(texts) > _MOST_TEXTS or _library() is None:
        return None
    pieces = chosen(texts)
    if pieces is None or sum(map(_count, pieces)) > _MOST_SPELLINGS:
        return None
    return Spotter(pieces)


def chosen(texts: Sequence[str]) -> list[str] | None:
    """Pieces of which every text holds one: each time the one that costs the least for a text. None
    where a text has none."""
    options: dict[str, set[str]] = {}
    for text in texts:
        for piece in _pieces(text):
            options.setdefault(piece, set()).add(text)
    left, found = set(texts), []

    def worth(piece: str) -> tuple[float, str]:
        return _cost(piece) / len(left & options[piece]), piece

    while left:
        useful = [piece for piece, held in options.items() if not left.isdisjoint(held)]
        if not useful:
            return None
        found.append(min(useful, key=worth))
        left -= options[found[-1]]
    return [piece for piece in found if not any(each != piece and each in piece for each in found)]


def _pieces(text: str) -> Iterator[str]:
    for size in range(_SHORTEST, _LONGEST + 1):
        for at in range(len(text) - size + 1):
            piece = text[at : at + size]
            if (piece == text or is_telling(piece)) and _count(piece):
                yield piece
    if len(text) < _SHORTEST and _count(text):
        yield text


def _ordered(spellings: Sequence[bytes]) -> list[bytes]:
    """First one of each that begin alike, then the others. The library deals them out to eight
    buckets by turns, those that begin alike (in the lower bits of some bytes) to one; whatever
    begins as a mixture of a bucket's texts would, it has to look at, which takes most of the
    time."""
    size = min(_COMPARED, *map(len, spellings))
    first: dict[bytes, bytes] = {}
    for spelling in spellings:
        first.setdefault(bytes(byte & 15 for byte in spelling[:size]), spelling)
    return [*dict.fromkeys((*first.values(), *spellings))]


def _forms(char: str) -> Sequence[str]:
    """All that becomes this character in lower case, or is taken for it by RE2."""
    if char == AS_IT_STANDS:
        return (char,)
    return _OTHER_FORMS.get(char) or _both(char)


def _both(char: str) -> Sequence[str]:
    return sorted({char, char.upper()}) if char.isascii() else ()


def _count(piece: str) -> int:
    return prod(len(_forms(char)) for char in piece)


def _cost(piece: str) -> float:
    return _count(piece) + _RARE * prod(map(often, piece))


def _spellings(piece: str) -> Iterator[bytes]:
    return ("".join(spelled).encode() for spelled in product(*map(_forms, piece)))
