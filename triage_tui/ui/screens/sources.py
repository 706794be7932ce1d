"""The sources: how each is, how late, what is missing, and what went wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import SOURCES
from triage_tui.ui.adapters import health, sources, status
from triage_tui.ui.keys import bindings
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens.listing import ListScreen, PlainTable, RowPage, Texts
from widgets.status import StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.triage import Triage
    from widgets.table import VirtualTable


class SourcesScreen(ListScreen):
    """A row a source, those in trouble first; the panel tells all of the one under the cursor.

    It follows the sources in step with the status line, also while the triage stands still.
    """

    NAME = SOURCES
    BINDINGS: ClassVar[list[BindingType]] = bindings(SOURCES)
    AUTO_FOCUS = "#sources"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.rates = sources.Rates()
        self.rates.look(triage)
        self.rows = sources.SourceRows(triage, self.rates)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield PlainTable(self.rows.columns, self.rows, empty_text=self._empty(), id="sources")
        yield Panel(id="detail")
        yield StatusLine(id="foot")
        yield StatusLine(id="footer")

    # -- painting --------------------------------------------------------------------------------

    def show_clock(self) -> None:
        """Sources get better and worse without any event."""
        if self.stands:
            self.show_rows()

    def show_rows(self) -> None:
        super().show_clock()
        self.rates.look(self.triage)
        before, table = self.rows.columns, self.table
        self.rows = sources.SourceRows(self.triage, self.rates)
        if self.rows.columns != before:
            table.set_columns(self.rows.columns)
        table.empty_text = self._empty()
        table.set_model(self.rows)
        self.show_line("head", sources.head(self.triage, self.rows))
        self.show_line("foot", sources.foot(self.triage))
        self.show_detail()

    def _empty(self) -> str:
        return sources.empty_words(self.triage, live=self._app.mode == status.LIVE)

    def title_of(self, key: str) -> str:
        return self.rows.title(key)

    def all_of(self, key: str) -> Texts:
        return [*self.rows.lines(key), *self._recorded()]

    def first_of(self, key: str | None) -> Texts:
        texts = [] if key is None else self.rows.lines(key)
        if health.recording(self.triage) or self.triage.hampered:
            # What is amiss is said before what may be cut off.
            return [*texts[:2], *self._recorded(), *texts[2:]]
        return [*texts, *self._recorded()]

    def _recorded(self) -> Texts:
        """What is true of all of them."""
        slow = [(self.triage.hampered, "medium")] if self.triage.hampered else []
        return [*slow, *(health.recorded(self.triage) if self._app.mode == status.LIVE else [])]

    # -- keys ------------------------------------------------------------------------------------

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """All that is known of a source, however long."""
        event.stop()
        self.app.push_screen(SourcePage(self.title_of(event.key), self.all_of(event.key)))


class SourcePage(RowPage):
    """All of one source."""

    HEADING = "Source"
