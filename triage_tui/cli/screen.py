"""Runs the screen: the triage beside it, the state under it, the terminal given back after it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import logging
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol

from triage_tui.detect.geo import Nowhere
from triage_tui.sources.clock import ReplayClock
from triage_tui.ui import keyboard
from triage_tui.ui.app import TriageApp

from . import browser, console, logfile, state
from .config_edit import ConfigKeeper
from .options import STDIN
from .places import places

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence
    from pathlib import Path

    from textual.app import App

    from triage_tui.config import Settings
    from triage_tui.ports import Geo
    from triage_tui.store.filters import Filter

    from .attended import Attended
    from .knowing import Baseline
    from .options import Start

Mode = Literal["REPLAY", "DEMO"]
_TOLD = 3
"""Things that are wrong with lists of addresses and said on the screen; the log has all."""


class Drawn(io.TextIOWrapper):
    """What Textual draws through; counts the bytes."""

    sent: ClassVar[int] = 0
    """By all of them: the line to the terminal is one."""

    def __init__(self, handle: int, encoding: str) -> None:
        super().__init__(os.fdopen(handle, "wb"), encoding=encoding, errors="replace")

    def write(self, text: str, /) -> int:
        Drawn.sent += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        return super().write(text)


def sent() -> int:
    """Bytes that went to the terminal so far."""
    return Drawn.sent


class Session:
    """What came of it so far."""

    def __init__(self) -> None:
        self.desk: Attended | None = None
        self.refused: str | None = None
        """Why it could not be opened."""
        self.broke: str | None = None


class Opener(Protocol):
    """Opens the triage behind the first frame and reads its sources until they end. `stdin` is the
    descriptor that `-` stands for."""

    async def __call__(self, app: TriageApp, session: Session, stdin: int) -> None: ...


class _Wanted(NamedTuple):
    """What a replay opens."""

    paths: Sequence[str]
    start: Start
    settings: Settings
    geo: Geo
    folder: Path
    follow: bool
    baseline: Baseline


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
    config: Path | None = None,
) -> int:
    """Shows the screen until somebody leaves it. `folder` keeps the state; with `follow`, files are
    read as they grow. `config` is what decisions for good are written to. The exit code."""
    # The demo's addresses are invented: they are from nowhere.
    geo = Nowhere() if mode == "DEMO" else places(settings)
    baseline: Baseline = "demo" if mode == "DEMO" else "team"
    wanted = _Wanted(paths, start, settings, geo, folder, follow, baseline)
    app = TriageApp(
        title=title, mode=mode, initial_filter=selected, keymap=settings.keys, sent=sent
    )
    app.keeper = None if config is None else ConfigKeeper(config)
    return show(app, partial(_replay, wanted), folder, paths)


def show(app: TriageApp, opener: Opener, folder: Path, paths: Sequence[str] = ()) -> int:
    """Runs the app, and what `opener` opens beside it. `folder` keeps the log; where one of `paths`
    is stdin, keys come from the terminal all the same. The exit code."""
    session = Session()
    app.browse = browser.opener()
    try:
        state.make(folder)
        with stage(folder, paths) as stdin:
            asyncio.run(_run(app, opener, stdin, session))
    except OSError as error:
        session.refused = cannot_keep(folder, error)
    if session.refused:
        console.say(session.refused)
    if session.broke:
        console.say(f"{session.broke}; details are in {folder / logfile.NAME}")
    return console.TROUBLE if session.refused or session.broke or _failed(session) else console.OK


@contextlib.contextmanager
def stage(folder: Path, paths: Sequence[str] = ()) -> Iterator[int]:
    """The terminal is the app's alone meanwhile: what anybody says goes to the log in `folder`.
    Gives the descriptor that `-` among `paths` stands for. Raises OSError."""
    with _keyboard(paths) as stdin, logfile.opened(folder) as log, _terminal(log):
        yield stdin


def end_with_signals(app: App[Any]) -> None:
    """Whoever is told to end gives the terminal back."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit)


def _failed(session: Session) -> bool:
    """Says what could not be read."""
    from . import inputs

    sources = session.desk.triage.sources if session.desk else []
    return inputs.tell([source.report for source in sources], quiet=True)


def cannot_keep(folder: Path, error: OSError) -> str:
    """What is wrong with the state folder, in words."""
    return f"cannot keep the state in {folder}: {error.strerror or error}"


async def _run(app: TriageApp, opener: Opener, stdin: int, session: Session) -> None:
    """Reads and shows at once; whichever ends badly ends the other."""
    keyboard.install()
    end_with_signals(app)
    try:
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(_open(app, opener, stdin, session), name="loading")
            await app.run_async()
            loading.cancel()
    except* Exception as errors:
        logging.getLogger(__name__).exception("reading ended")
        session.broke = f"reading ended: {errors.exceptions[0]}"
    finally:
        if session.desk is not None:
            await session.desk.close()
    if session.broke is None and app.return_code:
        session.broke = "the screen ended by a mistake of ours"


async def _open(app: TriageApp, opener: Opener, stdin: int, session: Session) -> None:
    """All that takes its time comes behind the first frame."""
    await app.painted.wait()
    await opener(app, session, stdin)


def begin(app: TriageApp, desk: Attended) -> None:
    """Shows what was opened."""
    from .written import report_writer

    # Modules live as long as we do: looking through them for garbage is felt by whoever types.
    gc.freeze()
    app.begin(desk.triage, report_writer(desk))
    for problem in desk.triage.index.knowledge.intel.problems[:_TOLD]:
        app.call_later(app.say, f"intel: {problem}", "warning")


async def opened(
    app: TriageApp, session: Session, folder: Path, opening: Awaitable[Attended]
) -> Attended | None:
    """The desk; where the state cannot be used, says why and ends the app."""
    from triage_tui.respond.journal import ResponseError
    from triage_tui.statefile import StateFileError

    try:
        session.desk = await opening
    except (StateFileError, ResponseError) as error:
        session.refused = str(error)
    except OSError as error:
        session.refused = cannot_keep(folder, error)
    if session.desk is None:
        app.exit()
    return session.desk


async def _replay(wanted: _Wanted, app: TriageApp, session: Session, stdin: int) -> None:
    """Opens the state and reads the files."""
    from triage_tui.sources.follow import Following

    from . import inputs
    from .attended import attended

    clock = clock_for(wanted.start)
    following = Following(wall=clock.wall) if wanted.follow else None
    sources = inputs.sources(wanted.paths, wall=clock.wall, stdin=stdin, following=following)
    opening = attended(
        sources,
        wanted.folder,
        clock,
        wanted.settings,
        wanted.geo,
        baseline=wanted.baseline,
    )
    desk = await opened(app, session, wanted.folder, opening)
    if desk is not None:
        begin(app, desk)
        await desk.triage.run(arrivals=following.arrivals() if following else None)


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
    if STDIN not in paths:
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
    drawn = Drawn(os.dup(sys.stdout.fileno()), sys.stdout.encoding)
    os.dup2(log, 2)
    sys.__stderr__ = drawn  # type: ignore[misc] # Final, and yet the one way to tell Textual
    try:
        yield
    finally:
        sys.__stderr__ = before  # type: ignore[misc] # as above
        os.dup2(errors, 2)
        os.close(errors)
        drawn.close()
