"""What endless sources bring is recorded before anybody sees it: what several bring at once, in one
go, for each way to a thread and back is felt by whoever types."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .health import FileReport
    from .model import Batch
    from .ports import Recorder


class _Waiting:
    """A batch that waits, and what became of it."""

    def __init__(self, batch: Batch, name: str) -> None:
        self.batch, self.name = batch, name
        self.report: FileReport | None = None
        self.error: Exception | None = None
        self.is_written = False


class Keeping:
    """Hands batches to a recorder, in the order in which they come and one call at a time."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._turn = asyncio.Lock()
        self._waiting: list[_Waiting] = []

    async def keep(self, batch: Batch, name: str) -> FileReport | None:
        """Records a batch of the source `name`: the report of the segment that holds it; None where
        the disk refuses."""
        mine = _Waiting(batch, name)
        self._waiting.append(mine)
        async with self._turn:
            if not mine.is_written:
                await self._write_all()
        if mine.error is not None:
            raise mine.error
        return mine.report

    async def _write_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        loop = asyncio.get_running_loop()
        writing = loop.run_in_executor(None, self._write, waiting)
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # a thread goes on: nobody else may write meanwhile
            raise

    def _write(self, waiting: list[_Waiting]) -> None:
        for each in waiting:
            try:
                each.report = self._recorder.write(each.batch, each.name)
            except Exception as error:  # noqa: BLE001 - whoever brought it hears of it
                each.error = error
            each.is_written = True
