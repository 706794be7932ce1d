"""The terminal while a screen has it: given to the app alone, given back, and known to be gone."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from . import logfile
from .options import STDIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from textual.app import App

HUNG_UP = 128 + signal.SIGHUP
"""What shells show for a program whose terminal went away."""


class StageError(Exception):
    """Why there can be no screen, in words."""


class Line:
    """The line to the terminal."""

    def __init__(self) -> None:
        self.gone = False
        """Whether nobody is at its other end any more."""
        self.broken = False
        """Whether nothing can be written to it."""
        self._tell: Callable[[], None] = lambda: None

    def watch(self, tell: Callable[[], None]) -> None:
        """Calls `tell`, from any thread, when it goes."""
        self._tell = tell

    def hang_up(self) -> None:
        """Somebody says that it is gone. It is given back all the same: whoever says so may be
        wrong. From any thread."""
        self.gone = True
        self._tell()

    def lose(self) -> None:
        """It is gone: nothing can be written to it. From any thread."""
        self.broken = True
        self.hang_up()


class Stage(NamedTuple):
    """What a screen plays on."""

    stdin: int
    """The descriptor that `-` stands for."""
    line: Line


class Drawn(io.TextIOWrapper):
    """What Textual draws through; counts the bytes.

    A terminal that went away takes everything all the same: Textual's thread that writes would end,
    and whoever draws next wait for it for ever.
    """

    sent: ClassVar[int] = 0
    """By all of them: the line to the terminal is one."""
    _is_stuck = False

    def __init__(self, handle: int, encoding: str, line: Line) -> None:
        super().__init__(os.fdopen(handle, "wb"), encoding=encoding, errors="replace")
        self._line_to = line

    def write(self, text: str, /) -> int:
        Drawn.sent += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if not self._line_to.broken:
            try:
                return super().write(text)
            except OSError:
                self._line_to.lose()
        return len(text)

    def flush(self) -> None:
        if not self._line_to.broken:
            try:
                super().flush()
            except OSError:
                self._line_to.lose()

    def give_up(self) -> None:
        """The terminal is there and takes nothing: whoever writes to it waits for ever, and so
        would we with another word."""
        self._is_stuck = True
        self._line_to.lose()

    def close(self) -> None:
        if self._is_stuck:
            return
        with contextlib.suppress(OSError):
            super().close()


def sent() -> int:
    """Bytes that went to the terminal so far."""
    return Drawn.sent


@contextlib.contextmanager
def stage(folder: Path, paths: Sequence[str] = ()) -> Iterator[Stage]:
    """The terminal is the app's alone meanwhile: what anybody says goes to the log in `folder`.
    Keys come from it also where `-` is among `paths`. Raises StageError."""
    line = Line()
    with contextlib.ExitStack() as stack:
        try:
            stdin = stack.enter_context(_keyboard(paths))
        except OSError as error:
            words = f"cannot read keys from the terminal: {error.strerror or error}"
            raise StageError(words) from error
        try:
            log = stack.enter_context(logfile.opened(folder))
        except OSError as error:
            raise StageError(cannot_keep(folder, error)) from error
        try:
            stack.enter_context(_terminal(log, line))
        except OSError as error:
            words = f"cannot draw on the terminal: {error.strerror or error}"
            raise StageError(words) from error
        yield Stage(stdin, line)


def cannot_keep(folder: Path, error: OSError) -> str:
    """What is wrong with the state folder, in words."""
    return f"cannot keep the state in {folder}: {error.strerror or error}"


def end_with_terminal(app: App[Any], line: Line) -> None:
    """Whoever is told to end gives the terminal back; whose terminal goes away ends."""
    loop = asyncio.get_running_loop()
    line.watch(lambda: _end_soon(loop, app))
    loop.add_signal_handler(signal.SIGTERM, app.exit)
    loop.add_signal_handler(signal.SIGHUP, line.hang_up)


def _end_soon(loop: asyncio.AbstractEventLoop, app: App[Any]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(app.exit)


@contextlib.contextmanager
def _keyboard(paths: Sequence[str]) -> Iterator[int]:
    """Keys come from descriptor 0: where stdin brings events, the terminal takes its place.

    Gives the descriptor that the events are on.
    """
    if STDIN not in paths:
        yield 0
        return
    events, keys = os.dup(0), os.open("/dev/tty", os.O_RDWR)
    os.dup2(keys, 0)
    os.close(keys)
    try:
        yield events
    finally:
        os.dup2(events, 0)
        os.close(events)


@contextlib.contextmanager
def _terminal(log: int, line: Line) -> Iterator[None]:
    """Textual draws through `sys.__stderr__`: it gets the terminal that stdout is on, and what
    anybody else writes to stderr (a library, a worker process) goes to the log meanwhile."""
    before, errors = sys.__stderr__, os.dup(2)
    drawn = Drawn(os.dup(sys.stdout.fileno()), sys.stdout.encoding, line)
    os.dup2(log, 2)
    sys.__stderr__ = drawn  # type: ignore[misc] # Final, and yet the one way to tell Textual
    try:
        yield
    finally:
        sys.__stderr__ = before  # type: ignore[misc] # as above
        os.dup2(errors, 2)
        os.close(errors)
        drawn.close()
