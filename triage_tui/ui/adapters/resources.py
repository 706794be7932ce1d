"""Functions and their holes as rows, and below each who is knocking there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.detect.holes import gravity, words
from triage_tui.formats.vulnerability import told
from triage_tui.model import Severity
from triage_tui.ui.adapters import words as spoken
from triage_tui.ui.adapters.events import severity_cell
from widgets.columns import Cell, Column, Row
from widgets.status import StatusItem

if TYPE_CHECKING:
    from triage_tui.model import Resource, Visitor, Vulnerability
    from triage_tui.triage import Triage

COLUMNS = (
    Column("worst", "WORST", width=10),
    Column("resource", "RESOURCE", min_width=18, weight=2),
    Column("holes", "HOLES", width=5, align="right"),
    Column("events", "EVENTS", width=7, align="right", drop=2),
    Column("tried", "TRIED", width=6, align="right"),
    Column("answered", "ANSWERED", width=8, align="right", drop=1),
    Column("what", "WORST HOLE", min_width=18, weight=3, drop=3),
)
EMPTY = "nothing is known of packages: read a report of Inspector, Trivy, npm audit, … along"
MOST_VISITORS = 20
"""Of each kind, below a resource."""


class ResourceRows:
    """Implements `TableModel`: a row a resource, and one for each who knocks there."""

    def __init__(self, triage: Triage) -> None:
        self.resources = triage.resources(MOST_VISITORS)
        self._rows: list[tuple[str, Resource, Visitor | None]] = []
        for resource in self.resources:
            whole = resource.arn or resource.name
            self._rows.append((whole, resource, None))
            for visitor in resource.visitors:
                self._rows.append((f"{whole} {visitor.ref.subject}", resource, visitor))
        self._places = {key: place for place, (key, _, _) in enumerate(self._rows)}

    def row_count(self) -> int:
        return len(self._rows)

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def at(self, key: str) -> tuple[Resource, Visitor | None]:
        """What a row is about: a resource, and who knocks where the row is somebody's."""
        _, resource, visitor = self._rows[self._places[key]]
        return resource, visitor

    def row(self, index: int) -> Row:
        key, resource, visitor = self._rows[index]
        return Row(key, _of_resource(resource) if visitor is None else _of_visitor(visitor))

    def lines(self, key: str) -> list[tuple[str, str]]:
        """(text, style) of what there is to say: every hole, and who says what of it."""
        resource, _ = self.at(key)
        found = [(resource.arn, "dim")] if resource.arn else []
        for hole in resource.holes:
            style = "" if hole.open else "dim"
            if len(hole.said) == 1:
                found.append((f"{words(hole)} ({hole.said[0].source})", style))
                continue
            found.append((words(hole), style))
            found += [(f"  {each.source}: {_said(each)}", "dim") for each in hole.said]
        return found


def _said(each: Vulnerability) -> str:
    """What one of several sources says."""
    return told(msgspec.structs.replace(each, resource="", place=""))


def _of_resource(resource: Resource) -> tuple[Cell, ...]:
    holes = resource.open
    quiet = "" if holes else "dim"
    return (
        severity_cell(gravity(holes[0])) if holes else Cell("none", "dim"),
        Cell(resource.name, "strong" if holes else "dim"),
        Cell(spoken.number(len(holes)), quiet),
        Cell(spoken.number(resource.events) if resource.events else "", quiet),
        *_attempts(resource.attempts, resource.answered),
        Cell(words(holes[0]) if holes else "none is open", quiet),
    )


def _of_visitor(visitor: Visitor) -> tuple[Cell, ...]:
    return (
        Cell(""),
        Cell(f"  {visitor.label}"),
        Cell(""),
        Cell(spoken.number(visitor.events), "dim"),
        *_attempts(visitor.attempts, visitor.answered),
        Cell(f"last {spoken.day_clock(visitor.last)}", "dim"),
    )


def _attempts(tried: int, answered: int) -> tuple[Cell, Cell]:
    return (
        Cell(spoken.number(tried) if tried else "", "medium"),
        Cell(spoken.number(answered) if answered else "", "critical"),
    )


def head(rows: ResourceRows) -> tuple[list[StatusItem], list[StatusItem]]:
    """How many there are, and how they fare."""
    resources = rows.resources
    holes = sum(len(each.open) for each in resources)
    grave = sum(any(gravity(hole) >= Severity.HIGH for hole in each.open) for each in resources)
    left = [
        StatusItem("Resources", "strong", 9),
        StatusItem(spoken.number(len(resources)), "dim", 8),
        StatusItem(spoken.counted(holes, "open hole"), "", 7),
    ]
    if grave:
        left.append(StatusItem(f"{spoken.number(grave)} with a grave one", "warning", 5))
    attacked = sum(bool(each.attempts) for each in resources)
    if attacked:
        left.append(StatusItem(f"{spoken.number(attacked)} under attack", "bad", 6))
    return left, []
