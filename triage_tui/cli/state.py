"""Where a replay keeps its casebook and journal: a folder for each recording, wherever it lies."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui.sources.folders import discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CASEBOOK = "casebook.db"
JOURNAL = "journal.db"
LIVE_JOURNAL = "live-journal.db"
"""The journal of a live triage, in the state of a bundle that was made of it."""
BASELINE = "baseline.db"
SAMPLE = 64 * 1024
"""Bytes of a file's beginning and end that tell it from others."""
_RECORDING = b'"triage-tui-recording"'


def root() -> Path:
    """The program's state folder."""
    from platformdirs import user_state_path

    return user_state_path("triage-tui", appauthor=False)


def folder_for(paths: Sequence[str]) -> Path:
    """Where the state of these inputs lies, or would: nothing is created.

    Beside a recording of our own; for other inputs under the fingerprint of their content, so that
    the same logs find their notes again under any name. What comes through a pipe has a folder a
    run.
    """
    from .options import STDIN

    name = None if STDIN in paths else fingerprint(paths)
    if name is None:
        name = time.strftime("stdin-%Y%m%dT%H%M%SZ", time.gmtime())
    return _beside(paths) or root() / "replay" / name


def folder_of_names(paths: Sequence[str]) -> Path:
    """The same for inputs that are still written, which have no content to tell them by."""
    names = "\0".join(sorted(os.path.realpath(path) for path in paths))
    digest = hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return root() / "replay" / f"followed-{digest}"


def _beside(paths: Sequence[str]) -> Path | None:
    """The folder next to a recording of our own, or to a night's folder of them; None where it is
    none or cannot be written to."""
    if len(paths) != 1 or not (_is_recording(paths[0]) or _is_night(paths[0])):
        return None
    folder = Path(f"{os.path.abspath(paths[0])}.triage")
    if folder.is_dir() or os.access(folder.parent, os.W_OK | os.X_OK):
        return folder
    return None


def _is_recording(path: str) -> bool:
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return _RECORDING in file.readline(400)
    except OSError:
        return False


def _is_night(path: str) -> bool:
    return _is_recording(os.path.join(path, "0001.jsonl"))


def bundles() -> Path:
    """Where the bundles are that were opened."""
    return root() / "bundles"


def recordings() -> Path:
    """Where the nights are that were recorded."""
    return root() / "recordings"


def fingerprint(paths: Iterable[str]) -> str | None:
    """Names what lies in these files and folders: 32 hex digits, whatever they are called and in
    whatever order. What cannot be read is left out; None where nothing can."""
    digests = [digest for path, error in discover(paths) if not error for digest in _digest(path)]
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()[:32] if digests else None


def _digest(path: str) -> list[bytes]:
    """The digest of one regular file's size, beginning and end; none where it cannot be read."""
    try:
        if not os.path.isfile(path):
            return []
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            found = hashlib.sha256(b"%d:" % size + file.read(SAMPLE))
            file.seek(max(0, size - SAMPLE))
            found.update(file.read(SAMPLE))
    except OSError:
        return []
    return [found.digest()]


def make(folder: Path) -> Path:
    """Creates the folder, and those above it, for nobody but their owner. Raises OSError."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)
    return folder
