"""The list of blocks: as of the cursor, undone and extended only when that is confirmed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import HOUR, MINUTE, BlockRequest, BlockState
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.triage import Triage
from triage_tui.ui.adapters.blocks import summary, time_left
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.blocks import BlocksScreen
from triage_tui.ui.screens.inspect import InspectScreen
from widgets.confirm import Confirm

Lines = Callable[[App[None]], list[str]]
NASTY = "\x1b]0;owned\x07[/red]\x9b31m\u202egnp\u200b日本\ud800[@click=app.quit]x[/]"
SIZES = [(60, 20), (120, 40)]  # 80x24 is in the dumps


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def answer(pilot: Pilot[None], app: TriageApp, key: str) -> None:
    """Answers the last question once it can have been read."""
    for _ in range(3000):
        await pilot.pause(0.01)
        if isinstance(app.screen, Confirm) and app.screen.readable:
            await press(pilot, key)
            return
    raise AssertionError("no question was asked")


async def blocked(triage: Triage, cidr: str, expires: int | None, reason: str = "scans") -> None:
    key = cidr.partition("/")[0]
    now = triage.clock.position()
    await triage.block(
        BlockRequest(cidr, triage.blocklist.name, reason, "maria", expires, f"ip:{key}", now)
    )


async def opened(pilot: Pilot[None], app: TriageApp) -> BlocksScreen:
    await settle(pilot)
    await press(pilot, "b")
    assert isinstance(app.screen, BlocksScreen)
    return app.screen


async def test_empty(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, app)
        assert "nothing is blocked; B on an entity plans a block" in "\n".join(screen_text(app))
        await press(pilot, "U", "x", "enter")
        assert app.screen is screen
        await press(pilot, "escape")
        assert app.screen is not screen


async def test_what_another_window_blocked_shows(
    demo: Triage, screen_text: Lines, tmp_path: Path
) -> None:
    journals = [await Journal.open(tmp_path / "j.db", wall=lambda: 1) for _ in range(2)]
    demo.blocklist, other = (
        SimulatedBlocklist(journal, GuardPolicy(), name="demo-blocklist") for journal in journals
    )
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        now = demo.clock.position()
        cidr = "203.0.113.77/32"
        request = BlockRequest(cidr, other.name, "scans", "lee", HOUR, "ip:203.0.113.77", now)
        block = await other.verify(await other.apply(request))
        screen = await opened(pilot, app)
        await app.workers.wait_for_complete()
        await settle(pilot)
        assert [each.id for each in screen.found.values()] == [block.id]
        assert "lee" in "\n".join(screen_text(app))
    for journal in journals:
        await journal.close()


async def test_a_journal_that_cannot_be_read_again_is_said(
    demo: Triage, screen_text: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> None:
        raise ResponseError("Cannot use the journal", "It is gone.", "Put it back.")

    monkeypatch.setattr(demo.blocklist, "refresh", refuse)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, app)
        assert "Cannot use the journal" in "\n".join(screen_text(app))


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_blocked_and_until_when(
    demo: Triage, screen_text: Lines, size: tuple[int, int]
) -> None:
    await blocked(demo, "203.0.113.77/32", HOUR)
    await blocked(demo, "198.51.100.23/32", None, "stolen key")
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        lines = screen_text(app)
        assert all(len(line) == size[0] for line in lines)
        assert "Blocks of demo-blocklist" in lines[1]
        assert "2 in force" in lines[1]
        assert "SIMULATED" in lines[1]
        never, hour = lines[3], lines[4]
        assert never.startswith("▌ ■ in force  198.51.100.23/32")
        assert "never" in never
        assert "203.0.113.77/32" in hour
        assert " 1h " in hour
        text = "\n".join(lines)
        assert "reason: stolen key" in text
        assert "it never expires; for ip:198.51.100.23" in text
        await press(pilot, "j")
        assert "reason: scans" in "\n".join(screen_text(app))


async def test_undo_asks_first(demo: Triage, screen_text: Lines) -> None:
    await blocked(demo, "203.0.113.77/32", HOUR)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await press(pilot, "U")
        await answer(pilot, app, "n")
        assert demo.blocks()[0].state is BlockState.VERIFIED
        await press(pilot, "U")
        await answer(pilot, app, "y")
        assert demo.blocks()[0].state is BlockState.UNDONE
        assert "↶ undone" in "\n".join(screen_text(app))
        await press(pilot, "U")
        assert isinstance(app.screen, BlocksScreen)


async def test_extend_by_an_hour(demo: Triage) -> None:
    await blocked(demo, "203.0.113.77/32", HOUR)
    before = demo.blocks()[0].expires or 0
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await press(pilot, "x")
        await answer(pilot, app, "y")
        assert demo.blocks()[0].expires == before + HOUR


async def test_as_of_the_cursor(demo: Triage, screen_text: Lines) -> None:
    demo.clock.step(-20 * MINUTE)
    await blocked(demo, "203.0.113.77/32", 15 * MINUTE)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        assert " 15m " in screen_text(app)[3]
        await press(pilot, "}")
        assert " 13m " in screen_text(app)[3]
        demo.clock.step(15 * MINUTE)
        app.show_now()
        await settle(pilot)
        assert "✓ expired" in screen_text(app)[3]
        demo.clock.step(-20 * MINUTE)
        app.show_now()
        await settle(pilot)
        assert "nothing is blocked" in "\n".join(screen_text(app))


async def test_enter_inspects_whom_it_was_made_for(demo: Triage, screen_text: Lines) -> None:
    await blocked(demo, "203.0.113.77/32", HOUR)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, app)
        await press(pilot, "enter")
        assert [type(each) for each in app.screen_stack[1:]] == [BlocksScreen, InspectScreen]
        assert "■ blocked 1h" in screen_text(app)[1]
        await press(pilot, "escape")
        assert app.screen is screen


async def test_errors_and_hostile_reasons_in_place(
    demo: Triage, screen_text: Lines, leaks: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await blocked(demo, "203.0.113.77/32", HOUR, NASTY)

    async def failing(_block: object) -> None:
        raise ResponseError("The journal cannot be written", f"Disk full. {NASTY}", "Make room.")

    monkeypatch.setattr(demo, "undo", failing)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, app)
        assert leaks(app) == []
        await press(pilot, "U")
        assert leaks(app) == []
        await answer(pilot, app, "y")
        text = "\n".join(screen_text(app))
        assert "203.0.113.77/32: The journal cannot be written" in text
        assert "Disk full." in text
        assert "Make room." in text
        assert leaks(app) == []


async def test_words(demo: Triage) -> None:
    assert summary(demo, []) == ""
    await blocked(demo, "203.0.113.77/32", HOUR)
    await blocked(demo, "198.51.100.23/32", None)
    newest, oldest = demo.blocks()
    assert summary(demo, demo.blocks()) == "2 in force"
    assert time_left(newest, 0) == "never"
    assert time_left(oldest, (oldest.expires or 0) - 5 * MINUTE) == "5m"
    undone = await demo.undo(oldest)
    assert time_left(undone, 0) == "–"
