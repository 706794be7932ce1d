"""One probe for each permission of `needs.py` that can be tried: a call that changes nothing.

A probe raises what the call raises. What a service says about the request itself (no such group, no
such finding) shows that the caller was let in.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from typing import TYPE_CHECKING, NamedTuple

from triage_tui import statetable

from .groups import arn_of, described, prefixes
from .guard_probes import GUARD_PROBES
from .inspector import looked_at
from .need import Home
from .pace import Budget
from .reach import skew
from .remedy_probes import REMEDY_PROBES
from .set_probes import list_sets, read_sets
from .tail import WIDEST
from .trouble import CALL_ERRORS, Kind, trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from types_aiobotocore_cloudtrail.type_defs import TrailTypeDef

    from triage_tui.respond.settings import Scope

    from .access import Access
    from .need import Configured
    from .pace import Sleep
    from .set_probes import FoundSet, NamedSet

    Probe = Callable[["Ground"], Awaitable[str]]
    """Gives what was found, in words. Raises one of `CALL_ERRORS`, or Untried."""

NOBODY = "triage-tui-doctor"
"""Stands for a glob's `*` where no group matches: there is none of that name."""
TAILED = "STANDARD"
"""The class of log groups that Live Tail takes."""
_NO_FINDING = 32 * "0"
_DESCRIBES = 5.0
_NEAR = 500
"""Log groups among which a name is looked for."""


class Untried(Exception):
    """A probe that cannot be made, and why."""


class Group(NamedTuple):
    """A log group that a glob matches."""

    name: str
    arn: str
    log_class: str = TAILED


class Ground:
    """What the probes of one scope have learnt so far: later ones build on it."""

    def __init__(
        self, access: Access, configured: Configured, *, wall: Callable[[], float], sleep: Sleep
    ) -> None:
        """`wall` tells the time in seconds."""
        self.access = access
        self.configured = configured
        self.wall = wall
        self.budget = Budget(_DESCRIBES, sleep=sleep)
        self.account = ""
        self.groups: dict[str, Group] | None = None
        """Those that are wanted, by ARN; None where they could not be listed."""
        self.detector: str | None = None
        """"" where there is none; None where it could not be asked."""
        self.finding = _NO_FINDING
        self.inspected: Sequence[str] | None = None
        """What Inspector looks at, in words; None where it could not be asked."""
        self.trails: Sequence[TrailTypeDef] | None = None
        """None where they could not be asked."""
        self.stopped: list[str] = []
        """Names of trails that do not log."""
        self.sets: Mapping[NamedSet, FoundSet] | None = None
        """The IP sets that blocklists name and that are there; None where they could not be
        listed."""
        self.families: dict[NamedSet, int] = {}
        """4 or 6, of those that could be read."""
        self.web_acls: dict[Scope, tuple[str, str, str]] = {}
        """(name, id, ARN) of one web ACL of each scope."""
        self.trusted: dict[str, str] = {}
        """The id of one trusted list of each kind."""
        self.skew: float | None = None
        """Seconds by which our clock is ahead; None while nobody has answered."""

    def heard(self, answer: Mapping[str, object]) -> None:
        """A service has answered, or refused: what its date says."""
        ahead = skew(answer, self.wall())
        if ahead is not None and (self.skew is None or abs(ahead) < abs(self.skew)):
            self.skew = ahead

    def matching(self, glob: str) -> list[Group]:
        """The groups that one glob names, as far as they could be listed."""
        pattern = re.compile(translate(glob))
        return [each for each in (self.groups or {}).values() if pattern.match(each.name)]

    def targets(self, *, tailed: bool = False) -> list[Group]:
        """One group for each glob: the first that matches (and can be `tailed`), else one that
        would. Raises Untried."""
        found: dict[str, Group] = {}
        for glob in self.configured.logs.groups:
            matching = self.matching(glob)
            fit = [each for each in matching if not tailed or each.log_class == TAILED]
            if fit or not matching:
                [group, *_] = fit or [self._stand_in(glob)]
                found[group.arn] = group
        return list(found.values())

    async def names(self, prefix: str) -> list[str]:
        """Names of log groups that begin like this one, or like its folder: some that may have been
        meant. None where they cannot be listed."""
        folder = prefix.rstrip("/").rpartition("/")[0]
        found: list[str] = []
        with contextlib.suppress(*CALL_ERRORS):
            async for each in described(self.access, folder, self.budget):
                found.append(each.get("logGroupName", ""))
                if len(found) == _NEAR:
                    break
        return found

    def casebook(self) -> str:
        """The table of the casebook. Raises Untried."""
        if self.configured.casebook is None:
            raise Untried("no table is configured")
        return self.configured.casebook.name

    def known_detector(self) -> str:
        """The detector's id. Raises Untried."""
        if self.detector is None:
            raise Untried("which detector there is could not be asked")
        if not self.detector:
            raise Untried("there is no detector: GuardDuty is not enabled here")
        return self.detector

    def _stand_in(self, glob: str) -> Group:
        if not self.account:
            raise Untried("whose account it is could not be found out")
        name = re.sub(r"\[[^\]]*\]|\?", "0", glob).replace("*", NOBODY)
        home = Home(self.account, self.access.scope.region)
        return Group(name, home.arn("logs", f"log-group:{name}"))


