"""Exports the screens as SVG, at the two sizes that matter most: of the bundled incident, and of a
live triage whose sources are in several states.

`--check` draws them beside, and says which of those in the repository are not what they would be.
"""

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path

os.environ["TEXTUAL_ANIMATIONS"] = "none"  # read when Textual is imported

from msgspec.structs import replace
from textual.pilot import Pilot

from triage_tui.cli.attended import attended
from triage_tui.cli.readonly import NoBlocklist
from triage_tui.config import Settings
from triage_tui.demo import PAGER, incident_files
from triage_tui.detect.geo import Nowhere
from triage_tui.health import FileReport, HealthState, LiveHealth
from triage_tui.model import SECOND, Batch, EntityRef, Span
from triage_tui.ports import Remedies, Response
from triage_tui.respond.journal import Journal
from triage_tui.respond.remedy.simulated import NoRemedies
from triage_tui.sources.clock import LiveClock, ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.store.filters import parse_time
from triage_tui.ui.app import TriageApp

FOLDER = Path(__file__).resolve().parent
SIZES = ((80, 24), (120, 40))
WALL = parse_time(PAGER)[0]
RESTED = 5
"""Looks at a screen that find it as it was, before it is taken to stay so."""
NIGHT = parse_time("2026-03-15T02:30:00Z")[0]
"""When the live pictures are taken."""
PLACE = "prod eu-west-1"
GROUPS = (
    "/trail/data",
    *(f"/trail/shop-{number}" for number in range(1, 8)),
    "guardduty",
    "/aws/events/guardduty",
    "/aws/waf/shop",
    "/aws/waf/api",
)
Walk = tuple[tuple[str, tuple[str, ...]], ...]
WALK: Walk = (
    ("overview", ()),
    ("inspect", ("enter",)),
    ("block", ("escape", "down", "B", "down")),
)
"""From the overview into the top entity, and to the plan of a block."""


class Tailed:
    """A live source that brings what a file of the incident holds, and then is as it is said to
    be."""

    endless = True

    def __init__(self, name: str, state: HealthState, health: LiveHealth, path: Path | None = None):
        """Without a `path` it brings nothing."""
        self.report = FileReport(name, state=state, live=health)
        self._file = None if path is None else FileSource(str(path), wall=lambda: NIGHT)

    async def batches(self, number: int) -> AsyncGenerator[Batch | Span]:
        """Ends, so that the picture can be drawn."""
        if self._file is not None:
            async for batch in self._file.batches(number):
                yield batch


def live_sources() -> list[Tailed]:
    """Log groups as they are on a bad night: the incident comes from those that are well."""
    live, polling = HealthState.LIVE, HealthState.POLLING
    well = LiveHealth(
        place=PLACE,
        since=_ago(2400),
        heard=_ago(1),
        arrived=_ago(1),
        complete=_ago(0),
        note="Live Tail",
    )
    denied = "FilterLogEvents is denied: not authorized to perform logs:FilterLogEvents"
    now = replace
    return [
        *(
            Tailed(name, live, now(well, events=1200 + 7 * len(path.name)), path)
            for name, path in zip(GROUPS, incident_files(), strict=False)
        ),
        Tailed("/aws/lambda/mail", live, now(well, arrived=_ago(254), events=31)),
        Tailed("/aws/rds/orders", polling, now(
            well, arrived=_ago(12), events=640, complete=_ago(7),
            note="polled every 5 s: Live Tail cannot be reached")),
        Tailed("/aws/vpc/flow", live, now(well, events=84_210, sampled=41, backfilled=1822)),
        Tailed("/aws/waf/edge", HealthState.THROTTLED, now(
            well, events=51_033, complete=_ago(95), throttled=212,
            note="slowed down to 0.6 requests a second")),
        Tailed("/vault/audit", HealthState.DENIED, LiveHealth(
            place=PLACE, trouble=denied, troubled=_ago(21), note="tried again and again")),
        Tailed("log groups", polling, now(well, is_search=True, note="12 log groups match")),
    ]  # fmt: skip


def _ago(seconds: int) -> int:
    return NIGHT - seconds * SECOND


Pictures = dict[str, str]
"""File name -> what is in it."""


