"""The trusted lists of GuardDuty. GuardDuty tells where in S3 a list lies, not what is in it: the
object is read where that is allowed and the list is plain text, and else it is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.respond import trusted_lists
from triage_tui.respond.guard import Learned

from .patience import Refused
from .s3_lists import Sort, content, lists, onward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.respond.guard import Protected
    from triage_tui.respond.statements import Json
    from triage_tui.respond.trusted_lists import Described

    from .access import Access
    from .pace import Sleep


async def trusted(access: Access, *, sleep: Sleep = asyncio.sleep) -> Learned:
    """What the trusted lists of one account and region hold. Never raises for what is wrong
    outside."""
    try:
        told = await lists(access, _SORTS, sleep)
    except Refused as error:
        return Learned((), (f"{error} ({access.scope.region})",), looked=True)
    ranges: list[Protected] = []
    unread: list[str] = []
    for each in told:
        found = await _content(access, each, sleep)
        if isinstance(found, str):
            unread.append(trusted_lists.unread(each, found))
        else:
            ranges += found
    return trusted_lists.learned(ranges, unread)


async def _ip_sets(access: Access, detector: str, token: str) -> tuple[Sequence[str], str]:
    client = await access.client("guardduty")
    answer = await client.list_ip_sets(DetectorId=detector, MaxResults=50, **onward(token))
    return answer["IpSetIds"], answer.get("NextToken", "")


async def _ip_set(access: Access, detector: str, each: str) -> Json:
    client = await access.client("guardduty")
    return await client.get_ip_set(DetectorId=detector, IpSetId=each)


async def _entity_sets(access: Access, detector: str, token: str) -> tuple[Sequence[str], str]:
    client = await access.client("guardduty")
    answer = await client.list_trusted_entity_sets(
        DetectorId=detector, MaxResults=50, **onward(token)
    )
    return answer["TrustedEntitySetIds"], answer.get("NextToken", "")


async def _entity_set(access: Access, detector: str, each: str) -> Json:
    client = await access.client("guardduty")
    return await client.get_trusted_entity_set(DetectorId=detector, TrustedEntitySetId=each)


_SORTS = (
    Sort("ListIPSets", "GetIPSet", _ip_sets, _ip_set),
    Sort("ListTrustedEntitySets", "GetTrustedEntitySet", _entity_sets, _entity_set),
)
"""Old ones and new ones."""


async def _content(access: Access, of: Described, sleep: Sleep) -> list[Protected] | str:
    """Its entries; else why they are not known, in words that go on after its name."""
    if why := trusted_lists.unreadable(of):
        return why
    found = await content(access, of, trusted_lists.LONGEST, sleep)
    if isinstance(found, str):
        return found
    return await asyncio.to_thread(trusted_lists.entries, found.data, of)
