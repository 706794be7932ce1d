"""The screen of sources: each with all that is known of it, those in trouble first."""

import re
from collections.abc import AsyncIterator, Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.live import NOW, Tailed, Wall, live_triage
from triage_tui.health import FileReport, HealthState
from triage_tui.model import MINUTE, SECOND
from triage_tui.triage import Triage
from triage_tui.ui.adapters.sources import Rates, SourceRows
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.sources import SourcesScreen

Lines = Callable[[App[None]], list[str]]
SIZES = [(60, 20), (120, 40)]  # 80x24 is in the dumps


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def source(wall: Wall) -> Tailed:
    return Tailed(wall)


@pytest.fixture
async def live(source: Tailed, wall: Wall) -> AsyncIterator[Triage]:
    async with live_triage([source], wall) as triage:
        yield triage


async def settle(pilot: Pilot[None], app: TriageApp) -> None:
    for _ in range(3):
        await pilot.pause()
    app.show_now()
    await pilot.pause()


async def tick(pilot: Pilot[None], app: TriageApp) -> None:
    """What the app's timer does once a second."""
    screen = app.screen
    assert isinstance(screen, SourcesScreen)
    screen.show_clock()
    await pilot.pause()


def row_of(lines: list[str], name: str) -> str:
    """The table's line, above the panel."""
    found = [line for line in lines[:-8] if name in line and not line.startswith("──")]
    assert found, f"{name} is not in the table:\n" + "\n".join(lines)
    return found[0]


@pytest.mark.parametrize("size", SIZES)
async def test_it_follows_the_sources(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=size) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("i")
        await settle(pilot, app)
        text = "\n".join(screen_text(app))
        assert "Sources  1" in text
        assert "/shop/cart  prod eu-west-1" in text
        assert "1 event, last event 02:00:00Z, 0s ago" in text
        assert "--no-record" in text
        assert "1 record, 0 duplicates, 0 unparsed" in text
        wall.now += 4 * MINUTE
        source.health.heard = wall.now
        source.report.state = HealthState.DENIED
        source.health.trouble, source.health.troubled = "\x1b[2Jnot \u202eallowed", wall.now
        await tick(pilot, app)
        text = "\n".join(screen_text(app))
        assert "1 to look at" in text
        assert "denied" in text
        assert "4m ago" in text
        assert "02:04:00Z, 0s ago: " in text
        assert "allowed" in text
        assert not {"\x1b", "\u202e"} & set(text)


async def test_rates_are_those_of_the_last_seconds(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot, app)
        await pilot.press("i")
        await settle(pilot, app)
        wall.now += 2 * SECOND
        source.health.events += 800
        await tick(pilot, app)
        assert "400/s" in row_of(screen_text(app), "/shop/cart")
        for _ in range(60):
            wall.now += SECOND
            await tick(pilot, app)
        assert not re.search(r"\d/s", row_of(screen_text(app), "/shop/cart"))


def test_a_clock_that_is_set_back_makes_no_rate(live: Triage, source: Tailed, wall: Wall) -> None:
    rates = Rates()
    rates.look(live)
    wall.now -= MINUTE
    source.health.events = 50
    rates.look(live)
    assert rates.of(0) == 0
    wall.now += SECOND
    source.health.events = 53
    rates.look(live)
    assert rates.of(0) == 3


@pytest.fixture
def night(wall: Wall) -> list[Tailed]:
    """One source in each state, in no order."""
    sources = [Tailed(wall, f"/{state.value}", state=state) for state in HealthState]
    unheard, lossy = Tailed(wall, "/unheard"), Tailed(wall, "/lossy")
    unheard.health.heard = NOW - 2 * MINUTE
    lossy.health.missing, lossy.health.sampled, lossy.health.backfilled = 3, 4100, 77
    lossy.health.complete, lossy.health.note = NOW - 40 * SECOND, "Live Tail"
    return [*sources, unheard, lossy]


async def test_those_in_trouble_come_first_and_then_all_by_name(
    night: list[Tailed], wall: Wall, screen_text: Lines
) -> None:
    async with live_triage(night, wall) as triage:
        app = TriageApp(triage, title="prod", mode="LIVE")
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("i")
            await settle(pilot, app)
            lines = screen_text(app)
            shown = [line.strip("▌ ").split()[0] for line in lines[3:12]]
            assert shown == [
                "/denied", "/stale", "/unheard", "/lossy", "/throttled", "/connecting",
                "/ended", "/live", "/polling",
            ]  # fmt: skip
            assert "reconnecting" in row_of(lines, "/connecting")
            assert "no answer" in row_of(lines, "/unheard")
            assert lines[2].split() == [
                "SOURCE", "PLACE", "STATE", "BEHIND", "RATE", "SAMPLED", "BACKFILL", "MISSING",
                "LAST", "EVENT", "NOTE",
            ]  # fmt: skip
            lossy = row_of(lines, "/lossy").split()
            assert lossy[1:6] == ["prod", "eu-west-1", "live", "40s", "4.1k"]
            assert lossy[6:] == ["77", "3", "Live", "Tail"]
            assert "1 of 9 denied" in lines[0]
            assert "6 to look at" in lines[1]


