"""What reports tell of, with its holes and who knocks there, as of a cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Kind, Resource, Visitor

from .entities import reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ranking import Ranking
    from .visits import Visit

VISITORS = 5
"""Of each kind, that a resource lists unless somebody wants more."""


def resources(rankings: Sequence[Ranking], most: int = VISITORS) -> tuple[Resource, ...]:
    """Everything that reports tell of: who was attacked first, then what has the gravest holes.
    `rankings` are those of the kinds of visitors that are listed, at least one."""
    found = []
    for number, target in enumerate(rankings[0].marks.visits.targets):
        visitors: list[Visitor] = []
        total = [0, 0, 0]
        for ranking in rankings:
            visits = ranking.marks.visits.of_target(number)
            visitors += [_visitor(ranking, who, visit) for who, visit in visits[:most]]
            counts = [
                sum(visit.events for _, visit in visits),
                sum(visit.attempts for _, visit in visits),
                sum(visit.answered for _, visit in visits),
            ]
            # One event has an address, a principal, or both.
            total = [max(pair) for pair in zip(total, counts, strict=True)]
        events, attempts, answered = total
        found.append(
            Resource(
                target.name, target.arn, target.holes, events, attempts, answered, tuple(visitors)
            )
        )
    found.sort(key=lambda each: (-bool(each.answered), -bool(each.attempts)))
    return tuple(found)


def _visitor(ranking: Ranking, number: int, visit: Visit) -> Visitor:
    label = ranking.key(number)
    if ranking.kind is Kind.PRINCIPAL:
        label = ranking.sight.principal(number).label
    return Visitor(
        reference(ranking, number), label, visit.events, visit.attempts, visit.answered, visit.last
    )
