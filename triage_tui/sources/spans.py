"""Large plain files in spans of whole lines: other processes read them, where they decode them."""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING

from triage_tui.model import Batch

from .folders import reason
from .framing import MAX_RECORD, RecordTooLong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.model import Span

_FIRST, _LARGEST = 1 << 20, 8 << 20
"""Bytes of the first and of the largest span: the first rows show early, many come cheaply."""
_STEP = 64 * 1024


class Unreadable(Exception):
    """A span cannot be read any more; the message says why."""


def edges(file: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """(offset, length) of spans from `start` to `end`. `file` is a descriptor.

    Raises RecordTooLong for a line beyond all measure, OSError where the file cannot be read.
    """
    size = _FIRST
    while start < end:
        edge = _line_end(file, start, start + size, end)
        yield start, edge - start
        start, size = edge, min(2 * size, _LARGEST)


def _line_end(file: int, start: int, at: int, end: int) -> int:
    """Where the line ends that goes on at `at`."""
    while at < end:
        found = os.pread(file, _STEP, at).find(b"\n")
        if found >= 0:
            return min(at + found + 1, end)
        at += _STEP
        if at - start > MAX_RECORD:
            raise RecordTooLong(start)
    return end


def read_span(span: Span) -> Batch:
    """Reads a span. Raises Unreadable where the file is gone, or shorter than it was."""
    try:
        file = os.open(span.path, os.O_RDONLY)
        try:
            data = _read(file, span.offset, span.length)
        finally:
            os.close(file)
    except OSError as error:
        raise Unreadable(reason(error)) from None
    if len(data) < span.length:
        raise Unreadable("the file is shorter than it was")
    starts, lengths = _lines(data)
    return Batch(span.source, data, starts, lengths, span.received, span.offset)


def _read(file: int, offset: int, length: int) -> bytes:
    data = os.pread(file, length, offset)
    while len(data) < length:
        more = os.pread(file, length - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


def _lines(data: bytes) -> tuple[array[int], array[int]]:
    """Starts and lengths of the lines, without their ends and without empty ones."""
    ends: list[int] = []
    find, at = data.find, -1
    while (at := find(b"\n", at + 1)) >= 0:
        ends.append(at)
    if not data.endswith(b"\n"):
        ends.append(len(data))
    starts = [0, *(end + 1 for end in ends[:-1])]
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    if b"\r" in data or 0 in lengths:
        return _without_blanks(data, starts, lengths)
    return array("Q", starts), array("Q", lengths)


def _without_blanks(
    data: bytes, starts: list[int], lengths: list[int]
) -> tuple[array[int], array[int]]:
    kept = [
        (start, length - (data[start + length - 1] == 0x0D))
        for start, length in zip(starts, lengths, strict=True)
        if length
    ]
    kept = [line for line in kept if line[1]]
    return array("Q", [start for start, _ in kept]), array("Q", [length for _, length in kept])
