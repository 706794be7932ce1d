"""Lists of GuardDuty: it tells where in S3 a list lies, not what is in it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.respond.trusted_lists import NOWHERE, described, s3_place, too_long

from .patience import Refused, patiently

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from triage_tui.respond.statements import Json
    from triage_tui.respond.trusted_lists import Described

    from .access import Access
    from .bare import Body
    from .pace import Sleep


class Content(NamedTuple):
    """What lies in S3."""

    data: bytes
    modified: int
    """Nanoseconds; 0 where S3 does not tell."""


class Sort(NamedTuple):
    """A sort of lists: what lists them, and what tells of one."""

    listing: str
    getting: str
    page: Callable[[Access, str, str], Awaitable[tuple[Sequence[str], str]]]
    """Of a detector, from a token on: the ids, and the next token."""
    one: Callable[[Access, str, str], Awaitable[Json]]
    """Of a detector and an id."""


def onward(token: str) -> dict[str, str]:
    """The parameter of a next page."""
    return {"NextToken": token} if token else {}


async def lists(access: Access, sorts: Sequence[Sort], sleep: Sleep) -> list[Described]:
    """Every list of these sorts that counts, of all detectors. Raises Refused."""

    async def detectors() -> Sequence[str]:
        client = await access.client("guardduty")
        return (await client.list_detectors())["DetectorIds"]

    found: list[Described] = []
    for detector in await patiently("ListDetectors", detectors, sleep=sleep):
        for sort in sorts:
            found += await _of_sort(access, detector, sort, sleep)
    return found


async def _of_sort(access: Access, detector: str, sort: Sort, sleep: Sleep) -> list[Described]:
    found: list[Described] = []
    token, is_last = "", False
    while not is_last:
        page = partial(sort.page, access, detector, token)
        ids, token = await patiently(sort.listing, page, sleep=sleep)
        for each in ids:
            one = partial(sort.one, access, detector, each)
            told = described(await patiently(sort.getting, one, sleep=sleep))
            found += [told] if told is not None else []
        is_last = not token
    return found


async def content(access: Access, of: Described, longest: int, sleep: Sleep) -> Content | str:
    """What a list holds, as bytes; else why that is not known, in words that go on after its
    name."""
    place = s3_place(of.location)
    if place is None:
        return NOWHERE
    bucket, key = place

    async def call() -> Content:
        client = await access.client("s3")
        answer = await client.get_object(Bucket=bucket, Key=key)
        body = answer["Body"]
        try:
            return Content(await _whole(body, longest), _modified(answer))
        finally:
            body.close()

    try:
        found = await patiently("GetObject", call, sleep=sleep)
    except Refused as error:
        return f"cannot be read: {error}"
    if len(found.data) > longest:
        return too_long(longest)
    return found


def _modified(answer: Mapping[str, object]) -> int:
    at = answer.get("LastModified")
    return int(at.timestamp()) * 1_000_000_000 if isinstance(at, datetime) else 0


async def _whole(body: Body, longest: int) -> bytes:
    """Up to one byte more than `longest`."""
    pieces: list[bytes] = []
    left = longest + 1
    while left > 0 and (piece := await body.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
