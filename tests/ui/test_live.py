"""A live triage on the screen: it stands still when told to, and tells the truth meanwhile."""

import asyncio
import json
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.cli.readonly import NoBlocklist
from triage_tui.health import FileReport, HealthState, LiveHealth
from triage_tui.model import MINUTE, SECOND, Batch
from triage_tui.sources.clock import LiveClock
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

Lines = Callable[[App[None]], list[str]]
NOW = 1_773_540_000 * SECOND


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Tailed:
    """An endless source that a test feeds."""

    endless = True

    def __init__(self, wall: Wall) -> None:
        self.health = LiveHealth(place="prod eu-west-1", since=NOW, heard=NOW)
        self.report = FileReport("/shop/cart", state=HealthState.LIVE, live=self.health)
        self._wall = wall
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._taken = asyncio.Event()

    async def send(self, *ips: str) -> None:
        """One event of each address; returns when they are in."""
        for ip in ips:
            record = {
                "eventVersion": "1.11",
                "eventTime": "2026-03-15T02:00:00Z",
                "eventSource": "s3.amazonaws.com",
                "eventName": "GetObject",
                "eventID": f"event of {ip}",
                "sourceIPAddress": ip,
                "userIdentity": {"type": "IAMUser", "userName": "m", "principalId": "A"},
            }
            self._taken.clear()
            self._queue.put_nowait(json.dumps(record).encode())
            self.health.events += 1
            self.health.arrived = self._wall()
            await self._taken.wait()

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        while True:
            data = await self._queue.get()
            yield Batch(number, data, array("Q", [0]), array("Q", [len(data)]), self._wall())
            self._taken.set()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def source(wall: Wall) -> Tailed:
    return Tailed(wall)


@pytest.fixture
async def live(source: Tailed, wall: Wall) -> AsyncIterator[Triage]:
    """A triage that reads the source while the test runs."""
    spool = Spool()
    triage = Triage(
        [source],
        clock=LiveClock(ticks=lambda: 0, wall_time=wall),
        spool=spool,
        raw=RawFiles([], spool),
        casebook=await SqliteCasebook.open(None, wall=wall),
        blocklist=NoBlocklist("no blocklist is configured"),
        author="maria",
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(triage.run())
        yield triage
        running.cancel()
    await triage.close()


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


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_the_panel_follows_the_sources(
    live: Triage, source: Tailed, wall: Wall, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=size) as pilot:
        await source.send("198.51.100.1")
        await settle(pilot, app)
        await pilot.press("i")
        await settle(pilot, app)
        text = "\n".join(screen_text(app))
        assert "/shop/cart" in text
        assert "1 event, last event 02:00:00Z, 0s ago" in text
        assert "--no-record" in text
        wall.now += 4 * MINUTE
        source.health.heard = wall.now
        source.report.state = HealthState.DENIED
        source.health.trouble, source.health.troubled = "\x1b[2Jnot \u202eallowed", wall.now
        app.screen._look_again()  # type: ignore[attr-defined] # what its timer does
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "denied" in text
        assert "4m ago" in text
        assert "allowed" in text
        assert not {"\x1b", "\u202e"} & set(text)


async def test_without_any_source_it_says_what_is_looked_for(
    wall: Wall, screen_text: Lines
) -> None:
    spool = Spool()
    triage = Triage(
        [],
        clock=LiveClock(ticks=lambda: 0, wall_time=wall),
        spool=spool,
        raw=RawFiles([], spool),
        casebook=await SqliteCasebook.open(None, wall=wall),
        blocklist=NoBlocklist(),
        author="maria",
    )
    app = TriageApp(triage, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("i")
        await settle(pilot, app)
        text = "\n".join(screen_text(app))
        assert "looking for sources" in text
        assert "no source yet" in text
    await triage.close()
