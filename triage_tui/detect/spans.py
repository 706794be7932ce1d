"""Spans of addresses, and which of many lists an address is on: sorted arrays and bisection.

Lists may hold nested and overlapping ranges. They are cut into segments in which the same lists
hold; a look-up is one bisection, whatever the number of entries, and an IPv4 segment takes six
bytes.
"""

from __future__ import annotations

import socket
from array import array
from bisect import bisect_left, bisect_right
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BITS = {4: 32, 6: 128}
_HALF = 2**64 - 1
_MAPPED = 0xFFFF << 32
"""What stands before an IPv4 address that is dressed as IPv6."""
_LIST_BITS = 16
"""Of a mark: the number of the list."""
_HOSTS = {str(width): (1 << 32 - width) - 1 for width in range(8, 33)}
"""The host bits of a prefix length."""
MOST_LISTS = 1 << _LIST_BITS


class Span(NamedTuple):
    """Addresses from the first to the last, both in it, as numbers."""

    version: int
    first: int
    last: int


def address(text: str) -> Span | None:
    """The span of one address; None where it is none."""
    try:
        if ":" in text:
            value = int.from_bytes(socket.inet_pton(socket.AF_INET6, text))
            if value >> 32 != _MAPPED >> 32:
                return Span(6, value, value)
            value &= 0xFFFF_FFFF
        else:
            value = int.from_bytes(socket.inet_pton(socket.AF_INET, text))
    except (OSError, ValueError):  # ValueError: a NUL or a lone surrogate in it
        return None
    return Span(4, value, value)


def span_of(text: str) -> Span | None:
    """What an address, a CIDR or a range `first-last` spans; None where it is none of them. Host
    bits of a CIDR are cleared."""
    name, slash, width = text.partition("/")
    if slash:
        return _network(name, width)
    if "-" in text:
        first, _, last = text.partition("-")
        return _range(address(first.strip()), address(last.strip()))
    return address(text)


def _network(name: str, width: str) -> Span | None:
    found = address(name)
    if found is None or not (width.isascii() and width.isdigit() and len(width) <= 3):
        return None
    bits, length = BITS[found.version], int(width)
    if found.version == 4 and ":" in name:
        length -= 96
    if not 0 <= length <= bits:
        return None
    hosts = (1 << bits - length) - 1
    return Span(found.version, found.first & ~hosts, found.first | hosts)


def _range(first: Span | None, last: Span | None) -> Span | None:
    if first is None or last is None or first.version != last.version or first.first > last.first:
        return None
    return Span(first.version, first.first, last.first)


class Spans:
    """The spans of one list, of both versions, as packed numbers."""

    def __init__(self) -> None:
        self._v4 = array("Q")
        self._v6: list[int] = []

    def __len__(self) -> int:
        return len(self._v4) + len(self._v6)

    def add(self, span: Span) -> None:
        """Takes a span in; in any order, nested or twice."""
        packed = span.first << BITS[span.version] | span.last
        if span.version == 4:
            self._v4.append(packed)
        else:
            self._v6.append(packed)

    def add_plain(self, text: str) -> bool:
        """Takes an IPv4 address or CIDR in, not wider than a /8; False for everything else. Lists
        of a million lines are made of them."""
        name, slash, width = text.partition("/")
        hosts = _HOSTS.get(width) if slash else 0
        if hosts is None:
            return False
        try:
            value = int.from_bytes(socket.inet_pton(socket.AF_INET, name))
        except (OSError, ValueError):
            return False
        self._v4.append((value & ~hosts) << 32 | value | hosts)
        return True

    def edges(self, version: int) -> list[int]:
        """Where the list begins and ends to hold: first, beyond the last, first, …, ascending."""
        bits = BITS[version]
        mask = (1 << bits) - 1
        found: list[int] = []
        stop = -1
        for packed in sorted(self._v4 if version == 4 else self._v6):
            first, last = packed >> bits, packed & mask
            if first > stop:
                if stop >= 0:
                    found.append(stop)
                found.append(first)
                stop = last + 1
            elif last >= stop:
                stop = last + 1
        if stop >= 0:
            found.append(stop)
        return found


