"""The replay clock: the cursor plays, pauses, steps and jumps."""

import pytest

from triage_tui.model import SECOND
from triage_tui.sources.clock import SPEEDS, ReplayClock


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
    assert clock.cursor() == 130 * SECOND
    clock.toggle()
    ticks.pass_(60)
    assert clock.cursor() == 130 * SECOND
    assert not clock.playing


def test_a_change_of_speed_does_not_jump(clock: ReplayClock, ticks: Ticks) -> None:
    clock.set_speed(10)
    clock.play()
    ticks.pass_(2)
    clock.change_speed(faster=True)
    assert clock.cursor() == 120 * SECOND
    ticks.pass_(1)
    assert clock.cursor() == (120 + 30) * SECOND


def test_playing_to_the_last_event_unbinds_the_cursor(clock: ReplayClock, ticks: Ticks) -> None:
    clock.seek(990 * SECOND)
    clock.set_speed(1)
    clock.play()
    ticks.pass_(9)
    assert clock.cursor() == 999 * SECOND
    ticks.pass_(9)
    assert clock.at_end


def test_steps_pause_and_stay_within_what_is_known(clock: ReplayClock) -> None:
    clock.play()
    clock.step(-10 * SECOND)
    assert (clock.cursor(), clock.playing) == (100 * SECOND, False)
    clock.seek(500 * SECOND)
    clock.step(10 * SECOND)
    assert clock.cursor() == 510 * SECOND
    clock.step(10_000 * SECOND)
    assert clock.at_end
    clock.step(-10 * SECOND)
    assert clock.cursor() == 990 * SECOND


def test_asked_to_play_before_anything_is_known_it_waits_for_the_first_event(ticks: Ticks) -> None:
    clock = ReplayClock(ticks=ticks)
    clock.set_speed(1)
    clock.play()
    ticks.pass_(30)
    assert clock.cursor() is None
    clock.extend(100 * SECOND, 1_000 * SECOND)
    ticks.pass_(5)
    assert clock.cursor() == 105 * SECOND


def test_a_time_set_before_anything_is_known_holds(ticks: Ticks) -> None:
    clock = ReplayClock(ticks=ticks)
    clock.seek(400 * SECOND)
    clock.extend(100 * SECOND, 1_000 * SECOND)
    assert clock.cursor() == 400 * SECOND


def test_speeds_stop_at_their_ends(clock: ReplayClock) -> None:
    for _ in range(40):
        clock.change_speed(faster=True)
    assert clock.speed == SPEEDS[-1]
    for _ in range(40):
        clock.change_speed(faster=False)
    assert clock.speed == SPEEDS[0]
    assert clock.wall() == 7
