"""A raw record, folded and searchable."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from widgets.lines import LineView, moves, on
from widgets.record_lines import INDENT, Line, Part, cut, parse, split_at_hits

GUTTER = 2
"""Cells at the left: the cursor's mark, and the sign of a line that folds."""

HANG = 4
"""Cells by which the further rows of a long value are set in."""

FOLDED, UNFOLDED = "▸", "▾"


class _Row(NamedTuple):
    """A row on the screen: a part of a line's text."""

    line: int
    start: int
    end: int


def _line_of(row: _Row) -> int:
    return row.line


class _Look(NamedTuple):
    parts: tuple[Part, ...]
    indent: int
    sign: str
    cursor: bool
    focus: bool
    hits: tuple[tuple[int, int], ...]


class RecordView(LineView, can_focus=True, inherit_bindings=False):
    """Shows one record at a time; only the rows on the screen are drawn."""

    LAYER = "record"

    BINDINGS: ClassVar[list[BindingType]] = [
        *moves(LAYER, "To the last row"),
        *(
            Binding(keys, action, text, show=False, id=f"record.{name}", tooltip=tip)
            for name, keys, action, text, tip in (
                ("toggle", "enter,space", "toggle_fold", "Fold", "Fold or unfold what starts here"),
                ("fold", "h,left", "fold", "Fold", "Fold this, or go to what it is in"),
                ("unfold", "l,right", "unfold", "Unfold", "Unfold this, or go into it"),
            )
        ),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record--key",
        "record--string",
        "record--number",
        "record--word",
        "record--text",
        "record--note",
        "record--sign",
        "record--cursor",
        "record--cursor-blurred",
        "record--hit",
    }

    DEFAULT_CSS = """
    RecordView {
        height: 1fr;
        & > .record--key { color: $text-primary; }
        & > .record--string { color: $text-success; }
        & > .record--number { color: $text-warning; }
        & > .record--word { color: $text-accent; }
        & > .record--note { color: $text-muted; text-style: italic; }
        & > .record--sign { color: $text-muted; }
        & > .record--cursor { background: $block-cursor-background; }
        & > .record--cursor-blurred { background: $block-cursor-blurred-background; }
        & > .record--hit { text-style: bold reverse; }
        &:ansi > .record--cursor { color: $block-cursor-foreground; }
    }
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._lines: list[Line] = []
        self._rows: list[_Row] = []
        self._laid_out_for = Size(0, 0)
        self._folded: set[int] = set()
        self._cursor = 0
        self._term: re.Pattern[str] | None = None
        self._hits: list[int] = []

    # What the application asks and tells

    def show(self, record: str) -> None:
        """Show another record, unfolded, from its start; a search goes on in it."""
        self.show_lines(parse(record))

    def show_lines(self, lines: list[Line]) -> None:
        """Show a record that was parsed before: long ones take a while."""
        self._lines = lines
        self._find()
        self._folded.clear()
        self._cursor = 0
        self._lay_out()
        self.show_from(0)

    @property
    def hits(self) -> int:
        """Lines in which the search term was found."""
        return len(self._hits)

    @property
    def cursor_value(self) -> str | None:
        """The plain value under the cursor as it is shown, None between values."""
        line = self._cursor_line
        return None if line is None else self._lines[line].value

    @property
    def cursor_path(self) -> tuple[str | int, ...]:
        """Keys and positions that lead to the value under the cursor."""
        path: list[str | int] = []
        at = -1 if self._cursor_line is None else self._cursor_line
        while at >= 0:
            key = self._lines[at].key
            if key is not None:
                path.append(key)
            at = self._lines[at].parent
        return tuple(reversed(path))

    def search(self, term: str) -> int:
        """Mark a term (any case) wherever it is, go to the first place; says how many lines.

        An empty term ends the search.
        """
        self._term = re.compile(re.escape(term), re.IGNORECASE) if term else None
        self._find()
        if self._hits:
            here = self._cursor_line or 0
            self._go_to_line(next((hit for hit in self._hits if hit >= here), self._hits[0]))
        self.repaint_changed()
        return self.hits

    def next_hit(self) -> bool:
        """Go to the next line found, after the last to the first; False if there is none."""
        here = -1 if self._cursor_line is None else self._cursor_line
        return self._go_to_hit([hit for hit in self._hits if hit > here] or self._hits)

    def previous_hit(self) -> bool:
        """Go to the line found before, from the first to the last; False if there is none."""
        here = -1 if self._cursor_line is None else self._cursor_line
        before = [hit for hit in self._hits if hit < here] or self._hits
        return self._go_to_hit(before[::-1])

    def fold_all(self) -> None:
        """Fold everything below the top level."""
        self._folded = {at for at, line in enumerate(self._lines) if line.closes >= 0 and at}
        self._lay_out_around_cursor()

    def unfold_all(self) -> None:
        """Unfold everything."""
        self._folded.clear()
        self._lay_out_around_cursor()

    def retell(self, lines: list[Line]) -> None:
        """Show the same record in other words; the place and what is folded stay where the shape
        does."""
        if [line.closes for line in self._lines] != [line.closes for line in lines]:
            self._folded.clear()
        self._lines = lines
        self._find()
        self._lay_out_around_cursor()

    # Lines and rows

    def _find(self) -> None:
        term = self._term
        self._hits = [
            at for at, line in enumerate(self._lines) if term is not None and term.search(line.text)
        ]

    @property
    def _cursor_line(self) -> int | None:
        if not self._rows:
            return None
        return self._rows[min(self._cursor, len(self._rows) - 1)].line

    def _shown_parts(self, line: int) -> tuple[Part, ...]:
        if line in self._folded:
            return self._lines[line].folded
        return self._lines[line].parts

    def _indent(self, line: int) -> int:
        """Cells before a line's text; never more than half of the width."""
        return min(self._lines[line].depth * INDENT, self.size.width // 2)

    def _visible_lines(self) -> Iterator[int]:
        at = 0
        while at < len(self._lines):
            yield at
            at = self._lines[at].closes + 1 if at in self._folded else at + 1

    def _lay_out(self) -> None:
        """Cut the visible lines into rows for the width that there is."""
        width = self.size.width
        lines = list(self._visible_lines()) if width else []
        if len(lines) <= self.page_lines:
            self._cut_rows(lines, width)
        if len(lines) > self.page_lines or self.overflows:
            self._cut_rows(lines, width - 1)
        self._laid_out_for = self.size
        self._cursor = max(0, min(self._cursor, len(self._rows) - 1))
        self.repaint_changed()

    def _cut_rows(self, lines: list[int], width: int) -> None:
        rows: list[_Row] = []
        most = self.size.width // 2
        for at in lines:
            indent = min(self._lines[at].depth * INDENT, most)
            first = max(1, width - GUTTER - indent)
            cuts = self._lines[at].rows(first, max(1, first - HANG), folded=at in self._folded)
            rows.extend(_Row(at, start, end) for start, end in cuts)
        self._rows = rows
        self.set_line_count(len(rows))

    def _lay_out_around_cursor(self) -> None:
        """Lay out again with the cursor on its line, or on what that is folded into."""
        line = self._cursor_line
        on_screen = self._cursor - self.top
        self._lay_out()
        if line is not None:
            self._put_cursor_on(line)
            self.show_from(self._cursor - on_screen)
            self.scroll_to_line(self._cursor)
        self.repaint_changed()

    def _put_cursor_on(self, line: int) -> None:
        found = bisect_right(self._rows, line, key=_line_of) - 1
        shown = self._rows[max(0, found)].line if self._rows else 0
        self._cursor = bisect_left(self._rows, shown, key=_line_of)

    def on_resize(self, _event: events.Resize) -> None:
        if self._laid_out_for != self.size:
            self._lay_out_around_cursor()

    # Moving and folding

    def _go(self, row: int) -> None:
        self._cursor = max(0, min(row, len(self._rows) - 1))
        self.scroll_to_line(self._cursor)
        self.repaint_changed()

    def _go_to_line(self, line: int) -> None:
        """Unfold what hides a line, and go there."""
        parents = set()
        at = self._lines[line].parent
        while at >= 0:
            parents.add(at)
            at = self._lines[at].parent
        if self._folded & parents:
            self._folded -= parents
            self._lay_out()
        self._put_cursor_on(line)
        self._go(self._cursor)

    def _go_to_hit(self, hits: list[int]) -> bool:
        if hits:
            self._go_to_line(hits[0])
        return bool(hits)

    def move_cursor(self, lines: int) -> None:
        self._go(self._cursor + lines)

    def action_first(self) -> None:
        """The cursor goes to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """The cursor goes to the last row."""
        self._go(len(self._rows) - 1)

    def action_toggle_fold(self) -> None:
        """Fold or unfold what starts at the cursor, or what it closes or is in."""
        line = self._cursor_line
        if line is not None and self._lines[line].closes < 0:
            line = self._lines[line].parent
        if line is not None and line >= 0:
            self._folded ^= {line}
            self._put_cursor_on(line)
            self._lay_out_around_cursor()

    def action_fold(self) -> None:
        """Fold what starts here; else go to the line that opens what this is in."""
        line = self._cursor_line
        if line is None:
            return
        if self._lines[line].closes >= 0 and line not in self._folded:
            self.action_toggle_fold()
        elif self._lines[line].parent >= 0:
            self._go_to_line(self._lines[line].parent)

    def action_unfold(self) -> None:
        """Unfold what starts here; if it is, go into it."""
        line = self._cursor_line
        if line is None or self._lines[line].closes < 0:
            return
        if line in self._folded:
            self.action_toggle_fold()
        else:
            self._go_to_line(line + 1)

    def on_click(self, event: events.Click) -> None:
        if self.bar_clicked(event):
            return
        offset = event.get_content_offset(self)
        row = None if offset is None else self.line_at(offset.y)
        if offset is None or row is None:
            return
        event.stop()
        self._go(row)
        if offset.x < GUTTER + self._indent(self._rows[row].line) or event.chain == 2:
            self.action_toggle_fold()

    # Painting

    def look(self, y: int) -> Hashable:
        index = self.line_at(y)
        if index is None or index >= len(self._rows):
            return None
        row = self._rows[index]
        parts = tuple(cut(self._shown_parts(row.line), row.start, row.end))
        indent = self._indent(row.line) + (HANG if row.start else 0)
        sign = " "
        if self._lines[row.line].closes >= 0 and not row.start:
            sign = FOLDED if row.line in self._folded else UNFOLDED
        at_cursor = index == self._cursor
        hits = tuple(self._hits_in(row))
        return _Look(parts, indent, sign, at_cursor, at_cursor and self.has_focus, hits)

    def _hits_in(self, row: _Row) -> Iterator[tuple[int, int]]:
        """Where the term stands in a row, also where it runs over the edge."""
        if self._term is None:
            return
        beyond = len(self._term.pattern)
        low = max(0, row.start - beyond)
        near = cut(self._shown_parts(row.line), low, row.end + beyond)
        for match in self._term.finditer("".join(part.text for part in near)):
            start, end = match.start() + low, match.end() + low
            if start < row.end and end > row.start:
                yield max(start, row.start) - row.start, min(end, row.end) - row.start

    def draw(self, look: Hashable) -> Strip:
        cursor, base = " ", self.ground
        if not isinstance(look, _Look):
            return Strip.blank(self.line_width, base)
        if look.cursor:
            cursor, base = self.cursor_look(focus=look.focus)
        segments = [
            Segment(cursor, base),
            Segment(look.sign, on(base, self.named("sign"))),
            Segment(" " * look.indent, base),
        ]
        at = 0
        for part in look.parts:
            style = on(base, self.named(part.style))
            for text, is_hit in split_at_hits(part.text, at, look.hits):
                segments.append(Segment(text, style + self.named("hit") if is_hit else style))
            at += len(part.text)
        return Strip(segments).crop_extend(0, self.line_width, base)
