"""What of a widget is on the screen, so that only cells that differ are painted again."""

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.text import cell_len

NEAR = 6
"""Cells that stay the same between two that differ: fewer are cheaper to send again than another
place and style."""


def differing(before: Strip, after: Strip) -> list[tuple[int, int]]:
    """The cells of a line, from the first to behind the last of each stretch, that differ; the
    whole line where it has another width, or characters that are not one cell wide."""
    old, new = _cells(before), _cells(after)
    if old is None or new is None or len(old) != len(new):
        return [(0, after.cell_length)] if before != after else []
    found: list[tuple[int, int]] = []
    for at, (one, other) in enumerate(zip(old, new, strict=True)):
        if one == other:
            continue
        if found and at - found[-1][1] < NEAR:
            found[-1] = found[-1][0], at + 1
        else:
            found.append((at, at + 1))
    return found


def _cells(strip: Strip) -> list[tuple[str, Style | None]] | None:
    """Each character with its style; None where one is not one cell wide."""
    found = [(char, segment.style) for segment in strip for char in segment.text]
    if strip.text.isascii() or all(cell_len(char) == 1 for char, _ in found):
        return found
    return None


class Canvas:
    """The lines of a widget as they were painted last."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._painted: dict[int, Strip] = {}

    def repaint(self, y: int, strip: Strip) -> bool:
        """Line `y` looks like this now: asks for a painting of those cells that differ. Whether any
        do."""
        before = self._painted.get(y)
        spans = [(0, strip.cell_length)] if before is None else differing(before, strip)
        for start, stop in spans:
            self._widget.refresh(Region(start, y, stop - start, 1))
        return bool(spans)

    def painted(self, y: int, strip: Strip) -> Strip:
        """Line `y` is painted, and looks like this."""
        self._painted[y] = strip
        return strip

    def forget(self) -> None:
        """Nothing of it is on the screen as it is known here."""
        self._painted.clear()
