"""The trusted lists of GuardDuty. GuardDuty tells where in S3 a list lies, not what is in it: the
object is read where that is allowed and the list is plain text, and else it is said."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from triage_tui.networks import network_of
from triage_tui.respond.guard import Learned, Protected
from triage_tui.respond.statements import text

from .patience import Refused, patiently

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.respond.statements import Json

    from .access import Access
    from .bare import Body
    from .pace import Sleep

LONGEST = 4 << 20
"""Bytes of a list that are read; GuardDuty's own limit is 35 MB, of which nobody looks at all."""
MOST = 20_000
"""Entries of all lists together that are kept."""
_ACTIVE = ("ACTIVE", "ACTIVATING", "DEACTIVATING")
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?")


class _List(NamedTuple):
    """A trusted list as GuardDuty describes it."""

    name: str
    format: str
    location: str


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


async def _lists(access: Access, sleep: Sleep) -> list[_List]:
    """Every list that counts, old ones (IP sets) and new ones (entity sets)."""

    async def call() -> Sequence[str]:
        client = await access.client("guardduty")
        return (await client.list_detectors())["DetectorIds"]

    found: list[_List] = []
    for detector in await patiently("ListDetectors", call, sleep=sleep):
        for described in (
            *await _ip_sets(access, detector, sleep),
            *await _entity_sets(access, detector, sleep),
        ):
            if text(described, "Status") in _ACTIVE:
                named = (text(described, key) for key in ("Name", "Format", "Location"))
                found.append(_List(*named))
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


async def _content(access: Access, of: _List, sleep: Sleep) -> list[Protected] | str:
    """Its entries; else why they are not known, in words that go on after its name."""
    if of.format != "TXT":
        return f"is in the format {of.format}, which is not read here"
    place = s3_place(of.location)
    if place is None:
        return "lies nowhere in S3 that is known here"
    bucket, key = place

    async def call() -> bytes:
        client = await access.client("s3")
        body = (await client.get_object(Bucket=bucket, Key=key))["Body"]
        try:
            return await _whole(body)
        finally:
            body.close()

    try:
        data = await patiently("GetObject", call, sleep=sleep)
    except Refused as error:
        return f"cannot be read: {error}"
    if len(data) > LONGEST:
        return f"is longer than {LONGEST >> 20} MB, which is not read here"
    return await asyncio.to_thread(_entries, data, f"trusted list {of.name}")


def _entries(data: bytes, name: str) -> list[Protected]:
    """The lines that are addresses or CIDRs. It may take a while."""
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return [Protected(line, name) for line in lines if network_of(line) is not None]


def s3_place(location: str) -> tuple[str, str] | None:
    """(bucket, key) of a location as GuardDuty has it: `s3://bucket/key`, or an address of S3 that
    has the bucket in its host or in its path; None for anything else."""
    parts = urlsplit(location)
    path = unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        return (parts.netloc, path) if parts.netloc and path else None
    found = _HOST.fullmatch(parts.netloc) if parts.scheme == "https" else None
    if found is None:
        return None
    bucket, key = found["bucket"], path
    if not bucket:
        bucket, _, key = path.partition("/")
    return (bucket, key) if bucket and key else None


async def _whole(body: Body) -> bytes:
    """Up to one byte more than `LONGEST`."""
    pieces: list[bytes] = []
    left = LONGEST + 1
    while left > 0 and (piece := await body.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
