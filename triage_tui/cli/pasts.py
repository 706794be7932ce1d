"""The work of `triage-tui history`, and what `H` on the screen asks."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from typing import TYPE_CHECKING

from triage_tui.aws.access import Access, default_region, scopes
from triage_tui.aws.athena_work import scope_of
from triage_tui.aws.history import History, check
from triage_tui.aws.signins import SignIns
from triage_tui.decoding import Decoders
from triage_tui.model import SECOND
from triage_tui.past import Asked, PastError, Progress, joined, size, told
from triage_tui.sources.clock import LiveClock
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.store import nights
from triage_tui.store.recording import RecordingWriter
from triage_tui.triage import Triage

from . import compose, console, knowing, logfile, scan, state
from .codes import asker
from .places import places
from .progress import Bar
from .readonly import NoBlocklist, NoCasebook
from .ruling import rules

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from triage_tui.aws.access import Scope
    from triage_tui.aws.feed import Feed
    from triage_tui.config import Settings
    from triage_tui.model import EntityRef
    from triage_tui.past import Estimate
    from triage_tui.store.filters import Filter
    from triage_tui.store.nights import Night


class Arrivals:
    """Feeds, as they are announced."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Feed | None] = asyncio.Queue()

    def announce(self, feed: Feed) -> None:
        """One more."""
        self._queue.put_nowait(feed)

    def end(self) -> None:
        """There will be no more."""
        self._queue.put_nowait(None)

    async def each(self) -> AsyncGenerator[Feed]:
        """Every one, until the end."""
        while (feed := await self._queue.get()) is not None:
            yield feed


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    wanted: Sequence[Scope],
    announce: Callable[[Feed], None],
    *,
    signins: SignIns | None = None,
) -> AsyncIterator[History]:
    """A history over these accounts and regions; AWS is not asked yet."""
    known = signins or SignIns(asker())
    async with contextlib.AsyncExitStack() as stack:
        accesses = []
        for scope in wanted:
            accesses.append(Access(scope, known.of(scope)))
            stack.push_async_callback(accesses[-1].close)
        tables = []
        for table in settings.history.athena:
            access = Access(scope := scope_of(table, settings.aws, wanted), known.of(scope))
            stack.push_async_callback(access.close)
            tables.append((access, table))
        yield History(
            accesses,
            settings.logs,
            settings.history,
            announce,
            wall=time.time_ns,
            tables=tables,
        )


