"""Queries of CloudWatch Logs Insights: what they say, and how a span of time is cut so that no
query meets the limit of rows unseen. Sans-IO.

A lane goes from the newest to the oldest. Each query asks for one window, newest first; one that
comes back full ends where its oldest row stands, and what is left of it is the next window. So
every byte is scanned about once, nothing is skipped, and what is met twice is known by its pointer.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import EntityRef, Kind
from triage_tui.past import PastError, names
from triage_tui.wrappings.moments import utc

from .seen import LogEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .answers import Cell

LIMIT = 10_000
"""Rows of one query."""
FIRST_WINDOW = 15 * 60_000
"""Milliseconds of a lane's first window: later ones follow what is found."""
WIDEST = 7 * 86_400_000
_FEW = LIMIT // 4
_PARTS = "[^0-9a-zA-Z.:]"
"""What stands around an address, or nothing does."""


class Window(NamedTuple):
    """A span of log time, milliseconds, without its end."""

    start: int
    end: int


class Row(NamedTuple):
    """A row of the answer."""

    pointer: str
    event: LogEvent


def condition(ref: EntityRef) -> str:
    """What selects the records that name an entity. Raises PastError."""
    if ref.kind is Kind.PRINCIPAL:
        return " or ".join(f"@message like {_quoted(name)}" for name in names(ref))
    if ref.kind is Kind.IP:
        return f"@message like /{_around(_address(ref.key))}/"
    if ref.kind is Kind.NETWORK:
        return f"@message like /{_around(_network(ref.key))}/"
    raise PastError(f"{ref.key} is an AWS service: nobody's past; name an address or a principal")


def pattern(ref: EntityRef) -> str:
    """What an address, or one of a network, looks like, as a regular expression. Raises
    PastError."""
    if ref.kind is Kind.IP:
        return _address(ref.key)
    if ref.kind is Kind.NETWORK:
        return _network(ref.key)
    raise PastError(f"{ref.key} is no address")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _around(pattern: str) -> str:
    return f"(^|{_PARTS})({pattern})($|{_PARTS})"


def _address(key: str) -> str:
    """The spellings of an address."""
    try:
        ip = ip_address(key)
    except ValueError:
        raise PastError(f"{key!r} is no address") from None
    spelled = [str(ip)]
    if isinstance(ip, IPv6Address):
        spelled += [ip.exploded, str(ip).upper(), ip.exploded.upper()]
    return "|".join(re.escape(text).replace("/", r"\/") for text in dict.fromkeys(spelled))


def _network(key: str) -> str:
    """What addresses of a network look like, where its prefix ends between two parts."""
    try:
        network = ip_network(key)
    except ValueError:
        raise PastError(f"{key!r} is no network") from None
    if network.version == 4 and network.prefixlen in (8, 16, 24):
        count = network.prefixlen // 8
        head = ".".join(str(network.network_address).split(".")[:count])
        return re.escape(head) + rf"(\.[0-9]+){{{4 - count}}}"
    if network.version == 6 and network.prefixlen in (16, 32, 48, 64):
        parts = network.network_address.exploded.split(":")[: network.prefixlen // 16]
        head = ":".join(f"0*{part.lstrip('0') or '0'}" for part in parts)
        return f"(?i){head}(:[0-9a-f:]*)"
    raise PastError(f"{key} cannot be looked for: name an address, a /24 or a /64")


def phrase(where: str, window: Window, limit: int = LIMIT) -> str:
    """The query of one window, newest first."""
    return (
        "fields @timestamp, @message, @logStream, @log, @ingestionTime"
        f" | filter ({where})"
        f" | filter toMillis(@timestamp) >= {window.start}"
        f" and toMillis(@timestamp) < {window.end}"
        f" | sort @timestamp desc | limit {limit}"
    )


def seconds(window: Window) -> tuple[int, int]:
    """Start and end of a query in seconds, both of which the service takes in: the query itself
    cuts to the millisecond."""
    return window.start // 1000, -(-window.end // 1000)


def rows(results: Iterable[Sequence[Cell]]) -> list[Row]:
    """Rows as GetQueryResults gives them; what is none of ours is left out."""
    return [each for each in map(_row, results) if each is not None]


def _row(fields: Iterable[Cell]) -> Row | None:
    found = {each.field: each.value for each in fields}
    time = utc(found.get("@timestamp", ""))
    if time is None or "@message" not in found:
        return None
    event = LogEvent(
        stream=found.get("@logStream", ""),
        time=time // 1_000_000,
        ingested=(utc(found.get("@ingestionTime", "")) or 0) // 1_000_000,
        message=found["@message"],
        group=found.get("@log", ""),
    )
    return Row(found.get("@ptr", ""), event)


class Lane:
    """The windows of one span of time, one after the other."""

    def __init__(self, span: Window, first: int = FIRST_WINDOW, limit: int = LIMIT) -> None:
        self.span = span
        self.overfull: list[int] = []
        """Milliseconds in which there is more than one query can give."""
        self._limit = limit
        self._end = span.end
        self._width = max(1, first)
        self._met: set[str] = set()
        """Pointers of the oldest millisecond that was given, which is asked for again."""

    @property
    def done(self) -> float:
        """From 0 to 1."""
        whole = self.span.end - self.span.start
        return 1.0 if whole <= 0 else (self.span.end - self._end) / whole

    def window(self) -> Window | None:
        """What to ask for next; None at the end."""
        if self._end <= self.span.start:
            return None
        return Window(max(self.span.start, self._end - self._width), self._end)

    def narrow(self) -> bool:
        """The window was too much for the service: half of it. Whether there is a half."""
        self._width = max(1, self._width // 2)
        return self._width > 1

    def take(self, window: Window, rows: Sequence[Row]) -> list[LogEvent]:
        """What is new of the answer to a window."""
        fresh = [each.event for each in rows if each.pointer not in self._met]
        if len(rows) < self._limit:
            self._met = set()
            self._end = window.start
            if len(rows) < _FEW * self._limit // LIMIT:
                self._width = min(WIDEST, self._width * 4)
            return fresh
        oldest = min(each.event.time for each in rows)
        self._met = {each.pointer for each in rows if each.event.time == oldest}
        self._end = oldest + 1
        if self._end >= window.end:  # all of one millisecond: what is beyond cannot be had
            self.overfull.append(oldest)
            self._met = set()
            self._end = oldest
        self._width = max(1, (window.end - oldest) * 3 // 4)
        return fresh
