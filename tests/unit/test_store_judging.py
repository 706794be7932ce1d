"""Marks of a ranking: what lists and habits add, as of a cursor, held against a plain recount."""

from __future__ import annotations

from array import array
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from triage_tui.detect import baseline as baselines
from triage_tui.detect import risk
from triage_tui.detect.baseline import Baseline, Doing, Judgement
from triage_tui.detect.centroids import CENTROIDS
from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import Intel, ListKind, of_bytes
from triage_tui.detect.knowledge import Knowledge
from triage_tui.detect.ruleset import Rule, RuleSet
from triage_tui.detect.travel import distance, is_impossible, spot_of
from triage_tui.detect.weeks import Calendar
from triage_tui.formats.rows import Rows
from triage_tui.habits import ACTION, Coverage, Habits, role_key
from triage_tui.model import (
    HOUR,
    Entity,
    Hits,
    Identity,
    Kind,
    Outcome,
    Place,
    Severity,
    Spot,
    Verdict,
)
from triage_tui.principals import AliasGraph
from triage_tui.store import judging
from triage_tui.store.doings import Doings
from triage_tui.store.entities import entities
from triage_tui.store.filters import Bounds, parse
from triage_tui.store.index import Index
from triage_tui.store.lessons import UNHEARD, lesson
from triage_tui.store.matches import Matches
from triage_tui.store.ranking import Ranking
from triage_tui.store.sight import Sight
from triage_tui.store.trips import trips
from triage_tui.store.witness import StoreWitness

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage_tui.ports import Geo

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


# -- doings --------------------------------------------------------------------------------------

moments = st.integers(0, 5 * 60).map(lambda minutes: NIGHT + minutes * 60 * 10**9)
deeds = st.lists(
    st.tuples(moments, st.sampled_from((*PEOPLE, None)), st.sampled_from("ab"), st.booleans()),
    max_size=25,
)


