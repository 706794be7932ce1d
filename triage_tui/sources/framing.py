"""Cuts a stream of bytes into records: lines, or whole JSON documents where the text is some.

Pure. The same bytes give the same records, however they are cut into blocks.
"""

from __future__ import annotations

import re
from array import array
from itertools import accumulate, pairwise
from typing import NamedTuple

import msgspec

from triage_tui.wrappings.scanner import skip_space, value_end

from . import tailed

MAX_RECORD = 512 * 1024 * 1024
"""Bytes. A longer record is refused with a message: nothing that AWS writes comes near."""
SAMPLE = 64 * 1024
"""How much is looked at to tell lines from documents."""

# Where one document over many lines ends and the next begins: sound JSON holds this nowhere else,
# as values stand behind commas and strings hold no line ends. Bounded, so that it can be found
# where two blocks meet.
_SEAM = re.compile(rb"[}\]][ \t]{0,99}[\r\n][ \t\r\n]{0,99}(?=[{\[])")
_SEAM_REACH = 256

_LINE_END, _OLD_LINE_END, _SEQUENCE = b"\n", b"\r", b"\x1e"
"""What stands between records: of these the second is old Macs', the third that of RFC 7464."""


class Framed(NamedTuple):
    """A block and its records; `base` is the offset of `data` in the stream, `header` the header
    line in force."""

    data: bytes
    starts: array[int]
    lengths: array[int]
    base: int
    header: bytes = b""


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
    lines = [line for line in sample[at:].split(_separator(sample))[:50] if line.strip()]
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
    return end >= 0 and (first[:1] not in (b"{", b"[", _SEQUENCE) or _is_object(first))


def _separator(sample: bytes) -> bytes:
    """What stands between the records of a text that begins like this."""
    if sample.lstrip()[:1] == _SEQUENCE:
        return _SEQUENCE
    return _OLD_LINE_END if b"\r" in sample and b"\n" not in sample else _LINE_END


class Framer:
    """Feed it blocks in order, then `finish`. Positions count from the first byte fed."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._size = 0
        self._base = 0
        self._document: bool | None = None
        self._separator = _LINE_END
        self._tailed = False

    @property
    def next_line(self) -> int | None:
        """Where the line begins that is not complete yet; None where records are no lines."""
        plain = self._document is False and self._separator == _LINE_END and not self._tailed
        return self._base if plain else None

    def feed(self, block: bytes) -> list[Framed]:
        """Takes the next block in and returns what is complete."""
        fresh = not self._pending
        self._pending.append(block)
        self._size += len(block)
        if self._size > MAX_RECORD:
            raise RecordTooLong(self._base)
        if self._document is None:
            sample = b"".join(self._pending)[:SAMPLE]
            if not _starts_with_a_record(sample) and len(sample) < SAMPLE:
                return []
            self._tell(sample)
            self._pending, fresh = [b"".join(self._pending)], True
        if self._document:
            return self._cut_at_seam()
        if not fresh and self._separator not in block:
            return []
        return self._cut_lines(self._take(), last=False)

    def finish(self) -> list[Framed]:
        """Returns what is left: the last line, or the document."""
        data = self._take()
        if self._document is None:
            self._tell(data[:SAMPLE])
        return self._cut_documents(data) if self._document else self._cut_lines(data, last=True)

    def settle(self) -> list[Framed]:
        """Returns what is left if it is a whole document, though no line end came after it."""
        data = self._take()
        if data.strip()[:1] in (b"{", b"[") and _is_sound(data):
            framed = self._cut_documents(data)
            self._base += len(data)
            return framed
        self._pending, self._size = [data], len(data)
        return []

    def _tell(self, sample: bytes) -> None:
        self._document = is_document(sample)
        self._separator = _separator(sample)
        self._tailed = self._separator == _LINE_END and tailed.is_tailed(sample)

    def _take(self) -> bytes:
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending, self._size = [], 0
        return data

    def _keep(self, data: bytes, end: int) -> bytes:
        """The bytes up to `end`; the others wait for the next block."""
        if end < len(data):
            self._pending, self._size = [data[end:]], len(data) - end
            data = data[:end]
        self._base += end
        return data

    def _cut_at_seam(self) -> list[Framed]:
        """The documents before the last seam, if the newest block brought one."""
        near = self._pending[-1]
        reach, number = len(near) + _SEAM_REACH, len(self._pending) - 1
        while number and len(near) < reach:
            number -= 1
            near = self._pending[number][-_SEAM_REACH:] + near
        seam = 0
        for match in _SEAM.finditer(near):
            seam = match.end()
        if not seam:
            return []
        base, data = self._base, self._take()
        return self._cut_documents(self._keep(data, len(data) - len(near) + seam), base)

    def _cut_lines(self, data: bytes, *, last: bool) -> list[Framed]:
        base, end = self._base, len(data) if last else data.rfind(self._separator) + 1
        if self._tailed and not last:
            end = tailed.closed(data, end)
        data = self._keep(data, end)
        lines = data.split(self._separator)
        sizes = [len(line) for line in lines]
        starts = array("Q", accumulate((size + 1 for size in sizes[:-1]), initial=0))
        if 0 not in sizes and b"\r" not in data and not self._tailed:
            return [Framed(data, starts, array("Q", sizes), base)] if data else []
        kept = [
            (start, size - line.endswith(b"\r"))
            for start, size, line in zip(starts, sizes, lines, strict=True)
            if line and line != b"\r"
        ]
        return _framed(data, tailed.join(data, kept) if self._tailed else kept, base)

    def _cut_documents(self, data: bytes, base: int | None = None) -> list[Framed]:
        """Documents that stand one behind the other; a broken end is one record more."""
        edges = [0, *(match.end() for match in _SEAM.finditer(data)), len(data)]
        kept: list[tuple[int, int]] = []
        for begin, end in pairwise(edges):
            kept += _documents(data[begin:end], begin)
        return _framed(data, kept, self._base if base is None else base)


def _documents(data: bytes, place: int) -> list[tuple[int, int]]:
    """(start, length) of the documents between two seams; they begin at `place`."""
    at = skip_space(data, 0)
    if _is_sound(data):
        return [(place + at, len(data.rstrip()) - at)]
    kept: list[tuple[int, int]] = []
    while at < len(data):
        end = value_end(data, at) or len(data)
        kept.append((place + at, end - at))
        at = skip_space(data, end)
    return kept


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
