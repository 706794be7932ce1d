"""Processes from outside: how long they take, and the memory of a whole tree of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLED_EVERY = 0.020


class Failed(Exception):
    """A measured command did not do its work."""


class Took(NamedTuple):
    """Seconds: on the clock from start to end, and of all its processors together."""

    wall: float
    cpu: float


def timed(command: Sequence[str], env: dict[str, str]) -> Took:
    """How long a command takes. Raises Failed unless it exits 0."""
    begun = time.monotonic()
    process = _start(command, env)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    _check(process, command)
    return Took(wall, usage.ru_utime + usage.ru_stime)


def peak(command: Sequence[str], env: dict[str, str]) -> int:
    """The most memory (bytes) that a command and its children hold at any one time."""
    process = _start(command, env)
    most = 0
    while process.poll() is None:
        sampled = time.monotonic()
        most = max(most, held(process.pid))
        time.sleep(max(0.0, sampled + SAMPLED_EVERY - time.monotonic()))
    _check(process, command)
    return most


def _start(command: Sequence[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=None
    )


def _check(process: subprocess.Popen[bytes], command: Sequence[str]) -> None:
    if process.returncode:
        raise Failed(f"exit code {process.returncode}: {' '.join(command)}")


def held(pid: int) -> int:
    """Bytes of memory of a process and all below it, what they share counted once (PSS)."""
    return sum(map(_held_alone, tree(pid)))


def _held_alone(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def spent(pid: int) -> float:
    """Seconds of processors that a process and all below it have taken so far."""
    return sum(map(_spent_alone, tree(pid)))


def _spent_alone(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found
