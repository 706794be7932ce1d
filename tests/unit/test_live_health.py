"""The live clock, and what is said of live sources."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.rows import Rows
from triage_tui.health import FileReport, HealthState, LiveHealth
from triage_tui.model import AHEAD, MINUTE, SECOND
from triage_tui.sources.clock import HORIZON, LiveClock
from triage_tui.store.index import Index
from triage_tui.ui.adapters import health, words
from widgets.status import StatusItem

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


def told(reports: Sequence[FileReport], recorder: object = None) -> list[StatusItem]:
    sources = [SimpleNamespace(report=report) for report in reports]
    triage = SimpleNamespace(sources=sources, recorder=recorder, index=Index())
    return health.truth(cast("Triage", triage), NOW)


def said(*reports: FileReport, recorder: object = None) -> list[str]:
    return [item.text for item in told(reports, recorder)]


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([], ["looking for sources …"]),
        ([live(), live()], ["2 sources ok"]),
        ([live(), live(HealthState.DENIED)], ["1 of 2 denied"]),
        ([live(HealthState.STALE)], ["1 of 1 broken, tried again"]),
        (
            [live(HealthState.THROTTLED, complete=NOW - 2 * MINUTE)],
            ["1 of 1 throttled", "2m behind"],
        ),
        ([live(HealthState.POLLING, complete=NOW - MINUTE, every=MINUTE)], ["1 source ok"]),
        ([live(HealthState.POLLING, complete=NOW - 2 * MINUTE, every=MINUTE)], ["2m behind"]),
        ([live(HealthState.ENDED, complete=NOW - 2 * MINUTE)], ["1 source ok"]),
        (
            [live(), live(HealthState.POLLING, is_search=True, unmatched=("/shpo/*",))],
            ["no log group matches /shpo/*"],
        ),
        (
            [live(unmatched=("/a", "/b")), live(unmatched=("/a",))],
            ["2 globs match no log group"],
        ),
        ([live(heard=NOW - 40 * SECOND)], ["no answer for 40s"]),
        (
            [live(heard=NOW - 40 * SECOND), live(HealthState.DENIED), live(HealthState.STALE)],
            ["1 of 3 denied", "1 of 3 broken, tried again", "1 of 3: no answer for 40s"],
        ),
        ([live(HealthState.CONNECTING), live()], ["1 of 2 reconnecting"]),
        ([live(HealthState.CONNECTING, since=0, arrived=0)], ["1 of 1 connecting"]),
        (
            [live(HealthState.DENIED, arrived=NOW - 4 * MINUTE)],
            ["1 of 1 denied"],  # it is not connected, so its silence says nothing
        ),
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


reports = st.builds(
    live,
    st.sampled_from(HealthState),
    since=st.sampled_from((0, NOW - MINUTE)),
    heard=st.integers(NOW - 5 * MINUTE, NOW),
    arrived=st.sampled_from((0, NOW - 4 * MINUTE, NOW)),
    complete=st.just(0) | st.integers(NOW - 5 * MINUTE, NOW),
    every=st.sampled_from((0, MINUTE)),
    unmatched=st.sampled_from(((), ("/shpo/*",))),
    missing=st.integers(0, 2),
    unfilled=st.sampled_from((0, 3 * SECOND)),
    is_search=st.booleans(),
)


@given(st.lists(reports, min_size=1, max_size=8))
def test_it_is_ok_only_where_nobody_has_to_look(found: list[FileReport]) -> None:
    items = told(found)
    texts = [item.text for item in items]
    worried = any(health.condition(report, NOW).worry for report in found)
    late = any(health.delay(report, NOW) >= health.BEHIND for report in found)
    connecting = any(report.state is HealthState.CONNECTING for report in found)
    worried |= any(report.live and report.live.unmatched for report in found)
    assert any(text.endswith(" ok") for text in texts) is not (worried or late or connecting)
    kept = [item.priority for item in items if " connected" not in item.text]
    assert kept == sorted(kept, reverse=True)  # the worst comes first, and is the last to go
    for state, word in ((HealthState.DENIED, "denied"), (HealthState.THROTTLED, "throttled")):
        count = sum(report.state is state for report in found)
        assert (f"{count} of {len(found)} {word}" in texts) is bool(count)
    silent = [text for text in texts if text.endswith("connected")]
    arrived = max(report.live.arrived for report in found if report.live)
    assert not (silent and arrived == NOW)


def test_what_is_dated_later_than_now_is_counted() -> None:
    index, columns = Index(), Rows(0, 0)
    late = (NOW - MINUTE, NOW + AHEAD, NOW + 2 * MINUTE, NOW + 3 * MINUTE)
    for number, time in enumerate((*late, NOW + 3 * MINUTE)):
        own_id = str(min(number, 3))  # the last one comes twice
        columns.add(format="test", time=time, own_id=own_id, raw=b"")
    index.append(columns.columns())
    sources = [SimpleNamespace(report=live())]
    triage = cast("Triage", SimpleNamespace(sources=sources, recorder=None, index=index))
    assert [item.text for item in health.truth(triage, NOW)] == ["2 in the future"]
    assert health.future(triage, NOW + 5 * MINUTE) == 0


def test_a_recording_that_is_none_is_said_first() -> None:
    recorder = SimpleNamespace(trouble="cannot write", lost=5)
    assert said(live(missing=1), recorder=recorder)[0] == "NOT RECORDED"
    recorder.trouble = None
    assert said(live(), recorder=recorder) == ["5 records not recorded"]


def test_each_gap_is_told_to_the_second_and_the_newest_first() -> None:
    report = live()
    assert report.live is not None
    report.live.miss(NOW, NOW, "nothing is missing")
    for number in range(12):
        report.live.miss(NOW + number * MINUTE, NOW + number * MINUTE + 2 * SECOND, "why")
    report.live.miss(NOW + 11 * MINUTE + SECOND, NOW + 12 * MINUTE, "why")  # it grows
    assert report.live.unfilled == 11 * 2 * SECOND + MINUTE
    assert len(report.live.gaps) == 10
    told = [
        line for line, _ in health.lines(report, report.live, 0.0, NOW) if "nothing from" in line
    ]
    assert told[0].startswith("nothing from 2026-11-18 Wed 11:17:40Z to 2026-11-18 Wed 11:18:40Z")
    assert told[0].endswith("(60 seconds), nor what came late for the time before: why")
    assert len(told) == 10


def test_the_panel_tells_gaps_and_errors() -> None:
    report = live(
        events=12,
        sampled=2,
        backfilled=1500,
        throttled=1,
        missing=1,
        complete=NOW - 40 * SECOND,
        trouble="ThrottlingException: Rate exceeded",
        troubled=NOW,
        note="Live Tail",
    )
    assert report.live is not None
    text = "\n".join(line for line, _ in health.lines(report, report.live, 3.0, NOW))
    assert text.startswith("live: Live Tail\n12 events, 3.0/s, 40s behind, last event ")
    assert "2 updates sampled by Live Tail, 1,500 events backfilled, 1 request throttled" in text
    assert "1 record missing for good" in text
    assert text.endswith("ThrottlingException: Rate exceeded")


def test_an_error_that_is_over_is_no_alarm() -> None:
    report = live(trouble="it broke", troubled=NOW - health.OVER)
    assert report.live is not None

    def told() -> tuple[str, str]:
        assert report.live is not None
        return health.lines(report, report.live, 0.0, NOW)[-1]

    assert told() == (f"{words.clock(NOW - health.OVER)}, 30s ago: it broke", "bad")
    report.live.troubled -= 1
    assert told() == (f"last error {words.clock(NOW - health.OVER - 1)}, 30s ago: it broke", "dim")
    report.state = HealthState.DENIED
    assert told()[1] == "bad"


def test_who_looks_at_an_empty_screen_is_told_the_worst_reason() -> None:
    broken = live(HealthState.STALE, trouble="Could not connect")
    lost = live(HealthState.POLLING, unmatched=("/shpo/*",))
    assert health.worst([live(), lost], NOW).startswith(
        "/shop/a, here: no log group matches '/shpo/*': is it mistyped"
    )
    assert health.worst([live(), lost, broken], NOW) == "/shop/a, here: Could not connect"
    assert health.worst([live()], NOW) == health.worst([], NOW) == ""


def test_the_row_of_a_source_says_what_is_so_now() -> None:
    """An error that is over is no reason to look, and what throttling comes to says more than its
    code."""
    lost = live(HealthState.POLLING, unmatched=("/shpo/*",), trouble="no profile", note="6 match")
    slow = live(HealthState.THROTTLED, trouble="ThrottlingException: …", note="slowed down to 1/s")
    denied = live(HealthState.DENIED, unmatched=("/shpo/*",), trouble="it is denied")

    def said(report: FileReport) -> str:
        assert report.live is not None
        return health.reason(report, report.live, NOW)

    assert said(lost).startswith("no log group matches '/shpo/*'")
    assert said(slow) == "slowed down to 1/s"
    assert said(denied) == "it is denied"
