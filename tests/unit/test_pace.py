"""When the screen is painted: as often as eyes follow, and as the line carries."""

from types import SimpleNamespace

import pytest

from triage_tui.ui import pace
from triage_tui.ui.pace import CARRIED, CARRIED_SLOWLY, EARLY, EVERY, OWED, PATIENCE, REST, Pace


class World:
    """Time that passes when the test says so, and a line that counts."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now, self.sent = 1000.0, 0
        patch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: self.now))

    def frames(self, painter: Pace, seconds: float, size: int, work: float = 0.0) -> int:
        """How often it is painted, where each frame has so many bytes."""
        count, end = 0, self.now + seconds
        while self.now < end:
            if painter.may_paint():
                count, self.sent, self.now = count + 1, self.sent + size, self.now + work
                painter.painted(work)
            self.now += pace.TICK
        return count


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_small_frames_are_painted_at_once_but_no_more_than_eyes_follow(world: World) -> None:
    painter = Pace(lambda: world.sent, slow_link=False)
    assert 45 <= world.frames(painter, 10, 100) <= 10 / EVERY + 1


@pytest.mark.parametrize(("slow_link", "carried"), [(False, CARRIED), (True, CARRIED_SLOWLY)])
def test_large_frames_are_painted_as_the_line_carries_them(
    world: World, slow_link: bool, carried: int
) -> None:
    painter = Pace(lambda: world.sent, slow_link=slow_link)
    count = world.frames(painter, 100, 2_000)
    assert 0.6 * carried <= count * 2_000 / 100 <= 1.1 * carried


def test_even_a_flood_of_bytes_delays_the_next_painting_by_little(world: World) -> None:
    painter = Pace(lambda: world.sent, slow_link=True)
    assert painter.may_paint()
    world.sent += 100_000
    world.now += 0.2
    assert not painter.may_paint()
    world.now += OWED / CARRIED_SLOWLY
    assert painter.may_paint()


def test_painting_leaves_time_to_others(world: World) -> None:
    painter = Pace(lambda: world.sent, slow_link=False)
    assert world.frames(painter, 60, 1, work=0.5) <= 60 / (0.5 * (1 + REST)) + 1


def test_the_clock_is_told_once_a_second(world: World) -> None:
    painter = Pace(lambda: world.sent, slow_link=False)
    told = 0
    for _ in range(100):
        told += painter.may_tell_clock()
        world.now += 0.1
    assert 9 <= told <= 10


def test_a_painting_waits_a_little_for_what_has_come(world: World) -> None:
    painter = Pace(lambda: world.sent, slow_link=False)
    assert painter.may_paint()
    painter.painted(0.0)
    world.now += EVERY
    assert not painter.may_paint(brought=7, taken=5)
    assert not painter.may_paint(brought=9, taken=6)
    assert painter.may_paint(brought=9, taken=7), "what came later is not waited for"
    painter.painted(0.0)
    world.now += EVERY
    assert not painter.may_paint(brought=9, taken=7)
    world.now += PATIENCE
    assert painter.may_paint(brought=9, taken=7)
    painter.painted(0.0)
    world.now += EVERY
    assert painter.may_paint(brought=9, taken=9)


def test_what_was_taken_in_this_moment_is_painted_a_little_early_and_no_more_often(
    world: World,
) -> None:
    painter, step = Pace(lambda: world.sent, slow_link=False), EARLY / 2
    painted = []
    for _ in range(400):
        if painter.may_paint(fresh=True):
            painted.append(world.now)
            painter.painted(0.0)
        assert not painter.may_paint()
        world.now += step
    assert painted[1] - painted[0] < EVERY
    assert len(painted) <= 400 * step / EVERY + 1
