"""Everything that is live: the sources of every account and region, as they appear."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple

from triage_tui import precedence
from triage_tui.health import HealthState

from .access import Access
from .cloudtrail import CloudTrail
from .duties import Duties
from .globs import Globs
from .guardduty import GuardDuty
from .inspector import Inspector
from .logs import Logs
from .settings import (
    CloudTrailSettings,
    GuardDutySettings,
    InspectorSettings,
    LogsSettings,
    seconds,
)
from .signins import SignIns
from .threats import AGAIN, Threats, threats

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from triage_tui.ports import CodeAsker

    from .access import Scope
    from .feed import Feed
    from .group import Legacy
    from .memory import Memory
    from .pace import Sleep

LAST_WORDS = 60.0
"""Seconds that the last reading of all log groups may take."""


class LiveSettings(NamedTuple):
    """What is live, and how."""

    logs: LogsSettings
    guardduty: GuardDutySettings
    cloudtrail: CloudTrailSettings
    inspector: InspectorSettings = InspectorSettings()


class Live:
    """Runs the sources of all scopes; hand `arrivals` to the triage."""

    def __init__(
        self,
        scopes: Sequence[Scope],
        settings: LiveSettings,
        *,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        memory: Memory | None = None,
        ask: CodeAsker | None = None,
        findings: Sequence[str] = (),
        gives_way: Callable[[], bool] = precedence.nobody,
    ) -> None:
        """`memory` is what an earlier run had; `ask` asks somebody for MFA codes; `findings` are
        fetched however old they are. While it `gives_way`, no log events are taken in: for a
        moment, each time."""
        self._settings, self._sleep = settings, sleep
        self.signins = SignIns(ask)
        self._accesses = [
            Access(scope, self.signins.of(scope), streams=settings.logs.tail_sessions)
            for scope in scopes
        ]
        self._feeds: asyncio.Queue[Feed | None] = asyncio.Queue()
        self._known: list[Feed] = []
        self._stopped = asyncio.Event()
        globs = Globs(settings.logs, len(self._accesses))
        legacies: dict[str, Legacy] = {}
        self._logs = [
            Logs(
                access,
                settings.logs,
                self.announce,
                wall=wall,
                sleep=sleep,
                memory=memory,
                read_by=self._read_by,
                gives_way=gives_way,
                globs=globs,
                legacies=legacies,
            )
            for access in self._accesses
        ]
        duties = Duties(scopes)
        since = float(seconds(settings.logs.since))
        self._others = [
            source
            for access in self._accesses
            for source in (
                GuardDuty(
                    access,
                    settings.guardduty,
                    self.announce,
                    wall=wall,
                    sleep=sleep,
                    memory=memory,
                    duties=duties,
                    wanted=findings,
                ),
                Inspector(
                    access,
                    settings.inspector,
                    self.announce,
                    wall=wall,
                    sleep=sleep,
                    memory=memory,
                    duties=duties,
                ),
                CloudTrail(
                    access,
                    settings.cloudtrail,
                    self.announce,
                    tailed=self._tailed,
                    since=since,
                    wall=wall,
                    sleep=sleep,
                    memory=memory,
                    duties=duties,
                ),
            )
        ]

    def _tailed(self) -> set[str]:
        """ARNs of all log groups: a trail's may lie in another region or account."""
        return set().union(*(logs.tailed() for logs in self._logs))

    def _read_by(self, arn: str) -> str:
        """Where a log group is read; "" where nobody does, or whoever may not makes way."""
        for logs in self._logs:
            if arn in logs.groups and not logs.make_way(arn):
                return logs.feed.health.place
        return ""

    def announce(self, feed: Feed) -> None:
        """One more that is read, until everything ends."""
        self._known.append(feed)
        self._feeds.put_nowait(feed)

    async def arrivals(self) -> AsyncGenerator[Feed]:
        """A feed for each source, as it appears; ends when everything has ended."""
        while (feed := await self._feeds.get()) is not None:
            yield feed

    async def follow_threats(self, heed: Callable[[Threats], Awaitable[None]]) -> None:
        """Hands on the threat lists of all scopes, now and again when they have changed; without
        end, unless GuardDuty is to be left alone."""
        if not self._settings.guardduty.enabled:
            return
        before: Threats | None = None
        while True:
            found = await asyncio.gather(
                *(threats(access, sleep=self._sleep) for access in self._accesses)
            )
            lists = tuple(dict.fromkeys(each for one in found for each in one.lists))
            unread = tuple(dict.fromkeys(words for one in found for words in one.unread))
            if Threats(lists, unread) != before:
                before = Threats(lists, unread)
                await heed(before)
            await self._sleep(AGAIN)

    async def run(self) -> None:
        """Runs everything until `stop`, then reads the logs to their end and ends the feeds."""
        try:
            await self._run_until_stopped()
            await self._read_last()
        finally:
            for feed in self._known:
                feed.end()
            self._feeds.put_nowait(None)
            for access in self._accesses:
                await access.close()

    def complete(self) -> dict[str, int]:
        """By key of the feed, up to when (wall-clock nanoseconds) everything of it is here."""
        found: dict[str, int] = {}
        for feed in self._known:
            until = feed.health.complete
            if until and feed.report.state is not HealthState.ENDED:
                found[feed.key] = min(until, found.get(feed.key, until))
        return found

    def stop(self) -> None:
        """Ends `run` in good order."""
        self._stopped.set()

    async def _run_until_stopped(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            everything = (self.signins, *self._logs, *self._others)
            running = [tasks.create_task(each.run()) for each in everything]
            await self._stopped.wait()
            for task in running:
                task.cancel()

    async def _read_last(self) -> None:
        """What was ingested since anybody looked."""
        groups = [group for logs in self._logs for group in logs.groups.values()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS), asyncio.TaskGroup() as tasks:
                for group in groups:
                    tasks.create_task(group.read_last())
