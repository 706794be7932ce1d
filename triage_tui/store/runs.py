"""Where rows come from: runs of consecutive rows of one source."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .columns import frame
from .twins import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.model import Columns

    from .columns import Array


class Run(NamedTuple):
    """Consecutive rows of one source."""

    row: int
    """Number of the first row."""
    source: int
    first: int
    """Where its first record stands among the source's records."""
    begin: int
    """Where in the file the offsets of its plain rows count from."""
    spill: int
    """Where in the spool the offsets of its spooled rows count from."""
    unwrapped: int
    """Where in the source's unwrapped form the offsets of its spooled rows count from."""
    received: int
    header: bytes
    """The header line that was in force."""


class Runs:
    """All runs of an index; rows ascend."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._counted: dict[int, int] = {}
        """Records of each source."""
        self._spilled: dict[int, int] = {}
        """Bytes of each source's unwrapped form."""

    def append(self, columns: Columns, row: int, spool: int) -> Array:
        """A run for each batch, the first of which begins at `row`; `spool` is where their `spill`
        begins in the spool. Returns their offsets, counted from where the runs say."""
        offset, spooled = frame(columns.offset, np.uint64).copy(), frame(columns.spooled, np.uint8)
        at = 0
        for part in columns.parts:
            if not part.rows:
                continue
            mine, first = slice(at, at + part.rows), self._counted.get(part.source, 0)
            spilled = self._spilled.get(part.source, 0)
            plain = spooled[mine] == 0
            begin = int(offset[mine].min(where=plain, initial=MASK)) if plain.any() else 0
            offset[mine] -= plain * np.uint64(begin)
            self._runs.append(
                Run(row + at, part.source, first, begin, spool, spilled, part.received, part.header)
            )
            self._counted[part.source] = first + part.rows
            self._spilled[part.source] = spilled + part.spill
            at += part.rows
            spool += part.spill
        return offset

    def of(self, row: int) -> Run:
        """Where a row comes from."""
        return self._runs[bisect.bisect_right(self._runs, row, key=lambda run: run.row) - 1]

    def pieces(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """`start` to `stop` in pieces that each lie within a run."""
        at = bisect.bisect_right(self._runs, start, key=lambda run: run.row)
        while start < stop:
            end = self._runs[at].row if at < len(self._runs) else stop
            yield start, min(end, stop)
            start, at = end, at + 1
