"""The folders of recorded nights: made, locked, found again, and deleted when they are old."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import DAY, SECOND
from triage_tui.wrappings.lenient import read_as, to_bytes
from triage_tui.wrappings.recording import MARKED, Envelope, envelopes, marks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAMP = "%Y-%m-%dT%H-%M-%SZ"
_GONE = ".deleted"


class Night(NamedTuple):
    """A folder that nobody else records to; the lock goes with the process."""

    folder: Path
    lock: int

    def segments(self) -> list[str]:
        """Paths of what it holds, in order."""
        return [str(path) for path in sorted(self.folder.glob("[0-9]*.jsonl"))]

    def close(self) -> None:
        """Lets others have it."""
        os.close(self.lock)


def begin(root: Path, wall: int) -> Night:
    """A new night (0700), named by the time. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = time.strftime(STAMP, time.gmtime(wall // SECOND))
    for number in range(1, 1000):
        folder = root / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        night = _locked(folder)
        if night is not None:
            return night
    raise FileExistsError(f"{root} holds too many recordings of this second")


def resume(root: Path, name: str = "") -> Night | None:
    """The newest night that nobody records to, or the one of that name; None where there is
    none."""
    found = [root / name] if name else list(reversed(_nights(root)))
    for folder in found:
        night = _locked(folder) if folder.is_dir() else None
        if night is not None and night.segments():
            return night
        if night is not None:
            night.close()
    return None


def _nights(root: Path) -> list[Path]:
    """Oldest first; what has a suffix is the state of a replay, or on its way out."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(each for each in root.iterdir() if each.is_dir() and not each.suffix)
    return []


def _locked(folder: Path) -> Night | None:
    """The night, unless somebody else records to it."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return Night(folder, lock)


def prune(root: Path, *, days: float, gigabytes: float, wall: int) -> list[str]:
    """Deletes nights that are older than `days`, and the oldest ones beyond `gigabytes`; never one
    that is in use. The names of those that went."""
    nights = _nights(root)
    sizes = {folder: _size(folder) for folder in nights}
    total, gone = sum(sizes.values()), []
    for folder in nights:
        old = wall - _touched(folder) > days * DAY
        if not old and total <= gigabytes * 1e9:
            continue
        night = _locked(folder)
        if night is None:
            continue
        # Renamed first: a crash leaves a folder behind that nobody takes for a night.
        away = root / f"{folder.name}{_GONE}"
        folder.rename(away)
        night.close()
        shutil.rmtree(away, ignore_errors=True)
        shutil.rmtree(root / f"{folder.name}.triage", ignore_errors=True)
        total -= sizes[folder]
        gone.append(folder.name)
    for left in root.glob(f"*{_GONE}"):
        shutil.rmtree(left, ignore_errors=True)
    return gone


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _touched(folder: Path) -> int:
    """When it was written to last, in nanoseconds."""
    return max((each.stat().st_mtime_ns for each in folder.glob("*.jsonl")), default=0)


def remembered(night: Night) -> Iterator[tuple[str, bytes]]:
    """(source, record) of everything that was recorded, and (`MARKED`, line) of how far it was; a
    line that was torn by a crash is passed over."""
    for path in night.segments():
        with open(path, "rb") as file:
            for line in file:
                envelope = read_as(envelopes, line)
                if isinstance(envelope, Envelope) and envelope.message is not None:
                    yield envelope.source, to_bytes(envelope.message)
                elif envelope is None and marks_of(line) is not None:
                    yield MARKED, line
