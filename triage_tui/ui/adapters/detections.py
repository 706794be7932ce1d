"""What rules detected of an entity, as rows; a rule in full, with its author and licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Severity
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.events import severity_cell
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.ruleset import Rule
    from triage_tui.model import RuleHit

COLUMNS = (
    Column("level", "LEVEL", width=10),
    Column("rule", "DETECTION", min_width=34, weight=3),
    Column("count", "MATCHED", width=7, align="right"),
    Column("author", "RULE BY", min_width=16, weight=2, drop=2),
    Column("licence", "LICENCE", width=10, drop=1),
)


def detection_rows(found: Sequence[tuple[RuleHit, int]]) -> ListRows:
    """The table of an entity's detections, the gravest first."""
    return ListRows(
        Row(
            hit.rule,
            (
                severity_cell(Severity[hit.level.upper()]),
                Cell(hit.title),
                Cell(words.number(count)),
                Cell(hit.author or "unknown", "dim"),
                Cell(hit.licence or "unknown", "dim"),
            ),
        )
        for hit, count in found
    )


def about(rule: Rule) -> str:
    """A rule in words, for reading in full."""
    parts = [
        rule.title,
        f"level: {rule.level.word}",
        f"by {rule.author or 'unknown'}, licence {rule.licence or 'unknown'}",
        f"id: {rule.id}",
        f"from: {rule.path}",
    ]
    if rule.description:
        parts += ["", rule.description]
    for title, lines in (
        ("Could be innocent", rule.false_positives),
        ("Tags", rule.tags),
        ("See", rule.references),
    ):
        if lines:
            parts += ["", f"{title}:", *(f"  {line}" for line in lines)]
    return "\n".join(parts)
