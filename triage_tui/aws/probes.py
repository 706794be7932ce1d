"""One probe for each permission of `needs.py` that can be tried: a call that changes nothing.

A probe raises what the call raises. What a service says about the request itself (no such group, no
such finding) shows that the caller was let in.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from typing import TYPE_CHECKING

from triage_tui import statetable

from .account_probes import administrator, links, members, sinks
from .athena_probe import workgroups
from .ground import NOBODY, TAILED, Group, Partly, Untried
from .groups import arn_of, described, prefixes
from .guard_probes import GUARD_PROBES
from .inspector import looked_at
from .remedy_probes import REMEDY_PROBES
from .set_probes import list_sets, read_sets
from .tail import WIDEST
from .trouble import CALL_ERRORS, Kind, trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ground import Ground, Probe


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
        async for each in described(ground.access, prefix, ground.budget, linked=logs.linked):
            name = each.get("logGroupName", "")
            if any(glob.match(name) for glob in wanted) and not any(
                glob.match(name) for glob in excluded
            ):
                arn = arn_of(each)
                found[arn] = Group(name, arn, each.get("logGroupClass", TAILED))
    ground.groups = found
    return f"{len(found):,} log group{' matches' if len(found) == 1 else 's match'}"


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
    "oam:ListSinks": sinks,
    "oam:ListAttachedLinks": links,
    "guardduty:ListDetectors": _detectors,
    "guardduty:GetAdministratorAccount": administrator,
    "guardduty:ListMembers": members,
    "guardduty:ListFindings": _list_findings,
    "guardduty:GetFindings": _get_findings,
    "inspector2:ListFindings": _inspector_findings,
    "inspector2:BatchGetAccountStatus": _inspector_status,
    "cloudtrail:LookupEvents": _lookup,
    "cloudtrail:DescribeTrails": _trails,
    "cloudtrail:GetTrailStatus": _trail_status,
    "athena:GetWorkGroup": workgroups,
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
