"""A scrolling view of numbered lines that paints only what looks different.

A subclass says what each line on the screen looks like (`look`, cheap and comparable) and how to
draw such a look (`draw`). Equal looks are drawn once and never sent to the terminal twice.
"""

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.reactive import Reactive

_WHEEL_LINES = 3


class LineView(ScrollView, inherit_bindings=False):
    """The ground of the table and the record view: line count, scrolling, painting."""

    ALLOW_SELECT = False
    HEAD: ClassVar[int] = 0
    """Lines at the top that do not scroll."""

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
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
        self._painted: dict[int, tuple[int, Hashable]] = {}
        self._strips: LRUCache[tuple[int, Hashable], Strip] = LRUCache(512)

    def look(self, y: int) -> Hashable:
        """Everything that decides what screen line `y` (0 is the top) looks like."""
        raise NotImplementedError

    def draw(self, look: Hashable) -> Strip:
        """The cells of a line with this look, at most as wide as `line_width`."""
        raise NotImplementedError

    @property
    def line_width(self) -> int:
        """Cells in a line, without the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def page_lines(self) -> int:
        """Lines that scroll and are on the screen at once (0 before the first layout)."""
        return max(0, self.scrollable_content_region.height - self.HEAD)

    @property
    def top(self) -> int:
        """The index of the first line shown."""
        return self.scroll_offset.y

    @property
    def line_count(self) -> int:
        """Lines that there are to scroll through."""
        return self._line_count

    def set_line_count(self, count: int) -> None:
        """Change the number of lines without a new layout, if the scroll bar stays as it is."""
        self._line_count = count
        size = Size(0, count + self.HEAD)
        if size == self.virtual_size:
            return
        overflows = size.height > self.container_size.height
        if self.is_mounted and overflows == self.show_vertical_scrollbar:
            virtual_size: Reactive[Size] = ScrollView.virtual_size
            self.set_reactive(virtual_size, size)
            if overflows:
                self.vertical_scrollbar.window_virtual_size = size.height
            self.scroll_y = self.validate_scroll_y(self.scroll_y)
        else:
            self.virtual_size = size

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
        self.scroll_to(y=max(0, top), animate=False)

    def repaint_changed(self) -> None:
        """Ask for a new painting of those lines that no longer look as they were painted."""
        width = self.line_width
        for y in range(self.size.height):
            if self._painted.get(y) != (width, self.look(y)):
                self.refresh(Region(0, y, self.size.width, 1))

    def painted_look(self, y: int) -> Hashable:
        """The look that screen line `y` was last painted with, None before that."""
        painted = self._painted.get(y)
        return None if painted is None else painted[1]

    def forget_drawings(self) -> None:
        """Draw every line anew, for something changed that is in no look."""
        self._strips.clear()
        self._painted.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The strip for screen line `y`."""
        width, look = self.line_width, self.look(y)
        self._painted[y] = (width, look)
        strip = self._strips.get((width, look))
        if strip is None:
            strip = self.draw(look).crop_extend(0, width, self.rich_style)
            self._strips[width, look] = strip
        return strip

    def notify_style_update(self) -> None:
        """Colours changed: what is drawn is stale."""
        self._strips.clear()
        self._painted.clear()
        super().notify_style_update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolled: paint what differs, not the whole."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
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
