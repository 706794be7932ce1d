"""Attacks that others recorded, in the middle of a team's normal day: each attacker is near the
top, and next to nobody else is. By rules and habits together; skipped where there are none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.month import DAY, normal
from tests.pack import shared
from tests.pack.judge import rules
from tests.unit.test_planted import ALERT, JUDGED, learned
from tests.unit.test_triage import load
from triage_tui.decoding import Decoders
from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import Intel
from triage_tui.detect.knowledge import Knowledge
from triage_tui.detect.weeks import Calendar
from triage_tui.model import Kind
from triage_tui.store.entities import entities

if TYPE_CHECKING:
    from triage_tui.model import Entity

pytestmark = shared.needed
STORIES = {
    **{f"cloudtrail-stratus/{name}.json": (who,) for name, who in shared.STRATUS.items()},
    "cloudtrail-invictus": ("stratus-red-team-ec2-get-password-data-role", "user/bert-jan"),
    "cloudtrail-otrf/ec2_proxy_s3_exfiltration_2020-09-14011940.json": ("BankingWAFRole",),
}
"""What was recorded -> what the attackers' keys hold."""


def ranked(path: str, seed: int) -> list[Entity]:
    """The principals of the day on which it was recorded, with a team at work beside it."""
    triage = load([str(shared.DATA / path)], Decoders(1, rules=rules()))
    try:
        span = triage.index.span()
        assert span is not None
        past, day = normal(seed, span[0] // DAY * DAY)
        triage.index.append(day)
        whole = triage.index.span()
        assert whole is not None
        triage.clock.extend(*whole)
        store = asyncio.run(learned(past, triage.index.identities))
        triage.index.knowledge = Knowledge(Intel(), store, Calendar("UTC"), Nowhere())
        ranking = triage.look(Kind.PRINCIPAL)
        return entities(ranking, ranking.ids.tolist())
    finally:
        asyncio.run(triage.close())


@pytest.mark.parametrize(("path", "seed"), [*zip(STORIES, (*JUDGED, 101), strict=True)])
def test_a_recorded_attacker_stands_at_the_top_of_its_day(path: str, seed: int) -> None:
    found = ranked(path, seed)
    told = "\n".join(f"{e.risk} {e.label} {[(r.points, r.text) for r in e.reasons]}" for e in found)
    for attacker in STORIES[path]:
        place = next(n for n, entity in enumerate(found) if attacker in entity.ref.key)
        assert place < 5, f"{attacker}\n{told}"
        assert found[place].risk > 0
    innocent = [
        entity
        for entity in found
        if entity.risk > ALERT and not any(who in entity.ref.key for who in STORIES[path])
    ]
    assert len(innocent) <= 1, told
