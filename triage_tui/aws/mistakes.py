"""What is permitted and yet will not work: what the settings name is not there, or is somewhere
else. Judged over all accounts and regions together, for a group need not be in each of them."""

from __future__ import annotations

import asyncio
import difflib
import re
from fnmatch import translate
from typing import TYPE_CHECKING

from triage_tui.health import Checked, CheckState

from .access import regions_of
from .account_probes import misplaced
from .ground import TAILED
from .groups import WILD
from .need import partition
from .tail import WIDEST
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .access import Scope
    from .checks import ScopeCheck
    from .ground import Group
    from .need import Configured

SESSIONS = 15
"""Live Tail sessions in one account and region (a quota, which AWS may have raised)."""
PATIENCE = 20.0
"""Seconds for the search in other regions."""
_AT_ONCE = 8
_HUNTS = 3
"""Globs that are looked for in other regions: of a whole list that matches nothing, the first tell
as much."""
_GLOBAL = "us-east-1"
"""Where events of IAM, of sign-ins and of other services without a region are."""


class Mistakes:
    """Implements `ports.Check`, over scopes that were checked before it."""

    name = "all accounts and regions"

    def __init__(self, scopes: Sequence[ScopeCheck], configured: Configured) -> None:
        self._scopes = scopes
        self._configured = configured
        self._hunts = _HUNTS

    async def run(self) -> Sequence[Checked]:
        """What is wrong, and what is worth knowing; empty where nothing is."""
        found: list[Checked] = []
        if not self._configured.logs.groups:
            found.append(_no_groups())
        for glob in self._configured.logs.groups:
            found += await self._glob(glob)
        for each in self._scopes:
            found += _tails(each)
            found += _stopped_trails(each)
        found += misplaced(self._scopes)
        return [*found, *self._guardduty(), *self._inspector(), *self._global_events()]

    # -- log groups ------------------------------------------------------------------------------

    async def _glob(self, glob: str) -> list[Checked]:
        """A glob that nothing matches anywhere; where something could not be listed, nobody
        knows."""
        if not self._scopes or any(each.ground.groups is None for each in self._scopes):
            return []
        if any(each.ground.matching(glob) for each in self._scopes):
            return []
        places = ", ".join(each.name for each in self._scopes)
        words = f"no log group matches {glob} in {places}"
        return [Checked(CheckState.FAILS, "logs", glob, "", words, await self._cure(glob))]

    async def _cure(self, glob: str) -> str:
        elsewhere = await self._elsewhere(glob)
        if elsewhere:
            scope, name = elsewhere
            return f"{name} is in {scope.region}: add that to aws.regions"
        near = await self._nearest(glob)
        return (
            f"did you mean {near}?" if near else "see its name with: aws logs describe-log-groups"
        )

    async def _elsewhere(self, glob: str) -> tuple[Scope, str] | None:
        """The first other region in which a group matches, as far as one may look there."""
        if not self._hunts:
            return None
        self._hunts -= 1
        asked = {each.access.scope for each in self._scopes}
        first = {each.access.scope._replace(region=""): each for each in reversed(self._scopes)}
        room = asyncio.Semaphore(_AT_ONCE)
        hunts = []
        for whose, each in first.items():
            of = partition(each.access.scope.region)
            hunts += [
                _hunt(each, region, glob, room)
                for region in await asyncio.to_thread(regions_of, "logs", of)
                if whose._replace(region=region) not in asked
            ]
        try:
            async with asyncio.timeout(PATIENCE):
                return next(filter(None, await asyncio.gather(*hunts)), None)
        except TimeoutError:
            return None

    async def _nearest(self, glob: str) -> str:
        """The group whose name is most like what was meant."""
        head = WILD.split(glob, maxsplit=1)[0]
        names: list[str] = []
        for each in self._scopes:
            names += await each.ground.names(head)
        return next(iter(difflib.get_close_matches(glob.rstrip("*"), names, 1, 0.7)), "")

    # -- what is not switched on -----------------------------------------------------------------

    def _guardduty(self) -> list[Checked]:
        """Where there is no detector. Somewhere at least there has to be one."""
        without = [each for each in self._scopes if each.ground.detector == ""]
        is_anywhere = any(each.ground.detector for each in self._scopes)
        return [
            Checked(
                CheckState.WARNING if is_anywhere else CheckState.FAILS,
                "guardduty",
                "detector",
                each.name,
                "GuardDuty is not enabled here: there are no findings",
                f"enable GuardDuty in {each.access.scope.region}, or say enabled = false under "
                "[guardduty]",
            )
            for each in without
        ]

    def _inspector(self) -> list[Checked]:
        """Where Inspector looks at nothing that is of interest."""
        return [
            Checked(
                CheckState.WARNING,
                "inspector",
                "scanning",
                each.name,
                "Inspector looks at neither functions nor images here: there are no findings",
                f"switch on Lambda or ECR scanning in {each.access.scope.region}, or say "
                "enabled = false under [inspector]",
            )
            for each in self._scopes
            if each.ground.inspected is not None and not each.ground.inspected
        ]

    def _global_events(self) -> list[Checked]:
        """LookupEvents knows the events of its own region alone."""
        scopes = [each.access.scope for each in self._scopes]
        in_aws = [scope for scope in scopes if partition(scope.region) == "aws"]
        if self._configured.cloudtrail.lookup == "off" or not in_aws:
            return []
        if any(scope.region == _GLOBAL for scope in in_aws) or self._may_be_tailed():
            return []
        words = f"events of IAM and of sign-ins are in {_GLOBAL}, which is not among the regions"
        fix = f"add {_GLOBAL} to aws.regions, or tail the log group of the trail"
        return [Checked(CheckState.WARNING, "cloudtrail", "regions", "", words, fix)]

    def _may_be_tailed(self) -> bool:
        """Whether a log group that is tailed holds the trail, or nobody could find out."""
        if self._configured.cloudtrail.lookup == "on" or not self._configured.logs.groups:
            return False
        grounds = [each.ground for each in self._scopes]
        if any(ground.groups is None or ground.trails is None for ground in grounds):
            return True
        tailed = {arn for ground in grounds for arn in ground.groups or {}}
        return any(
            trail.get("CloudWatchLogsLogGroupArn", "").removesuffix(":*") in tailed
            for ground in grounds
            for trail in ground.trails or ()
        )


