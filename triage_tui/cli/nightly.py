"""A live night: its sources, its recording, and the triage over both, with a screen or without."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from typing import TYPE_CHECKING, NamedTuple

from triage_tui import precedence
from triage_tui.aws.access import AccessError, default_region, scopes
from triage_tui.aws.live import Live, LiveSettings
from triage_tui.aws.memory import Memory
from triage_tui.decoding import Decoders
from triage_tui.model import SECOND
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.remedy.simulated import NoRemedies
from triage_tui.respond.upkeep import keep
from triage_tui.sources.clock import LiveClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.statefile import StateFileError
from triage_tui.store import nights
from triage_tui.store.recording import RecordingWriter
from triage_tui.triage import Triage

from . import (
    begun,
    compose,
    console,
    inputs,
    knowing,
    logfile,
    paged,
    scan,
    state,
    threat_lists,
    unseen,
)
from .codes import asker
from .places import places
from .readonly import NoBlocklist, NoCasebook
from .ruling import rules, tell_refused

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from triage_tui.aws.access import Scope
    from triage_tui.aws.signins import SignIns
    from triage_tui.config import Settings
    from triage_tui.console_links import FindingPage
    from triage_tui.model import EntityRef
    from triage_tui.ports import CodeAsker, Recorder, Remedies, Response, Source
    from triage_tui.respond.journal import Journal
    from triage_tui.store.filters import Filter
    from triage_tui.store.nights import Night
    from triage_tui.ui.app import TriageApp

    from .attended import Opener
    from .pasts import Searches
    from .screen import Session
    from .shared import Shared

NO_BLOCKS = (
    "no blocklist is configured, so nothing can be blocked from here: write a [[blocklist]] into "
    "the config (`triage-tui config init` shows one), then run `triage-tui blocks init`",
    "--dry-run plans and simulates blocks",
)
READ_ONLY = ("this triage was started with --read-only: nothing is blocked from here",)


_CLOCK_LOOK = 5.0
"""Seconds between two looks at the wall clock, where something is to happen by it."""
_FIRST_MARK, _MARK = 15.0, 60.0
"""Seconds until it is recorded for the first time how far everything is complete, and from one time
to the next."""


class NightError(Exception):
    """A night that cannot begin: why, and what to do."""


class _Wanted(NamedTuple):
    """What is to be opened."""

    settings: Settings
    arguments: argparse.Namespace
    scopes: list[Scope]
    selected: Filter


class _Opened(NamedTuple):
    """What was opened: the sources that are read first, those that are live, the recording."""

    sources: list[Source]
    live: Live
    recorder: RecordingWriter | None
    night: Night | None

    def close(self) -> None:
        """Lets others have the night's folder."""
        if self.night is not None:
            self.night.close()


def headless(settings: Settings, arguments: argparse.Namespace, selected: Filter) -> int:
    """Records until it is told to end, then prints what `scan` prints of the recording; the exit
    code."""
    try:
        return _headless(_wanted(settings, arguments, selected))
    except NightError as error:
        console.say(str(error))
        return console.TROUBLE


def _wanted(settings: Settings, arguments: argparse.Namespace, selected: Filter) -> _Wanted:
    """Blocking; raises NightError where nobody knows where to look."""
    try:
        found = scopes(settings.aws, default_region)
    except AccessError as error:
        raise NightError(str(error)) from None
    return _Wanted(settings, arguments, found, selected)


def _open(
    wanted: _Wanted,
    wall: Callable[[], int],
    ask: CodeAsker | None,
    gives_way: Callable[[], bool] = precedence.nobody,
) -> _Opened:
    """Begins the recording, or takes an earlier one up again; `ask` asks for MFA codes; taking in
    `gives_way` to whoever goes first. Blocking; raises NightError."""
    settings, arguments = wanted.settings, wanted.arguments
    night = None if arguments.no_record else _night(settings, arguments, wall())
    sources: list[Source] = []
    memory = None
    if night is not None:
        begun.keep(night.folder, arguments)
    if night is not None and arguments.resume is not None:
        sources = [FileSource(path, wall=wall) for path in night.segments()]
        memory = Memory()
        memory.take(nights.remembered(night))
    live = Live(
        wanted.scopes,
        LiveSettings(settings.logs, settings.guardduty, settings.cloudtrail, settings.inspector),
        wall=wall,
        memory=memory,
        ask=ask,
        gives_way=gives_way,
        findings=[] if arguments.finding is None else [arguments.finding.finding],
    )
    recorder = None if night is None else RecordingWriter(night.folder, wall=wall)
    return _Opened(sources, live, recorder, night)


