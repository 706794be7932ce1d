"""Raw bytes that no file holds plainly (decompressed, unwrapped, piped), kept on disk while we
run."""

from __future__ import annotations

import os
import tempfile
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

    @property
    def size(self) -> int:
        """Bytes in it."""
        return self._size

    def append(self, data: bytes) -> int:
        """Keeps bytes; returns where they begin. Raises OSError when the disk is full."""
        start, view = self._size, memoryview(data)
        while view:
            written = os.pwrite(self._file.fileno(), view, self._size)
            self._size += written
            view = view[written:]
        return start

    def read(self, offset: int, length: int) -> bytes:
        """Bytes that were kept."""
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        """Gives the disk space back."""
        self._file.close()


class RawFiles:
    """Implements `ports.RawReader` over the sources' own files and the spool."""

    def __init__(self, paths: Sequence[str], spool: Spool) -> None:
        """`paths` are the files by source number; the list may grow."""
        self._paths = paths
        self._spool = spool
        self._handles: OrderedDict[int, int] = OrderedDict()

    def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes:
        """A record's raw bytes. Raises OSError when its file is gone or shorter than it was."""
        if spooled:
            return self._spool.read(offset, length)
        data = os.pread(self._handle(source), length, offset)
        if len(data) < length:
            raise OSError(f"{self._paths[source]} is shorter than when it was read")
        return data

    def _handle(self, source: int) -> int:
        handle = self._handles.pop(source, None)
        if handle is None:
            handle = os.open(self._paths[source], os.O_RDONLY)
            if len(self._handles) >= _OPEN_FILES:
                os.close(self._handles.popitem(last=False)[1])
        self._handles[source] = handle
        return handle

    def close(self) -> None:
        """Closes the files and drops the spool."""
        while self._handles:
            os.close(self._handles.popitem()[1])
        self._spool.close()