@settings(deadline=None)
@given(deeds, st.none() | moments, st.none() | moments, st.integers(1, 8))
def test_doings_are_what_a_recount_gives(
    deeds: list[tuple[int, Identity | None, str, bool]],
    until: int | None,
    since: int | None,
    cut: int,
) -> None:
    index = Index()
    doings = Doings(index, since)
    for start in range(0, len(deeds), cut):
        rows = Rows(0, 0)
        for at, who, action, finding in deeds[start : start + cut]:
            add(rows, at, who, "192.0.2.1", action, Severity(3 * finding))
        index.append(rows.columns())
        doings.hours(until)
        doings.firsts("action", until)
    counted = {
        (at, who, action)
        for at, who, action, finding in deeds
        if who and not finding and at <= (until or at) and at >= (since or at)
    } - {(at, who, action) for at, who, action, finding in deeds if finding and who}
    # An event that is there as a finding as well is one of the two, whichever came first.
    doubtful = {(at, who, a) for at, who, a, f in deeds if f} & {
        (at, who, a) for at, who, a, f in deeds if not f
    }
    if doubtful:
        return
    number = {who.key: n for n, who in enumerate(index.identities)}
    hours: Counter[tuple[int, int]] = Counter()
    firsts: dict[tuple[int, str], int] = {}
    for at, who, action in counted:
        hours[number[who.key], at // HOUR] += 1
        key = number[who.key], action
        firsts[key] = min(at, firsts.get(key, at))
    found: Counter[tuple[int, int]] = Counter()
    for who_number, hour, events in zip(*(c.tolist() for c in doings.hours(until)), strict=True):
        found[who_number, hour] += events
    assert found == hours
    names = index.action.dictionary.values
    pairs = zip(*(c.tolist() for c in doings.firsts("action", until)), strict=True)
    assert {(who, names[value]): first for who, value, first in pairs} == firsts


# -- lists ---------------------------------------------------------------------------------------


def listed(index: Index, text: str, kind: ListKind = ListKind.BLOCK, dated: int = NIGHT) -> None:
    found = of_bytes(text.encode(), "/lists/drop.txt", kind, dated, NIGHT)
    index.knowledge = index.knowledge._replace(intel=Intel([found]))


def test_an_address_on_a_list_counts_for_all_whom_it_is_of() -> None:
    index = index_of(
        (NIGHT, MARIA, "198.51.100.7", "Get"), (NIGHT + HOUR, BUILD, "192.0.2.1", "Get")
    )
    listed(index, "198.51.100.0/24")
    for kind, label, text in (
        (Kind.IP, "198.51.100.7", "on the block list drop of 2026-03-15"),
        (Kind.NETWORK, "198.51.100.0/24", "198.51.100.7 on the block list drop of 2026-03-15"),
        (Kind.PRINCIPAL, "maria", "198.51.100.7 on the block list drop of 2026-03-15"),
    ):
        found = shown(ranking(index, kind))
        (reason,) = found[label].reasons
        assert (reason.points, reason.kind, reason.text) == (30, "intel", text)
        assert [name for name, each in found.items() if "intel" in kinds(each)] == [label]
    assert shown(ranking(index, Kind.PRINCIPAL, NIGHT + 1))["maria"].risk == 30


def test_a_stale_list_counts_half_and_is_said_to_be() -> None:
    index = index_of((NIGHT, None, "198.51.100.7", "Get"))
    listed(index, "198.51.100.7", dated=NIGHT - 40 * 24 * HOUR)
    (entity,) = shown(ranking(index, Kind.IP)).values()
    assert entity.risk == 15
    assert entity.reasons[0].text.endswith("drop of 2026-02-03, stale: 40 days old")


def test_the_filter_knows_lists() -> None:
    index = index_of((NIGHT, None, "198.51.100.7", "a"), (NIGHT + 1, None, "192.0.2.1", "b"))
    listed(index, "198.51.100.7")
    for text, rows in (
        ("intel:drop", [0]),
        ("intel:BLOCK", [0]),
        ("-intel:block", [1]),
        ("intel:*", [0]),
        ("intel:tor", []),
    ):
        assert np.flatnonzero(Matches(index, parse(text)).mask()).tolist() == rows


def test_a_plan_hears_of_allow_lists() -> None:
    index = index_of((NIGHT, None, "198.51.100.7", "a"))
    listed(index, "198.51.100.64/26", ListKind.ALLOW)
    witness = StoreWitness(lambda: ranking(index, Kind.IP))
    assert witness.collateral("198.51.100.0/24").allowed == ("drop of 2026-03-15",)
    assert witness.collateral("198.51.100.7/32").allowed == ()


# -- habits --------------------------------------------------------------------------------------


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


def test_what_was_judged_is_told_also_when_the_habits_are_lost_meanwhile() -> None:
    """The file fails between two steps of a painting."""
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    found = ranking(index, Kind.PRINCIPAL)
    for _ in found.working_out():
        pass
    index.knowledge = index.knowledge._replace(baseline=None)
    rate = next(reason for reason in shown(found)["maria"].reasons if reason.kind == "rate")
    assert rate.text == "unusual for it: 388 deletes (DeleteItem) on Sunday 02:00"


def test_the_user_of_two_in_the_morning() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    rate = next(reason for reason in found.reasons if reason.kind == "rate")
    assert rate.text == ("seen once in 33 days, now 388 deletes (DeleteItem) on Sunday 02:00")
    assert rate.points >= 25
    assert sum(reason.points for reason in found.reasons) == found.risk


def test_it_rises_as_the_night_goes_on_and_is_the_same_on_the_way_back() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})

    def rate(seconds: int) -> int:
        at = NIGHT + seconds * 10**9
        return kinds(shown(ranking(index, Kind.PRINCIPAL, at))["maria"]).get("rate", 0)

    forth = [rate(n) for n in range(0, 400, 40)]
    assert forth == sorted(forth)
    assert forth[0] <= 3
    assert forth[-1] >= 25
    assert [rate(n) for n in range(360, -1, -40)] == forth[::-1]


def test_services_and_the_well_known_are_left_alone() -> None:
    index = night_of_deletes()
    busy = Habits({NIGHT // HOUR - day * 24: 400 + day for day in range(1, 33)})
    knowing(index, {"AIDA1": busy})
    found = shown(ranking(index, Kind.PRINCIPAL))
    assert not {"rate", "unknown"} & {*kinds(found["maria"]), *kinds(found["rds"])}


def test_too_little_history_is_said() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()}, days=3)
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    assert "rate" not in kinds(found)
    assert (found.reasons[-1].points, found.reasons[-1].text) == (
        0,
        "too little history to tell what is usual: 3 of 7 days",
    )


def test_risks_of_all_at_once_are_those_of_each() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    listed(index, "192.0.2.0/24")
    for kind in (Kind.IP, Kind.NETWORK, Kind.PRINCIPAL):
        found = ranking(index, kind)
        for number in found.ids.tolist():
            assert found.risks[number] == risk.score(found.facts(number))


