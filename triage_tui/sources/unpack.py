"""Decompresses gz, bz2 and zstd: member after member, never without bounds.

What came before damage is kept. Whatever grows beyond all that logs do is stopped.
"""

from __future__ import annotations

import bz2
import zlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FREE = 512 * 1024 * 1024
"""Bytes that any file may grow to."""
RATIO = 250
"""How many times its size a file may grow to beyond that; logs reach a tenth of it."""


class Damaged(ValueError):
    """Bytes that no decompressor understands. `saved` is what could be had of them."""

    def __init__(self, words: str, saved: bytes = b"") -> None:
        super().__init__(words)
        self.saved = saved


class _Member(Protocol):
    """One compressed stream; a file may hold several, one behind the other."""

    slice: int
    """Bytes to give it at a time: it bounds what can come out at once, or be lost to damage."""

    @property
    def eof(self) -> bool: ...

    def step(self, data: bytes, most: int) -> tuple[bytes, bytes, bool]:
        """Plain bytes, the input that is left, and whether more may come without input."""
        ...


class _Gz:
    slice = 1 << 30

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    def step(self, data: bytes, most: int) -> tuple[bytes, bytes, bool]:
        before = self._stream.copy()
        try:
            plain = self._stream.decompress(data, most)
        except zlib.error as error:
            raise Damaged(str(error), _up_to_damage(before, data)) from None
        return plain, self._stream.unused_data or self._stream.unconsumed_tail, len(plain) == most


def _up_to_damage(member: zlib._Decompress, data: bytes) -> bytes:
    """What can be had of damaged bytes: nearly all that stands before the damage."""
    saved = bytearray()
    try:
        for at in range(len(data)):
            saved += member.decompress(data[at : at + 1])
    except zlib.error:
        pass
    return bytes(saved)


class _Bz2:
    slice = 4096

    def __init__(self) -> None:
        self._stream = bz2.BZ2Decompressor()

    @property
    def eof(self) -> bool:
        return self._stream.eof

    def step(self, data: bytes, most: int) -> tuple[bytes, bytes, bool]:
        try:
            plain = self._stream.decompress(data, most)
        except (OSError, ValueError) as error:
            raise Damaged(str(error)) from None
        return plain, self._stream.unused_data, not self.eof and not self._stream.needs_input


class _Zstd:
    slice = 1024  # it knows no bound of its own: this much becomes 32 MiB at worst

    def __init__(self) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._stream = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return self._stream.eof

    def step(self, data: bytes, most: int) -> tuple[bytes, bytes, bool]:
        try:
            plain = self._stream.decompress(data)
        except self._error as error:
            raise Damaged(str(error)) from None
        return plain, self._stream.unused_data, False


_KINDS: tuple[tuple[bytes, str, Callable[[], _Member]], ...] = (
    (b"\x1f\x8b", "gz", _Gz),
    (b"BZh", "bz2", _Bz2),
    (b"\x28\xb5\x2f\xfd", "zstd", _Zstd),
)


_TELLING = 4
"""Bytes that tell what kind it is."""


def unpacker(head: bytes) -> Unpacker | None:
    """What decompresses a file that begins like this; None where it is not compressed."""
    outer = _layer(head)
    return None if outer is None else Unpacker(outer)


def _layer(head: bytes, around: _Layer | None = None) -> _Layer | None:
    for magic, name, member in _KINDS:
        if head.startswith(magic):
            return _Layer(name, member, around)
    return None


class Unpacker:
    """Decompresses one file, twice where it was packed twice: a delivery stream that compresses
    what it was sent compressed does that. `error` says what stopped it."""

    def __init__(self, outer: _Layer) -> None:
        self._outer = outer
        self._inner: _Layer | None = None
        self._head: bytes | None = b""
        """What came out of the outer layer, until it is enough to tell whether there is another."""

    @property
    def error(self) -> str | None:
        return self._outer.error or (self._inner.error if self._inner else None)

    def feed(self, block: bytes, most: int) -> Iterator[bytes]:
        """The plain bytes of the next block, in pieces of about `most` bytes."""
        for piece in self._outer.feed(block, most):
            if self._head is not None:
                self._head += piece
                if len(self._head) < _TELLING:
                    continue
                piece = self._tell()
            yield from self._inner.feed(piece, most) if self._inner else (piece,)
            if self.error:
                return

    def finish(self) -> bytes:
        """Tells it that nothing more comes; gives back what is left."""
        rest = self._tell()
        self._outer.finish()
        if self._inner is not None:
            self._inner.finish()
        return rest

    def _tell(self) -> bytes:
        head, self._head = self._head or b"", None
        if len(head) >= _TELLING:
            self._inner = _layer(head, self._outer)
        return head


class _Layer:
    """One packing of a file."""

    def __init__(
        self, name: str, member: Callable[[], _Member], around: _Layer | None = None
    ) -> None:
        self.error: str | None = None
        self.taken = 0
        self._name = name
        self._new = member
        self._member = member()
        self._given = 0
        self._file = around or self
        """The layer that the file's own bytes go into: its size is what bounds us."""

    def finish(self) -> None:
        """Tells it that nothing more comes."""
        if not self.error and not self._member.eof:
            self.error = (
                f"the {self._name} file is truncated; the records before the cut are loaded"
            )

    def feed(self, block: bytes, most: int) -> Iterator[bytes]:
        """The plain bytes of the next block, in pieces of about `most` bytes."""
        for at in range(0, len(block), self._member.slice):
            data = block[at : at + self._member.slice]
            self.taken += len(data)
            yield from self._pieces(data, most)
            if self.error:
                return

    def _pieces(self, data: bytes, most: int) -> Iterator[bytes]:
        more = False
        while (data or more) and not self.error:
            if self._member.eof:
                data = data.lstrip(b"\x00")
                if not data:
                    return
                self._member = self._new()
            try:
                piece, data, more = self._member.step(data, most)
            except Damaged as damage:
                piece = damage.saved
                self.error = (
                    f"the {self._name} file is damaged ({damage}); "
                    "the records before that are loaded"
                )
            if piece:
                yield piece
                self._count(len(piece))

    def _count(self, size: int) -> None:
        self._given += size
        if self._given > FREE and self._given > RATIO * self._file.taken and not self.error:
            self.error = (
                f"it grows to more than {RATIO} times its size (a decompression bomb?); "
                f"stopped after {self._given >> 20:,} MiB, the records before that are loaded"
            )
