"""Times as logs write them, in nanoseconds since the epoch (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from triage_tui.model import SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 40
_SHORTEST = len("2026-01-01T00:00:00")
_EARLIEST, _LATEST = -(2**62), 2**63 - 1
"""What the column can hold: the years 1823 to 2262."""


def iso_time(text: str | None) -> int | None:
    """An ISO 8601 date and time; without an offset it is UTC. None where it is not legal."""
    return _iso_time(text) if text and _SHORTEST <= len(text) <= _LONGEST else None


def epoch_ms(value: object) -> int | None:
    """Milliseconds since the epoch. None where that is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -_LATEST < value < _LATEST:
        return None
    return _bounded(round(value * 1000) * 1000 if isinstance(value, float) else value * 1_000_000)


def _bounded(time: int) -> int | None:
    return time if _EARLIEST <= time <= _LATEST else None


@lru_cache(maxsize=1 << 16)
def _iso_time(text: str) -> int | None:
    # fromisoformat takes week dates, basic format and more; logs do not write those.
    if text[4] != "-" or text[7] != "-" or text[10] not in "T t" or text[13:17:3] != "::":
        return None
    main, fraction, rest = _split(text)
    try:
        moment = datetime.fromisoformat(main + rest)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    nanoseconds = int(fraction[:9].ljust(9, "0")) if fraction else 0
    return _bounded((since.days * 86400 + since.seconds) * SECOND + nanoseconds)


def _split(text: str) -> tuple[str, str, str]:
    """Date and time to the second, digits of the fraction, and the offset."""
    main, rest = text[:19], text[19:]
    if not rest.startswith((".", ",")):
        return main, "", rest.upper()
    digits = len(rest) - len(rest[1:].lstrip("0123456789")) - 1
    return main, rest[1 : 1 + digits], rest[1 + digits :].upper()
