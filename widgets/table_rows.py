"""The lines of a table: how each looks, and how it is drawn."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from widgets.columns import GAP, Cell, Row, Slot
from widgets.lines import LineView, on
from widgets.text import fit

GUTTER = 2
"""Cells left of the columns: the cursor's mark, and the mark of a chosen row."""

CHOSEN = "•"


class RowLook(NamedTuple):
    row: Row
    cursor: bool
    marked: bool
    focus: bool


class PlainLook(NamedTuple):
    text: str
    part: str
    align_center: bool = False


def draw_header(table: LineView, slots: Sequence[Slot]) -> Strip:
    """The titles of the columns."""
    style = table.get_component_rich_style("table--header")
    parts = [fit(slot.column.title, slot.width, align=slot.column.align) for slot in slots]
    return Strip([Segment(" " * GUTTER + (" " * GAP).join(parts), style)])


def draw_row(table: LineView, look: RowLook, slots: Sequence[Slot]) -> Strip:
    """The mark of the cursor, that of a chosen row, and the cells."""
    cursor, base = " ", table.ground
    if look.cursor:
        cursor, base = table.cursor_look(focus=look.focus)
    base = on(base, table.named(look.row.style))
    marked = CHOSEN if look.marked else fit(look.row.sign, 1) if look.row.sign else " "
    segments = [Segment(cursor, base), Segment(marked, on(base, table.named("marked")))]
    for slot in slots:
        if len(segments) > GUTTER:
            segments.append(Segment(" " * GAP, base))
        cells = look.row.cells
        cell = cells[slot.place] if slot.place < len(cells) else Cell("")
        text = fit(cell.text, slot.width, align=slot.column.align, cut=slot.column.cut)
        segments.append(Segment(text, on(base, table.named(cell.style))))
    return Strip(segments).crop_extend(0, table.line_width, base)
