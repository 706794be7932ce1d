"""What several sources say of one hole, as one; and which is the worst. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.formats.vulnerability import names, percent
from triage_tui.model import NO_TIME, Hole, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import Vulnerability

LIKELY = 0.1
"""From this probability of EPSS on, exploitation is to be expected."""
_VEX = "cyclonedx"
"""Whoever owns the package says there what becomes of a hole: it goes before what scanners say."""


def merged(said: Iterable[Vulnerability]) -> list[Hole]:
    """The holes, the worst first. Two statements are about one hole where resource and package are
    the same, a name of it is, and no version contradicts. The order of statements does not
    matter."""
    groups: dict[tuple[str, str], list[Vulnerability]] = {}
    for each in said:
        groups.setdefault((each.resource, each.package.lower()), []).append(each)
    holes = [_hole(cluster) for group in groups.values() for cluster in _clusters(group)]
    return sorted(holes, key=worst_first)


def worst_first(hole: Hole) -> tuple[object, ...]:
    """A sort key: what is open goes before what is not, what is exploited before what may be."""
    return (
        not hole.open,
        -hole.severity,
        not hole.exploited,
        -(hole.score or 0.0),
        -(hole.epss or 0.0),
        *(hole.resource, hole.package, hole.id, hole.version),
    )


class _Clusters:
    """Statements about one package, those together that are about one hole. A kernel has thousands
    of holes: each is found by its names."""

    def __init__(self) -> None:
        self._said: list[list[Vulnerability]] = []
        self._joined: list[int] = []
        """Per cluster the one that it has become a part of; itself as long as it is none's."""
        self._of: dict[tuple[str, str], int] = {}
        """By name and version."""
        self._first: dict[str, int] = {}
        """By name, whatever the version."""

    def add(self, said: Vulnerability) -> None:
        """Those with a version come first: to them the others are joined."""
        names, version = {said.id, *said.aliases}, said.version
        wanted = [self._of.get((name, version)) for name in names]
        wanted += [self._of.get((name, "")) for name in names]
        if not version:
            wanted += [self._first.get(name) for name in names]
        near = sorted({self._root(place) for place in wanted if place is not None})
        if near:
            place = near[0]
        else:
            place = len(self._said)
            self._said.append([])
            self._joined.append(place)
        for other in near if version else ():
            if other != place:
                self._joined[other] = place
                self._said[place] += self._said[other]
        self._said[place].append(said)
        for name in names:
            self._of.setdefault((name, version), place)
            self._first.setdefault(name, place)

    def all(self) -> list[list[Vulnerability]]:
        """Every cluster."""
        return [said for n, said in enumerate(self._said) if self._joined[n] == n]

    def _root(self, place: int) -> int:
        while self._joined[place] != place:
            self._joined[place] = self._joined[self._joined[place]]
            place = self._joined[place]
        return place


def _clusters(group: Sequence[Vulnerability]) -> list[list[Vulnerability]]:
    clusters = _Clusters()
    for each in sorted(group, key=_order):
        clusters.add(each)
    return clusters.all()


def _order(each: Vulnerability) -> tuple[object, ...]:
    return (
        not each.version,
        each.version,
        each.source,
        each.id,
        each.finding,
        each.seen,
        each.place,
    )


def _hole(said: Sequence[Vulnerability]) -> Hole:
    ranked = sorted(said, key=lambda each: (not each.open, -each.severity, -(each.score or 0.0)))
    first = ranked[0]
    known, aliases = names(
        [each.id for each in ranked], [alias for each in ranked for alias in each.aliases]
    )
    vex = next((each for each in ranked if each.source == _VEX and not each.open), None)
    is_open = first.open and vex is None
    return Hole(
        id=known,
        aliases=aliases,
        package=first.package,
        version=next((each.version for each in ranked if each.version), ""),
        fixed=tuple(dict.fromkeys(fixed for each in ranked for fixed in each.fixed)),
        severity=first.severity,
        score=first.score,
        epss=max((each.epss for each in ranked if each.epss is not None), default=None),
        exploited=any(each.exploited for each in ranked),
        title=next((each.title for each in ranked if each.title), ""),
        resource=first.resource,
        open=is_open,
        remark=(vex or first).remark if not is_open else "",
        closed=NO_TIME if is_open else max(each.closed for each in ranked),
        said=tuple(ranked),
    )


def gravity(hole: Hole) -> Severity:
    """How bad it is to have it: a level more where it is exploited, or likely to be."""
    level = hole.severity
    dangerous = hole.exploited or (hole.epss or 0.0) >= LIKELY
    return Severity(level + 1) if dangerous and level in range(1, Severity.CRITICAL) else level


def words(hole: Hole) -> str:
    """`lodash 4.17.15: CVE-2021-23337, high 7.2, EPSS 1.1%, fixed in 4.17.21`."""
    what = " ".join(part for part in (hole.package, hole.version) if part)
    score = "" if hole.score is None else f" {hole.score:.1f}"
    parts = [hole.id]
    if hole.severity is not Severity.NONE:
        parts.append(f"{hole.severity.word}{score}")
    if hole.epss is not None:
        parts.append(f"EPSS {percent(hole.epss)}")
    if hole.exploited:
        parts.append("known to be exploited")
    parts.append(f"fixed in {', '.join(hole.fixed)}" if hole.fixed else "no fix known")
    if not hole.open:
        parts.append(hole.remark or "closed")
    return f"{what}: {', '.join(parts)}"


POINTS = {
    Severity.CRITICAL: 6,
    Severity.HIGH: 4,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
    Severity.INFORMATIONAL: 0,
    Severity.NONE: 0,
}
"""What it weighs to have reached a function with such a hole; twice that to have tried an exploit
there that was refused."""
ATTACK_POINTS = {
    Severity.CRITICAL: 60,
    Severity.HIGH: 50,
    Severity.MEDIUM: 30,
    Severity.LOW: 10,
    Severity.INFORMATIONAL: 0,
    Severity.NONE: 0,
}
"""What it weighs to have tried one that was answered."""


def points(level: Severity, *, attempts: int, answered: int) -> int:
    """What it weighs to have knocked at a function whose gravest hole is of that level."""
    if answered:
        return ATTACK_POINTS[level]
    return POINTS[level] * (2 if attempts else 1)


def knock_words(function: str, holes: Sequence[Hole], *, attempts: int, answered: int) -> str:
    """`reached shop-checkout: lodash 4.17.15: …; and 2 more holes`."""
    what = f"reached {function}"
    if answered:
        what = f"{_many(answered, 'exploit-like request')} to {function}, answered"
    elif attempts:
        what = f"{_many(attempts, 'exploit-like request')} to {function}, refused"
    more = len(holes) - 1
    rest = f"; and {_many(more, 'more hole')}" if more else ""
    return f"{what}: {words(holes[0])}{rest}"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
