"""From an entity to the plan of a block, and to its end."""

from collections.abc import Callable

from textual.pilot import Pilot

from triage_tui.model import EntityRef, Kind
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.block import BlockScreen
from widgets.confirm import Confirm

SCANNER = EntityRef(Kind.IP, "203.0.113.77")


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    for _ in range(3000):
        await pilot.pause(0.01)
        if true():
            return
    raise AssertionError("never came true")


async def plan(pilot: Pilot[None], app: TriageApp, *refs: EntityRef) -> BlockScreen:
    """Opens the screen and waits until the plan was painted."""
    screen = BlockScreen(app.triage, refs or [SCANNER])
    await app.push_screen(screen)
    await until(pilot, lambda: screen.readable)
    await settle(pilot)
    return screen


async def confirmed(pilot: Pilot[None], app: TriageApp, screen: BlockScreen) -> None:
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(app.screen, Confirm) and app.screen.readable)
    await press(pilot, "y")
    await until(pilot, lambda: screen.block is not None)
    await settle(pilot)


def flat(lines: list[str]) -> str:
    """The text without frames and line breaks."""
    return " ".join(" ".join(lines).replace("│", " ").split())
