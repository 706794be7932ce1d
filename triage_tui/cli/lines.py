"""An event as one line of `triage-tui events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from triage_tui.model import NO_TIME
from triage_tui.report.jsontext import dump
from triage_tui.report.times import rfc3339

if TYPE_CHECKING:
    from triage_tui.model import Event, Vulnerability


def vulnerability(hole: Vulnerability) -> dict[str, object]:
    """What is known of a hole, for JSON: null is what the source does not say."""
    fields = {key: value if value != "" else None for key, value in asdict(hole).items()}
    del fields["closed"]  # nobody has followed its updates
    fields["severity"] = hole.severity.word if hole.severity else None
    fields["tags"] = dict(hole.tags)
    fields["seen"] = None if hole.seen == NO_TIME else rfc3339(hole.seen)
    return fields


def line_of(event: Event) -> str:
    """The event as one line of JSON, ASCII alone."""
    fields = asdict(event)
    fields["forwarded"] = event.forwarded or None
    fields["linked"] = event.linked or None
    fields["vulnerabilities"] = [*map(vulnerability, event.vulnerabilities)] or None
    if event.time is not None:
        fields["time"] = rfc3339(event.time)
    return dump(fields)
