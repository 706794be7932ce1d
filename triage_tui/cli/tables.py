"""Tables for people: aligned plain text, cleaned, coloured where that is wanted."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

from widgets.text import cell_len, clean, fit

from . import console

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES = {
    "head": "2",
    "dim": "2",
    "strong": "1",
    "critical": "1;31",
    "high": "31",
    "medium": "33",
    "good": "32",
}


class Column(NamedTuple):
    """One column; `most` is what its cells are cut to."""

    title: str
    right: bool = False
    most: int = 1000


class Cell(NamedTuple):
    """What stands in a cell; `style` is a key of the styles above, or nothing."""

    text: str
    style: str = ""


class Paper:
    """Where text goes: how wide it is, and whether it takes colour."""

    def __init__(self) -> None:
        self.colour = console.has_colour(sys.stdout)
        self.width: int | None = None
        """Cells; None where nobody's window ends (a pipe, a file)."""
        if console.is_terminal(sys.stdout):
            self.width = shutil.get_terminal_size().columns

    def styled(self, text: str, style: str) -> str:
        """Clean text with its colour."""
        if not self.colour or not style:
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    def line(self, text: str, style: str = "") -> str:
        """One line of data, cut to the width."""
        text = clean(text)
        if self.width is not None and cell_len(text) > self.width:
            text = fit(text, self.width)
        return self.styled(text, style)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
        """The rows under their titles. The last column takes what is left of the width."""
        widths = [
            max(
                cell_len(column.title),
                *(min(column.most, cell_len(clean(r[n].text))) for r in rows),
            )
            if rows
            else cell_len(column.title)
            for n, column in enumerate(columns)
        ]
        if self.width is not None:
            taken = sum(widths[:-1]) + 2 * (len(widths) - 1)
            widths[-1] = max(8, min(widths[-1], self.width - taken))
        titles = [Cell(column.title, "head") for column in columns]
        return [self._row(columns, widths, row) for row in (titles, *rows)]

    def _row(self, columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Cell]) -> str:
        parts = []
        last = len(columns) - 1
        for n, (column, width, cell) in enumerate(zip(columns, widths, cells, strict=True)):
            text = fit(cell.text, width, align="right" if column.right else "left")
            parts.append(self.styled(text.rstrip() if n == last else text, cell.style))
        return "  ".join(parts).rstrip()
