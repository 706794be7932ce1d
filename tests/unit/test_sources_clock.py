"""The replay clock: the cursor plays, pauses, steps and jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import SECOND
from triage_tui.sources.clock import SPEEDS, ReplayClock


def second(number: int) -> int:
    """The last nanosecond of a second."""
    return (number + 1) * SECOND - 1


class Ticks:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def clock(ticks: Ticks) -> ReplayClock:
    clock = ReplayClock(ticks=ticks, wall_time=lambda: 7)
    clock.extend(100 * SECOND, 1_000 * SECOND)
    return clock


def test_it_stands_at_the_end_and_follows(clock: ReplayClock) -> None:
    assert clock.cursor() is None
    assert clock.position() == 1_000 * SECOND
    clock.extend(100 * SECOND, 2_000 * SECOND)
    assert clock.position() == 2_000 * SECOND


def test_playing_from_the_end_starts_over(clock: ReplayClock, ticks: Ticks) -> None:
    clock.set_speed(10)
    clock.toggle()
    ticks.pass_(3)
    assert clock.cursor() == second(130)
    clock.toggle()
    ticks.pass_(60)
    assert clock.cursor() == second(130)
    assert not clock.playing


def test_it_plays_from_where_nearly_all_events_are(clock: ReplayClock, ticks: Ticks) -> None:
    """One event of 1970 would have it play for decades before anything happens."""
    clock.extend(0, 1_000 * SECOND, 100 * SECOND)
    clock.toggle()
    assert clock.cursor() == second(100)
    clock.pause()
    clock.seek(0)
    clock.play()
    ticks.pass_(1)
    assert clock.cursor() == second(60)


@pytest.mark.parametrize("known", [(), (0, 5 * SECOND)])
def test_who_pauses_before_all_is_read_stands_where_it_was_to_begin(
    ticks: Ticks, known: tuple[int, ...]
) -> None:
    clock = ReplayClock(ticks=ticks, wall_time=lambda: 7)
    clock.seek(500 * SECOND)
    clock.play()
    if known:
        clock.extend(*known)
    assert clock.playing
    clock.toggle(more=True)
    clock.extend(0, 1_000 * SECOND)
    ticks.pass_(10)
    assert (clock.playing, clock.cursor()) == (False, second(500))
    clock.toggle()
    ticks.pass_(1)
    assert clock.cursor() == second(560)


def test_who_pauses_before_anything_is_read_stands_at_the_first_event(ticks: Ticks) -> None:
    clock = ReplayClock(ticks=ticks, wall_time=lambda: 7)
    clock.play()
    clock.toggle(more=True)
    clock.extend(100 * SECOND, 1_000 * SECOND)
    ticks.pass_(10)
    assert (clock.playing, clock.cursor()) == (False, second(100))


def test_it_goes_there_as_soon_as_that_is_known(ticks: Ticks) -> None:
    clock = ReplayClock(ticks=ticks, wall_time=lambda: 7)
    clock.play()
    clock.extend(0, 5 * SECOND)
    ticks.pass_(1)
    clock.extend(0, 90_000 * SECOND, 80_000 * SECOND)
    assert clock.cursor() == second(80_000)
    clock.seek(50)
    clock.extend(0, 95_000 * SECOND, 80_000 * SECOND)
    assert clock.cursor() == second(0)
    assert clock.playing


def test_a_change_of_speed_does_not_jump(clock: ReplayClock, ticks: Ticks) -> None:
    clock.set_speed(10)
    clock.play()
    ticks.pass_(2)
    clock.change_speed(faster=True)
    assert clock.cursor() == second(120)
    ticks.pass_(1)
    assert clock.cursor() == second(120 + 30)


def test_playing_to_the_last_event_unbinds_the_cursor(clock: ReplayClock, ticks: Ticks) -> None:
    clock.seek(990 * SECOND)
    clock.set_speed(1)
    clock.play()
    ticks.pass_(9)
    assert clock.cursor() == second(999)
    ticks.pass_(9)
    assert clock.at_end


def test_steps_pause_and_stay_within_what_is_known(clock: ReplayClock) -> None:
    clock.play()
    clock.step(-10 * SECOND)
    assert (clock.cursor(), clock.playing) == (second(100), False)
    clock.seek(500 * SECOND)
    clock.step(10 * SECOND)
    assert clock.cursor() == second(510)
    clock.step(10_000 * SECOND)
    assert clock.at_end
    clock.step(-10 * SECOND)
    assert clock.cursor() == second(990)


def test_asked_to_play_before_anything_is_known_it_waits_for_the_first_event(ticks: Ticks) -> None:
    clock = ReplayClock(ticks=ticks)
    clock.set_speed(1)
    clock.play()
    ticks.pass_(30)
    assert clock.cursor() is None
    clock.extend(100 * SECOND, 1_000 * SECOND)
    ticks.pass_(5)
    assert clock.cursor() == second(105)


def test_a_time_set_before_anything_is_known_holds(ticks: Ticks) -> None:
    clock = ReplayClock(ticks=ticks)
    clock.seek(400 * SECOND)
    clock.extend(100 * SECOND, 1_000 * SECOND)
    assert clock.cursor() == second(400)


@given(
    speed=st.floats(0.01, 3600),
    moves=st.lists(
        st.tuples(
            st.sampled_from(("play", "pause", "toggle", "step", "seek", "wait", "faster")),
            st.integers(-200 * SECOND, 1_200 * SECOND),
        )
    ),
)
def test_it_stands_at_ends_of_seconds_alone(speed: float, moves: list[tuple[str, int]]) -> None:
    ticks = Ticks()
    clock = ReplayClock(ticks=ticks)
    clock.extend(100 * SECOND + 3, 1_000 * SECOND + 5)
    clock.set_speed(speed)
    for move, time in moves:
        match move:
            case "step" | "seek":
                getattr(clock, move)(time)
            case "wait":
                ticks.now += abs(time)
            case "faster":
                clock.change_speed(faster=True)
            case _:
                getattr(clock, move)()
        at = clock.cursor()
        assert at is None or (at + 1) % SECOND == 0
        assert second(100) <= clock.position() <= second(1_000)
        assert clock.at_end is (at is None)


def test_within_the_last_second_everything_shows(clock: ReplayClock, ticks: Ticks) -> None:
    clock.extend(100 * SECOND, 1_000 * SECOND + SECOND // 2)
    clock.seek(1_000 * SECOND)
    assert clock.at_end
    clock.seek(999 * SECOND)
    assert clock.cursor() == second(999)
    clock.set_speed(1)
    clock.play()
    ticks.pass_(1)
    assert clock.at_end


def test_the_fraction_of_a_second_goes_on_where_it_was(clock: ReplayClock, ticks: Ticks) -> None:
    """However often it is paused, a slow replay comes on, and none is hurried."""
    clock.set_speed(0.25)
    clock.seek(200 * SECOND)
    for _ in range(8):
        clock.play()
        ticks.pass_(1)
        clock.pause()
        clock.set_speed(0.25)
    assert clock.cursor() == second(202)


def test_speeds_stop_at_their_ends(clock: ReplayClock) -> None:
    for _ in range(40):
        clock.change_speed(faster=True)
    assert clock.speed == SPEEDS[-1]
    for _ in range(40):
        clock.change_speed(faster=False)
    assert clock.speed == SPEEDS[0]
    assert clock.wall() == 7