# -- identity and logs ---------------------------------------------------------------------------


async def _identity(ground: Ground) -> str:
    client = await ground.access.client("sts")
    answer = await client.get_caller_identity()
    ground.heard(answer)
    ground.account = answer["Account"]
    return f"account {ground.account}, as {answer['Arn'].partition('::')[2].partition(':')[2]}"


async def _describe_groups(ground: Ground) -> str:
    logs, found = ground.configured.logs, {}
    wanted = [re.compile(translate(glob)) for glob in logs.groups]
    excluded = [re.compile(translate(glob)) for glob in logs.exclude]
    for prefix in prefixes(logs.groups):
        async for each in described(ground.access, prefix, ground.budget):
            name = each.get("logGroupName", "")
            if any(glob.match(name) for glob in wanted) and not any(
                glob.match(name) for glob in excluded
            ):
                arn = arn_of(each)
                found[arn] = Group(name, arn, each.get("logGroupClass", TAILED))
    ground.groups = found
    return f"{len(found):,} log group{'' if len(found) == 1 else 's'} match"


async def _filter_events(ground: Ground) -> str:
    start = int((ground.wall() - 60) * 1000)
    targets, denied = ground.targets(), []
    for group in targets:
        client = await ground.access.client("logs")
        try:
            await client.filter_log_events(logGroupIdentifier=group.arn, startTime=start, limit=1)
        except CALL_ERRORS as error:
            if trouble(error).kind is Kind.DENIED:
                denied.append((group.name, error))
            elif not is_let_in(error):
                raise
    if len(denied) == len(targets):
        raise denied[0][1]
    if denied:
        names = ", ".join(name for name, _ in denied)
        raise Partly(f"denied for {names}", denied[0][1])
    return "one event of the last minute asked for"


async def _live_tail(ground: Ground) -> str:
    arns = [each.arn for each in ground.targets(tailed=True)]
    there = [arn for arn in arns if arn in (ground.groups or {})]
    if not arns:
        raise Untried("no log group here is of a class that can be tailed")
    client = await ground.access.client("tail")
    answer = await client.start_live_tail(logGroupIdentifiers=(there or arns[:1])[:WIDEST])
    answer["responseStream"].close()
    return "a session begun, and ended at once"


class Partly(Exception):
    """Some of several calls were denied: which, and the first error."""

    def __init__(self, words: str, error: BaseException) -> None:
        super().__init__(words)
        self.words = words
        self.error = error


# -- findings ------------------------------------------------------------------------------------


async def _detectors(ground: Ground) -> str:
    client = await ground.access.client("guardduty")
    found = (await client.list_detectors())["DetectorIds"]
    ground.detector = found[0] if found else ""
    return f"detector {found[0]}" if found else "there is no detector"


