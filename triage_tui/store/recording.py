"""The recording format: JSON Lines of envelopes, versioned, raw bytes first and last.

The first line is `{"triage-tui-recording": 1, "made": <ns>, "by": "triage-tui <version>"}`, every
other
one `{"source", "position", "received", "message"}`, or `message64` where a message is not UTF-8.
`wrappings.recording` reads it, so that a recording enters by the door of every other log.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import msgspec

from triage_tui import __version__
from triage_tui.wrappings.recording import HEADER_KEY, VERSION, Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from triage_tui.model import Batch


class RecordingError(OSError):
    """The recording cannot be written. Nothing that arrives may go unrecorded, so this is loud."""


class RecordingWriter:
    """Appends batches to a recording. Blocking: call it from a thread."""

    def __init__(self, path: Path, sources: Sequence[str], *, made: int) -> None:
        """Creates `path` (0600), which must not exist. `sources` are the names by source number."""
        self.path = path
        self._sources = sources
        self._counts = [0] * len(sources)
        self._encoder = msgspec.json.Encoder()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "wb")
        header = {HEADER_KEY: VERSION, "made": made, "by": f"triage-tui {__version__}"}
        self._file.write(self._encoder.encode(header) + b"\n")

    def write(self, batch: Batch) -> None:
        """Appends every record of a batch. Raises RecordingError when the disk refuses."""
        lines = bytearray()
        for start, length in zip(batch.starts, batch.lengths, strict=True):
            lines += self._encoder.encode(self._envelope(batch, start, length)) + b"\n"
        try:
            self._file.write(lines)
            self._file.flush()
        except OSError as error:
            message = f"cannot write the recording {self.path}: {error.strerror}; free some space"
            raise RecordingError(message) from error

    def _envelope(self, batch: Batch, start: int, length: int) -> Envelope:
        raw = batch.data[start : start + length]
        number = batch.source
        position = str(self._counts[number])
        self._counts[number] += 1
        name = batch.origin or self._sources[number]
        try:
            return Envelope(name, position, batch.received, message=raw.decode("utf-8"))
        except UnicodeDecodeError:
            text = base64.b64encode(raw).decode("ascii")
            return Envelope(name, position, batch.received, message64=text)

    def close(self) -> None:
        """Puts everything on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
