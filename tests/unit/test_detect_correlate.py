"""Rules on several events: against a reference that looks at every window, in any order."""

from collections.abc import Callable, Sequence
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules import compiled, hits
from triage_tui.detect import correlate, windows
from triage_tui.detect.comparing import compare
from triage_tui.detect.correlate import Correlator, Fed, Several
from triage_tui.detect.ruleset import RuleSet
from triage_tui.model import MINUTE, SECOND

BASE = """
title: {name}
name: {name}
logsource: {{product: aws, service: cloudtrail}}
detection:
  s: {{eventName: {name}}}
  condition: s
"""
CORRELATION = """
title: Several
name: several
level: high
correlation:
  type: {type}
  rules: [{rules}]
  group-by: [sourceIPAddress]
  timespan: 10s
  {condition}
"""


def correlation(kind: str, condition: str, rules: str = "a") -> RuleSet:
    texts = [BASE.format(name=name.strip()) for name in rules.split(",")]
    found = compiled(*texts, CORRELATION.format(type=kind, rules=rules, condition=condition))
    assert not found.refused, found.refused
    return found


def fed(time: float, value: str = "", number: int = 0, group: str = "g", key: int = 0) -> Fed:
    at = int(time * SECOND)
    return Fed(number, group, value, at, key or hash((time, value, number, group)) & 0xFFFF, 0)


def one(signal: Fed) -> Several:
    """A signal, alone."""
    return Several(signal.input, signal.group, [(signal.value, signal.time, signal.id, signal.row)])


def fired(rules: RuleSet, signals: Sequence[Fed], portion: int = 1) -> list[tuple[float, str]]:
    """(second, group) of each detection."""
    run = Correlator(rules)
    for at in range(0, len(signals), portion):
        run.take(signals[at : at + portion], now=2**62)
    return [(each.time / SECOND, each.group[0]) for each in run.detections()]


def test_a_count_fires_when_it_is_reached_and_once_while_it_lasts() -> None:
    rules = correlation("event_count", "condition: {gte: 3}")
    assert fired(rules, [fed(t) for t in (0, 1)]) == []
    assert fired(rules, [fed(t) for t in (0, 1, 2)]) == [(2.0, "g")]
    assert fired(rules, [fed(t) for t in (0, 1, 2, 3, 4, 5)]) == [(2.0, "g")]
    assert fired(rules, [fed(t) for t in (0, 1, 10)]) == []
    assert fired(rules, [fed(t) for t in (0, 1, 9.9)]) == [(9.9, "g")]
    assert fired(rules, [fed(t) for t in (0, 1, 2, 60, 61, 62)]) == [(2.0, "g"), (62.0, "g")]


def judged(run: Correlator) -> bool:
    """Judges what was gathered; whether any detection changed."""
    before = run.revision
    for _ in run.judging():
        pass
    return run.revision != before


def test_what_is_gathered_between_two_steps_of_judging_is_judged_next_time() -> None:
    run = Correlator(correlation("event_count", "condition: {gte: 3}"))
    for at in range(3):
        run.gather([one(fed(at, group=f"g{n}", key=at * 100 + n)) for n in range(40)], 2**62)
    assert run.detections() == []
    steps = run.judging()
    next(steps)
    assert 0 < len(run.detections()) < 40
    run.gather([one(fed(t, group="late", key=1000 + t)) for t in range(3)], 2**62)
    assert [*steps]
    assert len(run.detections()) == 40
    assert judged(run)
    assert len(run.detections()) == 41
    assert not judged(run)


def test_where_memory_runs_short_what_was_gathered_is_judged_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("triage_tui.detect.correlate.MOST_GROUPS", 10)
    run = Correlator(correlation("event_count", "condition: {gte: 1}"))
    for n in range(40):
        run.gather([one(fed(n, group=f"g{n}", key=n))], 2**62)
    assert run.evicted
    judged(run)
    assert len(run.detections()) == 40


def test_groups_count_for_themselves() -> None:
    rules = correlation("event_count", "condition: {gte: 3}")
    signals = [fed(t, group=group) for t, group in ((0, "a"), (1, "b"), (2, "a"), (3, "b"))]
    assert fired(rules, signals) == []
    assert fired(rules, [*signals, fed(4, group="b")]) == [(4.0, "b")]


