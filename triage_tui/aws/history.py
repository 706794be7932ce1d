"""The past of an entity: what the log groups hold of it, by Logs Insights, and the trail, by
LookupEvents. What is found comes as records through feeds, like everything that is live."""

from __future__ import annotations

import asyncio
from fnmatch import translate
from itertools import pairwise
from re import compile as compiled
from typing import TYPE_CHECKING

from triage_tui.past import DOLLARS_PER_GB, Asked, Estimate, PastError, Progress, lookups, size

from . import insights
from .athena import statement
from .athena_work import Place, Table
from .feed import Feed
from .groups import arn_of, described, prefixes
from .insights import Lane, Window
from .pace import Backoff, Budget
from .past_work import TRIES, Group, Lookups, Queries, Site, Unanswered
from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TypeVar

    from .access import Access
    from .pace import Sleep
    from .past_work import Work
    from .settings import AthenaTable, HistorySettings, LogsSettings

    _Answer = TypeVar("_Answer")

GROUPS = 50
"""Log groups of one query."""
LOOKED_UP_FOR = 90 * 86_400
"""Seconds for which CloudTrail can be looked up."""
DESCRIBES = 5.0
_WAITED_OUT = (Kind.THROTTLED, Kind.LIMIT)
_PASSING = (*_WAITED_OUT, Kind.BROKEN, Kind.UNREACHABLE)


class History:
    """Implements `ports.History` over several accounts and regions."""

    def __init__(
        self,
        accesses: Sequence[Access],
        logs: LogsSettings,
        settings: HistorySettings,
        announce: Callable[[Feed], None],
        *,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        tables: Sequence[tuple[Access, AthenaTable]] = (),
    ) -> None:
        """`announce` hands a feed to the triage; `tables` are Athena's, each with its access.
        Whoever made the accesses closes them."""
        self._sites = [Site(access, settings, sleep) for access in accesses]
        self._places = [Place(access, table, sleep) for access, table in tables]
        self._bounded: list[Place] = []
        """Tables whose queries somebody ends."""
        self._logs = logs
        self._settings = settings
        self._announce = announce
        self._wall = wall
        self._sleep = sleep
        self._problems: list[str] = []

    async def estimate(self, asked: Asked) -> Estimate:
        """What would be read. Asks for the log groups alone. Raises PastError."""
        insights.condition(asked.ref)  # whether it can be looked for at all
        self._problems = []
        await asyncio.gather(*(self._find(site) for site in self._sites))
        _each_once(self._sites)
        at_most = await self._bound(asked)
        now = self._wall() / 1e9
        total = 0.0
        for site in self._sites:
            for group in site.groups:
                total += group.stored * _share(group, asked, now)
        found = lookups(asked.ref)
        return Estimate(
            groups=sum(len(site.groups) for site in self._sites),
            size=round(total),
            lookups=len(found) * len(self._sites),
            limit=self._settings.limit_bytes,
            problems=tuple(self._problems),
            tables=len(self._bounded),
            at_most=at_most,
        )

    async def run(self, asked: Asked, progress: Progress, *, limit: int | None = None) -> None:
        """Reads it; `progress` is kept up to date. Raises PastError where the estimate is beyond
        the `limit` (bytes; the settings' without one), before anything is read, and where so much
        was scanned. Cancelled, it stops its queries."""
        most = self._settings.limit_bytes if limit is None else limit
        estimate = await self.estimate(asked)
        check(estimate, most)
        progress.problems += estimate.problems
        work: list[Work] = []
        for site in self._sites:
            work += self._work(site, asked, progress, most)
        for place in self._bounded:
            feed = self._feed("history: Athena", place.access, "athena")
            work.append(Table(self, place, feed, progress, most, asked))
        if not work:
            raise PastError(
                "there is nothing to look in: no log group matches logs.groups of the config, and "
                "CloudTrail knows no addresses"
            )
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in work:
                    tasks.create_task(self._do(each, work, progress))
        except* PastError as group:
            raise _first(group) from None
        finally:
            for each in work:
                each.feed.end()
        progress.done = 1.0

    async def _bound(self, asked: Asked) -> int:
        """Bytes that the tables' queries may scan at most. What nobody limits is not asked."""
        self._bounded, total = [], 0
        for place in self._places:
            if not statement(place.table, asked):
                continue
            try:
                cutoff = await place.cutoff(self)
            except Unanswered as error:
                self._problems.append(f"{place} is left out: {error}")
                continue
            if not cutoff:
                self._problems.append(
                    f"{place} is left out: nothing limits what a query may scan; give the work "
                    f"group {place.table.workgroup!r} a BytesScannedCutoffPerQuery"
                )
                continue
            self._bounded.append(place)
            total += cutoff
        return total

    def _feed(self, name: str, access: Access, origin: str) -> Feed:
        scope = access.scope
        return Feed(name, place=str(scope), origin=f"{origin} {scope.region}", wall=self._wall)

    def _work(self, site: Site, asked: Asked, progress: Progress, most: int) -> list[Work]:
        since, until = asked.since // 1_000_000, asked.until // 1_000_000
        found: list[Work] = []
        arns = [group.arn for group in site.groups]
        for start in range(0, len(arns), GROUPS):
            feed = self._feed("history: log groups", site.access, "logs")
            some = arns[start : start + GROUPS]
            where = insights.condition(asked.ref)
            lanes = [Lane(span) for span in _spans(Window(since, until), self._settings.queries)]
            found.append(Queries(self, site, feed, progress, most, some, where, lanes))
        oldest = max(asked.since / 1e9, self._wall() / 1e9 - LOOKED_UP_FOR)
        for attribute, value in lookups(asked.ref):
            feed = self._feed("history: CloudTrail", site.access, "cloudtrail")
            found.append(
                Lookups(self, site, feed, progress, (attribute, value), oldest, asked.until / 1e9)
            )
        return found

    async def _do(self, each: Work, work: Sequence[Work], progress: Progress) -> None:
        self._announce(each.feed)
        try:
            async for _ in each.steps():
                progress.done = sum(one.done for one in work) / len(work)
        finally:
            each.feed.end()

    async def _find(self, site: Site) -> None:
        """The log groups of the config."""
        site.groups = []
        wanted = [compiled(translate(glob)) for glob in self._logs.groups]
        excluded = [compiled(translate(glob)) for glob in self._logs.exclude]
        now = self._wall() / 1e9
        budget = Budget(DESCRIBES, sleep=self._sleep)
        try:
            for prefix in prefixes(self._logs.groups):
                async for each in described(site.access, prefix, budget, linked=self._logs.linked):
                    name = each.get("logGroupName", "")
                    if not any(glob.match(name) for glob in wanted) or any(
                        glob.match(name) for glob in excluded
                    ):
                        continue
                    age = max(60.0, now - each.get("creationTime", 0) / 1000)
                    if kept := each.get("retentionInDays"):
                        age = min(age, kept * 86_400.0)
                    site.groups.append(Group(arn_of(each), each.get("storedBytes", 0), age))
        except CALL_ERRORS as error:
            found = site.access.trouble(error)
            self._problems.append(f"{site.access.scope}: {found.told}")

    async def ask(
        self, site: Site | Place, budget: Budget, call: Callable[[], Awaitable[_Answer]]
    ) -> _Answer:
        """The answer, after some tries. Raises Unanswered."""
        backoff, failures = Backoff(), 0
        while True:
            await budget.turn(again=backoff.failures > 0)
            try:
                answer = await call()
            except CALL_ERRORS as error:
                found = site.access.trouble(error)
                if found.kind is Kind.THROTTLED:
                    budget.refused()
                if (
                    found.kind not in _WAITED_OUT
                ):  # those say when it is our turn, not that it fails
                    failures += 1
                if found.kind not in _PASSING or failures > TRIES:
                    raise Unanswered(found, str(site.access.scope)) from error
                await self._sleep(backoff.pause())
                continue
            budget.granted()
            return answer

    async def pause(self, seconds: float) -> None:
        """Waits."""
        await self._sleep(seconds)


