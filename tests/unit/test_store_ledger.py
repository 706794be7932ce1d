"""What is kept up as rows come and the cursor moves is what counting anew gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_store_sight import IPS, Deed, add, build, deeds, sight, times
from triage_tui.detect import risk
from triage_tui.formats.rows import Rows
from triage_tui.model import MINUTE, Kind, Outcome
from triage_tui.principals import AliasGraph
from triage_tui.store.entities import entities, event_rows, latest_rows, pulse
from triage_tui.store.filters import Bounds, parse
from triage_tui.store.histogram import Timeline
from triage_tui.store.index import Index
from triage_tui.store.ledger import Ledger
from triage_tui.store.matches import Matches
from triage_tui.store.ranking import Ranking
from triage_tui.store.scope import FAR
from triage_tui.store.sight import Sight
from triage_tui.store.zones import ZONE, Zones

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage_tui.model import Entity

WHERE = "-outcome:ok"


def everything(one: Sight, kind: Kind) -> tuple[list[Entity], list[list[int]], object]:
    """All that is shown of a sight."""
    ranking = Ranking(one, kind)
    numbers = ranking.ids.tolist()
    rows = [event_rows(ranking, number).tolist() for number in numbers]
    latest = [latest_rows(ranking, number, 2) for number in numbers]
    assert latest == [found[-2:] for found in rows]
    return (
        entities(ranking, numbers),
        pulse(ranking, numbers, 90 * MINUTE, 4),
        (rows, one.findings, one.events, one.span, one.start, one.cursor),
    )


@given(deeds, st.lists(times, min_size=1, max_size=4), st.sampled_from(Kind), st.booleans())
@settings(max_examples=80)
def test_a_ledger_that_goes_on_comes_to_what_a_new_one_counts(
    all_deeds: list[Deed], cursors: list[int], kind: Kind, filtered: bool
) -> None:
    index, graph = Index(), AliasGraph()
    matches = Matches(index, parse(WHERE)) if filtered else None
    whole = Ledger(index)
    chosen = Ledger(index, None, matches) if filtered else whole
    for step, until in enumerate(sorted(cursors)):
        rows = Rows(0, 0)
        for one in all_deeds[step * 3 : step * 3 + 3]:
            add(rows, one)
        index.append(rows.columns())
        on = Sight(index, graph, Bounds(None, until), matches, (whole, chosen))
        anew = Sight(index, AliasGraph(), Bounds(None, until), matches)
        assert everything(on, kind) == everything(anew, kind)


@given(deeds, st.lists(times, min_size=1, max_size=4), st.data())
def test_the_newest_record_that_says_it_tells_where_an_address_is(
    all_deeds: list[Deed], cursors: list[int], data: st.DataObject
) -> None:
    said = [
        deed._replace(name=str(n), country=data.draw(st.sampled_from([None, "DE", "NL", "FR"])))
        for n, deed in enumerate(all_deeds)
    ]
    index, graph = Index(), AliasGraph()
    ledger = Ledger(index)
    for step, until in enumerate(sorted(cursors)):
        rows = Rows(0, 0)
        for one in said[step * 3 : step * 3 + 3]:
            add(rows, one)
        index.append(rows.columns())
        here = Sight(index, graph, Bounds(None, until), None, (ledger, ledger))
        for ip in IPS:
            told = [
                (deed.time, row, deed.country)
                for row, deed in enumerate(said[: step * 3 + 3])
                if deed.ip == ip and deed.time <= until and deed.country
            ]
            assert here.country(ip) == max(told, default=(0, 0, ""))[2]


@given(deeds, times, times, st.sampled_from(Kind))
@settings(max_examples=40)
def test_a_sight_that_another_has_gone_past_still_shows_its_own_time(
    all_deeds: list[Deed], one: int, other: int, kind: Kind
) -> None:
    index, graph = build(all_deeds), AliasGraph()
    ledger, expected = Ledger(index), everything(sight(index, min(one, other)), kind)
    early = Sight(index, graph, Bounds(None, min(one, other)), None, (ledger, ledger))
    late = Sight(index, graph, Bounds(None, max(one, other)), None, (ledger, ledger))
    everything(late, kind)
    assert everything(early, kind) == expected


@given(deeds, st.sampled_from(Kind))
@settings(max_examples=40)
def test_all_risks_at_once_are_those_of_each(all_deeds: list[Deed], kind: Kind) -> None:
    ranking = Ranking(sight(build(all_deeds), None), kind)
    for number in ranking.ids.tolist():
        assert ranking.risks[number] == risk.score(ranking.facts(number))


def test_the_risks_of_loud_and_refused_entities_are_those_of_each() -> None:
    loud = [
        Deed(f"{ip}-{n}", n * MINUTE, ip, None, Outcome(n % share if share else 1))
        for ip, count, share in (("192.0.2.1", 900, 5), ("192.0.2.2", 70, 3), ("192.0.2.3", 4, 0))
        for n in range(count)
    ]
    ranking = Ranking(sight(build(loud, cut=100), None), Kind.IP)
    scores = {number: int(ranking.risks[number]) for number in ranking.ids.tolist()}
    assert scores == {number: risk.score(ranking.facts(number)) for number in scores}
    assert len(set(scores.values())) == 3


@given(deeds, st.randoms(use_true_random=False), st.integers(1, 9))
@settings(max_examples=60)
def test_the_time_line_is_the_same_in_whatever_order_the_events_came(
    all_deeds: list[Deed], random: object, buckets: int
) -> None:
    other = list(all_deeds)
    random.shuffle(other)  # type: ignore[attr-defined]
    low = min((deed.time for deed in all_deeds), default=0)
    high = max((deed.time for deed in all_deeds), default=1)
    at_once = Timeline(build(all_deeds)).bars(low, high, buckets)
    index = Index()
    line = Timeline(index)
    for one in other:
        rows = Rows(0, 0)
        add(rows, one)
        index.append(rows.columns())
        line.bars(low, high, buckets)
    assert line.bars(low, high, buckets) == at_once
    assert sum(bucket.total for bucket in at_once) == len(all_deeds)


def test_a_time_line_of_centuries_and_of_an_instant_loses_no_event() -> None:
    moments = [-(2**62), 0, 1, 2**62]
    for chosen in (moments, moments[1:3], moments[1:2]):
        index = build([Deed(f"{n}", n, None, None, Outcome.OK) for n in chosen])
        bars = Timeline(index).bars(chosen[0], chosen[-1], 8)
        assert sum(bar.total for bar in bars) == len(chosen)
        assert bars[0].total > 0


def test_zones_pass_over_what_cannot_hold_the_times_that_are_asked_for() -> None:
    column = Index().time
    zones = Zones(column)
    column.extend(np.arange(3 * ZONE + 5))
    pieces: Callable[[int, int], list[tuple[int, int]]] = lambda low, high: [  # noqa: E731
        (piece.start, piece.stop) for piece in zones.pieces(0, len(column), low, high)
    ]
    tail = (3 * ZONE, 3 * ZONE + 5)
    assert pieces(ZONE + 1, ZONE + 2) == [(ZONE, 2 * ZONE), tail]
    assert pieces(ZONE - 1, ZONE) == [(0, ZONE), (ZONE, 2 * ZONE), tail]
    assert pieces(-FAR, -1) == [tail]
    column.extend(np.arange(ZONE))
    assert pieces(ZONE + 1, ZONE + 2)[0] == (ZONE, 2 * ZONE)
    assert [*zones.pieces(7, 9, -FAR, FAR)] == [slice(7, 9)]
