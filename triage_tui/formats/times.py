"""Times as logs write them, in nanoseconds since the epoch (UTC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from triage_tui.model import DAY, SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 40
_SHORTEST = len("2026-01-01T00:00:00")
_EARLIEST, _LATEST = -(2**62), 2**63 - 1
"""What the column can hold: the years 1823 to 2262."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_SYSLOG = "Nov 23 02:13:58"
_LEAP = 9
"""A 29 February comes at least once in so many years."""
_UNITS = ((10**8, SECOND), (10**11, 10**6), (10**14, 1000), (10**17, 1))
"""The least number that is a time in a unit, and the nanoseconds of the unit."""
_EPOCH_TEXT = re.compile(r"[0-9]{9,19}+(?:\.[0-9]{1,9}+)?")
_CLF = re.compile(
    "([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2})"
    " ([+-])([0-9]{2}):?([0-9]{2})"
)
_APACHE = re.compile(
    "[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-9][0-9]) ([0-9:]{8})((?:\\.[0-9]{1,9}+)?) ([0-9]{4})"
)


def iso_time(text: str | None) -> int | None:
    """An ISO 8601 date and time; without an offset it is UTC. None where it is not legal."""
    return _iso_time(text) if text and _SHORTEST <= len(text) <= _LONGEST else None


def clf_time(text: str | None) -> int | None:
    """The time of an access log, `10/Oct/2000:13:55:36 -0700`. None where it is not legal."""
    return _clf_time(text) if text and len(text) <= _LONGEST else None


def apache_time(text: str | None) -> int | None:
    """The time of Apache's error log, `Sat Oct 07 13:55:36.123456 2000`, which names no offset and
    so is UTC. None where it is not legal."""
    found = _APACHE.fullmatch(text) if text and len(text) <= _LONGEST else None
    if found is None or found[1] not in _NUMBERS:
        return None
    month, day, time, fraction, year = found.groups()
    return iso_time(f"{year}-{_NUMBERS[month]:02}-{day.replace(' ', '0')}T{time}{fraction}")


def syslog_time(text: str | None, latest: int) -> int | None:
    """The time of a classic syslog line, `Nov 23 02:13:58`, which names neither year nor offset: it
    is UTC, in the last year in which it is no more than a day after `latest` (nanoseconds). None
    where it is not legal."""
    return _syslog_time(text, latest // DAY) if text and len(text) == len(_SYSLOG) else None


def any_time(value: object) -> int | None:
    """A time as applications write it: ISO 8601, as access logs do, or since the epoch in seconds,
    milliseconds, microseconds or nanoseconds, whichever its size says. None where it is none."""
    if isinstance(value, str):
        found = iso_time(value)
        if found is None and _EPOCH_TEXT.fullmatch(value):
            return _any_epoch(float(value) if "." in value else int(value))
        return clf_time(value.strip("[]")) if found is None else found
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _any_epoch(value)


def _any_epoch(value: float) -> int | None:
    """Nothing before 1973: those are durations and the like."""
    for least, unit in _UNITS:
        if least <= value < least * 1000:
            # A float has microseconds at best.
            time = round(value * unit / 1000) * 1000 if isinstance(value, float) else value * unit
            return _bounded(time)
    return None


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
def _syslog_time(text: str, latest_day: int) -> int | None:
    month, day, clock = text[:3], text[4:6].replace(" ", "0"), text[7:]
    if month not in _NUMBERS or text[3] != " " or text[6] != " ":
        return None
    year = (_EPOCH + timedelta(days=latest_day + 1)).year
    # Some years back for 29 February.
    for candidate in range(year, max(year - _LEAP, 1), -1):
        time = iso_time(f"{candidate:04}-{_NUMBERS[month]:02}-{day}T{clock}")
        if time is not None and time // DAY <= latest_day + 1:
            return time
    return None


@lru_cache(maxsize=1 << 16)
def _clf_time(text: str) -> int | None:
    found = _CLF.fullmatch(text)
    if found is None or found[2] not in _NUMBERS:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    clock = int(hour), int(minute), int(second)
    try:
        moment = datetime(int(year), _NUMBERS[month], int(day), *clock, tzinfo=UTC)
    except ValueError:
        return None
    since = moment - _EPOCH
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    since = since + offset if sign == "-" else since - offset
    return _bounded((since.days * 86400 + since.seconds) * SECOND)


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
