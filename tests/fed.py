"""A triage that reads what it is fed, batch by batch: the demo's incident in small parts."""

from __future__ import annotations

import asyncio
from array import array
from typing import TYPE_CHECKING

import msgspec

from tests.rules import own_pack
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.decoding import Decoded, Decoders
from triage_tui.demo import incident_files
from triage_tui.formats.decode import decode
from triage_tui.health import FileReport
from triage_tui.model import Batch
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence
    from random import Random

    from triage_tui.model import BlockPlan, Columns, EntityRef, Span
    from triage_tui.ports import Witness

NOW = 1_773_540_000_000_000_000
PART = 40
"""Records of a batch, at most."""


class Fed:
    """A source without an end that brings a batch when it is told to."""

    endless = True

    def __init__(self, path: str) -> None:
        self.report = FileReport(path)
        self.waiting: asyncio.Queue[Batch] = asyncio.Queue()

    async def batches(self, number: int) -> AsyncGenerator[Batch | Span]:
        while True:
            yield await self.waiting.get()


class OnceDecoders(Decoders):
    """Decodes each batch once for all triages, and starts no process."""

    def __init__(self) -> None:
        super().__init__(1, rules=own_pack())
        self._known: dict[int, Columns] = {}

    async def decode_each(self, batches: AsyncGenerator[Batch | Span]) -> AsyncGenerator[Decoded]:
        async for batch in batches:
            assert isinstance(batch, Batch)
            if id(batch) not in self._known:
                self._known[id(batch)] = decode(batch, matcher=self._matcher)
            yield Decoded(self._known[id(batch)])


class PatientBlocklist(SimulatedBlocklist):
    """Its plans ask who else is there, wait, as for an answer of AWS, and ask again."""

    going_on: asyncio.Event

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        witness.collateral("203.0.113.0/24")
        await self.going_on.wait()
        return await super().plan(refs, witness, cursor)


class State:
    """What people said and did: of one triage, or of several that are to know the same."""

    casebook: SqliteCasebook
    blocklist: PatientBlocklist
    journal: Journal

    @classmethod
    async def open(cls) -> State:
        made = cls()
        made.casebook = await SqliteCasebook.open(None, wall=lambda: NOW)
        made.journal = await Journal.open(None, wall=lambda: NOW)
        made.blocklist = PatientBlocklist(made.journal, GuardPolicy())
        made.blocklist.going_on = asyncio.Event()
        made.blocklist.going_on.set()
        return made

    async def close(self) -> None:
        await self.casebook.close()
        await self.journal.close()


class FedTriage:
    """A triage over sources that are fed."""

    def __init__(self, state: State, decoders: Decoders) -> None:
        self.sources = [Fed(str(path)) for path in incident_files()]
        self._told = asyncio.Event()
        spool, self.clock = Spool(), ReplayClock(ticks=lambda: 0, wall_time=lambda: NOW)
        self.triage = Triage(
            self.sources,
            clock=self.clock,
            spool=spool,
            raw=RawFiles([source.report.path for source in self.sources], spool),
            casebook=state.casebook,
            blocklist=state.blocklist,
            author="maria",
            decoders=decoders,
        )

    async def run(self) -> None:
        """Reads until it is cancelled."""
        await self.triage.run(lambda _rows: self._told.set())

    async def feed(self, batch: Batch) -> None:
        """Returns when the batch is taken in."""
        self._told.clear()
        self.sources[batch.source].waiting.put_nowait(batch)
        await self._told.wait()


def _cut(batch: Batch, random: Random) -> Iterator[Batch]:
    """The same records in smaller batches."""
    at = 0
    while at < len(batch.starts):
        stop = at + random.randint(1, PART)
        starts, lengths = batch.starts[at:stop], batch.lengths[at:stop]
        low, high = starts[0], starts[-1] + lengths[-1]
        yield msgspec.structs.replace(
            batch,
            data=batch.data[low:high],
            starts=array("Q", (start - low for start in starts)),
            lengths=lengths,
            base=None,
        )
        at = stop


async def night(random: Random, most: int) -> list[Batch]:
    """A part of the incident, from all of its files in turns: of each at most so many batches, from
    anywhere."""
    queues = []
    for number, path in enumerate(incident_files()):
        read = FileSource(str(path), wall=lambda: NOW).batches(number)
        whole = [each async for each in read if isinstance(each, Batch)]
        parts = [part for each in whole for part in _cut(each, random)]
        at = random.randrange(max(1, len(parts) - most + 1))
        queues.append(parts[at : at + most])
    found = []
    while any(queues):
        found.append(random.choice([queue for queue in queues if queue]).pop(0))
    return found
