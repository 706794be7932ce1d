"""The incident report: pure, from a snapshot to data to Markdown or JSON."""

from __future__ import annotations

from triage_tui.mask import mask

from . import jsontext
from .incident import assemble, timeline
from .markdown import to_markdown
from .pseudonyms import anonymous
from .shape import IncidentReport
from .snapshot import Audit, Decision, JournalState, Matched, Snapshot, Step, Told
from .texts import mapped

__all__ = [
    "Audit",
    "Decision",
    "IncidentReport",
    "JournalState",
    "Matched",
    "Snapshot",
    "Step",
    "Told",
    "incident",
    "timeline",
    "to_json",
    "to_markdown",
]


def incident(snapshot: Snapshot, *, anonymize: bool = False) -> IncidentReport:
    """The report of a snapshot, its secrets masked; with `anonymize`, its names replaced too."""
    report = assemble(snapshot)
    if anonymize:
        report = anonymous(report, snapshot)
    return mapped(report, mask)


def to_json(report: IncidentReport) -> str:
    """The report as one line of JSON, ASCII alone."""
    return jsontext.dump(report)
