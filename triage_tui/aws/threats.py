"""The threat lists of GuardDuty, of the team's own making: whoever is on one is known to be bad."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from .patience import Refused
from .s3_lists import Content, Sort, content, lists, onward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.respond.statements import Json

    from .access import Access
    from .pace import Sleep

LONGEST = 35 << 20
"""Bytes of a list: GuardDuty takes no longer ones."""
AGAIN = 3600.0
"""Seconds after which lists are read again."""


class ThreatList(NamedTuple):
    """A list as it was fetched."""

    name: str
    location: str
    modified: int
    """Nanoseconds; 0 where S3 does not tell."""
    data: bytes


class Threats(NamedTuple):
    """The lists of an account and region, and what could not be read, in words."""

    lists: tuple[ThreatList, ...] = ()
    unread: tuple[str, ...] = ()


async def threats(access: Access, *, sleep: Sleep = asyncio.sleep) -> Threats:
    """The threat lists of one account and region. Never raises for what is wrong outside."""
    try:
        told = await lists(access, _SORTS, sleep)
    except Refused as error:
        return Threats((), (f"{error} ({access.scope.region})",))
    found: list[ThreatList] = []
    unread: list[str] = []
    for each in told:
        read = await content(access, each, LONGEST, sleep)
        if isinstance(read, Content):
            found.append(ThreatList(each.name, each.location, read.modified, read.data))
        else:
            unread.append(f"the threat list {each.name} ({each.location}) {read}")
    return Threats(tuple(found), tuple(unread))


async def _intel_sets(access: Access, detector: str, token: str) -> tuple[Sequence[str], str]:
    client = await access.client("guardduty")
    answer = await client.list_threat_intel_sets(
        DetectorId=detector, MaxResults=50, **onward(token)
    )
    return answer["ThreatIntelSetIds"], answer.get("NextToken", "")


async def _intel_set(access: Access, detector: str, each: str) -> Json:
    client = await access.client("guardduty")
    return await client.get_threat_intel_set(DetectorId=detector, ThreatIntelSetId=each)


async def _entity_sets(access: Access, detector: str, token: str) -> tuple[Sequence[str], str]:
    client = await access.client("guardduty")
    answer = await client.list_threat_entity_sets(
        DetectorId=detector, MaxResults=50, **onward(token)
    )
    return answer["ThreatEntitySetIds"], answer.get("NextToken", "")


async def _entity_set(access: Access, detector: str, each: str) -> Json:
    client = await access.client("guardduty")
    return await client.get_threat_entity_set(DetectorId=detector, ThreatEntitySetId=each)


_SORTS = (
    Sort("ListThreatIntelSets", "GetThreatIntelSet", _intel_sets, _intel_set),
    Sort("ListThreatEntitySets", "GetThreatEntitySet", _entity_sets, _entity_set),
)
"""Old ones and new ones."""
