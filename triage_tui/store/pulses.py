"""How many events actors had in each of the last pieces of time, kept up as rows come and time goes
on: what was counted once is never looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .scope import FAR, Reach

if TYPE_CHECKING:
    from .columns import Array
    from .scope import Base, Scope

_BEFORE_ALL = -FAR


class Pulses:
    """Counts the rows of first actors by pieces of `width` nanoseconds. Of time that the window has
    left nothing is kept: it hardly ever goes back."""

    def __init__(self, scope: Scope, base: Base, width: int) -> None:
        self._scope, self._base, self._width = scope, base, width
        self._reach = Reach(scope)
        self._counts: dict[int, Array] = {}
        """By number of the piece, counted from the epoch."""
        self._ahead = np.empty(0, np.intp)
        """Rows that are dated later than the window's end."""
        self._present = _BEFORE_ALL

    def window(self, present: int, pieces: int) -> Array:
        """Shape (pieces, numbers): events of the last `pieces` up to the time `present`, which lies
        in the last of them."""
        if present < self._present:
            # A look that was taken before goes on, for its painting took its time.
            return Pulses(self._scope, self._base, self._width).window(present, pieces)
        self._present = present
        last = -(-present // self._width)
        first = last - pieces + 1
        for piece in [piece for piece in self._counts if piece < first]:
            del self._counts[piece]
        self._advance((first - 1) * self._width + 1, present)
        size = self._base.size(self._scope.index)
        table = np.zeros((pieces, size), np.int64)
        for piece, counts in self._counts.items():
            table[piece - first, : len(counts)] = counts[:size]
        return table

    def _advance(self, low: int, present: int) -> None:
        """Counts what came into sight, from `low` on, and what is not ahead any more."""
        portions = [self._ahead, *self._reach.fresh(low=low)]
        rows = np.concatenate(portions)
        time = self._scope.index.time.view()[rows]
        self._ahead = rows[time > present]
        inside = (time <= present) & (time >= low)
        if inside.any():
            self._add(rows[inside], -(-time[inside] // self._width))

    def _add(self, rows: Array, pieces: Array) -> None:
        index = self._scope.index
        numbers = self._base.column(index).view()[rows].astype(np.intp)
        size = self._base.size(index)
        for piece in np.unique(pieces).tolist():
            found = np.bincount(numbers[pieces == piece], minlength=size)
            known = self._counts.get(piece)
            if known is not None:
                found[: len(known)] += known
            self._counts[piece] = found.astype(np.uint32)
