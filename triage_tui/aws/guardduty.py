"""GuardDuty of one account and region: every version of every finding, as it is updated.

A finding is updated in place: what tells its versions apart is `UpdatedAt`, and the address in it
is that of the newest actor alone. So each update is fetched, and handed on as a record of its own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING

from triage_tui.health import HealthState

from .asking import LOOK_AGAIN, Asking
from .duties import NONE
from .feed import Feed
from .pace import Backoff, Budget
from .restart import restarted
from .settings import seconds
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from types_aiobotocore_guardduty import GuardDutyClient
    from types_aiobotocore_guardduty.type_defs import (
        FindingTypeDef,
        GetFindingsResponseTypeDef,
        ListFindingsResponseTypeDef,
    )

    from .access import Access
    from .duties import Duties
    from .memory import Memory
    from .pace import Sleep
    from .settings import GuardDutySettings

AT_ONCE = 50
"""Findings in a page of ListFindings, and in one call of GetFindings (both are the most)."""
OVERLAP = 15 * 60_000
"""Milliseconds that are listed again: an update may become visible after a later one, and our clock
may be ahead by as much as a signature allows."""
MOST = 50_000
"""Versions that are remembered."""
_CALLS = 10.0
"""Requests a second."""


class GuardDuty:
    """Finds the detector of a scope, and follows it."""

    def __init__(
        self,
        access: Access,
        settings: GuardDutySettings,
        announce: Callable[[Feed], None],
        *,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        memory: Memory | None = None,
        duties: Duties = NONE,
        wanted: Sequence[str] = (),
    ) -> None:
        """`memory` is what an earlier run had; `wanted` are findings that are fetched first,
        however old; `duties` tell whether another scope reads the same account."""
        self._access = access
        self._settings = settings
        self._announce = announce
        self._wall = wall
        self._sleep = sleep
        origin = f"guardduty {access.scope.region}"
        self.feed = Feed("guardduty", place=str(access.scope), origin=origin, wall=wall)
        budget = Budget(_CALLS, ticks=ticks, sleep=sleep)
        note = f"reading what was updated in the last {settings.since}"
        self._duty = duties.of("guardduty", access, self.feed)
        self._asking = Asking(
            self.feed, access, budget, sleep, note=note, complete=self._reached, duty=self._duty
        )
        self._known = Versions(self._now() - 1000 * seconds(settings.since))
        if memory is not None:
            self._known.remember(memory.findings(origin))
            complete = memory.complete(self.feed.key)
            if complete is not None:
                self._known.since = min(self._known.since, complete // 1_000_000)
        self._wanted = [*wanted]
        self._calls = 0
        """Of the poll that is going on."""
        self._begun = 0
        """When its first page was asked for that came (milliseconds)."""

    async def run(self) -> None:
        """Follows the findings until it is cancelled. Never raises for what is wrong outside."""
        if not self._settings.enabled:
            return
        self._announce(self.feed)
        await restarted(self.feed, self._follow, self._sleep)

    def _now(self) -> int:
        """Milliseconds, as the API has it."""
        return self._wall() // 1_000_000

    def _reached(self) -> int:
        """Nanoseconds."""
        return self._known.since * 1_000_000

    async def _follow(self) -> None:
        backoff = Backoff()
        while True:
            try:
                pause = await self._poll()
                backoff.reset()
            except CALL_ERRORS:  # a page's token is too old, or GuardDuty was switched off
                pause = backoff.pause()
            await self._sleep(pause)

    async def _poll(self) -> float:
        """Fetches what was updated; gives the seconds until the next time."""
        await self._duty.wait(self._sleep)
        self._known = self._duty.shared(self._known)
        self._calls = 0
        detectors = await self._detectors()
        if not detectors:
            every = f"looked for every {LOOK_AGAIN / 60:g} min"
            self.feed.is_now(HealthState.POLLING, f"GuardDuty is not enabled here; {every}")
            self.feed.health.complete = 0
            return LOOK_AGAIN
        for detector in detectors:
            await self._fetch_wanted(detector)
            await self._fetch(detector)
        self._known.complete(self._begun)
        every = f"polled every {self._settings.poll_seconds:g} s"
        pause = self._settings.poll_seconds
        self._asking.reached(f"{every}; {self._calls} calls a poll, no charge", pause)
        return pause

    async def _fetch_wanted(self, detector: str) -> None:
        """Hands on what somebody asks for, where it is here."""
        if self._wanted:
            try:
                found = (await self._get(detector, self._wanted))["Findings"]
            except CALL_ERRORS:  # it is another detector's
                found = []
            await self.feed.put([_record(each) for each in found if self._known.is_new(each)])
            self._wanted = []

    async def _fetch(self, detector: str) -> None:
        """Hands on all findings of a detector that were updated lately."""
        token = ""
        while True:
            page = await self._page(detector, token)
            if page["FindingIds"]:
                await self._hand_on(detector, page["FindingIds"])
            token = page.get("NextToken", "")
            if not token:
                return

    async def _hand_on(self, detector: str, ids: Sequence[str]) -> None:
        """What is new of these; what vanished in between is asked for once more, then counted."""
        missing = list(ids)
        for _ in range(2):
            answer = await self._get(detector, missing)
            found = answer["Findings"]
            await self.feed.put([_record(each) for each in found if self._known.is_new(each)])
            given = {each["Id"] for each in found}
            missing = [each for each in missing if each not in given]
            if not missing:
                break
        self._known.vanished(missing)
        self.feed.health.missing = self._known.missing

    # -- calls -----------------------------------------------------------------------------------

    async def _client(self) -> GuardDutyClient:
        """Asked for anew by each attempt: it is another one after new credentials."""
        self._calls += 1
        return await self._access.client("guardduty")

    async def _detectors(self) -> list[str]:
        """At most one: a region has no more."""

        async def call() -> list[str]:
            client = await self._client()
            return (await client.list_detectors())["DetectorIds"]

        return await self._asking.ask(call)

    async def _page(self, detector: str, token: str) -> ListFindingsResponseTypeDef:
        """Newest first. What is updated meanwhile comes to the front: that moves nothing from a
        page yet to come to one that was read, and the next poll finds it there."""
        more = {"NextToken": token} if token else {}
        since = self._known.since - OVERLAP

        async def call() -> ListFindingsResponseTypeDef:
            client = await self._client()
            if not token:
                self._begun = self._now()
            return await client.list_findings(
                DetectorId=detector,
                FindingCriteria={"Criterion": {"updatedAt": {"GreaterThanOrEqual": since}}},
                SortCriteria={"AttributeName": "updatedAt", "OrderBy": "DESC"},
                MaxResults=AT_ONCE,
                **more,
            )

        return await self._asking.ask(call)

    async def _get(self, detector: str, ids: Sequence[str]) -> GetFindingsResponseTypeDef:
        async def call() -> GetFindingsResponseTypeDef:
            client = await self._client()
            return await client.get_findings(DetectorId=detector, FindingIds=ids)

        return await self._asking.ask(call)


class Versions:
    """Which versions of which findings were handed on, and since when all were."""

    def __init__(self, since: int, most: int = MOST) -> None:
        """Milliseconds: what was updated before is none of our business."""
        self.since = since
        self.missing = 0
        """Findings that were listed, and could not be had so far."""
        self._most = most
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._vanished: OrderedDict[str, None] = OrderedDict()

    def remember(self, versions: Mapping[tuple[str, str], float]) -> None:
        """These were handed on by an earlier run, up to the newest; seconds of each update."""
        for version in [*versions][-self._most :]:
            self._known[version] = None
        if versions:
            self.since = min(self.since, int(max(versions.values()) * 1000))

    def is_new(self, finding: FindingTypeDef) -> bool:
        """Whether this version was not handed on yet; from now on it was."""
        version = finding["Id"], finding["UpdatedAt"]
        if finding["Id"] in self._vanished:
            del self._vanished[finding["Id"]]
            self.missing -= 1
        if version in self._known:
            self._known.move_to_end(version)
            return False
        self._known[version] = None
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return True

    def vanished(self, ids: Iterable[str]) -> None:
        """These are listed, and cannot be had; each counts once."""
        for each in ids:
            if each not in self._vanished:
                self._vanished[each] = None
                self.missing += 1
        while len(self._vanished) > self._most:
            self._vanished.popitem(last=False)

    def complete(self, until: int) -> None:
        """Everything that was updated before `until` (milliseconds) was handed on."""
        self.since = max(self.since, until)


def _record(finding: FindingTypeDef) -> bytes:
    """The finding as GetFindings gives it."""
    return json.dumps(finding, default=_plain, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    """The times in an attack sequence, which the client reads as such."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
