"""Files as sources: read in blocks, with a clear word on what cannot be read."""

from __future__ import annotations

import asyncio
import contextlib
import os
from itertools import pairwise
from typing import TYPE_CHECKING

from triage_tui.health import FileReport, HealthState
from triage_tui.model import Batch, Span

from .folders import reason
from .framing import Framed, RecordTooLong
from .intake import BLOCK, Intake
from .spans import edges
from .spool import Original

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from triage_tui.ports import Source

    Part = Framed | tuple[int, int]
    """Records, or (offset, length) of lines for others to read."""

BULK_BLOCK = 2 * 1024 * 1024
"""Bytes read at a time from a large file, whose blocks other processes decode."""
BULK_FROM = 16 * 1024 * 1024
"""Files of this size and more are read in bulk."""
_AHEAD = 64
"""Small files that are read in one go with the one before them."""


class FileSource:
    """One file. Implements `ports.Source`."""

    endless = False

    def __init__(
        self, path: str, *, wall: Callable[[], int], error: str | None = None, small: bool = False
    ) -> None:
        """`error`, where the path is known to be unreadable; `small` reads no bulk blocks."""
        self.report = FileReport(path, error=error)
        self.original = Original(path)
        self._path = path
        self._wall = wall
        self._small = small
        self._plain = True
        self._frames = self._read()
        self._ahead: list[Part] | None = None
        """The first records, where they were read together with the file before this."""
        self._next: FileSource | None = None

    @property
    def is_large(self) -> bool:
        """Whether it is read in bulk, as far as can be told before it is opened."""
        try:
            return not self._small and os.stat(self._path).st_size >= BULK_FROM
        except (OSError, ValueError):  # gone, or no name for a file
            return False

    async def batches(self, number: int) -> AsyncGenerator[Batch | Span]:
        """The file's records. Ends early, with `report.error`, where it cannot be read."""
        self.report.state = HealthState.ENDED if self.report.error else HealthState.LIVE
        try:
            while portion := await self._portion():
                for part in portion:
                    yield self._part(number, part)
        finally:
            # Where a thread is still in it, it is closed with the thread's last reference.
            with contextlib.suppress(ValueError):
                self._frames.close()
            self.report.state = HealthState.ENDED

    def _part(self, number: int, part: Part) -> Batch | Span:
        if not isinstance(part, Framed):
            return Span(number, self._path, *part, self._wall())
        return Batch(
            number,
            part.data,
            part.starts,
            part.lengths,
            self._wall(),
            part.base if self._plain else None,
            header=part.header,
        )

    async def _portion(self) -> list[Part]:
        """The next records; none at the end."""
        portion, self._ahead = self._ahead, None
        if portion is None:
            portion = await asyncio.to_thread(self._take_with_followers)
        return portion

    def _take_with_followers(self) -> list[Part]:
        """The next portion, and the first ones of the small files that follow: a change of
        threads for each would cost more than reading them."""
        portion, size = self._take()
        follower = self._next
        for _ in range(_AHEAD):
            if size >= BLOCK or follower is None or follower._ahead is not None:
                break
            follower._ahead, taken = follower._take()
            size += taken
            follower = follower._next
        return portion

    def _take(self) -> tuple[list[Part], int]:
        """About a block of records, and its size."""
        portion: list[Part] = []
        size = 0
        for part in self._frames:
            portion.append(part)
            size += len(part.data) if isinstance(part, Framed) else part[1]
            if size >= BLOCK:
                break
        return portion, size

    def _read(self) -> Generator[Part]:
        """The whole file's records; runs in threads."""
        if self.report.error:
            return
        try:
            file = self._open()
        except OSError as error:
            self.report.error = f"cannot read it: {reason(error)}"
            return
        with file:
            intake = Intake()
            bulk = self.report.size >= BULK_FROM and not self._small
            while not intake.over and (block := self._block(file, BLOCK)):
                yield from self._noted(intake, intake.feed(block, BULK_BLOCK if bulk else BLOCK))
                if bulk and intake.lines_from is not None:
                    yield from self._spans(file, intake.lines_from)
                    return
            yield from self._noted(intake, intake.finish())

    def _spans(self, file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
        """The rest of the file, for others to read."""
        try:
            for offset, length in edges(file.fileno(), start, self.report.size):
                self.report.done = offset + length
                yield offset, length
        except (OSError, RecordTooLong) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            self.report.error = f"cannot read on at byte {self.report.done:,}: {why}"

    def _noted(self, intake: Intake, found: Iterator[Framed]) -> Iterator[Framed]:
        for framed in found:
            self._plain, self.report.segment = intake.plain, intake.segment
            yield framed
        self.report.error = self.report.error or intake.error
        self.report.left, self.report.lacks = intake.left, intake.lacks

    def _open(self) -> BinaryIO:
        file = open(self._path, "rb", buffering=0)  # noqa: SIM115 - closed by the caller
        status = os.fstat(file.fileno())
        self.report.size = status.st_size
        self.original.keep(status)
        return file

    def _block(self, file: BinaryIO, size: int) -> bytes:
        try:
            block = file.read(size)
        except OSError as error:
            done = self.report.done
            where = f"cannot read on at byte {done:,}" if done else "cannot read it"
            self.report.error = f"{where}: {reason(error)}"
            return b""
        self.report.done += len(block)
        return block


def are_large(sources: Iterable[Source]) -> bool:
    """Whether there is a file among them that is read in bulk."""
    return any(isinstance(source, FileSource) and source.is_large for source in sources)


def read_ahead(sources: Sequence[Source]) -> None:
    """Lets files that are read one after the other be read together where they are small."""
    for source, follower in pairwise(sources):
        if isinstance(source, FileSource) and isinstance(follower, FileSource):
            source._next = follower
