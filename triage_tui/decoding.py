"""Batches to columns, in order: small ones at once, others in a thread, large ones in processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeVar, TypeVarTuple

import msgspec

from .detect.matcher import RuleMatcher
from .detect.ruleset import EMPTY, RuleSet
from .formats.decode import decode, decode_batches
from .formats.settings import DEFAULT
from .formats.vocabulary import Vocabulary
from .model import Span
from .worker import decode_all, decode_any, decode_one
from .workers import WorkerLost, Workers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from concurrent.futures import Future

    from .formats.settings import FormatSettings
    from .model import Batch, Columns

Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")

AT_ONCE = 64 * 1024
"""Bytes. Smaller batches are decoded on the event loop: they take less than a millisecond."""
AWAY = 1024 * 1024
"""Bytes. Larger batches go to processes; those between to a thread, so that keys are heard."""
LIVE_AWAY = 64 * 1024
"""The same for live sources, of all together: where so much comes at once, there is no time for it
here."""
LIVE_SHARE = 1024 * 1024
"""So much of it goes to one process; more to several, for each has its way there, back, and into
the index."""
LITTLE = 8 * 1024
"""Bytes of a live batch that waits for no others."""


class Decoded:
    """What became of a batch, or of several that were decoded together: whoever of those that
    brought them comes first takes them in for all."""

    def __init__(self, columns: Columns) -> None:
        self._columns: Columns | None = columns

    def take(self) -> Columns | None:
        """The columns; None where another one has them."""
        columns, self._columns = self._columns, None
        return columns


class _Gathered(NamedTuple):
    """A batch that waits to be decoded."""

    batch: Batch
    decoded: asyncio.Future[Decoded]


class Decoders:
    """Decodes batches; starts its processes when the first large one comes, or before. What a
    process was asked for that died meanwhile is decoded here: nothing may be lost for that."""

    def __init__(
        self,
        processes: int | None = None,
        settings: FormatSettings = DEFAULT,
        rules: RuleSet = EMPTY,
    ) -> None:
        """`rules` run on every record."""
        self.settings = settings
        self.rules = rules
        self._matcher = RuleMatcher(rules) if rules else None
        self._processes = processes or max(1, min(8, os.cpu_count() or 1))
        self._workers: Workers | None = None
        self._streams = count(1)
        self._gathered: list[_Gathered] = []
        self._away: set[asyncio.Future[Columns]] = set()
        """What live sources brought that processes decode."""
        self._trouble = ""

    async def decode_each(self, batches: AsyncGenerator[Batch | Span]) -> AsyncGenerator[Decoded]:
        """The same for sources without an end: each batch is decoded before the next is asked for,
        so that none waits for others to come. They are to be taken in in the order in which they
        come, whatever source brought them."""
        stream = next(self._streams)
        async with contextlib.aclosing(batches):
            async for batch in batches:
                if isinstance(batch, Span):
                    yield Decoded(await self._result(batch, self._submit_one(batch, stream)))
                elif len(batch.data) >= LITTLE:
                    yield await self._decode_together(batch)
                else:
                    yield Decoded(self._decode_now([batch]))

    async def _decode_together(self, batch: Batch) -> Decoded:
        """Decodes a batch with those that others bring at the same moment: few ways to processes
        and back, and into the index, take less time than many."""
        loop = asyncio.get_running_loop()
        mine = _Gathered(batch, loop.create_future())
        if not self._gathered:
            loop.call_soon(self._decode_gathered)
        self._gathered.append(mine)
        try:
            return await mine.decoded
        except WorkerLost:
            return Decoded(await asyncio.to_thread(self._decode_now, [batch]))

    def _decode_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        size = sum(len(each.batch.data) for each in gathered)
        if size < LIVE_AWAY:
            try:
                self._hand_out(gathered, self._decode_now([each.batch for each in gathered]))
            except Exception as error:  # noqa: BLE001 - whoever waits for it hears of it
                self._fail(gathered, error)
            return
        shares = min(self._processes, len(gathered), 1 + size // LIVE_SHARE)
        for first in range(shares):
            share = gathered[first::shares]
            asked = [each.batch for each in share]
            try:
                decoded = asyncio.wrap_future(self._submit(decode_all, asked, self.settings))
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(share, error)
            else:
                self._away.add(decoded)
                decoded.add_done_callback(partial(self._done, share))

    def _done(self, share: list[_Gathered], decoded: asyncio.Future[Columns]) -> None:
        self._away.discard(decoded)
        if decoded.cancelled():
            for each in share:
                each.decoded.cancel()
        elif (error := decoded.exception()) is not None:
            self._fail(share, error)
        else:
            self._hand_out(share, decoded.result())

    @staticmethod
    def _hand_out(share: list[_Gathered], columns: Columns) -> None:
        """Gives everybody the columns of all."""
        decoded = Decoded(columns)
        for each in share:
            if not each.decoded.done():
                each.decoded.set_result(decoded)

    @staticmethod
    def _fail(share: list[_Gathered], error: BaseException) -> None:
        for each in share:
            if not each.decoded.done():
                each.decoded.set_exception(error)

    def _decode_now(self, batches: list[Batch]) -> Columns:
        return decode_batches(batches, self.settings, Vocabulary(), self._matcher)

    async def _decode_here(self, batch: Batch) -> Columns:
        if len(batch.data) < AT_ONCE:
            return decode(batch, self.settings, None, self._matcher)
        return await asyncio.to_thread(decode, batch, self.settings, None, self._matcher)

    async def decode(self, batches: AsyncGenerator[Batch | Span]) -> AsyncGenerator[Columns]:
        """The columns of every batch, in the order of the batches. Raises Unreadable for a span
        that is gone."""
        stream = next(self._streams)
        ahead: deque[tuple[Batch | Span, Future[Columns]]] = deque()
        async with contextlib.aclosing(batches):
            async for batch in batches:
                if isinstance(batch, Span) or len(batch.data) >= AWAY:
                    ahead.append((batch, self._submit_one(batch, stream)))
                    if len(ahead) > 2 * self._processes:
                        yield await self._result(*ahead.popleft())
                    continue
                while ahead:
                    yield await self._result(*ahead.popleft())
                yield await self._decode_here(batch)
        while ahead:
            yield await self._result(*ahead.popleft())

    def start(self) -> None:
        """Starts the processes, for large batches that are sure to come: they get ready while we
        do."""
        self._started().start()

    @property
    def trouble(self) -> str:
        """What is wrong with the processes, and what comes of it; empty where all is well."""
        if self._workers is not None and (lost := self._workers.lost):
            many = f"{len(lost)} of {self._processes} processes that decode"
            self._trouble = f"{many} {lost[-1]}: nothing is lost, but it goes more slowly without"
        return self._trouble

    def _submit_one(self, batch: Batch | Span, stream: int) -> Future[Columns]:
        return self._submit(decode_one, batch, self.settings, stream)

    def _submit(self, work: Callable[[*Asked], Found], *asked: *Asked) -> Future[Found]:
        return self._started().submit(work, *asked)

    def _started(self) -> Workers:
        if self._workers is None:
            rules = msgspec.msgpack.encode(self.rules) if self.rules else b""
            self._workers = Workers(self._processes, rules)
        return self._workers

    async def _result(self, batch: Batch | Span, future: Future[Columns]) -> Columns:
        try:
            return await asyncio.wrap_future(future)
        except WorkerLost:
            return await asyncio.to_thread(decode_any, batch, self.settings, None, self._matcher)

    def close(self) -> None:
        """Ends the processes without waiting for work that nobody needs any more."""
        for decoded in list(self._away):
            decoded.cancel()
        if self._workers is not None:
            self._trouble = self.trouble
            self._workers.close()
            self._workers = None
