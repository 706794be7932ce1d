"""Numbers, times, outcomes and levels in the words and signs that every screen uses.

What is returned is not cleaned: the widgets do that with everything.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from triage_tui.model import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    BlockState,
    Force,
    Kind,
    Outcome,
    Severity,
    Status,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Block, Case, Place

KIND_TITLES = {
    Kind.IP: "Source IP",
    Kind.PRINCIPAL: "Principal",
    Kind.NETWORK: "Network",
    Kind.SERVICE: "Service",
}
KIND_PLURALS = {
    Kind.IP: "source IPs",
    Kind.PRINCIPAL: "principals",
    Kind.NETWORK: "networks",
    Kind.SERVICE: "services",
}
OUTCOME_STYLES = {
    Outcome.OK: "good",
    Outcome.DENIED: "bad",
    Outcome.BLOCKED: "bad",
    Outcome.ERROR: "medium",
    Outcome.UNKNOWN: "dim",
}
OUTCOME_GLYPHS = {
    Outcome.OK: "✓",
    Outcome.DENIED: "✗",
    Outcome.BLOCKED: "■",
    Outcome.ERROR: "!",
    Outcome.UNKNOWN: "?",
}
SEVERITY_STYLES = {
    Severity.NONE: "",
    Severity.INFORMATIONAL: "dim",
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}
STATUS_GLYPHS = {Status.NEW: "", Status.OPEN: "◐", Status.CONTAINED: "◑", Status.CLOSED: "✓"}
IN_FORCE = frozenset(
    {BlockState.INTENDED, BlockState.SENT, BlockState.VERIFIED, BlockState.OVERDUE}
)
"""States in which a block may hold traffic back."""

FORCE_MARKS = {
    Force.FULL: ("■", "good"),
    Force.PARTLY: ("◧", "medium"),
    Force.NOTHING: ("□", "bad"),
    Force.UNKNOWN: ("?", "medium"),
}
"""The sign of what the web ACLs make of a block, and its style."""
_FORCE_WORDS = {
    Force.FULL: "in force",
    Force.PARTLY: "in part",
    Force.NOTHING: "no effect",
    Force.UNKNOWN: "unknown",
}

WEEKDAY, DATE, YEAR = "%a ", "%m-%d ", "%Y-%m-%d "
"""How the day is written in front of a clock."""
MOST_HOPS = 4
"""Proxies of one chain that are shown."""
_FAR_YEARS = 253_402_300_799  # 9999-12-31T23:59:59Z, in seconds


def number(count: int) -> str:
    """`12,410`."""
    return f"{count:,}"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 event`, `12,410 events`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def below(lines: int) -> str:
    """Behind a title, where more stands below than there is room for: `  2 more lines, PgDn`."""
    return f"  {counted(lines, 'more line')}, PgDn" if lines > 0 else ""


def short_number(count: float) -> str:
    """`940`, `5.1k`, `12k`, `3.4M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            part = count / size
            return f"{part:.0f}{unit}" if part >= 10 else f"{part:.1f}{unit}"
    return f"{count:.0f}"


class _Zone:
    """In which time zone times are written. One for all that is on the screen: whoever could be
    read in two of them would be misread."""

    def __init__(self) -> None:
        self.name: dt.tzinfo | None = dt.UTC
        """None is the machine's own."""

    @property
    def mark(self) -> str:
        """What stands behind a clock: nothing where it is a local one."""
        return "Z" if self.name is dt.UTC else ""


_zone = _Zone()


def show_times_in(zone: dt.tzinfo | None) -> None:
    """From now on times are written in this zone; None is the machine's own."""
    _zone.name = zone


def zone_word(time: int) -> str:
    """`UTC`, `CET`: the zone that times are written in, at a time."""
    return _at(time).tzname() or "local"


def offset(time: int) -> int:
    """Nanoseconds by which the clocks on the screen are ahead of UTC at a time."""
    ahead = _at(time).utcoffset() or dt.timedelta()
    return int(ahead.total_seconds()) * SECOND


def _at(time: int) -> dt.datetime:
    """Nanoseconds as a datetime; times that no calendar holds are cut off."""
    found = dt.datetime.fromtimestamp(min(max(time // SECOND, 0), _FAR_YEARS), dt.UTC)
    if _zone.name is dt.UTC:
        return found
    try:
        return found.astimezone(_zone.name)
    except (OverflowError, OSError, ValueError):  # the last day that a calendar holds
        return found


def same_day(first: int, last: int) -> bool:
    """Whether two times are of one day."""
    return _at(first).date() == _at(last).date()


def clock(time: int) -> str:
    """`02:14:07Z`."""
    return f"{_at(time):%H:%M:%S}{_zone.mark}"


def day_between(first: int, last: int, near: str = WEEKDAY) -> str:
    """Which of `WEEKDAY`, `DATE` and `YEAR` tells the days from `first` to `last` apart; within a
    week `near` does."""
    if _at(first).year != _at(last).year:
        return YEAR
    return DATE if is_long((first, last)) else near


def is_long(span: tuple[int, int] | None) -> bool:
    """Whether more than one day of the same name lies in what lasts from a time to another."""
    return span is not None and span[1] // DAY - span[0] // DAY >= 7


def day_clock(time: int, day: str = WEEKDAY) -> str:
    """`Sun 02:14:07Z`, `03-15 02:14:07Z`, `2026-03-15 02:14:07Z`."""
    return f"{_at(time):{day}%H:%M:%S}{_zone.mark}"


def seen(time: int, span: tuple[int, int] | None) -> str:
    """`02:14:07Z`, or `Sun 02:14Z` or `2026-03-15` where that says more: of a recording of such a
    `span`."""
    if is_long(span) or (span is not None and not span[0] <= time <= span[1]):
        return f"{_at(time):%Y-%m-%d}"
    if span is not None and span[1] - span[0] >= DAY:
        return f"{_at(time):{WEEKDAY}%H:%M}{_zone.mark}"
    return clock(time)


def moment(time: int) -> str:
    """`2026-03-15 Sun 02:14:07Z`."""
    return f"{_at(time):%Y-%m-%d %a %H:%M:%S}{_zone.mark}"


def span(nanoseconds: int) -> str:
    """`54m`, `1h20m`, `3d4h`: two units at most."""
    seconds = max(0, nanoseconds) // SECOND
    if nanoseconds < MINUTE:
        return f"{seconds}s"
    if nanoseconds < HOUR:
        return f"{seconds // 60}m"
    if nanoseconds < DAY:
        minutes = seconds // 60 % 60
        return f"{seconds // 3600}h{minutes}m" if minutes else f"{seconds // 3600}h"
    hours = seconds // 3600 % 24
    return f"{seconds // 86400}d{hours}h" if hours else f"{seconds // 86400}d"


def until(expires: int | None) -> str:
    """When a block ends."""
    return "it never expires" if expires is None else f"until {moment(expires)}"


def effect(block: Block) -> tuple[str, str, str]:
    """(sign, word, style) of what a block that was verified does: a simulated one is in force, for
    nobody else has a say in it."""
    if block.simulated:
        return "■", _FORCE_WORDS[Force.FULL], "accent"
    if block.enforcement is None:
        return "✓", "verified", "medium"
    sign, style = FORCE_MARKS[block.enforcement.force]
    return sign, _FORCE_WORDS[block.enforcement.force], style


def held_sign(blocks: Sequence[Block]) -> tuple[str, str]:
    """(sign, style) of what holds an entity back: of several blocks, the one that does most."""
    for each in blocks:
        if each.simulated or (each.enforcement and each.enforcement.force is Force.FULL):
            return "■", "accent"
    for each in blocks:
        if each.enforcement is not None:
            return FORCE_MARKS[each.enforcement.force]
    return "…", "medium"


def state(block: Block) -> str:
    """How a block stands, in one word or two."""
    if block.drift:
        return "differs"
    return effect(block)[1] if block.state is BlockState.VERIFIED else block.state.value


def outcome(value: Outcome) -> str:
    """`✗ denied`."""
    return f"{OUTCOME_GLYPHS[value]} {value.word}"


def risk_style(risk: int) -> str:
    """The name of the table style for a risk; the number itself says it without colour."""
    for least, style in ((75, "critical"), (50, "high"), (25, "medium"), (1, "low")):
        if risk >= least:
            return style
    return "dim"


def status_words(case: Case) -> str:
    """`◐ open`, `✓ closed · benign`, `new`."""
    words = f"{STATUS_GLYPHS[case.status]} {case.status.value}".strip()
    return words if case.verdict is Verdict.UNDECIDED else f"{words} · {case.verdict.value}"


def resource(name: str) -> str:
    """A resource without what all of its kind share: `table/orders` of an ARN; else as it is."""
    parts = name.split(":", 5)
    return parts[5] or name if parts[0] == "arn" and len(parts) == 6 else name


def principal(key: str) -> str:
    """The last part of an ARN's path; a key that is none as it is."""
    return key.rpartition("/")[2] if key.startswith("arn:") else key


def place(found: Place) -> str:
    """`NL AS64500 Example Hosting`, as far as it is known."""
    operator = f"AS{found.asn.number} {found.asn.name}" if found.asn else ""
    return " ".join(part for part in (found.country, operator.strip()) if part)


def chain(hops: Sequence[str]) -> str:
    """`203.0.113.9 › 198.51.100.7`, the client first; of many the ends."""
    shown = list(hops) if len(hops) <= MOST_HOPS else [hops[0], "…", *hops[2 - MOST_HOPS :]]
    return " › ".join(shown)


def agent(text: str) -> str:
    """A user agent's first product, `aws-cli/2.15`: what fits beside an event."""
    return text.split(" ", 1)[0] if text.strip() else ""


def plural_kind(kind: Kind, count: int) -> str:
    """`1 source IP`, `12 source IPs`."""
    plural = KIND_PLURALS[kind]
    return counted(count, plural[:-1], plural)
