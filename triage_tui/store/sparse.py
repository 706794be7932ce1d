"""What few rows have: further actors, and rules that matched them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .columns import Narrow

if TYPE_CHECKING:
    from triage_tui.model import Hits

    from .columns import Array, Mask


class ExtraActors:
    """The actors of rows beyond their first ones, as columns; rows ascend."""

    def __init__(self) -> None:
        self.row = Narrow(np.uint32)
        self.ip = Narrow(np.uint32)
        self.who = Narrow(np.uint32)

    def __len__(self) -> int:
        return len(self.row)

    def extend(self, row: Array, ip: Array, who: Array) -> None:
        """Appends actors; none of an earlier row than the last one's."""
        self.row.extend(row)
        self.ip.extend(ip)
        self.who.extend(who)

    def of(self, row: int) -> list[tuple[int, int]]:
        """(address, identity) numbers of one row's."""
        rows = self.row.view()
        low, high = np.searchsorted(rows, row, "left"), np.searchsorted(rows, row, "right")
        ips, whos = self.ip.view()[low:high], self.who.view()[low:high]
        return list(zip(ips.tolist(), whos.tolist(), strict=True))


class HitRows:
    """Which rows rules matched; rows ascend."""

    def __init__(self) -> None:
        self.row = Narrow(np.uint32)
        self.rule = Narrow(np.uint32)

    def __len__(self) -> int:
        return len(self.row)

    def extend(self, hits: Hits, start: int) -> None:
        """Appends those of a batch whose first row is `start`."""
        self.row.extend(np.frombuffer(hits.row, np.uint32).astype(np.int64) + start)
        self.rule.extend(np.frombuffer(hits.rule, np.uint32))

    def mask(self, start: int, stop: int) -> Mask:
        """Which of these rows any rule matched."""
        found = np.zeros(stop - start, np.bool_)
        found[self.between(start, stop)[0].astype(np.int64) - start] = True
        return found

    def of(self, rows: Array) -> tuple[Array, Array]:
        """The hits of these rows: places among them, and rules."""
        low, high = (np.searchsorted(self.row.view(), rows, side) for side in ("left", "right"))
        times = high - low
        first = np.repeat(low - np.cumsum(times) + times, times)
        places = np.repeat(np.arange(len(rows)), times)
        return places, self.rule.view()[first + np.arange(len(first))]

    def between(self, start: int, stop: int) -> tuple[Array, Array]:
        """(rows, rules) of the hits in some rows."""
        rows = self.row.view()
        low, high = np.searchsorted(rows, [start, stop])
        return rows[low:high], self.rule.view()[low:high]
