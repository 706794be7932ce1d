"""The threat lists of GuardDuty, of the team's own making: whoever is on one is known to be bad."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from .patience import Refused, patiently
from .s3_lists import Content, Described, content, described

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
        lists = await _lists(access, sleep)
    except Refused as error:
        return Threats((), (f"{error} ({access.scope.region})",))
    found: list[ThreatList] = []
    unread: list[str] = []
    for each in lists:
        read = await content(access, each, LONGEST, sleep)
        if isinstance(read, Content):
            found.append(ThreatList(each.name, each.location, read.modified, read.data))
        else:
            unread.append(f"the threat list {each.name} ({each.location}) {read}")
    return Threats(tuple(found), tuple(unread))


async def _lists(access: Access, sleep: Sleep) -> list[Described]:
    """Every list that counts, old ones (threat intel sets) and new ones (threat entity sets)."""

    async def call() -> Sequence[str]:
        client = await access.client("guardduty")
        return (await client.list_detectors())["DetectorIds"]

    found: list[Described] = []
    for detector in await patiently("ListDetectors", call, sleep=sleep):
        answers = (
            *await _intel_sets(access, detector, sleep),
            *await _entity_sets(access, detector, sleep),
        )
        found += [each for answer in answers if (each := described(answer)) is not None]
    return found


async def _intel_sets(access: Access, detector: str, sleep: Sleep) -> list[Json]:
    more: dict[str, str] = {}
    found: list[Json] = []

    async def page() -> tuple[Sequence[str], str]:
        client = await access.client("guardduty")
        answer = await client.list_threat_intel_sets(DetectorId=detector, MaxResults=50, **more)
        return answer["ThreatIntelSetIds"], answer.get("NextToken", "")

    while True:
        ids, token = await patiently("ListThreatIntelSets", page, sleep=sleep)
        for each in ids:

            async def call(each: str = each) -> Json:
                client = await access.client("guardduty")
                return await client.get_threat_intel_set(DetectorId=detector, ThreatIntelSetId=each)

            found.append(await patiently("GetThreatIntelSet", call, sleep=sleep))
        if not token:
            return found
        more = {"NextToken": token}


async def _entity_sets(access: Access, detector: str, sleep: Sleep) -> list[Json]:
    more: dict[str, str] = {}
    found: list[Json] = []

    async def page() -> tuple[Sequence[str], str]:
        client = await access.client("guardduty")
        answer = await client.list_threat_entity_sets(DetectorId=detector, MaxResults=50, **more)
        return answer["ThreatEntitySetIds"], answer.get("NextToken", "")

    while True:
        ids, token = await patiently("ListThreatEntitySets", page, sleep=sleep)
        for each in ids:

            async def call(each: str = each) -> Json:
                client = await access.client("guardduty")
                return await client.get_threat_entity_set(
                    DetectorId=detector, ThreatEntitySetId=each
                )

            found.append(await patiently("GetThreatEntitySet", call, sleep=sleep))
        if not token:
            return found
        more = {"NextToken": token}
