"""Files that are still written: read as they grow, through rotation and truncation.

What is read is spooled, so that records keep their raw bytes whatever becomes of the file.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Batch, FileReport, HealthState

from .folders import discover, reason
from .intake import BLOCK, Intake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from typing import BinaryIO

    from .framing import Framed

    Sleep = Callable[[float], Awaitable[None]]

POLL = 0.5
"""Seconds between two looks at a file."""


class Known:
    """Which files are read or were, whatever they are called by now: a log that is rotated within a
    followed folder is no new file."""

    def __init__(self) -> None:
        self._open: set[tuple[int, int]] = set()
        self._read: dict[tuple[int, int], tuple[int, int]] = {}

    def has(self, status: os.stat_result) -> bool:
        """Whether nothing of this file is new. Numbers of deleted files are given out again: then
        size or time differ."""
        key = _key(status)
        return key in self._open or self._read.get(key) == (status.st_size, status.st_mtime_ns)

    def enter(self, status: os.stat_result) -> None:
        """Somebody reads this file now."""
        self._open.add(_key(status))

    def leave(self, status: os.stat_result) -> None:
        """Nobody reads it any more; this is what it was like at its end."""
        self._open.discard(_key(status))
        self._read[_key(status)] = (status.st_size, status.st_mtime_ns)


def _key(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


class _Step(NamedTuple):
    """What one look at the file brought."""

    found: list[Framed]
    goes_on: bool
    """Whether there may be more at once."""


class FollowedFile:
    """One file that is followed for good. Implements `ports.Source`.

    Its `batches` end only where the file turns out to hold no text. A file that is not there yet is
    waited for. When another file takes its place, the old one is read to its end first; when it is
    cut short, it is read from its beginning again.
    """

    endless = True

    def __init__(
        self,
        path: str,
        *,
        wall: Callable[[], int],
        known: Known | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.report = FileReport(path)
        self._path = path
        self._wall = wall
        self._sleep = sleep
        self._known = known or Known()
        self._file: BinaryIO | None = None
        self._begin()

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        """The file's records, as they come."""
        try:
            while not self._intake.over:
                step = await asyncio.to_thread(self._look)
                for framed in step.found:
                    yield Batch(
                        number,
                        framed.data,
                        framed.starts,
                        framed.lengths,
                        self._wall(),
                        header=framed.header,
                    )
                if not step.goes_on:
                    await self._sleep(POLL)
        finally:
            if self._file is not None:
                self._file.close()
            self.report.state = HealthState.ENDED

    def _look(self) -> _Step:
        try:
            if self._file is None:
                return _Step([], self._open())
            block = self._file.read(BLOCK)
            if not block:
                return self._at_end(self._file)
        except OSError as error:  # it may come back, or be allowed: whoever looks sees it is not
            self.report.error = f"cannot read it: {reason(error)}"
            self.report.state = HealthState.STALE
            return _Step([], goes_on=False)
        self._at += len(block)
        self.report.done += len(block)
        self.report.size = max(self.report.size, self.report.done)
        self._settled = False
        found = list(self._intake.feed(block))
        self.report.error, self.report.left = self._intake.error, self._intake.left
        return _Step(found, goes_on=True)

    def _open(self) -> bool:
        """Opens the file if it is there and not known already."""
        try:
            file = open(self._path, "rb", buffering=0)  # noqa: SIM115 - stays open
        except FileNotFoundError:
            return False
        status = os.fstat(file.fileno())
        if self._known.has(status):
            file.close()
            return False
        self._known.enter(status)
        self._file = file
        self.report.state = HealthState.LIVE
        self.report.size += status.st_size
        return True

    def _begin(self) -> None:
        self._intake = Intake()
        self._at = 0
        self._settled = True
        self._replaced = False

    def _at_end(self, file: BinaryIO) -> _Step:
        """Everything there is was read: is it whole, was it cut short, has it been replaced?"""
        if not self._settled:
            self._settled = True
            return _Step(list(self._intake.settle()), goes_on=False)
        status = os.fstat(file.fileno())
        if status.st_size < self._at:
            found = self._rest()
            file.seek(0)
            return _Step(found, goes_on=True)
        if not self._replaced:
            # What was written before the other file came is read first, hence once more.
            self._replaced = self._is_replaced(status)
            return _Step([], goes_on=self._replaced)
        found = self._rest()
        self._known.leave(status)
        file.close()
        self._file = None
        return _Step(found, goes_on=True)

    def _rest(self) -> list[Framed]:
        """A last line without its end. What comes then is another file."""
        found = list(self._intake.finish()) if self._at else []
        self.report.error = self._intake.error
        self._begin()
        return found

    def _is_replaced(self, status: os.stat_result) -> bool:
        try:
            now = os.stat(self._path)
        except OSError:
            return False
        return _key(now) != _key(status) and not self._known.has(now)


class Following:
    """Paths that are followed: the files there are, and those that appear in the folders."""

    def __init__(self, *, wall: Callable[[], int], sleep: Sleep = asyncio.sleep) -> None:
        self._wall = wall
        self._sleep = sleep
        self._known = Known()
        self._paths: set[str] = set()
        self._folders: list[str] = []

    def add(self, path: str) -> list[FollowedFile]:
        """A source for the file, or for each one that lies in the folder by now."""
        if not os.path.isdir(path):
            return [self._follow(path)]
        self._folders.append(path)
        return self._new(path)

    async def arrivals(self) -> AsyncGenerator[FollowedFile]:
        """A source for each new file in the folders, as they appear. Ends where there are no
        folders."""
        while self._folders:
            await self._sleep(POLL)
            for folder in self._folders:
                for source in await asyncio.to_thread(self._new, folder):
                    yield source

    def _new(self, folder: str) -> list[FollowedFile]:
        return [
            self._follow(path)
            for path, error in discover([folder])
            if not error and path not in self._paths and not self._is_known(path)
        ]

    def _follow(self, path: str) -> FollowedFile:
        self._paths.add(path)
        return FollowedFile(path, wall=self._wall, known=self._known, sleep=self._sleep)

    def _is_known(self, path: str) -> bool:
        try:
            return self._known.has(os.stat(path))
        except OSError:
            return True  # gone again
