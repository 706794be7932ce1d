"""One record in full, under a line that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from triage_tui.mask import mask
from widgets.record import RecordView
from widgets.status import StatusItem, StatusLine
from widgets.text import clean_lines

if TYPE_CHECKING:
    from textual.app import ComposeResult


class RecordPane(Vertical):
    """Shows a raw record with its secrets masked, or why it cannot be shown."""

    DEFAULT_CSS = """
    RecordPane {
        height: 1fr;
        #record-title { background: $surface; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name for it)
        super().__init__(id=id)
        self._title = ""
        self._place = ""
        self._text = ""
        self._error = ""
        self.term = ""
        """What is searched for."""

    def compose(self) -> ComposeResult:
        yield StatusLine(id="record-title")
        yield RecordView(mask=mask, id="record")

    @property
    def view(self) -> RecordView:
        """The record itself."""
        return self.query_one(RecordView)

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-open")

    def show(self, title: str, text: str, error: str = "", place: str = "") -> None:
        """Opens with a text; `error` stands in its place where it could not be read."""
        self._title, self._text, self._error, self._place = title, text, error, place
        self.view.show(error or text)
        self.add_class("-open")
        self._show_title()

    def close(self) -> None:
        """Goes from the screen; secrets are masked again."""
        self.remove_class("-open")
        self.view.reveal = False

    def reveal(self) -> None:
        """Show the secrets, or mask them again."""
        self.view.reveal = not self.view.reveal
        self._show_title()

    def search(self, term: str) -> int:
        """Mark a term, go to the first place; says how many lines hold it."""
        self.term = term
        found = self.view.search(term)
        self._show_title()
        return found

    def copied(self) -> str:
        """What goes to the clipboard: the value under the cursor, else the record; masked."""
        value = None if self.view.reveal else self.view.cursor_value
        return clean_lines(mask(self._text) if value is None else value)

    def holds(self, value: str) -> bool:
        """Whether the record has this text as it stands: a masked value it has not."""
        return value in self._text

    def _show_title(self) -> None:
        right = []
        if self.term:
            found = self.view.hits
            text = f"{self.term}: {found or 'no'} line{'' if found == 1 else 's'}"
            right.append(StatusItem(text, "accent" if found else "warning", 5))
        if self._error:
            right.append(StatusItem("cannot be read", "bad", 9))
        elif self.view.reveal:
            right.append(StatusItem("secrets shown", "alert", 9))
        else:
            right.append(StatusItem("secrets masked", "dim", 3))
        self.query_one("#record-title", StatusLine).show(
            [StatusItem(self._title, "strong", 8), StatusItem(self._place, "dim", 1)], right
        )