def test_values_count_once() -> None:
    rules = correlation("value_count", "condition: {field: userName, gte: 3}")
    assert fired(rules, [fed(t, value) for t, value in ((0, "x"), (1, "y"), (2, "x"))]) == []
    assert fired(rules, [fed(t, value) for t, value in ((0, "x"), (1, "y"), (2, "z"))]) == [
        (2.0, "g")
    ]


def test_rules_that_match_together() -> None:
    rules = correlation("temporal", "", "a, b")
    assert fired(rules, [fed(0, number=0), fed(1, number=0)]) == []
    assert fired(rules, [fed(0, number=1), fed(1, number=0)]) == [(1.0, "g")]
    assert fired(rules, [fed(0, number=1), fed(11, number=0)]) == []


def test_rules_that_match_in_their_order() -> None:
    rules = correlation("temporal_ordered", "", "a, b, c")
    assert fired(rules, [fed(0, number=1), fed(1, number=0), fed(2, number=2)]) == []
    assert fired(rules, [fed(0, number=0), fed(1, number=1), fed(2, number=2)]) == [(2.0, "g")]
    late = [fed(0, number=0), fed(8, number=1), fed(11, number=2)]
    assert fired(rules, late) == []
    assert fired(rules, [*late, fed(7, number=0)]) == [(11.0, "g")]


def test_one_rule_without_another() -> None:
    rules = correlation("temporal", "condition: a and not b", "a, b")
    assert fired(rules, [fed(0, number=0)]) == [(0.0, "g")]
    assert fired(rules, [fed(0, number=0), fed(-1, number=1)]) == []


@pytest.mark.parametrize(
    ("kind", "condition", "values", "expected"),
    [
        ("value_sum", "condition: {field: size, gt: 10}", (5, 5, 1), [(2.0, "g")]),
        ("value_sum", "condition: {field: size, gt: 10}", (0.1,) * 100, []),
        ("value_sum", "condition: {field: size, gte: 10}", (0.1,) * 100, [(9.9, "g")]),
        ("value_avg", "condition: {field: size, gt: 3}", (1, 2, 9), [(2.0, "g")]),
        ("value_median", "condition: {field: size, gt: 3}", (1, 9, 9), [(1.0, "g")]),
        (
            "value_percentile",
            "condition: {field: size, gt: 90, percentile: 95}",
            (1, 1, 1, 100, 1),
            [],
        ),
        (
            "value_percentile",
            "condition: {field: size, gt: 50, percentile: 95}",
            (1, 1, 1, 100),
            [(3.0, "g")],
        ),
    ],
)
def test_numbers(
    kind: str, condition: str, values: tuple[float, ...], expected: list[tuple[float, str]]
) -> None:
    step = 0.1 if len(values) > 10 else 1
    signals = [fed(round(n * step, 3), str(value), key=n + 1) for n, value in enumerate(values)]
    assert fired(correlation(kind, condition), signals) == expected


def test_what_is_no_number_is_left_out() -> None:
    rules = correlation("value_sum", "condition: {field: size, gt: 10}")
    signals = [fed(n, text) for n, text in enumerate(("", "x", "nan", "inf", "1e300", "11"))]
    assert fired(rules, signals) == [(5.0, "g")]


def test_a_late_event_revises_what_was_detected() -> None:
    rules = correlation("event_count", "condition: {gte: 3}")
    run = Correlator(rules)
    run.take([fed(0), fed(2), fed(4)], now=2**62)
    assert [each.time for each in run.detections()] == [4 * SECOND]
    assert run.take([fed(1)], now=2**62)
    assert [each.time for each in run.detections()] == [2 * SECOND]
    assert run.revised == 1


CHAIN = """
title: Again
name: again
correlation:
  type: event_count
  rules: several
  group-by: sourceIPAddress
  timespan: 5m
  condition: {gte: 2}
"""


def test_a_correlation_of_correlations() -> None:
    texts = [
        BASE.format(name="a"),
        CORRELATION.format(type="event_count", rules="a", condition="condition: {gte: 2}"),
        CHAIN,
    ]
    rules = compiled(*texts)
    assert not rules.refused
    signals = [fed(t) for t in (0, 1, 60, 61)]
    run = Correlator(rules)
    run.take(signals, now=2**62)
    found = [(rules.rules[each.rule].name, each.time / SECOND) for each in run.detections()]
    assert ("again", 61.0) in found
    assert not rules.rules[rules.numbers[rules.rules[1].id]].shown


