"""Network Load Balancers: access logs, which they write for TLS listeners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .balancer import Entry, add, describe, tls_entry, without_port
from .balancer_json import entry_in
from .base import count_of, text_line
from .times import iso_time

if TYPE_CHECKING:
    from triage_tui.model import Description

    from .rows import Rows
    from .settings import FormatSettings

_FEWEST = 17
"""Fields of version 1.0; 2.0 has five more."""


class Nlb:
    """Lines as they lie in S3, the same in a log group, and their JSON."""

    name = "nlb"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        if entry is None:
            return False
        add(rows, self.name, raw, entry)
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        return describe(raw, _entry(raw))


def _entry(raw: bytes) -> Entry | None:
    if not raw.startswith(b"tls "):
        return entry_in(raw, Nlb.name)
    fields = text_line(raw).split(" ")
    if len(fields) < _FEWEST or not fields[1].replace(".", "").isdecimal():
        return None
    time = iso_time(fields[2])
    if time is None or not fields[3].startswith("net/"):
        return None
    return tls_entry(
        time=time,
        client=without_port(fields[5]),
        balancer=fields[3],
        alert=fields[11],
        arn=fields[12],
        cipher=fields[14],
        size=count_of(fields[10]),
        domain=fields[17] if len(fields) > _FEWEST else "",
    )
