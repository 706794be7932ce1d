"""An event as one line of `triage-tui events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from triage_tui.report.jsontext import dump
from triage_tui.report.times import rfc3339

if TYPE_CHECKING:
    from triage_tui.model import Event


def line_of(event: Event) -> str:
    """The event as one line of JSON, ASCII alone."""
    fields = asdict(event)
    fields["forwarded"] = event.forwarded or None
    fields["linked"] = event.linked or None
    if event.time is not None:
        fields["time"] = rfc3339(event.time)
    return dump(fields)
