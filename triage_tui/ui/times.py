"""Times as people type them when they want to go somewhere."""

from __future__ import annotations

import re

from triage_tui.model import DAY, HOUR, MINUTE, SECOND
from triage_tui.sources.clock import end_of_second
from triage_tui.store.filters import parse_time

_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?Z?")
_SHIFT = re.compile(r"(?P<sign>[+-])\s*(?P<parts>(?:\d{1,9}\s*[smhd]\s*)+)")
_PART = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_KNOWN = "02:10, 02:10:30, +5m, -30s, start, end or 2026-03-15T02:10Z"


def parse_goto(text: str, position: int, first: int, last: int, offset: int = 0) -> int | None:
    """The time that is meant, standing at `position` in what lasts from `first` to `last`.

    None is the end. The clock shows the whole of the second that is named. A time of day without a
    `Z` is one of clocks that are `offset` nanoseconds ahead of UTC. Raises ValueError with what
    can be typed.
    """
    text = text.strip()
    word = text.casefold()
    if word == "start":
        return first
    if word == "end":
        return None
    shift = _SHIFT.fullmatch(text)
    if shift:
        delta = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(shift["parts"]))
        return position + (delta if shift["sign"] == "+" else -delta)
    clock = _CLOCK.fullmatch(text)
    if clock:
        ahead = 0 if text.endswith("Z") else offset
        target = _on_clock(clock, position + ahead, first + ahead, last + ahead)
        return target - ahead
    try:
        return parse_time(text)[0]
    except (ValueError, OverflowError):
        raise ValueError(f"`{text}` is no time: try {_KNOWN}") from None


def _on_clock(clock: re.Match[str], position: int, first: int, last: int) -> int:
    """A time of day: on the cursor's own day, else on the nearest one that was recorded."""
    hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"`{clock[0]}` is on no clock: try {_KNOWN}")
    since_midnight = hour * HOUR + minute * MINUTE + second * SECOND
    today = position // DAY * DAY + since_midnight
    days = (today, today - DAY, today + DAY, first // DAY * DAY + since_midnight)
    return next((time for time in days if first <= end_of_second(time) and time <= last), today)
