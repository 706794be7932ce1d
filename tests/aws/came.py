"""Feeds and what came in of them, as records."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from tests.aws.night import Night, Time
from triage_tui.aws.feed import Feed
from triage_tui.health import HealthState, LiveHealth


class Came:
    """What came in of each feed."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.records: list[dict[str, Any]] = []
        self.feeds: list[Feed] = []
        self.until = Night().until

    @property
    def health(self) -> LiveHealth:
        return self.feeds[-1].health

    @property
    def state(self) -> HealthState:
        return self.feeds[-1].report.state if self.feeds else HealthState.CONNECTING

    def notes(self, text: str) -> bool:
        """Whether the newest feed says so of itself."""
        return bool(self.feeds) and text in self.health.note

    async def drain(self, feed: Feed) -> None:
        async for batch in feed.batches(0):
            for start, length in zip(batch.starts, batch.lengths, strict=True):
                self.raw.append(batch.data[start : start + length])
                self.records.append(json.loads(self.raw[-1]))

    def versions(self) -> Counter[tuple[str, str]]:
        """How often each version of each finding came."""
        return Counter((each["Id"], each["UpdatedAt"]) for each in self.records)

    def events(self) -> Counter[str]:
        """How often each event of a trail came."""
        return Counter(each["eventID"] for each in self.records)


@asynccontextmanager
async def running(
    *make: Callable[[Callable[[Feed], None]], Coroutine[Any, Any, None]],
) -> AsyncIterator[Came]:
    """Runs sources while it is entered."""
    came = Came()
    async with asyncio.TaskGroup() as tasks:
        started: list[asyncio.Task[None]] = []

        def announce(feed: Feed) -> None:
            came.feeds.append(feed)
            started.append(tasks.create_task(came.drain(feed)))

        started += [tasks.create_task(each(announce)) for each in make]
        try:
            yield came
        finally:
            for task in started:
                task.cancel()


def stamp(clock: Time, back: float = 0.0) -> str:
    """The time of `back` seconds ago, as findings have it."""
    when = datetime.fromtimestamp(clock.seconds() - back, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
