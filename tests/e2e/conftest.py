"""The installed program in a real pseudo-terminal, read through a terminal emulator."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyte
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds after which a screen that does not come is a failure."""


READ = 0.7
"""Seconds after which a question can have been read, and takes an answer."""
UNHEARD = 8.0
"""Seconds after which a key that did nothing is pressed again: twice is once too often."""


class Terminal:
    """A program in a terminal of its own. Every wait is for something to show, never for time."""

    def __init__(self, command: Sequence[str], columns: int, lines: int, cwd: Path) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.written = bytearray()
        """Everything the program sent to the terminal."""
        self.status: int | None = None
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", lines, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.chdir(cwd)
            # Python's environment, not C's: there readline has put a size of its own.
            os.execve(command[0], list(command), dict(os.environ))  # noqa: S606 - under test

    def type(self, keys: str) -> None:
        """Sends keys as a terminal would."""
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        os.write(self._handle, data)

    def text(self) -> str:
        """What the screen shows now."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, condition: Callable[[str], object], what: str = "") -> str:
        """Reads until the screen's text satisfies the condition; returns that text."""
        end = time.monotonic() + PATIENCE
        while not condition(self.text()):
            if not self._read(end - time.monotonic()):
                state = f"ended with {self.status}" if self.status is not None else "goes on"
                pytest.fail(
                    f"{what or 'what was awaited'} never showed; it {state}:\n{self.text()}"
                )
        return self.text()

    def press(self, key: str, condition: Callable[[str], object], what: str = "") -> str:
        """Presses a key as somebody does who has read the screen, until it satisfies the condition.

        A question takes no answer that comes before it can have been read; a test reads faster.
        """
        self._read_for(READ)
        for _ in range(int(PATIENCE / UNHEARD)):
            self.type(key)
            if self._read_for(UNHEARD, condition):
                return self.text()
        return self.wait(condition, what or f"the effect of {key!r}")

    def _read_for(
        self, seconds: float, condition: Callable[[str], object] = lambda _text: False
    ) -> bool:
        """Reads for so long, or until the condition holds; whether it does."""
        end = time.monotonic() + seconds
        while not condition(self.text()):
            if not self._read(end - time.monotonic()):
                return bool(condition(self.text()))
        return True

    def wait_for(self, words: str) -> str:
        """Reads until the words show."""
        return self.wait(lambda text: words in text, repr(words))

    def wait_until_gone(self, words: str) -> str:
        """Reads until the words show no more."""
        return self.wait(lambda text: words not in text, f"a screen without {words!r}")

    def wait_for_end(self) -> int:
        """Reads until the program ends; returns its exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end - time.monotonic()):
            pass
        if self.status is None:
            pytest.fail(f"it does not end:\n{self.text()}")
        return self.status

    def _read(self, seconds: float) -> bool:
        """Takes in what comes next; False when nothing does in time, or the program has ended."""
        if self.status is not None or seconds <= 0:
            return False
        ready, _, _ = select.select([self._handle], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._handle, 65536)
        except OSError:  # EIO: the program has closed its side
            data = b""
        if not data:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            return False
        self.written += data
        self._stream.feed(data)
        return True

    def kill(self, signal: int) -> None:
        """Sends a signal, and waits for the end."""
        os.kill(self.pid, signal)
        self.wait_for_end()

    def wait_for_stop(self) -> None:
        """Waits until the program stands still, as after ctrl+z."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        while self._read(0.05):
            pass

    def hang_up(self) -> int:
        """The terminal goes away, as when an SSH session drops; the program's exit code."""
        os.close(self._handle)
        self._handle = -1
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def close(self) -> None:
        """Ends the program if it still runs."""
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        if self._handle >= 0:
            os.close(self._handle)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens `triage-tui ARGUMENTS…`, or another program, in a terminal, 80×24 unless told."""
    installed = str(Path(sys.executable).with_name("triage-tui"))
    opened: list[Terminal] = []

    def open_(
        *arguments: str, program: str = installed, columns: int = 80, lines: int = 24
    ) -> Terminal:
        made = Terminal([program, *arguments], columns, lines, tmp_path)
        opened.append(made)
        return made

    yield open_
    for made in opened:
        made.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a fake AWS; the programs that a test starts then go there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.aws.serve", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        monkeypatch.setenv("AWS_ENDPOINT_URL", json.loads(process.stdout.readline())["url"])
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
