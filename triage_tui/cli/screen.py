"""Runs the screen: the triage beside it, the state under it, the terminal given back after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Literal

from triage_tui.detect.geo import Nowhere
from triage_tui.respond.journal import ResponseError
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.follow import Following
from triage_tui.statefile import StateFileError
from triage_tui.ui import keyboard
from triage_tui.ui.app import TriageApp

from . import console, inputs, logfile, state
from .attended import attended
from .compose import places
from .written import report_writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.ports import Geo, Source
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage

    from .options import Start

Mode = Literal["REPLAY", "DEMO"]


def replay(
    paths: Sequence[str],
    start: Start,
    selected: Filter,
    settings: Settings,
    *,
    mode: Mode,
    title: str,
    folder: Path,
    follow: bool = False,
) -> int:
    """Shows the screen until somebody leaves it. `folder` keeps the state; with `follow`, files are
    read as they grow. The exit code."""
    # The demo's addresses are invented: they are from nowhere.
    geo = Nowhere() if mode == "DEMO" else places(settings)
    try:
        state.make(folder)
        with contextlib.ExitStack() as stack:
            stdin = stack.enter_context(_keyboard(paths))
            log = stack.enter_context(logfile.opened(folder))
            stack.enter_context(_terminal(log))
            clock = clock_for(start)
            following = Following(wall=clock.wall) if follow else None
            sources = inputs.sources(paths, wall=clock.wall, stdin=stdin, following=following)
            crashed = asyncio.run(
                _run(sources, following, clock, folder, selected, settings, geo, mode, title)
            )
    except OSError as error:
        console.say(f"cannot keep the state in {folder}: {error.strerror or error}")
        return console.TROUBLE
    except (StateFileError, ResponseError) as error:
        console.say(str(error))
        return console.TROUBLE
    if crashed:
        console.say(f"{crashed}; details are in {folder / logfile.NAME}")
    failed = inputs.tell([source.report for source in sources], quiet=True)
    return console.TROUBLE if failed or crashed else console.OK


async def _run(
    sources: Sequence[Source],
    following: Following | None,
    clock: ReplayClock,
    folder: Path,
    selected: Filter,
    settings: Settings,
    geo: Geo,
    mode: Mode,
    title: str,
) -> str | None:
    """Shows the screen while the sources are read. What broke, if anything did."""
    desk = await attended(sources, folder, clock, settings, geo)
    try:
        writer = report_writer(desk)
        app = TriageApp(
            desk.triage,
            title=title,
            mode=mode,
            initial_filter=selected,
            write_report=writer,
            keymap=settings.keys,
        )
        keyboard.install()
        return await _beside(desk.triage, following, app)
    finally:
        await desk.close()


async def _beside(triage: Triage, following: Following | None, app: TriageApp) -> str | None:
    """Reads and shows at once; whichever ends badly ends the other."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit)
    broke: str | None = None
    try:
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(_load(triage, following, app), name="loading")
            await app.run_async()
            loading.cancel()
    except* Exception as errors:
        logging.getLogger(__name__).exception("reading ended")
        broke = f"reading ended: {errors.exceptions[0]}"
    return broke or ("the screen ended by a mistake of ours" if app.return_code else None)


async def _load(triage: Triage, following: Following | None, app: TriageApp) -> None:
    """Reads the sources once there is something to look at: processes that start take their time
    from the first frame."""
    await app.painted.wait()
    await triage.run(arrivals=following.arrivals() if following else None)


def clock_for(start: Start) -> ReplayClock:
    """The clock as somebody wants to begin: at the end, playing, or standing still."""
    clock = ReplayClock()
    if start.speed is not None:
        clock.set_speed(start.speed)
    if start.at is not None:
        clock.seek(start.at)
    if start.speed is not None or start.paused:
        clock.play()  # from the first event, as soon as there is one
    if start.paused or start.speed is None:
        clock.playing = False
    return clock


@contextlib.contextmanager
def _keyboard(paths: Sequence[str]) -> Iterator[int]:
    """Keys come from descriptor 0: where stdin brings events, the terminal takes its place.

    Gives the descriptor that the events are on.
    """
    if inputs.STDIN not in paths:
        yield 0
        return
    events, keys = os.dup(0), os.open("/dev/tty", os.O_RDWR)
    os.dup2(keys, 0)
    os.close(keys)
    try:
        yield events
    finally:
        os.dup2(events, 0)
        os.close(events)


@contextlib.contextmanager
def _terminal(log: int) -> Iterator[None]:
    """Textual draws through `sys.__stderr__`: it gets the terminal that stdout is on, and what
    anybody else writes to stderr (a library, a worker process) goes to the log meanwhile."""
    before, errors = sys.__stderr__, os.dup(2)
    drawn = os.fdopen(
        os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding, errors="replace"
    )
    os.dup2(log, 2)
    sys.__stderr__ = drawn  # type: ignore[misc] # Final, and yet the one way to tell Textual
    try:
        yield
    finally:
        sys.__stderr__ = before  # type: ignore[misc] # as above
        os.dup2(errors, 2)
        os.close(errors)
        drawn.close()