def test_a_service_that_was_never_called_is_told_by_its_name() -> None:
    """What a month teaches, and a day is held against, through the very columns."""

    def calls(*called: tuple[int, str]) -> Index:
        index, rows = Index(), Rows(0, 0)
        for at, service in called:
            rows.add(
                format="cloudtrail",
                time=at,
                own_id=f"{at} {service}",
                raw=b"x",
                action="Get",
                outcome=Outcome.OK,
                actors=[("192.0.2.1", MARIA)],
                called=service,
            )
            rows.spill(b"x")
        index.append(rows.columns())
        return index

    past = calls(*((NIGHT - n * 24 * HOUR, "s3.amazonaws.com") for n in range(1, 31)))
    learned = lesson(past, Nowhere())
    assert learned is not None
    assert learned.habits["AIDA1"].values["service"].keys() == {"s3"}
    day = calls((NIGHT, "s3.amazonaws.com"), (NIGHT + 1, "iam.amazonaws.com"))
    knowing(day, learned.habits)
    told = {r.kind: r for r in shown(ranking(day, Kind.PRINCIPAL))["maria"].reasons}
    assert (told["new service"].points, told["new service"].text) == (6, "new service: iam")
    # Of a history that never noted services nothing is told of them.
    for habits in learned.habits.values():
        del habits.values["service"]
    knowing(day, learned.habits)
    assert "new service" not in kinds(shown(ranking(day, Kind.PRINCIPAL))["maria"])


# -- time, services, verdicts --------------------------------------------------------------------


def hostile(*, when: int = NIGHT) -> Index:
    """An address that was refused two hundred times, and that a list names."""
    index = Index()
    rows = Rows(0, 0)
    for n in range(200):
        rows.add(
            format="test",
            time=when + n,
            own_id=f"{n}",
            raw=b"x",
            action="Get",
            outcome=Outcome.DENIED,
            source_ip="198.51.100.7",
            actors=[("198.51.100.7", None)],
        )
        rows.spill(b"x")
    add(rows, when + 200 * HOUR, None, "192.0.2.77")
    index.append(rows.columns())
    listed(index, "198.51.100.7")
    return index


def test_reasons_fade_when_nothing_more_comes() -> None:
    index = hostile()
    risks = {
        hours: shown(ranking(index, Kind.IP, NIGHT + hours * HOUR))["198.51.100.7"].risk
        for hours in (1, 4, 29, 53, 199)
    }
    assert risks[1] == risks[4] == 35 + 30 + 5
    assert risks[29] == 17 + 15 + 2
    assert risks[53] == 8 + 7 + 1
    assert risks[199] == 0


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


def test_what_is_old_is_not_woken_by_something_else() -> None:
    """A finding, a rule's match and refusals of long ago: one harmless event more, and what they
    weigh is what is left of them."""
    ip, later = "198.51.100.7", NIGHT + 53 * HOUR
    old = (
        *(Deed(NIGHT + n, None, ip, outcome=Outcome.DENIED) for n in range(150)),
        *(Deed(NIGHT + 200 + n, None, ip, outcome=Outcome.ERROR) for n in range(150)),
        Deed(NIGHT + 500, None, ip, matched=True),
        Deed(NIGHT + 501, None, ip, "Backdoor", severity=Severity.HIGH),
    )
    before, after = (
        kinds(shown(ranking(night(*old, *more), Kind.IP, later))[ip])
        for more in ((), (Deed(later, None, ip),))
    )
    assert {"finding", "detection", "refused", "errors", "volume"} <= before.keys()
    for kind in ("finding", "detection", "refused", "errors"):
        assert after[kind] == before[kind], kind
    assert after["volume"] > before["volume"]  # it is here again, and was busy
    woken = (Deed(later, None, ip, outcome=Outcome.DENIED), Deed(later, None, ip, matched=True))
    found = kinds(shown(ranking(night(*old, *woken), Kind.IP, later))[ip])
    assert (found["detection"], found["refused"]) == (15, 17)