def test_what_records_feed() -> None:
    rules = correlation("value_count", "condition: {field: requestParameters.user, gte: 2}")
    events: list[bytes | dict[str, object]] = [
        {
            "eventName": "a",
            "eventSource": "x.amazonaws.com",
            "eventTime": f"2026-03-15T02:13:0{n}Z",
            "eventID": str(n),
            "sourceIPAddress": "198.51.100.23",
            "requestParameters": {"user": f"u{n}"},
        }
        for n in range(3)
    ]
    assert hits(rules, *events) == [[], [], []], "a rule that feeds a correlation is not shown"


# -- against a reference -------------------------------------------------------------------------

Stream = list[tuple[int, str, int]]
"""(second, value, rule)."""
streams = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from("123"), st.integers(0, 1)), max_size=40
)
KINDS = [
    ("event_count", "condition: {gte: 4}"),
    ("event_count", "condition: {eq: 2}"),
    ("event_count", "condition: {lt: 3}"),
    ("value_count", "condition: {field: size, gte: 3}"),
    ("value_sum", "condition: {field: size, gt: 9}"),
    ("value_avg", "condition: {field: size, gte: 2}"),
    ("value_median", "condition: {field: size, gte: 2}"),
    ("temporal", ""),
    ("temporal_ordered", ""),
]


def _signals(stream: Stream, kind: str) -> list[Fed]:
    two = kind.startswith("temporal")
    return [
        fed(second, value, number if two else 0, key=key + 1)
        for key, (second, value, number) in enumerate(stream)
    ]


def _reference(rules: RuleSet, signals: Sequence[Fed]) -> list[int]:
    """The ids of the events at which it fires, by looking at every window."""
    asked = rules.rules[-1].correlation
    assert asked is not None
    kind, op, limit = asked.type, asked.op, float(asked.count)
    return _fired(rules, signals, lambda window: _holds(kind, op, limit, window))


def _fired(
    rules: RuleSet, signals: Sequence[Fed], holds: Callable[[Sequence[Fed]], bool]
) -> list[int]:
    asked = rules.rules[-1].correlation
    assert asked is not None
    found: list[int] = []
    last: int | None = None
    """The piece of time, as long as the timespan, in which it held last."""
    ordered = sorted(signals, key=lambda each: (each.time, each.id, each.input))
    for place, each in enumerate(ordered):
        window = [s for s in ordered[: place + 1] if s.time > each.time - asked.timespan]
        if not holds(window):
            continue
        piece = each.time // asked.timespan
        if last is None or piece > last + 1:
            found.append(each.id)
        last = piece
    return found


def _holds(kind: str, op: str, limit: float, window: Sequence[Fed]) -> bool:
    numbers = sorted(float(each.value) for each in window)
    match kind:
        case "event_count":
            return compare(op, len(window), limit)
        case "value_count":
            return compare(op, len({each.value for each in window}), limit)
        case "value_sum":
            return compare(op, sum(numbers), limit)
        case "value_avg":
            return compare(op, sum(numbers) / len(numbers), limit)
        case "value_median":
            middle = (len(numbers) - 1) / 2
            low, high = numbers[int(middle)], numbers[int(middle + 0.5)]
            return compare(op, (low + high) / 2, limit)
        case "temporal":
            return len({each.input for each in window}) == 2
        case _:
            firsts = [n for n, each in enumerate(window) if each.input == 0]
            return any(each.input == 1 for each in window[firsts[0] :]) if firsts else False


