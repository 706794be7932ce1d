"""A scrolling view of numbered lines that paints only what looks different.

A subclass says what each line on the screen looks like (`look`, cheap and comparable) and how to
draw such a look (`draw`). Equal looks are drawn once and never sent to the terminal twice.
"""

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.canvas import Canvas

if TYPE_CHECKING:
    from textual.reactive import Reactive

_WHEEL_LINES = 3


BAR, THUMB = "│", "┃"


class _Painting(NamedTuple):
    """All that a painted line depends on."""

    width: int
    look: Hashable
    bar: str


def thumb(page: int, lines: int, top: int) -> tuple[int, int]:
    """First line and length of a scroll bar's thumb; it touches an end only at that end."""
    if page <= 0 or lines <= page:
        return 0, max(0, page)
    size = max(1, page * page // lines)
    last = lines - page
    if top <= 0 or size >= page:
        return 0, size
    if top >= last:
        return page - size, size
    return max(1, min(page - size - 1, top * (page - size) // last)), size


CURSOR, CURSOR_BLURRED = "▌", "▏"
"""The mark of the line that keys act on, in a view that has them and in one that has not."""


def on(ground: Style, named: Style) -> Style:
    """A named style on a ground. On one of the terminal's own sixteen colours the ground's ink
    stays: what they look like nobody knows, and red on blue is hard to read anywhere."""
    paper = ground.bgcolor
    if paper is not None and paper.type == ColorType.STANDARD and named.color is not None:
        return ground + named.without_color
    return ground + named


def moves(layer: str, last: str) -> list[BindingType]:
    """The keys that move a cursor by lines and pages; `last` says what the end does."""
    return [
        Binding(keys, action, text, show=False, id=f"{layer}.{name}", tooltip=tip)
        for name, keys, action, text, tip in (
            ("up", "k,up", "move(-1)", "Up", "To the row above"),
            ("down", "j,down", "move(1)", "Down", "To the row below"),
            ("first", "g,home", "first", "First", "To the first row"),
            ("last", "G,end", "last", "Last", last),
            ("page_up", "pageup", "page(-2)", "Page up", "Up by a page"),
            ("page_down", "pagedown", "page(2)", "Page down", "Down by a page"),
            ("half_up", "ctrl+u", "page(-1)", "Half page up", "Up by half a page"),
            ("half_down", "ctrl+d", "page(1)", "Half page down", "Down by half a page"),
        )
    ]


class LineView(ScrollView, inherit_bindings=False):
    """The ground of the table and the record view: line count, scrolling, painting."""

    ALLOW_SELECT = False
    LAYER: ClassVar[str] = "lines"
    """What the names of its styles and keys begin with."""
    HEAD: ClassVar[int] = 0
    """Lines at the top that do not scroll."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--bar", "lines--thumb"}

    DEFAULT_CSS = """
    LineView {
        /* Textual repaints its scroll bar with every layout; ours is a part of the lines. */
        overflow: hidden;
        & > .lines--bar { color: $scrollbar-background; }
        & > .lines--thumb { color: $scrollbar; }
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
        self._line_count = 0
        self._painted: dict[int, _Painting] = {}
        self._canvas = Canvas(self)
        self._strips: LRUCache[_Painting, Strip] = LRUCache(512)
        self._known_styles: dict[str, Style] = {}
        """What was worked out of them, until colours change: each cell asks for one."""

    def look(self, y: int) -> Hashable:
        """Everything that decides what screen line `y` (0 is the top) looks like."""
        raise NotImplementedError

    def draw(self, look: Hashable) -> Strip:
        """The cells of a line with this look, at most as wide as `line_width`."""
        raise NotImplementedError

    def move_cursor(self, lines: int) -> None:
        """The cursor goes by so many lines (down is positive), as far as there are any."""
        raise NotImplementedError

    def action_move(self, rows: int) -> None:
        """The cursor goes by so many rows."""
        self.move_cursor(rows)

    def action_page(self, halves: int) -> None:
        """The cursor goes by so many half pages."""
        self.move_cursor(halves * max(1, self.page_lines) // 2)

    def cursor_look(self, *, focus: bool) -> tuple[str, Style]:
        """The cursor's mark, and the style of its whole line."""
        part = f"{self.LAYER}--cursor" if focus else f"{self.LAYER}--cursor-blurred"
        return CURSOR if focus else CURSOR_BLURRED, self.get_component_rich_style(part)

    def named(self, style: str) -> Style:
        """The colours of a named style alone; a name without a style looks plain."""
        if not style:
            return Style.null()
        found = self._known_styles.get(style)
        if found is None:
            plain, name = Style.null(), f"{self.LAYER}--{style}"
            found = self.get_component_rich_style(name, partial=True, default=plain)
            self._known_styles[style] = found
        return found

    @property
    def ground(self) -> Style:
        """The colours of the view itself."""
        found = self._known_styles.get("")
        if found is None:
            found = self._known_styles[""] = self.rich_style
        return found

    @property
    def line_width(self) -> int:
        """Cells in a line, without the scroll bar."""
        return max(0, self.size.width - self.overflows)

    @property
    def page_lines(self) -> int:
        """Lines that scroll and are on the screen at once (0 before the first layout)."""
        return max(0, self.size.height - self.HEAD)

    @property
    def overflows(self) -> bool:
        """Whether there is more than is on the screen, and so a scroll bar."""
        return self._line_count > self.page_lines

    @property
    def top(self) -> int:
        """The index of the first line shown."""
        return self.scroll_offset.y

    @property
    def line_count(self) -> int:
        """Lines that there are to scroll through."""
        return self._line_count

    def set_line_count(self, count: int) -> None:
        """Change the number of lines; nothing is laid out anew for it."""
        self._line_count = count
        virtual_size: Reactive[Size] = ScrollView.virtual_size
        self.set_reactive(virtual_size, Size(0, count + self.HEAD))
        self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def line_at(self, y: int) -> int | None:
        """The index of the line at screen line `y`, None where there is none."""
        index = self.top + y - self.HEAD
        return index if y >= self.HEAD and 0 <= index < self._line_count else None

    def scroll_to_line(self, index: int) -> None:
        """Scroll as little as shows the line."""
        page = self.page_lines
        if page and index < self.top:
            self.show_from(index)
        elif page and index >= self.top + page:
            self.show_from(index - page + 1)

    def show_from(self, top: int) -> None:
        """Scroll so that this line is the first, as far as there are lines."""
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def repaint_changed(self) -> None:
        """Ask for a new painting of those lines that no longer look as they were painted."""
        for y in range(self.size.height):
            painting = self._painting(y)
            if self._painted.get(y) == painting or self._canvas.repaint(y, self._strip(painting)):
                continue
            # Another row that happens to look the same: it has to be painted to be known as seen.
            self.refresh(Region(0, y, 1, 1))

    def painted_look(self, y: int) -> Hashable:
        """The look that screen line `y` was last painted with, None before that."""
        painted = self._painted.get(y)
        return None if painted is None else painted.look

    def forget_drawings(self) -> None:
        """Draw every line anew, for something changed that is in no look."""
        self._forget()
        self.refresh()

    def _forget(self) -> None:
        self._known_styles.clear()
        self._strips.clear()
        self._painted.clear()
        self._canvas.forget()

    def render_line(self, y: int) -> Strip:
        """The strip for screen line `y`."""
        painting = self._painting(y)
        self._painted[y] = painting
        return self._canvas.painted(y, self._strip(painting))

    def _strip(self, painting: _Painting) -> Strip:
        strip = self._strips.get(painting)
        if strip is None:
            strip = self.draw(painting.look).crop_extend(0, painting.width, self.ground)
            if painting.bar:
                name = "lines--bar" if painting.bar == BAR else "lines--thumb"
                style = self.get_component_rich_style(name)
                strip = Strip([*strip, Segment(painting.bar, style)])
            strip = strip.simplify()
            self._strips[painting] = strip
        return strip

    def _painting(self, y: int) -> _Painting:
        return _Painting(self.line_width, self.look(y), self._bar_at(y))

    def _bar_at(self, y: int) -> str:
        """The scroll bar's character in a line, empty where there is none."""
        if not self.overflows:
            return ""
        if y < self.HEAD:
            return " "
        start, size = thumb(self.page_lines, self._line_count, self.top)
        return THUMB if start <= y - self.HEAD < start + size else BAR

    def notify_style_update(self) -> None:
        """Colours changed: what is drawn is stale."""
        self._forget()
        super().notify_style_update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolled: paint what differs, not the whole."""
        if round(old_value) != round(new_value):
            self.repaint_changed()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.wheel(_WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.wheel(-_WHEEL_LINES)

    def wheel(self, lines: int) -> None:
        """The mouse wheel turned by so many lines (down is positive)."""
        self.show_from(self.top + lines)

    def bar_clicked(self, event: events.Click) -> bool:
        """Go to where the scroll bar was clicked; False if it was not."""
        offset = event.get_content_offset(self)
        if offset is None or not self.overflows or offset.x != self.line_width:
            return False
        event.stop()
        last = self._line_count - self.page_lines
        place = max(0, offset.y - self.HEAD)
        self.wheel(place * last // max(1, self.page_lines - 1) - self.top)
        return True
