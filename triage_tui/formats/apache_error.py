"""The error log of Apache."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description, Outcome

from .addresses import address
from .base import content_id, one_line, text_line
from .request_line import unescape
from .times import apache_time

if TYPE_CHECKING:
    from .rows import Rows
    from .settings import FormatSettings

_LINE = re.compile(
    r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}(?:\.[0-9]{1,9})? [0-9]{4})\]"
    r" \[(?:([a-z0-9_-]{0,40}):)?(debug|info|notice|warn|error|crit|alert|emerg|trace[1-8])\]"
    r"( \[pid [0-9]{1,10}(?::tid [0-9]{1,20})?\])?"
    r"(?: \([0-9]{1,6}\)[^\[\n]{0,200}:(?= \[))?"  # the system's error, before the client
    r"(?: \[(?:remote|client) ([^\]\n]{1,255})\])?"
    r" ?(.*+)",
    re.DOTALL,
)
_FAILURES = frozenset(("error", "crit", "alert", "emerg"))
_BLOCKED = ("Access denied with code",)
_DENIED = ("client denied by server configuration", ": Password Mismatch", " not found: /")


class ApacheError:
    """Lines of the error log; their time names no offset and so is UTC."""

    name = "apache_error"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        if entry is None:
            return False
        rows.add(
            format=self.name,
            time=entry.time,
            own_id=None,
            raw=raw,
            action=entry.level,
            outcome=_outcome(entry),
            source_ip=address(entry.client),
            resource=entry.module,
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        entry = _entry(raw)
        if entry is None:
            return Description(id=content_id(raw), summary="")
        source = f" from {entry.client}" if entry.client else ""
        text = f"{entry.level}: {entry.message}{source}"
        return Description(id=content_id(raw), summary=one_line(text))


class _Entry(NamedTuple):
    time: int
    module: str | None
    level: str
    client: str | None
    message: str


def _entry(raw: bytes) -> _Entry | None:
    if raw[:1] != b"[" or raw[4:5] != b" ":
        return None
    found = _LINE.fullmatch(text_line(raw))
    time = apache_time(found[1]) if found is not None else None
    if found is None or time is None:
        return None
    _, module, level, pid, client, message = found.groups()
    if pid and client and client.count(":") > 1:
        client = client.rpartition(":")[0]  # since there is a pid there is a port, without brackets
    return _Entry(time, module, level, client, unescape(message))


def _outcome(entry: _Entry) -> Outcome:
    if any(words in entry.message for words in _BLOCKED):
        return Outcome.BLOCKED
    if any(words in entry.message for words in _DENIED):
        return Outcome.DENIED
    return Outcome.ERROR if entry.level in _FAILURES else Outcome.UNKNOWN
