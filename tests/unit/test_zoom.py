"""Which span the time-line shows, and how a range of time becomes a part of a filter."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import HOUR, MINUTE, SECOND
from triage_tui.sources.clock import ReplayClock
from triage_tui.store.filters import FilterError, parse
from triage_tui.ui.adapters import brush, words
from triage_tui.ui.adapters.zoom import CLOSEST, Window, Zoom

DAY = 1_773_540_000 * SECOND
"""2026-03-15T02:00:00Z."""


def clock_of(first: int, last: int, at: int) -> ReplayClock:
    clock = ReplayClock(ticks=lambda: 0, wall_time=lambda: 0)
    clock.extend(first, last)
    clock.pause()
    clock.seek(at)
    return clock


def test_all_is_shown_until_somebody_zooms() -> None:
    clock, zoom = clock_of(DAY, DAY + HOUR, DAY + 30 * MINUTE), Zoom()
    assert zoom.window(clock) == (DAY, DAY + HOUR)
    assert not zoom.is_close
    assert not zoom.wider(clock)
    assert zoom.closer(clock)
    shown = zoom.window(clock)
    assert shown is not None
    assert shown.width == HOUR // 2
    assert abs(shown.start - (DAY + 15 * MINUTE)) <= SECOND
    assert zoom.wider(clock)
    assert zoom.window(clock) == (DAY, DAY + HOUR)
    assert not zoom.is_close


def test_a_chosen_range_is_zoomed_to_and_stays() -> None:
    clock, zoom = clock_of(DAY, DAY + HOUR, DAY + 50 * MINUTE), Zoom()
    assert zoom.closer(clock, Window(DAY + 10 * MINUTE, DAY + 20 * MINUTE))
    assert zoom.window(clock) == (DAY + 10 * MINUTE, DAY + 20 * MINUTE)
    clock.seek(DAY + 55 * MINUTE)
    assert zoom.window(clock) == (DAY + 10 * MINUTE, DAY + 20 * MINUTE)


def test_a_part_goes_along_with_the_clock_that_was_in_it() -> None:
    clock, zoom = clock_of(DAY, DAY + HOUR, DAY + 10 * MINUTE), Zoom()
    zoom.closer(clock)
    before = zoom.window(clock)
    clock.seek(DAY + 40 * MINUTE)
    shown = zoom.window(clock)
    assert before is not None
    assert shown is not None
    assert shown.width == before.width
    assert shown.start <= DAY + 40 * MINUTE <= shown.end <= DAY + HOUR


def test_without_events_there_is_nothing_to_zoom() -> None:
    clock, zoom = ReplayClock(ticks=lambda: 0, wall_time=lambda: 0), Zoom()
    assert zoom.window(clock) is None
    assert not zoom.closer(clock)


@given(st.integers(0, 40 * 24 * 60), st.integers(0, 1000), st.lists(st.booleans(), max_size=40))
def test_what_is_shown_is_a_part_of_all_there_is(minutes: int, at: int, steps: list[bool]) -> None:
    last = DAY + minutes * MINUTE
    clock, zoom = clock_of(DAY, last, DAY + minutes * MINUTE * at // 1000), Zoom()
    for closer in steps:
        zoom.closer(clock) if closer else zoom.wider(clock)
        shown = zoom.window(clock)
        assert shown is not None
        assert DAY <= shown.start <= shown.end <= last
        assert shown.width >= min(CLOSEST, last - DAY)


@pytest.mark.parametrize(
    "text", ["", "-outcome:ok", "action:Delete* or path:/wp-*", "(a or b) c", '"a or b"']
)
def test_a_range_comes_and_goes_without_a_trace(text: str) -> None:
    within = brush.within(text, DAY, DAY + 5 * MINUTE)
    selected = parse(within)
    assert selected.bounds.since == DAY
    assert selected.bounds.until == DAY + 5 * MINUTE + SECOND - 1
    assert brush.without(within) == text
    again = brush.within(within, DAY + MINUTE, DAY + 2 * MINUTE)
    assert again.count("time>=") == 1
    assert brush.chosen(parse(again)) == (DAY + MINUTE, DAY + 2 * MINUTE + SECOND - 1)


def test_a_range_is_told_in_short() -> None:
    words.show_times_in(dt.UTC)
    text = brush.within("-outcome:ok", DAY, DAY + 5 * MINUTE)
    assert brush.told(text) == "-outcome:ok in 02:00:00Z–02:05:00Z"
    assert brush.told("-outcome:ok") == "-outcome:ok"
    assert "Sun" in brush.span(DAY, DAY + 23 * HOUR)


@given(st.text(max_size=30))
def test_any_text_is_told(text: str) -> None:
    brush.told(text)
    try:
        parse(text)
    except FilterError:
        return
    assert parse(brush.without(text)) is not None


def test_times_are_written_in_the_zone_that_was_asked_for() -> None:
    try:
        words.show_times_in(dt.timezone(dt.timedelta(hours=1), "CET"))
        assert words.clock(DAY) == "03:00:00"
        assert words.moment(DAY) == "2026-03-15 Sun 03:00:00"
        assert words.zone_word(DAY) == "CET"
        assert words.offset(DAY) == HOUR
        assert words.clock(2**63 - 1)
    finally:
        words.show_times_in(dt.UTC)
    assert words.clock(DAY) == "02:00:00Z"


def clock_with_an_event_of_1970(at: int) -> ReplayClock:
    clock = ReplayClock(ticks=lambda: 0, wall_time=lambda: 0)
    clock.extend(0, DAY + HOUR, DAY)
    clock.pause()
    clock.seek(at)
    return clock


def test_what_is_long_before_shows_when_it_is_asked_for() -> None:
    clock, zoom = clock_with_an_event_of_1970(DAY + HOUR), Zoom()
    nearly_all, all_ = (DAY, DAY + HOUR), (0, DAY + HOUR)
    assert zoom.window(clock) == nearly_all
    assert zoom.wider(clock)
    assert zoom.window(clock) == all_
    assert not zoom.wider(clock)
    assert zoom.window(clock) == all_
    assert zoom.closer(clock)
    assert zoom.window(clock) == nearly_all
    assert zoom.closer(clock)
    assert zoom.is_close
    assert zoom.wider(clock)
    assert zoom.window(clock) == nearly_all
    zoom.wider(clock)
    assert zoom.closer(clock, Window(0, HOUR))
    assert zoom.window(clock) == (0, HOUR)


def test_what_is_long_before_shows_where_the_clock_is_there() -> None:
    clock, zoom = clock_with_an_event_of_1970(HOUR), Zoom()
    assert zoom.window(clock) == (0, DAY + HOUR)
    assert not zoom.wider(clock)
    clock.seek(DAY + MINUTE)
    assert zoom.window(clock) == (DAY, DAY + HOUR)


@given(
    st.integers(0, 2**62),
    st.integers(0, 2**60),
    st.lists(st.integers(0, 2**56), min_size=1, max_size=20),
)
def test_what_is_counted_holds_what_is_shown_and_seldom_changes(
    first: int, width: int, steps: list[int]
) -> None:
    zoom, counted, last = Zoom(), set(), first + width
    for step in [0, *sorted(steps)]:
        clock = ReplayClock(ticks=lambda: 0, wall_time=lambda: 0)
        clock.extend(first, last := last + step)
        shown, span = zoom.window(clock), zoom.span(clock)
        assert shown is not None
        assert span is not None
        assert span.start <= shown.start
        assert shown.end <= span.end < 2**63
        counted.add(span)
    assert len(counted) <= 1 + (last - first).bit_length() - width.bit_length()