def _no_groups() -> Checked:
    return Checked(
        CheckState.WARNING,
        "logs",
        "groups",
        "",
        "no log groups are configured: none is tailed",
        "say groups = [...] under [logs], or let triage-tui config init ask you",
    )


def _tails(of: ScopeCheck) -> Iterable[Checked]:
    """What Live Tail cannot hold."""
    logs, groups = of.configured.logs, list((of.ground.groups or {}).values())
    if logs.tail == "poll":
        return
    tailed = [group for group in groups if group.log_class == TAILED]
    if len(tailed) < len(groups):
        words = f"{_some(groups, tailed)} cannot be tailed: it is of another class than {TAILED}"
        fix = f"leave it out with logs.exclude, or send it to a group of the class {TAILED}"
        yield Checked(CheckState.WARNING, "logs", "log class", of.name, words, fix)
    sessions = -(-len(tailed) // WIDEST)
    most = min(logs.tail_sessions, SESSIONS)
    if sessions > most:
        words = (
            f"{len(tailed):,} log groups need {sessions} Live Tail sessions, and "
            f"{most} may be open: {len(tailed) - most * WIDEST:,} groups are polled"
        )
        fix = "use narrower globs"
        if logs.tail_sessions < SESSIONS:
            fix += f", or raise logs.tail_sessions (AWS allows {SESSIONS} unless more was granted)"
        yield Checked(CheckState.WARNING, "logs", "Live Tail quota", of.name, words, fix)


def _some(groups: Sequence[Group], but: Sequence[Group]) -> str:
    names = [group.name for group in groups if group not in but]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _stopped_trails(of: ScopeCheck) -> Iterable[Checked]:
    for name in of.ground.stopped:
        yield Checked(
            CheckState.WARNING,
            "cloudtrail",
            "trail",
            of.name,
            f"the trail {name} is stopped: its log group gets nothing",
            "find out who stopped it; start it again with: aws cloudtrail start-logging",
        )


async def _hunt(
    of: ScopeCheck, region: str, glob: str, room: asyncio.Semaphore
) -> tuple[Scope, str] | None:
    """The first group of a region that matches; None where nobody may look, too."""
    pattern = re.compile(translate(glob))
    head = WILD.split(glob, maxsplit=1)[0]
    async with room:
        access = of.access.sibling(region)
        try:
            client = await access.client("logs")
            asked = {"logGroupNamePrefix": head} if head else {}
            page = await client.describe_log_groups(**asked)  # type: ignore[arg-type] # as put together
        except CALL_ERRORS:
            return None
        finally:
            await access.close()
    names = [group.get("logGroupName", "") for group in page["logGroups"]]
    return next(((access.scope, name) for name in names if pattern.match(name)), None)