def _night(settings: Settings, arguments: argparse.Namespace, wall: int) -> Night:
    root, kept = state.recordings(), settings.recording
    try:
        state.make(root)
        nights.prune(root, days=kept.keep_days, gigabytes=kept.keep_gb, wall=wall)
        if arguments.resume is None:
            return nights.begin(root, wall)
        night = nights.resume(root, arguments.resume)
    except OSError as error:
        raise NightError(
            f"cannot record in {root}: {error.strerror or error}; --no-record does without"
        ) from error
    if night is None:
        which = f"no night {arguments.resume!r}" if arguments.resume else "no night"
        raise NightError(f"there is {which} in {root} that could be resumed, or it is in use")
    return night


# -- with a screen -------------------------------------------------------------------------------


async def show(
    settings: Settings,
    arguments: argparse.Namespace,
    folder: Path,
    app: TriageApp,
    session: Session,
) -> None:
    """Opens everything behind the first frame, and runs it until somebody leaves. `folder` keeps
    the state."""
    from triage_tui.ui.codes import CodeDialog

    from . import screen
    from .attended import attended

    clock, selected = LiveClock(), app.initial_filter
    try:
        wanted = await _located(await asyncio.to_thread(_wanted, settings, arguments, selected))
        ask, first = CodeDialog(app), app.goes_before_sources
        opened = await asyncio.to_thread(_open, wanted, clock.wall, ask, first)
    except NightError as error:
        session.refused = str(error)
        app.exit()
        return
    app.input_title = ", ".join(map(str, wanted.scopes))
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(contextlib.closing(opened))
        team = await _shared(wanted, clock.wall, opened.live.signins, stack, session)
        if session.refused is not None:
            app.exit()
            return
        opener = (
            None if arguments.dry_run else _responses(wanted, clock.wall, opened.live.signins, team)
        )
        opening = attended(
            opened.sources,
            folder,
            clock,
            wanted.settings,
            places(wanted.settings),
            opener=opener,
            recorder=opened.recorder,
            shared=team,
        )
        desk = await screen.opened(app, session, folder, opening)
        if desk is not None:
            app.signins = opened.live.signins
            screen.begin(app, desk)
            async with asyncio.TaskGroup() as tasks:
                landing = tasks.create_task(_land(app, desk.triage, arguments.finding))
                searches = await _searches(wanted, app, opened.live, stack)
                desk.triage.past = searches
                searching = tasks.create_task(searches.serve())
                settling = tasks.create_task(_settle(desk.triage))
                await _attend(desk.triage, opened.live, team)
                settling.cancel()
                searching.cancel()
                landing.cancel()


async def _settle(triage: Triage) -> None:
    """Finds out what became of answers that an earlier process was killed in the middle of."""
    with contextlib.suppress(ResponseError):  # the actions menu says so
        await triage.refresh_remedies()


async def _located(wanted: _Wanted) -> _Wanted:
    """What is opened, once it is known where the finding is that it begins with."""
    asked, dated = wanted.arguments.finding, wanted.arguments.since is not None
    settings, found = await paged.begun(
        wanted.settings, wanted.scopes, asked, wall=time.time_ns(), dated=dated
    )
    return wanted._replace(settings=settings, scopes=found)


async def _land(app: TriageApp, triage: Triage, asked: FindingPage | None) -> None:
    if asked is not None:
        await paged.land(app, triage, asked.finding)


async def _searches(
    wanted: _Wanted, app: TriageApp, live: Live, stack: contextlib.AsyncExitStack
) -> Searches:
    """Searches the past where the triage is live, as whom it is live."""
    from . import pasts

    history = await stack.enter_async_context(
        pasts.opened(wanted.settings, wanted.scopes, live.announce, signins=live.signins)
    )
    return pasts.Searches(history, app.say)


async def _shared(
    wanted: _Wanted,
    wall: Callable[[], int],
    signins: SignIns,
    stack: contextlib.AsyncExitStack,
    session: Session,
) -> Shared | None:
    """What the team shares; None where it shares nothing, or nothing real is done."""
    place = wanted.settings.shared
    if place is None or wanted.arguments.dry_run:
        return None
    from . import shared

    try:
        return await stack.enter_async_context(
            shared.opened(wanted.settings, place, wall=wall, signins=signins)
        )
    except (StateFileError, ResponseError) as error:
        session.refused = str(error)
        return None


