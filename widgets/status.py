"""One line of things worth knowing, the least important of which go first as it narrows."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

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


def changed(before: Sequence[Piece], after: Sequence[Piece]) -> tuple[int, int]:
    """The cells of a line, from the first to behind the last, that differ; both lines are of the
    same width."""
    old, new = _styled(before), _styled(after)
    if old == new:
        return 0, 0
    if any(not cell_len(char) for char, _ in (*old, *new)):  # it belongs to the one before it
        return 0, sum(cell_len(char) for char, _ in new)
    same = _shared(old, new)
    tail = _shared(old[same:][::-1], new[same:][::-1])
    start = sum(cell_len(char) for char, _ in new[:same])
    return start, start + sum(cell_len(char) for char, _ in new[same : len(new) - tail])


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    """How many of their first elements are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _styled(pieces: Sequence[Piece]) -> list[tuple[str, str]]:
    """Each character with its style."""
    return [(char, piece.style) for piece in pieces for char in piece.text]


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

    def show(self, left: Sequence[StatusItem], right: Sequence[StatusItem] = ()) -> None:
        """Show other items; the same ones cost nothing."""
        items = tuple(left), tuple(right)
        width = self.size.width
        if items == (self._left, self._right):
            return
        before = lay_out(self._left, self._right, width)
        self._left, self._right = items
        start, stop = changed(before, lay_out(*items, width))
        if start < stop:
            # What stays the same is not sent again: a clock that ticks costs but its digits.
            self.refresh(Region(start, 0, stop - start, 1))

    def render_line(self, y: int) -> Strip:
        width, plain = self.size.width, self.rich_style
        if y:
            return Strip.blank(width, plain)
        segments = []
        for piece in lay_out(self._left, self._right, width):
            style = plain
            if piece.style:
                style += self.get_component_rich_style(
                    f"status--{piece.style}", partial=True, default=plain
                )
            segments.append(Segment(piece.text, style))
        return Strip(segments).simplify().crop_extend(0, width, plain)
