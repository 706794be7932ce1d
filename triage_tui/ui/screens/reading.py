"""What a screen does with a record that stands below its list, or in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.ui.adapters import copies
from triage_tui.ui.adapters.dossier import EVENTS
from triage_tui.ui.record_pane import RecordPane
from triage_tui.ui.screens import ask, copying, dialogs
from triage_tui.ui.screens.selecting import SelectingScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from triage_tui.ui.adapters.dossier import Dossier
    from widgets.table import VirtualTable


class ReadingScreen(SelectingScreen):
    """A screen over the lists of a dossier, with a record in full."""

    dossier: Dossier
    pane: int
    """The list that is open."""

    @property
    def table(self) -> VirtualTable:
        """The list that is open."""
        raise NotImplementedError

    def open_pane(self, pane: int) -> None:
        """Shows a list."""
        raise NotImplementedError

    @property
    def detail(self) -> RecordPane:
        """The record in full."""
        return self.query_one(RecordPane)

    @property
    def reading(self) -> bool:
        """Whether the keys go to the record."""
        return self.detail.is_open and self.detail.view.has_focus

    def show_detail(self, key: str) -> None:
        record = self.dossier.record(self.pane, key)
        if record is not None:
            self.detail.show(record)

    def close_record(self) -> None:
        if self.detail.is_open:
            self.detail.close()
            self.remove_class("-reading")
            self.table.focus()

    def action_reveal(self) -> None:
        """Show the secrets in the record, or mask them again."""
        if self.detail.is_open:
            self.detail.reveal()
        else:
            self._app.say("Enter opens a record; r shows its secrets then")

    def action_next_hit(self, by: int) -> None:
        """Another place where the searched text stands."""
        view = self.detail.view
        found = self.detail.is_open and (view.next_hit() if by > 0 else view.previous_hit())
        if not found:
            self._app.say("nothing is found: open a record with Enter, search it with /")

    def find_in_record(self) -> None:
        """Ask for what is searched in the record."""
        app = self._app
        app.attempt(self._found(ask.ask(app, "find", "find", self.detail.term)), "find")

    async def _found(self, asked: Awaitable[str | None]) -> str | None:
        term = await asked
        if term is not None:
            self.detail.search(term)
        return None

    def action_copy(self) -> None:
        """Copy what is asked for of the record, else of the row under the cursor."""
        key = self.table.cursor_key
        if self.detail.is_open and self.detail.is_reading:
            self._app.say("the record is still being read")
            return
        offered = self.detail.copies() if self.detail.is_open else []
        offered += self.dossier.copies(self.pane, key)
        cells = copies.of_cells(self.table.cursor_cells)
        self._app.attempt(copying.copy(self._app, self.dossier.label, [*offered, *cells]), "copy")

    # -- single events ---------------------------------------------------------------------------

    def action_next_error(self, by: int) -> None:
        """The next event that was refused or failed."""
        if self.pane != EVENTS:
            self.open_pane(EVENTS)
        index = self.dossier.events.next_error(self.table.cursor_index, by)
        if index is None:
            where = "after" if by > 0 else "before"
            self._app.say(f"no event {where} this one was refused or failed")
            return
        self._to_event(index)

    def _to_event(self, index: int) -> None:
        self.table.following = False
        self.table.move_to(index)
        if self.detail.is_open:
            self.show_detail(str(self.dossier.events.number(index)))

    def _event_row(self) -> int | None:
        """The event under the cursor."""
        key = self.table.cursor_key if self.pane == EVENTS else None
        return None if key is None else int(key)

    def action_note_event(self) -> None:
        """Write a note on the event under the cursor alone."""
        row = self._event_row()
        if row is None:
            self._app.say("there is no event under the cursor: 1 opens the events")
            return
        label = self.dossier.event_label(row)
        self._app.attempt(dialogs.note_event(self._app, row, label), "note")

    def action_mark_case(self) -> None:
        """Mark the event under the cursor; in other lists than that of events, the entity."""
        row = self._event_row()
        if row is None:
            super().action_mark_case()
            return
        label, marked = self.dossier.event_label(row), self.dossier.events.is_marked(row)
        self._app.attempt(dialogs.mark_event(self._app, row, label, marked=marked), "mark")

    def action_next_mark(self) -> None:
        """To the next marked event."""
        if self.pane != EVENTS:
            self.open_pane(EVENTS)
        place = self.dossier.events.next_marked(self.table.cursor_index)
        if place is None:
            self._app.say("none of these events is marked: m marks the one under the cursor")
            return
        self._to_event(place)