def test_what_was_touched_weighs_and_says_by_what() -> None:
    deeds = (
        Deed(NIGHT, MARIA, "192.0.2.1", "DeleteItem", resource="payments"),
        Deed(NIGHT + 1, MARIA, "192.0.2.1", "DeleteItem", resource="orders"),
        Deed(NIGHT + 2, MARIA, "192.0.2.1", "CreateUser", Outcome.DENIED),
        Deed(NIGHT + HOUR, MARIA, "192.0.2.1", "GetSecretValue", resource="x"),
        Deed(NIGHT + HOUR, BUILD, "192.0.2.9", "Get", resource="payments"),
    )
    index = night(*deeds)

    def told(kind: Kind, until: int, label: str) -> tuple[int, str]:
        found = shown(ranking(index, kind, until))[label].reasons
        return next(((r.points, r.text) for r in found if r.kind == "touched"), (0, ""))

    said = "destroys (DeleteItem); sensitive: payments"
    assert told(Kind.PRINCIPAL, NIGHT + 5, "maria") == (6, said)
    assert told(Kind.IP, NIGHT + 5, "192.0.2.1") == (6, said)
    assert told(Kind.NETWORK, NIGHT + HOUR, "192.0.2.0/24")[0] == 9
    assert told(Kind.PRINCIPAL, NIGHT + HOUR, "maria") == (
        9,
        "destroys (DeleteItem), reads secrets (GetSecretValue); sensitive: payments",
    )
    assert told(Kind.PRINCIPAL, NIGHT + HOUR, "ci › b1") == (0, "")
    # Called benign: a quarter, until another sort of thing is touched.
    index.verdicts = {"principal:AIDA1": (Verdict.BENIGN, NIGHT + 5)}
    assert told(Kind.PRINCIPAL, NIGHT + 5, "maria")[0] == 1
    assert told(Kind.PRINCIPAL, NIGHT + HOUR, "maria")[0] == 9


