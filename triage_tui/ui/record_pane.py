"""One record in full, under a line that says what it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from textual.containers import Vertical

from triage_tui.mask import mask
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.copies import Copy, fixed
from triage_tui.ui.adapters.grounds import above
from widgets.record import RecordView
from widgets.record_lines import LONGEST, Line, parse
from widgets.status import StatusItem, StatusLine
from widgets.text import clean_lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from triage_tui.ui.adapters.inspect import Line as Status
    from triage_tui.ui.adapters.inspect import Record

AT_ONCE = 16_000
"""Bytes that are read, masked and parsed before anybody feels it; more are in a thread."""


class _Told(NamedTuple):
    """A record as it is shown."""

    text: str
    """As it was read, cut where no more is shown."""
    lines: list[Line]
    behind: Status = ([], [])
    failed: bool = False


def _tell(record: Record, *, reveal: bool) -> _Told:
    """Reads a record, masks and parses it; says why where that cannot be."""
    try:
        text, behind, matched = record.read(), record.behind(), record.matched()
    except OSError as problem:
        said = f"cannot read this record again: {problem}\n\n{record.fix}"
        return _Told("", parse(said), failed=True)
    shown = text[:LONGEST]
    lines = parse(shown if reveal else mask(shown), len(text) - len(shown))
    return _Told(shown, above(matched, lines, reveal=reveal), behind)


class RecordPane(Vertical):
    """Shows a record with its secrets masked, or why it cannot be shown.

    A long one is read in a thread. One thread at a time: who goes on meanwhile gets the record that
    is wanted last, and never another in its place.
    """

    DEFAULT_CSS = """
    RecordPane {
        height: 1fr;
        #record-title { background: $surface; }
        #record-behind { display: none; }
        #record-behind.-open { display: block; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name for it)
        super().__init__(id=id)
        self._record: Record | None = None
        self._told: _Told | None = None
        """None while it is being read."""
        self._reading = False
        self._reveal = False
        self.term = ""
        """What is searched for."""

    def compose(self) -> ComposeResult:
        yield StatusLine(id="record-title")
        yield StatusLine(id="record-behind")
        yield RecordView(id="record")

    @property
    def view(self) -> RecordView:
        """The record itself."""
        return self.query_one(RecordView)

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-open")

    @property
    def revealed(self) -> bool:
        """Whether secrets are shown as they are."""
        return self._reveal

    def show(self, record: Record) -> None:
        """Opens with a record."""
        self._record = record
        self.add_class("-open")
        if record.size <= AT_ONCE:
            self._told = _tell(record, reveal=self._reveal)
            self.view.show_lines(self._told.lines)
        else:
            self._read()
        self._show_title()

    def close(self) -> None:
        """Goes from the screen; secrets are masked again."""
        self.remove_class("-open")
        self._record = self._told = None
        self._reveal = False
        self.view.show_lines([])

    def reveal(self) -> None:
        """Show the secrets, or mask them again."""
        self._reveal = not self._reveal
        if self._record is not None and self._record.size <= AT_ONCE:
            self._told = _tell(self._record, reveal=self._reveal)
            self.view.retell(self._told.lines)
        elif self._record is not None:
            self._read()
        self._show_title()

    def _read(self) -> None:
        self._told = None
        self.view.show_lines([])
        if not self._reading:
            self._reading = True
            # The app's worker, for the app says what goes wrong in one.
            work, name = self._read_wanted(), "read the record"
            self.app.run_worker(work, name=name, group=name, exit_on_error=False)

    async def _read_wanted(self) -> None:
        """Reads until what was read is what is wanted."""
        try:
            while self._record is not None and self._told is None:
                record, reveal = self._record, self._reveal
                told = await asyncio.to_thread(_tell, record, reveal=reveal)
                if (record, reveal) != (self._record, self._reveal) or self._told is not None:
                    continue
                self._told = told
                self.view.show_lines(told.lines)
        finally:
            self._reading = False
        self._show_title()

    def search(self, term: str) -> int:
        """Mark a term, go to the first place; says how many lines hold it."""
        self.term = term
        found = self.view.search(term)
        self._show_title()
        return found

    @property
    def is_reading(self) -> bool:
        """Whether the record is still being read."""
        return self._told is None

    def copies(self) -> list[Copy]:
        """What can be copied: the value under the cursor, and what is shown of the record; both
        masked."""
        if self._told is None:
            return []
        # A secret that is shown has no name beside it by which it could be masked.
        value, text = None if self._reveal else self.view.cursor_value, self._told.text
        shown = f"{words.short_number(len(text))}B, masked"
        whole = Copy("e", "record", shown, lambda: clean_lines(mask(text)))
        return [whole] if value is None else [fixed("v", "value", value), whole]

    def holds(self, value: str) -> bool:
        """Whether the record has this text as it stands: a masked value it has not."""
        return self._told is not None and value in self._told.text

    def _show_title(self) -> None:
        record, told, right = self._record, self._told, []
        if record is None:
            return
        if self.term and told is not None:
            found = self.view.hits
            text = f"{self.term}: {found or 'no'} line{'' if found == 1 else 's'}"
            right.append(StatusItem(text, "accent" if found else "warning", 5))
        if told is None:
            right.append(StatusItem(f"reading {words.short_number(record.size)}B…", "warning", 9))
        elif told.failed:
            right.append(StatusItem("cannot be read", "bad", 9))
        elif self._reveal:
            right.append(StatusItem("secrets shown", "alert", 9))
        else:
            right.append(StatusItem("secrets masked", "dim", 3))
        behind = self.query_one("#record-behind", StatusLine)
        left, actor = told.behind if told is not None else ([], [])
        behind.set_class(bool(left), "-open")
        behind.show(left, actor)
        self.query_one("#record-title", StatusLine).show(
            [StatusItem(record.title, "strong", 8), StatusItem(record.place, "dim", 1)], right
        )
