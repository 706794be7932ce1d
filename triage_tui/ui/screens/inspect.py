"""One entity: what it did, what is said of it, whom it is linked with, what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.store.filters import ALL, parse
from triage_tui.ui.actions import INSPECT
from triage_tui.ui.adapters import (
    copies,
    decisions,
    detections,
    events,
    filtering,
    inspect,
    related,
    status,
    words,
)
from triage_tui.ui.adapters.dossier import EVENTS, FINDINGS, PANES, RELATED, Dossier
from triage_tui.ui.adapters.rows import ListRows
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.record_pane import RecordPane
from triage_tui.ui.screens import ask, copying, dialogs
from triage_tui.ui.screens.base import TriageScreen
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import EntityRef
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage
    from widgets.columns import Column

LIST_COLUMNS = (
    related.FINDING_COLUMNS,
    detections.COLUMNS,
    related.COLUMNS,
    decisions.COLUMNS,
)
WIDE, TALL = 100, 30
"""From this size on, the record stands below its list instead of in its place."""


class InspectScreen(TriageScreen[None]):
    """Five lists about one entity, and any record in full."""

    NAME = INSPECT
    DEFAULT_CSS = """
    InspectScreen {
        layout: vertical;
        #status { background: $panel; }
        #did { display: none; }
        #tabs { background: $surface; }
        #footer { background: $panel; }
        VirtualTable { display: none; }
        VirtualTable.-open { display: block; }
        RecordPane { display: none; }
        RecordPane.-open { display: block; }
    }
    InspectScreen.-tall #did { display: block; }
    InspectScreen.-small.-reading VirtualTable { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(INSPECT)
    AUTO_FOCUS = "#events"

    def __init__(
        self, triage: Triage, ref: EntityRef, selected: Filter = ALL, *, finding: str = ""
    ) -> None:
        """`finding` is what the cursor stands on at first, instead of the newest event."""
        super().__init__(triage)
        self._first_finding = finding
        self.dossier = Dossier(triage, ref, selected)
        self.pane = EVENTS
        self._first_filter = selected
        self._day = self.events.day

    def compose(self) -> ComposeResult:
        for line in ("status", "name", "counts", "why", "did", "tabs"):
            yield StatusLine(id=line)
        yield VirtualTable(self._columns(), self.events, id="events", classes="-open")
        for name, listed in zip(PANES[1:], LIST_COLUMNS, strict=True):
            yield VirtualTable(listed, ListRows(), id=name)
        yield RecordPane(id="detail")
        yield StatusLine(id="footer")

    def on_mount(self) -> None:
        self.query_one("#events", VirtualTable).following = True
        if self._first_finding:
            self.call_after_refresh(self._open_finding, self._first_finding)

    def _open_finding(self, finding: str) -> None:
        self.open_pane(FINDINGS)
        place = self.dossier.list_rows(FINDINGS).index_of(finding)
        if place is not None:
            self.table.move_to(place)

    @property
    def table(self) -> VirtualTable:
        """The list that is open."""
        return self.query_one(f"#{PANES[self.pane]}", VirtualTable)

    @property
    def detail(self) -> RecordPane:
        """The record in full."""
        return self.query_one(RecordPane)

    @property
    def ref(self) -> EntityRef:
        """The entity, by its present names."""
        return self.dossier.ref

    @property
    def selected(self) -> Filter:
        """What is selected of its events."""
        return self.dossier.selected

    @property
    def events(self) -> events.EventRows:
        """Its events up to the cursor."""
        return self.dossier.events

    @property
    def reading(self) -> bool:
        """Whether the keys go to the record."""
        return self.detail.is_open and self.detail.view.has_focus

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.stands:
            return
        self.dossier.look()
        self._show_head()
        self._show_lists()
        self._show_edges()
        self.search_on(self.selected)

    def on_resize(self) -> None:
        """Another size has another place for the record."""
        width, height = self.size
        self.set_class(height >= TALL, "-tall")
        self.set_class(width < WIDE or height < TALL, "-small")
        self.query_one("#events", VirtualTable).set_columns(self._columns())
        self.call_after_refresh(self.show_changes)

    def _line(self, name: str, line: inspect.Line) -> None:
        self.query_one(f"#{name}", StatusLine).show(*line)

    def _columns(self) -> tuple[Column, ...]:
        width = self.app.size.width
        return events.event_columns(self.ref.kind, width, self._day)

    def _show_head(self) -> None:
        entity = self.dossier.entity
        self._line("name", self.dossier.head())
        if entity is None:
            unseen = StatusItem(
                f"nothing of it is seen by {words.moment(self.dossier.now)}", "warning", 9
            )
            self._line("counts", ([unseen], []))
            self._line("why", ([], []))
            self._line("did", ([], []))
            return
        self._line("counts", inspect.counts_line(entity))
        self._line("why", inspect.why_line(entity))
        self._line("did", inspect.did_line(entity))

    def _show_lists(self) -> None:
        """What the open list shows; the others wait until they are opened."""
        table, dossier = self.table, self.dossier
        table.empty_text = dossier.empty_text(self.pane)
        if self.pane != EVENTS:
            table.set_model(dossier.list_rows(self.pane))
            return
        if self.events.day != self._day:
            self._day = self.events.day
            table.set_columns(self._columns())
        table.refresh_model()

    def _show_edges(self) -> None:
        self.show_clock()
        self._line("tabs", self.dossier.tabs(self.pane))
        self._show_footer()

    def _show_footer(self) -> None:
        clock = self.triage.clock
        labels = {
            "table.select": ("record", "record", "rule", "go there", "read")[self.pane],
            "time.toggle": status.space_label(clock),
        }
        more = [StatusItem("back", "dim", 92, "Esc")]
        if self.reading:
            labels |= {"table.select": "fold", "filter.edit": "find", "time.toggle": ""}
            more.append(StatusItem("reveal", "dim", 88, "r"))
        shown = hints(INSPECT, self._app.keymap, labels)
        self.query_one("#footer", StatusLine).show([*shown[:1], *more, *shown[1:]])

    def on_descendant_focus(self) -> None:
        """The keys mean something else in a record."""
        self._show_footer()

    # -- moving ----------------------------------------------------------------------------------

    def action_pane(self, by: int) -> None:
        """Another list."""
        self.open_pane((self.pane + by) % len(PANES))

    def action_open_pane(self, number: int) -> None:
        """The list with this number, from 1."""
        self.open_pane(number - 1)

    def open_pane(self, pane: int) -> None:
        """Shows a list."""
        self._close_record()
        self.table.remove_class("-open")
        self.pane = pane
        self.table.add_class("-open")
        self.show_changes()
        self.table.focus()

    def action_back(self) -> None:
        """The record goes first, then marks, then the filter set here, then the screen."""
        if self.detail.is_open:
            if self.reading and not self.has_class("-small"):
                self.table.focus()
            else:
                self._close_record()
        elif self.table.marked_keys:
            self.table.clear_marks()
        elif self.selected.text != self._first_filter.text:
            self.set_filter(self._first_filter)
        elif self.selected.text and not len(self.events.rows):
            self.set_filter(ALL)
        else:
            self.app.pop_screen()

    def action_next_error(self, by: int) -> None:
        """The next event that was refused or failed."""
        if self.pane != EVENTS:
            self.open_pane(EVENTS)
        index = self.events.next_error(self.table.cursor_index, by)
        if index is None:
            where = "after" if by > 0 else "before"
            self._app.say(f"no event {where} this one was refused or failed")
            return
        self.table.following = False
        self.table.move_to(index)
        if self.detail.is_open:
            self._show_detail(str(self.events.number(index)))

    # -- records ---------------------------------------------------------------------------------

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Open what is under the cursor: a record, a decision, another entity."""
        event.stop()
        if self.pane == RELATED:
            self._pivot(event.key)
            return
        self._show_detail(event.key)
        self.add_class("-reading")
        self.detail.view.focus()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """A record that stands beside the list follows its cursor."""
        event.stop()
        if self.detail.is_open and not self.reading and event.key and event.table is self.table:
            self._show_detail(event.key)

    def _show_detail(self, key: str) -> None:
        record = self.dossier.record(self.pane, key)
        if record is not None:
            self.detail.show(record)

    def _close_record(self) -> None:
        if self.detail.is_open:
            self.detail.close()
            self.remove_class("-reading")
            self.table.focus()

    def _pivot(self, key: str) -> None:
        link = self.dossier.links.get(key)
        if link is None or not link.seen:
            self._app.say("no event of it is seen by now, so there is nothing to inspect")
            return
        self.app.push_screen(InspectScreen(self.triage, link.ref))

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

    # -- filtering -------------------------------------------------------------------------------

    def set_filter(self, selected: Filter) -> None:
        """Show those events that a filter selects."""
        self.dossier.selected = selected
        self._app.show_now()

    def action_filter(self) -> None:
        """In a record, search it; else ask for a filter."""
        app = self._app
        if self.reading:
            app.attempt(self._found(ask.ask(app, "find", "find", self.detail.term)), "find")
            return
        asked = ask.ask(
            app,
            "filter",
            "/",
            self.selected.text,
            lambda value: inspect.preview(self.triage, self.ref, self.dossier.entity, value),
        )
        app.attempt(self._filtered(asked), "filter")

    async def _found(self, asked: Awaitable[str | None]) -> str | None:
        term = await asked
        if term is not None:
            self.detail.search(term)
        return None

    async def _filtered(self, asked: Awaitable[str | None]) -> str | None:
        text = await asked
        if text is not None:
            if self.pane != EVENTS:
                self.open_pane(EVENTS)
            self.set_filter(parse(text))
        return None

    def action_filter_by(self, include: bool) -> None:
        """Keep only what is under the cursor, or leave it out."""
        more = self._term_under_cursor()
        if more is None:
            self._app.say("there is nothing to filter by under the cursor")
            return
        if self.pane != EVENTS:
            self.open_pane(EVENTS)
        self._close_record()
        text = filtering.combined(self.selected.text, more, include=include)
        self.set_filter(parse(text))

    def _term_under_cursor(self) -> str | None:
        key = self.table.cursor_key
        if self.reading:
            view = self.detail.view
            value = view.cursor_value
            usable = value is not None and self.detail.holds(value)
            return inspect.value_term(view.cursor_path, value) if value and usable else None
        return None if key is None else self.dossier.term(self.pane, key)

    # -- deciding and responding -----------------------------------------------------------------

    def action_note(self) -> None:
        """Write a note."""
        self._app.attempt(dialogs.note(self._app, self.ref, self.dossier.label), "note")

    def action_note_in_editor(self) -> None:
        """Write a note in an editor."""
        work = dialogs.note_in_editor(self._app, self.ref, self.dossier.label)
        self._app.attempt(work, "note")

    def action_decide(self) -> None:
        """Set status and verdict."""
        self._app.attempt(dialogs.decide(self._app, self.ref, self.dossier.label), "status")

    def action_tag(self) -> None:
        """Add a tag."""
        self._app.attempt(dialogs.tag(self._app, self.ref, self.dossier.label), "tag")

    def action_protect(self) -> None:
        """Never block it."""
        self._app.attempt(dialogs.protect(self._app, self.ref, self.dossier.label), "protect")

    def action_ignore(self) -> None:
        """Hear no more of its gravest rule."""
        self._app.attempt(dialogs.ignore(self._app, self.ref, self.dossier.label), "ignore")

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

    def action_open_console(self) -> None:
        """The page of what is under the cursor in the AWS console."""
        target = self.dossier.console(self.pane, self.table.cursor_key)
        self._app.attempt(self._app.open_link(target), "console")

    def action_block(self) -> None:
        """Plan a block of the entity."""
        from triage_tui.ui.screens.block import BlockScreen

        self.app.push_screen(BlockScreen(self.triage, [self.ref]))

    def action_answer(self) -> None:
        """What can be done about the entity."""
        from triage_tui.ui.screens.answers import AnswersScreen

        self.app.push_screen(AnswersScreen(self.triage, self.ref))
