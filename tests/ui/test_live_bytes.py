"""What goes over the line while a triage is live: counted as it is painted, with clocks that the
test moves."""

import re
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace

import pytest
from textual.app import App
from textual.drivers import headless_driver
from textual.pilot import Pilot

from tests.live import Tailed, Wall, live_triage
from triage_tui.model import SECOND
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

Lines = Callable[[App[None]], list[str]]
SECONDS = 15
STORM = 5
"""Seconds of a storm, which costs more."""
EVERY_SECOND = 5_000
STEPS = 5
"""In a second: the app's own ticks."""
BATCH = 100


class Line(headless_driver.HeadlessDriver):
    """Counts what a terminal would get."""

    sent = 0

    @property
    def is_headless(self) -> bool:
        return False  # Textual paints for no headless driver

    def write(self, data: str) -> None:
        self.sent += len(data.encode())


class Night:
    """A live app whose time passes when the test says so."""

    def __init__(self, triage: Triage, source: Tailed, wall: Wall, patch: pytest.MonkeyPatch):
        self.triage, self.source, self.wall = triage, source, wall
        self._ticks = 1000.0
        frozen = SimpleNamespace(monotonic=lambda: self._ticks)
        patch.setattr("triage_tui.ui.pace.time", frozen)
        patch.setattr("triage_tui.ui.rate.time", frozen)
        patch.setattr(headless_driver, "HeadlessDriver", Line)
        self._ips = [f"198.51.{number // 250}.{number % 250}" for number in range(EVERY_SECOND)]

    def app(self, *, slow_link: bool = False) -> TriageApp:
        app = TriageApp(
            self.triage,
            title="prod eu-west-1",
            mode="LIVE",
            slow_link=slow_link,
            sent=lambda: app._driver.sent if isinstance(app._driver, Line) else 0,
        )
        return app

    async def pass_seconds(self, pilot: Pilot[None], seconds: int, events: int = 0) -> None:
        """So many seconds, with so many events in each."""
        app = pilot.app
        assert isinstance(app, TriageApp)
        for step in range(seconds * STEPS):
            self.wall.now += SECOND // STEPS
            self._ticks += 1 / STEPS
            self.source.health.heard = self.wall.now
            moment = f"2026-03-15T02:{(self.wall.now // SECOND) % 3600 // 60:02}:00Z"
            for start in range(
                step % STEPS * events // STEPS, (step % STEPS + 1) * events // STEPS, BATCH
            ):
                await self.source.send(*self._ips[start : start + BATCH], time=moment)
            while self.triage.index.rows < self.source.sent:
                await pilot.pause()
            app._tick()
            while app._painting is not None:
                await pilot.pause()
            await pilot.pause()

    async def bytes_a_second(
        self, pilot: Pilot[None], events: int = 0, seconds: int = SECONDS
    ) -> float:
        """What was sent to the terminal meanwhile."""
        line = pilot.app._driver
        assert isinstance(line, Line)
        await self.pass_seconds(pilot, 2, events)
        before = line.sent
        await self.pass_seconds(pilot, seconds, events)
        return (line.sent - before) / seconds


@pytest.fixture
async def night(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    wall = Wall()
    source = Tailed(wall)
    async with live_triage([source], wall) as triage:
        yield Night(triage, source, wall, monkeypatch)


@pytest.mark.parametrize(("slow_link", "most"), [(False, 8192), (True, 2048)])
async def test_a_storm_is_painted_within_its_budget(
    night: Night, slow_link: bool, most: int, screen_text: Lines
) -> None:
    app = night.app(slow_link=slow_link)
    async with app.run_test(size=(80, 24)) as pilot:
        sent = await night.bytes_a_second(pilot, EVERY_SECOND, STORM)
        assert 0 < sent <= most
        events = [line for line in screen_text(app) if "198.51." in line]
        assert len(events) > 5
        assert "k/s" in screen_text(app)[0]


async def test_idle_the_clock_costs_little(night: Night, screen_text: Lines) -> None:
    app = night.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await night.pass_seconds(pilot, 2, 50)
        assert 0 < await night.bytes_a_second(pilot) <= 200
        assert re.search("02:00:1[89]Z", screen_text(app)[0])


async def test_standing_still_costs_nothing_while_nothing_comes(night: Night) -> None:
    app = night.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await night.pass_seconds(pilot, 2, 50)
        await pilot.press("space")
        assert await night.bytes_a_second(pilot) == 0
        assert 0 < await night.bytes_a_second(pilot, 100) <= 200  # the count of what is new


async def test_a_slow_link_answers_keys_at_once(night: Night, screen_text: Lines) -> None:
    app = night.app(slow_link=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await night.pass_seconds(pilot, 2, 50)
        assert app.animation_level == "none"

        def marked() -> str:
            return next(line for line in screen_text(app) if line.startswith("▌"))

        before = marked()
        await pilot.press("j")
        await pilot.pause()
        assert marked() != before
        await pilot.press("space")
        await pilot.pause()
        assert "paused" in screen_text(app)[0]