@pytest.mark.parametrize(("kind", "condition"), KINDS)
@given(random=st.randoms(use_true_random=False), stream=streams)
@settings(max_examples=30, deadline=None)
def test_in_whatever_order_and_portions_events_come(
    kind: str, condition: str, random: Random, stream: Stream
) -> None:
    rules = correlation(kind, condition, "a, b" if kind.startswith("temporal") else "a")
    signals = _signals(stream, kind)
    arrived, at = random.sample(signals, len(signals)), 0
    run = Correlator(rules)
    while at < len(arrived):
        portion = random.randint(1, 7)
        run.take(arrived[at : at + portion], now=2**62)
        at += portion
    assert [each.id for each in run.detections()] == _reference(rules, signals)


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        ("event_count", "condition: {gte: 4}"),
        ("event_count", "condition: {eq: 5}"),
        ("value_count", "condition: {field: size, gte: 3}"),
        ("value_count", "condition: {field: size, lt: 3}"),
        ("value_count", "condition: {field: size, eq: 4}"),
        ("temporal", ""),
    ],
)
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_thinning_changes_nothing_that_is_counted(
    kind: str, condition: str, random: Random
) -> None:
    rules = correlation(kind, condition, "a, b" if kind == "temporal" else "a")
    stream = [(random.randrange(30), str(n % 5), int(n % 7 == 0)) for n in range(120)]
    signals = _signals(stream, kind)
    arrived = random.sample(signals, len(signals))
    with patch.object(windows, "FEWEST", 1):
        run = Correlator(rules)
    for at in range(0, len(arrived), 9):
        run.take(arrived[at : at + 9], now=2**62)
    assert [each.id for each in run.detections()] == _reference(rules, signals)
    assert run.signals < len(signals)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("a and b and c and d and e", lambda found: len(found) == 5),
        ("a and not (c or d or e or b)", lambda found: found == {0}),
        (
            "(a or b) and not (c and d or e)",
            lambda f: bool(f & {0, 1}) and (f <= {0, 1, 2} or f <= {0, 1, 3}),
        ),
    ],
)
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_thinning_keeps_every_rule_that_a_condition_names(
    condition: str, holds: Callable[[set[int]], bool], random: Random
) -> None:
    rules = correlation("temporal", f"condition: {condition}", "a, b, c, d, e")
    stream = [(random.randrange(30), "", 1 if random.random() < 0.7 else n % 5) for n in range(120)]
    signals = _signals(stream, "temporal")
    arrived = random.sample(signals, len(signals))
    with patch.object(windows, "FEWEST", 1):
        run = Correlator(rules)
    for at in range(0, len(arrived), 9):
        run.take(arrived[at : at + 9], now=2**62)
    expected = _fired(rules, signals, lambda window: holds({each.input for each in window}))
    assert [each.id for each in run.detections()] == expected


def test_sums_of_many_events_do_not_depend_on_their_order() -> None:
    rules = correlation("value_sum", "condition: {field: size, gt: 40000}")
    signals = [fed(n / 1000, "10", key=n + 1) for n in range(9_000)]
    expected = fired(rules, signals, portion=500)
    assert expected
    assert fired(rules, signals[::-1], portion=700) == expected
    assert fired(rules, [*signals[1::2], *signals[::2]], portion=900) == expected


@pytest.mark.parametrize("kind", ["event_count", "value_count"])
def test_memory_is_bounded_though_every_request_comes_from_another_address(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correlate, "MOST_GROUPS", 500)
    monkeypatch.setattr(correlate, "MOST_SIGNALS", 2_000)
    rules = correlation(
        kind, "condition: {field: size, gte: 3}" if kind == "value_count" else "condition: {gte: 3}"
    )
    run = Correlator(rules)
    for at in range(0, 30_000, 100):
        noise = [
            fed((at + n) / 50, str(n), group=f"ip-{at + n}", key=at + n + 1) for n in range(100)
        ]
        slow = [fed((at + 99) / 50, str(at), group="slow", key=10**6 + at)]
        run.take([*noise, *slow], now=2**62)
        assert run.signals <= 2_200
    assert {each.group for each in run.detections()} == {("slow",)}
    assert run.evicted or run.late == 0


def test_a_flood_of_one_group_is_bounded_and_still_one_detection() -> None:
    rules = correlation("event_count", "condition: {gte: 20}")
    run = Correlator(rules)
    for at in range(0, 40_000, 1_000):
        run.take([fed((at + n) / 5_000, key=at + n + 1) for n in range(1_000)], now=2**62)
    assert run.signals < 500
    (found,) = run.detections()
    assert found.time == int(19 / 5_000 * SECOND)


def test_an_event_of_the_far_future_makes_no_other_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlate, "MOST_SIGNALS", 10)
    rules = correlation("event_count", "condition: {gte: 3}")
    run = Correlator(rules)
    run.take([fed(10**9, group="far", key=1)], now=MINUTE)
    for n in range(40):
        run.take([fed(n, group=f"g{n % 13}", key=n + 2)], now=MINUTE)
    assert run.late == 0
