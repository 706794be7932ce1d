"""A triage with somebody at the keyboard: its decisions are kept."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
from typing import TYPE_CHECKING

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.decoding import Decoders
from triage_tui.respond.guard import own_addresses
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage

from . import state
from .compose import spool_folder
from .inputs import originals
from .ruling import rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.model import EntityRef
    from triage_tui.ports import Geo, Recorder, Response, Source
    from triage_tui.sources.clock import ReplayClock


class Attended:
    """A triage and the state files that were opened for it."""

    def __init__(self, triage: Triage, journal: Journal) -> None:
        self.triage = triage
        self.journal = journal

    async def close(self) -> None:
        """Gives everything back; what was decided is on disk already."""
        try:
            await self.triage.close()
        finally:
            await self.journal.close()


async def attended(
    sources: Sequence[Source],
    folder: Path,
    clock: ReplayClock,
    settings: Settings,
    geo: Geo,
    *,
    settles: bool = True,
    blocklist: Response | None = None,
    recorder: Recorder | None = None,
) -> Attended:
    """Opens or creates the state in `folder`, and puts a triage around it.

    Blocks are simulated unless `blocklist` says otherwise; with `settles`, what a crash left open
    between their intent and their result is settled.
    Raises StateFileError or ResponseError where the state cannot be used.
    """
    async with contextlib.AsyncExitStack() as opened:
        casebook = await SqliteCasebook.open(folder / state.CASEBOOK, wall=clock.wall)
        opened.push_async_callback(casebook.close)
        journal = await Journal.open(folder / state.JOURNAL, wall=clock.wall)
        opened.push_async_callback(journal.close)
        simulated = SimulatedBlocklist(
            journal, settings.guard(_own()), addresses=lambda ref: _addresses(triage, ref)
        )
        if settles and blocklist is None:
            await simulated.reconcile()
        spool = Spool(spool_folder())
        found = await asyncio.to_thread(rules, settings)
        triage = Triage(
            sources,
            clock=clock,
            spool=spool,
            raw=RawFiles(originals(sources), spool),
            casebook=casebook,
            blocklist=blocklist or simulated,
            author=author(),
            decoders=Decoders(settings=settings.reading, rules=found),
            geo=geo,
            recorder=recorder,
        )
        opened.pop_all()
    return Attended(triage, journal)


def _addresses(triage: Triage, ref: EntityRef) -> Sequence[str]:
    entity = triage.entity(ref)
    return entity.ips if entity is not None else ()


def _own() -> tuple[str, ...]:
    """The addresses that this session comes from."""
    return own_addresses(os.environ.get("SSH_CONNECTION", ""))


def author() -> str:
    """Who decides: the name of the login."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
