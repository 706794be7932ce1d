"""A strip of bars over time, coloured by severity, with a mark where the clock stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.bars import Block, Bucket, draw, sparkline
from widgets.canvas import Canvas
from widgets.columns import Cell
from widgets.text import cell_len, clean

__all__ = ["Bucket", "TimeLine", "sparkline"]

CURSOR = "│"
MARGIN = 1
"""Blank cells at either end."""
NOTE_GAP = 2
LEAST_BARS = 20
"""Narrower than this, the bars are worth more than the notes beside them."""

Note = tuple[Cell, ...]


class TimeLine(Widget):
    """Bars for the time from `start` to `end`; times are integers of any one unit."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--informational",
        "timeline--low",
        "timeline--medium",
        "timeline--high",
        "timeline--critical",
        "timeline--none",
        "timeline--cursor",
        "timeline--ahead",
        "timeline--note",
    }
    SEVERITY_NAMES: ClassVar[tuple[str, ...]] = (
        "informational",
        "low",
        "medium",
        "high",
        "critical",
    )

    DEFAULT_CSS = """
    TimeLine {
        height: 1;
        & > .timeline--informational { color: $text-muted; }
        & > .timeline--low { color: $primary; }
        & > .timeline--medium { color: $warning; }
        & > .timeline--high { color: $error-lighten-1; }
        & > .timeline--critical { color: $error; text-style: bold; }
        & > .timeline--none { color: $text-disabled; }
        & > .timeline--cursor { color: $accent; text-style: bold; }
        & > .timeline--ahead { text-style: dim; }
        & > .timeline--note { color: $text; }
    }
    """

    @dataclass
    class Clicked(Message):
        """A place on the strip was clicked: the time that it stands for."""

        time_line: "TimeLine"
        when: int

        @property
        def control(self) -> "TimeLine":
            return self.time_line

    @dataclass
    class BarsResized(Message):
        """There is room for another number of bars now."""

        time_line: "TimeLine"
        width: int

        @property
        def control(self) -> "TimeLine":
            return self.time_line

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._buckets: tuple[Bucket, ...] = ()
        self._start = 0
        self._end = 0
        self._cursor: int | None = None
        self._notes: tuple[Note, ...] = ()
        self._told_width = 0
        self._canvas = Canvas(self)

    def show(
        self,
        buckets: Sequence[Bucket],
        *,
        start: int,
        end: int,
        cursor: int | None = None,
        notes: Sequence[Sequence[Cell]] = (),
    ) -> None:
        """Show these bars, the cursor's mark, and notes at the right (one for each row)."""
        self._buckets = tuple(buckets)
        self._start, self._end, self._cursor = start, end, cursor
        self._notes = tuple(tuple(note) for note in notes)
        self._tell_width()
        for y in range(self.size.height):
            self._canvas.repaint(y, self._line(y))

    @property
    def bars_width(self) -> int:
        """Columns for bars: the number of buckets that are drawn without resampling."""
        room = self.size.width - 2 * MARGIN
        bars = room - self._notes_width
        return max(0, room if bars < LEAST_BARS else bars)

    @property
    def _notes_width(self) -> int:
        widest = max((_width(note) for note in self._notes), default=0)
        return widest + NOTE_GAP if widest else 0

    @property
    def cursor_column(self) -> int | None:
        """The column that the cursor stands in, None if it is outside of the time shown."""
        return column_of(self._cursor, self._start, self._end, self.bars_width)

    def on_resize(self, _event: events.Resize) -> None:
        self._tell_width()

    def _tell_width(self) -> None:
        if self.is_mounted and self._told_width != self.bars_width:
            self._told_width = self.bars_width
            self.post_message(self.BarsResized(self, self._told_width))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        width = self.bars_width
        if offset is None or not 0 <= offset.x - MARGIN < width:
            return
        event.stop()
        span = self._end - self._start
        when = self._start + span * (2 * (offset.x - MARGIN) + 1) // (2 * width)
        self.post_message(self.Clicked(self, when))

    def render_line(self, y: int) -> Strip:
        return self._canvas.painted(y, self._line(y))

    def notify_style_update(self) -> None:
        """Colours changed: nothing is painted as it should be."""
        self._canvas.forget()
        super().notify_style_update()

    def _line(self, y: int) -> Strip:
        width, height = self.size
        plain = self.rich_style
        bars = self.bars_width
        rows = draw(self._buckets, bars, height)
        if y >= len(rows):
            return Strip.blank(width, plain)
        segments = [Segment(" " * MARGIN, plain)]
        cursor = self.cursor_column
        for column, block in enumerate(rows[y]):
            ahead = cursor is not None and column > cursor
            segments.append(Segment(*self._bar(block, plain, column == cursor, ahead)))
        note = self._notes[y] if y < len(self._notes) else ()
        if note and bars < width - 2 * MARGIN:
            gap = width - 2 * MARGIN - bars - _width(note)
            segments.append(Segment(" " * gap, plain))
            segments.extend(
                Segment(clean(cell.text), plain + self._part(cell.style or "note")) for cell in note
            )
        return Strip(segments).simplify().crop_extend(0, width, plain)

    def _bar(self, block: Block, plain: Style, at_cursor: bool, ahead: bool) -> tuple[str, Style]:
        if at_cursor:
            return CURSOR, plain + self._part("cursor")
        name = "none" if block.severity is None else self.SEVERITY_NAMES[block.severity]
        style = plain + self._part(name)
        if block.behind is not None:
            colour = self._part(self.SEVERITY_NAMES[block.behind]).color
            style += Style(bgcolor=colour)
        if ahead:
            style += self._part("ahead")
        return block.char, style

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(
            f"timeline--{name}", partial=True, default=Style.null()
        )


def _width(note: Note) -> int:
    return sum(cell_len(clean(cell.text)) for cell in note)


def column_of(time: int | None, start: int, end: int, width: int) -> int | None:
    """The column of `width` that a time falls in; None outside of start to end."""
    if time is None or width <= 0 or not start <= time <= end:
        return None
    if end == start:
        return 0
    return min(width - 1, (time - start) * width // (end - start))
