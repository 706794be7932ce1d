"""Marks of a ranking against a plain recount; of many, in slices; of too many, the busiest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judged import (
    BUILD,
    MARIA,
    NIGHT,
    Deed,
    Learned,
    add,
    come,
    deeds,
    index_of,
    kinds,
    knowing,
    moments,
    night,
    night_of_deletes,
    once,
    ranking,
    shown,
)
from triage_tui.detect import baseline as baselines
from triage_tui.detect.baseline import Baseline, Doing, Judgement
from triage_tui.formats.rows import Rows
from triage_tui.model import (
    HOUR,
    Identity,
    Kind,
    Severity,
)
from triage_tui.store import judging
from triage_tui.store.doings import Doings
from triage_tui.store.entities import entities
from triage_tui.store.index import Index

if TYPE_CHECKING:
    from triage_tui.habits import Habits

# -- doings --------------------------------------------------------------------------------------


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
