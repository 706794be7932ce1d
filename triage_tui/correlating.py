"""The correlations of a triage: what rules matched is gathered as it comes, and judged by turns."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from .detect.correlate import Correlator
from .precedence import give_way, nobody

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Columns
    from .store.index import Index

SLICE = 0.003
"""Seconds of judging after which others get their turn."""
BREATH = 0.001
JUDGED_EVERY = 0.25
"""Seconds between two times that what endless sources bring is judged."""


class Correlating:
    """Keeps what correlations detected in an index up to date."""

    def __init__(self, index: Index) -> None:
        self.correlator = Correlator(index.rules)
        self._index = index
        self._gathered = asyncio.Event()
        """Set while something waits to be judged."""
        self._shown = self.correlator.revision
        """The revision of the correlator whose detections the index has."""

    def gather(self, columns: Columns, rows: range) -> None:
        """Hands on what rules matched, of a batch that has become these rows."""
        feed = columns.hits.feed
        if feed is None or not feed.row:
            return
        self.correlator.gather(self._index.fed(feed, rows.start), columns.received)
        self._gathered.set()

    def judge(self) -> None:
        """Judges what was gathered, all at once."""
        self._gathered.clear()
        for _ in self.correlator.judging():
            pass
        self._show()

    async def keep_judging(self, gives_way: Callable[[], bool] = nobody) -> None:
        """Judges what endless sources bring, now and then, and lets keys be heard in between: small
        batches come often, and each would have all of its groups judged again. It `gives_way` to
        what goes first. Goes on until it is cancelled."""
        while True:
            await self._gathered.wait()
            self._gathered.clear()
            begun = time.thread_time()
            for _ in self.correlator.judging():
                if time.thread_time() - begun > SLICE or gives_way():
                    await asyncio.sleep(BREATH)
                    await give_way(gives_way)
                    begun = time.thread_time()
            self._show()
            await asyncio.sleep(JUDGED_EVERY)

    def _show(self) -> None:
        """Shows what was detected, where that is something else than before: whoever judged it,
        even one who was cancelled amid it."""
        if self._shown == self.correlator.revision:
            return
        self._shown = self.correlator.revision
        self._index.correlated = self.correlator.detections()
        self._index.revision += 1
