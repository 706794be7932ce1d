"""From when on nearly all events are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import DAY, HOUR, MINUTE, SECOND
from triage_tui.store.bulk import Bulk

NIGHT = 1_773_540_000 * SECOND
"""2026-03-15T02:00:00Z."""
MANY = [NIGHT + n * SECOND for n in range(3_000)]


def begin(*parts: list[int]) -> tuple[int, int] | None:
    """What it says of events that come in these parts."""
    bulk = Bulk()
    for part in parts:
        bulk.note(np.array(part, np.int64), min(part), max(part))
    return bulk.begin(max(map(max, parts)))


@pytest.mark.parametrize(
    ("early", "found"),
    [
        ([0], (NIGHT, 1)),
        ([-5 * DAY, 0], (NIGHT, 2)),
        ([0, NIGHT - 3 * DAY], (NIGHT, 2)),
        ([NIGHT - 4 * HOUR], None),
        ([0] * 31, None),
    ],
    ids=["1970", "two long before", "two at different times", "the same night", "too many"],
)
def test_what_is_few_and_far_is_set_apart(early: list[int], found: tuple[int, int] | None) -> None:
    assert begin(early, MANY) == found
    assert begin(MANY, early) == found
    assert begin([*MANY, *early]) == found


def test_of_a_handful_of_events_none_is_set_apart() -> None:
    assert begin([0], MANY[:8]) is None
    assert begin([0], MANY[:9]) == (NIGHT, 1)


def test_a_quiet_week_before_an_attack_is_none_of_it() -> None:
    """Each hour has an event, and then there are thousands in one."""
    week = [NIGHT - 7 * DAY + n * HOUR for n in range(7 * 24)]
    flood = [NIGHT + n * SECOND // 10 for n in range(30_000)]
    assert begin(week, flood) is None


def test_hours_that_nobody_could_keep_set_nothing_apart() -> None:
    assert begin([0], [NIGHT + n * HOUR for n in range(12_000)], MANY) is None


@given(st.lists(st.integers(NIGHT - 2 * DAY, NIGHT + DAY), min_size=1, max_size=200), st.data())
def test_it_does_not_matter_how_they_come(times: list[int], data: st.DataObject) -> None:
    times += [0] * data.draw(st.integers(0, 3))
    order = data.draw(st.permutations(times))
    at = data.draw(st.integers(1, len(order)))
    found = begin(times)
    assert begin(*filter(None, (order[:at], order[at:]))) == found
    if found is not None:
        assert found[0] == min(time for time in times if time >= found[0])
        assert found[1] == sum(time < found[0] for time in times)
        assert found[0] - max(t for t in times if t < found[0]) > 10 * 10 * MINUTE
