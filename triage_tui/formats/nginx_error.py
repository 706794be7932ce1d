"""The error log of nginx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description, Outcome

from .addresses import address
from .base import content_id, one_line, text_line
from .request_line import Request, request_of
from .times import iso_time

if TYPE_CHECKING:
    from .rows import Rows
    from .settings import FormatSettings

_LINE = re.compile(
    r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9:]{8})"
    r" \[(debug|info|notice|warn|error|crit|alert|emerg)\] [0-9]{1,10}#[0-9]{1,10}: (.*+)",
    re.DOTALL,
)
_CLIENT = ", client: "
_MOST_CLIENTS = 8
"""Of a line, and so how often its beginning is looked at: a request can bring any number."""
# Messages whose ends are known: nothing of a client's stands in the first ones, in the others it
# stands within quotes. Then come an error of the system, and what nginx was doing.
_WHOLE = re.compile(
    r"(?:[*][0-9]{1,20} )?(?:"
    r"access forbidden by rule|no user/password was provided for basic authentication"
    r"|(?:client|upstream|no live upstreams)(?: [A-Za-z0-9/-]++)*+(?:: [0-9]++ bytes)?"
    r"|an? [a-z ]{1,60}temporary file [^ ,\"]++|[A-Za-z0-9_]++[(][)] failed"
    r'|(?:limiting|delaying) [a-z]++(?:, dry run)?(?:, excess: [0-9.]++)?,? by zone "[^"]*+"'
    r'|[a-z_]++[(][)] ".*" failed|directory index of ".*" is forbidden'
    r'|user ".*"(?:: [a-z ]{1,60}| was not found in "[^"]*+")'
    r'|".*"(?: (?:is|has|must) [a-z ]{1,60})?'
    r")(?: [(](?:[0-9]{1,5}|SSL): [^,()\"]{1,200}+[)])?(?: while [A-Za-z0-9 /-]{1,80}+)?",
    re.DOTALL,
)
_FAILURES = frozenset(("error", "crit", "alert", "emerg"))
_BLOCKED = ("limiting requests", "limiting connections")
_DENIED = ("access forbidden by rule", "password mismatch", "was not found in", "no user/password")


class NginxError:
    """Lines of the error log; their time names no offset and so is UTC."""

    name = "nginx_error"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        if entry is None:
            return False
        rows.add(
            format=self.name,
            time=entry.time,
            own_id=None,
            raw=raw,
            action=entry.request.method or entry.level,
            outcome=_outcome(entry),
            source_ip=address(entry.client),
            resource=entry.host,
            method=entry.request.method,
            path=entry.request.path,
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        entry = _entry(raw)
        text = f"{entry.level}: {entry.text}" if entry else ""
        return Description(id=content_id(raw), summary=one_line(text))


class _Entry(NamedTuple):
    time: int
    level: str
    text: str
    message: str
    """The text up to the client."""
    client: str | None
    host: str | None
    request: Request


def _entry(raw: bytes) -> _Entry | None:
    if raw[4:5] != b"/" or raw[20:21] != b"[":
        return None
    found = _LINE.fullmatch(text_line(raw))
    if found is None:
        return None
    year, month, day, clock, level, text = found.groups()
    time = iso_time(f"{year}-{month}-{day}T{clock}")
    if time is None:
        return None
    message, context = _divided(text)
    client = context.partition(",")[0].rstrip() if context else None
    return _Entry(
        time=time,
        level=level,
        text=text,
        message=message,
        client=client,
        host=_value(context, "host") or _value(context, "server"),
        request=request_of(_value(context, "request") or ""),
    )


def _divided(text: str) -> tuple[str, str]:
    """The message, and what stands behind the `, client: ` that is nginx's own: "" where there is
    none, or none for sure.

    Paths and referers stand in the line unescaped, so that a request can bring a client of its own,
    before the true one or behind it. Nginx's stands behind a whole message; where that does not
    tell which one it is, and several are named, nobody is.
    """
    message, *clients = text.split(_CLIENT, _MOST_CLIENTS + 1)
    if len(clients) > _MOST_CLIENTS:
        return message, ""
    ends = [found.start() for found in re.finditer(_CLIENT, text)]
    ends = [end for end in ends if _WHOLE.fullmatch(text, 0, end)] or ends
    contexts = [text[end + len(_CLIENT) :] for end in ends]
    if len({context.partition(",")[0].rstrip() for context in contexts}) != 1:
        return message, ""
    return text[: ends[0]], contexts[0]


def _value(context: str, key: str) -> str | None:
    """What stands behind `, key: `, with quotes or without."""
    _, found, rest = context.partition(f", {key}: ")
    if not found:
        return None
    if rest.startswith('"'):
        # The request may hold quotes: it ends where the next key or the line does.
        end = rest.find('", ', 1)
        return rest[1:end] if end > 0 else rest[1:].removesuffix('"')
    return rest.partition(",")[0] or None


def _outcome(entry: _Entry) -> Outcome:
    if any(words in entry.message for words in _BLOCKED):
        return Outcome.BLOCKED
    if any(words in entry.message for words in _DENIED):
        return Outcome.DENIED
    return Outcome.ERROR if entry.level in _FAILURES else Outcome.UNKNOWN
