"""A live triage for tests: an endless source that a test feeds, and a wall clock that it moves."""

import asyncio
import json
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.cli.readonly import NoBlocklist
from triage_tui.health import FileReport, HealthState, LiveHealth
from triage_tui.model import SECOND, Batch
from triage_tui.ports import Recorder, Source
from triage_tui.sources.clock import LiveClock
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage

NOW = 1_773_540_000 * SECOND
"""2026-03-15 02:00:00Z, a Sunday."""


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Tailed:
    """An endless source that a test feeds."""

    endless = True

    def __init__(
        self,
        wall: Wall,
        name: str = "/shop/cart",
        *,
        place: str = "prod eu-west-1",
        state: HealthState = HealthState.LIVE,
    ) -> None:
        self.health = LiveHealth(place=place, since=NOW, heard=NOW)
        self.report = FileReport(name, state=state, live=self.health)
        self._wall = wall
        self._queue: asyncio.Queue[list[bytes]] = asyncio.Queue()
        self._taken = asyncio.Event()
        self.sent = 0

    async def send(self, *ips: str, time: str = "2026-03-15T02:00:00Z") -> None:
        """One event of each address, in a batch; returns when they are taken, to be decoded."""
        records = []
        for ip in ips:
            self.sent += 1
            record = {
                "eventVersion": "1.11",
                "eventTime": time,
                "eventSource": "s3.amazonaws.com",
                "eventName": "GetObject",
                "eventID": f"event {self.sent}",
                "sourceIPAddress": ip,
                "userIdentity": {"type": "IAMUser", "userName": "m", "principalId": "A"},
            }
            records.append(json.dumps(record).encode())
        self._taken.clear()
        self._queue.put_nowait(records)
        self.health.events += len(records)
        self.health.arrived = self.health.heard = self._wall()
        await self._taken.wait()

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        while True:
            records = await self._queue.get()
            starts, data = array("Q"), b""
            for record in records:
                starts.append(len(data))
                data += record
            lengths = array("Q", map(len, records))
            yield Batch(number, data, starts, lengths, self._wall())
            self._taken.set()


@asynccontextmanager
async def live_triage(
    sources: Sequence[Source], wall: Wall, recorder: Recorder | None = None
) -> AsyncIterator[Triage]:
    """A triage that reads the sources meanwhile."""
    spool = Spool()
    triage = Triage(
        sources,
        clock=LiveClock(ticks=lambda: 0, wall_time=wall),
        spool=spool,
        raw=RawFiles([], spool),
        casebook=await SqliteCasebook.open(None, wall=wall),
        blocklist=NoBlocklist("no blocklist is configured"),
        author="maria",
        recorder=recorder,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(triage.run())
            yield triage
            running.cancel()
    finally:
        await triage.close()
