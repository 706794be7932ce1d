"""Tails against a fake AWS, in time that runs faster than ours, and everything that came of it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from triage_tui.aws.access import Access, Scope
from triage_tui.aws.feed import Feed
from triage_tui.aws.logs import Logs
from triage_tui.aws.memory import Memory
from triage_tui.aws.settings import LogsSettings

EPOCH = 1_795_000_000


class Clock(Protocol):
    """What a night goes by."""

    def wall(self) -> int: ...

    def seconds(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Time:
    """A wall clock that runs `speed` times as fast as the machine's."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._begun = time.monotonic()

    def seconds(self) -> float:
        return EPOCH + (time.monotonic() - self._begun) * self._speed

    def wall(self) -> int:
        """Nanoseconds."""
        return int(self.seconds() * 1_000_000_000)

    def now(self) -> int:
        """Milliseconds."""
        return int(self.seconds() * 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def leap(self, seconds: float) -> None:
        """So much time goes by at once; whoever sleeps does not notice."""
        self._begun -= seconds / self._speed


class Hand:
    """A clock that stands until it is set forward."""

    def __init__(self) -> None:
        self._at = float(EPOCH)
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def seconds(self) -> float:
        return self._at

    def wall(self) -> int:
        return int(self._at * 1_000_000_000)

    def now(self) -> int:
        return int(self._at * 1000)

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            woken = asyncio.get_running_loop().create_future()
            self._sleepers.append((self._at + seconds, woken))
            await woken

    def advance(self, seconds: float) -> None:
        """Sets it forward, and wakes up whoever has slept enough."""
        self._at += seconds
        for end, woken in self._sleepers:
            if end <= self._at and not woken.done():
                woken.set_result(None)
        self._sleepers = [each for each in self._sleepers if not each[1].done()]


class Night:
    """What came in: (stream, time, message) with how often, and the feeds by name."""

    def __init__(self) -> None:
        self.came: Counter[tuple[str, int, str]] = Counter()
        self.feeds: dict[str, Feed] = {}
        self.logs: list[Logs] = []
        self.accesses: list[Access] = []

    @staticmethod
    async def pause(seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def drain(self, feed: Feed) -> None:
        """Takes in everything of a feed."""
        async for batch in feed.batches(0):
            for start, length in zip(batch.starts, batch.lengths, strict=True):
                found = json.loads(batch.data[start : start + length])
                key = found["logStreamName"], found["timestamp"], found["message"]
                self.came[key] += 1

    async def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Waits until something holds; so long only where it does not."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - nobody tells when a server and a client agree
                await asyncio.sleep(0.01)

    async def read_last(self) -> None:
        """The last backfill of all groups."""
        for logs in self.logs:
            for group in logs.groups.values():
                await group.read_last()


@asynccontextmanager
async def tailing(
    settings: LogsSettings,
    clock: Clock,
    *scopes: Scope,
    memory: Memory | None = None,
    silence: float = 10.0,
    gives_way: Callable[[], bool] = lambda: False,
) -> AsyncIterator[Night]:
    """Tails while it is entered."""
    night = Night()
    accesses = night.accesses = [
        Access(scope, silence=silence, renewal=0.1)
        for scope in scopes or [Scope(None, "eu-west-1")]
    ]
    try:
        async with asyncio.TaskGroup() as tasks:
            running: list[asyncio.Task[None]] = []

            def announce(feed: Feed) -> None:
                night.feeds[f"{feed.report.path} {feed.health.place}"] = feed
                running.append(tasks.create_task(night.drain(feed)))

            for access in accesses:
                logs = Logs(
                    access,
                    settings,
                    announce,
                    wall=clock.wall,
                    sleep=clock.sleep,
                    ticks=clock.seconds,
                    memory=memory,
                    gives_way=gives_way,
                )
                night.logs.append(logs)
                running.append(tasks.create_task(logs.run()))
            yield night
            for task in running:
                task.cancel()
    finally:
        for access in accesses:
            await access.close()
