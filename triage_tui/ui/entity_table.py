"""The table of entities, which knows what of it somebody has seen: that is acted on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from widgets.table import VirtualTable

if TYPE_CHECKING:
    from textual.strip import Strip

DWELL = 1.0
"""Seconds on the screen after which the row under the cursor keeps it, though nobody has moved it
there: from then on somebody may be about to act on it."""
LATELY = 6.0
"""Seconds until somebody on a slow link has seen, too, that the cursor came to another row."""


class EntityTable(VirtualTable, inherit_bindings=True):
    """Knows which row was painted as the one under the cursor: that one is acted on."""

    is_settled = True
    """Whether the rows have their places: while files are read, the first row is the first."""
    _unseen_from: str | None = None
    _shown_since: float | None = None
    """Since when the row under the cursor has been painted there (monotonic seconds)."""
    _slid_to: str | None = None
    """The row that came under the cursor last, without a hand."""

    def refresh_model(self) -> None:
        """The rows changed; the cursor may have come to one that nobody has seen there."""
        before = self.cursor_key
        if self.is_settled and self._shown_for() >= DWELL:
            self.hold_cursor()
        super().refresh_model()
        if self.cursor_key == before:
            return
        self._shown_since = None
        if before is not None:
            renamed = self._model.index_of(before) == self.cursor_index
            self._slid_to = None if renamed else self.cursor_key
            self._unseen_from = self._unseen_from or before

    def render_line(self, y: int) -> Strip:
        """Paint; what is painted has been seen."""
        if self.line_at(y) == self.cursor_index:
            self._unseen_from = None
            if self._shown_since is None:
                self._shown_since = time.monotonic()
        return super().render_line(y)

    def _shown_for(self) -> float:
        return 0.0 if self._shown_since is None else time.monotonic() - self._shown_since

    @property
    def has_slid(self) -> bool:
        """Whether another row has come under the cursor so lately that who acts may mean the one
        before it."""
        slid = self._slid_to is not None and self._slid_to == self.cursor_key
        return slid and self._unseen_from is None and self._shown_for() < LATELY

    @property
    def acting_key(self) -> str | None:
        """The key of the row that the last painted frame showed under the cursor."""
        return self._unseen_from if self._unseen_from is not None else self.cursor_key

    def settle(self) -> None:
        """The row under the cursor stays there, and may be acted on."""
        self.hold_cursor()
        self._slid_to = self._unseen_from = None

    def saw_cursor_move(self) -> None:
        """The cursor was sent elsewhere on purpose."""
        self._unseen_from = self._slid_to = None
