"""Planted attackers, in months that nobody tuned on: each is near the top of its day, and next to
nobody else is. Without rules and findings: by what is usual alone. Tuned on the seeds 1 to 5."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.month import Month, month
from triage_tui.detect.baseline_file import SqliteBaseline
from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import Intel
from triage_tui.detect.knowledge import Knowledge
from triage_tui.detect.weeks import Calendar
from triage_tui.habits import role_key
from triage_tui.model import Entity, Kind
from triage_tui.principals import AliasGraph
from triage_tui.store.entities import entities
from triage_tui.store.filters import Bounds
from triage_tui.store.lessons import lesson
from triage_tui.store.ranking import Ranking
from triage_tui.store.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Identity
    from triage_tui.store.index import Index

ALERT = 50
JUDGED = range(101, 111)


async def learned(past: Index, people: Sequence[Identity]) -> SqliteBaseline:
    """What a past teaches, of some people."""
    store = await SqliteBaseline.open(None)
    found = lesson(past, Nowhere())
    assert found is not None
    await store.learn(found)
    keys = [name for who in people for name in (who.key, who.principal_id, role_key(who.role))]
    await store.fetch(keys)
    await store.close()
    return store


def ranked(made: Month) -> list[Entity]:
    """The principals of the day, held against the month."""
    store = asyncio.run(learned(made.past, made.day.identities))
    made.day.knowledge = Knowledge(Intel(), store, Calendar("UTC"), Nowhere())
    ranking = Ranking(Sight(made.day, AliasGraph(), Bounds()), Kind.PRINCIPAL)
    return entities(ranking, ranking.ids.tolist())


@pytest.mark.parametrize("seed", JUDGED)
def test_a_planted_attacker_stands_at_the_top_of_its_day(seed: int) -> None:
    made = month(seed)
    found = ranked(made)
    places = {entity.ref.key: place for place, entity in enumerate(found)}
    told = "\n".join(f"{e.risk} {e.label} {[(r.points, r.text) for r in e.reasons]}" for e in found)
    assert places[made.attacker] < 5, f"{made.attack}\n{told}"
    innocent = [e for e in found if e.ref.key != made.attacker and e.risk > ALERT]
    assert len(innocent) <= 1, f"{made.attack}\n{told}"
