"""In which hours of the week an entity is active, beside what is usual for it: a heat map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.detect.weeks import Slot
from triage_tui.habits import role_key
from triage_tui.model import Kind
from triage_tui.store.histogram import by_hour
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row
from widgets.text import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from triage_tui.detect.baseline import Standing
    from triage_tui.store.columns import Array
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage

SHADES = " ░▒▓█"
"""Nothing to most: the glyph says it without colour."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = (6, 12, 18)
"""Those that stand above the map."""
WIDE = 116
"""From this width on, each hour has two cells."""
_WORTH = 3.0
"""An hour with so many times what is usual is told."""


class Week(NamedTuple):
    """Events by hour of the week (of several such hours, in the busiest), and what is usual in
    them; None where nobody knows."""

    seen: Mapping[Slot, int]
    usual: Callable[[Slot], float] | None
    why: str = ""
    """Why nobody knows what is usual."""


def columns(width: int) -> tuple[Column, ...]:
    """The heat map's columns on a screen so wide."""
    cells = 2 if width >= WIDE else 1
    return (
        Column("day", "", width=3),
        Column("seen", _ruler("SEEN", cells), width=24 * cells),
        Column("gap", "", width=1),
        Column("usual", _ruler("USUAL", cells), width=24 * cells, drop=2),
        Column("told", "UNLIKE ITSELF", min_width=16, drop=1),
    )


def _ruler(title: str, cells: int) -> str:
    """`SEEN  6     12    18`: a title where midnight is, and some of the hours."""
    ruler = title
    for hour in _HOURS:
        ruler = f"{ruler:{hour * cells}}{hour}"
    return ruler


def week(triage: Triage, ranking: Ranking, number: int | None, rows: Array) -> Week:
    """What an entity did in these rows of its events, and what is usual for it."""
    slot = triage.index.knowledge.calendar.slot
    seen: dict[Slot, int] = {}
    for hour, events in by_hour(triage.index, rows).items():
        at = slot(hour)
        seen[at] = max(events, seen.get(at, 0))
    if ranking.kind is not Kind.PRINCIPAL:
        return Week(seen, None, "what is usual is learned of principals alone")
    judging = triage.index.judging
    baseline = judging.baseline(judging.first_hour(ranking.sight))
    if baseline is None:
        return Week(seen, None, "nobody has learned what is usual: triage-tui learn does")
    if not baseline.knows:
        return Week(seen, None, ranking.marks.remark)
    if number is None:
        return Week(seen, None)
    found = (baseline.standing(key) for key in _keys(triage, ranking, number))
    standing: Standing | None = next((each for each in found if each is not None), None)
    if standing is None:
        return Week(seen, lambda _: 0.0, f"never seen in {baseline.exposure.days} days of history")
    return Week(seen, standing.usual)


def _keys(triage: Triage, ranking: Ranking, number: int) -> Iterator[str]:
    """The keys under which its habits may have been learned, its own before its role's."""
    principal = ranking.sight.principal(number)
    yield from (*principal.aliases, principal.key)
    for member in principal.members:
        role = triage.index.identities[member].role
        if role:
            yield role_key(role)


def heat_rows(found: Week, width: int) -> ListRows:
    """The table of it: a row a day, the hours from left to right."""
    cells = 2 if width >= WIDE else 1
    usual = found.usual
    top = max(found.seen.values(), default=0)
    most = (
        max((usual(Slot(d, h)) for d in range(7) for h in range(24)), default=0.0) if usual else 0
    )
    why = [*(wrap(found.why, 24 * cells) if found.why else ()), *[""] * 7]
    return ListRows(_row(found, day, top, most, cells, why[day]) for day in range(7))


def _row(found: Week, day: int, top: float, most: float, cells: int, why: str) -> Row:
    seen = [found.seen.get(Slot(day, hour), 0) for hour in range(24)]
    usual = [found.usual(Slot(day, hour)) if found.usual else 0.0 for hour in range(24)]
    told = _told(seen, usual) if found.usual else ""
    return Row(
        DAYS[day],
        (
            Cell(DAYS[day], "dim"),
            Cell(_shades(seen, top, cells), "bad" if told else "accent"),
            Cell(""),
            Cell(why if found.why else _shades(usual, most, cells), "dim"),
            Cell(told, "bad"),
        ),
    )


def _shades(counts: Sequence[float], top: float, cells: int) -> str:
    """A glyph for each count, on a logarithmic scale; what is there at all is seen."""
    return "".join(_shade(count, top) * cells for count in counts)


def _shade(count: float, top: float) -> str:
    if count <= 0 or top <= 0:
        return "·" if count <= 0 else SHADES[1]
    share = math.log1p(count) / math.log1p(top)
    return SHADES[max(1, min(4, math.ceil(4 * share)))]


def _told(seen: Sequence[int], usual: Sequence[float]) -> str:
    """`02h 388 usual 0`: the hour that is least like what is usual."""
    hour = max(range(24), key=lambda at: seen[at] - _WORTH * usual[at])
    if seen[hour] < 5 or seen[hour] <= _WORTH * usual[hour]:
        return ""
    return f"{hour:02d}h {words.short_number(seen[hour])}, usual {words.short_number(usual[hour])}"
