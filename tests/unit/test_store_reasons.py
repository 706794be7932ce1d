"""How reasons grow and fade: with time, with verdicts, by what was touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.judged import (
    BUILD,
    MARIA,
    NIGHT,
    PEOPLE,
    Deed,
    add,
    deeds,
    index_of,
    kinds,
    knowing,
    listed,
    moments,
    night,
    night_of_deletes,
    once,
    ranking,
    shown,
)
from triage_tui.detect import risk
from triage_tui.formats.rows import Rows
from triage_tui.habits import ACTION, Habits, role_key
from triage_tui.model import (
    HOUR,
    Identity,
    Kind,
    Outcome,
    Severity,
    Verdict,
)
from triage_tui.store.entities import entities
from triage_tui.store.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable


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
