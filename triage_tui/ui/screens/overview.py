"""The first screen: who is doing this, ranked by risk, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import OVERVIEW
from triage_tui.ui.adapters import brush, copies, filtering, links, preview, status
from triage_tui.ui.adapters.events import Wording
from triage_tui.ui.adapters.news import Looked
from triage_tui.ui.adapters.overview import OverviewRows, empty_words
from triage_tui.ui.adapters.timebars import TimeBars
from triage_tui.ui.entity_table import EntityTable
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import copying
from triage_tui.ui.screens.selecting import SelectingScreen
from widgets.status import StatusLine
from widgets.text import clean
from widgets.timeline import TimeLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import Block, Entity, EntityRef, Kind
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.said import Said
    from widgets.table import VirtualTable


class OverviewScreen(SelectingScreen):
    """Entities of one kind, ranked; the panel below says why."""

    NAME = OVERVIEW
    BINDINGS: ClassVar[list[BindingType]] = bindings(OVERVIEW)
    AUTO_FOCUS = "#entities"

    def __init__(
        self, triage: Triage, kind: Kind, selected: Filter, looked: Looked | None = None
    ) -> None:
        super().__init__(triage)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (23, "-middle"), (36, "-tall")]
        self.kind = kind
        self.selected = selected
        self.looked = looked or Looked()
        self.rows = OverviewRows(triage, triage.look(kind, selected), self.looked)
        self._bars = TimeBars(triage)
        self._wording = Wording(triage)
        self._places: dict[Kind, str | None] = {}
        self._warned = False
        self._at_row: str | None = None

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TimeLine(id="timeline")
        yield StatusLine(id="kinds")
        empty = empty_words(self.triage, self.kind, self.selected)
        shown = self.rows.columns(self.app.size.width)
        yield EntityTable(shown, self.rows, empty_text=empty, id="entities")
        yield Panel(id="panel")
        yield StatusLine(id="footer")

    @property
    def table(self) -> EntityTable:
        """The table of entities."""
        return self.query_one(EntityTable)

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        for _ in self.changes():
            pass

    def changes(self) -> Iterator[None]:
        if not self.stands:
            return
        asked = self.kind, self.selected
        # As of now: by the last step somebody may have gone to another time.
        now, is_whole = self.triage.clock.position(), self.triage.loaded
        self.triage.look_at(None)
        fresh = OverviewRows(self.triage, self.triage.look(*asked), self.looked)
        for _ in self._preparing(fresh):
            yield
            if not self.stands or asked != (self.kind, self.selected):
                return  # somebody asked for something else meanwhile, and has been shown that
        regrouped = self.rows.adopt(fresh)
        if regrouped:
            self.table.set_columns(self.rows.columns(self.size.width))
        self.table.is_settled = self.triage.loaded
        self.table.refresh_model()
        self.table.empty_text = empty_words(self.triage, self.kind, self.selected)
        yield
        if self.stands:
            self._show_lines()
        yield
        if not self.stands:
            return
        self._show_panel()
        if is_whole:
            self.looked.begin(now)
        self.search_on(self.selected)
        self._warn()

    def show_clock(self) -> None:
        """As long as nothing has come, why it has not may change without any event."""
        super().show_clock()
        if self.stands and not self.rows.row_count():
            self.table.empty_text = empty_words(self.triage, self.kind, self.selected)

    def _preparing(self, rows: OverviewRows) -> Iterator[None]:
        """Works out what the next painting shows."""
        yield from rows.ranking.working_out()
        for index in self._soon_shown(rows):
            yield from rows.building(index)

    def _soon_shown(self, rows: OverviewRows) -> Iterator[int]:
        """Where rows have to be built for the next painting: a page of each is enough."""
        last = rows.row_count() - 1
        if last < 0:
            return
        table = self.table
        at = rows.index_of(table.cursor_key) if table.cursor_key is not None else None
        top = table.top if at is None else table.top + at - table.cursor_index
        for index in (top, top + table.page_lines - 1):
            yield max(0, min(index, last))

    def on_resize(self) -> None:
        """Another width has room for other words."""
        if self.is_mounted:  # a busy machine tells of the first size before there is a table
            self.table.set_columns(self.rows.columns(self.size.width))
        self.show_changes_soon()

    def _show_lines(self) -> None:
        triage, width = self.triage, self.size.width
        self.show_clock()
        kinds = status.kind_line(triage, self.rows.ranking, self.selected, width)
        self.query_one("#kinds", StatusLine).show(*kinds)
        self.show_footer()
        self.show_time()

    def show_footer(self) -> None:
        following = status.KINDS[(status.KINDS.index(self.kind) + 1) % len(status.KINDS)]
        clock, app = self.triage.clock, self._app
        labels = {
            "kind.next": following.value,
            "time.toggle": status.space_label(clock),
        }
        if not self.query_one(TimeLine).is_held:
            self.query_one("#footer", StatusLine).show(hints(OVERVIEW, app.keymap, labels))

    def show_time(self) -> None:
        line, clock = self.query_one(TimeLine), self.triage.clock
        notes = status.time_notes(self.rows.ranking)
        zoom = self._app.zoom
        window = zoom.window(clock)
        bars = self._bars.bars(self.selected, window, line.bars_width, zoom.span(clock))
        start, end = window or (0, 0)
        line.show(
            bars,
            start=start,
            end=end,
            cursor=clock.position() if window else None,
            notes=status.with_window(notes, window if zoom.is_close else None, line.size.height),
            chosen=brush.chosen(self.selected),
        )

    def _show_panel(self) -> None:
        if not self.stands:
            return
        panel = self.query_one(Panel)
        entity = self._highlighted()
        if entity is None:
            panel.show("", [])
            return
        lines = preview.lines(
            entity,
            self.rows.ranking,
            self.triage.case(entity.ref),
            self.rows.blocks.on(entity),
            self._wording,
            now=self.triage.clock.position(),
            width=panel.size.width - 2,
            height=panel.size.height - 1,
        )
        panel.show(preview.title(entity), lines)

    def _highlighted(self) -> Entity | None:
        table = self.table
        if table.cursor_key is None or table.cursor_index >= self.rows.row_count():
            return None
        return self.rows.entity(table.cursor_index)

    def _warn(self) -> None:
        """Say once what could not be read."""
        bad = status.unreadable(self.triage)
        if self.triage.loaded and bad and not self._warned:
            self._warned = True
            path, error = bad[0]
            more = f"; {len(bad) - 1} more, i shows all" if len(bad) > 1 else ""
            self._app.say(f"{path}: {error}{more}", "warning")

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._leave_row(event.key)
        # The cursor is seen to move first; what the panel says of the row takes longer.
        self.call_after_refresh(self._show_panel)

    def _leave_row(self, key: str | None) -> None:
        """The cursor comes to another row: the one before has been looked at, as of now."""
        left, self._at_row = self._at_row, key
        ref = self.rows.ref(left) if left is not None and left != key else None
        if ref is not None:
            self.looked.look(ref, self.triage.clock.position())

    # -- looking ---------------------------------------------------------------------------------

    def action_kind(self, by: int) -> None:
        """Group by another kind."""
        table, kinds = self.table, status.KINDS
        self._places[self.kind] = table.cursor_key
        self.kind = kinds[(kinds.index(self.kind) + by) % len(kinds)]
        self.rows.follow(self.triage.look(self.kind, self.selected))
        table.set_columns(self.rows.columns(self.size.width))
        table.following = False
        table.set_model(self.rows)
        place = self._places.get(self.kind)
        if place is None or not table.move_to_key(place):
            table.move_to(0)
        table.saw_cursor_move()
        self.show_changes()

    def action_back(self) -> None:
        """Marks go first, then the filter."""
        if self.table.marked_keys:
            self.table.clear_marks()
        else:
            self.step_back()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        event.stop()
        ref = self.rows.ref(event.key)
        if ref is not None:
            from triage_tui.ui.screens.inspect import InspectScreen

            self.table.settle()  # the page says who it is
            self.app.push_screen(InspectScreen(self.triage, ref, self.selected))

    # -- filtering -------------------------------------------------------------------------------

    def current_filter(self) -> Filter:
        return self.selected

    def show_filter(self, selected: Filter) -> None:
        self.selected = selected
        self._app.show_now()

    def preview(self, text: str) -> Iterator[Said]:
        return filtering.preview(self.triage, self.kind, text)

    def action_filter_by(self, include: bool) -> None:
        """Keep only the row under the cursor, or leave it out."""
        ref = self.acting()
        if ref is not None:
            self.narrow(filtering.term(ref, self.rows.ranking), include=include)

    # -- deciding --------------------------------------------------------------------------------

    def acting(self) -> EntityRef | None:
        """The entity that the last painted frame showed under the cursor."""
        key = self.table.acting_key
        if key is None:
            self._app.say("there is nothing under the cursor")
            return None
        ref = self.rows.ref(key)
        if ref is None:
            self._app.say(f"{key} has just gone out of sight: look again")
        return ref

    def label_of(self, ref: EntityRef) -> str:
        index = self.rows.index_of(ref.key)
        return ref.key if index is None else self.rows.entity(index).label

    def action_next_mark(self) -> None:
        """To the next entity of this kind that is marked."""
        place = self.rows.next_marked(self.table.cursor_index)
        if place is None:
            self._app.say("nothing of this kind is marked: m marks the row under the cursor")
            return
        self.table.move_to(place)
        self.table.saw_cursor_move()

    def action_copy(self) -> None:
        """Copy what is asked for of the row under the cursor."""
        ref = self.acting()
        if ref is None:
            return
        offered = [
            copies.fixed("n", "name", clean(ref.key)),
            *copies.of_cells(self.table.cursor_cells),
        ]
        entity = self.triage.entity(ref)
        if entity is not None:
            offered += copies.of_entity(self.triage, entity)
        self._app.attempt(copying.copy(self._app, ref.key, offered), "copy")

    def action_open_console(self) -> None:
        """The page of the entity in the AWS console."""
        ref = self.acting()
        if ref is not None:
            self._app.attempt(self._app.open_link(links.of_entity(self.triage, ref)), "console")

    # -- responding ------------------------------------------------------------------------------

    def action_block(self) -> None:
        """Plan a block of the marked rows, else of the one under the cursor."""
        refs = self._marked()
        if not refs and self.table.has_slid:
            # The next B means what has been told.
            self.table.settle()
            what = self.table.cursor_key
            self._app.say(f"{what} has just come under the cursor: the same key again plans it")
            return
        if not refs:
            ref = self.acting()
            refs = [ref] if ref is not None else []
        if refs:
            from triage_tui.ui.screens.block import BlockScreen

            self.app.push_screen(BlockScreen(self.triage, refs), self._blocked)

    def action_answer(self) -> None:
        """What can be done about the row under the cursor."""
        ref = self.acting()
        if ref is not None:
            from triage_tui.ui.screens.answers import AnswersScreen

            self.app.push_screen(AnswersScreen(self.triage, ref))

    def _marked(self) -> list[EntityRef]:
        """The marked rows that are painted as marked: a name that was merged away is not."""
        refs = [(key, self.rows.ref(key)) for key in sorted(self.table.marked_keys)]
        return [ref for key, ref in refs if ref is not None and ref.key == key]

    def _blocked(self, block: Block | None) -> None:
        if block is not None:
            self.table.clear_marks()
        self._app.show_now()