async def drawn() -> Pictures:
    """Every picture."""
    found: Pictures = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as state:
            await _pictures(found, size, Path(state))
        with tempfile.TemporaryDirectory() as state:
            await _live_pictures(found, size, Path(state))
    return found


def main(arguments: Sequence[str]) -> int:
    """Writes every picture anew, or tells which are out of date."""
    # Whoever draws has no say in how it looks.
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": ""}
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "TMUX", "STY"):
        os.environ.pop(name, None)
    pictures = asyncio.run(drawn())
    if "--check" not in arguments:
        for name, picture in pictures.items():
            (FOLDER / name).write_text(picture, encoding="utf-8")
        sys.stdout.write(f"{len(pictures)} pictures in {FOLDER.name}/\n")
        return 0
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    wrong = sorted(
        name for name in there | pictures if there.get(name, "") != pictures.get(name, "")
    )
    if wrong:
        sys.stderr.write(f"out of date in {FOLDER.name}/: {', '.join(wrong)}; `make screenshots` "
                         "draws them again\n")  # fmt: skip
    return bool(wrong)


@contextlib.asynccontextmanager
async def _no_blocklist(
    journal: Journal, addresses: Callable[[EntityRef], Sequence[str]]
) -> AsyncIterator[tuple[Sequence[Response], Remedies]]:
    yield (NoBlocklist("no blocklist is configured"),), NoRemedies()


async def _live_pictures(found: Pictures, size: tuple[int, int], state: Path) -> None:
    now = [NIGHT - SECOND]
    clock = LiveClock(ticks=lambda: 0, wall_time=lambda: now[0])
    desk = await attended(live_sources(), state, clock, Settings(), Nowhere(), opener=_no_blocklist)
    try:
        await desk.triage.run()
        app = TriageApp(desk.triage, title=PLACE, mode="LIVE")
        async with app.run_test(size=size) as pilot:
            await _walk(found, pilot, app, size, (("live", ()),))
            await pilot.press("i")
            now[0] = NIGHT
            for at, source in enumerate(desk.triage.sources):
                live = source.report.live
                if live is not None and live.arrived == _ago(1):
                    live.events += 3 + at * at % 89
            app.show_now()
            await _walk(found, pilot, app, size, (("sources", ()),))
    finally:
        await desk.close()


async def _pictures(found: Pictures, size: tuple[int, int], state: Path) -> None:
    clock = ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL)
    clock.seek(parse_time("2026-03-15T02:22:00Z")[0])
    sources = [FileSource(str(path), wall=clock.wall) for path in incident_files()]
    desk = await attended(sources, state, clock, Settings(), Nowhere(), baseline="demo")
    try:
        await desk.triage.run()
        app = TriageApp(desk.triage, title="demo", mode="DEMO")
        async with app.run_test(size=size) as pilot:
            await _walk(found, pilot, app, size, WALK)
    finally:
        await desk.close()


async def _walk(
    found: Pictures, pilot: Pilot[None], app: TriageApp, size: tuple[int, int], walk: Walk
) -> None:
    """Draws each picture once its keys are pressed."""
    for name, keys in walk:
        for key in keys:
            await pilot.press(key)
            await _rest(pilot, app)
        await _rest(pilot, app)
        picture = _at_home(app.export_screenshot(title=f"triage-tui {app.mode.lower()}"))
        found[f"{name}-{size[0]}x{size[1]}.svg"] = picture


async def _rest(pilot: Pilot[None], app: TriageApp) -> None:
    """Until the screen has looked the same for a while: longer while something is being worked out,
    which an open question is too."""
    before: object = None
    same = 0
    while same < RESTED or (
        same < 10 * RESTED and any(worker.is_running for worker in app.workers)
    ):
        await pilot.pause(0.02)
        # To draw a picture takes ten times as long as to look at what would be in it.
        now = [list(strip) for strip in app.screen._compositor.render_strips()]
        same, before = (same + 1 if now == before else 0), now


def _at_home(picture: str) -> str:
    """Takes out the fonts that a viewer would fetch from elsewhere; any monospace does."""
    return re.sub(r"@font-face \{[^}]*\}\s*", "", picture)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
