"""Lines of the common log format, which web servers and API Gateway write."""

from __future__ import annotations

import re
from typing import NamedTuple

from triage_tui.wrappings import tail

from .base import text_line
from .request_line import QUOTED, fields_of
from .times import clf_time

_TIME = len("10/Oct/2000:13:55:36 -0700")
# Behind the quote that opens the request. API Gateway's WebSockets log no size.
_REST = re.compile(
    QUOTED[1:] + r" ([0-9]{3}|-)(?: ([0-9]{1,18}|-)(?![^ ]))?"
    rf"(?: {QUOTED} {QUOTED})?((?: .*+)?)"
)
_BACKSLASH = ord("\\")
_NOBODY = b'"" ['
"""What stands between name and time where Apache was sent an empty name."""
_REQUEST_ID = re.compile(
    "(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Za-z0-9_-]{3,15}=)"
)


class Line(NamedTuple):
    """One line in parts, all as logged."""

    head: list[str]
    """What stands before the time: client, ident, user; perhaps a virtual host first."""
    time: int
    request: str
    status: str
    size: str
    agent: str | None
    """None in the common format."""
    tail: str
    """The rest, with a blank in front."""
    spaced: bool
    """Whether a blank stands between time and request, as everywhere but in API Gateway's."""
    referer: str | None = None
    """None in the common format."""

    @property
    def request_id(self) -> str | None:
        """The id that API Gateway writes behind the size, where a web server has nothing or the
        quoted referer."""
        if not self.tail or self.agent is not None:
            return None
        first = fields_of(self.tail[:64])[:1]
        return first[0] if first and _REQUEST_ID.fullmatch(first[0]) else None


def clf_line(raw: bytes) -> Line | None:
    """The parts of `… [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 2326 …`, or None.

    The first quote of a line opens the request, for servers escape those in names of users; so
    the time is the one that stands before it, whatever a client put into its name.
    """
    at = _opening(raw)
    spaced = raw[at - 1 : at] == b" "
    if at <= _TIME or raw[at - 1 - spaced : at - spaced] != b"]":
        return None
    line = text_line(raw)
    at = len(text_line(raw[:at]))
    end = at - 1 - spaced
    begin = end - _TIME - 1
    if line[begin : begin + 1] != "[":
        return None
    time = clf_time(line[begin + 1 : end])
    head = line[: max(begin, 0)].split()
    found = _REST.fullmatch(line, at + 1)
    if time is None or not head or found is None or _is_wrapped(raw):
        return None
    request, status, size, referer, agent, tail = found.groups()
    parts = Line(head, time, request, status, size or "-", agent, tail, spaced, referer)
    return parts if size is not None or parts.request_id else None


def _is_wrapped(raw: bytes) -> bool:
    """Whether a log event's time stands in front, where it would pass for a virtual host.

    Behind a server's own time stands the client, which would pass for the event's stream.
    """
    pieces = tail.unwrap_line(raw) if raw[10:11] == b"T" else None
    return pieces is not None and not pieces[0].of(raw).startswith(b"- ")


def _opening(raw: bytes) -> int:
    """Where the request's quote is; -1 if nowhere."""
    at = raw.find(b'"')
    while at > 0 and raw[at - 1] == _BACKSLASH:
        at = raw.find(b'"', at + 1)
    return raw.find(b'"', at + 2) if raw.startswith(_NOBODY, at) else at
