"""The live clock, and what is said of live sources."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from triage_tui.health import FileReport, HealthState, LiveHealth
from triage_tui.model import MINUTE, SECOND
from triage_tui.sources.clock import HORIZON, LiveClock
from triage_tui.ui.adapters import health

if TYPE_CHECKING:
    from triage_tui.triage import Triage

NOW = 1_795_000_000 * SECOND


class Wall:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> LiveClock:
    clock = LiveClock(ticks=lambda: 0, wall_time=wall)
    clock.extend(NOW - MINUTE, NOW - SECOND)
    return clock


def test_live_it_is_the_later_of_now_and_the_last_event(clock: LiveClock, wall: Wall) -> None:
    assert clock.cursor() is None
    assert clock.position() == NOW
    clock.extend(NOW - MINUTE, NOW + MINUTE)
    assert clock.position() == NOW + MINUTE
    wall.now += 2 * MINUTE
    assert clock.position() == NOW + 2 * MINUTE


def test_what_is_lately_moves_in_steps(clock: LiveClock, wall: Wall) -> None:
    before = clock.horizon()
    assert NOW - HORIZON < before <= NOW
    wall.now += HORIZON
    assert clock.horizon() == before + HORIZON


def test_space_stands_still_and_goes_back_to_now(clock: LiveClock, wall: Wall) -> None:
    clock.toggle()
    assert not clock.at_end
    stood = clock.cursor()
    wall.now += MINUTE
    clock.extend(NOW - MINUTE, NOW + MINUTE)
    assert clock.cursor() == stood == clock.horizon()
    clock.toggle()
    assert clock.at_end
    assert clock.position() == NOW + MINUTE


def test_a_step_back_stands_still_there_and_on_past_the_end_is_now(clock: LiveClock) -> None:
    clock.step(-10 * SECOND)
    assert clock.cursor() == NOW - 9 * SECOND - 1
    clock.step(10 * SECOND)
    assert clock.at_end
    clock.seek(NOW - 30 * SECOND)
    assert not clock.at_end
    clock.change_speed(faster=True)
    clock.play()
    assert clock.at_end


def live(state: HealthState = HealthState.LIVE, **facts: Any) -> FileReport:
    known: dict[str, Any] = {
        "place": "here",
        "since": NOW - MINUTE,
        "heard": NOW,
        "arrived": NOW,
    } | facts
    return FileReport("/shop/a", state=state, live=LiveHealth(**known))


def said(*reports: FileReport, recorder: object = None) -> list[str]:
    sources = [SimpleNamespace(report=report) for report in reports]
    triage = cast("Triage", SimpleNamespace(sources=sources, recorder=recorder))
    return [item.text for item in health.truth(triage, NOW)]


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([], ["looking for sources …"]),
        ([live(), live()], ["2 sources ok"]),
        ([live(), live(HealthState.DENIED)], ["1 of 2 denied"]),
        ([live(HealthState.STALE)], ["1 of 1 broken, tried again"]),
        ([live(HealthState.THROTTLED, behind=2 * MINUTE)], ["1 of 1 throttled", "2m behind"]),
        ([live(heard=NOW - 2 * MINUTE)], ["1 of 1 do not answer"]),
        ([live(unfilled=43 * SECOND)], ["gap of 43s not filled"]),
        ([live(missing=3)], ["3 records missing"]),
        ([live(arrived=NOW - 4 * MINUTE)], ["1 source ok", "nothing for 4m, connected"]),
        (
            [live(arrived=0, since=NOW - 5 * MINUTE)],
            ["1 source ok", "nothing for 5m, connected"],
        ),
        ([live(arrived=NOW - 4 * MINUTE), live()], ["2 sources ok"]),
    ],
)
def test_the_worst_that_is_true_comes_first(reports: list[FileReport], words: list[str]) -> None:
    assert said(*reports) == words


def test_a_recording_that_is_none_is_said_first() -> None:
    recorder = SimpleNamespace(trouble="cannot write", lost=5)
    assert said(live(missing=1), recorder=recorder)[0] == "NOT RECORDED"
    recorder.trouble = None
    assert said(live(), recorder=recorder) == ["5 records not recorded"]


def test_the_panel_tells_gaps_and_errors() -> None:
    report = live(
        events=12,
        sampled=2,
        backfilled=1500,
        throttled=1,
        missing=1,
        behind=40 * SECOND,
        trouble="ThrottlingException: Rate exceeded",
        troubled=NOW,
        note="Live Tail",
    )
    assert report.live is not None
    text = "\n".join(line for line, _ in health.lines(report, report.live, 3.0, NOW))
    assert text.startswith("live: Live Tail\n12 events, 3.0/s, 40s behind, last event ")
    assert "2 updates sampled by Live Tail, 1,500 events read again, 1 request throttled" in text
    assert "1 record missing for good" in text
    assert text.endswith("ThrottlingException: Rate exceeded")
