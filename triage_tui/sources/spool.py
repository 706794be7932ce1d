"""Raw bytes that no file holds plainly (decompressed, unwrapped, piped), kept on disk while we
run."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_OPEN_FILES = 64


class Spool:
    """An unnamed temporary file: readable by nobody else, and gone with the process, crash or
    not."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - lives as long
        self._size = 0
        self._missing: list[tuple[int, int]] = []

    @property
    def size(self) -> int:
        """Bytes in it."""
        return self._size

    def skip(self, length: int) -> int:
        """Leaves room for bytes that are not kept; returns where it begins."""
        start = self._size
        self._missing.append((start, start + length))
        self._size += length
        return start

    def append(self, data: bytes) -> int:
        """Keeps bytes; returns where they begin. Raises OSError when the disk is full, and keeps
        none of them then."""
        start, view = self._size, memoryview(data)
        at = start
        while view:
            written = os.pwrite(self._file.fileno(), view, at)
            at += written
            view = view[written:]
        self._size = at
        return start

    def read(self, offset: int, length: int) -> bytes:
        """Bytes that were kept. Raises OSError for those that were not."""
        if any(start < offset + length and offset < stop for start, stop in self._missing):
            raise OSError("its raw bytes were not kept: the disk was full")
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        """Gives the disk space back."""
        self._file.close()


class Original:
    """The file that raw bytes lie in, and what it was like when it was read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._read: os.stat_result | None = None

    def keep(self, status: os.stat_result) -> None:
        """Remembers what the file is like; called before its first byte is read."""
        self._read = status

    def check(self, now: os.stat_result) -> None:
        """Raises OSError where the file is not what was read any more. It may have grown."""
        read = self._read
        if read is None or not stat.S_ISREG(read.st_mode):
            return
        if (read.st_dev, read.st_ino) != (now.st_dev, now.st_ino):
            raise OSError(f"{self.path} is another file than the one that was read")
        if now.st_size < read.st_size:
            raise OSError(f"{self.path} is shorter than when it was read")
        if now.st_size == read.st_size and now.st_mtime_ns != read.st_mtime_ns:
            raise OSError(f"{self.path} was rewritten after it was read")


class RawFiles:
    """Implements `ports.RawReader` over the sources' own files and the spool."""

    def __init__(self, files: Sequence[Original | str], spool: Spool) -> None:
        """`files` are by source number, paths where nobody looks at what becomes of them; the list
        may grow."""
        self._files = files
        self._spool = spool
        self._handles: OrderedDict[int, int] = OrderedDict()
        self._turn = threading.Lock()  # long records are read in a thread

    def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes:
        """A record's raw bytes. Raises OSError when its file is gone, or is not what it was."""
        if spooled:
            return self._spool.read(offset, length)
        file = self._file(source)
        with self._turn:
            handle = self._handle(source)
            file.check(os.fstat(handle))
            data = os.pread(handle, length, offset)
        if len(data) < length:
            raise OSError(f"{file.path} is shorter than when it was read")
        return data

    def _file(self, source: int) -> Original:
        file = self._files[source]
        return file if isinstance(file, Original) else Original(file)

    def _handle(self, source: int) -> int:
        handle = self._handles.pop(source, None)
        if handle is None:
            handle = os.open(self._file(source).path, os.O_RDONLY)
            if len(self._handles) >= _OPEN_FILES:
                os.close(self._handles.popitem(last=False)[1])
        self._handles[source] = handle
        return handle

    def close(self) -> None:
        """Closes the files and drops the spool."""
        with self._turn:
            while self._handles:
                os.close(self._handles.popitem()[1])
            self._spool.close()
