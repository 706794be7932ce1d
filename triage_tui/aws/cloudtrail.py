"""CloudTrail of one account and region by LookupEvents, where no tailed log group holds the trail.

LookupEvents knows management events alone, some minutes after they happened, newest first. It goes
on where a trail was stopped, which is among the first things that an intruder does.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from triage_tui.health import HealthState

from .asking import LOOK_AGAIN, Asking
from .duties import NONE
from .feed import Feed
from .pace import Backoff, Budget
from .restart import restarted
from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from types_aiobotocore_cloudtrail import CloudTrailClient
    from types_aiobotocore_cloudtrail.type_defs import EventTypeDef, LookupEventsResponseTypeDef

    from .access import Access
    from .duties import Duties
    from .memory import Memory
    from .pace import Sleep
    from .settings import CloudTrailSettings

PER_SECOND = 2.0
"""LookupEvents in one account and region (its quota)."""
LATENESS = 15 * 60.0
"""Seconds by which an event may come late."""
MOST = 100_000
"""Events that are remembered: more than can be read in `LATENESS`."""


class CloudTrail:
    """Looks the trail up, page by page."""

    def __init__(
        self,
        access: Access,
        settings: CloudTrailSettings,
        announce: Callable[[Feed], None],
        *,
        tailed: Callable[[], Collection[str]],
        since: float,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        memory: Memory | None = None,
        duties: Duties = NONE,
    ) -> None:
        """`tailed` tells the ARNs of the log groups that are tailed, in any account; `since` is how
        many seconds back to begin; `memory` is what an earlier run had; `duties` tell whether
        another scope reads the same account."""
        self._access = access
        self._settings = settings
        self._announce = announce
        self._tailed = tailed
        self._wall = wall
        self._sleep = sleep
        start = self._now() - since
        origin = f"cloudtrail {access.scope.region}"
        self.feed = Feed("cloudtrail", place=str(access.scope), origin=origin, wall=wall)
        before = memory.trail_events(origin) if memory is not None else {}
        complete = memory.complete(self.feed.key) if memory is not None else None
        if before:
            start = min(start, max(before.values()))
        if complete is not None:
            start = min(start, complete / 1_000_000_000)
        self._begun = start
        """When the first page was asked for that came."""
        self._done = Progress(start, Delivered(before))
        self._announced = False
        budget = Budget(PER_SECOND, ticks=ticks, sleep=sleep)
        note = "looking up what happened so far"
        self._duty = duties.of("cloudtrail", access, self.feed)
        self._asking = Asking(
            self.feed, access, budget, sleep, note=note, complete=self._reached, duty=self._duty
        )

    def _now(self) -> float:
        return self._wall() / 1_000_000_000

    def _reached(self) -> int:
        """Nanoseconds."""
        return int(self._done.complete * 1_000_000_000)

    async def run(self) -> None:
        """Looks up until it is cancelled. Never raises for what is wrong outside."""
        if self._settings.lookup != "off":
            await restarted(self.feed, self._follow, self._sleep)

    async def _follow(self) -> None:
        """Looks up while no log group holds the trail, and sees now and then whether one does."""
        auto = self._settings.lookup == "auto"
        if auto and not self._announced:
            await self._sleep(self._settings.poll_seconds)  # the groups are looked for meanwhile
        while True:
            if auto and await self._is_tailed():
                self._rest()
                await self._sleep(LOOK_AGAIN)
                continue
            if not self._announced:
                self._announced = True
                self._announce(self.feed)
            await self._look_up_until(self._now() + LOOK_AGAIN)

    def _rest(self) -> None:
        """The log group brings everything from now on."""
        self._done.complete = self._now()
        self.feed.health.complete = 0
        self.feed.is_now(HealthState.POLLING, "not needed: a tailed log group holds the trail")

    # -- whether it is needed --------------------------------------------------------------------

    async def _is_tailed(self) -> bool:
        """Whether a log group that is tailed holds the trail, and goes on doing so."""
        tailed = self._tailed()
        if not tailed:
            return False
        try:
            client = await self._access.client("cloudtrail")
            trails = (await client.describe_trails())["trailList"]
        except CALL_ERRORS:
            return await self._seems_tailed(tailed)
        for trail in trails:
            home = trail.get("CloudWatchLogsLogGroupArn", "").removesuffix(":*")
            if home in tailed and await self._is_logging(client, trail.get("TrailARN", "")):
                return True
        return False

    async def _is_logging(self, client: CloudTrailClient, arn: str) -> bool:
        """Whether a trail is on; who may not know that takes it to be."""
        try:
            return (await client.get_trail_status(Name=arn)).get("IsLogging", True)
        except CALL_ERRORS as error:
            return self._access.trouble(error).kind is not Kind.GONE

    async def _seems_tailed(self, tailed: Collection[str]) -> bool:
        """Whether the name of a log group of this account and region says that it holds the trail:
        so it does in most accounts."""
        try:
            account = await self._access.account()
        except CALL_ERRORS:
            return False  # the feed will tell what is wrong
        home = f":{self._access.scope.region}:{account}:log-group:"
        return any(home in arn and "cloudtrail" in arn.lower() for arn in tailed)

    # -- looking up ------------------------------------------------------------------------------

    async def _look_up_until(self, end: float) -> None:
        """Polls up to a time (seconds); a poll that is begun is finished."""
        backoff = Backoff()
        while True:
            try:
                await self._look_up()
                backoff.reset()
                pause = self._settings.poll_seconds
            except CALL_ERRORS:  # a page's token is too old
                pause = backoff.pause()
            await self._sleep(pause)
            if self._now() >= end:
                return

    async def _look_up(self) -> None:
        """Every event since the last complete reading, with the lateness before it. Pages come
        newest first: only the last one completes them."""
        await self._duty.wait(self._sleep)
        self._done = self._duty.shared(self._done)
        start, token = datetime.fromtimestamp(self._done.complete - LATENESS, UTC), ""
        while True:
            page = await self._page(start, token)
            if not token:
                self._done.delivered.begin(self._begun - LATENESS)
            await self._hand_on(page["Events"])
            token = page.get("NextToken", "")
            if not token:
                break
        self._done.complete = self._begun
        self._done.delivered.end()
        note = f"management events, looked up every {self._settings.poll_seconds:g} s"
        note += ", no charge; they come some minutes late"
        self._asking.reached(note, self._settings.poll_seconds)

    async def _hand_on(self, events: Sequence[EventTypeDef]) -> None:
        """What is new of a page, the oldest first."""
        fresh = []
        for event in reversed(events):
            text = event.get("CloudTrailEvent", "")
            if text and self._done.delivered.is_new(event.get("EventId") or text, _when(event)):
                fresh.append(text.encode("utf-8", "surrogatepass"))
        await self.feed.put(fresh)

    async def _page(self, start: datetime, token: str) -> LookupEventsResponseTypeDef:
        async def call() -> LookupEventsResponseTypeDef:
            client = await self._access.client("cloudtrail")
            if token:
                return await client.lookup_events(StartTime=start, NextToken=token)
            self._begun = self._now()
            return await client.lookup_events(StartTime=start)

        return await self._asking.ask(call)


@dataclass
class Progress:
    """How far events were handed on."""

    complete: float
    """Seconds: everything up to here was, unless it comes late."""
    delivered: Delivered


class Delivered:
    """Which events were handed on. Of those before the horizon nothing is kept once a reading is
    complete: nobody looks there again."""

    def __init__(self, before: Mapping[str, float] | None = None, most: int = MOST) -> None:
        """`before` are ids of events that an earlier run handed on, with their times (seconds)."""
        self._most = most
        self._horizon = float("-inf")
        self._recent = dict([*(before or {}).items()][-most:])
        self._older: dict[str, float] = {}

    def begin(self, horizon: float) -> None:
        """A reading begins; the next one begins at `horizon` (seconds)."""
        self._horizon = horizon

    def end(self) -> None:
        """The reading is complete."""
        self._older.clear()
        self._recent = {known: at for known, at in self._recent.items() if at >= self._horizon}

    def is_new(self, known: str, at: float) -> bool:
        """Whether the event of this id and time was not handed on yet; from now on it was."""
        if known in self._recent or known in self._older:
            return False
        kept = self._recent if at >= self._horizon else self._older
        kept[known] = at
        if len(kept) > self._most:
            del kept[next(iter(kept))]
        return True


def _when(event: EventTypeDef) -> float:
    """Seconds; an event without a time is as recent as can be."""
    time = event.get("EventTime")
    return time.timestamp() if time is not None else float("inf")
