"""What `triage-tui blocks list` prints of answers other than blocks: they stand in the same
journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.remedies import STANDING, RemedyState, kind_of
from triage_tui.report.times import rfc3339
from triage_tui.respond.remedy.entries import remedies_as_of

from . import blocktext
from .tables import Cell, Column, Paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import Remedy
    from triage_tui.respond.entries import Entry

_COLUMNS = (
    Column("STATE"),
    Column("ANSWER", most=80),
    Column("BY", most=16, drop=2),
    Column("ID"),
    Column("REASON", most=200, drop=1),
)
_OPEN = frozenset((*STANDING, RemedyState.INTENDED))
_BAD = _OPEN - {RemedyState.DONE}


def shown(entries: Sequence[Entry], *, every: bool) -> list[Remedy]:
    """The answers that the journal tells of, newest first: those that stand, or all."""
    return [each for each in remedies_as_of(entries, None) if every or each.state in _OPEN]


def table(remedies: Sequence[Remedy]) -> str:
    """The answers, a line each, with an empty one before them; "" where there are none."""
    if not remedies:
        return ""
    rows = [_row(each) for each in remedies]
    return "\n" + "\n".join(Paper().table(_COLUMNS, rows)) + "\n"


def _row(remedy: Remedy) -> list[Cell]:
    style = "medium" if remedy.state in _BAD else "" if remedy.state in _OPEN else "dim"
    return [
        Cell(remedy.state.value, style),
        Cell(remedy.title, "" if remedy.state in _OPEN else "dim"),
        Cell(remedy.author, "dim"),
        Cell(remedy.id, "dim"),
        Cell(remedy.reason or "none given", "dim"),
    ]


def told(remedy: Remedy, entries: Sequence[Entry]) -> dict[str, object]:
    """An answer with all that the journal says of it: its audit."""
    return {
        "id": remedy.id,
        "kind": kind_of(remedy.change),
        "title": remedy.title,
        "account": remedy.change.account,
        "region": remedy.change.region or None,
        "state": remedy.state.value,
        "note": remedy.note or None,
        "reason": remedy.reason,
        "author": remedy.author,
        "identity": remedy.identity or None,
        "subject": remedy.subject or None,
        "made": rfc3339(remedy.made),
        "before": dict(remedy.before),
        "after": dict(remedy.after),
        "commands": list(remedy.commands),
        "audit": [blocktext.audited(entry) for entry in entries if entry.block == remedy.id],
    }