class Searches:
    """Implements `ports.Past` for a live triage: one search at a time."""

    def __init__(self, history: History, say: Callable[[str], None]) -> None:
        """`say` tells what came of it."""
        self._history = history
        self._say = say
        self._asked: asyncio.Queue[Asked] = asyncio.Queue()
        self._progress: Progress | None = None
        self._running: asyncio.Future[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._progress is not None

    @property
    def told(self) -> str:
        """How far it is; "" while nothing is searched."""
        found = self._progress
        if found is None:
            return ""
        return f"history {found.done:.0%}, {found.records:,} records, {size(found.scanned)} scanned"

    async def estimate(self, asked: Asked) -> Estimate:
        """What a search would read. Raises PastError."""
        return await self._history.estimate(asked)

    def start(self, asked: Asked) -> None:
        """Begins, unless something is searched."""
        if self._progress is None:
            self._progress = Progress()
            self._asked.put_nowait(asked)

    def stop(self) -> None:
        """Ends it; its queries are stopped."""
        if self._running is not None:
            self._running.cancel()

    async def serve(self) -> None:
        """Does what is asked for, until it is cancelled."""
        while True:
            asked = await self._asked.get()
            progress = self._progress = self._progress or Progress()
            self._running = asyncio.ensure_future(self._history.run(asked, progress))
            try:
                await asyncio.shield(self._running)
                found = f"history of {asked.ref.key}: {progress.records:,} records"
                problems = joined(progress.problems)
                self._say(f"{found}; {problems}" if problems else found)
            except PastError as error:
                self._say(str(error))
            except asyncio.CancelledError:
                if not self._running.cancelled():  # it is us who are to end
                    self._running.cancel()
                    with contextlib.suppress(asyncio.CancelledError, PastError):
                        await self._running
                    raise
                self._say(f"stopped; {progress.records:,} records were found")
            finally:
                self._progress = self._running = None


def headless(
    settings: Settings, arguments: argparse.Namespace, ref: EntityRef, selected: Filter
) -> int:
    """Reads the past, and prints what `scan` prints of it; the exit code. Raises PastError,
    AccessError, StateFileError, OSError."""
    until = time.time_ns() if arguments.until is None else arguments.until
    asked = Asked(ref, until - arguments.since * SECOND, until)
    wanted = scopes(settings.aws, default_region)
    with logfile.beside(state.root()):
        return asyncio.run(_headless(settings, arguments, asked, wanted, selected))


async def _headless(
    settings: Settings,
    arguments: argparse.Namespace,
    asked: Asked,
    wanted: Sequence[Scope],
    selected: Filter,
) -> int:
    arrivals, progress = Arrivals(), Progress()
    async with opened(settings, wanted, arrivals.announce) as history:
        estimate = await history.estimate(asked)
        console.say(told(estimate))
        for problem in estimate.problems:
            console.say(problem)
        if arguments.estimate:
            return console.TROUBLE if estimate.problems else console.OK
        limit = settings.history.limit_bytes
        if arguments.limit_gb is not None:
            limit = round(arguments.limit_gb * 1e9)
        check(estimate, limit)
        night = None if arguments.no_record else _night(settings)
        with contextlib.closing(night) if night is not None else contextlib.nullcontext():
            triage = _triage(settings, selected, night)
            try:
                stopped = await _read(
                    triage, history, asked, arrivals, progress, limit, quiet=arguments.quiet
                )
                for _ in triage.search(selected):
                    pass
                reports = [source.report for source in triage.sources]
                scan.write(triage, selected, arguments, reports)
                if arguments.learn:
                    await _learn(settings, triage)
            finally:
                triage.raw.close()
    if progress.problems:
        console.say(joined(progress.problems))
    if stopped:
        console.say("stopped before its end; what was found is above")
    if progress.problems or stopped:
        return console.TROUBLE
    return scan.verdict(triage, selected, arguments.fail_on)


def _night(settings: Settings) -> Night:
    """Raises OSError."""
    root, kept = state.make(state.recordings()), settings.recording
    now = time.time_ns()
    nights.prune(root, days=kept.keep_days, gigabytes=kept.keep_gb, wall=now)
    return nights.begin(root, now)


def _triage(settings: Settings, selected: Filter, night: Night | None) -> Triage:
    spool = Spool(compose.spool_folder()) if selected.words else compose.NoSpool()
    clock = LiveClock()
    recorder = None if night is None else RecordingWriter(night.folder, wall=clock.wall)
    return Triage(
        [],
        clock=clock,
        spool=spool,
        raw=RawFiles([], spool),
        casebook=NoCasebook(),
        blocklist=NoBlocklist(),
        author="",
        decoders=Decoders(settings=settings.reading, rules=rules(settings)),
        muted=settings.rules.mutes,
        geo=places(settings),
        recorder=recorder,
        knowledge=knowing.knowledge(settings),
    )


async def _read(
    triage: Triage,
    history: History,
    asked: Asked,
    arrivals: Arrivals,
    progress: Progress,
    limit: int,
    *,
    quiet: bool,
) -> bool:
    """Reads it all; whether somebody stopped it with ctrl+c. Raises PastError."""
    loop = asyncio.get_running_loop()
    stopped = False
    if triage.recorder is not None:
        console.say(f"recording to {triage.recorder.folder}")

    async def look() -> None:
        try:
            await history.run(asked, progress, limit=limit)
        finally:
            arrivals.end()

    looking = asyncio.ensure_future(look())

    def stop() -> None:
        nonlocal stopped
        stopped = True
        looking.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        with Bar(quiet=quiet) as bar:

            def show(_rows: range) -> None:
                what = f"{progress.records:,} records, {size(progress.scanned)} scanned"
                bar.show(what, round(progress.done * 1000), 1000)

            await triage.run(show, arrivals=arrivals.each())
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    finally:
        looking.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if triage.recorder is not None:
            await asyncio.to_thread(triage.recorder.close)
    return stopped


async def _learn(settings: Settings, triage: Triage) -> None:
    from triage_tui.detect.baseline_file import SqliteBaseline
    from triage_tui.detect.weeks import ENOUGH
    from triage_tui.store.lessons import lesson

    from .knowing import baseline_path
    from .learn import latest, suspects

    found = lesson(triage.index, places(settings), await suspects(settings), until=latest())
    if found is None:
        console.say("nothing to learn: no principal does anything in it")
        return
    found.watched = []  # of all others, what was read tells nothing
    store = await SqliteBaseline.open(baseline_path())
    try:
        taught = await store.learn(found)
    finally:
        await store.close()
    console.say(f"learned what is usual for {taught.principals:,} principals and roles")
    if taught.coverage.hours < ENOUGH:
        days = ENOUGH // 24
        console.say(f"it counts once `triage-tui learn PATH` has taught {days} days of everybody")
