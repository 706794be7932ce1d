"""The table that the benchmarks print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = ("what", "measured", "budget", "verdict")


class Row(NamedTuple):
    """One budget. `kept` is None where nothing could be measured."""

    what: str
    measured: str
    budget: str
    kept: bool | None

    @property
    def verdict(self) -> str:
        """In one word; "" where there is no budget."""
        if self.kept and not self.budget:
            return ""
        return {True: "ok", False: "over", None: "not measured"}[self.kept]


def at_most(what: str, value: float, budget: float, unit: str, details: str = "") -> Row:
    """A row for a figure that shall not exceed its budget."""
    measured = f"{number(value)} {unit}"
    if details:
        measured += f" ({details})"
    return Row(what, measured, f"≤ {number(budget)} {unit}", value <= budget)


def number(value: float) -> str:
    """Three digits that count, and no more."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def draw(rows: Sequence[Row]) -> str:
    """The table as Markdown, lined up for reading in a terminal too."""
    cells = [_HEAD, *((row.what, row.measured, row.budget, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = [
        "| "
        + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines) + "\n"
