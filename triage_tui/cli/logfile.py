"""The log: in the state folder, for its owner alone, never on the screen."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

NAME = "triage-tui.log"
MOST_BYTES = 1_000_000
"""From here on a new log begins; the one before is kept."""


class _Lines(logging.Formatter):
    """Times in UTC, and nothing that could steer the terminal of who reads the log."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        from widgets.text import clean_lines

        return clean_lines(super().format(record))


class _Clean(io.TextIOBase):
    """What anybody prints to stderr, a traceback of the screen above all, as clean as the rest."""

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self._file = file

    def write(self, text: str) -> int:
        from widgets.text import clean_lines

        self._file.write(clean_lines(text))
        return len(text)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[int]:
    """All logging, and what Python prints to stderr, goes to the file meanwhile. Gives its
    descriptor."""
    with _file(folder) as file, _logging(file), contextlib.redirect_stderr(_Clean(file)):
        yield file.fileno()


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[None]:
    """All logging goes to the file meanwhile, or nowhere where it cannot be written; stderr is
    free for what we say."""
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = stack.enter_context(_file(folder))
        except OSError:
            file = io.StringIO()
        stack.enter_context(_logging(file))
        yield


@contextlib.contextmanager
def _file(folder: Path) -> Iterator[TextIO]:
    path = folder / NAME
    if path.exists() and path.stat().st_size > MOST_BYTES:
        os.replace(path, path.with_suffix(".log.1"))
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as file:
        yield file


@contextlib.contextmanager
def _logging(file: TextIO) -> Iterator[None]:
    handler = logging.StreamHandler(file)
    handler.setFormatter(_Lines("%(asctime)sZ %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    others = root.handlers[:]
    root.handlers[:] = [handler]
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = others
