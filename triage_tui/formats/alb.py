"""Application Load Balancers: access logs and connection logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.model import Outcome

from .balancer import CONNECT, TIME, Entry, add, describe, line_entry, line_patterns
from .balancer_json import entry_in
from .base import present, text_line
from .request_line import QUOTED
from .times import iso_time

if TYPE_CHECKING:
    from triage_tui.model import Description

    from .rows import Rows
    from .settings import FormatSettings

_TYPES = (b"http", b"h2 ", b"grpcs ", b"ws")
# User agent, cipher, protocol, target group, trace id; then more with every year.
_ACCESS = line_patterns(
    "(?:https?|h2|grpcs|wss?) ",
    r" QUOTED \S++ \S++ (\S++) QUOTED(?: .*+)?",
    r' "(.*?)" \S++ \S++ (?:arn:\S++|-) "(?s:.*+)',
)
_CONNECTION = re.compile(
    rf"({TIME}) (\S++) ([0-9]{{1,5}}|-) ([0-9]{{1,5}}|-) (\S++) (\S++) (?:[0-9.]{{1,20}}|-)"
    rf" (?:-|{QUOTED}) (\S++) (\S++) (Success|Failed\S*+|-) (\S++)(?: .*+)?"
)
_TRACE = "TID_"


class Alb:
    """Lines as they lie in S3, the same in a log group, and their JSON."""

    name = "alb"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        if entry is None:
            return False
        add(rows, self.name, raw, entry)
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        return describe(raw, _entry(raw))


def _entry(raw: bytes) -> Entry | None:
    if raw.startswith(_TYPES):
        return _request(raw)
    if raw[4:5] == b"-" and raw[10:11] == b"T":
        return _connection(raw)
    return entry_in(raw, Alb.name)


def _request(raw: bytes) -> Entry | None:
    line = text_line(raw)
    for pattern in _ACCESS:
        if found := pattern.fullmatch(line):
            return line_entry(found.groups()[:8])
    return None


def _connection(raw: bytes) -> Entry | None:
    found = _CONNECTION.fullmatch(text_line(raw))
    if found is None or not found[11].startswith(_TRACE):
        return None
    time = iso_time(found[1])
    if time is None:
        return None
    protocol, subject, verdict = present(found[5]), present(found[7]), found[10]
    outcome = Outcome.OK if verdict == "Success" or protocol else Outcome.UNKNOWN
    if verdict.startswith("Failed"):
        outcome = Outcome.DENIED
    words = (f"to port {found[4]}", protocol, present(verdict), subject)
    return Entry(
        time=time,
        client=found[2],
        balancer=None,
        action=CONNECT,
        outcome=outcome,
        note=" ".join(word for word in words if word),
    )
