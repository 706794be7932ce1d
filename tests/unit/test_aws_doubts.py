"""What is read again, once, and when."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.aws.doubts import MOST, NEAR, Doubts, Lag
from triage_tui.aws.seen import LogEvent

_TIMES = st.integers(0, 200_000)


@given(st.lists(st.tuples(_TIMES, st.integers(0, 5_000)), max_size=60))
def test_everything_in_doubt_is_read_and_nothing_twice(wanted: list[tuple[int, int]]) -> None:
    doubts = Doubts()
    for since, length in wanted:
        doubts.add(since, since + length)
    parts: list[tuple[int, int]] = []
    for until in range(0, 220_000, 7_000):
        while (found := doubts.due(until)) is not None:
            assert found[1] <= until
            parts.append(found)
    assert not doubts
    assert doubts.first is None
    assert all(one[1] < other[0] for one, other in pairwise(parts))
    for since, length in wanted:
        left = since
        for first, last in parts:
            if first <= left <= last:
                left = last + 1
        assert left > since + length


@given(st.lists(_TIMES, min_size=1, max_size=300))
def test_few_stretches_are_kept_and_those_apart_stay_apart(times: list[int]) -> None:
    doubts = Doubts()
    for time in times:
        doubts.add(time, time)
    assert doubts.first == min(times)
    count = 0
    while doubts.due(300_000) is not None:
        count += 1
    assert 1 <= count <= MOST


def test_seconds_that_follow_each_other_are_read_as_one() -> None:
    doubts = Doubts()
    for second in range(60):
        doubts.add(second * 1000, second * 1000 + 1000)
    doubts.add(60_000 + NEAR + 1, 70_000)
    assert doubts.due(48_000) == (0, 48_000)
    assert doubts.due(48_000) is None
    assert doubts.first == 48_001
    assert doubts.due(90_000) == (48_001, 60_000)
    assert doubts.due(90_000) == (60_000 + NEAR + 1, 70_000)


def test_how_late_events_usually_come_follows_what_comes() -> None:
    lag = Lag()
    lag.take([])
    lag.take([LogEvent("s", 5, 0, "no time of its own")])
    assert lag.usual is None
    lag.take([LogEvent("s", 1000, 3000, "m")])
    assert lag.usual == 2000
    late = [LogEvent("s", 1000 * n, 1000 * n + 300_000, "m") for n in range(300)]
    for _ in range(50):
        lag.take(late)
    usual = lag.usual or 0.0
    assert 299_000 < usual <= 300_000
    lag.take([LogEvent("s", 9000, 3000, "dated later than it came")])
    assert (lag.usual or usual) < usual
