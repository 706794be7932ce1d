"""The ids of an index's events: each is claimed once, and true twins are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .columns import IdSet, frame
from .twins import MASK, TWIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from triage_tui.model import Columns

    from .columns import Array, Mask


class EventIds:
    """Knows which ids there are."""

    def __init__(self) -> None:
        self._claimed = IdSet()
        self._in: dict[tuple[int | str, str], IdSet] = {}
        """The contents that there are, by scope and stream."""
        self._next: dict[tuple[tuple[int | str, str], int], int] = {}
        """The ordinal of the next twin, by scope, stream and content."""

    def claim(self, ids: NDArray[np.uint64]) -> Mask:
        """Which of these there were before; from now on there are all of them."""
        return self._claimed.claim(ids)

    def of(self, columns: Columns, scopes: Sequence[int | str]) -> NDArray[np.uint64]:
        """The ids of batches, with true twins told apart; each has its scope.

        The second record of the same content within one scope is another event; the second one from
        another scope is the same event again.
        """
        ids = frame(columns.id, np.uint64).copy()
        content = np.flatnonzero(frame(columns.own_id, np.uint8) == 0)
        if not len(content):
            return ids
        start = 0
        for part, scope in zip(columns.parts, scopes, strict=True):
            first, last = np.searchsorted(content, [start, start + part.rows])
            self._tell_twins_of(columns, scope, content[first:last], ids)
            start += part.rows
        return ids

    def _tell_twins_of(
        self, columns: Columns, scope: int | str, rows: Array, ids: NDArray[np.uint64]
    ) -> None:
        """Those of one scope, by stream."""
        origin = frame(columns.origin.ids, np.uint32)[rows]
        for number in np.unique(origin).tolist():
            stream = scope, columns.origin.values[number]
            self._tell_twins(stream, rows[origin == number], ids)

    def _tell_twins(
        self, stream: tuple[int | str, str], rows: Array, ids: NDArray[np.uint64]
    ) -> None:
        seen = self._in.setdefault(stream, IdSet())
        for row in rows[seen.claim(ids[rows])].tolist():
            content = int(ids[row])
            ordinal = self._next.get((stream, content), 1)
            self._next[stream, content] = ordinal + 1
            ids[row] = (content + ordinal * TWIN) & MASK