def check(estimate: Estimate, most: int) -> None:
    """Raises PastError where it would be more than is allowed."""
    if estimate.bound > most:
        tables = f" and, in Athena, {size(estimate.at_most)} at most" if estimate.tables else ""
        raise PastError(
            f"about {size(estimate.size)}{tables} would be scanned "
            f"({estimate.bound / 1e9 * DOLLARS_PER_GB:,.2f} dollars in most regions), "
            f"and {size(most)} are allowed: ask for less time, or allow more "
            "(history.limit_gb in the config, --limit-gb)"
        )


def _each_once(sites: Sequence[Site]) -> None:
    """What a monitoring account sees of another one is searched once, and billed once."""
    seen: set[str] = set()
    for site in sites:
        site.groups = [group for group in site.groups if group.arn not in seen]
        seen.update(group.arn for group in site.groups)


def _share(group: Group, asked: Asked, now: float) -> float:
    """The part of a group that lies in the time asked for."""
    begun = now - group.age
    since, until = max(asked.since / 1e9, begun), min(asked.until / 1e9, now)
    return max(0.0, min(1.0, (until - since) / group.age))


def _spans(whole: Window, most: int) -> list[Window]:
    """A span of time cut for so many lanes, none of them shorter than a lane's first window."""
    length = whole.end - whole.start
    count = max(1, min(most, length // (insights.FIRST_WINDOW * 4)))
    edges = [whole.start + length * place // count for place in range(count + 1)]
    return [Window(*pair) for pair in pairwise(edges)]


def _first(group: BaseExceptionGroup[PastError]) -> PastError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
