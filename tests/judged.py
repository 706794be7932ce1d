"""Nights whose entities are judged: by lists, by habits, by what rules say."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import Intel, ListKind, of_bytes
from triage_tui.detect.knowledge import Knowledge
from triage_tui.detect.ruleset import Rule, RuleSet
from triage_tui.detect.weeks import Calendar
from triage_tui.formats.rows import Rows
from triage_tui.habits import ACTION, Coverage, Habits
from triage_tui.model import (
    HOUR,
    Entity,
    Hits,
    Identity,
    Kind,
    Outcome,
    Severity,
)
from triage_tui.principals import AliasGraph
from triage_tui.store.entities import entities
from triage_tui.store.filters import Bounds
from triage_tui.store.index import Index
from triage_tui.store.ranking import Ranking
from triage_tui.store.sight import Sight

NIGHT = int(datetime(2026, 3, 15, 2, tzinfo=UTC).timestamp()) * 1_000_000_000
MARIA = Identity("arn:user/maria", label="maria", principal_id="AIDA1", user="maria")
BUILD = Identity("arn:sts/ci/b1", label="ci › b1", role="arn:role/ci", session="b1")
SERVICE = Identity("rds.amazonaws.com", label="rds", service="rds.amazonaws.com")
PEOPLE = (MARIA, BUILD, SERVICE)


def add(
    rows: Rows,
    at: int,
    who: Identity | None,
    ip: str | None = "192.0.2.1",
    action: str = "Get",
    severity: Severity = Severity.NONE,
) -> None:
    rows.add(
        format="test",
        time=at,
        own_id=f"{at} {who and who.key} {ip} {action}",
        raw=b"x",
        action=action,
        outcome=Outcome.OK,
        severity=severity,
        source_ip=ip,
        actors=[(ip, who)],
    )
    rows.spill(b"x")


def index_of(*events: tuple[int, Identity | None, str | None, str]) -> Index:
    index = Index()
    rows = Rows(0, 0)
    for at, who, ip, action in events:
        add(rows, at, who, ip, action)
    index.append(rows.columns())
    return index


def ranking(
    index: Index, kind: Kind, until: int | None = None, since: int | None = None
) -> Ranking:
    return Ranking(Sight(index, AliasGraph(), Bounds(since, until)), kind)


def shown(found: Ranking) -> dict[str, Entity]:
    return {entity.label: entity for entity in entities(found, found.ids.tolist())}


def kinds(entity: Entity) -> dict[str, int]:
    return {reason.kind: reason.points for reason in entity.reasons}


moments = st.integers(0, 5 * 60).map(lambda minutes: NIGHT + minutes * 60 * 10**9)
deeds = st.lists(
    st.tuples(moments, st.sampled_from((*PEOPLE, None)), st.sampled_from("ab"), st.booleans()),
    max_size=25,
)


def listed(index: Index, text: str, kind: ListKind = ListKind.BLOCK, dated: int = NIGHT) -> None:
    found = of_bytes(text.encode(), "/lists/drop.txt", kind, dated, NIGHT)
    index.knowledge = index.knowledge._replace(intel=Intel([found]))


class Learned:
    """A `ports.BaselineStore` of what a test says."""

    newcomers = 0.05
    crowded = False

    def __init__(self, habits: dict[str, Habits], days: int = 33) -> None:
        self._habits = habits
        self.coverage = Coverage([(NIGHT // HOUR - days * 24, NIGHT // HOUR - 1)])

    def habits(self, key: str) -> Habits | None:
        return self._habits.get(key)

    async def fetch(self, keys: object) -> bool:
        return False

    async def close(self) -> None:
        """Nothing is open."""


def once() -> Habits:
    habits = Habits({NIGHT // HOUR - 13 * 24 + 7: 34})
    habits.use(ACTION, "Export", [NIGHT // HOUR // 24 - 13])
    return habits


def knowing(index: Index, habits: dict[str, Habits], days: int = 33) -> None:
    store = Learned(habits, days)
    index.knowledge = Knowledge(Intel(), store, Calendar("UTC"), Nowhere())


def night_of_deletes() -> Index:
    deletes = [(NIGHT + n * 10**9, MARIA, "192.0.2.1", "DeleteItem") for n in range(388)]
    return index_of(*deletes, (NIGHT, SERVICE, "192.0.2.9", "Get"))


LOUD_RULE = Rule(id="r1", title="Looks odd", level=Severity.HIGH)


class Deed(NamedTuple):
    at: int
    who: Identity | None
    ip: str
    action: str = "Get"
    outcome: Outcome = Outcome.OK
    severity: Severity = Severity.NONE
    matched: bool = False
    resource: str | None = None


def night(*deeds: Deed) -> Index:
    """Deeds in the order of their coming, of which a rule matched some."""
    index = Index(rules=RuleSet((LOUD_RULE,)))
    come(index, *deeds)
    return index


def come(index: Index, *deeds: Deed) -> None:
    """More of them."""
    rows = Rows(0, 0)
    for place, deed in enumerate(deeds):
        rows.add(
            format="cloudtrail",
            time=deed.at,
            own_id=f"{place} {deed.at}",
            raw=b"x",
            action=deed.action,
            outcome=deed.outcome,
            severity=deed.severity,
            finding=f"f{deed.at}" if deed.severity else None,
            actors=[(deed.ip, deed.who)],
            resource=deed.resource,
            called="s3.amazonaws.com",
        )
        rows.spill(b"x")
    matched = [place for place, deed in enumerate(deeds) if deed.matched]
    hits = Hits(array("I", matched), array("I", [0] * len(matched)))
    index.append(msgspec.structs.replace(rows.columns(), hits=hits))
