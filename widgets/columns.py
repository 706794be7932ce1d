"""What a table shows: columns, cells, rows, and the model it asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from widgets.text import Align, Cut

GAP = 1
"""Blank cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: of a fixed `width` in cells, or flexible where that is None."""

    key: str
    title: str
    width: int | None = None
    min_width: int = 6
    """The least width of a flexible column."""
    weight: int = 1
    """Its share of the space that is left over."""
    align: Align = "left"
    drop: int = 0
    """0 always stays; 1 is the first to go as the table narrows, then 2, …"""

    cut: Cut = "end"
    """Where a text that is too long is cut: paths and the like tell the most at both ends."""

    @property
    def least(self) -> int:
        """The least width at which the column is shown."""
        return self.min_width if self.width is None else self.width


class Cell(NamedTuple):
    """Raw text and the name of a style (the part after `table--`), or none."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a key that stays the same while its cells change, one cell for each column."""

    key: str
    cells: tuple[Cell, ...]
    style: str = ""
    """A style name under all of its cells."""
    sign: str = ""
    """One cell in front of the row, where nothing marks it."""


class TableModel(Protocol):
    """Where a table gets its rows; it asks only for those on the screen."""

    def row_count(self) -> int: ...

    def row(self, index: int) -> Row: ...

    def index_of(self, key: str) -> int | None: ...


class Slot(NamedTuple):
    """A column that is shown: its place in the row's cells and its width now."""

    place: int
    column: Column
    width: int


def arrange(columns: Sequence[Column], width: int) -> list[Slot]:
    """Which columns fit in `width` cells, and how wide each is; they keep their order.

    Columns go by `drop` until the rest fits; what is left over goes to the flexible ones. Columns
    that must stay but do not fit are cut at the right edge.
    """
    shown = list(enumerate(columns))
    for _, victim in sorted(
        (item for item in shown if item[1].drop), key=lambda item: (item[1].drop, -item[0])
    ):
        if _least(shown) <= width:
            break
        shown = [item for item in shown if item[1] is not victim]
    spare = max(0, width - _least(shown))
    weight = sum(column.weight for _, column in shown if column.width is None)
    slots: list[Slot] = []
    room = width
    for index, column in shown:
        share = 0
        if column.width is None and weight:
            share = spare * column.weight // weight
            spare -= share
            weight -= column.weight
        size = min(column.least + share, room)
        if size <= 0:
            break
        slots.append(Slot(index, column, size))
        room -= size + GAP
    return slots


def _least(shown: Sequence[tuple[int, Column]]) -> int:
    """Cells that these columns need, gaps included."""
    return sum(column.least for _, column in shown) + GAP * (len(shown) - 1)
