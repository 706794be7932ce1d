"""What a look into the past consists of: queries of some log groups, look-ups at a trail. Each
fills a feed of its own, step by step."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.past import PastError, size

from . import answers, insights
from .logrecord import record
from .pace import Backoff, Budget
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from types_aiobotocore_cloudtrail.type_defs import EventTypeDef

    from triage_tui.past import Progress

    from .access import Access
    from .feed import Feed
    from .history import History
    from .insights import Lane, Window
    from .pace import Sleep
    from .settings import HistorySettings
    from .trouble import Trouble

QUERIES_PER_SECOND = 5.0
LOOKUPS_PER_SECOND = 1.0
"""Half of the quota: what is live looks up as well."""
TRIES = 6
"""Of a call that may go well the next time; of a query that fails."""
_SLICE = 500
"""Rows that are handed on at once."""
_RUNNING = ("Scheduled", "Running")


class Group(NamedTuple):
    arn: str
    stored: int
    age: float
    """Seconds over which it holds what is stored."""


class Site:
    """One account and region."""

    def __init__(self, access: Access, settings: HistorySettings, sleep: Sleep) -> None:
        self.access = access
        self.groups: list[Group] = []
        self.queries = asyncio.Semaphore(settings.queries)
        self.budget = Budget(QUERIES_PER_SECOND, sleep=sleep)
        self.lookup_budget = Budget(LOOKUPS_PER_SECOND, sleep=sleep)


class Unanswered(Exception):
    """A call that nobody answers."""

    def __init__(self, found: Trouble, place: str) -> None:
        super().__init__(f"{place}: {found.told}")
        self.trouble = found


class Work(ABC):
    """Something that is read, with its own feed."""

    feed: Feed
    done = 0.0
    """From 0 to 1."""

    @abstractmethod
    def steps(self) -> AsyncIterator[None]:
        """Reads on, step by step."""


class Queries(Work):
    """Some log groups of one account and region."""

    def __init__(
        self,
        history: History,
        site: Site,
        feed: Feed,
        progress: Progress,
        most: int,
        arns: Sequence[str],
        where: str,
        lanes: Sequence[Lane],
    ) -> None:
        self.feed = feed
        self._history = history
        self._site = site
        self._progress = progress
        self._most = most
        self._arns = arns
        self._where = where
        self._lanes = lanes

    async def steps(self) -> AsyncIterator[None]:
        """Every lane side by side."""
        news: asyncio.Queue[None] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._follow(lane, news)) for lane in self._lanes]
            while not all(task.done() for task in running):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await news.get()
                self.done = sum(lane.done for lane in self._lanes) / len(self._lanes)
                yield
        self.done = 1.0
        yield

    async def _follow(self, lane: Lane, news: asyncio.Queue[None]) -> None:
        failures = 0
        while (window := lane.window()) is not None:
            try:
                async with self._site.queries:
                    rows = await self._query(window)
            except Unanswered as error:
                self._give_up(str(error), window)
                return
            if rows is None:
                failures += 1
                if failures == TRIES or not lane.narrow():
                    self._give_up("queries fail again and again", window)
                    return
                continue
            failures = 0
            fresh = lane.take(window, rows)
            for start in range(0, len(fresh), _SLICE):
                some = fresh[start : start + _SLICE]
                await self.feed.put([record(event, event.group) for event in some])
            self._progress.records += len(fresh)
            if self._progress.scanned > self._most:
                raise PastError(
                    f"stopped: {size(self._progress.scanned)} were scanned, more than was "
                    "estimated and allowed; what was found is there"
                )
            news.put_nowait(None)
        for at in lane.overfull:
            when = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            self._progress.problems.append(
                f"{self._site.access.scope}: not all of {when}Z: one millisecond holds more than "
                f"{insights.LIMIT:,} records"
            )

    def _give_up(self, why: str, window: Window) -> None:
        since = datetime.fromtimestamp(window.end / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
        self._progress.problems.append(f"nothing was read before {since}: {why}")

    async def _query(self, window: Window) -> list[insights.Row] | None:
        """The rows of a window; None where the query failed."""
        history, site = self._history, self._site
        start, end = insights.seconds(window)

        async def begin() -> str:
            client = await site.access.client("logs")
            starting = asyncio.ensure_future(
                client.start_query(
                    logGroupIdentifiers=list(self._arns),
                    startTime=start,
                    endTime=end,
                    queryString=insights.phrase(self._where, window),
                    limit=insights.LIMIT,
                )
            )
            try:
                return (await asyncio.shield(starting))["queryId"]
            except asyncio.CancelledError:  # it may have begun all the same
                with contextlib.suppress(*CALL_ERRORS):
                    await self._stop((await starting)["queryId"])
                raise

        query_id = await history.ask(site, site.budget, begin)
        self._progress.queries += 1
        ended = False
        try:
            pause = Backoff(0.25, 2.0)
            while True:
                await history.pause(pause.pause())

                async def look() -> answers.Results:
                    return await answers.results(await site.access.client("logs"), query_id)

                answer = await history.ask(site, site.budget, look)
                if answer.status not in _RUNNING:
                    ended = True
                    break
        finally:
            if not ended:
                await asyncio.shield(self._stop(query_id))
        self._progress.scanned += int(answer.statistics.bytesScanned)
        if answer.status != "Complete":
            return None
        return await asyncio.to_thread(insights.rows, answer.results)

    async def _stop(self, query_id: str) -> None:
        """Nobody waits for it any more, and it costs."""
        with contextlib.suppress(*CALL_ERRORS):
            client = await self._site.access.client("logs")
            await client.stop_query(queryId=query_id)


class Lookups(Work):
    """The trail of one account and region, by one attribute."""

    def __init__(
        self,
        history: History,
        site: Site,
        feed: Feed,
        progress: Progress,
        attribute: tuple[str, str],
        since: float,
        until: float,
    ) -> None:
        self.feed = feed
        self._history = history
        self._site = site
        self._progress = progress
        self._attribute = attribute
        self._since = since
        self._until = until

    async def steps(self) -> AsyncIterator[None]:
        """Page by page, newest first."""
        token = ""
        while True:
            try:
                page, token = await self._page(token)
            except Unanswered as error:
                self._progress.problems.append(f"CloudTrail: {error}")
                break
            found = [
                text.encode("utf-8", "surrogatepass")
                for event in reversed(page)
                if (text := event.get("CloudTrailEvent", ""))
            ]
            await self.feed.put(found)
            self._progress.records += len(found)
            if page and (oldest := page[-1].get("EventTime")) is not None:
                whole = max(1.0, self._until - self._since)
                self.done = min(1.0, max(self.done, (self._until - oldest.timestamp()) / whole))
            yield
            if not token:
                break
        self.done = 1.0
        yield

    async def _page(self, token: str) -> tuple[Sequence[EventTypeDef], str]:
        key, value = self._attribute

        async def call() -> tuple[Sequence[EventTypeDef], str]:
            client = await self._site.access.client("cloudtrail")
            asked: dict[str, object] = {
                "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
                "StartTime": datetime.fromtimestamp(self._since, UTC),
                "EndTime": datetime.fromtimestamp(self._until, UTC),
            }
            if token:
                asked["NextToken"] = token
            answer = await client.lookup_events(**asked)  # type: ignore[arg-type] # as put together
            return answer["Events"], answer.get("NextToken", "")

        return await self._history.ask(self._site, self._site.lookup_budget, call)
