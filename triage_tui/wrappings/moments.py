"""Times as the AWS command line and consoles print them, in nanoseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_LATEST = 2**63


def utc(text: str) -> int | None:
    """`2026-11-23T02:13:58.123`, with a blank for the T too; UTC. None where that is no time."""
    try:
        since = datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH
    except ValueError:
        return None
    time = (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds * 1000
    return time if 0 < time < _LATEST else None


def milliseconds(value: int | None) -> int | None:
    """Milliseconds since the epoch; None where no clock can have shown them."""
    time = (value or 0) * 1_000_000
    return time if 0 < time < _LATEST else None
