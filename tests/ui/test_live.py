"""A live triage on the screen: it stands still when told to, and tells the truth meanwhile."""

from collections.abc import AsyncIterator, Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.live import Tailed, Wall, live_triage
from triage_tui.model import HOUR, SECOND
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

Lines = Callable[[App[None]], list[str]]


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def source(wall: Wall) -> Tailed:
    return Tailed(wall)


@pytest.fixture
async def live(source: Tailed, wall: Wall) -> AsyncIterator[Triage]:
    """A triage that reads the source while the test runs."""
    async with live_triage([source], wall) as triage:
        yield triage


async def settle(pilot: Pilot[None], app: TriageApp) -> None:
    for _ in range(3):
        await pilot.pause()
    app.show_now()
    await pilot.pause()


async def test_it_says_live_and_how_the_sources_are(
    live: Triage, source: Tailed, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod eu-west-1", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        lines = screen_text(app)
        assert lines[0].startswith(" LIVE  prod eu-west-1  Sun 02:00:00Z")
        assert lines[0].rstrip().endswith("1 source ok")
        assert any("198.51.100.1" in line for line in lines)
        assert "Space pause" in lines[-1]


async def test_standing_still_nothing_moves_but_the_count(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("space")
        before = screen_text(app)
        assert "paused +0 new" in before[0]
        wall.now += 10 * SECOND
        await source.send("198.51.100.2", "198.51.100.3")
        app.screen.show_clock()  # type: ignore[attr-defined] # what its timer does
        await pilot.pause()
        after = screen_text(app)
        assert "paused +2 new" in after[0]
        assert after[1:-1] == before[1:-1]
        await pilot.press("space")
        await settle(pilot, app)
        lines = screen_text(app)
        assert "paused" not in lines[0]
        assert any("198.51.100.3" in line for line in lines)


async def test_speed_is_refused_in_words(live: Triage, source: Tailed, screen_text: Lines) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("plus")
        await settle(pilot, app)
        assert "one speed" in "\n".join(screen_text(app))


async def test_a_block_cannot_be_planned_and_it_says_why(
    live: Triage, source: Tailed, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("j", "k", "B")
        await settle(pilot, app)
        assert "no blocklist is configured" in "\n".join(screen_text(app))


async def test_wherever_one_is_it_says_that_it_stands_still(
    live: Triage, source: Tailed, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("space")
        for way_in, way_out in (("enter", "escape"), ("b", "escape"), ("i", "escape")):
            await pilot.press(way_in)
            await settle(pilot, app)
            assert "|| paused +0 new" in screen_text(app)[0]
            await pilot.press(way_out)
        await pilot.press("enter", "space")
        await settle(pilot, app)
        assert "paused" not in screen_text(app)[0]


async def test_standing_still_one_can_look_around_in_what_was_there(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1", "198.51.100.2")
        await settle(pilot, app)
        await pilot.press("space")
        wall.now += 20 * SECOND
        await source.send("198.51.100.1", "198.51.100.9", time="2026-03-15T02:00:20Z")
        await pilot.press("j", "k", "tab", "shift+tab")
        await settle(pilot, app)
        text = "\n".join(screen_text(app))
        assert "+2 new" in text
        assert "198.51.100.2" in text
        assert "198.51.100.9" not in text
        await pilot.press("enter")
        await settle(pilot, app)
        assert "1 event" in "\n".join(screen_text(app)[:4])


async def test_one_can_go_to_any_time_up_to_now(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        wall.now += 45 * SECOND
        await settle(pilot, app)
        await pilot.press("S", *"02:00:30")
        await settle(pilot, app)
        assert "after the last event" not in "\n".join(screen_text(app))
        await pilot.press("enter")
        await settle(pilot, app)
        assert "02:00:30Z" in screen_text(app)[0]
        await pilot.press("]", "]")
        await settle(pilot, app)
        assert "02:00:45Z" in screen_text(app)[0]
        assert "paused" not in screen_text(app)[0]


async def test_after_an_hour_of_silence_nothing_is_lately(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)

        def pulse() -> set[str]:
            line = next(line for line in screen_text(app) if "198.51.100.1" in line)
            return set(line) & set("▁▂▃▄▅▆▇█")

        assert pulse() != {"▁"}
        wall.now += HOUR
        source.health.heard = wall.now
        await settle(pilot, app)
        assert pulse() <= {"▁"}
        assert "nothing for 1h, connected" in screen_text(app)[0]


async def test_one_wrong_date_is_counted_and_makes_nothing_else_old(
    live: Triage, source: Tailed, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await source.send("198.51.100.2", time="2036-03-15T02:00:00Z")
        await settle(pilot, app)
        lines = screen_text(app)
        assert "1 in the future" in lines[0]
        line = next(line for line in lines if "198.51.100.1" in line)
        assert set(line) & set("▂▃▄▅▆▇█")
