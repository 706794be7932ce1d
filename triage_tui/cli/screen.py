"""Runs the screen: the triage beside it, the state under it, the terminal given back after it."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from triage_tui.detect.geo import Nowhere
from triage_tui.sources.clock import ReplayClock
from triage_tui.ui import keyboard
from triage_tui.ui.app import TriageApp

from . import browser, console, logfile, state, stillness, typed
from .config_edit import ConfigKeeper
from .places import places
from .stage import HUNG_UP, StageError, cannot_keep, end_with_terminal, sent, stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.ports import Geo
    from triage_tui.store.filters import Filter

    from .attended import Attended
    from .knowing import Baseline
    from .options import Start
    from .stage import Stage

Mode = Literal["REPLAY", "DEMO"]
_TURNS = 0.0005
"""Seconds after which a thread that waits for its turn gets it. Who records and who fetches what
processes have decoded wait once for every few bytes, and a key waits for them: Python's own ten
times as long is felt."""
_TOLD = 3
"""Things that are wrong with lists of addresses and said on the screen; the log has all."""


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
    slow_link: bool = False,
) -> int:
    """Shows the screen until somebody leaves it. `folder` keeps the state; with `follow`, files are
    read as they grow. `config` is what decisions for good are written to. The exit code."""
    # The demo's addresses are invented: they are from nowhere.
    geo = Nowhere() if mode == "DEMO" else places(settings)
    baseline: Baseline = "demo" if mode == "DEMO" else "team"
    wanted = _Wanted(paths, start, settings, geo, folder, follow, baseline)
    app = TriageApp(
        title=title,
        mode=mode,
        initial_filter=selected,
        keymap=settings.keys,
        sent=sent,
        terminal=settings.terminal,
        slow_link=slow_link,
    )
    app.keeper = None if config is None else ConfigKeeper(config)
    app.kept_filters = list(settings.filters)
    return show(app, partial(_replay, wanted), folder, paths)


def show(app: TriageApp, opener: Opener, folder: Path, paths: Sequence[str] = ()) -> int:
    """Runs the app, and what `opener` opens beside it. `folder` keeps the log; where one of `paths`
    is stdin, keys come from the terminal all the same. The exit code."""
    session = Session()
    app.browse = browser.opener()
    app.folder = folder
    try:
        state.make(folder)
    except OSError as error:
        console.say(cannot_keep(folder, error))
        return console.TROUBLE
    typed.recall(app.histories)
    try:
        with stage(folder, paths) as staged, short_turns():
            asyncio.run(_run(app, opener, staged, session))
            if staged.line.gone:
                logging.getLogger(__name__).warning(_without_terminal(session))
                return HUNG_UP  # there is nobody to tell more
    except StageError as error:
        session.refused = str(error)
    finally:
        typed.keep(app.histories)
    for words in _farewell(session):
        console.say(words)
    if session.refused:
        console.say(session.refused)
    if session.broke:
        console.say(f"{session.broke}; details are in {folder / logfile.NAME}")
    return console.TROUBLE if session.refused or session.broke or _failed(session) else console.OK


@contextmanager
def short_turns() -> Iterator[None]:
    """Threads take short turns meanwhile."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURNS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _without_terminal(session: Session) -> str:
    """What is left behind where the terminal went away."""
    recorder = session.desk.triage.recorder if session.desk is not None else None
    words = "the terminal went away; what was decided is kept"
    if recorder is not None:
        words += f", what came is recorded in {recorder.folder}: `triage-tui live --resume` goes on"
    return words


def _farewell(session: Session) -> Iterator[str]:
    """What was slow; where what came is recorded, and how to go on with it."""
    from .unseen import unrecorded

    if session.desk is None:
        return
    if session.desk.triage.hampered:
        yield session.desk.triage.hampered
    recorder = session.desk.triage.recorder
    if recorder is None:
        return
    if recorder.kept:
        kept = f"{recorder.kept:,} records are in {recorder.folder}"
        yield f"{kept}: triage-tui live --resume goes on with it"
    yield from unrecorded(recorder)


def _failed(session: Session) -> bool:
    """Says what could not be read."""
    from . import inputs

    sources = session.desk.triage.sources if session.desk else []
    return inputs.tell([source.report for source in sources], quiet=True)


async def _run(app: TriageApp, opener: Opener, staged: Stage, session: Session) -> None:
    """Reads and shows at once; whichever ends badly ends the other."""
    keyboard.install(app.hear)
    end_with_terminal(app, staged.line)
    try:
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(_open(app, opener, staged.stdin, session), name="loading")
            keeping = group.create_task(stillness.keep(app.quiet_for), name="garbage")
            await app.run_async()
            keeping.cancel()
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


async def bring(module: str) -> None:
    """Loads what takes long to load, while keys are heard; to import it then takes no time."""
    await asyncio.to_thread(importlib.import_module, module)


def begin(app: TriageApp, desk: Attended) -> None:
    """Shows what was opened."""
    from .reporting import Reporting

    stillness.settle()
    app.begin(desk.triage, Reporting(desk))
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
    await bring("triage_tui.cli.attended")
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
