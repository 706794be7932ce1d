"""Functions and all else that reports of vulnerable packages tell of, and who is knocking there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import RESOURCES
from triage_tui.ui.adapters import resources
from triage_tui.ui.keys import bindings
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.listing import ListScreen, PlainTable, RowPage, Texts
from widgets.status import StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.triage import Triage
    from widgets.table import VirtualTable


class ResourcesScreen(ListScreen):
    """A row a resource, below it those who knock there; the panel tells of its holes."""

    NAME = RESOURCES
    OPENS = "open"
    MORE = "… Enter on the resource shows all of it"
    BINDINGS: ClassVar[list[BindingType]] = bindings(RESOURCES)
    AUTO_FOCUS = "#resources"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.rows = resources.ResourceRows(triage)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield PlainTable(resources.COLUMNS, self.rows, empty_text=resources.EMPTY, id="resources")
        yield Panel(id="detail")
        yield StatusLine(id="footer")

    def show_rows(self) -> None:
        self.show_clock()
        self.rows = resources.ResourceRows(self.triage)
        self.table.set_model(self.rows)
        self.show_line("head", resources.head(self.rows))
        self.show_detail()

    def title_of(self, key: str) -> str:
        return self.rows.at(key)[0].name

    def all_of(self, key: str) -> Texts:
        return self.rows.lines(key)

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Who knocks, or all that is known of a resource."""
        event.stop()
        resource, visitor = self.rows.at(event.key)
        if visitor is None:
            self.app.push_screen(ResourcePage(resource.name, self.rows.lines(event.key)))
        else:
            self.app.push_screen(InspectScreen(self.triage, visitor.ref))


class ResourcePage(RowPage):
    """All of one resource."""

    HEADING = "Resource"
