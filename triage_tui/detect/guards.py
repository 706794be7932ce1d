"""What a record must hold somewhere, letter by letter, for a rule to match: looked for first, in
many records at once. One in which nothing of it is found is done with.

A text of a request's parts is looked for in these parts, without their escapes, one of cookies in
these, any other in the raw record. That it stands there as it is does not hold where it was
escaped: see `_HIDING`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.formats.memo import Memo

from .fields import COOKIE, slot_of
from .regex import Many, required

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .fields import Slot
    from .records import Records
    from .ruleset import Test
    from .texts import Looked

_RAW_PLAIN = re.compile(r"[ !#->@-\[\]-~]+")
"""Characters that no format escapes but as `_HIDING` knows: ASCII but quote and backslash; nor a
question mark, for path and query may come from two places of a record."""
_ASKED_PLAIN = re.compile(r"(?:(?!(?<![^ps]):(?:/|$))[^\x00-\x1f\U0010ffff])+")
"""What stands in a request's text as it does in a rule: all but what stands for any character, and
the end of a scheme, of which that text knows one."""
_EVERYWHERE = frozenset(("http", "https", "www.", ".com"))
"""Texts of which nearly every request holds one, so that they guard nothing."""
_NUMBER = re.compile(r"[0-9.eE+-]+")
_HIDING = ("\\u", "\\x", "\\/", "\u0130")
"""What tells that letters may stand in a raw record otherwise: escapes, and the one letter that
becomes an ASCII letter, and more, in lower case."""
_TEXT = frozenset(("is", "starts", "ends", "contains", "glob"))


REQUEST, COOKIES, RAW = "request", "cookies", "raw"
"""Where texts are looked for."""


class Guard(NamedTuple):
    """A text in lower case, and where it has to be."""

    where: str
    text: str


def guard_of(format: str, test: Test) -> frozenset[Guard] | None:  # noqa: A002 - the contract's word
    """Guards of which one at least is found with every record for which the comparison holds; None
    where there is none that is worth while. Not for comparisons that are known of every record."""
    slot = slot_of(format, test.field) if test.field is not None else None
    if slot is not None and slot.steady:
        return None
    where, pattern = (RAW, _RAW_PLAIN) if slot is None else (_place_of(slot), _ASKED_PLAIN)
    if test.op == "re":
        wanted = required(test.value)
        texts = [_longest(pattern, [text]) for text in wanted or ()]
    elif test.op in _TEXT:
        pieces = test.parts or (test.value,)
        if test.field is not None and slot is None:
            # A number may be spelled otherwise.
            pieces = tuple(piece for piece in pieces if not _NUMBER.fullmatch(piece))
        texts = [_longest(pattern, pieces)]
        if slot is not None and slot.dotted and test.op in ("is", "starts") and texts[0]:
            texts = [f".{texts[0]}"]
    else:
        return None
    guards = frozenset(Guard(where, text) for text in texts)
    return guards if guards and all(map(_useful, guards)) else None


def _place_of(slot: Slot) -> str:
    return COOKIES if slot is COOKIE else REQUEST


def _longest(pattern: re.Pattern[str], pieces: Iterable[str]) -> str:
    found = [run for piece in pieces for run in pattern.findall(piece.lower())]
    return max(found, key=len, default="")


def _useful(guard: Guard) -> bool:
    return guard.text not in _EVERYWHERE and _chance(guard) < _MOST_CHANCE


@lru_cache(maxsize=1 << 14)
def _chance(guard: Guard) -> float:
    """About how often a text begins at a place of an ordinary request."""
    return prod(map(_of_char.__getitem__, guard.text))


_OFTEN, _SELDOM = 1 / 20, 1 / 1000
_SIGNS = {**dict.fromkeys("/.-_=&?%", 1 / 40), **dict.fromkeys(" +,:;~", 1 / 200)}
_of_char: Memo[str, float] = Memo(
    lambda char: _OFTEN if char.isalnum() else _SIGNS.get(char, _SELDOM), most=1 << 10
)
_MOST_CHANCE = 1 / 2000
_MOST = 1 << 13
"""Texts that are remembered."""
_COSTS = {REQUEST: 1, COOKIES: 3, RAW: 20}
"""About how much there is to look through."""


def weight(guards: frozenset[Guard]) -> tuple[float, int]:
    """About how often any of them is found by chance. What is seldom enough is lighter the fewer
    there are, for each has to be looked for."""
    by_chance = sum(_COSTS[guard.where] * _chance(guard) for guard in guards)
    return max(_SELDOM_ENOUGH, by_chance), len(guards)


_SELDOM_ENOUGH = 2.5e-5


class Guards:
    """Many texts to look for in many records at once."""

    def __init__(self) -> None:
        self._wanted: dict[Guard, None] = {}
        self._sought = {where: _Sought((), ()) for where in (REQUEST, COOKIES, RAW)}

    def want(self, guards: Iterable[Guard]) -> None:
        """Looks for more from now on."""
        self._wanted.update(dict.fromkeys(guards))

    def look(
        self, places: Sequence[int], records: Records
    ) -> Iterator[tuple[int, Sequence[Guard]]]:
        """(place, guards) of those of the records at `places` that hold any, some twice; all guards
        where letters may be hidden."""
        if not places:
            return
        requests, cookies, raws = self._ready()
        texts = records.looked(places)
        if requests.guards:
            for number in texts.unsure:
                yield places[number], requests.guards
            for number, found in requests.look_folded(texts.requests):
                yield places[number], found
        if cookies.guards and any(texts.cookies):
            for number, found in cookies.look_folded(texts.cookies):
                yield places[number], found
        if raws.guards:
            for number, found in raws.look_through(texts):
                yield places[number], found
            for number, agent in enumerate(texts.agents):
                if found := raws.held[agent or ""]:
                    yield places[number], found

    def _ready(self) -> Iterable[_Sought]:
        """What to look for in requests, and in raw records."""
        if sum(len(each.guards) for each in self._sought.values()) != len(self._wanted):
            wanted = list(self._wanted)  # at once: another thread may be adding to it
            for where, before in self._sought.items():
                guards = [guard for guard in wanted if guard.where == where]
                if len(guards) != len(before.guards):
                    self._sought[where] = _Sought(guards, _HIDING if where == RAW else ())
        return self._sought.values()


class _Sought:
    """Guards of one place."""

    def __init__(self, guards: Sequence[Guard], hiding: Sequence[str]) -> None:
        self.guards = guards
        texts = [*(guard.text for guard in guards), *hiding]
        self._many = Many([(text, True) for text in texts], cased=False)
        self.held: Memo[str, Sequence[Guard]] = Memo(lambda text: self._held(_encoded(text)), _MOST)
        """The guards that a text holds which comes again and again."""

    def look(self, texts: Sequence[bytes]) -> Iterator[tuple[int, Sequence[Guard]]]:
        """(place of a text, guards that it holds)."""
        for number in self._many.among(texts):
            yield number, self._held(texts[number])

    def look_through(self, texts: Looked) -> Iterator[tuple[int, Sequence[Guard]]]:
        """The same for whole records, and what belongs to them; some twice."""
        raws, standing = texts.raws, texts.standing
        if standing is None:
            yield from self.look(raws)
        else:
            starts = standing.starts
            ends = list(map(add, starts, map(len, raws)))
            for number in self._many.among_standing(standing.block, starts, ends):
                yield number, self._held(raws[number])
        more = [*texts.more.values()]
        for number, found in zip(texts.more, map(self._held, more), strict=True):
            yield number, found

    def look_folded(self, texts: Sequence[str]) -> Iterator[tuple[int, Sequence[Guard]]]:
        """The same for texts whose letters may be of any case, as `str.lower` knows it."""
        block = "\n".join(texts)
        if not block.isascii():
            yield from self.look([_encoded(text.lower()) for text in texts])
            return
        for number in self._many.among_lines(block.encode(), map(len, texts)):
            yield number, self._held(texts[number].encode())

    def _held(self, text: bytes) -> Sequence[Guard]:
        found = self._many.found(text)
        if found and found[-1] >= len(self.guards):
            return self.guards
        return [self.guards[each] for each in found]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
