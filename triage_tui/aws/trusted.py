"""The trusted lists of GuardDuty. GuardDuty tells where in S3 a list lies, not what is in it: the
object is read where that is allowed and the list is plain text, and else it is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.networks import network_of
from triage_tui.respond.guard import Learned, Protected

from .patience import Refused, patiently
from .s3_lists import Described, content, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.respond.statements import Json

    from .access import Access
    from .pace import Sleep

LONGEST = 4 << 20
"""Bytes of a list that are read; GuardDuty's own limit is 35 MB, of which nobody looks at all."""
MOST = 20_000
"""Entries of all lists together that are kept."""


async def trusted(access: Access, *, sleep: Sleep = asyncio.sleep) -> Learned:
    """What the trusted lists of one account and region hold. Never raises for what is wrong
    outside."""
    try:
        lists = await _lists(access, sleep)
    except Refused as error:
        return Learned((), (f"{error} ({access.scope.region})",), looked=True)
    ranges: list[Protected] = []
    unread: list[str] = []
    for each in lists:
        found = await _content(access, each, sleep)
        if isinstance(found, str):
            unread.append(f"the trusted list {each.name} ({each.location}) {found}")
        else:
            ranges += found
    if len(ranges) > MOST:
        unread.append(f"{len(ranges) - MOST:,} entries of trusted lists are too many to keep")
    return Learned(tuple(ranges[:MOST]), tuple(unread), looked=True)


async def _lists(access: Access, sleep: Sleep) -> list[Described]:
    """Every list that counts, old ones (IP sets) and new ones (entity sets)."""

    async def call() -> Sequence[str]:
        client = await access.client("guardduty")
        return (await client.list_detectors())["DetectorIds"]

    found: list[Described] = []
    for detector in await patiently("ListDetectors", call, sleep=sleep):
        answers = (
            *await _ip_sets(access, detector, sleep),
            *await _entity_sets(access, detector, sleep),
        )
        found += [each for answer in answers if (each := described(answer)) is not None]
    return found


async def _ip_sets(access: Access, detector: str, sleep: Sleep) -> list[Json]:
    more: dict[str, str] = {}
    found: list[Json] = []

    async def page() -> tuple[Sequence[str], str]:
        client = await access.client("guardduty")
        answer = await client.list_ip_sets(DetectorId=detector, MaxResults=50, **more)
        return answer["IpSetIds"], answer.get("NextToken", "")

    while True:
        ids, token = await patiently("ListIPSets", page, sleep=sleep)
        for each in ids:

            async def call(each: str = each) -> Json:
                client = await access.client("guardduty")
                return await client.get_ip_set(DetectorId=detector, IpSetId=each)

            found.append(await patiently("GetIPSet", call, sleep=sleep))
        if not token:
            return found
        more = {"NextToken": token}


async def _entity_sets(access: Access, detector: str, sleep: Sleep) -> list[Json]:
    more: dict[str, str] = {}
    found: list[Json] = []

    async def page() -> tuple[Sequence[str], str]:
        client = await access.client("guardduty")
        answer = await client.list_trusted_entity_sets(DetectorId=detector, MaxResults=50, **more)
        return answer["TrustedEntitySetIds"], answer.get("NextToken", "")

    while True:
        ids, token = await patiently("ListTrustedEntitySets", page, sleep=sleep)
        for each in ids:

            async def call(each: str = each) -> Json:
                client = await access.client("guardduty")
                return await client.get_trusted_entity_set(
                    DetectorId=detector, TrustedEntitySetId=each
                )

            found.append(await patiently("GetTrustedEntitySet", call, sleep=sleep))
        if not token:
            return found
        more = {"NextToken": token}


async def _content(access: Access, of: Described, sleep: Sleep) -> list[Protected] | str:
    """Its entries; else why they are not known, in words that go on after its name."""
    if of.format != "TXT":
        return f"is in the format {of.format}, which is not read here"
    found = await content(access, of, LONGEST, sleep)
    if isinstance(found, str):
        return found
    return await asyncio.to_thread(_entries, found.data, f"trusted list {of.name}")


def _entries(data: bytes, name: str) -> list[Protected]:
    """The lines that are addresses or CIDRs. It may take a while."""
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return [Protected(line, name) for line in lines if network_of(line) is not None]