def _responses(
    wanted: _Wanted, wall: Callable[[], int], signins: SignIns, team: Shared | None
) -> Opener:
    """The real blocklists, where there are any and nothing forbids them."""

    @contextlib.asynccontextmanager
    async def open_(
        journal: Journal, addresses: Callable[[EntityRef], Sequence[str]]
    ) -> AsyncIterator[tuple[Sequence[Response], Remedies]]:
        if wanted.arguments.read_only:
            yield (NoBlocklist(*READ_ONLY),), NoRemedies(*READ_ONLY)
            return
        async with contextlib.AsyncExitStack() as stack:
            from . import answering

            made = await stack.enter_async_context(
                answering.opened(
                    wanted.settings,
                    wanted.scopes,
                    journal,
                    wall=wall,
                    signins=signins,
                    company=team.company if team is not None else None,
                )
            )
            found: Sequence[Response] = (NoBlocklist(*NO_BLOCKS),)
            if wanted.settings.blocklist:
                from . import blocklists

                found = await stack.enter_async_context(
                    blocklists.opened(
                        wanted.settings,
                        journal,
                        wall=wall,
                        addresses=addresses,
                        signins=signins,
                        company=team.company if team is not None else None,
                    )
                )
            yield found, made

    return open_


async def _attend(triage: Triage, live: Live, team: Shared | None) -> None:
    """Reads what is live and what the team says, and takes out what is over, until it is stopped or
    cancelled."""

    def changed() -> None:
        triage.decisions += 1

    async with asyncio.TaskGroup() as tasks:
        kept = [
            tasks.create_task(keep(each, wall=triage.clock.wall, changed=changed))
            for each in triage.blocklists
            if isinstance(each, WafBlocklist)
        ]
        if team is not None:
            kept.append(tasks.create_task(team.team.follow(triage.heard)))
        await _run(triage, live)
        for task in kept:
            task.cancel()


async def _run(triage: Triage, live: Live) -> None:
    """Reads what is live until it is stopped or cancelled."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(live.run())
        beside = [tasks.create_task(live.follow_threats(threat_lists.heeding(triage)))]
        if triage.recorder is not None:
            beside.append(tasks.create_task(_keep_marking(triage.recorder, live)))
        await triage.run(arrivals=live.arrivals())
        for task in beside:
            task.cancel()


async def _keep_marking(recorder: Recorder, live: Live) -> None:
    """Records how far everything is complete, so that whoever resumes the night misses nothing."""
    await asyncio.sleep(_FIRST_MARK)
    while True:
        await asyncio.to_thread(recorder.mark, live.complete())
        await asyncio.sleep(_MARK)


# -- without one ---------------------------------------------------------------------------------


def _headless(wanted: _Wanted) -> int:
    clock, arguments = LiveClock(), wanted.arguments
    opened = _open(wanted, clock.wall, asker())
    recorder = opened.recorder
    assert recorder is not None  # noqa: S101 - headless always records
    spool = Spool(compose.spool_folder()) if wanted.selected.words else compose.NoSpool()
    triage = Triage(
        opened.sources,
        clock=clock,
        spool=spool,
        raw=RawFiles(inputs.originals(opened.sources), spool),
        casebook=NoCasebook(),
        blocklist=NoBlocklist(),
        author="",
        decoders=Decoders(settings=wanted.settings.reading, rules=rules(wanted.settings)),
        muted=wanted.settings.rules.mutes,
        geo=places(wanted.settings),
        recorder=recorder,
        knowledge=knowing.knowledge(wanted.settings),
    )
    tell_refused(triage.index.rules)
    with contextlib.closing(opened), logfile.beside(state.root()):
        try:
            asyncio.run(_record(triage, opened.live, arguments.until))
            triage.clock = clock.over()  # as `scan` has it
            for _ in triage.search(wanted.selected):
                pass
            before = [source.report for source in opened.sources]
            scan.write(triage, wanted.selected, arguments, [*before, *recorder.reports])
        finally:
            triage.raw.close()
    if unseen.is_troubled(triage, recorder):
        return console.TROUBLE
    return scan.verdict(triage, wanted.selected, arguments.fail_on)


async def _stop_at(until: int, wall: Callable[[], int], stop: Callable[[], None]) -> None:
    """Stops at a time of the wall clock, which somebody may set meanwhile, and which goes on while
    the machine sleeps."""
    while (left := (until - wall()) / SECOND) > 0:  # noqa: ASYNC110 - time alone ends it
        await asyncio.sleep(min(left, _CLOCK_LOOK))
    stop()


async def _record(triage: Triage, live: Live, until: int | None) -> None:
    """Ends at `until` (nanoseconds), with ctrl+c, or when it is told to terminate."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, live.stop)
    if triage.recorder is not None:  # who reads this may say ctrl+c
        console.say(f"recording to {triage.recorder.folder}")
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(unseen.tell(triage))]
        if until is not None:
            beside.append(tasks.create_task(_stop_at(until, triage.clock.wall, live.stop)))
        await _run(triage, live)
        for task in beside:
            task.cancel()
    if triage.recorder is not None:
        await asyncio.to_thread(triage.recorder.close)
