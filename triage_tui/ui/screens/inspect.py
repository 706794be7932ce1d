"""One entity: what it did, what is said of it, whom it is linked with, what was decided."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, cast

from triage_tui.mask import mask
from triage_tui.store.filters import ALL, parse
from triage_tui.ui.actions import INSPECT
from triage_tui.ui.adapters import decisions, filtering, inspect, related, status, words
from triage_tui.ui.adapters.rows import ListRows
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.record_pane import RecordPane
from triage_tui.ui.screens import dialogs
from triage_tui.ui.screens.base import TriageScreen
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable
from widgets.text import clean, clean_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import EntityRef, Finding
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage
    from triage_tui.ui.app import TriageApp
    from widgets.columns import Column

EVENTS, FINDINGS, RELATED, NOTES = range(4)
PANES = ("events", "findings", "related", "notes")
WIDE, TALL = 100, 30
"""From this size on, the record stands below its list instead of in its place."""
PAINT_EVERY = 0.5
"""Seconds between two paintings while raw records are searched."""


class InspectScreen(TriageScreen[None]):
    """Four lists about one entity, and any record in full."""

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

    def __init__(self, triage: Triage, ref: EntityRef, selected: Filter = ALL) -> None:
        super().__init__(triage)
        self.ref = ref
        self.selected = selected
        self.pane = EVENTS
        ranking = triage.look(ref.kind, selected)
        self.entity = triage.entity(ref)
        self.events = inspect.EventRows(ranking, inspect.find(ranking, ref))
        self._asked_for = ref, selected
        self._label = ref.key
        self._several_days = self.events.several_days
        self._related = related.Related(triage)
        self._findings: dict[str, Finding] = {}
        self._links: dict[str, related.Link] = {}
        self._decisions: dict[str, decisions.Decision] = {}
        self._searching = False

    def compose(self) -> ComposeResult:
        for line in ("status", "name", "counts", "why", "did", "tabs"):
            yield StatusLine(id=line)
        columns = inspect.event_columns(self.ref.kind, self._several_days)
        yield VirtualTable(columns, self.events, id="events", classes="-open")
        for name, listed in zip(PANES[1:], self._list_columns(), strict=True):
            yield VirtualTable(listed, ListRows(), id=name)
        yield RecordPane(id="detail")
        yield StatusLine(id="footer")

    @staticmethod
    def _list_columns() -> tuple[tuple[Column, ...], ...]:
        return related.FINDING_COLUMNS, related.COLUMNS, decisions.COLUMNS

    def on_mount(self) -> None:
        self.query_one("#events", VirtualTable).following = True

    @property
    def _app(self) -> TriageApp:
        return cast("TriageApp", self.app)

    @property
    def table(self) -> VirtualTable:
        """The list that is open."""
        return self.query_one(f"#{PANES[self.pane]}", VirtualTable)

    @property
    def detail(self) -> RecordPane:
        """The record in full."""
        return self.query_one(RecordPane)

    @property
    def label(self) -> str:
        """The entity's name on the screen; its last one while it is out of sight."""
        if self.entity is not None:
            self._label = self.entity.label
        return self._label

    @property
    def reading(self) -> bool:
        """Whether the keys go to the record."""
        return self.detail.is_open and self.detail.view.has_focus

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.is_mounted:
            return
        triage = self.triage
        # Names that a merge brought stay out of the search until the first name finds nothing:
        # before the merge they were somebody else.
        self.entity = triage.entity(self._asked_for[0])
        if self.entity is not None:
            self.ref = self.entity.ref
        ranking = triage.look(self.ref.kind, self.selected)
        self.events.follow(ranking, inspect.find(ranking, self.ref))
        self._show_head()
        self._show_lists()
        self._show_edges()
        self._search_on()

    def on_resize(self) -> None:
        """Another size has another place for the record."""
        width, height = self.size
        self.set_class(height >= TALL, "-tall")
        self.set_class(width < WIDE or height < TALL, "-small")
        self.call_after_refresh(self.show_changes)

    def _line(self, name: str, line: inspect.Line) -> None:
        self.query_one(f"#{name}", StatusLine).show(*line)

    def _show_head(self) -> None:
        triage, entity = self.triage, self.entity
        case, now = triage.case(self.ref), triage.clock.position()
        blocks = triage.blocks_on(entity) if entity else []
        state = inspect.held_back(blocks, now)
        self._line("name", inspect.name_line(self.ref, self.label, entity, case, state))
        if entity is None:
            unseen = StatusItem(f"nothing of it is seen by {words.moment(now)}", "warning", 9)
            self._line("counts", ([unseen], []))
            self._line("why", ([], []))
            self._line("did", ([], []))
            return
        self._line("counts", inspect.counts_line(entity))
        self._line("why", inspect.why_line(entity))
        self._line("did", inspect.did_line(entity))

    def _show_lists(self) -> None:
        """What the open list shows; the others wait until they are opened."""
        if self.pane == EVENTS:
            table = self.table
            if self.events.several_days != self._several_days:
                self._several_days = self.events.several_days
                table.set_columns(inspect.event_columns(self.ref.kind, self._several_days))
            table.empty_text = self._nothing()
            table.refresh_model()
        elif self.pane == FINDINGS:
            ranking = self.triage.look(self.ref.kind)
            found = related.findings(ranking, inspect.find(ranking, self.ref))
            self._findings = {finding.id: finding for finding in found}
            self._fill(related.finding_rows(found), "no finding names it so far")
        elif self.pane == RELATED:
            links = self._related.links(self.entity) if self.entity else []
            self._links = {link.key: link for link in links}
            self._fill(related.related_rows(links), "nobody is linked with it so far")
        else:
            found_decisions = self._decided()
            self._decisions = {decision.key: decision for decision in found_decisions}
            empty = "nothing was decided yet; ; writes a note, s sets the status"
            self._fill(decisions.decision_rows(found_decisions), empty)

    def _fill(self, rows: ListRows, empty: str) -> None:
        self.table.empty_text = empty
        self.table.set_model(rows)

    def _decided(self) -> list[decisions.Decision]:
        triage = self.triage
        blocks = triage.blocks_on(self.entity) if self.entity else []
        history = triage.casebook.history()
        return decisions.decisions(self.ref, history, blocks, triage.clock.position())

    def _nothing(self) -> str:
        """Why there is no event."""
        if self.entity is not None and self.selected.text:
            return f"nothing it did matches {self.selected.text}; Esc takes the filter off"
        if not self.triage.loaded:
            return "reading…"
        return "nothing yet at this time; ] steps on, Space plays"

    def _show_edges(self) -> None:
        triage, app = self.triage, self._app
        top = status.status_line(triage, app.mode, app.input_title, 0, self.size.width)
        self._line("status", top)
        entity, shown = self.entity, ""
        if entity and self.selected.text:
            shown = f"{words.number(len(self.events.rows))} of {words.number(entity.events)}"
        counts = (
            len(self.events.rows),
            entity.findings if entity else 0,
            len(self._links) if self.pane == RELATED else None,
            len(self._decided()),
        )
        titles = list(zip(("Events", "Findings", "Related", "Notes"), counts, strict=True))
        self._line("tabs", inspect.tabs_line(titles, self.pane, self.selected.text, shown))
        self._show_footer()

    def _show_footer(self) -> None:
        clock = self.triage.clock
        labels = {
            "table.select": ("record", "record", "go there", "read")[self.pane],
            "time.toggle": "pause" if clock.playing and not clock.at_end else "play",
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

    # -- searching raw records for a filter's words ----------------------------------------------

    def _search_on(self) -> None:
        if self.selected.selects_all or self._searching:
            return
        if not self.triage.matches(self.selected).complete:
            self._searching = True
            self.run_worker(
                self._search(self.selected), name="search", group="search", exit_on_error=False
            )

    async def _search(self, selected: Filter) -> None:
        painted = time.monotonic()
        try:
            for _ in self.triage.search(selected):
                await asyncio.sleep(0)
                if selected is not self.selected:
                    break
                if time.monotonic() - painted > PAINT_EVERY:
                    self._app.show_now()
                    painted = time.monotonic()
        finally:
            self._searching = False
        self._app.show_now()

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
        elif self.selected.text != self._asked_for[1].text:
            self.set_filter(self._asked_for[1])
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
            self._show_event(self.events.number(index))

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
        if self.pane == EVENTS:
            self._show_event(int(key))
        elif self.pane == FINDINGS and key in self._findings:
            self._show_event(self._findings[key].row)
        elif self.pane == NOTES and key in self._decisions:
            decision = self._decisions[key]
            self.detail.show(f"{decision.what} by {decision.author}", decision.detail)

    def _show_event(self, row: int) -> None:
        self.detail.show(*inspect.record(self.triage, row))

    def _close_record(self) -> None:
        if self.detail.is_open:
            self.detail.close()
            self.remove_class("-reading")
            self.table.focus()

    def _pivot(self, key: str) -> None:
        link = self._links.get(key)
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
        self.selected = selected
        self._app.show_now()

    def action_filter(self) -> None:
        """In a record, search it; else ask for a filter."""
        app = self._app
        if self.reading:
            app.attempt(self._found(dialogs.ask(app, "find", "find", self.detail.term)), "find")
            return
        asked = dialogs.ask(
            app,
            "filter",
            "/",
            self.selected.text,
            lambda value: inspect.preview(self.triage, self.ref, self.entity, value),
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
        if key is None:
            return None
        if self.pane == EVENTS:
            return inspect.event_term(self.triage.index, int(key))
        if self.pane == FINDINGS and key in self._findings:
            return f"action:{filtering.value(self._findings[key].type)}"
        if self.pane == RELATED and key in self._links and self._links[key].seen:
            link = self._links[key]
            return filtering.term(link.ref, self.triage.look(link.ref.kind))
        return None

    # -- deciding and responding -----------------------------------------------------------------

    def action_note(self) -> None:
        """Write a note."""
        self._app.attempt(dialogs.note(self._app, self.ref, self.label), "note")

    def action_decide(self) -> None:
        """Set status and verdict."""
        self._app.attempt(dialogs.decide(self._app, self.ref, self.label), "status")

    def action_tag(self) -> None:
        """Add a tag."""
        self._app.attempt(dialogs.tag(self._app, self.ref, self.label), "tag")

    def action_copy(self) -> None:
        """Copy the record, masked, or what the row under the cursor names."""
        text = self._copied()
        if text:
            self.app.copy_to_clipboard(text)
            self._app.say(f"copied, masked: {words.counted(len(text), 'character')}")

    def _copied(self) -> str:
        key = self.table.cursor_key
        if self.detail.is_open:
            return self.detail.copied()
        if key is None:
            return clean(self.ref.key)
        if self.pane == EVENTS:
            try:
                return clean_lines(mask(self.triage.raw_text(int(key))))
            except OSError as problem:
                self._app.say(f"cannot read this record again: {problem}", "error")
                return ""
        if self.pane == RELATED and key in self._links:
            return clean(self._links[key].ref.key)
        if self.pane == NOTES and key in self._decisions:
            return clean_lines(self._decisions[key].text)
        return clean(key)

    def action_block(self) -> None:
        """Plan a block of the entity."""
        from triage_tui.ui.screens.block import BlockScreen

        self.app.push_screen(BlockScreen(self.triage, [self.ref]))