def test_what_somebody_usually_touches_weighs_nothing() -> None:
    index = night(
        Deed(NIGHT, MARIA, "192.0.2.1", "DeleteItem"),
        Deed(NIGHT + 1, MARIA, "192.0.2.1", "GetSecretValue"),
    )
    cleaner = Habits()
    for day in range(1, 20):
        cleaner.see(NIGHT // HOUR - day * 24, 5)
        cleaner.use(ACTION, "DeleteTable" if day % 2 else "DeleteItem", [NIGHT // HOUR // 24 - day])
    knowing(index, {"AIDA1": cleaner})
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    texts = [r.text for r in found.reasons if r.kind == "touched"]
    assert texts == ["reads secrets (GetSecretValue)"]
    assert kinds(found)["touched"] == 4
    # An address has no habits.
    assert kinds(shown(ranking(index, Kind.IP))["192.0.2.1"])["touched"] == 7


some_deeds = st.builds(
    Deed,
    moments,
    st.sampled_from((*PEOPLE, None)),
    st.sampled_from(("192.0.2.1", "192.0.2.9", "198.51.100.7")),
    st.sampled_from(("Get", "DeleteItem", "GetSecretValue")),
    st.sampled_from(Outcome),
    st.sampled_from((Severity.NONE, Severity.NONE, Severity.HIGH)),
    st.booleans(),
)


def plain_deed(after: int, action: str = "Get", severity: Severity = Severity.NONE) -> Deed:
    """What nobody minds, so long after the night began, unless something is said of it."""
    return Deed(NIGHT + after, PEOPLE[0], "192.0.2.1", action, Outcome.OK, severity, False)


RESTS_ON: dict[str, Callable[[Deed], bool]] = {
    "finding": lambda deed: deed.severity > 0,
    "findings": lambda deed: deed.severity > 0,
    "detection": lambda deed: deed.matched,
    "detections": lambda deed: deed.matched,
    "refused": lambda deed: deed.outcome in (Outcome.DENIED, Outcome.BLOCKED),
    "errors": lambda deed: deed.outcome is Outcome.ERROR,
    "touched": lambda deed: deed.action != "Get" and deed.outcome in (Outcome.OK, Outcome.UNKNOWN),
    "new action": lambda deed: deed.action != "Get",
}
"""By kind of reason, whether a deed can add to it; others may grow by any."""


@settings(deadline=None, max_examples=30)
@example([(plain_deed(0, severity=Severity.HIGH), 1)], plain_deed(5 * HOUR))
@example([(plain_deed(0, action="GetSecretValue"), 1)], plain_deed(5 * HOUR))
@example([(plain_deed(0), 4)], plain_deed(0))
@given(st.lists(st.tuples(some_deeds, st.integers(1, 120)), max_size=5), some_deeds)
def test_a_single_event_moves_nobody_by_more_than_its_reasons_say(
    many: list[tuple[Deed, int]], one: Deed
) -> None:
    """What one event more does to the risks: of its actors, the reasons that it bears on say all of
    it; of everybody else nothing but the share of the crowd, by a point."""
    life = [deed for deed, times in many for _ in range(times)]
    until = NIGHT + 6 * HOUR
    if all(deed.at > one.at for deed in life):
        return  # where the recording begins is its first event
    before, after = night(*life), night(*life, one)
    for index in (before, after):
        knowing(index, {"AIDA1": once(), role_key("arn:role/ci"): once()})
        listed(index, "198.51.100.0/24")
    for kind in (Kind.IP, Kind.NETWORK, Kind.PRINCIPAL):
        old, new = (shown(ranking(index, kind, until)) for index in (before, after))
        own = {
            Kind.IP: one.ip,
            Kind.NETWORK: f"{one.ip.rpartition('.')[0]}.0/24",
            Kind.PRINCIPAL: one.who.label if one.who else "",
        }[kind]
        for name, entity in new.items():
            was = kinds(old[name]) if name in old else {}
            moved = {k: p - was.get(k, 0) for k, p in kinds(entity).items()}
            gone = {k: -p for k, p in was.items() if k not in moved}
            steps = {k: step for k, step in (moved | gone).items() if step}
            assert entity.risk - (old[name].risk if name in old else 0) == sum(steps.values())
            if entity.risk == 100 or (name in old and old[name].risk == 100):
                continue  # what is cut off may show again
            if name != own:
                assert steps.keys() <= {"volume"}
                assert all(abs(step) <= 1 for step in steps.values())
                continue
            for reason, step in steps.items():
                assert step <= risk.WEIGHTS[reason].most
                if step > 0 and reason in RESTS_ON:
                    assert RESTS_ON[reason](one), reason


def test_what_was_called_benign_counts_a_quarter_until_there_is_something_new() -> None:
    index = hostile()
    before = kinds(shown(ranking(index, Kind.IP, NIGHT + HOUR))["198.51.100.7"])
    index.verdicts = {"ip:198.51.100.7": (Verdict.BENIGN, NIGHT + HOUR)}
    found = ranking(index, Kind.IP, NIGHT + HOUR)
    entity = shown(found)["198.51.100.7"]
    assert kinds(entity) == {kind: points // 4 for kind, points in before.items()}
    assert all("a quarter: it was called benign" in r.text for r in entity.reasons)
    assert sum(r.points for r in entity.reasons) == entity.risk == found.risks[1]
    # Before anybody said so it was what it was; nor does it help anybody else.
    assert kinds(shown(ranking(index, Kind.IP, NIGHT + HOUR - 1))["198.51.100.7"]) == before
    index.verdicts = {
        "ip:198.51.100.7": (Verdict.TRUE_POSITIVE, NIGHT + HOUR),
        "ip:192.0.2.77": (Verdict.BENIGN, NIGHT),
    }
    assert kinds(shown(ranking(index, Kind.IP, NIGHT + HOUR))["198.51.100.7"]) == before


def test_a_night_that_comes_after_the_verdict_counts_in_full() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    full = kinds(shown(ranking(index, Kind.PRINCIPAL, NIGHT + HOUR))["maria"])
    for at, divided in ((NIGHT - 1, 1), (NIGHT + 400 * 10**9, 4)):
        index.verdicts = {"principal:AIDA1": (Verdict.FALSE_POSITIVE, at)}
        found = kinds(shown(ranking(index, Kind.PRINCIPAL, NIGHT + HOUR))["maria"])
        assert found["rate"] == full["rate"] // divided


def test_aws_at_work_for_itself_is_left_alone() -> None:
    recorder = Identity("config.amazonaws.com", type="AWSService", service="config.amazonaws.com")
    linked = Identity("arn:sts/scaling", role="arn:aws:iam::1:role/aws-service-role/x/scaling")
    person = Identity("arn:user/ana", arn="arn:user/ana", service="athena.amazonaws.com")
    events = [
        (NIGHT + HOUR * (n > 0) + n, who, None, "Get")
        for who in (recorder, linked, person)
        for n in range(60)
    ]
    index = index_of((NIGHT - HOUR, MARIA, None, "Get"), *events)
    found = {e.ref.key: e.risk for e in shown(ranking(index, Kind.PRINCIPAL)).values()}
    assert found["config.amazonaws.com"] == found["arn:sts/scaling"] == 0
    assert found["arn:user/ana"] > 0


@settings(deadline=None)
@given(deeds, st.integers(0, 60), st.sampled_from([Verdict.BENIGN, Verdict.UNDECIDED]), moments)
def test_reasons_always_add_up(
    deeds: list[tuple[int, Identity | None, str, bool]], days: int, verdict: Verdict, at: int
) -> None:
    index = Index()
    rows = Rows(0, 0)
    for when, who, action, finding in deeds:
        add(rows, when, who, "198.51.100.7", action, Severity(5 * finding))
    index.append(rows.columns())
    knowing(index, {"AIDA1": once(), role_key("arn:role/ci"): once()}, days)
    listed(index, "198.51.100.0/24")
    index.verdicts = {"principal:AIDA1": (verdict, at), "ip:198.51.100.7": (verdict, at)}
    for kind in Kind:
        found = ranking(index, kind)
        for number in found.ids.tolist():
            (entity,) = entities(found, [number])
            assert sum(r.points for r in entity.reasons) == entity.risk == found.risks[number]
            assert 0 <= entity.risk <= 100


class Somewhere:
    """A `ports.Geo` by the first byte."""

    def place(self, ip: str) -> Place:
        return Place({"192": "DE", "198": "BR", "203": None}[ip.split(".")[0]])


def test_who_cannot_have_come_so_far_so_soon() -> None:
    homely, roaming = Habits(), Habits()
    for day in range(1, 20):
        for habits in (homely, roaming):
            habits.see(NIGHT // HOUR - day * 24, 5)
            habits.use("country", "DE", [NIGHT // HOUR // 24 - day])
            habits.use("network", "192.0.2.0/24", [NIGHT // HOUR // 24 - day])
        roaming.use("country", "BR", [NIGHT // HOUR // 24 - day])
        roaming.use("network", "198.51.100.0/24", [NIGHT // HOUR // 24 - day])

    def told(habits: Habits, *when: tuple[int, str], geo: Geo | None = None) -> str:
        index = index_of(*((NIGHT + at, MARIA, ip, "Get") for at, ip in when))
        knowing(index, {"AIDA1": habits})
        index.knowledge = index.knowledge._replace(geo=geo or Somewhere())
        found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
        assert (kinds(found).get("travel", 0) > 0) == ("travel" in kinds(found))
        return next((r.text for r in found.reasons if r.kind == "travel"), "")

    minute = HOUR // 60
    quick = ((4 * minute, "192.0.2.1"), (5 * minute, "203.0.113.1"), (9 * minute, "198.51.100.7"))
    said = "in DE on Sunday 02:04, in BR on Sunday 02:09: 6,010 km at least within 5 min"
    assert told(homely, *quick) == said
    assert told(roaming, *quick) == ""
    # The other way round, and long after: six thousand kilometres take six hours.
    assert "in BR on Sunday 02:00, in DE on Sunday 08:00" in told(
        homely, (0, "198.51.100.7"), (HOUR * 6, "192.0.2.1")
    )
    assert told(homely, (0, "192.0.2.1"), (6 * HOUR + 2 * minute, "198.51.100.7")) == ""
    assert told(homely, (0, "192.0.2.1"), (1, "192.0.2.9")) == ""
    # Of several the longest, and of these the quickest.
    assert told(
        homely,
        (0, "192.0.2.1"),
        (3 * HOUR, "198.51.100.7"),
        *((24 * HOUR + at, ip) for at, ip in quick),
    ) == said.replace("Sunday", "Monday")
    # Within a country where a table knows cities; not for who always has two networks.
    cities = Cities()
    assert told(homely, (0, "192.0.2.1"), (30 * minute, "198.51.100.7"), geo=cities) == (
        "in Munich, DE on Sunday 02:00, in Hamburg, DE on Sunday 02:30: 600 km at least "
        "within 30 min"
    )
    assert told(homely, (0, "192.0.2.1"), (37 * minute, "198.51.100.7"), geo=cities) == ""
    assert told(roaming, (0, "192.0.2.1"), (30 * minute, "198.51.100.7"), geo=cities) == ""


class Cities:
    """A `ports.Geo` of two cities, by the first byte."""

    def place(self, ip: str) -> Place:
        munich = Spot(48.1, 11.6, 10, "DE", "Munich")
        return Place("DE", None, munich if ip[:3] == "192" else Spot(53.6, 10, 10, "DE", "Hamburg"))


def test_many_places_are_measured_as_they_are_one_by_one() -> None:
    """Hundreds of addresses all over the world, against a look at each step by itself."""
    rng = Random(5)
    codes = sorted(CENTROIDS)
    ips = [f"198.51.{n}.1" for n in range(120)]
    where = {ip: rng.choice(codes) for ip in ips}

    class World:
        def place(self, ip: str) -> Place:
            return Place(where[ip])

    moments = sorted(rng.sample(range(24 * 60), 400))
    steps = [(NIGHT + at * 60 * 10**9, rng.choice(ips)) for at in moments]
    index = index_of(*((at, MARIA, ip, "Get") for at, ip in steps))
    index.knowledge = index.knowledge._replace(geo=World())
    rows = np.argsort(index.time.view(), kind="stable")
    (found,) = trips(index, range(len(index.actor_ip.dictionary)), lambda: rows)
    longest = max(
        distance(*spots)
        for (left, ip), (arrived, other) in pairwise(steps)
        if all(spots := [spot for i in (ip, other) if (spot := spot_of(Place(where[i])))])
        and is_impossible(distance(*spots), arrived - left)
    )
    assert distance(found.origin, found.target) == longest
    assert is_impossible(longest, found.arrived - found.left)


# -- lessons -------------------------------------------------------------------------------------


def test_a_lesson_is_of_principals_and_of_roles() -> None:
    day = timedelta(days=1) // timedelta(microseconds=1) * 1000
    index = index_of(
        (NIGHT, MARIA, "192.0.2.1", "Get"),
        (NIGHT + 1, MARIA, "192.0.2.1", "Put"),
        (NIGHT + day, MARIA, "192.0.2.1", "Get"),
        (NIGHT, BUILD, "192.0.2.2", "Deploy"),
        (NIGHT, SERVICE, None, "Check"),
        (NIGHT, None, "192.0.2.3", "GET"),
    )
    found = lesson(index, Nowhere())
    assert found is not None
    assert sorted(found.habits) == ["AIDA1", "arn:sts/ci/b1", role_key("arn:role/ci")]
    assert (found.first, found.last) == (NIGHT // HOUR, NIGHT // HOUR + 24)
    maria, today = found.habits["AIDA1"], NIGHT // HOUR // 24
    assert maria.hours == {NIGHT // HOUR: 2, NIGHT // HOUR + 24: 1}
    assert maria.values.keys() >= {ACTION, "network"}
    assert maria.values[ACTION].keys() == {"Get", "Put"}
    assert maria.days(ACTION, "Get") == [today, today + 1]
    assert maria.days(ACTION, "Put") == [today]
    assert maria.days("network", "192.0.2.0/24") == [today, today + 1]
    assert found.habits[role_key("arn:role/ci")].days("session", "b1") == [today]


def test_between_two_recordings_nobody_was_watching() -> None:
    hour = NIGHT // HOUR
    for apart, watched in (
        (UNHEARD, [(hour, hour + UNHEARD)]),
        (UNHEARD + 1, [(hour, hour), (hour + UNHEARD + 1, hour + UNHEARD + 1)]),
    ):
        later = NIGHT + apart * HOUR
        index = index_of((NIGHT, MARIA, None, "Get"), (later, BUILD, None, "Get"))
        found = lesson(index, Nowhere())
        assert found is not None
        assert (found.first, found.last) == (hour, hour + apart)
        assert found.watched == watched


def test_who_is_under_suspicion_teaches_nothing() -> None:
    index = index_of((NIGHT, MARIA, None, "Get"), (NIGHT, BUILD, None, "Get"))
    found = lesson(index, Nowhere(), lambda principal: "AIDA1" in principal.aliases)
    assert found is not None
    assert (found.left_out, "AIDA1" in found.habits) == (("AIDA1",), False)
    assert lesson(index_of((NIGHT, None, "192.0.2.3", "GET")), Nowhere()) is None


def test_what_cannot_be_read_is_said() -> None:
    index = night_of_deletes()
    index.untaught = "what is usual is not known: the baseline is damaged"
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    assert (found.reasons[-1].points, found.reasons[-1].text) == (0, index.untaught)


# -- in slices -----------------------------------------------------------------------------------


def many_astonish(people: int) -> tuple[Index, dict[str, Habits]]:
    """A night on which everybody does what they never did."""
    whos = [
        Identity(f"arn:user/{n}", label=f"p{n}", principal_id=f"AIDA{n}") for n in range(people)
    ]
    index = index_of(
        *((NIGHT + 60 * n, who, None, "Delete") for who in whos for n in range(40)),
    )
    return index, {f"AIDA{n}": once() for n in range(people)}


@pytest.mark.parametrize("people", [1, 30])
def test_many_are_judged_in_slices_of_one_at_most(
    monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    index, habits = many_astonish(people)
    knowing(index, habits)
    monkeypatch.setattr(judging, "SLICE", 0.0)
    judged: list[str] = []
    plain = Baseline.judge

    def judge(baseline: Baseline, doing: Doing) -> Judgement:
        judged.append(doing.keys[0])
        return plain(baseline, doing)

    monkeypatch.setattr(Baseline, "judge", judge)
    found = ranking(index, Kind.PRINCIPAL)
    each, before = [], 0
    for _ in found.working_out():
        each.append(len(judged) - before)
        before = len(judged)
    assert max(each) == 1
    assert len(judged) == len(set(judged)) == people
    # What was worked out so is what it is at once.
    risks = found.risks.tolist()
    assert min(risks[1:]) > 0
    index.judging = judging.Judging(index)
    assert ranking(index, Kind.PRINCIPAL).risks.tolist() == risks
    assert len(judged) == 2 * people
    assert ranking(index, Kind.PRINCIPAL).risks.tolist() == risks
    assert len(judged) == 2 * people  # nobody who did nothing more is judged again


def test_what_comes_between_two_slices_is_judged_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index, habits = many_astonish(12)
    knowing(index, habits)
    monkeypatch.setattr(judging, "SLICE", 0.0)
    before = ranking(index, Kind.PRINCIPAL).risks.tolist()
    index.judging = judging.Judging(index)
    found = ranking(index, Kind.PRINCIPAL)
    steps = found.working_out()
    while not index.judging._kept:
        next(steps)
    rows = Rows(0, 0)
    for n in range(400):
        add(rows, NIGHT + 60 + n, index.identities[12], None, "Delete")
    index.append(rows.columns())
    index.lessons += 1  # and there is another baseline now
    more = ranking(index, Kind.PRINCIPAL)
    busier = more.risks.tolist()
    for _ in steps:
        pass
    assert found.risks.tolist() == before
    assert busier[12] > before[12]
    assert ranking(index, Kind.PRINCIPAL).risks.tolist() == busier


@pytest.mark.parametrize("kind", [Kind.IP, Kind.NETWORK, Kind.PRINCIPAL])
@pytest.mark.parametrize("done", [1, 2, 3])
def test_who_comes_while_a_ranking_is_worked_out_is_in_the_next_one(kind: Kind, done: int) -> None:
    index = night(Deed(NIGHT, MARIA, "198.51.100.7", matched=True))
    before = ranking(index, kind).risks.tolist()
    found = ranking(index, kind)
    steps = found.working_out()
    for _ in range(done):
        next(steps)
    come(
        index,
        *(
            Deed(NIGHT + HOUR + n, BUILD, f"203.0.{n}.9", severity=Severity.HIGH, matched=True)
            for n in range(3)
        ),
    )
    for _ in steps:
        pass
    assert found.risks.tolist() == before
    assert [entity.risk for entity in entities(found, found.ids.tolist())] == before[1:]
    assert len(ranking(index, kind).risks) > len(before)


# -- bounds --------------------------------------------------------------------------------------


def test_of_too_many_the_busiest_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST_JUDGED", 3)
    monkeypatch.setattr(baselines, "MOST_STANDINGS", 2)
    index, habits = many_astonish(10)
    rows = Rows(0, 0)
    for number in (2, 5, 9):
        for n in range(30):
            add(rows, NIGHT + n, index.identities[number], None, "Delete")
    index.append(rows.columns())
    knowing(index, habits)
    found = ranking(index, Kind.PRINCIPAL)
    told = {number for number in found.ids.tolist() if found.marks.hours(number)}
    assert told == {2, 5, 9}


def test_who_may_be_known_is_not_called_unknown() -> None:
    index = night_of_deletes()
    knowing(index, {})
    assert "unknown" in kinds(shown(ranking(index, Kind.PRINCIPAL))["maria"])
    crowd = Learned({})
    crowd.crowded = True
    index.knowledge = index.knowledge._replace(baseline=crowd)
    reasons = shown(ranking(index, Kind.PRINCIPAL))["maria"].reasons
    assert "unknown" not in {reason.kind for reason in reasons}
    assert reasons[-1].text == "more principals than are held against their habits"
