"""What is unusual, in points and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.habits import ACTION, AGENT, COUNTRY, NETWORK, REGION, SERVICE, SESSION

from .intel import ListKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .baseline import Baseline, Unusual
    from .intel import KnownList


class Scale(NamedTuple):
    """How a surprise becomes points: none up to `low`, all from `high` on."""

    most: int
    low: float
    high: float

    def points(self, surprise: float) -> int:
        """Of a surprise, -log10 of a likelihood."""
        part = (surprise - self.low) / (self.high - self.low)
        return int(self.most * min(1.0, max(0.0, part)))


SCALES: Mapping[str, Scale] = {
    "rate": Scale(40, 2.0, 6.0),
    "unknown": Scale(8, 0.3, 2.0),
    "silence": Scale(6, 1.0, 4.0),
    "travel": Scale(15, 0.7, 1.5),
    f"new {NETWORK}": Scale(10, 0.7, 1.5),
    f"new {COUNTRY}": Scale(10, 0.7, 1.5),
    f"new {ACTION}": Scale(8, 0.7, 1.5),
    f"new {SERVICE}": Scale(6, 0.7, 1.5),
    f"new {REGION}": Scale(8, 0.7, 1.5),
    f"new {AGENT}": Scale(8, 0.7, 1.5),
    f"new {SESSION}": Scale(4, 0.7, 1.5),
}
"""By the kind of what is unusual."""

HALVES_AFTER = 24
"""Hours after which an unusual hour weighs half."""

LIST_POINTS = {ListKind.BLOCK: 30, ListKind.TOR: 10}
MORE_LISTS = 5
"""What each further block list adds."""
MOST_LISTS = 40


def weighed(found: Iterable[Unusual], hour: int) -> list[tuple[str, int, Unusual]]:
    """(kind, points, what) of everything that weighs something at the UTC `hour`."""
    weighed = []
    for each in found:
        points = SCALES[each.kind].points(each.surprise)
        if each.kind == "rate":
            points = int(points * 0.5 ** (max(0, hour - each.hour) / HALVES_AFTER))
        if points:
            weighed.append((each.kind, points, each))
    return weighed


def words(each: Unusual, baseline: Baseline, deeds: str) -> str:
    """What is unusual, in words: `seen once in 33 days, now 388 deletes on Sunday 02:09`. `deeds`
    says what was done in the hour that is meant, and when."""
    days = baseline.exposure.days
    match each.kind:
        case "rate":
            often = "once" if each.seen == 1 else f"on {each.seen} days"
            span = f"{days} days" if each.seen == 1 else f"{days}"
            return f"seen {often} in {span}, now {deeds}"
        case "unknown":
            return f"never seen in {each.number} days of history"
        case "travel":
            return each.subject
        case "silence":
            return f"first seen again after {each.number} days"
        case _:
            more = f" and {each.others} more" if each.others else ""
            seldom = {0: "", 1: ", used on one day before"}.get(
                each.seen, f", used on {each.seen} days before"
            )
            return f"{each.kind}: {each.subject}{more}{seldom}"


def list_points(lists: Sequence[KnownList], at: int, stale: int) -> int:
    """What being on lists weighs at a time; one that is stale weighs half."""
    found = sorted(
        (
            LIST_POINTS[each.kind] // (2 if at - each.dated > stale else 1)
            for each in lists
            if each.kind in LIST_POINTS
        ),
        reverse=True,
    )
    return min(MOST_LISTS, found[0] + MORE_LISTS * (len(found) - 1)) if found else 0


def list_words(lists: Sequence[KnownList], at: int, stale: int) -> str:
    """`on the block list drop of 2026-03-01`."""
    named = [
        f"on the {each.kind} {each.words(at, stale)}"
        for each in sorted(lists, key=lambda each: (each.kind is not ListKind.BLOCK, each.name))
        if each.kind in LIST_POINTS
    ]
    more = f" and {len(named) - 2} more" if len(named) > 2 else ""
    return ", ".join(named[:2]) + more
