"""What people said and did about an entity: notes, decisions, blocks, in order of making."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from triage_tui.model import Block, Change, EntityRef
    from triage_tui.remedies import Remedy

COLUMNS = (
    Column("when", "AT", width=9),
    Column("what", "WHAT", width=8),
    Column("text", "", min_width=20),
    Column("by", "BY", width=12, drop=1),
)
LATER = "(made later) "
"""Says that somebody decided it further on in time than the screen stands."""
LATER_THAN_NOW = "\n(later than where it stands now)"


class Decision(NamedTuple):
    """One line, and all that is known of it for whoever opens it."""

    key: str
    made: int
    cursor: int
    what: str
    text: str
    author: str
    later: bool

    @property
    def row(self) -> Row:
        style = "dim" if self.later else ""
        return Row(
            self.key,
            (
                Cell(words.clock(self.cursor), "dim"),
                Cell(self.what, "accent"),
                Cell(f"{LATER if self.later else ''}{' '.join(self.text.splitlines())}"),
                Cell(self.author, "dim"),
            ),
            style,
        )

    @property
    def detail(self) -> str:
        """In full, as text."""
        return (
            f"{self.what}\n\n{self.text}\n\n"
            f"by {self.author}, {words.moment(self.made)} on the wall clock,\n"
            f"when the triage stood at {words.moment(self.cursor)}"
            f"{LATER_THAN_NOW if self.later else ''}"
        )


def decisions(
    ref: EntityRef,
    history: Iterable[Change],
    blocks: Sequence[Block],
    now: int,
    events: Mapping[str, str] | None = None,
    remedies: Sequence[Remedy] = (),
) -> list[Decision]:
    """Everything decided about an entity and its `events` (what they are called, by the casebook's
    names for them), oldest first."""
    named = events or {}
    subjects = {*ref.subjects, *named}
    found = [
        Decision(
            f"change:{place}",
            change.made,
            change.cursor,
            change.field,
            f"{named[change.subject]}: {change.value}" if change.subject in named else change.value,
            change.author,
            change.cursor > now,
        )
        for place, change in enumerate(history)
        if change.subject in subjects
    ]
    found += [
        Decision(
            f"block:{block.id}",
            block.made,
            block.cursor,
            "block",
            block_text(block),
            block.author,
            block.cursor > now,
        )
        for block in blocks
    ]
    found += [
        Decision(
            f"remedy:{remedy.id}",
            remedy.made,
            remedy.cursor,
            "answer",
            remedy_text(remedy),
            remedy.author,
            remedy.cursor > now,
        )
        for remedy in remedies
    ]
    return sorted(found, key=lambda decision: (decision.made, decision.key))


def block_text(block: Block) -> str:
    """`203.0.113.77/32 in force until …: reason`."""
    mark = " (simulated)" if block.simulated else ""
    return (
        f"{block.cidr} {block.standing}{mark}, {words.until(block.expires)}: "
        f"{block.reason or 'no reason given'}"
    )


def remedy_text(remedy: Remedy) -> str:
    """`Deactivate the key … done: reason`, and what else there is to say."""
    mark = " (simulated)" if remedy.simulated else ""
    words = f"{remedy.title} {remedy.state.value}{mark}: {remedy.reason or 'no reason given'}"
    return f"{words}\n\n{remedy.note}" if remedy.note else words


def decision_rows(found: Sequence[Decision]) -> ListRows:
    """The table of them."""
    return ListRows(decision.row for decision in found)
