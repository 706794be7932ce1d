"""What doctor has found, as a table for people: a section a place, a row a check, the fix below."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import structs

from triage_tui.health import CheckState
from widgets.text import cell_len, clean, fit

from .tables import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.health import Checked

_STYLES = {
    CheckState.OK: "good",
    CheckState.FAILS: "critical",
    CheckState.WARNING: "medium",
    CheckState.UNTESTABLE: "dim",
    CheckState.SKIPPED: "dim",
}
_WELL = (CheckState.OK, CheckState.UNTESTABLE)
_STATE, _WHAT = 14, 27
"""Cells of the columns before what was found."""
_WIDEST = 120
"""Cells of a line, however wide the window is: nobody reads longer ones."""
_NARROWEST = 30


def section(name: str, rows: Sequence[Checked], *, quiet: bool) -> str:
    """The rows of one check under its name; "" where nothing is to be said."""
    shown = [row for row in rows if not (quiet and row.state in _WELL)]
    if not shown:
        return ""
    paper = Paper()
    lines = [paper.styled(clean(name), "strong")]
    for row in _merged(shown):
        lines += _row(paper, row)
    return "\n".join(lines) + "\n\n"


def _merged(rows: Sequence[Checked]) -> Iterator[Checked]:
    """The rows; of those one behind the other that were not tried for one reason, one."""
    for (state, found), group in groupby(rows, key=lambda row: (row.state, row.found)):
        same = list(group)
        if state is CheckState.SKIPPED and len(same) > 1:
            features = ", ".join(dict.fromkeys(row.feature for row in same))
            what = f"{features} ({len(same)})"
            yield structs.replace(same[0], what=what, found=found)
        else:
            yield from same


def verdict(rows: Sequence[Checked]) -> str:
    """One line over everything."""
    paper = Paper()
    count = {state: sum(row.state is state for row in rows) for state in CheckState}
    failed = list(dict.fromkeys(row.feature for row in rows if row.state is CheckState.FAILS))
    if failed:
        words = f"{_some(count[CheckState.FAILS], 'check')} failed ({', '.join(failed)})"
        style = "critical"
    else:
        words, style = "everything that is configured works", "good"
    if count[CheckState.WARNING]:
        words += f"; {_some(count[CheckState.WARNING], 'warning')}"
    return f"{paper.styled(clean(words), style)}\n"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _row(paper: Paper, row: Checked) -> Iterator[str]:
    room = max(_NARROWEST, min(paper.width or _WIDEST, _WIDEST) - _STATE - _WHAT - 1)
    what = row.what
    if cell_len(clean(what)) > _WHAT - 2:  # on a line of its own: an ARN, a long glob
        yield paper.styled(fit(row.state, _STATE), _STYLES[row.state]) + clean(what)
        head = " " * (_STATE + _WHAT)
    else:
        head = paper.styled(fit(row.state, _STATE), _STYLES[row.state]) + fit(what, _WHAT)
    fix = [f"{'  ' if n else '→ '}{line}" for n, line in enumerate(_wrapped(row.fix, room - 2))]
    texts = [*_wrapped(row.found, room), *fix]
    for number, text in enumerate(texts or [""]):
        yield ((head if number == 0 else " " * (_STATE + _WHAT)) + text).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(clean(text), width, break_on_hyphens=False)
