"""A triage with somebody at the keyboard: its decisions are kept."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.decoding import Decoders
from triage_tui.respond.journal import Journal
from triage_tui.respond.recorded import recorded
from triage_tui.respond.remedy.simulated import SimulatedRemedies
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage

from . import knowing, state
from .compose import spool_folder
from .inputs import originals
from .ruling import rules
from .who import author, own

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.model import EntityRef
    from triage_tui.ports import Casebook, Geo, Recorder, Remedies, Response, Source
    from triage_tui.sources.clock import ReplayClock

    from .knowing import Baseline
    from .shared import Shared


class Opener(Protocol):
    """Opens blocklists and remedies over a journal; it is told how the addresses of a principal are
    known."""

    def __call__(
        self, journal: Journal, addresses: Callable[[EntityRef], Sequence[str]]
    ) -> contextlib.AbstractAsyncContextManager[tuple[Sequence[Response], Remedies]]: ...


class Attended:
    """A triage and the state files that were opened for it."""

    def __init__(
        self,
        triage: Triage,
        journals: Sequence[Journal],
        opened: contextlib.AsyncExitStack,
        *,
        folder: Path,
        is_real: bool,
    ) -> None:
        """The journal that is written to, then those that were recorded elsewhere; `folder` keeps
        the state, `is_real` tells whether blocks are."""
        self.triage = triage
        self.journal = journals[0]
        self.journals = journals
        self.folder = folder
        self.is_real = is_real
        self._opened = opened

    async def close(self) -> None:
        """Gives everything back; what was decided is on disk already."""
        try:
            await self.triage.close()
        finally:
            await self._opened.aclose()


async def attended(
    sources: Sequence[Source],
    folder: Path,
    clock: ReplayClock,
    settings: Settings,
    geo: Geo,
    *,
    settles: bool = True,
    opener: Opener | None = None,
    recorder: Recorder | None = None,
    baseline: Baseline = "team",
    shared: Shared | None = None,
) -> Attended:
    """Opens or creates the state in `folder`, and puts a triage around it.

    Blocks are simulated unless `opener` opens other blocklists, with a journal of real blocks;
    with `settles`, what a crash left open of simulated ones is settled. What is `shared` takes the
    place of the casebook and the journal in `folder`.
    Raises StateFileError or ResponseError where the state cannot be used.
    """
    async with contextlib.AsyncExitStack() as opened:
        casebook: Casebook
        real = opener is not None
        if shared is not None:
            casebook, journal = shared.casebook, shared.journal
        else:
            casebook = await SqliteCasebook.open(folder / state.CASEBOOK, wall=clock.wall)
            opened.push_async_callback(casebook.close)
            journal = await Journal.open(folder / state.JOURNAL, wall=clock.wall, real=real)
            opened.push_async_callback(journal.close)

        def addresses(ref: EntityRef) -> Sequence[str]:
            return _addresses(triage, ref)

        blocklists: Sequence[Response]
        remedies: Remedies
        if opener is not None:
            blocklists, remedies = await opened.enter_async_context(opener(journal, addresses))
        else:
            guard = settings.guard(await asyncio.to_thread(own))
            simulated = SimulatedBlocklist(journal, guard, addresses=addresses)
            rehearsed = SimulatedRemedies(
                journal, settings.answers.policy("", simulated.policy), settings.answers.means
            )
            if settles:
                await simulated.reconcile()
                await rehearsed.reconcile()
            blocklists, remedies = (simulated,), rehearsed
        journals = [journal]
        past = folder / state.LIVE_JOURNAL
        if not real and await asyncio.to_thread(past.is_file):
            journals.append(await Journal.open(past, wall=clock.wall, real=True))
            opened.push_async_callback(journals[1].close)
            blocklists = (*blocklists, *recorded(journals[1].entries))
        spool = Spool(spool_folder())
        found = await asyncio.to_thread(rules, settings)
        known = await asyncio.to_thread(knowing.knowledge, settings, baseline)
        triage = Triage(
            sources,
            clock=clock,
            spool=spool,
            raw=RawFiles(originals(sources), spool),
            casebook=casebook,
            blocklist=blocklists[0],
            more_blocklists=blocklists[1:],
            author=author(),
            decoders=Decoders(settings=settings.reading, rules=found),
            muted=settings.rules.mutes,
            geo=geo,
            recorder=recorder,
            knowledge=known,
            remedies=remedies,
            team=shared.team if shared is not None else None,
        )
        kept = opened.pop_all()
    return Attended(triage, journals, kept, folder=folder, is_real=real)


def _addresses(triage: Triage, ref: EntityRef) -> Sequence[str]:
    entity = triage.entity(ref)
    return entity.ips if entity is not None else ()
