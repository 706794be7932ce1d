"""How fast events come in."""

from __future__ import annotations

import time


class Rate:
    """Events a second, over the last second or so."""

    def __init__(self) -> None:
        self._since = (0.0, 0)
        self.value = 0.0

    def note(self, rows: int) -> float:
        """So many rows by now."""
        now = time.monotonic()
        then, before = self._since
        if now - then >= 1:
            self.value = (rows - before) / (now - then) if then else 0.0
            self._since = (now, rows)
        return self.value
