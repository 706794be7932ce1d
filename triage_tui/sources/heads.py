"""Puts the header line in force onto the blocks that follow it."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from triage_tui.formats.headers import is_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .framing import Framed

_MARKS = (b"#Fields:", b"srcaddr")
"""One of them is in every header line but, maybe, a log's first."""
_LONGEST = 8192 + 16
_SPACE = b" \t\r\n"


class Headers:
    """Cuts blocks in front of header lines. A log without any pays for two searches a block."""

    def __init__(self) -> None:
        self.line = b""
        """The header line in force, b"" where there is none so far."""
        self._first = True

    def split(self, framed: Framed) -> Iterator[Framed]:
        """The block in parts that have one header each, at their start."""
        heads = dict(self._heads(framed))
        self._first = False
        if heads.keys() <= {0}:
            self.line = heads.get(0, self.line)
            yield framed._replace(header=self.line)
            return
        edges = sorted({0, *heads, len(framed.starts)})
        for begin, end in pairwise(edges):
            self.line = heads.get(begin, self.line)
            yield _part(framed, begin, end)._replace(header=self.line)

    def _heads(self, framed: Framed) -> Iterator[tuple[int, bytes]]:
        """(number of the record, header line) of every header line in the block."""
        if self._first and framed.starts:
            line = _short(framed, 0)
            if is_header(line):
                yield 0, line
        for mark in _MARKS:
            at = framed.data.find(mark)
            while at >= 0:
                number = bisect_right(framed.starts, at) - 1
                line = _short(framed, number)
                if is_header(line):
                    yield number, line
                end = framed.starts[number] + framed.lengths[number] if number >= 0 else 0
                at = framed.data.find(mark, max(end, at + 1))


def _short(framed: Framed, number: int) -> bytes:
    """The record, b"" where it is longer than any header."""
    if number < 0 or framed.lengths[number] > _LONGEST:
        return b""
    start = framed.starts[number]
    return framed.data[start : start + framed.lengths[number]].strip(_SPACE)


def _part(framed: Framed, begin: int, end: int) -> Framed:
    """Some records of a block as a block of their own."""
    starts, lengths = framed.starts[begin:end], framed.lengths[begin:end]
    first = starts[0]
    return framed._replace(
        data=framed.data[first : starts[-1] + lengths[-1]],
        starts=array("Q", (start - first for start in starts)),
        lengths=lengths,
        base=framed.base + first,
    )
