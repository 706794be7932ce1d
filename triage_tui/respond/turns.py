"""Turns at AWS: one writer per account and region over all processes, and its calls apart.

WAF takes about one change a second in an account and region, and parallel writers only refuse each
other. More than that: what is open in the journal is taken for left behind by whoever takes the
turn next. So all who write one journal take turns at one place. Here it is a folder of one machine:
whoever writes holds a lock, which dies with its process, and notes in it when it called.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import random
import re
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

PATIENCE = 120.0
"""Seconds until one gives up to wait for its turn."""
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.25
"""Seconds between two looks at whether the lock is free."""
_NAME = re.compile(r"[^\w-]", re.ASCII)


class TakesTurns(Protocol):
    """The turns of one account and region, over all who write one journal."""

    @property
    def apart(self) -> float:
        """Seconds between two calls."""
        ...

    def taken(self) -> AbstractAsyncContextManager[None]:
        """It is our turn, and nobody else's. Raises ResponseError where it does not come."""
        ...

    async def call(self) -> None:
        """Waits until one may call; it is our turn. Raises ResponseError."""
        ...


class Company(Protocol):
    """Those who write one journal, as one of them sees them."""

    @property
    def writer(self) -> str:
        """What the journal calls this one."""
        ...

    def turns(self, account: str, region: str, calls_per_second: float) -> TakesTurns:
        """The turns of an account and region."""
        ...

    async def is_alive(self, writer: str) -> bool:
        """Whether that one may still be at work."""
        ...


class Neighbours(NamedTuple):
    """The processes of this machine. Implements `Company`."""

    folder: Path
    """Of turns: one for all who write from this machine."""
    writers: Path
    """The folder in which processes announce themselves."""
    writer: str
    """The name of this one (`Presence`)."""

    def turns(self, account: str, region: str, calls_per_second: float) -> Turns:
        """The turns of an account and region."""
        return Turns(self.folder, account, region, calls_per_second)

    async def is_alive(self, writer: str) -> bool:
        """Whether the process of that name lives."""
        return await asyncio.to_thread(is_alive, self.writers, writer)


_held: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("turn", default=None)


@contextlib.contextmanager
def fenced(check: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """For turns that may be over before their holder knows: `check` raises ResponseError then.
    Within, `still_ours` asks it."""
    before = _held.set(check)
    try:
        yield
    finally:
        _held.reset(before)


async def still_ours() -> None:
    """Raises ResponseError where whoever calls has begun in a turn that is over by now. A journal
    that several machines write asks this before each try of a write."""
    check = _held.get()
    if check is not None:
        await check()


class Turns:
    """The turns of one account and region. Implements `TakesTurns` for one machine."""

    def __init__(
        self,
        folder: Path,
        account: str,
        region: str,
        calls_per_second: float,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: float = PATIENCE,
    ) -> None:
        """`folder` is that of all processes; it is made when somebody takes a turn."""
        self._path = folder / f"{_NAME.sub('_', account)}-{_NAME.sub('_', region)}.lock"
        self.apart = 1 / calls_per_second
        """Seconds between two calls."""
        self._wall = wall
        self._sleep = sleep
        self._patience = patience
        self._here = asyncio.Lock()
        self._file = -1

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """It is our turn, and nobody else's. Raises ResponseError where it does not come."""
        async with self._here:
            try:
                self._file = await asyncio.to_thread(_opened, self._path)
            except OSError as error:
                raise self._unusable(error) from error
            try:
                await self._wait()
                yield
            finally:
                file, self._file = self._file, -1
                await asyncio.shield(asyncio.to_thread(os.close, file))

    async def call(self) -> None:
        """Waits until one may call; it is our turn."""
        now = self._wall()
        try:
            wait = await asyncio.to_thread(_last, self._file) + self.apart - now
            if 0 < wait <= self.apart:  # more: the clock was set back meanwhile
                await self._sleep(wait)
            await asyncio.to_thread(_note, self._file, self._wall())
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> ResponseError:
        return ResponseError(
            "Cannot take turns",
            f"{self._path}: {error.strerror or error}.",
            "Make its folder yours to write: who writes to AWS takes turns by it.",
        )

    async def _wait(self) -> None:
        until, pause = time.monotonic() + self._patience, FIRST_LOOK
        # Not in a thread: whoever is cancelled would close the file under it. It waits for nobody.
        while not _locked(self._file):
            if time.monotonic() > until:
                raise ResponseError(
                    "Somebody else is writing",
                    f"Another triage-tui has held {self._path} for {self._patience:.0f} s.",
                    "Wait until it is done, or end it, then repeat this.",
                )
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - no secret
            pause = min(LONGEST_LOOK, pause * 1.5)


def _opened(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last(file: int) -> float:
    """When somebody called last; long ago where nobody says."""
    try:
        return float(os.pread(file, 32, 0))
    except ValueError:
        return 0.0


def _note(file: int, now: float) -> None:
    """Of a fixed length, so that a write that was cut leaves no longer number behind."""
    os.pwrite(file, f"{now:020.6f}".encode(), 0)


# -- who is alive --------------------------------------------------------------------------------


class Presence:
    """Tells others that this process lives: by a lock that ends with it, however it ends."""

    def __init__(self, folder: Path, name: str, file: int) -> None:
        self.name = name
        """Unique; what the journal calls this process."""
        self._folder = folder
        self._file = file

    @classmethod
    def announced(cls, folder: Path) -> Presence:
        """Announces this process, and sweeps out those that are gone. Blocking; raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in os.listdir(folder):
            is_alive(folder, name)
        while True:
            name = os.urandom(8).hex()
            file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            # Another may have swept it out before it was locked.
            if _locked(file) and os.fstat(file).st_nlink:
                return cls(folder, name, file)
            os.close(file)

    def leave(self) -> None:
        """This process is gone. Blocking."""
        with contextlib.suppress(OSError):
            os.unlink(self._folder / self.name)
        os.close(self._file)


def is_alive(folder: Path, name: str) -> bool:
    """Whether the process of that name lives. Blocking."""
    if not re.fullmatch(r"[0-9a-f]{16}", name):
        return False
    path = folder / name
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not _locked(file):
            return True
        with contextlib.suppress(OSError):
            os.unlink(path)
        return False
    finally:
        os.close(file)
