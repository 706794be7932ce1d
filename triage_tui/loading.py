"""What sources bring is taken into the index of a triage: files one after the other, what has no
end beside each other."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from contextlib import aclosing
from typing import TYPE_CHECKING

from . import precedence
from .correlating import Correlating
from .habits import role_key
from .keeping import Keeping
from .model import Span
from .sources.spans import Unreadable
from .statefile import StateFileError
from .store.copies import Copies
from .store.index import Index, Origin

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from .decoding import Decoders
    from .health import FileReport
    from .model import Batch, Columns
    from .ports import Clock, Recorder, Source
    from .sources.spool import Spool

_NO_LOG = "no log known here; left out"


class _Arrival:
    """A batch that was brought, and is not taken in yet."""

    __slots__ = ("number", "recording")

    def __init__(self, number: int, recording: asyncio.Task[FileReport | None] | None) -> None:
        self.number = number
        self.recording = recording
        """Ends with the segment that it is in; None where nobody records it."""

    def segment(self) -> FileReport | None:
        """Of the recording, where it is in one."""
        return None if self.recording is None else self.recording.result()


class Loading(ABC):
    """The part of a `Triage` that fills its index, and is the only one that writes to it."""

    clock: Clock

    def __init__(
        self, sources: Sequence[Source], spool: Spool, decoders: Decoders, recorder: Recorder | None
    ) -> None:
        self.sources = list(sources)
        self.paths = [source.report.path for source in sources]
        self.recorder = recorder
        self.unkept = 0
        """Bytes of raw records that the disk refused: they are counted, and cannot be read back."""
        self.gives_way: Callable[[], bool] = precedence.nobody
        """Whether somebody waits for something that goes before taking events in."""
        self.taken_in: Callable[[], None] = lambda: None
        """Called when something that endless sources have brought is taken in."""
        self.brought = 0
        """Batches that endless sources have brought."""
        self.loaded = False
        """Whether every source has ended but the endless ones."""
        self.index = Index(decoders.settings, decoders.rules)
        self.correlating = Correlating(self.index)
        self._decoders = decoders
        self._spool = spool
        self._copies = Copies()
        self._keeping = None if recorder is None else Keeping(recorder)
        self._group: asyncio.TaskGroup | None = None
        """Owns whoever reads, and records."""
        self._arriving: dict[int, deque[_Arrival]] = {}
        """By endless source: each batch that was brought and is not taken in yet."""
        self._turn = asyncio.Lock()
        """Of those who take something in: one between two moments in which keys are heard."""
        self._recalled = 0
        """Identities whose habits were fetched."""

    @abstractmethod
    def _meet(self) -> None:
        """Gets to know who is new in the index: a few at a time, for all at once would be felt when
        the screen is painted."""

    async def run(
        self,
        on_rows: Callable[[range], None] | None = None,
        arrivals: AsyncGenerator[Source] | None = None,
    ) -> None:
        """Reads every source to its end, in order; endless ones beside each other, and `arrivals`
        as they come. `on_rows` hears of rows as they are taken in."""
        endless = [number for number, source in enumerate(self.sources) if source.endless]
        try:
            for number, source in enumerate(self.sources):
                if not source.endless:
                    await self._read(number, source, on_rows)
            self.loaded = True
            if not endless and arrivals is None:
                return
            async with asyncio.TaskGroup() as group:
                self._group = group
                judging = group.create_task(self.correlating.keep_judging(lambda: self.gives_way()))
                reading = [
                    group.create_task(self._follow(number, self.sources[number], on_rows))
                    for number in endless
                ]
                if arrivals is not None:
                    reading += await self._welcome(arrivals, group, on_rows)
                if reading:
                    await asyncio.wait(reading)
                judging.cancel()
        finally:
            self.correlating.judge()
            self._decoders.close()

    async def _welcome(
        self,
        arrivals: AsyncGenerator[Source],
        group: asyncio.TaskGroup,
        on_rows: Callable[[range], None] | None,
    ) -> list[asyncio.Task[None]]:
        """Reads sources that come while others are read: who does."""
        reading = []
        async with aclosing(arrivals):
            async for source in arrivals:
                self.sources.append(source)
                self.paths.append(source.report.path)
                number = len(self.sources) - 1
                read = self._follow if source.endless else self._read
                reading.append(group.create_task(read(number, source, on_rows)))
        return reading

    async def _read(
        self, number: int, source: Source, on_rows: Callable[[range], None] | None
    ) -> None:
        """Reads a source to its end; leaves it at once if it begins as no log does."""
        report = source.report
        async with aclosing(self._decoders.decode(source.batches(number))) as decoded:
            try:
                async for columns in decoded:
                    if columns.foreign and not report.records and report.size:
                        report.left = _NO_LOG
                        return
                    async with self._turn:
                        await precedence.give_way(self.gives_way)
                        rows = self._take_in(columns)
                        self.correlating.judge()
                    await self._go_on(rows, on_rows)
            except Unreadable as error:
                self._break_off(report, error)

    async def _follow(
        self, number: int, source: Source, on_rows: Callable[[range], None] | None
    ) -> None:
        """Reads a source that has no end."""
        arriving = self._arriving[number] = deque()
        batches = self._bring(number, source, arriving)
        async with aclosing(self._decoders.decode_each(batches)) as each:
            try:
                async for decoded in each:
                    async with self._turn:
                        columns = decoded.take()
                        rows = None if columns is None else await self._take_recorded(columns)
                    if rows is None:  # taken in with what another one brought
                        continue
                    await self._go_on(rows, on_rows)
                    self.taken_in()
            except Unreadable as error:
                self._break_off(source.report, error)
            finally:
                arriving.clear()

    @staticmethod
    def _break_off(report: FileReport, error: Unreadable) -> None:
        report.error = f"cannot read on after {report.records:,} records: {error}"

    @property
    def hampered(self) -> str:
        """What makes the reading slow, in plain words; empty where nothing does."""
        return self._decoders.trouble

    @property
    def taken(self) -> int:
        """So many of the batches that endless sources have brought are taken in, all before the
        first that is not."""
        return min(
            (each[0].number for each in self._arriving.values() if each), default=self.brought
        )

    async def _bring(
        self, number: int, source: Source, arriving: deque[_Arrival]
    ) -> AsyncGenerator[Batch | Span]:
        """The source's batches; each is recorded while it is decoded."""
        async with aclosing(source.batches(number)) as batches:
            async for batch in batches:
                arriving.append(_Arrival(self.brought, self._record(batch, source)))
                self.brought += 1
                yield batch

    def _record(
        self, batch: Batch | Span, source: Source
    ) -> asyncio.Task[FileReport | None] | None:
        if self._keeping is None or self._group is None or isinstance(batch, Span):
            return None
        return self._group.create_task(self._keeping.keep(batch, source.report.path))

    async def _take_recorded(self, columns: Columns) -> range:
        """Takes in what endless sources brought, as soon as it is recorded: nobody sees it
        before."""
        for part in columns.parts:
            arriving = self._arriving.get(part.source)
            if arriving and arriving[0].recording is not None:
                await arriving[0].recording
        await precedence.give_way(self.gives_way)
        return self._take_in(columns)

    def _take_in(self, columns: Columns) -> range:
        """Takes in a batch, or several that are joined."""
        spool, origins = self._keep(columns.spill), []
        for part in columns.parts:
            report = self.sources[part.source].report
            origins.append(Origin(self._scope(part.source, report), report.path))
        rows = self.index.append(columns, spool, origins)
        self.correlating.gather(columns, rows)
        start = rows.start
        for part in columns.parts:
            self._count(part.source, range(start, start + part.rows), part.unparsed)
            start += part.rows
        span = self.index.span()
        latest = self.index.latest()
        if span is not None and latest is not None:
            begin = self.index.begin()
            self.clock.extend(span[0], latest, begin[0] if begin else None)
        return rows

    def _count(self, source: int, rows: range, unparsed: int) -> None:
        """Counts what a batch of a source has become, in its report and in the recording's."""
        arriving = self._arriving.get(source)
        formats = self.index.formats(rows)
        formats.pop("unparsed", None)
        segment = arriving.popleft().segment() if arriving else None
        for each in (self.sources[source].report, segment):
            if each is not None:
                for name, count in formats.items():
                    each.formats[name] = each.formats.get(name, 0) + count
                each.records += len(rows)
                each.unparsed += unparsed

    async def _go_on(self, rows: range, on_rows: Callable[[range], None] | None) -> None:
        """What is due when rows were taken in; then lets others have their turn."""
        await self._recall()
        if self.clock.at_end:
            self._meet()
        if on_rows is not None:
            on_rows(rows)
        await asyncio.sleep(0)

    async def _recall(self) -> None:
        """Fetches what was learned of principals that are new here."""
        identities, store = self.index.identities, self.index.knowledge.baseline
        if store is None or self._recalled == len(identities):
            return
        fresh, self._recalled = identities[self._recalled :], len(identities)
        names = ((who.key, who.principal_id, role_key(who.role)) for who in fresh)
        try:
            if await store.fetch(name for each in names for name in each if name):
                self.index.lessons += 1
        except StateFileError as error:  # the rest of the triage works without
            self.index.untaught = f"what is usual is not known: {error}"
            self.index.knowledge = self.index.knowledge._replace(baseline=None)
            await store.close()

    def _scope(self, source: int, report: FileReport) -> int | str:
        """Within what a source's true twins are told apart: an earlier part of the same night knows
        some of them."""
        if self.recorder is not None and self.sources[source].endless:
            return self._copies.goes_on(self.recorder.night) or source
        return self._copies.scope(source, report.segment)

    def _keep(self, spill: bytes) -> int:
        """Where the raw bytes lie in the spool; a full disk stops nothing but their reading."""
        try:
            return self._spool.append(spill)
        except OSError:
            if self.recorder is None:
                raise
            self.unkept += len(spill)
            return self._spool.skip(len(spill))
