"""Cuts a stream of bytes into records: lines, or whole JSON documents where the text is one.

Pure. The same bytes give the same records, however they are cut into blocks.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import NamedTuple

import msgspec

from triage_tui.wrappings.scanner import skip_space, value_end

MAX_RECORD = 512 * 1024 * 1024
"""Bytes. A longer record is refused with a message: nothing that AWS writes comes near."""
SAMPLE = 64 * 1024
"""How much is looked at to tell lines from documents."""


class Framed(NamedTuple):
    """A block and its records; `base` is the offset of `data` in the stream."""

    data: bytes
    starts: array[int]
    lengths: array[int]
    base: int


class RecordTooLong(ValueError):
    """A record exceeds MAX_RECORD. `offset` is where it begins."""

    def __init__(self, offset: int) -> None:
        super().__init__(
            f"the record at byte {offset:,} is longer than {MAX_RECORD >> 20} MiB; "
            "cut it, for example with: jq -c '.Records[]'"
        )
        self.offset = offset


def is_document(sample: bytes) -> bool:
    """Whether the text is one JSON document over many lines, not a record a line."""
    at = skip_space(sample, 0)
    if sample[at : at + 1] not in (b"{", b"["):
        return False
    lines = [line for line in sample[at:].split(b"\n")[:50] if line.strip()]
    if len(lines) < 2 or _is_object(lines[0]):
        return False
    return sum(map(_is_object, lines)) * 2 < len(lines)


def _is_object(line: bytes) -> bool:
    return line.startswith(b"{") and line.rstrip().endswith(b"}")


def _starts_with_a_record(sample: bytes) -> bool:
    """Whether the first line alone tells that records stand one a line."""
    at = skip_space(sample, 0)
    end = sample.find(b"\n", at)
    first = sample[at:end]
    return end >= 0 and (first[:1] not in (b"{", b"[") or _is_object(first))


class Framer:
    """Feed it blocks in order, then `finish`. Positions count from the first byte fed."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._size = 0
        self._base = 0
        self._document: bool | None = None

    def feed(self, block: bytes) -> list[Framed]:
        """Takes the next block in and returns what is complete."""
        self._pending.append(block)
        self._size += len(block)
        if self._size > MAX_RECORD:
            raise RecordTooLong(self._base)
        if self._document is None:
            sample = b"".join(self._pending)[:SAMPLE]
            if not _starts_with_a_record(sample) and len(sample) < SAMPLE:
                return []
            self._document = is_document(sample)
        elif self._document or b"\n" not in block:
            return []
        if self._document:
            return []
        return self._cut_lines(self._take(), last=False)

    def finish(self) -> list[Framed]:
        """Returns what is left: the last line, or the document."""
        data = self._take()
        if self._document is None:
            self._document = is_document(data[:SAMPLE])
        return self._cut_documents(data) if self._document else self._cut_lines(data, last=True)

    def _take(self) -> bytes:
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending, self._size = [], 0
        return data

    def _cut_lines(self, data: bytes, *, last: bool) -> list[Framed]:
        base, end = self._base, len(data) if last else data.rfind(b"\n") + 1
        if not last and end < len(data):
            self._pending, self._size = [data[end:]], len(data) - end
            data = data[:end]
        self._base = base + end
        lines = data.split(b"\n")
        sizes = [len(line) for line in lines]
        starts = array("Q", accumulate((size + 1 for size in sizes[:-1]), initial=0))
        if 0 not in sizes and b"\r" not in data:
            return [Framed(data, starts, array("Q", sizes), base)] if data else []
        kept = [
            (start, size - line.endswith(b"\r"))
            for start, size, line in zip(starts, sizes, lines, strict=True)
            if line and line != b"\r"
        ]
        return _framed(data, kept, base)

    def _cut_documents(self, data: bytes) -> list[Framed]:
        """Documents that stand one behind the other; a broken end is one record more."""
        kept: list[tuple[int, int]] = []
        at = skip_space(data, 0)
        if _is_sound(data):
            return _framed(data, [(at, len(data.rstrip()) - at)], self._base)
        while at < len(data):
            end = value_end(data, at) or len(data)
            kept.append((at, end - at))
            at = skip_space(data, end)
        return _framed(data, kept, self._base)


def _is_sound(data: bytes) -> bool:
    """Whether the bytes are one whole JSON document; much faster than looking for its end."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _framed(data: bytes, kept: list[tuple[int, int]], base: int) -> list[Framed]:
    if not kept:
        return []
    starts, lengths = zip(*kept, strict=True)
    return [Framed(data, array("Q", starts), array("Q", lengths), base)]
