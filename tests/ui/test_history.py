"""`H` asks how far back, says what it costs, and only then begins; while it runs, it can be
stopped."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from triage_tui.past import Asked, Estimate, PastError, seconds, size
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

Lines = Callable[[TriageApp], list[str]]


class Searches:
    """A `ports.Past` that remembers."""

    def __init__(self, found: Estimate | str) -> None:
        self.found = found
        self.begun: list[Asked] = []
        self.stopped = 0
        self.told = ""

    @property
    def is_running(self) -> bool:
        return bool(self.told)

    async def estimate(self, asked: Asked) -> Estimate:
        if isinstance(self.found, str):
            raise PastError(self.found)
        return self.found

    def start(self, asked: Asked) -> None:
        self.begun.append(asked)
        self.told = "history 40%, 1,204 records"

    def stop(self) -> None:
        self.stopped += 1
        self.told = ""


async def seen(pilot: Pilot[None], screen_text: Lines, words: str) -> None:
    app = pilot.app
    assert isinstance(app, TriageApp)
    for _ in range(3000):
        await pilot.pause(0.01)
        if words in "\n".join(screen_text(app)):
            return
    raise AssertionError("\n".join([f"never said: {words}", *screen_text(app)]))


async def test_it_is_said_what_it_costs_and_only_then_begun(
    demo: Triage, screen_text: Lines
) -> None:
    past = Searches(Estimate(12, 3_400_000_000, 2, 20_000_000_000))
    demo.past = past
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("H")
        await seen(pilot, screen_text, "how far back")
        await pilot.press("ctrl+u", "7", "d")
        await seen(pilot, screen_text, "the last 168.0 hours")
        await pilot.press("enter")
        await seen(pilot, screen_text, "12 log groups, about 3.4 GB to scan (0.02 dollars")
        assert past.begun == []
        await pilot.press("y")
        while not past.begun:
            await pilot.pause(0.01)
        (asked,) = past.begun
        assert asked.until - asked.since == 7 * 86_400 * 10**9
        await pilot.press("H")
        await seen(pilot, screen_text, "Stop the search of the past?")
        await seen(pilot, screen_text, "history 40%, 1,204 records")
        await pilot.press("y")
        while not past.stopped:
            await pilot.pause(0.01)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Estimate(12, 34_000_000_000, 0, 20_000_000_000), "to scan"),
        ("a name that cannot be looked for", "a name that cannot be looked for"),
    ],
)
async def test_what_is_refused_begins_nothing(
    demo: Triage, screen_text: Lines, found: Estimate | str, words: str
) -> None:
    past = demo.past = Searches(found)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("H")
        await seen(pilot, screen_text, "how far back")
        await pilot.press("enter")
        await seen(pilot, screen_text, words)
        assert past.begun == []


async def test_a_replay_says_where_the_past_is(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("H")
        await seen(pilot, screen_text, "the past is searched in a live triage")


def test_spans_and_sizes() -> None:
    assert [seconds(text) for text in ("90s", "12h", " 7d ")] == [90, 43_200, 604_800]
    for text in ("0d", "d", "1w", "-1d", "٣d"):
        with pytest.raises(ValueError, match="no span of time"):
            seconds(text)
    assert [size(count) for count in (12, 1500, 2_000_000, 3_400_000_000)] == [
        "12 bytes",
        "1.5 kB",
        "2.0 MB",
        "3.4 GB",
    ]
