"""A few lines of styled text under a titled rule; paints only when they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from widgets.canvas import Canvas
from widgets.columns import Cell
from widgets.text import cell_len, clean, fit

Line = Sequence[Cell]


class Panel(Widget):
    """A rule with a title, then lines; all text is cleaned here."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "panel--rule",
        "panel--title",
        "panel--dim",
        "panel--strong",
        "panel--accent",
        "panel--good",
        "panel--bad",
        "panel--critical",
        "panel--high",
        "panel--medium",
        "panel--low",
    }
    DEFAULT_CSS = """
    Panel {
        & > .panel--rule { color: $text-disabled; }
        & > .panel--title { color: $text-accent; text-style: bold; }
        & > .panel--dim { color: $text-muted; }
        & > .panel--strong { text-style: bold; }
        & > .panel--accent { color: $text-accent; }
        & > .panel--good { color: $text-success; }
        & > .panel--bad { color: $text-error; }
        & > .panel--critical { color: $text-error; text-style: bold; }
        & > .panel--high { color: $text-error; }
        & > .panel--medium { color: $text-warning; }
        & > .panel--low { color: $text-primary; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name for it)
        super().__init__(id=id)
        self._title = ""
        self._lines: tuple[tuple[Cell, ...], ...] = ()
        self._canvas = Canvas(self)

    def show(self, title: str, lines: Sequence[Line]) -> None:
        """Show these; the same again costs nothing."""
        found = tuple(tuple(line) for line in lines)
        if (title, found) != (self._title, self._lines):
            self._title, self._lines = title, found
            for y in range(self.size.height):
                self._canvas.repaint(y, self._line(y))

    def notify_style_update(self) -> None:
        """Colours changed: nothing is painted as it should be."""
        self._canvas.forget()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        return self._canvas.painted(y, self._line(y))

    def _line(self, y: int) -> Strip:
        width, plain = self.size.width, self.rich_style
        if y == 0:
            return self._rule(width)
        line = self._lines[y - 1] if y <= len(self._lines) else ()
        segments = [Segment(" ", plain)]
        for cell in line:
            style = (
                plain + self.get_component_rich_style(f"panel--{cell.style}")
                if cell.style
                else plain
            )
            segments.append(Segment(clean(cell.text), style))
        return Strip(segments).crop_extend(0, width, plain)

    def _rule(self, width: int) -> Strip:
        rule = self.get_component_rich_style("panel--rule")
        title = fit(self._title, min(max(0, width - 6), cell_len(clean(self._title))), cut="middle")
        left = Segment("── " if title else "──", rule)
        named = Segment(title, self.get_component_rich_style("panel--title"))
        rest = width - cell_len(left.text) - cell_len(title) - bool(title)
        right = Segment((" " if title else "") + "─" * max(0, rest), rule)
        return Strip([left, named, right]).crop_extend(0, width, rule)