class Segments(NamedTuple):
    """A table of one list as bytes, in the byte order of the machine: where its segments start, and
    of each whether the list holds there."""

    starts: bytes
    sets4: bytes
    high: bytes
    low: bytes
    sets6: bytes


class Table:
    """Tells which of some lists hold an address, by their numbers."""

    def __init__(self, lists: Sequence[Spans]) -> None:
        """Raises ValueError for more lists than it can tell apart."""
        if len(lists) > MOST_LISTS:
            raise ValueError(f"{len(lists):,} lists; {MOST_LISTS:,} at most")
        self._sets: list[tuple[int, ...]] = [()]
        self._numbers = {0: 0}
        """Sets of lists, a bit for each, by their place in `_sets`."""
        starts, self._sets4 = self._segments(lists, 4)
        self._starts = array("I", starts)
        starts, self._sets6 = self._segments(lists, 6)
        self._high = array("Q", (start >> 64 for start in starts))
        self._low = array("Q", (start & _HALF for start in starts))

    def _segments(self, lists: Sequence[Spans], version: int) -> tuple[list[int], array[int]]:
        """(where segments start, the number of each one's set of lists)."""
        marks = sorted(
            chain.from_iterable(  # runs in order: sorting them is merging them
                _marked(each.edges(version), number) for number, each in enumerate(lists)
            )
        )
        starts, sets, end = [0], array("I", [0]), 1 << BITS[version]
        holding = 0
        for mark in marks:
            at = mark >> _LIST_BITS
            if at >= end:
                break
            holding ^= 1 << (mark & MOST_LISTS - 1)  # it begins here, or it ends
            number = self._numbers.get(holding)
            if number is None:
                number = self._number(holding)
            if starts[-1] == at:
                sets[-1] = number
            else:
                starts.append(at)
                sets.append(number)
        return starts, sets

    def _number(self, holding: int) -> int:
        """Gives a set of lists its number."""
        bits = range(holding.bit_length())
        self._sets.append(tuple(number for number in bits if holding >> number & 1))
        return self._numbers.setdefault(holding, len(self._sets) - 1)

    def segments(self) -> Segments:
        """The table of one list, to be kept."""
        arrays = (self._starts, self._sets4, self._high, self._low, self._sets6)
        return Segments(*(each.tobytes() for each in arrays))

    @classmethod
    def of_segments(cls, kept: Segments) -> Table:
        """The table that these were of. Raises ValueError where they are of none."""
        found = cls([])
        found._sets = [(), (0,)]
        found._starts, found._sets4 = array("I", kept.starts), array("I", kept.sets4)
        found._high, found._low = array("Q", kept.high), array("Q", kept.low)
        found._sets6 = array("I", kept.sets6)
        pairs = ((found._starts, found._sets4), (found._high, found._sets6))
        if len(found._high) != len(found._low) or any(
            not starts or starts[0] or len(starts) != len(sets) or max(sets) > 1
            for starts, sets in pairs
        ):
            raise ValueError("segments that are no table's")
        return found

    def of(self, span: Span) -> tuple[int, ...]:
        """The lists that hold some address of a span, ascending."""
        first = self._place(span.version, span.first)
        sets = self._sets4 if span.version == 4 else self._sets6
        if span.first == span.last:
            return self._sets[sets[first]]
        last = self._place(span.version, span.last)
        found = {number for each in set(sets[first : last + 1]) for number in self._sets[each]}
        return tuple(sorted(found))

    def _place(self, version: int, value: int) -> int:
        """The segment that an address lies in."""
        if version == 4:
            return bisect_right(self._starts, value) - 1
        high = value >> 64
        low, stop = bisect_left(self._high, high), bisect_right(self._high, high)
        return bisect_right(self._low, value & _HALF, low, stop) - 1

    @property
    def nbytes(self) -> int:
        """Bytes of its segments."""
        arrays = (self._starts, self._sets4, self._high, self._low, self._sets6)
        return sum(len(each) * each.itemsize for each in arrays)


def _marked(edges: Iterable[int], number: int) -> Iterable[int]:
    """Edges with the list's number."""
    return (edge << _LIST_BITS | number for edge in edges)
