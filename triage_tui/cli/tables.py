"""Tables for people: aligned plain text, cleaned, coloured where that is wanted."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

from widgets.text import cell_len, clean, fit

from . import console

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
LEAST_REST = 30
"""Cells that the last column wants before others go for its sake."""
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
    drop: int = 0
    """Goes when the window is narrow, the highest first; 0 stays."""


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
        widths = [_width(column, [row[n].text for row in rows]) for n, column in enumerate(columns)]
        kept = self._kept(columns, widths)
        if self.width is not None and kept:
            taken = sum(widths[n] + len(GAP) for n in kept[:-1])
            widths[kept[-1]] = max(1, min(widths[kept[-1]], self.width - taken))
        titles = [Cell(column.title, "head") for column in columns]
        return [self._row(columns, widths, kept, row) for row in (titles, *rows)]

    def _kept(self, columns: Sequence[Column], widths: Sequence[int]) -> list[int]:
        """The columns that there is room for, with a bearable rest for the last one."""
        kept = list(range(len(columns)))
        droppable = sorted((n for n in kept if columns[n].drop), key=lambda n: columns[n].drop)
        while self.width is not None and droppable:
            taken = sum(widths[n] + len(GAP) for n in kept[:-1])
            if taken + min(LEAST_REST, widths[kept[-1]]) <= self.width:
                break
            kept.remove(droppable.pop())
        return kept

    def _row(
        self,
        columns: Sequence[Column],
        widths: Sequence[int],
        kept: Sequence[int],
        cells: Sequence[Cell],
    ) -> str:
        parts = []
        for n in kept:
            text = fit(cells[n].text, widths[n], align="right" if columns[n].right else "left")
            if n == kept[-1]:
                text = text.rstrip()
            parts.append(self.styled(text, cells[n].style))
        return GAP.join(parts).rstrip()


def _width(column: Column, texts: Sequence[str]) -> int:
    longest = max((cell_len(clean(text)) for text in texts), default=0)
    return max(cell_len(column.title), min(column.most, longest))
