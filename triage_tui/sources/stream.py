"""A pipe (standard input) as a source: records arrive as they are written."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

from triage_tui.health import FileReport, HealthState
from triage_tui.model import Batch

from .intake import BLOCK, Intake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from .framing import Framed

_WAITING_BLOCKS = 8


class StreamSource:
    """Reads a file descriptor until it ends. Implements `ports.Source`.

    A thread of its own does the reading, a daemon: a writer that never closes cannot hold up the
    exit.
    """

    endless = False

    def __init__(self, handle: int, *, wall: Callable[[], int], name: str = "-") -> None:
        self.report = FileReport(name)
        self._handle = handle
        self._wall = wall

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        """The stream's records; packed ones are recognised."""
        self.report.state = HealthState.LIVE
        intake = Intake()
        async for block in self._blocks():
            self.report.done += len(block)
            for framed in intake.feed(block):
                yield self._batch(number, framed)
            if intake.over:
                break
        if self.report.done:
            for framed in intake.finish():
                yield self._batch(number, framed)
        self.report.left, self.report.lacks = intake.left, intake.lacks
        self.report.error = intake.error if self.report.done else "nothing came in"
        self.report.state = HealthState.ENDED

    def _batch(self, number: int, framed: Framed) -> Batch:
        return Batch(
            number,
            framed.data,
            framed.starts,
            framed.lengths,
            self._wall(),
            header=framed.header,
        )

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
