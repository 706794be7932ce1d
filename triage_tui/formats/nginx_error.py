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
    message, *clients = text.split(_CLIENT)
    context = clients[0] if clients else ""
    return _Entry(
        time=time,
        level=level,
        text=text,
        message=message,
        client=_client(clients),
        host=_value(context, "host") or _value(context, "server"),
        request=request_of(_value(context, "request") or ""),
    )


def _client(clients: list[str]) -> str | None:
    """The client's address. Paths and referers stand in the line unescaped, so that a request can
    bring a client of its own: where several are named, nobody is."""
    named = {client.partition(",")[0].rstrip() for client in clients}
    return named.pop() if len(named) == 1 else None


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
