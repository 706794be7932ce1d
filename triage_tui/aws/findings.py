"""Where a finding is that somebody was sent, and when it happened: looked up before a triage
begins, so that it begins there."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from .access import Access
from .settings import LONGEST_SINCE
from .signins import SignIns
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_aiobotocore_guardduty.type_defs import FindingTypeDef

    from .access import Scope

BEFORE = 15 * 60.0
"""Seconds before a finding's first event that are of interest too."""
MOST = 86400.0
"""Seconds before a finding's last event: what goes on for weeks is not read from its beginning."""
PATIENCE = 15.0
"""Seconds until a triage begins without knowing."""


class Located(NamedTuple):
    """A finding that was found."""

    scope: Scope
    begin: float
    """Seconds since 1970: from when on logs tell of it."""


async def locate(scopes: Sequence[Scope], finding_id: str) -> Located | None:
    """Where the finding is; None where it is nowhere, or nobody can say in time. Never raises for
    what is wrong outside: the triage itself tells that."""
    signins = SignIns()
    looking = [_in(Access(scope, signins.of(scope)), finding_id) for scope in scopes]
    try:
        async with asyncio.timeout(PATIENCE):
            found = await asyncio.gather(*looking)
    except TimeoutError:
        return None
    return next((each for each in found if each is not None), None)


async def _in(access: Access, finding_id: str) -> Located | None:
    try:
        client = await access.client("guardduty")
        for detector in (await client.list_detectors())["DetectorIds"]:
            answer = await client.get_findings(DetectorId=detector, FindingIds=[finding_id])
            for each in answer["Findings"]:
                return Located(access.scope, _begin(each))
    except CALL_ERRORS:
        return None
    finally:
        await access.close()
    return None


def _begin(finding: FindingTypeDef) -> float:
    service = finding.get("Service", {})
    last = _seconds(service.get("EventLastSeen") or finding["UpdatedAt"])
    first = _seconds(service.get("EventFirstSeen") or finding["CreatedAt"])
    return max(min(first, last), last - MOST) - BEFORE


def _seconds(text: str) -> float:
    """0 for what is no time."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def since(begin: float, now: float) -> str:
    """How far back a triage begins that is to tell of `begin`, as the settings spell it."""
    return f"{int(min(max(now - begin, 1.0), LONGEST_SINCE))}s"
