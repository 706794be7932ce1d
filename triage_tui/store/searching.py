"""Finding words in raw records: what to read is planned from the index, then read and searched
elsewhere, in spans of many records.

A word is found without case. Spans of ASCII, which nearly all logs are, are searched as a whole;
the others record by record, as text: UTF-8, and Latin-1 where they are not.
"""

from __future__ import annotations

import bisect
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.formats.base import mixed_text, text_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.ports import RawReader

    from .columns import Array, Mask
    from .filters import Word
    from .index import Index

PORTION = 4 << 20
"""Bytes that are searched at a time: some milliseconds of work."""
_SPAN = 1 << 20
"""Bytes of a span: whoever waits for the interpreter waits for no more than one is searched."""
_GAP = 4096
"""Bytes between two records that are read and passed over."""


class Span(NamedTuple):
    """Records that lie one behind the other."""

    source: int
    spooled: bool
    offsets: Array
    """Where they begin, ascending."""
    lengths: Array


class Portion(NamedTuple):
    """Consecutive rows to search, and where their bytes are."""

    start: int
    stop: int
    spans: list[Span]
    words: tuple[Word, ...]


class Found(NamedTuple):
    """What a portion's rows hold."""

    start: int
    stop: int
    hits: dict[Word, Mask]
    """By word, per row."""
    unreadable: int


class Needle(NamedTuple):
    """A word as it is searched, in text that is case folded."""

    literal: str
    """Stands in every text that holds the word: quicker to find than the pattern."""
    pattern: re.Pattern[str] | None
    """Of a word with wildcards; matches from the beginning of the text."""

    def stands_in(self, text: str) -> bool:
        """Whether a text holds the word."""
        return self.literal in text and (self.pattern is None or bool(self.pattern.match(text)))


@lru_cache(maxsize=64)
def needle(word: Word) -> Needle:
    """How a word is searched. Atomic groups make it linear: the first place of each part will do,
    for parts have a length."""
    if not word.wild:
        return Needle(word.text, None)
    parts = [
        "".join("." if char == "?" else re.escape(char) for char in part)
        for part in word.text.split("*")
    ]
    pattern = "".join(f"(?>.*?{part})" for part in parts if part)
    return Needle(max(re.split(r"[*?]", word.text), key=len), re.compile(pattern, re.DOTALL))


def plan(index: Index, start: int, words: Sequence[Word], size: int = PORTION) -> Portion:
    """The next rows from `start` on, at least one and some `size` bytes."""
    stop = min(index.rows, start + max(1, size // 64))
    ends = np.cumsum(index.length.view()[start:stop].astype(np.int64))
    stop = start + max(1, int(np.searchsorted(ends, size)))
    spans = [
        span for low, high in index.runs.pieces(start, stop) for span in _spans(index, low, high)
    ]
    return Portion(start, stop, spans, tuple(words))


def _spans(index: Index, start: int, stop: int) -> Iterator[Span]:
    """Rows of one run, cut where they do not lie one behind the other, and into spans."""
    source = index.runs.of(start).source
    spooled = index.spooled.view()[start:stop]
    offsets, lengths = index.places(start, stop)
    ends = offsets + lengths
    apart = (offsets[1:] < ends[:-1]) | (offsets[1:] > ends[:-1] + _GAP)
    apart |= spooled[1:] != spooled[:-1]
    begins = [0, *(np.flatnonzero(apart) + 1).tolist(), stop - start]
    for low, high in pairwise(begins):
        while low < high:
            cut = max(low + 1, int(np.searchsorted(ends[low:high], offsets[low] + _SPAN)) + low)
            part = slice(low, cut)
            yield Span(source, bool(spooled[low]), offsets[part], lengths[part])
            low = cut


def search(portion: Portion, reader: RawReader) -> Found:
    """Reads and searches; touches nothing but the files. What cannot be read has no words."""
    hits = {word: np.zeros(portion.stop - portion.start, np.bool_) for word in portion.words}
    row, unreadable = 0, 0
    for span in portion.spans:
        there = {word: found[row : row + len(span.offsets)] for word, found in hits.items()}
        unreadable += _search_span(span, reader, there)
        row += len(span.offsets)
    return Found(portion.start, portion.stop, hits, unreadable)


def _search_span(span: Span, reader: RawReader, hits: dict[Word, Mask]) -> int:
    """Marks what it finds; returns how many records could not be read."""
    begin, end = int(span.offsets[0]), int(span.offsets[-1] + span.lengths[-1])
    try:
        data = reader.read(span.source, begin, end - begin, span.spooled)
    except (OSError, ValueError):  # gone, changed, or closed
        if len(span.offsets) == 1:
            return 1
        return sum(
            _search_span(
                _alone(span, n), reader, {w: found[n : n + 1] for w, found in hits.items()}
            )
            for n in range(len(span.offsets))
        )
    starts = (span.offsets - begin).tolist()
    ends = (span.offsets - begin + span.lengths).tolist()
    if data.isascii():
        lower = data.lower()
        for word, found in hits.items():
            found[_in_ascii(lower, needle(word), starts, ends)] = True
        return 0
    for n, (low, high) in enumerate(zip(starts, ends, strict=True)):
        texts = _texts(data[low:high])
        for word, found in hits.items():
            found[n] = any(map(needle(word).stands_in, texts))
    return 0


def _texts(raw: bytes) -> tuple[str, ...]:
    """What a record may say, case folded: what is no UTF-8 is read as lines and as JSON are."""
    try:
        return (raw.decode().casefold(),)
    except UnicodeDecodeError:
        return mixed_text(raw).casefold(), text_line(raw).casefold()


def _in_ascii(data: bytes, sought: Needle, starts: list[int], ends: list[int]) -> list[int]:
    """The records that hold a word, in data of lower case."""
    if not sought.literal.isascii():
        return []
    found = _records_with(data, sought.literal.encode(), starts, ends)
    if sought.pattern is None:
        return found
    return [n for n in found if sought.stands_in(data[starts[n] : ends[n]].decode())]


def _alone(span: Span, n: int) -> Span:
    one = slice(n, n + 1)
    return span._replace(offsets=span.offsets[one], lengths=span.lengths[one])


def _records_with(data: bytes, word: bytes, starts: list[int], ends: list[int]) -> list[int]:
    """The records that hold a word wholly."""
    found: list[int] = []
    at, count = data.find(word), len(starts)
    record = 0
    while at >= 0:
        record = bisect.bisect_right(starts, at, record) - 1
        if at + len(word) <= ends[record]:
            found.append(record)
            record += 1
            if record == count:
                break
            at = data.find(word, starts[record])
        else:  # across the edge of a record, or between two
            at = data.find(word, at + 1)
        record = max(record, 0)
    return found
