"""What screens of one list have in common: below it, what is known of the row under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.adapters import status
from triage_tui.ui.adapters.sources import wrapped
from triage_tui.ui.keys import hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens.base import TriageScreen
from triage_tui.ui.screens.help import Page, styled
from widgets.columns import Cell
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.content import Content

    from triage_tui.triage import Triage

Texts = list[tuple[str, str]]
"""Raw text, and its style."""


class PlainTable(VirtualTable, inherit_bindings=True):
    """Nothing can be done to several of its rows at once."""

    def action_mark(self) -> None:
        """Marks nothing."""


class ListScreen(TriageScreen[None]):
    """Under the table, a panel `#detail` tells of the row under the cursor; Enter tells all."""

    NAME: ClassVar[str]
    OPENS = "all of it"
    """What Enter does, in the footer."""
    MORE = "… Enter shows all of it"
    DEFAULT_CSS = """
    ListScreen {
        layout: vertical;
        #status { background: $panel; }
        #head { background: $surface; }
        #detail { height: 9; }
        #foot { background: $surface; }
        #footer { background: $panel; }
    }
    ListScreen.-low #detail { height: 6; }
    """

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (23, "-middle")]

    @property
    def table(self) -> VirtualTable:
        """The list."""
        return self.query_one(VirtualTable)

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        key = self.table.cursor_key
        return key if key is not None and self.table.model.index_of(key) is not None else None

    def show_rows(self) -> None:
        """Look at the triage again, and paint the list and what stands around it."""
        raise NotImplementedError

    def title_of(self, key: str) -> str:
        """The name of a row."""
        raise NotImplementedError

    def all_of(self, key: str) -> Texts:
        """All that is known of a row."""
        raise NotImplementedError

    def first_of(self, key: str | None) -> Texts:
        """The same for the panel, the weightiest first; None where there is no row."""
        return [] if key is None else self.all_of(key)

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.stands:
            return
        self.show_rows()
        labels = {
            "table.select": self.OPENS,
            "time.toggle": status.space_label(self.triage.clock),
        }
        shown = hints(self.NAME, self._app.keymap, labels)
        back = StatusItem("back", "dim", 92, "Esc")
        self.query_one("#footer", StatusLine).show([*shown[:1], back, *shown[1:]])

    def show_line(self, name: str, parts: tuple[Sequence[StatusItem], ...]) -> None:
        """Paints one of the lines around the list, by its id."""
        self.query_one(f"#{name}", StatusLine).show(*parts)

    def show_detail(self) -> None:
        """Paints what is known of the row under the cursor."""
        panel, key = self.query_one("#detail", Panel), self.chosen
        width, room = max(0, panel.size.width - 2), max(0, panel.size.height - 1)
        # Of a text that goes on and on, no more is wrapped than shows.
        texts = [(text[: width * (room + 1)], style) for text, style in self.first_of(key)]
        lines = wrapped(texts[: room + 1], width)
        if len(lines) > room > 0:
            lines = [*lines[: room - 1], [Cell(self.MORE, "dim")]]
        panel.show("" if key is None else self.title_of(key), lines)

    def on_resize(self) -> None:
        self.show_changes_soon()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self.show_detail()

    # -- keys ------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """To the screen below."""
        self.leave()


class RowPage(Page):
    """All that is known of one row, as it was when it was opened."""

    def __init__(self, title: str, texts: Texts) -> None:
        """Raw text."""
        super().__init__()
        self._about, self._texts = title, texts

    def lines(self, width: int) -> Iterator[Content]:
        yield from styled(self._about, "bold", width)
        for text, style in self._texts:
            yield from styled(text, _STYLES[style], width)


_STYLES = {"": "", "bad": "$text-error", "medium": "$text-warning", "dim": "$text-muted"}
