"""CloudTrail of one account and region by LookupEvents, where no tailed log group holds the trail.

LookupEvents knows management events alone, some minutes after they happened, newest first.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from triage_tui.health import HealthState

from .feed import Feed
from .pace import Backoff, Budget
from .restart import restarted
from .trouble import CALL_ERRORS, Kind, Trouble, trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from types_aiobotocore_cloudtrail.type_defs import LookupEventsResponseTypeDef

    from .access import Access
    from .pace import Sleep
    from .settings import CloudTrailSettings

PER_SECOND = 2.0
"""LookupEvents in one account and region (its quota)."""
LATENESS = 15 * 60.0
"""Seconds by which an event may come late."""
MOST = 100_000
"""Events that are remembered."""
LOOK_AGAIN = 300.0
"""Seconds until it is seen again whether a log group holds the trail, or whether it is allowed."""


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
    ) -> None:
        """`tailed` tells the ARNs of the log groups that are tailed; `since` is how many seconds
        back to begin."""
        self._access = access
        self._settings = settings
        self._announce = announce
        self._tailed = tailed
        self._wall = wall
        self._sleep = sleep
        self._budget = Budget(PER_SECOND, ticks=ticks, sleep=sleep)
        self._complete = self._now() - since
        self._known: OrderedDict[str, None] = OrderedDict()
        origin = f"cloudtrail {access.scope.region}"
        self.feed = Feed("cloudtrail", place=str(access.scope), origin=origin, wall=wall)

    def _now(self) -> float:
        return self._wall() / 1_000_000_000

    async def run(self) -> None:
        """Looks up until it is cancelled. Never raises for what is wrong outside."""
        if self._settings.lookup == "off":
            return
        while self._settings.lookup == "auto" and await self._is_tailed():
            await self._sleep(LOOK_AGAIN)
        self._announce(self.feed)
        await restarted(self.feed, self._follow, self._sleep)

    async def _is_tailed(self) -> bool:
        """Whether a log group that is tailed holds the trail."""
        await self._sleep(self._settings.poll_seconds)  # the groups are looked for meanwhile
        tailed = self._tailed()
        if not tailed:
            return False
        try:
            client = await self._access.client("cloudtrail")
            trails = (await client.describe_trails())["trailList"]
        except CALL_ERRORS:  # their names tell, in most accounts
            return any("cloudtrail" in arn.lower() for arn in tailed)
        homes = {trail.get("CloudWatchLogsLogGroupArn", "").removesuffix(":*") for trail in trails}
        return not homes.isdisjoint(tailed)

    async def _follow(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._look_up()
                backoff.reset()
                pause = self._settings.poll_seconds
            except CALL_ERRORS as error:
                pause = await self._after(trouble(error), backoff)
            self.feed.health.behind = int((self._now() - self._complete) * 1_000_000_000)
            await self._sleep(pause)

    async def _look_up(self) -> None:
        """Every event since the last complete reading, with the lateness before it. Pages come
        newest first: only the last one completes them."""
        begun, token = self._now(), ""
        start = datetime.fromtimestamp(self._complete - LATENESS, UTC)
        while True:
            page = await self._page(start, token)
            self.feed.answered()
            self._budget.granted()
            fresh = [
                each["CloudTrailEvent"].encode("utf-8", "surrogatepass")
                for each in reversed(page["Events"])
                if self._is_new(each.get("EventId", "")) and each.get("CloudTrailEvent")
            ]
            await self.feed.put(fresh)
            token = page.get("NextToken", "")
            if not token:
                break
        self._complete = begun
        note = f"management events, looked up every {self._settings.poll_seconds:g} s"
        self.feed.is_now(HealthState.POLLING, f"{note}; they come some minutes late")

    async def _page(self, start: datetime, token: str) -> LookupEventsResponseTypeDef:
        client = await self._access.client("cloudtrail")
        while True:
            await self._budget.turn()
            try:
                if token:
                    return await client.lookup_events(StartTime=start, NextToken=token)
                return await client.lookup_events(StartTime=start)
            except CALL_ERRORS as error:
                found = trouble(error)
                if found.kind is not Kind.THROTTLED:
                    raise
                # The pages so far are not asked for again: that alone would use up the quota.
                self.feed.failed(found)
                self.feed.health.throttled += 1
                self._budget.refused()
                self.feed.is_now(HealthState.THROTTLED, "slowed down")

    def _is_new(self, event_id: str) -> bool:
        if event_id in self._known:
            self._known.move_to_end(event_id)
            return False
        self._known[event_id] = None
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return True

    async def _after(self, found: Trouble, backoff: Backoff) -> float:
        """Says what went wrong; gives the seconds until the next attempt."""
        self.feed.failed(found)
        if found.kind is Kind.CREDENTIALS:
            await self._access.renew()
        denied = found.kind in (Kind.DENIED, Kind.CREDENTIALS)
        self.feed.is_now(HealthState.DENIED if denied else HealthState.STALE, "tried again")
        return LOOK_AGAIN if found.kind is Kind.DENIED else backoff.pause()
