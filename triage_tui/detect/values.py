"""What a record says under a field's name, and how values compare as text.

A dotted name leads through objects and through every element of lists. Values are what JSON holds:
a value that is missing is not there, null is None.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING

from triage_tui.model import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST = 32
_MOST = 10_000
"""Values and leaves that are looked at; a hostile record may hold millions."""


def values_at(table: Mapping[str, object], name: str) -> list[object]:
    """All values under a dotted name: none where it is missing, lists flattened. An empty list is
    a value of its own, which no text compares with."""
    if name in table:  # the usual case, and keys that hold a dot themselves
        found: list[object] = []
        _flatten(table[name], found)
        return found
    head, dot, rest = name.partition(".")
    while dot:
        if head in table:
            return _below(table[head], rest, 0)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return []


def _below(value: object, name: str, depth: int) -> list[object]:
    if isinstance(value, dict):
        return values_at(value, name)
    found: list[object] = []
    if isinstance(value, list) and depth < _DEEPEST:
        for item in value[:_MOST]:
            found += _below(item, name, depth + 1)
            if len(found) > _MOST:
                break
    return found


def _flatten(value: object, found: list[object], depth: int = 0) -> None:
    if isinstance(value, list) and value and depth < _DEEPEST:
        for item in value:
            if len(found) > _MOST:
                return
            _flatten(item, found, depth + 1)
    else:
        found.append(value)


def text_of_scalar(value: object) -> str | None:
    """A scalar as rules spell it: `true`, `404`; None for null, objects and lists."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    return str(value) if isinstance(value, int) else None


def texts_of(value: object, *, leaves: bool = True) -> list[str]:
    """All texts that a value compares as. An object is its JSON, compact and with blanks; with
    `leaves` each text in it too, for a policy in it is a text in a text."""
    text = text_of_scalar(value)
    if text is not None:
        return [text]
    if not isinstance(value, dict) or not value:
        return []
    try:
        compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        spaced = json.dumps(value, ensure_ascii=False)
        return [compact, spaced, *(_leaves(value) if leaves else ())]
    except (RecursionError, ValueError):
        return []


def _leaves(value: object) -> Iterator[str]:
    stack, seen = [value], 0
    while stack and seen < _MOST:
        item = stack.pop()
        seen += 1
        if isinstance(item, dict):
            stack += item.values()
        elif isinstance(item, list):
            stack += item
        elif isinstance(item, str):
            yield item


def number_of(value: object) -> int | float | None:
    """A number, or the number that a text spells."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@lru_cache(maxsize=1 << 12)
def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text spells."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def time_of(value: object) -> dt.datetime | None:
    """The time that a value tells, in UTC: ISO 8601, or seconds or milliseconds of the epoch."""
    number = number_of(value)
    try:
        if number is not None:
            seconds = number / 1000 if abs(number) > 10 * SECOND else number
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        if not isinstance(value, str) or not 8 <= len(value) <= 40:
            return None
        time = dt.datetime.fromisoformat(value)
        return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def part_of(time: dt.datetime, unit: str) -> int:
    """The minute, hour, day, week (ISO 8601), month or year of a time."""
    return time.isocalendar().week if unit == "week" else int(getattr(time, unit))
