"""The sources: how each is, how late, what is missing, and what went wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import SOURCES
from triage_tui.ui.adapters import health, sources, status
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens.base import TriageScreen
from triage_tui.ui.screens.help import Page, styled
from widgets.columns import Cell
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.content import Content

    from triage_tui.triage import Triage


class SourceTable(VirtualTable, inherit_bindings=True):
    """Nothing can be done to several sources at once."""

    def action_mark(self) -> None:
        """Marks nothing."""


class SourcesScreen(TriageScreen[None]):
    """A row a source, those in trouble first; the panel tells all of the one under the cursor.

    It follows the sources in step with the status line, also while the triage stands still.
    """

    NAME = SOURCES
    DEFAULT_CSS = """
    SourcesScreen {
        layout: vertical;
        #status { background: $panel; }
        #head { background: $surface; }
        #detail { height: 9; }
        #foot { background: $surface; }
        #footer { background: $panel; }
    }
    SourcesScreen.-low #detail { height: 6; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(SOURCES)
    AUTO_FOCUS = "#sources"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (23, "-middle")]
        self.rates = sources.Rates()
        self.rates.look(triage)
        self.rows = sources.SourceRows(triage, self.rates)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield SourceTable(self.rows.columns, self.rows, empty_text=self._empty(), id="sources")
        yield Panel(id="detail")
        yield StatusLine(id="foot")
        yield StatusLine(id="footer")

    @property
    def table(self) -> VirtualTable:
        """The sources."""
        return self.query_one(VirtualTable)

    @property
    def chosen(self) -> str | None:
        """The key of the source under the cursor."""
        key = self.table.cursor_key
        return key if key is not None and self.rows.index_of(key) is not None else None

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.stands:
            return
        self._show_sources()
        labels = {
            "table.select": "all of it",
            "time.toggle": status.space_label(self.triage.clock),
        }
        shown = hints(SOURCES, self._app.keymap, labels)
        back = StatusItem("back", "dim", 92, "Esc")
        self.query_one("#footer", StatusLine).show([*shown[:1], back, *shown[1:]])

    def show_clock(self) -> None:
        """Sources get better and worse without any event."""
        if self.stands:
            self._show_sources()

    def _show_sources(self) -> None:
        super().show_clock()
        self.rates.look(self.triage)
        before, table = self.rows.columns, self.table
        self.rows = sources.SourceRows(self.triage, self.rates)
        if self.rows.columns != before:
            table.set_columns(self.rows.columns)
        table.empty_text = self._empty()
        table.set_model(self.rows)
        self.query_one("#head", StatusLine).show(*sources.head(self.triage, self.rows))
        self.query_one("#foot", StatusLine).show(*sources.foot(self.triage))
        self._show_detail()

    def _empty(self) -> str:
        return sources.empty_words(self.triage, live=self._app.mode == status.LIVE)

    def _show_detail(self) -> None:
        panel, key = self.query_one("#detail", Panel), self.chosen
        texts = [] if key is None else self.rows.lines(key)
        if self._app.mode == status.LIVE:
            recorded = health.recorded(self.triage)
            # What is not recorded is said before what may be cut off.
            texts = [*texts[:2], *recorded, *texts[2:]] if self._unkept() else [*texts, *recorded]
        lines = sources.wrapped(texts, panel.size.width - 2)
        room = panel.size.height - 1
        if len(lines) > room > 0:
            lines = [*lines[: room - 1], [Cell("… Enter shows all of it", "dim")]]
        panel.show("" if key is None else self.rows.title(key), lines)

    def _unkept(self) -> bool:
        return bool(health.recording(self.triage))

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
        """All that is known of a source, however long."""
        event.stop()
        texts = [*self.rows.lines(event.key)]
        if self._app.mode == status.LIVE:
            texts += health.recorded(self.triage)
        self.app.push_screen(SourcePage(self.rows.title(event.key), texts))


class SourcePage(Page):
    """All of one source, as it was when it was opened."""

    HEADING = "Source"

    def __init__(self, title: str, texts: list[tuple[str, str]]) -> None:
        """Raw text."""
        super().__init__()
        self._about, self._texts = title, texts

    def lines(self, width: int) -> Iterator[Content]:
        yield from styled(self._about, "bold", width)
        for text, style in self._texts:
            yield from styled(text, _STYLES[style], width)


_STYLES = {"": "", "bad": "$text-error", "medium": "$text-warning", "dim": "$text-muted"}
