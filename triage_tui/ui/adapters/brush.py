"""A range of time as a part of a filter: how it is put into the expression, and how it is told."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from triage_tui.model import SECOND
from triage_tui.store.filters import FilterError, Or, parse
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.zoom import Window

if TYPE_CHECKING:
    from triage_tui.store.filters import Filter

_SPAN = re.compile(r"(?:^|\s+)time>=(?P<first>\S+)\s+time<=(?P<last>\S+)\s*$")


def without(text: str) -> str:
    """The expression without the range of time at its end."""
    match = _SPAN.search(text)
    if match is None:
        return text
    rest = text[: match.start()].strip()
    if rest.startswith("(") and rest.endswith(")"):
        inner = rest[1:-1]
        try:
            return inner if isinstance(parse(inner).where, Or) else rest
        except FilterError:
            return rest
    return rest


def within(text: str, first: int, last: int) -> str:
    """The expression for the same within a range of time, to whole seconds, instead of the range
    that it had."""
    rest = without(text).strip()
    if rest and isinstance(parse(rest).where, Or):
        rest = f"({rest})"
    return f"{rest} time>={_second(first)} time<={_second(last)}".strip()


def _second(time: int) -> str:
    moment = dt.datetime.fromtimestamp(time // SECOND, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def chosen(selected: Filter) -> Window | None:
    """The range of time that a filter has, between two ends."""
    since, until = selected.bounds.since, selected.bounds.until
    return None if since is None or until is None or until < since else Window(since, until)


def told(text: str) -> str:
    """The expression with its range of time in short: `-outcome:ok in 02:09:00Z–02:14:07Z`."""
    match = _SPAN.search(text)
    if match is None:
        return text
    try:
        window = chosen(parse(match[0]))
    except FilterError:
        return text
    if window is None:
        return text
    return f"{without(text)} in {span(window.start, window.end)}".strip()


def span(first: int, last: int) -> str:
    """`02:09:00Z–02:14:07Z`, with the day where there is more than one."""
    if words.same_day(first, last):
        return f"{words.clock(first)}–{words.clock(last)}"
    day = words.day_between(first, last)
    return f"{words.day_clock(first, day)}–{words.day_clock(last, day)}"
