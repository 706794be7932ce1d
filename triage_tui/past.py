"""What is asked of the past: whom, over what time, and what it costs. Light vocabulary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from .model import EntityRef, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

DOLLARS_PER_GB = 0.005
"""What Logs Insights, and Athena, cost in most regions; look it up for yours."""
_PLAIN = re.compile(r"[\w:/+=,.@ -]{3,512}", re.ASCII)
_KEY = re.compile(r"A[A-Z]{2}A[A-Z0-9]{12,124}", re.ASCII)
_KEYS = ("AKIA", "ASIA")
_SPAN = re.compile(r"(\d{1,7})([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class PastError(Exception):
    """What cannot be asked, or was not answered: why, and what to do."""


class Asked(msgspec.Struct, frozen=True):
    """One entity over a span of time. Times are nanoseconds."""

    ref: EntityRef
    since: int
    until: int


class Estimate(msgspec.Struct, frozen=True):
    """What a look into the past would read."""

    groups: int
    """Log groups that are searched."""
    size: int
    """Bytes that Logs Insights would scan, about: what the groups hold, spread over the time that
    they keep it."""
    lookups: int
    """Look-ups at CloudTrail, each in one account and region."""
    limit: int
    """Bytes beyond which it does not begin."""
    problems: tuple[str, ...] = ()
    """What could not be asked about, and is left out."""
    tables: int = 0
    """Tables of Athena that are searched."""
    at_most: int = 0
    """Bytes at which their work groups end the queries: nobody knows before how many it will be."""

    @property
    def dollars(self) -> float:
        return self.size / 1e9 * DOLLARS_PER_GB

    @property
    def bound(self) -> int:
        """Bytes that are held against the limit."""
        return self.size + self.at_most


class Progress(msgspec.Struct):
    """How far a look into the past has come."""

    done: float = 0.0
    """From 0 to 1, by the time that was searched."""
    records: int = 0
    scanned: int = 0
    """Bytes."""
    queries: int = 0
    problems: list[str] = []
    """What is not whole in the end."""


def seconds(text: str) -> int:
    """`90s`, `15m`, `2h` or `1d` in seconds. Raises ValueError with what is allowed."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise ValueError(f"{text!r} is no span of time: write 12h, 1d or 30d")
    return int(found[1]) * _UNITS[found[2]]


def told(estimate: Estimate) -> str:
    """What would be read, in words."""
    return "; ".join(items(estimate))


def items(estimate: Estimate) -> list[str]:
    """What would be read, one by one; one that says why nothing would."""
    parts = []
    if estimate.groups:
        groups = f"{estimate.groups:,} log group{'' if estimate.groups == 1 else 's'}"
        parts.append(
            f"{groups}, about {size(estimate.size)} to scan ({estimate.dollars:,.2f} dollars in "
            "most regions)"
        )
    if estimate.tables:
        tables = f"{estimate.tables:,} table{'' if estimate.tables == 1 else 's'} of Athena"
        parts.append(
            f"{tables}, {size(estimate.at_most)} to scan at most "
            f"({estimate.at_most / 1e9 * DOLLARS_PER_GB:,.2f} dollars in most regions)"
        )
    if estimate.lookups:
        many = "" if estimate.lookups == 1 else "s"
        parts.append(f"{estimate.lookups:,} look-up{many} at CloudTrail, no charge")
    return parts or ["no log group matches logs.groups of the config"]


def size(count: int) -> str:
    """Bytes in words: `3.4 GB`."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:,.1f} {unit}"
    return f"{count} bytes"


def names(ref: EntityRef) -> list[str]:
    """The texts by which records name a principal. Raises PastError where there are none that can
    be looked for."""
    found: list[str] = []
    for key in dict.fromkeys((*ref.aliases, ref.key)):
        # An assumed role's key is its ARN and the session's name; records have both in one.
        text = key.strip()
        if _PLAIN.fullmatch(text):
            found.append(text)
    if not found:
        raise PastError(f"{ref.key!r} has a name that cannot be looked for: use its access key")
    return found


def lookups(ref: EntityRef) -> list[tuple[str, str]]:
    """(attribute, value) of each look-up at CloudTrail that finds a principal, which takes one
    attribute a call; none for addresses, which it does not know."""
    if ref.kind is not Kind.PRINCIPAL:
        return []
    found: dict[tuple[str, str], None] = {}
    for key in dict.fromkeys((*ref.aliases, ref.key)):
        if key.startswith(_KEYS) and _KEY.fullmatch(key):
            found["AccessKeyId", key] = None
        elif key.startswith("arn:") and "/" in key:
            found["Username", key.rpartition("/")[2]] = None
        elif key.startswith("arn:") and key.endswith(":root"):
            found["Username", "root"] = None
        elif ":" in key and key[:4] in ("AROA", "AIDA"):
            found["Username", key.rpartition(":")[2]] = None
    return [pair for pair in found if pair[1]]


def joined(problems: Iterable[str]) -> str:
    """Problems as one line."""
    return "; ".join(dict.fromkeys(problems))
