"""Batches to columns, in order: small ones at once, others in a thread, large ones in processes."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import count
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

import msgspec

from .detect.matcher import RuleMatcher
from .detect.ruleset import EMPTY, RuleSet
from .formats.decode import decode, decode_batches
from .formats.settings import DEFAULT
from .formats.vocabulary import Vocabulary
from .model import Span
from .worker import begin, decode_all, decode_any, decode_one, ready

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from .formats.settings import FormatSettings
    from .model import Batch, Columns

Asked = ParamSpec("Asked")
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
    """Decodes batches; starts its processes when the first large one comes, or before.

    Processes are spawned, never forked (a fork would inherit locks and terminals), leave ctrl+c to
    us, and end with us even when we are killed.
    """

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
        self._pool: ProcessPoolExecutor | None = None
        self._streams = count(1)
        self._gathered: list[_Gathered] = []

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
        except BrokenProcessPool:
            # A process was killed (out of memory, an operator): nothing may be lost for that.
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
                decoded.add_done_callback(partial(self._done, share))

    def _done(self, share: list[_Gathered], decoded: asyncio.Future[Columns]) -> None:
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
        with contextlib.suppress(OSError):  # whoever brings the first batch hears of it
            for _ in range(self._processes):
                self._submit(ready)

    def _submit_one(self, batch: Batch | Span, stream: int) -> Future[Columns]:
        return self._submit(decode_one, batch, self.settings, stream)

    def _submit(
        self, work: Callable[Asked, Found], *asked: Asked.args, **more: Asked.kwargs
    ) -> Future[Found]:
        if self._pool is None:
            _start_tracker()
            self._pool = ProcessPoolExecutor(
                self._processes,
                multiprocessing.get_context("spawn"),
                begin,
                (msgspec.msgpack.encode(self.rules) if self.rules else b"",),
            )
        try:
            with _deaf_to_interrupts():
                return self._pool.submit(work, *asked, **more)
        except BrokenProcessPool as error:
            failed: Future[Found] = Future()
            failed.set_exception(error)
            return failed

    async def _result(self, batch: Batch | Span, future: Future[Columns]) -> Columns:
        try:
            return await asyncio.wrap_future(future)
        except BrokenProcessPool:  # as above
            return await asyncio.to_thread(decode_any, batch, self.settings, None, self._matcher)

    def close(self) -> None:
        """Ends the processes without waiting for work that nobody needs any more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _start_tracker() -> None:
    """Starts the helper that cleans up behind multiprocessing, should we be killed: in silence, for
    whatever it said would stand in the middle of a screen, or behind an answer to ctrl+c."""
    sys.warnoptions.append("ignore")  # what the helper is started with, no more
    try:
        with contextlib.redirect_stderr(None):  # under a screen it is no file, as it wants one
            resource_tracker.ensure_running()
    finally:
        sys.warnoptions.pop()


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process inherits what its parent is deaf to: ctrl+c is ours, even while it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
