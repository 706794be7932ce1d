"""A strip of bars over time, coloured by severity, with a mark where the clock stands.

A range of it can be chosen: by dragging with the mouse, or by keys once it has the focus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.bars import Block, Bucket, draw, sparkline
from widgets.canvas import Canvas
from widgets.columns import Cell
from widgets.text import cell_len, clean
from widgets.time_columns import column_of, columns_of, times_of

__all__ = ["Bucket", "TimeLine", "sparkline"]

CURSOR = "│"
MARK, BEGIN = "┃", "┠"
"""Where the hand is that chooses a range, and where the range begins."""
MARGIN = 1
"""Blank cells at either end."""
NOTE_GAP = 2
LEAST_BARS = 20
"""Narrower than this, the bars are worth more than the notes beside them."""

Note = tuple[Cell, ...]


class TimeLine(Widget, can_focus=False, inherit_bindings=False):
    """Bars for the time from `start` to `end`; times are integers of any one unit.

    `take_hold` gives it the keys until a range is chosen or given up.
    """

    ALLOW_SELECT = False
    LAYER = "timeline"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"timeline.{name}", tooltip=tip)
        for name, keys, action, text, tip in (
            ("left", "h,left", "move(-1)", "Left", "Earlier by a bar"),
            ("right", "l,right", "move(1)", "Right", "Later by a bar"),
            ("far_left", "H,pageup", "move(-10)", "Far left", "Earlier by ten bars"),
            ("far_right", "L,pagedown", "move(10)", "Far right", "Later by ten bars"),
            ("first", "g,home", "move(-100000)", "First", "To the first bar"),
            ("last", "G,end", "move(100000)", "Last", "To the last bar"),
            ("begin", "v,space", "begin", "Begin", "The range begins here, or goes on from here"),
            ("choose", "enter", "choose", "Choose", "Choose the range, or the one bar"),
            ("leave", "escape,q", "leave", "Leave", "Leave the range as it was"),
        )
    ]

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
        "timeline--mark",
        "timeline--outside",
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
        & > .timeline--note { color: $foreground; }
        & > .timeline--mark { color: $accent; text-style: bold reverse; }
        & > .timeline--outside { color: $text-disabled; text-style: dim; }
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
    class Chosen(Message):
        """A range was chosen: its first and its last time."""

        time_line: "TimeLine"
        first: int
        last: int

        @property
        def control(self) -> "TimeLine":
            return self.time_line

    @dataclass
    class Choosing(Message):
        """A range is being chosen, and would be this one now; None when that is over."""

        time_line: "TimeLine"
        range: tuple[int, int] | None

        @property
        def control(self) -> "TimeLine":
            return self.time_line

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TimeLine.Choosing) and message.time_line is self.time_line

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
        self._chosen: tuple[int, int] | None = None
        self._hand: int | None = None
        """The column where a range is being chosen."""
        self._anchor: int | None = None
        """The column where that began."""
        self._dragged = False
        self._back: Widget | None = None
        self._canvas = Canvas(self)

    def show(
        self,
        buckets: Sequence[Bucket],
        *,
        start: int,
        end: int,
        cursor: int | None = None,
        notes: Sequence[Sequence[Cell]] = (),
        chosen: tuple[int, int] | None = None,
    ) -> None:
        """Show these bars, the cursor's mark, and notes at the right (one for each row); bars
        outside of the `chosen` range fade."""
        self._chosen = chosen
        self._buckets = tuple(buckets)
        self._start, self._end, self._cursor = start, end, cursor
        self._notes = tuple(tuple(note) for note in notes)
        self._tell_width()
        self._repaint()

    def _repaint(self) -> None:
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
        if self._dragged or offset is None or not 0 <= offset.x - MARGIN < width:
            self._dragged = False
            return
        event.stop()
        span = self._end - self._start
        when = self._start + span * (2 * (offset.x - MARGIN) + 1) // (2 * width)
        self.post_message(self.Clicked(self, when))

    # Choosing a range

    @property
    def is_held(self) -> bool:
        """Whether a range is being chosen by keys."""
        return self._back is not None

    def take_hold(self) -> None:
        """From now on the keys choose a range; it begins where the cursor is."""
        if self.bars_width <= 0 or self.is_held:
            return
        self._hand = self.cursor_column if self.cursor_column is not None else self.bars_width - 1
        self._anchor = None
        self._back = self.screen.focused or self.screen
        self.can_focus = True
        self.screen.set_focus(self)
        self._told_range()

    def let_go(self) -> None:
        """The keys are somebody else's again."""
        back, self._back = self._back, None
        self._hand = self._anchor = None
        self.can_focus = False
        if back is not None:
            self.screen.set_focus(back if back.focusable else None)
        self._told_range()

    @property
    def range(self) -> tuple[int, int] | None:
        """What is being chosen: its first and last time."""
        if self._hand is None:
            return None
        begin = self._hand if self._anchor is None else self._anchor
        low, high = min(begin, self._hand), max(begin, self._hand)
        ends = (times_of(column, self._start, self._end, self.bars_width) for column in (low, high))
        (first, _), (_, last) = ends
        return first, last

    def _told_range(self) -> None:
        self.post_message(self.Choosing(self, self.range))
        self._repaint()

    def action_move(self, columns: int) -> None:
        """The hand goes by so many bars."""
        if self._hand is not None:
            self._hand = max(0, min(self._hand + columns, self.bars_width - 1))
            self._told_range()

    def action_begin(self) -> None:
        """The range begins here; once more: it begins anew."""
        if self._hand is not None:
            self._anchor = self._hand
            self._told_range()

    def action_choose(self) -> None:
        """Choose what is marked."""
        chosen = self.range
        self.let_go()
        if chosen is not None:
            self.post_message(self.Chosen(self, *chosen))

    def action_leave(self) -> None:
        """Leave everything as it was."""
        self.let_go()

    def on_blur(self) -> None:
        """Whoever goes elsewhere has given up."""
        if self.is_held:
            self._back = None
            self.let_go()

    def _column(self, x: int) -> int:
        return max(0, min(x - MARGIN, self.bars_width - 1))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragged = False
        if event.button == 1 and not self.is_held and 0 <= event.x - MARGIN < self.bars_width:
            self._anchor = self._column(event.x)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._anchor is None or self.is_held:
            return
        if self._hand is None and self._column(event.x) == self._anchor:
            return
        self._hand = self._column(event.x)
        self._told_range()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self.is_held or self._anchor is None:
            return
        self.release_mouse()
        chosen, self._dragged = self.range, self._hand is not None
        self._hand = self._anchor = None
        if self._dragged:
            event.stop()
            self._told_range()
        if chosen is not None:
            self.post_message(self.Chosen(self, *chosen))

    # Painting

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
        low, high = columns_of(self.range or self._chosen, self._start, self._end, bars)
        for column, block in enumerate(rows[y]):
            if column in (self._hand, self._anchor) and (self.is_held or self._hand is not None):
                sign = MARK if column == self._hand else BEGIN
                segments.append(Segment(sign, plain + self._part("mark")))
                continue
            ahead = cursor is not None and column > cursor
            bar, style = self._bar(block, plain, column == cursor, ahead)
            if not low <= column <= high and column != cursor:
                style = plain + self._part("outside")
            segments.append(Segment(bar, style))
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
