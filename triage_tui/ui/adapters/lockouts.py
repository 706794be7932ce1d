"""What somebody has to do so that AWS lets the triage in again, in two lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.ui.adapters import words
from widgets.status import StatusItem
from widgets.text import cell_len, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.health import FileReport

_LABEL = "LOCKED OUT"
_EDGES = 4
"""Cells at both ends of a line, and between two items."""


class Banner(NamedTuple):
    """Left and right items of its lines: what is wrong, and what to do."""

    what: tuple[list[StatusItem], list[StatusItem]]
    cure: tuple[list[StatusItem], list[StatusItem]]


def banner(reports: Sequence[FileReport], now: int, width: int, key: str) -> Banner | None:
    """The lockout of most sources, and how many others there are; None while everybody is let in.
    `key` tries again."""
    found = [report.live.lockout for report in reports if report.live and report.live.lockout]
    if not found:
        return None
    whose = Counter((each.words, each.cure) for each in found)
    (said, cure), count = whose.most_common(1)[0]
    since = min(each.since for each in found if each.words == said)
    waits = f"{words.counted(count, 'source')}, {words.span(now - since)}"
    room = width - cell_len(_LABEL) - cell_len(waits) - 2 * _EDGES
    what = StatusItem(fit(said, min(room, cell_len(said))) if room > 0 else said, "strong", 8)
    more = f"and {words.counted(len(whose) - 1, 'other')}: i" if len(whose) > 1 else ""
    hint = "try again now" if width >= 60 else "again"
    room = width - cell_len(hint) - cell_len(key) - cell_len(more) - 2 * _EDGES
    todo = StatusItem(fit(cure, min(max(8, room), cell_len(cure))), "warning", 9)
    return Banner(
        ([StatusItem(_LABEL, "alert", 9), what], [StatusItem(waits, "dim", 5)]),
        ([todo], [StatusItem(more, "dim", 6), StatusItem(hint, "dim", 7, key)]),
    )
