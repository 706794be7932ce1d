"""Times in words: RFC 3339, UTC, as many fraction digits as the time needs."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from triage_tui.model import SECOND

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """`2026-03-15T02:14:07`."""
    return (_EPOCH + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(time: int) -> str:
    """`2026-03-15T02:14:07.25Z` for nanoseconds since the epoch."""
    seconds, part = divmod(time, SECOND)
    if not part:
        return f"{_second(seconds)}Z"
    return f"{_second(seconds)}.{f'{part:09d}'.rstrip('0')}Z"


def spoken(time: int) -> str:
    """`Sun 2026-03-15 02:14:07Z`, to the second: for people."""
    moment = _EPOCH + dt.timedelta(seconds=time // SECOND)
    return f"{moment:%a %Y-%m-%d %H:%M:%S}Z"
