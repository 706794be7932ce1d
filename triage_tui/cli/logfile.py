"""The log: in the state folder, for its owner alone, never on the screen."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "triage-tui.log"
MOST_BYTES = 1_000_000
"""From here on a new log begins; the one before is kept."""


class _Lines(logging.Formatter):
    """Times in UTC, and nothing that could steer the terminal of who reads the log."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        from widgets.text import clean_lines

        return clean_lines(super().format(record))


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[int]:
    """All logging goes to the file meanwhile. Gives its descriptor."""
    path = folder / NAME
    if path.exists() and path.stat().st_size > MOST_BYTES:
        os.replace(path, path.with_suffix(".log.1"))
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(_Lines("%(asctime)sZ %(levelname)s %(name)s: %(message)s"))
        root = logging.getLogger()
        others = root.handlers[:]
        root.handlers[:] = [handler]
        logging.captureWarnings(True)
        try:
            yield handle
        finally:
            logging.captureWarnings(False)
            root.handlers[:] = others
