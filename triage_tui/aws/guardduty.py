"""GuardDuty of one account and region: every version of every finding, as it is updated.

A finding is updated in place: what tells its versions apart is `UpdatedAt`, and the address in it
is that of the newest actor alone. So each update is fetched, and handed on as a record of its own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from triage_tui.health import HealthState

from .feed import Feed
from .pace import Backoff, Budget
from .restart import restarted
from .settings import seconds
from .trouble import CALL_ERRORS, Kind, Trouble, trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from types_aiobotocore_guardduty.type_defs import FindingCriteriaTypeDef, FindingTypeDef

    from .access import Access
    from .pace import Sleep
    from .settings import GuardDutySettings

AT_ONCE = 50
"""Findings in a page of ListFindings, and in one call of GetFindings (both are the most)."""
OVERLAP = 10 * 60_000
"""Milliseconds that are listed again: an update may become visible after a later one."""
MOST = 50_000
"""Versions that are remembered."""
LOOK_AGAIN = 300.0
"""Seconds until a region without GuardDuty, or one that is denied, is looked at again."""
_CALLS = 5.0
"""Requests a second."""


class GuardDuty:
    """Finds the detectors of a scope, and follows each."""

    def __init__(
        self,
        access: Access,
        settings: GuardDutySettings,
        announce: Callable[[Feed], None],
        *,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._settings = settings
        self._announce = announce
        self._wall = wall
        self._sleep = sleep
        self._budget = Budget(_CALLS, ticks=ticks, sleep=sleep)
        origin = f"guardduty {access.scope.region}"
        self.feed = Feed("guardduty", place=str(access.scope), origin=origin, wall=wall)

    async def run(self) -> None:
        """Follows the findings until it is cancelled. Never raises for what is wrong outside."""
        if not self._settings.enabled:
            return
        self._announce(self.feed)
        await restarted(self.feed, self._follow, self._sleep)

    async def _follow(self) -> None:
        """One detector, which is the most that a region has; or none yet."""
        known, backoff = Versions(self._wall() // 1_000_000 - 1000 * self._since), Backoff()
        while True:
            try:
                pause = await self._poll(known)
                backoff.reset()
            except CALL_ERRORS as error:
                pause = await self._after(trouble(error), backoff)
            await self._sleep(pause)

    @property
    def _since(self) -> int:
        return seconds(self._settings.since)

    async def _poll(self, known: Versions) -> float:
        """Fetches what was updated; gives the seconds until the next time."""
        client = await self._access.client("guardduty")
        await self._budget.turn()
        detectors = (await client.list_detectors())["DetectorIds"]
        self.feed.answered()
        if not detectors:
            note = "GuardDuty is not enabled here; looked for every five minutes"
            self.feed.is_now(HealthState.POLLING, note)
            return LOOK_AGAIN
        begun, calls = self._wall() // 1_000_000, 1
        for detector in detectors:
            calls += await self._fetch(detector, known)
        known.complete(begun)
        self._budget.granted()
        every = self._settings.poll_seconds
        note = f"asked every {every:g} s; {calls} calls, which cost nothing"
        self.feed.is_now(HealthState.POLLING, note)
        self.feed.health.behind = (self._wall() // 1_000_000 - begun) * 1_000_000
        return every

    async def _fetch(self, detector: str, known: Versions) -> int:
        """All findings of a detector that were updated lately; how many calls that took."""
        client = await self._access.client("guardduty")
        criteria: FindingCriteriaTypeDef = {
            "Criterion": {"updatedAt": {"GreaterThanOrEqual": known.since - OVERLAP}}
        }
        token, calls = "", 0
        while True:
            await self._budget.turn()
            page = await client.list_findings(
                DetectorId=detector,
                FindingCriteria=criteria,
                SortCriteria={"AttributeName": "updatedAt", "OrderBy": "ASC"},
                MaxResults=AT_ONCE,
                NextToken=token,
            )
            calls += 1
            if page["FindingIds"]:
                calls += await self._get(detector, page["FindingIds"], known)
            token = page.get("NextToken", "")
            if not token:
                return calls

    async def _get(self, detector: str, ids: Sequence[str], known: Versions) -> int:
        """Hands on what is new of these findings; what vanishes in between is asked for once more,
        then counted."""
        client = await self._access.client("guardduty")
        missing, calls = list(ids), 0
        for _ in range(2):
            await self._budget.turn()
            answer = await client.get_findings(DetectorId=detector, FindingIds=missing)
            calls += 1
            found = answer["Findings"]
            await self.feed.put([_record(each) for each in found if known.is_new(each)])
            given = {each["Id"] for each in found}
            missing = [each for each in missing if each not in given]
            if not missing:
                break
        self.feed.health.missing += known.vanished(missing)
        return calls

    async def _after(self, found: Trouble, backoff: Backoff) -> float:
        """Says what went wrong; gives the seconds until the next attempt."""
        self.feed.failed(found)
        pause = backoff.pause()
        if found.kind is Kind.THROTTLED:
            self.feed.health.throttled += 1
            self._budget.refused()
            self.feed.is_now(HealthState.THROTTLED, "slowed down")
        elif found.kind is Kind.DENIED:
            self.feed.is_now(HealthState.DENIED, "tried again every five minutes")
            pause = LOOK_AGAIN
        elif found.kind is Kind.CREDENTIALS:
            self.feed.is_now(HealthState.DENIED, "tried again and again")
            await self._access.renew()
        else:
            self.feed.is_now(HealthState.STALE, "tried again and again")
        return pause


class Versions:
    """Which versions of which findings were handed on, and since when all were."""

    def __init__(self, since: int, most: int = MOST) -> None:
        """Milliseconds: what was updated before is none of our business."""
        self.since = since
        self._most = most
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._vanished: OrderedDict[str, None] = OrderedDict()

    def is_new(self, finding: FindingTypeDef) -> bool:
        """Whether this version was not handed on yet; from now on it was."""
        version = finding["Id"], finding["UpdatedAt"]
        self._vanished.pop(finding["Id"], None)
        if version in self._known:
            self._known.move_to_end(version)
            return False
        self._known[version] = None
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return True

    def vanished(self, ids: Iterable[str]) -> int:
        """How many of these are missing now that were not before."""
        fresh = [each for each in ids if each not in self._vanished]
        self._vanished.update(dict.fromkeys(fresh))
        while len(self._vanished) > self._most:
            self._vanished.popitem(last=False)
        return len(fresh)

    def complete(self, until: int) -> None:
        """Everything that was updated before `until` (milliseconds) was handed on."""
        self.since = max(self.since, until)


def _record(finding: FindingTypeDef) -> bytes:
    """The finding as GetFindings gives it."""
    return json.dumps(finding, default=str, separators=(",", ":")).encode()
