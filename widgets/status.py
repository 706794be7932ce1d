"""One line of things worth knowing, the least important of which go first as it narrows."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from widgets.canvas import Canvas
from widgets.text import cell_len, clean, fit

GAP = 2
"""Blank cells between two items; one stands at either end of the line."""


class StatusItem(NamedTuple):
    """Raw text, the name of its style (after `status--`), and how long it stays (higher: longer).

    A `key` is shown before the text, as key hints are.
    """

    text: str
    style: str = ""
    priority: int = 0
    key: str = ""


class Piece(NamedTuple):
    """Clean text in one style."""

    text: str
    style: str


def _pieces(item: StatusItem) -> list[Piece]:
    text = Piece(clean(item.text), item.style)
    if not item.key:
        return [text]
    return [Piece(clean(item.key), "key"), Piece(" ", ""), text]


def _width(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(piece.text) for piece in pieces)


def lay_out(left: Sequence[StatusItem], right: Sequence[StatusItem], width: int) -> list[Piece]:
    """The line in exactly `width` cells: whole items, or one cut short if none fits.

    Of items of one priority those further right go first.
    """
    items = [
        (_pieces(item), item.priority, at < len(left)) for at, item in enumerate([*left, *right])
    ]
    items = [item for item in items if _width(item[0])]

    def needed() -> int:
        return sum(_width(pieces) + GAP for pieces, _, _ in items)

    while len(items) > 1 and needed() > width:
        at = min(range(len(items)), key=lambda at: (items[at][1], -at))
        del items[at]
    spare = max(0, width - needed())
    line = [Piece(" ", "")]
    room = width - 2
    for at, (pieces, _, is_left) in enumerate(items):
        if not is_left and (at == 0 or items[at - 1][2]):
            line.append(Piece(" " * spare, ""))
        if at:
            line.append(Piece(" " * GAP, ""))
        if _width(pieces) > room and len(items) == 1:
            whole = "".join(piece.text for piece in pieces)
            pieces = [Piece(fit(whole, room), pieces[-1].style)]
        line.extend(pieces)
    line.append(Piece(" " * max(0, width - _width(line)), ""))
    return line


class StatusLine(Widget):
    """Items at the left and at the right of one line."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--key",
        "status--strong",
        "status--dim",
        "status--accent",
        "status--good",
        "status--warning",
        "status--bad",
        "status--alert",
    }

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        & > .status--key { color: $text-accent; text-style: bold; }
        & > .status--strong { text-style: bold; }
        & > .status--dim { color: $text-muted; }
        & > .status--accent { color: $text-accent; }
        & > .status--good { color: $text-success; }
        & > .status--warning { color: $text-warning; }
        & > .status--bad { color: $text-error; }
        & > .status--alert { color: $text-error; text-style: bold reverse; }
    }
    """

    def __init__(
        self,
        left: Sequence[StatusItem] = (),
        right: Sequence[StatusItem] = (),
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._left = tuple(left)
        self._right = tuple(right)
        self._canvas = Canvas(self)

    def show(self, left: Sequence[StatusItem], right: Sequence[StatusItem] = ()) -> None:
        """Show other items; the same ones cost nothing."""
        items = tuple(left), tuple(right)
        if items == (self._left, self._right):
            return
        self._left, self._right = items
        # What stays the same is not sent again: a clock that ticks costs but its digits.
        self._canvas.repaint(0, self._line())

    def notify_style_update(self) -> None:
        """Colours changed: nothing is painted as it should be."""
        self._canvas.forget()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        return self._canvas.painted(y, self._line())

    def _line(self) -> Strip:
        width, plain = self.size.width, self.rich_style
        segments = []
        for piece in lay_out(self._left, self._right, width):
            style = plain
            if piece.style:
                style += self.get_component_rich_style(
                    f"status--{piece.style}", partial=True, default=plain
                )
            segments.append(Segment(piece.text, style))
        return Strip(segments).simplify().crop_extend(0, width, plain)
