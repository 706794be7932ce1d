"""What endless sources bring is recorded before anybody sees it: what several bring at once, in one
go, for each way to a thread and back is felt by whoever types."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .health import FileReport
    from .model import Batch
    from .ports import Recorder


class _Waiting:
    """A batch that waits, and what became of it."""

    def __init__(self, batch: Batch, name: str, kept: asyncio.Future[FileReport | None]) -> None:
        self.batch, self.name, self.kept = batch, name, kept
        self.report: FileReport | None = None
        self.error: Exception | None = None


def _tell(waiting: list[_Waiting], error: BaseException | None) -> None:
    """Whoever waits hears of it, all at once, so that they go on together, too; `error` is what
    went wrong with all of them."""
    for each in waiting:
        wrong = each.error or error
        if each.kept.done():  # whoever waited was cancelled
            continue
        if isinstance(wrong, asyncio.CancelledError):
            each.kept.cancel()
        elif wrong is not None:
            each.kept.set_exception(wrong)
        else:
            each.kept.set_result(each.report)


class Keeping:
    """Hands batches to a recorder, in the order in which they come and one call at a time."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Future[None] | None = None

    async def keep(self, batch: Batch, name: str) -> FileReport | None:
        """Records a batch of the source `name`: the report of the segment that holds it; None where
        the disk refuses."""
        loop = asyncio.get_running_loop()
        mine = _Waiting(batch, name, loop.create_future())
        if not self._waiting:
            loop.call_soon(self._write_next)  # with all that comes at the same moment
        self._waiting.append(mine)
        try:
            return await mine.kept
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            elif self._writing is not None:
                await asyncio.wait([self._writing])  # a thread goes on: it may have this one
            raise

    def _write_next(self) -> None:
        if self._writing is not None or not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        try:
            writing = asyncio.get_running_loop().run_in_executor(None, self._write, waiting)
        except RuntimeError as error:  # no threads any more
            _tell(waiting, error)
        else:
            self._writing = writing
            writing.add_done_callback(partial(self._written, waiting))

    def _written(self, waiting: list[_Waiting], writing: asyncio.Future[None]) -> None:
        self._writing = None
        _tell(waiting, asyncio.CancelledError() if writing.cancelled() else writing.exception())
        self._write_next()

    def _write(self, waiting: list[_Waiting]) -> None:
        for each in waiting:
            try:
                each.report = self._recorder.write(each.batch, each.name)
            except Exception as error:  # noqa: BLE001 - whoever brought it hears of it
                each.error = error
