"""What is live on the screen: everything behind it as it is, in front of it an app without a
terminal."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from tests.aws.night import Clock, Night
from triage_tui.aws.feed import Feed
from triage_tui.aws.live import Live
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.cli.readonly import NoBlocklist
from triage_tui.decoding import Decoded, Decoders
from triage_tui.model import Batch, Span
from triage_tui.ports import Source
from triage_tui.sources.clock import LiveClock
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

_KEYS = ("message", "Id", "eventID", "findingArn")
"""What tells records apart."""


class Tee:
    """A feed, and what came in of it."""

    endless = True

    def __init__(self, feed: Feed, came: Counter[str]) -> None:
        self.report = feed.report
        self._feed = feed
        self._came = came

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        async for batch in self._feed.batches(number):
            for start, length in zip(batch.starts, batch.lengths, strict=True):
                record = json.loads(batch.data[start : start + length])
                self._came[next(record[key] for key in _KEYS if key in record)] += 1
            yield batch


class Here(Decoders):
    """Decodes in this process, however much it is: to begin others blocks."""

    async def decode_each(self, batches: AsyncGenerator[Batch | Span]) -> AsyncGenerator[Decoded]:
        async for batch in batches:
            assert isinstance(batch, Batch)
            yield Decoded(self._decode_now([batch]))


class Shown:
    """A live triage that somebody looks at."""

    def __init__(self, app: TriageApp, triage: Triage, came: Counter[str]) -> None:
        self.app = app
        self.triage = triage
        self.came = came
        """Log events by their text, everything else by its id."""
        self.until = Night().until

    async def settled(self, pilot: Pilot[None]) -> None:
        """Everything that is to be seen is."""
        for _ in range(3):
            await pilot.pause()
        self.app.show_now()
        await pilot.pause()

    def text(self) -> str:
        """What the compositor would send to the terminal."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)


@asynccontextmanager
async def shown(live: Live, clock: Clock) -> AsyncIterator[Shown]:
    """Runs it while it is entered; whoever enters runs the app."""
    spool, came = Spool(), Counter[str]()
    triage = Triage(
        [],
        clock=LiveClock(ticks=lambda: 0, wall_time=clock.wall),
        spool=spool,
        raw=RawFiles([], spool),
        casebook=await SqliteCasebook.open(None, wall=clock.wall),
        blocklist=NoBlocklist("no blocklist is configured"),
        author="maria",
        decoders=Here(),
    )

    async def arrivals() -> AsyncGenerator[Source]:
        async for feed in live.arrivals():
            yield Tee(feed, came)

    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(live.run()),
                tasks.create_task(triage.run(arrivals=arrivals())),
            ]
            yield Shown(TriageApp(triage, title="prod", mode="LIVE"), triage, came)
            for task in running:
                task.cancel()
    finally:
        await triage.close()
