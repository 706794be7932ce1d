"""Layouts hold at every size, while the terminal is resized, and with wide and combining
characters in everything that comes from outside."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import EntityRef, Kind
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.overview import OverviewScreen
from widgets.text import cell_len, is_safe

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
WAYS: Mapping[str, tuple[str, ...]] = {
    "overview": (),
    "principals": ("tab",),
    "a filter is typed": ("/", "a", "c", "t", "tab"),
    "a range is chosen": ("V", "h", "v", "h"),
    "inspect": ("enter",),
    "findings": ("enter", "2"),
    "related": ("enter", "4"),
    "notes": ("enter", "5"),
    "hours": ("tab", "enter", "6"),
    "a record": ("enter", "enter"),
    "block": ("j", "k", "B"),
    "blocks": ("b",),
    "sources": ("i",),
    "rules": ("R",),
    "answers": ("a",),
    "help": ("question_mark",),
    "status": ("s",),
    "quit": ("q",),
}
"""Screen -> the keys that lead to it."""
CHANGE = ("inspect", "findings", "related", "notes", "hours", "a record")
"""Whoever was looked at is news no more, nor is the cursor where it was."""
WIDE = "日本語テスト"
COMBINING = "e\u0301\u0323\u0308" * 6
EMOJI = "👩\u200d👩\u200d👧🇩🇪❤\ufe0f"


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(5):
        await pilot.pause()


async def come_to(pilot: Pilot[None], way: str) -> None:
    await settle(pilot)
    for key in WAYS[way]:
        await pilot.press(key)
        await settle(pilot)


async def go_home(pilot: Pilot[None]) -> None:
    """Back to the addresses on the overview, from wherever a way leads."""
    for _ in range(4):
        await pilot.press("escape")
    screen = pilot.app.screen
    assert isinstance(screen, OverviewScreen)
    while screen.kind is not Kind.IP:
        await pilot.press("tab")
    await settle(pilot)


def check(app: App[None], lines: list[str], size: tuple[int, int]) -> None:
    width, height = size
    assert len(lines) == height
    for line in lines:
        assert cell_len(line) == width, line
        assert is_safe(line), line
    assert app.screen.max_scroll_x == 0
    for widget in app.screen.query("*"):
        # Nothing that is shown hangs over an edge of the terminal.
        if widget.display and widget.region.area and widget.styles.layer != "prompt":
            region = widget.region
            assert region.right <= width, widget
            assert region.x >= 0, widget


@pytest.mark.parametrize(
    ("size", "ways"),
    [
        ((60, 20), list(WAYS)[::2]),
        ((60, 20), list(WAYS)[1::2]),
        ((300, 90), ("overview", "a record", "block", "hours", "blocks")),
    ],
)
async def test_every_line_is_as_wide_as_the_terminal(
    demo: Triage, screen_text: Lines, size: tuple[int, int], ways: Iterable[str]
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        home = screen_text(app)
        for way in ways:
            await come_to(pilot, way)
            check(app, screen_text(app), size)
            assert way == "overview" or screen_text(app) != home, f"{way} leads nowhere"
            await go_home(pilot)
            assert way in CHANGE or screen_text(app) == home, f"there is no way back from {way}"


async def test_a_terminal_that_was_resized_looks_as_if_it_had_always_been_so(
    demo: Triage, screen_text: Lines
) -> None:
    for way in ("overview", "a record", "block", "hours"):
        app = TriageApp(demo, title="incident")
        async with app.run_test(size=(80, 24)) as pilot:
            await come_to(pilot, way)
            before = screen_text(app)
            for size in [(120, 40), (1, 1), (60, 20), (80, 24)]:
                await pilot.resize_terminal(*size)
                await settle(pilot)
                if size[0] >= 60:
                    check(app, screen_text(app), size)
            assert screen_text(app) == before, way


def strange() -> list[dict[str, object]]:
    names = [WIDE, COMBINING, EMOJI, f"{WIDE}{COMBINING}{EMOJI}", "a\u0300" * 200, WIDE * 40]
    return [
        {
            "eventVersion": "1.08",
            "eventSource": "s3.amazonaws.com",
            "eventTime": f"2026-03-15T02:00:{n:02}Z",
            "eventName": f"Get{name}",
            "awsRegion": f"eu-{name}",
            "sourceIPAddress": "203.0.113.9",
            "userAgent": f"{name}/1.0",
            "userIdentity": {
                "type": "IAMUser",
                "userName": name,
                "arn": f"arn:aws:iam::111122223333:user/{name}",
                "principalId": f"AIDA{n}",
            },
            "resources": [{"ARN": f"arn:aws:s3:::{name}"}],
            "eventID": f"id-{n}",
        }
        for n, name in enumerate(names)
    ]


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_wide_and_combining_characters_line_up(
    triage_of: Make, screen_text: Lines, size: tuple[int, int]
) -> None:
    triage = await triage_of(strange())
    app = TriageApp(triage, title=WIDE)
    async with app.run_test(size=size) as pilot:
        for way in ("principals", "a filter is typed"):
            await come_to(pilot, way)
            check(app, screen_text(app), size)
        await pilot.press("escape")
        await app.push_screen(InspectScreen(triage, EntityRef(Kind.IP, "203.0.113.9")))
        for keys in ("g", "4", "5", "6", "1", ("enter",), ("escape",), "f"):
            await pilot.press(*keys)
            await settle(pilot)
            check(app, screen_text(app), size)