async def test_hundreds_of_sources_scroll_and_the_cursor_stays_where_it_was_put(
    wall: Wall, screen_text: Lines
) -> None:
    many = [Tailed(wall, f"/group/{number:03}") for number in reversed(range(500))]
    async with live_triage(many, wall) as triage:
        app = TriageApp(triage, title="prod", mode="LIVE")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("i")
            await settle(pilot, app)
            assert "/group/000" in row_of(screen_text(app), "/group/0")
            await pilot.press("G")
            await settle(pilot, app)
            assert "── /group/499" in "\n".join(screen_text(app))
            await pilot.press("pageup", "k")
            await settle(pilot, app)
            chosen = next(line for line in screen_text(app) if line.startswith("── "))
            many[3].report.state = HealthState.DENIED  # it goes to the top, out of sight
            await tick(pilot, app)
            assert chosen in screen_text(app)
            await pilot.press("g")
            await settle(pilot, app)
            assert "denied" in row_of(screen_text(app), "/group/496")


def test_rows_are_built_when_they_are_asked_for(wall: Wall, live: Triage) -> None:
    live.sources[:] = [Tailed(wall, f"/group/{number:03}") for number in range(500)]
    rows = SourceRows(live, Rates())
    assert rows.row_count() == 500
    assert not rows._rows
    assert rows.row(7).key == "7"
    assert rows.index_of("7") == 7


async def test_standing_still_it_goes_on_telling_how_the_sources_are(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("space", "i")
        await settle(pilot, app)
        wall.now += 10 * SECOND
        await source.send("198.51.100.2")
        source.report.state = HealthState.THROTTLED
        await tick(pilot, app)
        lines = screen_text(app)
        assert "paused +1 new" in lines[0]
        assert "1 of 1 throttled" in lines[0]
        assert "throttled" in row_of(lines, "/shop/cart")


async def test_enter_shows_all_of_a_source_however_long(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines
) -> None:
    source.health.trouble = "AccessDenied: " + "not allowed " * 60 + "the very end\x1b[31m[/x]"
    source.health.troubled = wall.now
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("i")
        await settle(pilot, app)
        assert "Enter shows all of it" in "\n".join(screen_text(app))
        assert "the very end" not in "\n".join(screen_text(app))
        await pilot.press("enter", "G")
        await settle(pilot, app)
        text = "\n".join(screen_text(app))
        assert "the very end" in text
        assert "\x1b" not in text
        await pilot.press("escape", "v", "escape")
        await settle(pilot, app)
        assert not isinstance(app.screen, SourcesScreen)


async def test_it_opens_from_every_screen_and_once(live: Triage, source: Tailed) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        for way in ("enter", "b"):
            await pilot.press(way)
            await settle(pilot, app)
            await pilot.press("i", "i")
            await settle(pilot, app)
            assert isinstance(app.screen, SourcesScreen)
            await pilot.press("q")
            await settle(pilot, app)
            assert not isinstance(app.screen, SourcesScreen)
            await pilot.press("escape")


@pytest.mark.parametrize("size", SIZES)
async def test_without_any_source_it_says_what_is_looked_for(
    wall: Wall, screen_text: Lines, size: tuple[int, int]
) -> None:
    async with live_triage([], wall) as triage:
        app = TriageApp(triage, title="prod", mode="LIVE")
        async with app.run_test(size=size) as pilot:
            await pilot.press("i", "enter", "j", "G")
            await settle(pilot, app)
            text = "\n".join(screen_text(app))
            assert "looking for sources" in text
            assert "no source yet: looking for log groups and findings" in text


async def test_files_and_what_is_live_stand_in_one_table(
    live: Triage, wall: Wall, screen_text: Lines
) -> None:
    """As in a night that was resumed."""
    read = Tailed(wall, "/nights/1/0001.jsonl")
    read.report = FileReport("/nights/1/0001.jsonl", {"cloudtrail": 1200}, state=HealthState.ENDED)
    live.sources.append(read)
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("i")
        await settle(pilot, app)
        row = row_of(screen_text(app), "0001.jsonl")
        assert "ended" in row
        assert "1,200 cloudtrail" in row
        assert "live" in row_of(screen_text(app), "/shop/cart")


async def test_two_of_one_name_are_told_apart_where_places_have_no_column(
    wall: Wall, screen_text: Lines
) -> None:
    both = [Tailed(wall, "guardduty"), Tailed(wall, "guardduty"), Tailed(wall, "/shop/a")]
    both[1].health.place = "prod us-east-1"
    async with live_triage(both, wall) as triage:
        app = TriageApp(triage, title="prod", mode="LIVE")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("i")
            await settle(pilot, app)
            lines = screen_text(app)
            assert "PLACE" not in lines[2]
            assert " guard" in row_of(lines, "eu-west-1 ")
            assert " guard" in row_of(lines, "us-east-1 ")
            assert "eu-west" not in row_of(lines, "/shop/a")
