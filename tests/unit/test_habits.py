"""Habits and the calendar: what is kept of days, hours and values."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lived import NOW, life
from triage_tui.detect.baseline import Standing
from triage_tui.detect.risk import WEIGHTS
from triage_tui.detect.unusual import SCALES
from triage_tui.detect.weeks import Calendar, Exposure, Slot
from triage_tui.habits import (
    ACTION,
    KEPT_HOURS,
    MOST_VALUES,
    NETWORK,
    Coverage,
    Habits,
    agent_family,
    merged,
)


def test_hours_are_the_teams() -> None:
    berlin = Calendar("Europe/Berlin")
    at = int(datetime(2026, 3, 14, 23, 30, tzinfo=UTC).timestamp())
    assert berlin.slot(at // 3600) == Slot(6, 0)
    assert berlin.clock(at * 10**9) == "Sunday 00:30 CET"
    with pytest.raises(ValueError, match="no time zone 'Europe/Brelin'"):
        Calendar("Europe/Brelin")


def test_a_working_day_stays_one_when_the_clock_changes() -> None:
    """Nine in the morning is nine in the morning, in winter and in summer."""
    berlin, zone = Calendar("Europe/Berlin"), ZoneInfo("Europe/Berlin")
    habits = Habits()
    first = datetime(2026, 3, 2, tzinfo=zone)
    days = [first + timedelta(days=day) for day in range(35)]  # 2026-03-29 is the change
    for day in days:
        habits.see(int(day.replace(hour=9).timestamp()) // 3600, 10)
    low, high = (int(day.timestamp()) // 3600 for day in (days[0], days[-1]))
    exposure = Exposure(Coverage([(low, high + 23)]), berlin)
    assert sum(exposure.by_slot) > 0
    sunday = exposure.by_slot[6 * 24 :]
    assert sunday[2] < sunday[3]  # an hour was left out
    standing = Standing(habits, exposure)
    active = {at: standing.activity(Slot(0, at)) for at in (7, 8, 9, 10, 11)}
    assert max(active, key=lambda at: active[at]) == 9
    assert active[9] > 4 * active[11]


lives = st.builds(
    life,
    st.dictionaries(st.integers(NOW - 2000, NOW), st.integers(1, 100), max_size=8),
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.integers(NOW // 24 - 80, NOW // 24), min_size=1, max_size=4),
        max_size=3,
    ),
)


@given(lives, lives, lives)
def test_learning_twice_or_in_another_order_changes_nothing(
    a: Habits, b: Habits, c: Habits
) -> None:
    assert merged(merged(a, b), b) == merged(a, b)
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-40, 200)), max_size=30))
def test_days_are_kept_as_they_were_in_whatever_order_they_come(
    used: list[tuple[str, int]],
) -> None:
    habits = Habits()
    for value, day in used:
        habits.use(ACTION, value, [day])
    last = max((day for _, day in used), default=0)
    for value in "abc":
        kept = {day for other, day in used if other == value and last - day <= KEPT_HOURS // 24}
        assert habits.days(ACTION, value) == sorted(kept)
    assert habits.day == last
    assert habits.days(NETWORK, "a") == []


def test_days_that_are_ages_apart_take_no_room() -> None:
    """A log may say 1970, and another one 2262."""
    habits = Habits()
    habits.use(ACTION, "Get", [0, 10**6])
    habits.use(ACTION, "Put", [10**9])
    assert habits.days(ACTION, "Put") == [10**9]
    assert habits.days(ACTION, "Get") == []
    assert sum(map(len, habits.values[ACTION].values())) == 1
    early = Habits()
    early.use(ACTION, "Get", [3])
    assert merged(early, habits) == merged(habits, early)


def test_what_is_old_or_too_much_is_forgotten() -> None:
    habits = Habits({NOW: 1, NOW - KEPT_HOURS: 1, NOW - KEPT_HOURS + 1: 1})
    for number in range(MOST_VALUES + 10):
        habits.use(ACTION, f"v{number:04d}", [NOW // 24 - (number < 10)])
    habits.use(NETWORK, "old", [NOW // 24 - 91])
    found = merged(Habits(), habits)
    assert sorted(found.hours) == [NOW - KEPT_HOURS + 1, NOW]
    assert len(found.values[ACTION]) == MOST_VALUES
    assert "v0000" not in found.values[ACTION]
    assert NETWORK not in found.values


def test_coverage_joins_and_ages() -> None:
    covered = Coverage().with_span(100, 110).with_span(111, 120).with_span(50, 60)
    assert covered.spans == [(50, 60), (100, 120)]
    assert covered.with_span(55, 105).spans == [(50, 120)]
    assert covered.before(105).spans == [(50, 60), (100, 104)]
    assert covered.hours == 32
    assert covered.with_span(3000, 3001).spans == [(3000, 3001)]


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("aws-cli/2.15.30 Python/3.11.8 Windows/10 exe/AMD64", "aws-cli windows"),
        ("Boto3/1.34.162 md/Botocore#1.34.162 ua/2.0 os/linux#6.8.11", "Boto3 linux"),
        ("Boto3/1.40.1 md/Botocore#1.40 ua/2.0 os/linux#6.9", "Boto3 linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mozilla macintosh"),
        ("console.amazonaws.com", "console.amazonaws.com"),
        ("", ""),
    ],
)
def test_an_agent_stays_the_same_from_version_to_version(agent: str, family: str) -> None:
    assert agent_family(agent) == family


def test_the_weight_table_has_what_the_scales_say() -> None:
    assert {kind: scale.most for kind, scale in SCALES.items()} == {
        kind: WEIGHTS[kind].most for kind in SCALES
    }
