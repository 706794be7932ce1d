"""A program in a pseudo-terminal: what it wrote and when, read through a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from typing import TYPE_CHECKING, NamedTuple

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

LINES, COLUMNS = 24, 80
ENVIRONMENT = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_HIDDEN = ("NO_COLOR", "COLUMNS", "LINES", "PYTHON", "TEXTUAL", "XDG_")


class Written(NamedTuple):
    """What arrived at once, and when it did (monotonic)."""

    at: float
    data: bytes


class GaveUp(Exception):
    """What was waited for did not come."""


def environment(home: Path) -> dict[str, str]:
    """The variables that a measured program sees: nothing of the developer's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
    return {**kept, **ENVIRONMENT, "HOME": str(home)}


class Screen:
    """A terminal emulator that is fed."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, data: bytes) -> None:
        """Draws what a program has written."""
        self._stream.feed(data)

    @property
    def lines(self) -> list[str]:
        """The text of the lines, top to bottom."""
        return [line.rstrip() for line in self._screen.display]


class Program:
    """A program in a terminal of 80×24; its process is killed on leaving."""

    def __init__(self, command: Sequence[str], env: dict[str, str], cwd: Path) -> None:
        self.written: list[Written] = []
        self.begun = time.monotonic()
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.chdir(cwd)
            os.execve(command[0], list(command), env)  # noqa: S606 - the program measured
        self._drawn = 0
        self._screen = Screen()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._handle)

    def type(self, keys: str) -> float:
        """Sends keys; returns when."""
        at = time.monotonic()
        os.write(self._handle, keys.encode())
        return at

    def listen(self, seconds: float) -> int:
        """Takes down what is written during that time; returns how many bytes it was."""
        end, size = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._handle], [], [], left)
            if ready:
                size += self._take()
        return size

    def _take(self) -> int:
        try:
            data = os.read(self._handle, 1 << 16)
        except OSError as error:  # EIO: the program has closed its side
            raise GaveUp(f"the program ended; its screen:\n{self.text()}") from error
        self.written.append(Written(time.monotonic(), data))
        return len(data)

    def wait(self, condition: Callable[[list[str]], bool], patience: float, what: str) -> float:
        """Reads until the screen satisfies the condition; returns when what made it so arrived."""
        end = time.monotonic() + patience
        while True:
            while self._drawn < len(self.written):
                at, data = self.written[self._drawn]
                self._screen.feed(data)
                self._drawn += 1
                if condition(self._screen.lines):
                    return at
            ready, _, _ = select.select([self._handle], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise GaveUp(f"{what}: not within {patience:.0f} s; the screen:\n{self.text()}")
            self._take()

    def lines(self) -> list[str]:
        """The screen as it is now."""
        for _, data in self.written[self._drawn :]:
            self._screen.feed(data)
        self._drawn = len(self.written)
        return self._screen.lines

    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines())
