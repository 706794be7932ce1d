"""What is known of GuardDuty's lists without asking anybody: which of them count, where in S3 they
lie, and what a trusted one holds. Sans-IO: the program and the trigger ask in their own ways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from triage_tui.networks import network_of

from .guard import Learned, Protected
from .statements import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .statements import Json

LONGEST = 4 << 20
"""Bytes of a trusted list that are read; GuardDuty's own limit is 35 MB, of which nobody looks at
all."""
MOST = 20_000
"""Entries of all trusted lists together that are kept."""
_PLAIN = "TXT"
_ACTIVE = ("ACTIVE", "ACTIVATING", "DEACTIVATING")
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?")


class Described(NamedTuple):
    """A list as GuardDuty describes it."""

    name: str
    format: str
    location: str


def described(answer: Json) -> Described | None:
    """The list of an answer, where it counts."""
    if text(answer, "Status") not in _ACTIVE:
        return None
    return Described(*(text(answer, key) for key in ("Name", "Format", "Location")))


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


def unreadable(of: Described) -> str:
    """Why a list is not read at all, in words that go on after its name; "" where it may be."""
    return "" if of.format == _PLAIN else f"is in the format {of.format}, which is not read here"


def too_long(longest: int) -> str:
    """The same of one that is longer than so many bytes."""
    return f"is longer than {longest >> 20} MB, which is not read here"


NOWHERE = "lies nowhere in S3 that is known here"


def unread(of: Described, why: str) -> str:
    """That a trusted list was not read: a phrase."""
    return f"the trusted list {of.name} ({of.location}) {why}"


def entries(data: bytes, of: Described) -> list[Protected]:
    """The lines that are addresses or CIDRs. It may take a while."""
    name = f"trusted list {of.name}"
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return [Protected(line, name) for line in lines if network_of(line) is not None]


def learned(ranges: Sequence[Protected], untold: Sequence[str]) -> Learned:
    """What trusted lists hold, and what could not be read of them."""
    told = list(untold)
    if len(ranges) > MOST:
        told.append(f"{len(ranges) - MOST:,} entries of trusted lists are too many to keep")
    return Learned(tuple(ranges[:MOST]), tuple(told), looked=True)
