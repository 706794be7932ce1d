"""One entity: what it did, what is said of it, whom it is linked with, what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.store.filters import ALL, parse
from triage_tui.ui.actions import INSPECT
from triage_tui.ui.adapters import (
    brush,
    decisions,
    detections,
    events,
    hours,
    inspect,
    related,
    status,
    words,
)
from triage_tui.ui.adapters.dossier import EVENTS, FINDINGS, HOURS, PANES, RELATED, Dossier
from triage_tui.ui.adapters.rows import ListRows
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.record_pane import RecordPane
from triage_tui.ui.screens.reading import ReadingScreen
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable
from widgets.timeline import TimeLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import EntityRef
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.said import Said
    from widgets.columns import Column

LIST_COLUMNS = (
    related.FINDING_COLUMNS,
    detections.COLUMNS,
    related.COLUMNS,
    decisions.COLUMNS,
)
WIDE, TALL = 100, 30
"""From this size on, the record stands below its list instead of in its place."""


class InspectScreen(ReadingScreen):
    """Six lists about one entity, and any record in full."""

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
    InspectScreen.-tall #timeline { height: 2; }
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
        for line in ("status", "name", "counts", "why", "did"):
            yield StatusLine(id=line)
        yield TimeLine(id="timeline")
        yield StatusLine(id="tabs")
        yield VirtualTable(self._columns(), self.events, id="events", classes="-open")
        listed_in = (*LIST_COLUMNS, hours.columns(self.app.size.width))
        for name, listed in zip(PANES[1:], listed_in, strict=True):
            yield VirtualTable(listed, ListRows(), id=name)
        yield RecordPane(id="detail")
        yield StatusLine(id="footer")

    def on_mount(self) -> None:
        self.events.looked_at = self._app.looked.at(self.ref)
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

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        for _ in self.changes():
            pass

    def changes(self) -> Iterator[None]:
        if not self.stands:
            return
        for _ in self.dossier.catching_up():
            yield
            if not self.stands:
                return
        self.dossier.look()
        self._app.looked.look(self.ref, self.triage.clock.position())
        self.triage.look_at(self.ref)
        self._show_head()
        self._show_lists()
        yield
        if self.stands:
            self._show_edges()
            self.search_on(self.selected)

    def on_resize(self) -> None:
        """Another size has another place for the record."""
        width, height = self.size
        self.set_class(height >= TALL, "-tall")
        self.set_class(width < WIDE or height < TALL, "-small")
        self.dossier.width = width
        self.query_one("#events", VirtualTable).set_columns(self._columns())
        self.query_one("#hours", VirtualTable).set_columns(hours.columns(width))
        self.show_changes_soon()

    def _line(self, name: str, line: inspect.Line) -> None:
        self.query_one(f"#{name}", StatusLine).show(*line)

    def _columns(self) -> tuple[Column, ...]:
        width = self.app.size.width
        return events.event_columns(self.ref.kind, width, self._day)

    def _show_head(self) -> None:
        entity = self.dossier.entity
        left, right = self.dossier.head()
        self._line("name", ([*self._trail(), *left], right))
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

    def _trail(self) -> list[StatusItem]:
        """The entities that one came by, as a breadcrumb; Esc goes back along it."""
        stack = [each for each in self.app.screen_stack if isinstance(each, InspectScreen)]
        before = stack[: stack.index(self)] if self in stack else []
        return inspect.trail([each.dossier.label for each in before])

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
        self.show_time()
        self.show_footer()

    def show_time(self) -> None:
        line, clock, zoom = self.query_one(TimeLine), self.triage.clock, self._app.zoom
        window = zoom.window(clock)
        start, end = window or (0, 0)
        line.show(
            self.dossier.bars(window, line.bars_width),
            start=start,
            end=end,
            cursor=clock.position() if window else None,
            notes=status.with_window((), window if zoom.is_close else None, line.size.height),
            chosen=brush.chosen(self.selected),
        )

    def show_footer(self) -> None:
        if self.query_one(TimeLine).is_held:
            return
        clock = self.triage.clock
        labels = {
            "table.select": ("record", "record", "rule", "go there", "read", "")[self.pane],
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
        self.show_footer()

    # -- moving ----------------------------------------------------------------------------------

    def action_pane(self, by: int) -> None:
        """Another list."""
        self.open_pane((self.pane + by) % len(PANES))

    def action_open_pane(self, number: int) -> None:
        """The list with this number, from 1."""
        self.open_pane(number - 1)

    def open_pane(self, pane: int) -> None:
        """Shows a list."""
        self.close_record()
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
                self.close_record()
        elif self.table.marked_keys:
            self.table.clear_marks()
        elif self.selected.text != self._first_filter.text:
            rest = parse(brush.without(self.selected.text))
            ranged = rest.text not in (self.selected.text, self._first_filter.text)
            self.set_filter(rest if ranged else self._first_filter)
        elif self.selected.text and not len(self.events.rows):
            self.set_filter(ALL)
        else:
            self.leave()

    # -- records ---------------------------------------------------------------------------------

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Open what is under the cursor: a record, a decision, another entity."""
        event.stop()
        if event.table is not self.table:  # another list was opened behind the key
            return
        if self.pane == RELATED:
            self._pivot(event.key)
            return
        if self.pane == HOURS:
            self._app.say("V on the time-line chooses a range of time")
            return
        self.show_detail(event.key)
        self.add_class("-reading")
        self.detail.view.focus()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """A record that stands beside the list follows its cursor."""
        event.stop()
        if self.detail.is_open and not self.reading and event.key and event.table is self.table:
            self.show_detail(event.key)

    def _pivot(self, key: str) -> None:
        link = self.dossier.links.get(key)
        if link is None or not link.seen:
            self._app.say("no event of it is seen by now, so there is nothing to inspect")
            return
        self.app.push_screen(InspectScreen(self.triage, link.ref))

    # -- filtering -------------------------------------------------------------------------------

    def current_filter(self) -> Filter:
        return self.dossier.selected

    def set_filter(self, selected: Filter) -> None:
        """A filter is about the events; who takes it off stays where he is."""
        if self.pane != EVENTS and selected.text not in ("", self._first_filter.text):
            self.open_pane(EVENTS)
        super().set_filter(selected)

    def show_filter(self, selected: Filter) -> None:
        self.dossier.selected = selected
        self._app.show_now()

    def preview(self, text: str) -> Iterator[Said]:
        return inspect.preview(self.triage, self.ref, self.dossier.entity, text)

    def action_filter(self) -> None:
        """In a record, search it; else ask for a filter."""
        if self.reading:
            self.find_in_record()
        else:
            super().action_filter()

    def action_filter_by(self, include: bool) -> None:
        """Keep only what is under the cursor, or leave it out."""
        more = self._term_under_cursor()
        if more is None:
            self._app.say("there is nothing to filter by under the cursor")
            return
        self.close_record()
        self.narrow(more, include=include)

    def _term_under_cursor(self) -> str | None:
        key = self.table.cursor_key
        if self.reading:
            view = self.detail.view
            value = view.cursor_value
            usable = value is not None and self.detail.holds(value)
            return inspect.value_term(view.cursor_path, value) if value and usable else None
        return None if key is None else self.dossier.term(self.pane, key)

    # -- deciding and responding -----------------------------------------------------------------

    def acting(self) -> EntityRef:
        return self.ref

    def label_of(self, ref: EntityRef) -> str:
        return self.dossier.label

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
