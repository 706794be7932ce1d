"""What is in sight at a cursor, held against a plain recount of the events."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from ipaddress import ip_network
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_tui.detect.ruleset import Rule, RuleSet
from triage_tui.formats.ids import hash_id
from triage_tui.formats.rows import Rows
from triage_tui.model import MINUTE, Columns, Hits, Identity, Kind, Outcome, Severity
from triage_tui.principals import AliasGraph
from triage_tui.store.aftermath import After, Blocked, aftermath
from triage_tui.store.entities import built, entities, event_rows, latest_rows, pulse, pulse_peak
from triage_tui.store.filters import ALL, Bounds, parse
from triage_tui.store.histogram import histogram
from triage_tui.store.index import Index
from triage_tui.store.ledger import Ledger
from triage_tui.store.matches import Matches
from triage_tui.store.ranking import Ranking
from triage_tui.store.sight import Sight
from triage_tui.store.twins import ordinal_of
from triage_tui.store.witness import StoreWitness

IPS = ("192.0.2.1", "192.0.2.2", "198.51.100.9", "2001:db8::1")
PEOPLE = (
    Identity("arn:aws:iam::1:user/a", arn="arn:aws:iam::1:user/a", principal_id="AIDA1"),
    Identity("arn:aws:iam::1:user/b", arn="arn:aws:iam::1:user/b", principal_id="AIDA2"),
    Identity("1:user/a", principal_id="AIDA1", access_key="AKIA1"),
)


class Deed(NamedTuple):
    """One event of a test: everything a row needs."""

    name: str
    time: int
    ip: str | None
    who: Identity | None
    outcome: Outcome
    finding: str | None = None
    severity: Severity = Severity.NONE
    others: tuple[str, ...] = ()
    country: str | None = None


def build(deeds: list[Deed], cut: int = 3, sources: int = 1) -> Index:
    """An index of the deeds, fed in batches of `cut`."""
    index = Index()
    for start in range(0, len(deeds), cut):
        rows = Rows(start // cut % sources, 0)
        for deed in deeds[start : start + cut]:
            add(rows, deed)
        index.append(rows.columns())
    return index


def add(rows: Rows, deed: Deed) -> None:
    raw = deed.name.encode()
    rows.add(
        format="test",
        time=deed.time,
        own_id=deed.name,
        raw=raw,
        action="GetThing",
        outcome=deed.outcome,
        severity=deed.severity,
        source_ip=deed.ip,
        actors=[(deed.ip, deed.who), *((ip, deed.who) for ip in deed.others)],
        country=deed.country,
        finding=deed.finding,
    )
    rows.spill(raw)


def sight(index: Index, until: int | None, since: int | None = None) -> Sight:
    return Sight(index, AliasGraph(), Bounds(since, until))


def shown(index: Index, until: int | None, kind: Kind) -> list[tuple[object, ...]]:
    """All that an entity shows, in ranked order."""
    ranking = Ranking(sight(index, until), kind)
    return [
        (
            e.ref,
            e.events,
            e.denied,
            e.errors,
            e.blocked,
            e.findings,
            e.risk,
            e.reasons,
            e.first,
            e.last,
            e.principals,
            e.ips,
            e.worst,
        )
        for e in entities(ranking, ranking.ids.tolist())
    ]


times = st.integers(0, 20).map(lambda n: n * 10 * MINUTE)
deeds = st.lists(
    st.builds(
        Deed,
        name=st.sampled_from([f"event-{n}" for n in range(12)]),
        time=times,
        ip=st.sampled_from([None, *IPS]),
        who=st.sampled_from([None, *PEOPLE]),
        outcome=st.sampled_from(Outcome),
        finding=st.sampled_from([None, None, "f1", "f2"]),
        severity=st.sampled_from(Severity),
        others=st.lists(st.sampled_from(IPS), max_size=2).map(tuple),
    ),
    max_size=14,
    unique_by=lambda deed: deed.name,
)


@given(deeds, deeds, st.one_of(st.none(), times), st.sampled_from(Kind))
@settings(deadline=None)
def test_a_ranking_can_be_looked_at_while_events_arrive(
    before: list[Deed], after: list[Deed], until: int | None, kind: Kind
) -> None:
    index = build(before)
    ranking = Ranking(sight(index, until), kind)
    numbers = ranking.ids.tolist()
    rows = Rows(0, 0)
    for late in after:
        add(rows, late._replace(name=f"late {late.name}", time=late.time + 5 * MINUTE))
    index.append(rows.columns())
    assert len(entities(ranking, numbers)) == len(numbers)
    assert [len(counts) for counts in pulse(ranking, numbers, 15 * MINUTE, 5)] == [5] * len(numbers)
    for number in numbers:
        assert latest_rows(ranking, number, 3)
    assert ranking.ids.tolist() == numbers


def test_a_ranking_finds_a_principal_that_has_become_another_since() -> None:
    by_arn, _, by_key = PEOPLE
    index = build(
        [
            Deed("by key", 20 * MINUTE, None, by_key, Outcome.OK),
            Deed("by arn", 0, None, by_arn, Outcome.OK),
        ]
    )
    ranking = Ranking(sight(index, 10 * MINUTE), Kind.PRINCIPAL)
    [number] = ranking.ids.tolist()
    rows = Rows(0, 0)
    add(rows, Deed("late", 5 * MINUTE, None, by_key, Outcome.OK))
    index.append(rows.columns())
    assert len(latest_rows(ranking, number, 3)) == 2


@given(deeds, times, st.sampled_from(Kind))
@settings(max_examples=60)
def test_the_future_changes_nothing(all_deeds: list[Deed], until: int, kind: Kind) -> None:
    past = build([deed for deed in all_deeds if deed.time <= until])
    assert shown(build(all_deeds), until, kind) == shown(past, until, kind)


@given(deeds, st.randoms(use_true_random=False), times, st.sampled_from(Kind))
@settings(max_examples=60)
def test_arrival_order_and_batches_change_nothing(
    all_deeds: list[Deed], random: object, until: int, kind: Kind
) -> None:
    other = list(all_deeds)
    random.shuffle(other)  # type: ignore[attr-defined]
    expected = shown(build(all_deeds, cut=3), until, kind)
    assert shown(build(other, cut=5, sources=2), until, kind) == expected


@given(deeds, times)
@settings(max_examples=60)
def test_counts_by_address_agree_with_a_recount(all_deeds: list[Deed], until: int) -> None:
    counted: dict[str, Counter[Outcome]] = defaultdict(Counter)
    found: dict[str, set[str]] = defaultdict(set)
    for deed in all_deeds:
        if deed.time > until:
            continue
        for ip in {deed.ip, *deed.others} - {None}:
            counted[str(ip)][deed.outcome] += 1
            if deed.finding:
                found[str(ip)].add(deed.finding)
    ranking = Ranking(sight(build(all_deeds), until), Kind.IP)
    result = {e.ref.key: e for e in entities(ranking, ranking.ids.tolist())}
    assert set(result) == set(counted)
    for ip, entity in result.items():
        assert entity.events == counted[ip].total()
        assert entity.denied == counted[ip][Outcome.DENIED]
        assert entity.blocked == counted[ip][Outcome.BLOCKED]
        assert entity.errors == counted[ip][Outcome.ERROR]
        assert entity.findings == len(found[ip])
        assert sum(reason.points for reason in entity.reasons) == entity.risk <= 100


def deed(name: str, time: int = 0, **fields: object) -> Deed:
    base = Deed(name, time, IPS[0], PEOPLE[0], Outcome.OK)
    return base._replace(**fields)  # type: ignore[arg-type]


def test_a_duplicate_counts_once_and_an_update_replaces_the_verdict() -> None:
    low, high = Severity.LOW, Severity.HIGH
    index = build(
        [
            deed("x"),
            deed("x"),
            deed("f@1", 10, ip=IPS[1], finding="f", severity=low),
            deed("f@2", 20, ip=IPS[2], finding="f", severity=high),
        ]
    )
    assert index.duplicates == 1
    assert [e[1] for e in shown(index, None, Kind.IP) if e[0].key == IPS[0]] == [1]  # type: ignore[attr-defined]
    before, after = sight(index, 15), sight(index, 25)
    assert [(s.severity, s.versions) for s in before.findings] == [(low, 1)]
    assert [(s.severity, s.versions) for s in after.findings] == [(high, 2)]
    words = after.finding(after.findings[0])
    assert words.ips == tuple(sorted(IPS[1:3]))
    ranking = Ranking(after, Kind.IP)
    worst = {e.ref.key: e.worst for e in entities(ranking, ranking.ids.tolist())}
    assert worst[IPS[1]] == worst[IPS[2]] == high


def test_twins_within_a_source_stay_apart_and_across_sources_are_one() -> None:
    def content(source: int, texts: list[bytes]) -> Rows:
        rows = Rows(source, 0)
        for text in texts:
            rows.add(format="test", time=1, own_id=None, raw=text)
            rows.spill(text)
        return rows

    index = Index()
    index.append(content(0, [b"same", b"same", b"other"]).columns())
    index.append(content(0, [b"same"]).columns())
    index.append(content(1, [b"same", b"same", b"same", b"same"]).columns())
    assert index.duplicate.view().tolist() == [0, 0, 0, 0, 1, 1, 1, 0]
    hashes = [hash_id(text) for text in (b"same", b"same", b"other", b"same")]
    assert [ordinal_of(index.id.at(row), hashes[row]) for row in range(4)] == [0, 1, 0, 2]


def test_an_event_counts_once_for_a_network_of_two_actors() -> None:
    index = build([deed("p", ip=IPS[0], others=(IPS[1], IPS[0]))])
    (network,) = shown(index, None, Kind.NETWORK)
    assert network[1] == 1
    assert {e[0].key: e[1] for e in shown(index, None, Kind.IP)} == {IPS[0]: 1, IPS[1]: 1}  # type: ignore[attr-defined]


def test_a_filter_narrows_counts_but_not_risk() -> None:
    index = build([deed(f"d{n}", n, outcome=Outcome.DENIED) for n in range(40)] + [deed("ok", 50)])
    selected = parse("outcome:ok")
    matches = Matches(index, selected)
    narrow = Ranking(Sight(index, AliasGraph(), Bounds(), matches), Kind.IP)
    wide = Ranking(sight(index, None), Kind.IP)
    (few,), (all_,) = entities(narrow, narrow.ids.tolist()), entities(wide, wide.ids.tolist())
    assert (few.events, few.denied, all_.events, all_.denied) == (1, 0, 41, 40)
    assert few.risk == all_.risk > 0
    assert few.reasons == all_.reasons


def witnessed(index: Index) -> StoreWitness:
    return StoreWitness(lambda: Ranking(sight(index, None), Kind.IP))


def test_a_witness_knows_who_came_since_it_was_called() -> None:
    """A plan waits for AWS, and more is read meanwhile."""
    index = build([deed("a", 0)])
    witness = witnessed(index)
    assert witness.collateral("192.0.2.0/24").addresses == 1
    rows = Rows(0, 0)
    for number in range(40):
        raw = b"late%d" % number
        rows.add(format="waf", time=1, own_id=None, raw=raw, source_ip=f"192.0.2.{100 + number}")
        rows.spill(raw)
    index.append(rows.columns())
    assert witness.collateral("192.0.2.0/24").addresses == 41


def test_collateral_tells_the_innocent_neighbours() -> None:
    bad = [deed(f"b{n}", n, outcome=Outcome.BLOCKED, who=None) for n in range(100)]
    good = [deed(f"g{n}", n, ip=IPS[1], who=PEOPLE[1]) for n in range(7)]
    witness = witnessed(build(bad + good))
    around = witness.collateral("192.0.2.0/24")
    assert (around.events, around.addresses, around.ok, around.refused) == (107, 2, 7, 100)
    assert (around.good, around.good_addresses) == (7, 1)
    alone = witness.collateral("192.0.2.1/32")
    assert (alone.events, alone.good, alone.principals) == (100, 0, ())


def test_collateral_knows_how_an_address_was_seen() -> None:
    proxy, host = "192.0.2.250", "10.0.0.7"
    one, other = "192.0.2.1", "192.0.2.2"
    rows = Rows(0, 0)
    seen = [
        *[("waf", one, one)] * 3,
        *[("waf", proxy, one)] * 2,
        *[("vpcflow", host, other)] * 4,
        *[("vpcflow", host, one)] * 4,
        ("vpcflow", one, one),
        ("guardduty", host, other),
    ]
    for number, (name, source, actor) in enumerate(seen):
        raw = b"%d" % number
        actors = None if source == actor else [(actor, None)]
        rows.add(format=name, time=1, own_id=None, raw=raw, source_ip=source, actors=actors)
        rows.spill(raw)
    index = Index()
    index.append(rows.columns())
    witness = witnessed(index)
    found = witness.collateral(one)
    assert found.formats == (("vpcflow", 5), ("waf", 5))
    assert found.forwarded == 2
    assert found.outbound == 0  # something came from there too: those may have been answers
    found = witness.collateral(other)
    assert found.formats == (("vpcflow", 4), ("guardduty", 1))
    assert (found.forwarded, found.outbound) == (0, 5)


def flagged(columns: Columns, rules: RuleSet) -> tuple[int, int | None]:
    """(events, those that a rule or another system flagged) of the first address."""
    index = Index(rules=rules)
    index.append(columns)
    found = witnessed(index).collateral(IPS[0])
    return found.events, found.flagged


def test_collateral_tells_what_no_rule_flagged() -> None:
    def requests() -> Columns:
        rows = Rows(0, 0)
        for number in range(6):
            raw = b"%d" % number
            high = Severity.HIGH if number == 5 else Severity.NONE
            rows.add(format="waf", time=1, own_id=None, raw=raw, source_ip=IPS[0], severity=high)
            rows.spill(raw)
        return rows.columns()

    quiet, loud = (Rule(id=n, title=n, level=Severity.HIGH, shown=n == "b") for n in "ab")
    matched = requests()
    matched.hits = Hits(array("I", [0, 1, 1, 2]), array("I", [0, 0, 1, 1]))
    assert flagged(matched, RuleSet((quiet, loud))) == (6, 3)  # rows 1 and 2, and the finding
    assert flagged(requests(), RuleSet()) == (6, None)


def logged(*events: tuple[str, str, int, Outcome]) -> Index:
    """An index of (format, address, time, outcome)."""
    rows = Rows(0, 0)
    for number, (name, ip, time, outcome) in enumerate(events):
        raw = b"%d" % number
        rows.add(format=name, time=time, own_id=None, raw=raw, source_ip=ip, outcome=outcome)
        rows.spill(raw)
    index = Index()
    index.append(rows.columns())
    return index


def came_after(index: Index, *cidrs: str, since: int = 10, at: int | None = None) -> list[After]:
    return aftermath(sight(index, at), [Blocked(ip_network(cidr), since) for cidr in cidrs])


def test_a_block_takes_hold_when_nothing_gets_through_any_more() -> None:
    ip = "192.0.2.1"
    index = logged(
        ("waf", ip, 5, Outcome.OK),
        ("waf", ip, 11, Outcome.OK),
        ("waf", ip, 12, Outcome.BLOCKED),
        ("waf", ip, 14, Outcome.OK),
        ("waf", ip, 15, Outcome.BLOCKED),
        ("waf", ip, 17, Outcome.BLOCKED),
        ("alb", ip, 16, Outcome.OK),  # the same requests once more
        ("cloudtrail", ip, 18, Outcome.OK),
        ("waf", "192.0.2.9", 13, Outcome.OK),
    )
    assert came_after(index, "192.0.2.1/32") == [After(2, 3, 1, held=15, last_through=14)]
    assert came_after(index, "192.0.2.1/32", at=13) == [After(1, 1, 0, held=12, last_through=11)]
    assert came_after(index, "192.0.2.1/32", at=14) == [After(2, 1, 0, held=None, last_through=14)]
    assert came_after(index, "192.0.2.1/32", since=18) == [After()]
    around, alone, other = came_after(index, "192.0.2.0/24", "192.0.2.9/32", "2001:db8::/64")
    assert (around.through, around.stopped) == (3, 3)
    assert (alone.through, alone.held) == (1, None)
    assert other == After()
    assert came_after(index) == []


def test_without_a_log_of_web_acls_access_logs_tell() -> None:
    index = logged(
        ("alb", "2001:db8::1", 11, Outcome.ERROR),
        ("cloudfront", "2001:db8::1", 12, Outcome.DENIED),
    )
    assert came_after(index, "2001:db8::/64") == [After(1, 1, 0, held=12, last_through=11)]


def test_pulse_and_histogram_count_every_event_once() -> None:
    index = build([deed(f"d{n}", n * MINUTE) for n in range(30)])
    ranking = Ranking(sight(index, 29 * MINUTE), Kind.IP)
    number = int(ranking.ids[0])
    assert pulse(ranking, [number], 15 * MINUTE, 5) == [[3, 3, 3, 3, 2]]
    rows = event_rows(ranking, number)
    assert len(rows) == 30
    pieces = histogram(ranking.sight, rows, 0, 29 * MINUTE, 10)
    assert [piece.total for piece in pieces] == [3] * 10


def test_a_pulse_that_takes_its_time_is_of_when_it_began() -> None:
    """Another look is taken meanwhile, of later events, and goes on with the same counts."""
    index = build([deed(f"d{n}", n * MINUTE) for n in range(30)])
    whole, graph = Ledger(index), AliasGraph()

    def look() -> Ranking:
        ranking = Ranking(Sight(index, graph, Bounds(None, None), None, (whole, whole)), Kind.IP)
        assert pulse_peak(ranking, 15 * MINUTE, 5) == 3
        return ranking

    before = look()
    rows = Rows(0, 0)
    for number in range(30, 90):
        add(rows, deed(f"d{number}", number * MINUTE))
    index.append(rows.columns())
    after = look()
    number = int(before.ids[0])
    assert pulse(before, [number], 15 * MINUTE, 5) == [[3, 3, 3, 3, 2]]
    assert pulse(after, [number], 15 * MINUTE, 5) == [[3, 3, 3, 3, 2]]


@pytest.mark.parametrize("kind", [Kind.IP, Kind.NETWORK, Kind.PRINCIPAL])
def test_entities_are_built_one_by_one_while_events_and_people_come(kind: Kind) -> None:
    """Others look at the same counts meanwhile, at whom the first one looks at next."""
    index = build([deed(f"d{n}", n * MINUTE, ip=IPS[n % 3], who=PEOPLE[n % 2]) for n in range(12)])
    whole, graph = Ledger(index), AliasGraph()

    def look() -> Ranking:
        return Ranking(Sight(index, graph, Bounds(None, None), None, (whole, whole)), kind)

    before = look()
    numbers = before.ids.tolist()
    slow, found = built(before, numbers), []
    for number in range(len(numbers)):
        found.append(next(slow))
        rows = Rows(0, 0)
        for ip in IPS:
            who = Identity(f"arn:aws:iam::1:user/{number}", principal_id=f"NEW{number}")
            add(rows, deed(f"late {number} {ip}", 30 * MINUTE, ip=ip, who=who))
        index.append(rows.columns())
        entities(look(), look().ids.tolist())
    assert [each.ref.key for each in found] == [before.key(number) for number in numbers]
    late = {name for each in found[1:] for name in each.principals if name[-1].isdigit()}
    assert late or kind is Kind.PRINCIPAL


def test_an_empty_index_shows_nothing() -> None:
    empty = Index()
    ranking = Ranking(sight(empty, None), Kind.PRINCIPAL)
    assert len(ranking) == 0
    assert entities(ranking, []) == []
    assert histogram(ranking.sight, ranking.sight.rows, 0, 1, 4)[0].total == 0
    assert Matches(empty, ALL).mask().dtype == np.bool_
    assert StoreWitness(lambda: ranking).collateral("192.0.2.0/24").events == 0
