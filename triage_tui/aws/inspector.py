"""Amazon Inspector of one account and region: the holes in functions and images, as they change.

At first every finding is read, however old: a hole is there until somebody closes it. Those that
are closed are read too (AWS keeps them for 30 days): were they left out, one that is closed between
two pages would move all behind it up by one, past the reader. From then on what was updated is
read: it takes the place of what was said before.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .asking import Asking
from .duties import NONE
from .feed import Feed
from .pace import Backoff, Budget
from .restart import restarted
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_aiobotocore_inspector2 import Inspector2Client
    from types_aiobotocore_inspector2.type_defs import (
        BatchGetAccountStatusResponseTypeDef,
        FilterCriteriaTypeDef,
        FindingTypeDef,
        ListFindingsRequestTypeDef,
        ListFindingsResponseTypeDef,
    )

    from .access import Access
    from .duties import Duties
    from .memory import Memory
    from .pace import Sleep
    from .settings import InspectorSettings

AT_ONCE = 100
"""Findings in a page (the most that may be asked for; answers have fewer)."""
OVERLAP = 3600
"""Seconds that are listed again: an update may become visible after a later one, and our clock may
be ahead."""
MOST = 200_000
"""Versions that are remembered."""
_CALLS = 5.0
"""Requests a second."""
_RESOURCES = ("AWS_LAMBDA_FUNCTION", "AWS_ECR_CONTAINER_IMAGE")


class Inspector:
    """Follows the findings of a scope."""

    def __init__(
        self,
        access: Access,
        settings: InspectorSettings,
        announce: Callable[[Feed], None],
        *,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        memory: Memory | None = None,
        duties: Duties = NONE,
    ) -> None:
        """`memory` is what an earlier run had; `duties` tell whether another scope reads the same
        account."""
        self._access = access
        self._settings = settings
        self._announce = announce
        self._wall = wall
        self._sleep = sleep
        origin = f"inspector {access.scope.region}"
        self.feed = Feed("inspector", place=str(access.scope), origin=origin, wall=wall)
        budget = Budget(_CALLS, ticks=ticks, sleep=sleep)
        self._duty = duties.of("inspector", access, self.feed)
        note = "reading all there is"
        self._asking = Asking(
            self.feed, access, budget, sleep, note=note, complete=self._reached, duty=self._duty
        )
        self._done = Progress()
        if memory is not None:
            self._remember(memory.findings(origin))
        self._begun: float | None = None
        """When the poll that is going on was first tried: what was handed on then may have changed
        before it is tried again."""
        self._pages = 0
        """Of the poll that is going on."""

    async def run(self) -> None:
        """Follows the findings until it is cancelled. Never raises for what is wrong outside."""
        if not self._settings.enabled:
            return
        self._announce(self.feed)
        await restarted(self.feed, self._follow, self._sleep)

    def _remember(self, versions: Mapping[tuple[str, str], float]) -> None:
        for version in [*versions][-MOST:]:
            self._done.known[version] = None

    def _now(self) -> float:
        return self._wall() / 1e9

    def _reached(self) -> int:
        """Nanoseconds; 0 before anything was here."""
        return 0 if self._done.since is None else int(self._done.since * 1e9)

    async def _follow(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._poll()
                pause = self._settings.poll_seconds
                backoff.reset()
            except CALL_ERRORS:  # a page's token is too old
                pause = backoff.pause()
            await self._sleep(pause)

    async def _poll(self) -> None:
        """Fetches what was updated since the last time; at first everything."""
        await self._duty.wait(self._sleep)
        self._done = self._duty.shared(self._done)
        self._pages = 0
        if self._begun is None:
            self._begun = self._now()
        criteria = _criteria(None if self._done.since is None else self._done.since - OVERLAP)
        token = ""
        while True:
            page = await self._page(criteria, token)
            await self.feed.put([_record(each) for each in page["findings"] if self._is_new(each)])
            token = page.get("nextToken", "")
            if not token:
                break
        self._done.since, self._begun = self._begun, None
        seen = looked_at(await self._status())
        every = f"polled every {self._settings.poll_seconds:g} s; {self._pages} calls a poll"
        nothing = "; Inspector looks at neither functions nor images here"
        told = every if seen is None or seen else every + nothing
        self._asking.reached(told, self._settings.poll_seconds)

    def _is_new(self, finding: FindingTypeDef) -> bool:
        """Whether this version was not handed on yet; from now on it was."""
        version = finding["findingArn"], _plain(finding.get("updatedAt", ""))
        if version in self._done.known:
            self._done.known.move_to_end(version)
            return False
        self._done.known[version] = None
        if len(self._done.known) > MOST:
            self._done.known.popitem(last=False)
        return True

    # -- calls -----------------------------------------------------------------------------------

    async def _client(self) -> Inspector2Client:
        """Asked for anew by each attempt: it is another one after new credentials."""
        return await self._access.client("inspector2")

    async def _page(
        self, criteria: FilterCriteriaTypeDef, token: str
    ) -> ListFindingsResponseTypeDef:
        """Findings may move from page to page while they are read: what was updated meanwhile
        comes with the next poll."""
        asked: ListFindingsRequestTypeDef = {"filterCriteria": criteria, "maxResults": AT_ONCE}
        if token:
            asked["nextToken"] = token

        async def call() -> ListFindingsResponseTypeDef:
            client = await self._client()
            self._pages += 1
            return await client.list_findings(**asked)

        return await self._asking.ask(call)

    async def _status(self) -> BatchGetAccountStatusResponseTypeDef | None:
        """Whether Inspector is enabled; None where nobody says so."""
        try:
            client = await self._client()
            return await client.batch_get_account_status()
        except CALL_ERRORS:
            return None


@dataclass
class Progress:
    """How far findings were handed on."""

    known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    """Which versions were."""
    since: float | None = None
    """Seconds: everything that was updated before was; None before the first time."""


def looked_at(status: BatchGetAccountStatusResponseTypeDef | None) -> list[str] | None:
    """What Inspector looks at, in words; None where that is not known."""
    if status is None or not status["accounts"]:
        return None
    state = status["accounts"][0]["resourceState"]
    found = (("functions", state.get("lambda")), ("images", state.get("ecr")))
    return [word for word, each in found if each is not None and each["status"] == "ENABLED"]


def _criteria(since: float | None) -> FilterCriteriaTypeDef:
    """Holes in packages of functions and images, in whatever state; of all or, since so many
    seconds, those that were updated."""
    found: FilterCriteriaTypeDef = {
        "findingType": [{"comparison": "EQUALS", "value": "PACKAGE_VULNERABILITY"}],
        "resourceType": [{"comparison": "EQUALS", "value": each} for each in _RESOURCES],
    }
    if since is not None:
        found["updatedAt"] = [{"startInclusive": datetime.fromtimestamp(since, UTC)}]
    return found


def _record(finding: FindingTypeDef) -> bytes:
    """The finding as ListFindings gives it."""
    return json.dumps(finding, default=_plain, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    """Times, which the client reads as such."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