async def _list_findings(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    ids = (await client.list_findings(DetectorId=detector, MaxResults=1))["FindingIds"]
    if ids:
        ground.finding = ids[0]
    return "one finding asked for"


async def _inspector_findings(ground: Ground) -> str:
    client = await ground.access.client("inspector2")
    await client.list_findings(maxResults=1)
    return "one finding asked for"


async def _inspector_status(ground: Ground) -> str:
    client = await ground.access.client("inspector2")
    answer = await client.batch_get_account_status()
    ground.inspected = looked_at(answer)
    return f"looks at {' and '.join(ground.inspected or ()) or 'neither functions nor images'}"


async def _get_findings(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    await client.get_findings(DetectorId=detector, FindingIds=[ground.finding])
    return "one finding asked for"


# -- the trail -----------------------------------------------------------------------------------


async def _lookup(ground: Ground) -> str:
    client = await ground.access.client("cloudtrail")
    start = datetime.fromtimestamp(ground.wall(), UTC) - timedelta(minutes=15)
    await client.lookup_events(StartTime=start, MaxResults=1)
    return "one event asked for"


async def _trails(ground: Ground) -> str:
    client = await ground.access.client("cloudtrail")
    ground.trails = (await client.describe_trails())["trailList"]
    count = len(ground.trails)
    return f"{count:,} trail{'' if count == 1 else 's'}"


async def _trail_status(ground: Ground) -> str:
    client = await ground.access.client("cloudtrail")
    names = [trail.get("TrailARN", "") for trail in ground.trails or ()]
    for name in names or [NOBODY]:
        answer = await client.get_trail_status(Name=name)
        if not answer.get("IsLogging", True):
            ground.stopped.append(name.rpartition("/")[2])
    return "the status of each asked for" if names else "the status of a trail asked for"


# -- the casebook --------------------------------------------------------------------------------


async def _whose_table(ground: Ground) -> str:
    client = await ground.access.client("dynamodb")
    name = ground.casebook()
    try:
        statetable.check_whose(await client.get_item(**statetable.whose(name)))
    except statetable.LayoutError as error:
        raise Untried(f"permitted, but {error}") from error
    return f"the table {name} is ours"


async def _casebook_entry(ground: Ground) -> str:
    client = await ground.access.client("dynamodb")
    asked = statetable.reading(ground.casebook(), statetable.CASEBOOK, 0)
    await client.query(**asked, Limit=1)
    return "one entry asked for"


PROBES: Mapping[str, Probe] = {
    "sts:GetCallerIdentity": _identity,
    "logs:DescribeLogGroups": _describe_groups,
    "logs:FilterLogEvents": _filter_events,
    "logs:StartLiveTail": _live_tail,
    "guardduty:ListDetectors": _detectors,
    "guardduty:ListFindings": _list_findings,
    "guardduty:GetFindings": _get_findings,
    "inspector2:ListFindings": _inspector_findings,
    "inspector2:BatchGetAccountStatus": _inspector_status,
    "cloudtrail:LookupEvents": _lookup,
    "cloudtrail:DescribeTrails": _trails,
    "cloudtrail:GetTrailStatus": _trail_status,
    "wafv2:ListIPSets": list_sets,
    "wafv2:GetIPSet": read_sets,
    **GUARD_PROBES,
    **REMEDY_PROBES,
    "dynamodb:GetItem": _whose_table,
    "dynamodb:Query": _casebook_entry,
}
"""By IAM action; a test holds them against `needs.py`. In the order of `needs.FEATURES`."""


def is_let_in(error: BaseException) -> bool:
    """Whether a failed call shows that its caller has the permission: the service looked at what
    was asked for."""
    found = trouble(error)
    return found.kind in (Kind.GONE, Kind.REFUSED) or found.code in _LOOKED_AT


_LOOKED_AT = frozenset({
    "TrailNotFoundException", "WAFNonexistentItemException", "WAFInvalidParameterException",
    "InvalidWebACLId", "InvalidArgument", "NoSuchEntity",
})  # fmt: skip
