"""Exports the screens of the bundled incident as SVG, at the two sizes that matter most."""

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ["TEXTUAL_ANIMATIONS"] = "none"  # read when Textual is imported

from textual.pilot import Pilot

from triage_tui.cli.attended import attended
from triage_tui.config import Settings
from triage_tui.demo import PAGER, incident_files
from triage_tui.detect.geo import Nowhere
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.store.filters import parse_time
from triage_tui.ui.app import TriageApp

FOLDER = Path(__file__).resolve().parent
SIZES = ((80, 24), (120, 40))
WALL = parse_time(PAGER)[0]


async def main() -> None:
    """Writes every picture anew."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as state:
            await _pictures(size, Path(state))


async def _pictures(size: tuple[int, int], state: Path) -> None:
    clock = ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL)
    clock.seek(parse_time("2026-03-15T02:22:00Z")[0])
    sources = [FileSource(str(path), wall=clock.wall) for path in incident_files()]
    desk = await attended(sources, state, clock, Settings(), Nowhere())
    try:
        await desk.triage.run()
        app = TriageApp(desk.triage, title="demo", mode="DEMO")
        async with app.run_test(size=size) as pilot:
            await _walk(pilot, app, size)
    finally:
        await desk.close()


async def _walk(pilot: Pilot[None], app: TriageApp, size: tuple[int, int]) -> None:
    """From the overview into the top entity, and to the plan of a block."""
    for name, keys in (
        ("overview", ()),
        ("inspect", ("enter",)),
        ("block", ("escape", "down", "B", "down")),
    ):
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.5)
        await pilot.pause(0.5)
        picture = _at_home(app.export_screenshot(title="triage-tui demo"))
        (FOLDER / f"{name}-{size[0]}x{size[1]}.svg").write_text(picture, encoding="utf-8")


def _at_home(picture: str) -> str:
    """Takes out the fonts that a viewer would fetch from elsewhere; any monospace does."""
    return re.sub(r"@font-face \{[^}]*\}\s*", "", picture)


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.write(f"{len(list(FOLDER.glob('*.svg')))} pictures in {FOLDER.name}/\n")
