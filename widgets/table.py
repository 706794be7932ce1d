"""A table of any number of rows that holds none of them.

The cursor belongs to a row's key, so it stays on the same thing while rows come, go and change
places. Only the rows on the screen are asked for, and only lines that look different are painted.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from widgets.columns import Cell, Column, Row, Slot, TableModel, arrange
from widgets.lines import LineView, moves
from widgets.table_rows import GUTTER, PlainLook, RowLook, draw_header, draw_row
from widgets.text import fit, wrap

__all__ = ["Cell", "Column", "Row", "TableModel", "VirtualTable"]


MOST_WORDS = 4
"""Lines that an empty table says at most."""


class VirtualTable(LineView, can_focus=True, inherit_bindings=False):
    """Rows from a `TableModel` under a header that stays."""

    LAYER = "table"
    HEAD = 1

    BINDINGS: ClassVar[list[BindingType]] = [
        *moves(LAYER, "To the last row, and follow as rows come"),
        *(
            Binding(keys, name, text, show=False, id=f"table.{name}", tooltip=tip)
            for name, keys, text, tip in (
                ("mark", "v", "Mark", "Mark or unmark the row, to act on several at once"),
                ("select", "enter", "Open", "Open the row under the cursor"),
            )
        ),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--cursor-blurred",
        "table--marked",
        "table--empty",
        "table--critical",
        "table--high",
        "table--medium",
        "table--low",
        "table--dim",
        "table--good",
        "table--bad",
        "table--accent",
        "table--strong",
    }

    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr;
        & > .table--header { color: $text-muted; text-style: bold; }
        & > .table--cursor { background: $block-cursor-background; text-style: bold; }
        & > .table--cursor-blurred { background: $block-cursor-blurred-background; }
        &:ansi > .table--cursor { color: $block-cursor-foreground; }
        & > .table--marked { color: $accent; text-style: bold; }
        & > .table--empty { color: $text-muted; }
        & > .table--critical { color: $text-error; text-style: bold; }
        & > .table--high { color: $text-error; }
        & > .table--medium { color: $text-warning; }
        & > .table--low { color: $text-primary; }
        & > .table--dim { color: $text-muted; }
        & > .table--good { color: $text-success; }
        & > .table--bad { color: $text-error; }
        & > .table--accent { color: $text-accent; }
        & > .table--strong { text-style: bold; }
    }
    """

    following: var[bool] = var(False)
    """Whether the cursor stays on the last row while rows are added."""

    @dataclass
    class Highlighted(Message):
        """The cursor came to another row (None: there is none left)."""

        table: "VirtualTable"
        key: str | None

        @property
        def control(self) -> "VirtualTable":
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, VirtualTable.Highlighted) and message.table is self.table

    @dataclass
    class Selected(Message):
        """A row was opened (Enter, double click)."""

        table: "VirtualTable"
        key: str

        @property
        def control(self) -> "VirtualTable":
            return self.table

    @dataclass
    class MarksChanged(Message):
        """Other rows are marked than before."""

        table: "VirtualTable"
        keys: frozenset[str]

        @property
        def control(self) -> "VirtualTable":
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        model: TableModel,
        *,
        empty_text: str = "Nothing here",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._columns = tuple(columns)
        self._model = model
        self._empty_text = empty_text
        self._slots: list[Slot] = []
        self._slots_width = -1
        self._cursor = 0
        self._cursor_key: str | None = None
        self._marks: set[str] = set()
        self._seen = 0
        # Until a hand moves it, the cursor is on the first row, whichever row that becomes.
        self._untouched = True

    def on_mount(self) -> None:
        self.refresh_model()

    # What the application asks and tells

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor, None in an empty table."""
        return self._cursor_key

    @property
    def cursor_index(self) -> int:
        """The index of the row under the cursor (0 in an empty table)."""
        return self._cursor

    @property
    def cursor_cells(self) -> list[tuple[str, str]]:
        """(title, raw text) of the cells that show in the row under the cursor."""
        if self._cursor_key is None or self._cursor >= self._model.row_count():
            return []
        cells = self._model.row(self._cursor).cells
        return [
            (s.column.title, cells[s.place].text) for s in self._fitted() if s.place < len(cells)
        ]

    @property
    def marked_keys(self) -> frozenset[str]:
        """The keys of the marked rows."""
        return frozenset(self._marks)

    @property
    def new_rows(self) -> int:
        """Rows added below since the end was last on the screen."""
        return max(0, self.line_count - self._seen)

    @property
    def empty_text(self) -> str:
        """What an empty table says."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        if text != self._empty_text:
            self._empty_text = text
            self.repaint_changed()

    @property
    def model(self) -> TableModel:
        """Whose rows are shown."""
        return self._model

    def set_model(self, model: TableModel) -> None:
        """Show other rows; the cursor stays on its key where that exists there too."""
        self._model = model
        self._seen = 0
        self.refresh_model()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns."""
        self._columns = tuple(columns)
        self._slots_width = -1
        self.forget_drawings()

    def refresh_model(self) -> None:
        """The model changed: find the cursor's row again and repaint the lines that differ."""
        count = self._model.row_count()
        before = self._cursor
        was_visible = self.top <= before < self.top + max(1, self.page_lines)
        first = self.painted_look(self.HEAD)
        seen = self._seen
        self.set_line_count(count)
        self._prune_marks()
        self._place_cursor(count)
        if self.following:
            self.show_from(count)
        elif was_visible:
            if self.top:
                self.show_from(self.top + self._cursor - before)
            self.scroll_to_line(self._cursor)
        elif isinstance(first, RowLook):
            self.show_from(self._model.index_of(first.row.key) or 0)
        self._seen = min(seen, count)
        self._note_end()
        self.repaint_changed()

    def move_to(self, index: int) -> None:
        """Put the cursor on a row by its index, as near as there are rows."""
        self._go(index)

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on the row with this key; False if there is none."""
        index = self._model.index_of(key)
        if index is None:
            return False
        self._go(index)
        return True

    def hold_cursor(self) -> None:
        """From now on the cursor stays with its row, as if a hand had put it there."""
        self._untouched = False

    def clear_marks(self) -> None:
        """Unmark every row."""
        if self._marks:
            self._marks.clear()
            self._marks_changed()

    # Cursor and marks

    def _place_cursor(self, count: int) -> None:
        """After a change: the same key, else the nearest index, else nothing."""
        if not count:
            self._land(0, None)
            return
        index: int | None = None
        if self.following:
            index = count - 1
        elif self._untouched:
            index = 0
        elif self._cursor_key is not None:
            index = self._model.index_of(self._cursor_key)
        if index is None:
            index = min(self._cursor, count - 1)
        self._land(index, self._model.row(index).key)

    def _land(self, index: int, key: str | None) -> None:
        self._cursor = index
        if key != self._cursor_key:
            self._cursor_key = key
            self.post_message(self.Highlighted(self, key))

    def _go(self, index: int) -> None:
        """Move the cursor; going up lets go of the end."""
        count = min(self.line_count, self._model.row_count())
        if not count:
            return
        index = max(0, min(index, count - 1))
        if index < self._cursor:
            self.following = False
        self._untouched = False
        self._land(index, self._model.row(index).key)
        self.scroll_to_line(index)
        self._note_end()
        self.repaint_changed()

    def _note_end(self) -> None:
        if self.top + self.page_lines >= self.line_count:
            self._seen = self.line_count

    def _prune_marks(self) -> None:
        """A row that is gone must not be acted on unseen."""
        gone = {key for key in self._marks if self._model.index_of(key) is None}
        if gone:
            self._marks -= gone
            self._marks_changed()

    def _marks_changed(self) -> None:
        self.post_message(self.MarksChanged(self, frozenset(self._marks)))
        self.repaint_changed()

    # Keys and mouse

    def move_cursor(self, lines: int) -> None:
        self._go(self._cursor + lines)

    def action_first(self) -> None:
        """The cursor goes to the first row and stays there, whichever row that becomes."""
        self.following = False
        self._go(0)
        self._untouched = True

    def action_last(self) -> None:
        """The cursor goes to the last row and stays at the end."""
        self._go(self.line_count - 1)
        self.following = True

    def action_mark(self) -> None:
        """Mark or unmark the row, and go on to the next."""
        if self._cursor_key is not None:
            self._marks ^= {self._cursor_key}
            self._marks_changed()
            self._go(self._cursor + 1)

    def action_select(self) -> None:
        """Open the row."""
        if self._cursor_key is not None:
            self.post_message(self.Selected(self, self._cursor_key))

    def on_click(self, event: events.Click) -> None:
        if self.bar_clicked(event):
            return
        offset = event.get_content_offset(self)
        index = None if offset is None else self.line_at(offset.y)
        if index is None:
            return
        event.stop()
        self._go(index)
        if event.chain == 2:
            self.action_select()

    def wheel(self, lines: int) -> None:
        """Turn the page under the cursor; up lets go of the end."""
        self._untouched = False
        if lines < 0:
            self.following = False
        super().wheel(lines)
        self._note_end()

    # Painting

    def on_resize(self, _event: events.Resize) -> None:
        if self.following:
            self.show_from(self.line_count)
        else:
            self.scroll_to_line(self._cursor)
        self._note_end()

    def look(self, y: int) -> Hashable:
        if y < self.HEAD:
            return PlainLook("", "header")
        index = self.line_at(y)
        if index is not None and index < self._model.row_count():
            row = self._model.row(index)
            at_cursor = index == self._cursor
            return RowLook(row, at_cursor, row.key in self._marks, at_cursor and self.has_focus)
        return PlainLook("", "blank") if self.line_count else self._empty_look(y)

    def _empty_look(self, y: int) -> PlainLook:
        """What an empty table says, in the middle: on several lines where it is narrow."""
        lines = wrap(self._empty_text, max(1, self.line_width - 2 * GUTTER))[:MOST_WORDS]
        at = y - self.HEAD - max(0, self.page_lines - len(lines)) // 2
        if 0 <= at < len(lines):
            return PlainLook(lines[at], "empty", align_center=True)
        return PlainLook("", "blank")

    def draw(self, look: Hashable) -> Strip:
        if isinstance(look, RowLook):
            return draw_row(self, look, self._fitted())
        if isinstance(look, PlainLook) and look.part == "header":
            return draw_header(self, self._fitted())
        if isinstance(look, PlainLook) and look.align_center:
            style = self.get_component_rich_style("table--empty")
            return Strip([Segment(fit(look.text, self.line_width, align="center"), style)])
        return Strip.blank(self.line_width, self.ground)

    def _fitted(self) -> list[Slot]:
        """The columns for the width that there is now."""
        if self._slots_width != self.line_width:
            self._slots_width = self.line_width
            self._slots = arrange(self._columns, self.line_width - GUTTER)
        return self._slots
