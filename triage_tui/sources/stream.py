"""A pipe (standard input) as a source: records arrive as they are written."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

from triage_tui.model import Batch, FileReport, HealthState

from .files import BLOCK, TRUNCATED, Unpacker, refuse
from .framing import Framer, RecordTooLong

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from .framing import Framed

_WAITING_BLOCKS = 8
_MAGIC = 4
"""Bytes that tell a packed stream from text."""


class StreamSource:
    """Reads a file descriptor until it ends. Implements `ports.Source`.

    A thread of its own does the reading, a daemon: a writer that never closes cannot hold up the
    exit.
    """

    def __init__(self, handle: int, *, wall: Callable[[], int], name: str = "-") -> None:
        self.report = FileReport(name)
        self._handle = handle
        self._wall = wall

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        """The stream's records; gz is recognised."""
        self.report.state = HealthState.LIVE
        framer = Framer()
        async for block in self._plain():
            for framed in self._framed(framer, block):
                yield self._batch(number, framed)
            if self.report.error:
                break
        for framed in framer.finish():
            yield self._batch(number, framed)
        self.report.state = HealthState.ENDED

    def _framed(self, framer: Framer, block: bytes) -> list[Framed]:
        try:
            return framer.feed(block)
        except RecordTooLong as error:
            self.report.error = str(error)
            return []

    def _batch(self, number: int, framed: Framed) -> Batch:
        return Batch(number, framed.data, framed.starts, framed.lengths, self._wall())

    async def _plain(self) -> AsyncIterator[bytes]:
        unpack: Unpacker | None = None
        first = True
        async for raw in self._recognisable():
            block = raw
            if first:
                first = False
                self.report.error = refuse(block)
                if self.report.error:
                    return
                unpack = Unpacker() if block.startswith(b"\x1f\x8b") else None
                block = block.removeprefix(b"\xef\xbb\xbf")
            self.report.done += len(raw)
            for plain in unpack.feed(block) if unpack else (block,):
                yield plain
            if unpack and unpack.error:
                self.report.error = unpack.error
                return
        if first:
            self.report.error = "nothing came in"
        elif unpack and not unpack.complete:
            self.report.error = TRUNCATED

    async def _recognisable(self) -> AsyncIterator[bytes]:
        """The blocks, the first one long enough to tell what the stream is: pipes read short."""
        head = b""
        told = False
        async for block in self._blocks():
            if told:
                yield block
                continue
            head += block
            if len(head) >= _MAGIC:
                told = True
                yield head
        if head and not told:
            yield head

    async def _blocks(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        room = threading.Semaphore(_WAITING_BLOCKS)

        def read() -> None:
            while True:
                room.acquire()
                try:
                    block = os.read(self._handle, BLOCK)
                except OSError:
                    block = b""
                try:
                    loop.call_soon_threadsafe(queue.put_nowait, block)
                except RuntimeError:  # the loop is closed: nobody listens any more
                    return
                if not block:
                    return

        threading.Thread(target=read, name="stdin", daemon=True).start()
        while block := await queue.get():
            room.release()
            yield block
