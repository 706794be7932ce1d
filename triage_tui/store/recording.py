"""The recording of a night: JSON Lines of envelopes in segments, versioned, in a folder of its own.

The first line of a segment is `{"triage-tui-recording": 1, "made": <ns>, "by": "triage-tui
<version>", "night": <the night's identity>, "segment": <number>}`, every other one `{"source",
"position", "received", "message"}`, or `message64` where a message is not UTF-8.
`wrappings.recording` reads it, so that a recording enters by the door of every other log. Where the
disk had refused records, a new segment begins, and its header says how many (`missing`). Lines like
the header, with `at` and `complete`, say how far each source was recorded.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import threading
from typing import TYPE_CHECKING

import msgspec

from triage_tui import __version__
from triage_tui.health import FileReport
from triage_tui.model import SECOND
from triage_tui.wrappings.recording import (
    HEADER_KEY,
    VERSION,
    Envelope,
    Missing,
    lacking,
    segment_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from triage_tui.model import Batch

SEGMENT = 256 * 1024 * 1024
"""Bytes from which on a new segment begins."""
SYNC = SECOND
"""Nanoseconds between two times that everything is put on disk for good."""
RETRY = 5 * SECOND
"""Nanoseconds until a disk that refused is tried again."""
_LONGEST_HEADER = 4096


class RecordingWriter:
    """Writes segments `0001.jsonl` and so on (0600) into a folder. Blocking: call it from a
    thread.

    A disk that refuses stops nothing: what could not be written is counted, the file is cut back to
    its last whole line, and it is tried again now and then.
    """

    def __init__(
        self, folder: Path, *, wall: Callable[[], int], segment_bytes: int = SEGMENT
    ) -> None:
        """`folder` is there; the first segment comes behind those that it holds."""
        self.folder = folder
        self.reports: list[FileReport] = []
        """What became of the records of each segment; whoever decodes them counts."""
        self.trouble: str | None = None
        """Why nothing can be recorded just now, and what to do."""
        self.kept = 0
        """Records that are in the recording, of those that came to this writer."""
        self.lost = 0
        """Records that are not in the recording, for good."""
        self.night = _identity(folder) or secrets.token_hex(8)
        """The same in all segments."""
        self._wall = wall
        self._segment_bytes = segment_bytes
        self._counts: dict[str, int] = {}
        encoder = msgspec.json.Encoder()
        self._encode, self._encode_lines = encoder.encode, encoder.encode_lines
        self._handle: int | None = None
        self._good = 0
        """Bytes of the segment that are whole lines."""
        self._synced = wall()
        self._not_before = 0
        self._missing: Missing | None = None
        """What is missing behind the last record."""
        self._whole_until: int | None = None
        """From when on something is missing (wall-clock nanoseconds)."""
        self._turn = threading.Lock()

    def write(self, batch: Batch, name: str) -> FileReport | None:
        """Appends every record of a batch of the source `name`: the report of the segment that
        holds them; None where the disk refuses."""
        with self._turn:
            if self._wall() < self._not_before:
                self._lose(len(batch.starts))
                return None
            try:
                self._open()
                self._append(self._lines(batch, name))
                self._sync()
            except OSError as error:
                self._give_up(error, len(batch.starts))
                return None
            self.trouble = None
            self.kept += len(batch.starts)
            return self.reports[-1]

    def mark(self, complete: Mapping[str, int]) -> None:
        """Writes down up to when (wall-clock nanoseconds) each source was read completely; what the
        disk has refused since is not in the recording."""
        with self._turn:
            if self._wall() < self._not_before:
                return
            whole = self._whole_until
            cut = {
                name: until if whole is None else min(until, whole)
                for name, until in complete.items()
            }
            line = {HEADER_KEY: VERSION, "at": whole or self._wall(), "complete": cut}
            try:
                self._open()
                self._append(self._encode(line) + b"\n")
                self._sync()
            except OSError as error:
                self._give_up(error, 0)
            else:
                self.trouble = None

    def _lines(self, batch: Batch, name: str) -> bytes:
        source, data = batch.origin or name, batch.data
        return self._encode_lines(
            [
                self._envelope(source, batch.received, data[start : start + length])
                for start, length in zip(batch.starts, batch.lengths, strict=True)
            ]
        )

    def _envelope(self, source: str, received: int, raw: bytes) -> Envelope:
        count = self._counts[source] = self._counts.get(source, -1) + 1
        try:
            return Envelope(source, str(count), received, message=raw.decode("utf-8"))
        except UnicodeDecodeError:
            text = base64.b64encode(raw).decode("ascii")
            return Envelope(source, str(count), received, message64=text)

    def _open(self) -> None:
        """A segment to write to: a new one where the last is full, or something is missing."""
        if self._good >= self._segment_bytes or self._missing is not None:
            self._close()
        if self._handle is not None:
            return
        number = 1 + len(list(self.folder.glob("[0-9]*.jsonl")))
        path = self.folder / f"{number:04}.jsonl"
        line = self._header(number)
        self._handle, self._good = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 0
        try:
            self._append(line)
        except OSError:  # no segment is without its header
            os.close(self._handle)
            self._handle = None
            path.unlink()
            raise
        self.reports.append(FileReport(str(path), lacks=lacking(line)))
        self._missing = None

    def _header(self, number: int) -> bytes:
        header: dict[str, object] = {
            HEADER_KEY: VERSION,
            "made": self._wall(),
            "by": f"triage-tui {__version__}",
            "night": self.night,
            "segment": number,
        }
        if self._missing is not None:
            header["missing"] = self._missing
        return self._encode(header) + b"\n"

    def _append(self, data: bytes) -> None:
        handle, view, at = self._handle, memoryview(data), self._good
        assert handle is not None  # noqa: S101 - `_open` was called
        while view:
            written = os.pwrite(handle, view, at)
            at += written
            view = view[written:]
        self._good = at

    def _sync(self) -> None:
        if self._handle is not None and self._wall() - self._synced >= SYNC:
            os.fsync(self._handle)
            self._synced = self._wall()

    def _lose(self, records: int) -> None:
        now = self._wall()
        self.lost += records
        before = self._missing or Missing(0, now, now)
        self._missing = Missing(before.records + records, before.since, now)
        if self._whole_until is None:
            self._whole_until = now

    def _give_up(self, error: OSError, records: int) -> None:
        if records:
            self._lose(records)
        self._not_before = self._wall() + RETRY
        words = error.strerror or str(error)
        self.trouble = f"cannot write the recording in {self.folder}: {words}; free some space"
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, self._good)

    def close(self) -> None:
        """Puts everything on disk, and what is missing of it. What the disk refuses now is said,
        and is no error."""
        with self._turn:
            if self._missing is not None:
                with contextlib.suppress(OSError):
                    self._open()
            self._close()

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            os.fsync(handle)
        except OSError as error:
            self._give_up(error, 0)
        finally:
            os.close(handle)


def _identity(folder: Path) -> str:
    """The night that is recorded in a folder; "" for one that has not begun, or names none."""
    for path in sorted(folder.glob("[0-9]*.jsonl")):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            named = segment_of(file.readline(_LONGEST_HEADER))
            if named is not None:
                return named[0]
    return ""
