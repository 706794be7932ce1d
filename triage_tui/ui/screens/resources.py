"""Functions and all else that reports of vulnerable packages tell of, and who is knocking there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import RESOURCES
from triage_tui.ui.adapters import resources, status
from triage_tui.ui.adapters.sources import wrapped
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens.base import TriageScreen
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.sources import SourcePage, SourceTable
from widgets.columns import Cell
from widgets.status import StatusItem, StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.triage import Triage
    from widgets.table import VirtualTable


class ResourcesScreen(TriageScreen[None]):
    """A row a resource, below it those who knock there; the panel tells of its holes."""

    NAME = RESOURCES
    DEFAULT_CSS = """
    ResourcesScreen {
        layout: vertical;
        #status { background: $panel; }
        #head { background: $surface; }
        #detail { height: 9; }
        #footer { background: $panel; }
    }
    ResourcesScreen.-low #detail { height: 6; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(RESOURCES)
    AUTO_FOCUS = "#resources"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (23, "-middle")]
        self.rows = resources.ResourceRows(triage)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield SourceTable(resources.COLUMNS, self.rows, empty_text=resources.EMPTY, id="resources")
        yield Panel(id="detail")
        yield StatusLine(id="footer")

    @property
    def table(self) -> VirtualTable:
        """The resources, and who knocks there."""
        return self.query_one("#resources", SourceTable)

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        key = self.table.cursor_key
        return key if key is not None and self.rows.index_of(key) is not None else None

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.stands:
            return
        self.show_clock()
        self.rows = resources.ResourceRows(self.triage)
        self.table.set_model(self.rows)
        self.query_one("#head", StatusLine).show(*resources.head(self.rows))
        self._show_detail()
        labels = {
            "table.select": "open",
            "time.toggle": status.space_label(self.triage.clock),
        }
        shown = hints(RESOURCES, self._app.keymap, labels)
        back = StatusItem("back", "dim", 92, "Esc")
        self.query_one("#footer", StatusLine).show([*shown[:1], back, *shown[1:]])

    def _show_detail(self) -> None:
        panel, key = self.query_one("#detail", Panel), self.chosen
        texts = [] if key is None else self.rows.lines(key)
        lines = wrapped(texts, panel.size.width - 2)
        room = panel.size.height - 1
        if len(lines) > room > 0:
            lines = [*lines[: room - 1], [Cell("… Enter on the resource shows all of it", "dim")]]
        panel.show("" if key is None else self.rows.at(key)[0].name, lines)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_changes)

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._show_detail()

    # -- keys ------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """To the screen below."""
        self.app.pop_screen()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Who knocks, or all that is known of a resource."""
        event.stop()
        resource, visitor = self.rows.at(event.key)
        if visitor is None:
            self.app.push_screen(ResourcePage(resource.name, self.rows.lines(event.key)))
        else:
            self.app.push_screen(InspectScreen(self.triage, visitor.ref))


class ResourcePage(SourcePage):
    """All of one resource, as it was when it was opened."""

    HEADING = "Resource"
