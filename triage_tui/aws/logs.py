"""CloudWatch Logs of one account and region: which groups there are, and who tails them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from triage_tui import precedence
from triage_tui.health import HealthState

from .around import GroupName, Surroundings
from .feed import Feed, feed_key
from .globs import Globs
from .group import Legacy, LogGroup
from .groups import WILD, account_of, arn_of, described, prefixes
from .lateness import LATENESS
from .need import partition
from .pace import Backoff, Budget
from .restart import restarted
from .seen import Room, Seen
from .settings import seconds
from .tail import TailSession
from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from types_aiobotocore_logs.type_defs import LogGroupTypeDef

    from .access import Access
    from .memory import Memory
    from .pace import Sleep
    from .settings import LogsSettings

DISCOVERY = 60.0
"""Seconds between two looks for new log groups."""
LOOKED_AT = 0.25
"""Seconds between two looks at how far behind groups are."""
_DESCRIBES = 5.0
"""DescribeLogGroups a second."""


class Logs:
    """Tails every log group that the settings name, new ones too."""

    def __init__(
        self,
        access: Access,
        settings: LogsSettings,
        announce: Callable[[Feed], None],
        *,
        wall: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        memory: Memory | None = None,
        read_by: Callable[[str], str] = lambda _arn: "",
        gives_way: Callable[[], bool] = precedence.nobody,
        globs: Globs | None = None,
        legacies: dict[str, Legacy] | None = None,
    ) -> None:
        """`announce` hears of each feed as it appears; `memory` is what an earlier run had. `ticks`
        are seconds that never go back. `read_by` tells who reads a group already: two profiles may
        lead to one account, and a monitoring account sees those that its source accounts see.
        While it `gives_way`, nothing is taken in. `globs`, and the `legacies` (by ARN) of
        groups that are left to others, are shared by all who look."""
        budget = Budget(settings.requests_per_second, ticks=ticks, sleep=sleep)
        self._around = Surroundings(access, settings, budget, wall, sleep, gives_way)
        self._describes = Budget(_DESCRIBES, ticks=ticks, sleep=sleep)
        self._announce = announce
        self._memory = memory
        self._read_by = read_by
        self._room = memory.room if memory else Room()
        self._globs = globs or Globs(settings)
        self._legacies = {} if legacies is None else legacies
        self.groups: dict[str, LogGroup] = {}
        """By ARN."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By ARN, what keeps each complete."""
        self._left: dict[str, str] = {}
        """By ARN, groups that somebody else reads, and who."""
        self._given: set[str] = set()
        """ARNs of those that were left to others for good."""
        self._described: dict[str, LogGroupTypeDef] = {}
        """By ARN, how each was listed last."""
        self._sessions: list[TailSession] = []
        self.feed = Feed("log groups", place=str(access.scope), origin="", wall=wall)
        self.feed.health.is_search = True
        """Tells how the looking for groups goes; it brings no events."""

    async def run(self) -> None:
        """Tails until it is cancelled. Never raises for what is wrong outside."""
        if not self._around.settings.groups:
            return
        self._announce(self.feed)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_at_groups())
            await restarted(self.feed, lambda: self._discover(tasks), self._around.sleep)

    def tailed(self) -> set[str]:
        """ARNs of the groups that are tailed or polled."""
        return set(self.groups)

    async def _look_at_groups(self) -> None:
        while True:
            await self._around.sleep(LOOKED_AT)
            for group in self.groups.values():
                group.look()

    # -- which groups ----------------------------------------------------------------------------

    async def _discover(self, tasks: asyncio.TaskGroup) -> None:
        """Looks for groups now and then."""
        backoff = Backoff()
        while True:
            try:
                found = await self._matching()
            except CALL_ERRORS as error:
                await self._without(tasks, error, backoff)
                continue
            backoff.reset()
            self.feed.answered()
            self._begin(found, tasks)
            count = len(self.groups)
            every = f"looked for every {DISCOVERY:g} s"
            note = f"{count:,} match" if count else "none matches yet"
            self.feed.is_now(HealthState.POLLING, f"{note}; {self._others()}{every}")
            await self._around.sleep(DISCOVERY)

    async def _without(
        self, tasks: asyncio.TaskGroup, error: BaseException, backoff: Backoff
    ) -> None:
        """Groups cannot be looked for: those that are named outright are tailed all the same."""
        found = self._around.access.trouble(error)
        self.feed.failed(found)
        denied = found.kind in (Kind.DENIED, Kind.CREDENTIALS)
        state = HealthState.DENIED if denied else HealthState.STALE
        if found.kind is Kind.THROTTLED:
            self._describes.refused()
            state = HealthState.THROTTLED
        self.feed.is_now(state, "tried again and again")
        pause = backoff.pause()
        if found.kind is Kind.CREDENTIALS:
            await self._around.access.locked_out(found, pause, self._around.sleep)
            return
        if found.kind is Kind.DENIED:
            self._begin(await self._named(), tasks)
        await self._around.sleep(pause)

    async def _matching(self) -> list[GroupName]:
        """Every group there is that is wanted."""
        found: dict[str, GroupName] = {}
        names = set()
        for prefix in prefixes(self._around.settings.groups):
            account = await self._around.access.account()
            async for each in described(
                self._around.access,
                prefix,
                self._describes,
                linked=self._around.settings.linked,
            ):
                arn, name = arn_of(each), each.get("logGroupName", "")
                names.add(name)
                if self._globs.take(name):
                    self._described[arn] = each
                    whose = account_of(arn) or account
                    found[arn] = GroupName(name, arn, whose, whose != account)
        self._globs.looked(self.feed.health, names)
        return list(found.values())

    async def _named(self) -> list[GroupName]:
        """The groups whose whole names are known."""
        try:
            account = await self._around.access.account()
        except CALL_ERRORS as error:
            self.feed.failed(self._around.access.trouble(error))
            return []
        region = self._around.access.scope.region
        home = f"arn:{partition(region)}:logs:{region}:{account}:log-group"
        names = [name for name in self._around.settings.groups if not WILD.search(name)]
        return [GroupName(name, f"{home}:{name}", account) for name in names]

    # -- who tails them --------------------------------------------------------------------------

    def _begin(self, names: Iterable[GroupName], tasks: asyncio.TaskGroup) -> None:
        """Tails what is not tailed yet."""
        for name in names:
            if name.arn not in self.groups and not self._is_left(name.arn):
                self._take_up(name, tasks)
            if name.arn in self.groups and name.arn in self._described:
                self.groups[name.arn].describe(self._described[name.arn])

    def _is_left(self, arn: str) -> bool:
        """Whether somebody else reads it."""
        reads = "another profile" if arn in self._given else self._read_by(arn)
        if reads:
            self._left[arn] = reads
        else:
            self._left.pop(arn, None)
        return bool(reads)

    def _others(self) -> str:
        """Who reads the groups that match as well: `4 more are read as prod eu-west-1; `."""
        if not self._left:
            return ""
        who = ", ".join(sorted(set(self._left.values())))
        return f"{len(self._left):,} more {'is' if len(self._left) == 1 else 'are'} read as {who}; "

    def make_way(self, arn: str) -> bool:
        """Leaves a group to somebody else who sees it, where it may not be read from here and never
        was, or nobody lets us in any more."""
        group = self.groups[arn]
        if group.is_locked_out:
            self._legacies[arn] = group.legacy
        elif group.is_shut_out:
            self._given.add(arn)
        else:
            return False
        del self.groups[arn]
        self._tasks.pop(arn).cancel()
        for session in self._sessions:
            session.leave(group)
        group.feed.health.lockout = None
        group.feed.is_now(HealthState.ENDED, "left to another profile, which sees it as well")
        group.feed.end()
        return True

    def _take_up(self, name: GroupName, tasks: asyncio.TaskGroup) -> None:
        group = self.groups[name.arn] = self._group(name)
        self._announce(group.feed)
        self._tasks[name.arn] = tasks.create_task(
            restarted(group.feed, group.keep_complete, self._around.sleep)
        )
        if self._around.settings.tail == "poll":
            group.why_polled = "as the settings say"
        else:
            self._tail(group, tasks)

    def _group(self, name: GroupName) -> LogGroup:
        legacy = self._legacies.pop(name.arn, None)
        if legacy is not None:
            return LogGroup(name, self._around, legacy.since, legacy.seen)
        now = self._around.now()
        start, seen = now - 1000 * seconds(self._around.settings.since), None
        if self._memory is not None:
            origin = f"logs {self._around.access.scope.region}"
            seen = self._memory.seen(origin, name.identifier)
            complete = self._memory.complete(feed_key(origin, name.name))
            if seen is not None:
                start = min(now, seen.newest - LATENESS)
            if complete is not None:
                start = min(start, complete // 1_000_000 - LATENESS)
        return LogGroup(name, self._around, start, seen or Seen(self._room))

    def _tail(self, group: LogGroup, tasks: asyncio.TaskGroup) -> None:
        """Puts the group into a session, a new one if need be: they are billed each."""
        for session in self._sessions:
            if session.has_room:
                session.join(group)
                return
        most = self._around.settings.tail_sessions
        if len(self._sessions) >= most:
            group.why_polled = f"all {most} Live Tail sessions are full"
            return
        session = TailSession(self._around, [group])
        self._sessions.append(session)
        tasks.create_task(restarted(group.feed, session.run, self._around.sleep))
