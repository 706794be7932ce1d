"""Files that are still written: read as they grow, through rotation and truncation.

What is read is spooled, so that records keep their raw bytes whatever becomes of the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.health import FileReport, HealthState
from triage_tui.model import Batch

from .folders import discover, reason
from .intake import BLOCK, Intake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from typing import BinaryIO

    from .framing import Framed

    Sleep = Callable[[float], Awaitable[None]]

POLL = 0.5
"""Seconds between two looks at the files."""
AT_ONCE = 16
"""Files that are read at a time."""
_START = 256
"""Bytes of a file's beginning by which it is known again."""
KEPT_OPEN = 100
"""Quiet files that stay open, for descriptors are few: some systems give a program 256."""


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

    def forget(self, key: tuple[int, int]) -> None:
        """It was deleted."""
        self._open.discard(key)


def _key(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


class Watch:
    """Looks at all files that are quiet, in one thread: thousands of them cost next to nothing."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self.turn = asyncio.Semaphore(AT_ONCE)
        """Whoever reads holds it."""
        self._sleep = sleep
        self._others: dict[FollowedFile, asyncio.Future[bool]] = {}
        """Quiet files but the one that looks for all: true for news, false to look from now on."""
        self._is_led = False

    @property
    def waiting(self) -> int:
        """How many files are quiet."""
        return len(self._others) + self._is_led

    @property
    def is_crowded(self) -> bool:
        """Whether as many are quiet as may stay open."""
        return self.waiting >= KEPT_OPEN

    async def news(self, file: FollowedFile) -> None:
        """Waits until something has become of the file."""
        if self._is_led:
            woken = self._others[file] = asyncio.get_running_loop().create_future()
            try:
                if await woken:
                    return
            except asyncio.CancelledError:
                self._others.pop(file, None)
                if not woken.cancelled() and not woken.result():
                    self._hand_over()
                raise
        self._is_led = True
        try:
            await self._look_for_all(file)
        finally:
            self._hand_over()

    def _hand_over(self) -> None:
        self._is_led = bool(self._others)
        for other in list(self._others)[:1]:
            self._wake(other, news=False)

    async def _look_for_all(self, file: FollowedFile) -> None:
        """Until there is news of this one."""
        changed: list[FollowedFile] = []
        while file not in changed:
            await self._sleep(POLL)
            changed = await asyncio.to_thread(_changed, [file, *self._others])
            for other in changed:
                self._wake(other, news=True)

    def _wake(self, file: FollowedFile, *, news: bool) -> None:
        future = self._others.pop(file, None)
        if future is not None and not future.done():
            future.set_result(news)


def _changed(files: list[FollowedFile]) -> list[FollowedFile]:
    return [file for file in files if file.has_news()]


class _Step(NamedTuple):
    """What one look at the file brought."""

    found: list[Framed]
    goes_on: bool
    """Whether there may be more at once."""


class FollowedFile:
    """One file that is followed for good. Implements `ports.Source`.

    Its `batches` end only where the file turns out to hold no text. A file that is not there yet is
    waited for. When another file takes its place, the old one is read to its end first; when it is
    cut short, it is read from its beginning again. Where many files are followed it rests closed
    while it is quiet, and is found again by its number, whatever it is called by then.
    """

    endless = True

    def __init__(
        self,
        path: str,
        *,
        wall: Callable[[], int],
        known: Known | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.report = FileReport(path)
        self._path = path
        self._wall = wall
        self._known = known or Known()
        self._watch = watch or Watch()
        self._file: BinaryIO | None = None
        self._key: tuple[int, int] | None = None
        """Of the file that is read, while it is open and while it rests."""
        self._seen: tuple[int, ...] | None = None
        """What stood at the path at the last look."""
        self._begin()

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        """The file's records, as they come."""
        try:
            while not self._intake.over:
                async with self._watch.turn:
                    goes_on = True
                    while goes_on and not self._intake.over:
                        found, goes_on = await asyncio.to_thread(self._look)
                        for framed in found:
                            yield self._batch(number, framed)
                    if self._watch.is_crowded:
                        self._close()
                if not self._intake.over:
                    await self._watch.news(self)
        finally:
            self._close()
            self.report.state = HealthState.ENDED

    def has_news(self) -> bool:
        """Whether the file has grown or shrunk, or another one stands in its place."""
        try:
            if self._file is not None and os.fstat(self._file.fileno()).st_size != self._at:
                return True
        except OSError:
            return True
        return self._look_at_path() != self._seen

    def _batch(self, number: int, framed: Framed) -> Batch:
        data, starts, lengths = framed.data, framed.starts, framed.lengths
        return Batch(number, data, starts, lengths, self._wall(), header=framed.header)

    def _look_at_path(self) -> tuple[int, ...]:
        try:
            status = os.stat(self._path)
        except OSError as error:
            return (error.errno or 0,)
        return (*_key(status), status.st_size, status.st_mtime_ns)

    def _look(self) -> _Step:
        self._seen = self._look_at_path()  # before it is read: what comes later is news
        try:
            file = self._file or self._open()
            if file is None:
                return self._without_file()
            block = file.read(BLOCK)
            if not block:
                return self._at_end(file)
        except OSError as error:  # it may come back, or be allowed: whoever looks sees it is not
            self.report.error = f"cannot read it: {reason(error)}"
            self.report.state = HealthState.STALE
            return _Step([], goes_on=False)
        if self._at < _START:
            self._start += block[: _START - self._at]
        self._at += len(block)
        self.report.done += len(block)
        self.report.size = max(self.report.size, self.report.done)
        self._settled = False
        found = list(self._intake.feed(block))
        self.report.error, self.report.left = self._intake.error, self._intake.left
        self.report.lacks = self._intake.lacks or self.report.lacks
        return _Step(found, goes_on=True)

    def _open(self) -> BinaryIO | None:
        """Opens the file that was read, or else the one at the path if that is not known already;
        None if there is neither."""
        self._file = self._new_file() if self._key is None else self._same_file()
        return self._file

    def _new_file(self) -> BinaryIO | None:
        try:
            file = open(self._path, "rb", buffering=0)  # noqa: SIM115 - stays open
        except FileNotFoundError:
            return None
        status = os.fstat(file.fileno())
        if self._known.has(status):
            file.close()
            return None
        self._known.enter(status)
        self._key = _key(status)
        self.report.state = HealthState.LIVE
        self.report.size += status.st_size
        return file

    def _same_file(self) -> BinaryIO | None:
        """The file that rested, by whatever name it has now."""
        for path in (self._path, *self._renamed()):
            try:
                file = open(path, "rb", buffering=0)  # noqa: SIM115 - stays open
            except FileNotFoundError:
                continue
            # Numbers of deleted files are given out again: then it begins in another way.
            same = _key(os.fstat(file.fileno())) == self._key
            if same and file.read(len(self._start)) == self._start:
                file.seek(self._at)
                return file
            file.close()
        return None

    def _renamed(self) -> list[str]:
        """What in the folder has the number of the file that rested."""
        with contextlib.suppress(OSError), os.scandir(os.path.dirname(self._path) or ".") as found:
            return [entry.path for entry in found if self._key and entry.inode() == self._key[1]]
        return []

    def _without_file(self) -> _Step:
        """There is none: it is waited for, or it was deleted while it rested."""
        if self._key is None:
            return _Step([], goes_on=False)
        self._known.forget(self._key)
        return self._ended()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._intake = Intake()
        self._at = 0
        self._start = b""
        self._settled = True
        self._replaced = False

    def _at_end(self, file: BinaryIO) -> _Step:
        """Everything there is was read: is it whole, was it cut short, has it been replaced?"""
        found = [] if self._settled else list(self._intake.settle())
        self._settled = True
        status = os.fstat(file.fileno())
        if status.st_size < self._at:
            found += self._rest()
            file.seek(0)
            return _Step(found, goes_on=True)
        if not self._replaced:
            # What was written before the other file came is read first, hence once more.
            self._replaced = self._is_replaced(status)
            return _Step(found, goes_on=self._replaced)
        self._known.leave(status)
        return _Step(found + self._ended().found, goes_on=True)

    def _ended(self) -> _Step:
        """Nothing more comes of this file; another may be at the path."""
        self._close()
        self._key = None
        return _Step(self._rest(), goes_on=True)

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
        self._watch = Watch(sleep)
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
        return FollowedFile(path, wall=self._wall, known=self._known, watch=self._watch)

    def _is_known(self, path: str) -> bool:
        try:
            return self._known.has(os.stat(path))
        except OSError:
            return True  # gone again
