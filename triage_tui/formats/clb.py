"""Classic Load Balancers: access logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .balancer import CONNECT, Entry, add, describe, line_entry, line_patterns
from .base import text_line

if TYPE_CHECKING:
    from triage_tui.model import Description

    from .rows import Rows
    from .settings import FormatSettings

# The oldest logs end behind the request; then came user agent, cipher and protocol.
_PATTERNS = line_patterns("", r"(?: QUOTED \S++ \S++)?", r' "(.*)" \S++ \S++')
_NO_REQUEST = "- - -"


class Clb:
    """Lines of HTTP and of TCP listeners."""

    name = "clb"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        if entry is None:
            return False
        add(rows, self.name, raw, entry)
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        return describe(raw, _entry(raw))


def _entry(raw: bytes) -> Entry | None:
    if raw[4:5] != b"-" or raw[10:11] != b"T":
        return None
    line = text_line(raw)
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(line):
            entry = line_entry(found.groups())
            if entry is not None and found[6].strip() == _NO_REQUEST:
                return entry._replace(action=CONNECT, request=entry.request._replace(path=None))
            return entry
    return None
