"""The screens that are seldom seen, pinned as text: answers, resources, hours, setting up, what is
asked on signing in, and a link that no browser opens."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from textual.pilot import Pilot

from tests.live import Tailed, Wall, live_triage
from tests.ui.dumping import HOSTILE, LONG, Pins, Step, sized
from tests.ui.test_dumps import Make, record, renamed
from tests.ui.test_lockout import ASKED, EXPIRED, lock_out
from tests.ui.test_setup import PROD, Found, app_over
from triage_tui.choices import AddressSet, Profile
from triage_tui.console_links import Link
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.codes import CodeDialog
from triage_tui.ui.screens.code import CodeScreen
from triage_tui.ui.screens.link import LinkPage

pytestmark = pytest.mark.timeout(240)
WALK: tuple[Step, ...] = (
    ("answers", ("tab", "a"), ()),
    ("what does not fit", ("G",), ("g",)),
    ("an answer", ("enter",), ()),
    ("the rest of it", ("pagedown",), ()),
    ("its question", ("enter",), ("escape", "escape", "escape")),
    ("resources", ("D",), ("escape",)),
    ("hours", ("enter", "6"), ("1", "escape")),
)


async def pinned(name: str, triage: Triage, size: tuple[int, int]) -> None:
    app = TriageApp(triage, title="night.jsonl")
    async with app.run_test(size=size) as pilot:
        pins = Pins(name, pilot, size)
        await pins.walk(WALK)
    pins.held()


@sized
async def test_a_night(demo: Triage, size: tuple[int, int]) -> None:
    await pinned("answers", demo, size)


@sized
async def test_hostile_long_and_wide(triage_of: Make, size: tuple[int, int]) -> None:
    triage = renamed(await triage_of(record(n, HOSTILE[n % len(HOSTILE)]) for n in range(35)))
    await pinned("answers-hostile", triage, size)


# -- dialogs of a live triage --------------------------------------------------------------------


@pytest.fixture
async def live() -> AsyncIterator[Triage]:
    wall = Wall()
    sources = [Tailed(wall, f"/shop/{name}") for name in ("a", "b")]
    lock_out(sources[0], EXPIRED)
    async with live_triage(sources, wall) as triage:
        yield triage


@sized
async def test_dialogs(live: Triage, size: tuple[int, int]) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=size) as pilot:
        pins = Pins("dialogs", pilot, size)
        await pins.pin("locked out")
        hostile = ASKED._replace(refused=f"{HOSTILE[0]} {LONG}", whose=HOSTILE[1])
        for name, asked in (("code", ASKED), ("a code that was refused", hostile)):
            asking = asyncio.ensure_future(CodeDialog(app)(asked))
            await until_code(pilot)
            await pilot.press("1", "2")
            await pins.pin(name)
            await pilot.press("escape")
            assert await asking is None
        for name, what in (("link", "the finding"), ("hostile link", HOSTILE[1] + LONG)):
            url = f"https://eu-west-1.console.aws.amazon.com/guardduty/home#/findings?{what}"
            await app.push_screen(LinkPage(Link(what, url)))
            await pins.pin(name)
            await pilot.press("escape")
    pins.held()


async def until_code(pilot: Pilot[None]) -> None:
    async with asyncio.timeout(60):
        while not isinstance(pilot.app.screen, CodeScreen):
            await pilot.pause(0.01)


# -- setting up ----------------------------------------------------------------------------------


@sized
@pytest.mark.parametrize("kind", ["usual", "hostile"])
async def test_setting_up(kind: str, size: tuple[int, int]) -> None:
    found = Found()
    found.address_sets = [
        AddressSet(PROD, "REGIONAL", "blocked-v4", 4, 2),
        AddressSet(PROD, "REGIONAL", "blocked-v6", 6),
    ]
    if kind == "hostile":
        found.there = [Profile(text, f"role {text}", "eu-west-1") for text in HOSTILE]
        found.names = [f"/a{text}" for text in HOSTILE]
        found.denied = {"detector", "sets"}
    app = app_over(found)
    async with app.run_test(size=size) as pilot:
        pins = Pins(f"setup-{kind}", pilot, size)
        await pins.pin("profiles", busy="looking")
        for name in ("regions", "log groups", "GuardDuty", "IP sets", "the config"):
            if name == "GuardDuty":
                await pilot.press("space")
            await pilot.press("enter")
            await pins.pin(name, busy="looking")
    pins.held()
