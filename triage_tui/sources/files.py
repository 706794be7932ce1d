"""Files and folders as sources: plain or gz, read in blocks, with a clear word on what cannot be
read."""

from __future__ import annotations

import asyncio
import os
import zlib
from typing import TYPE_CHECKING

from triage_tui.model import Batch, FileReport, HealthState
from triage_tui.wrappings.recording import check_header

from .framing import Framer, RecordTooLong

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
    from typing import BinaryIO

    from .framing import Framed

BLOCK = 256 * 1024
"""Bytes read at a time: decoding a block stays within a slice of the event loop."""
BULK_BLOCK = 2 * 1024 * 1024
"""Bytes read at a time from a large file, whose blocks other processes decode."""
BULK_FROM = 16 * 1024 * 1024
"""Files of this size and more are read in bulk."""
_BOM = b"\xef\xbb\xbf"
_KINDS = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"BZh", "a bzip2 file: decompress it first, with bunzip2"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: decompress it first, with unzstd"),
    (b"\xfd7zXZ", "an xz file: decompress it first, with unxz"),
    (b"\xff\xfe", "UTF-16 text: convert it first, with iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text: convert it first, with iconv -f UTF-16 -t UTF-8"),
)


def discover(paths: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """(path, error) of every file in the paths, in the order given, folders sorted and
    recursive."""
    for path in paths:
        if os.path.isdir(path):
            yield from _walk(path)
        else:
            yield path, None


def _walk(folder: str) -> Iterator[tuple[str, str | None]]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"cannot list the folder: {_reason(error)}"
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif entry.is_file():
            yield entry.path, None


def _reason(error: OSError) -> str:
    words = {
        FileNotFoundError: "there is no such file; check the path",
        PermissionError: "permission denied; check its mode and owner",
    }
    return words.get(type(error), error.strerror or str(error))


class FileSource:
    """One file. Implements `ports.Source`."""

    def __init__(
        self, path: str, *, wall: Callable[[], int], error: str | None = None, small: bool = False
    ) -> None:
        """`error`, where the path is known to be unreadable; `small` reads no bulk blocks."""
        self.report = FileReport(path, error=error)
        self._path = path
        self._wall = wall
        self._small = small
        self._checked = False

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        """The file's records. Ends early, with `report.error`, where it cannot be read."""
        self.report.state = HealthState.ENDED if self.report.error else HealthState.LIVE
        if self.report.error:
            return
        try:
            file = await asyncio.to_thread(self._open)
        except OSError as error:
            self._fail(f"cannot read it: {_reason(error)}")
            return
        try:
            async for framed, plain in self._frames(file):
                yield Batch(
                    number,
                    framed.data,
                    framed.starts,
                    framed.lengths,
                    self._wall(),
                    framed.base if plain else None,
                )
        finally:
            file.close()
            self.report.state = HealthState.ENDED

    def _open(self) -> BinaryIO:
        file = open(self._path, "rb", buffering=0)  # noqa: SIM115 - closed by the caller
        self.report.size = os.fstat(file.fileno()).st_size
        return file

    async def _frames(self, file: BinaryIO) -> AsyncIterator[tuple[Framed, bool]]:
        bulk = self.report.size >= BULK_FROM and not self._small
        block = await asyncio.to_thread(file.read, BULK_BLOCK if bulk else BLOCK)
        refusal = refuse(block)
        if refusal:
            self._fail(refusal)
            return
        packed = block.startswith(b"\x1f\x8b")
        unpack = Unpacker() if packed else None
        framer, skip = Framer(), len(_BOM) if block.startswith(_BOM) else 0
        if not packed:
            block = block[skip:]
        size = BULK_BLOCK if bulk else BLOCK
        while block and self.report.error is None:
            self.report.done += len(block)
            for plain in unpack.feed(block, size) if unpack else (block,):
                for framed in self._framed(framer, plain):
                    yield framed._replace(base=framed.base + skip), not packed
            if unpack and unpack.error:
                self.report.error = unpack.error
                break
            block = await self._next(file, size)
        if unpack and not unpack.error and not unpack.complete:
            self.report.error = TRUNCATED
        for framed in framer.finish():
            yield framed._replace(base=framed.base + skip), not packed

    async def _next(self, file: BinaryIO, size: int) -> bytes:
        try:
            return await asyncio.to_thread(file.read, size)
        except OSError as error:
            self.report.error = f"cannot read on at byte {self.report.done:,}: {_reason(error)}"
            return b""

    def _framed(self, framer: Framer, block: bytes) -> list[Framed]:
        try:
            found = framer.feed(block)
        except RecordTooLong as error:
            self._fail(str(error))
            return []
        if found and not self._checked:
            self._checked = True
            self._check_version(found[0])
        return [] if self.report.error else found

    def _check_version(self, framed: Framed) -> None:
        line = framed.data[framed.starts[0] : framed.starts[0] + framed.lengths[0]]
        message = check_header(line)
        if message:
            self._fail(message)

    def _fail(self, message: str) -> None:
        self.report.error = message
        self.report.state = HealthState.ENDED


TRUNCATED = "the gz file is truncated; the records before the cut are loaded"


class Unpacker:
    """Decompresses gz, member after member. Keeps what came before damage, and says what it was."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.error: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the last member has come to its end."""
        return self._member.eof

    def feed(self, block: bytes, most: int = BLOCK) -> Iterator[bytes]:
        """The plain bytes of the next block, in pieces of at most `most` bytes."""
        full = False  # a full piece may leave more inside, with no input left
        while self.error is None and (block or full):
            if self._member.eof:
                block = block.lstrip(b"\x00")
                if not block:
                    return
                self._member = zlib.decompressobj(wbits=31)
            before = self._member.copy()
            try:
                piece = self._member.decompress(block, most)
            except zlib.error as error:
                self.error = f"the gz file is damaged ({error}); the records before that are loaded"
                yield from _up_to_damage(before, block)
                return
            full = len(piece) == most
            block = self._member.unused_data or self._member.unconsumed_tail
            if piece:
                yield piece


def _up_to_damage(member: zlib._Decompress, block: bytes) -> Iterator[bytes]:
    """What can be had of a damaged block: nearly all that stands before the damage."""
    try:
        for at in range(len(block)):
            yield member.decompress(block[at : at + 1])
    except zlib.error:
        return


def refuse(block: bytes) -> str | None:
    """Why a file that begins like this holds no log text; None where it may."""
    if not block:
        return "the file is empty"
    for magic, words in _KINDS:
        if block.startswith(magic):
            return words
    if not block.startswith(b"\x1f\x8b") and b"\x00" in block[:8192]:
        return "not text: a binary file"
    return None
