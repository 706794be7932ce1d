"""A terminal that takes nothing, or a program that is stopped from outside: neither hangs it."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PROGRAM = str(Path(sys.executable).with_name("triage-tui"))
ROUNDS, MORE = 40, 40_000
"""Times that the whole screen is painted anew while nobody reads it, and bytes that are recorded
after that: the screens are far more than a terminal holds for who is away."""


def recorded(home: Path) -> int:
    """Bytes of all recordings."""
    folder = home / "xdg-state" / "triage-tui" / "recordings"
    return sum(path.stat().st_size for path in folder.glob("*/*.jsonl"))


def wait_for_more(home: Path) -> None:
    """Waits until more is recorded."""
    before = recorded(home)
    while recorded(home) < before + MORE:
        time.sleep(0.02)


def look_away(shown: Any) -> None:
    """Nobody reads what is shown."""
    for number in range(ROUNDS):
        size = struct.pack("HHHH", 60, 200 + number % 2, 0, 0)
        fcntl.ioctl(shown._handle, termios.TIOCSWINSZ, size)
        time.sleep(0.03)


def test_nobody_waits_for_a_terminal_that_takes_nothing(
    terminal: Callable[..., Any], server: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    server("--count", "1000000", "--rate", "300", "--tick", "0.1")
    shown = terminal(
        *("live", "--region", "eu-west-1", "--log-group", "/shop/*"), columns=201, lines=60
    )
    shown.wait_for("? help")
    look_away(shown)
    wait_for_more(home)
    shown.type("?")
    shown.wait_for("To the row below")  # the whole screen, as soon as somebody looks
    shown.type("\x1b")
    shown.wait_until_gone("To the row below")
    assert "LIVE" in shown.text()
    look_away(shown)
    wait_for_more(home)
    os.kill(shown.pid, signal.SIGTERM)
    _, status = os.waitpid(shown.pid, 0)
    shown.status = os.waitstatus_to_exitcode(status)
    # Where the line took its last words after all, it was the signal that ended it.
    assert shown.status in (128 + signal.SIGHUP, 128 + signal.SIGTERM)


def test_who_is_stopped_and_goes_on_has_the_terminal_once(terminal: Callable[..., Any]) -> None:
    shown = terminal("demo", "--paused")
    shown.wait_for("? help")
    threads = len(os.listdir(f"/proc/{shown.pid}/task"))
    for _ in range(4):
        painted = len(shown.written)
        os.kill(shown.pid, signal.SIGSTOP)
        os.kill(shown.pid, signal.SIGCONT)
        shown.wait(lambda text, seen=painted: len(shown.written) > seen + 2000 and "? help" in text)
    # One each that reads keys and writes; a few more that the demo's own work may have started.
    assert len(os.listdir(f"/proc/{shown.pid}/task")) < threads + 6
    # What is typed while it takes the terminal once more is dropped.
    shown.press("?", lambda text: "To the row below" in text)
    shown.press("\x1b", lambda text: "To the row below" not in text)
    shown.type("q")
    shown.press("y", lambda _: shown.status is not None)
    assert shown.status == 0
