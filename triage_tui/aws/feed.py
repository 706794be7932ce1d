"""A live source: what its connection brings, in batches, with back-pressure and its health."""

from __future__ import annotations

import asyncio
import time
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from triage_tui.health import FileReport, HealthState, LiveHealth, Lockout
from triage_tui.model import Batch

from .trouble import Kind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from .trouble import Trouble

MOST_WAITING = 4 * 1024 * 1024
"""Bytes that wait to be taken in; whoever brings more waits as well."""
LARGEST = 512 * 1024
"""Bytes of a batch, about: decoding one stays out of the way of keys."""
GATHERED = 0.05
"""Seconds: where much comes, what comes in them makes one batch. Many small ones would take many
times as long to take in."""
LONG_GATHERED = 0.15
"""The same where whoever takes them in is behind: large batches cost less in all."""
MUCH = 8 * 1024
"""Bytes of a batch behind which more are awaited."""


def feed_key(origin: str, name: str) -> str:
    """Of the feed of this origin and name."""
    return f"{origin} {name}"


class Feed:
    """Implements `ports.Source` over a bounded queue. One connection fills it, the triage empties
    it. Ends when `end` was called and nothing is left."""

    endless = True

    def __init__(self, name: str, *, place: str, origin: str, wall: Callable[[], int]) -> None:
        """`origin` names the log's home, the same in every run, for ids that last."""
        self.health = LiveHealth(place=place)
        self.report = FileReport(name, live=self.health)
        self.origin = origin
        self._wall = wall
        self._waiting: list[bytes] = []
        self._size = 0
        self._ended = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, records: Sequence[bytes]) -> None:
        """Hands records over at once, so that whoever is cancelled has lost none; then waits while
        too many are waiting."""
        if not records:
            return
        self._waiting += records
        self._size += sum(map(len, records))
        self._news.set()
        if self._size >= MOST_WAITING:
            self._room.clear()
            await self._room.wait()

    @property
    def key(self) -> str:
        """The same in every run. Feeds of several accounts may share one."""
        return feed_key(self.origin, self.report.path)

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._news.set()

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        """What was handed over, as soon as it is there; what came meanwhile makes one batch."""
        not_before = 0.0
        while True:
            await self._news.wait()
            if (early := not_before - time.monotonic()) > 0:
                await asyncio.sleep(early)
            self._news.clear()
            begun, done = time.monotonic(), self.report.done
            stop = self.health.events + len(self._waiting)
            while self.health.events < stop:  # what comes meanwhile is gathered, too
                yield self._batch(number)
            # Where the last ones took long to be taken in, there is more to do than time for it.
            gathered = GATHERED if time.monotonic() - begun < LONG_GATHERED else LONG_GATHERED
            # In step with other feeds: what all of them bring at once costs less, too.
            following = (begun // gathered + 1) * gathered
            not_before = following if self.report.done - done >= MUCH else 0.0
            if self._ended and not self._waiting:
                self.report.state = HealthState.ENDED
                return

    def _batch(self, number: int) -> Batch:
        records = self._take()
        lengths = array("Q", map(len, records))
        starts = array("Q", [0, *accumulate(lengths)][:-1])
        data, now = b"".join(records), self._wall()
        self.report.done += len(data)
        self.health.events += len(records)
        self.health.arrived = now
        return Batch(number, data, starts, lengths, now, origin=self.origin)

    def _take(self) -> list[bytes]:
        if self._size < LARGEST:
            records, self._waiting, self._size = self._waiting, [], 0
        else:
            size = count = 0
            for record in self._waiting:
                size += len(record)
                count += 1
                if size >= LARGEST:
                    break
            records = self._waiting[:count]
            del self._waiting[:count]
            self._size -= size
        if self._size < MOST_WAITING:
            self._room.set()
        return records

    # -- health ----------------------------------------------------------------------------------

    def answered(self) -> None:
        """The service has said something."""
        self.health.heard = self._wall()
        self.health.lockout = None

    def is_now(self, state: HealthState, note: str = "") -> None:
        """What the source does from now on, and how."""
        if state is not self.report.state and state in (HealthState.LIVE, HealthState.POLLING):
            self.health.since = self._wall()
        self.report.state = state
        self.health.note = note

    def failed(self, found: Trouble) -> None:
        """Something went wrong; what the source does about it is told by its state."""
        now = self._wall()
        self.health.trouble, self.health.troubled = found.told, now
        if found.kind is Kind.CREDENTIALS:
            before = self.health.lockout
            since = before.since if before is not None else now
            self.health.lockout = Lockout(found.words, found.cure, since)
        elif found.kind not in (Kind.UNREACHABLE, Kind.BROKEN):  # somebody who let us in said so
            self.health.lockout = None
