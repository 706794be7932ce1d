"""The one decoder: a Batch in, its Columns out. Pure and total."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

from triage_tui.wrappings import unwrap
from triage_tui.wrappings.logs import unwrap_lines

from .base import describe_unknown
from .cloudtrail_lines import read_lines
from .headers import is_comment, is_header
from .registry import ALL, FORMATS
from .rows import Rows
from .settings import DEFAULT

if TYPE_CHECKING:
    from array import array

    from triage_tui.model import Batch, Columns, Description

    from .base import Format
    from .seen import Matcher
    from .settings import FormatSettings
    from .vocabulary import Vocabulary

_DEEPEST = 4
"""Wrappings within wrappings that are unwrapped; real ones nest twice."""
_SLICE = 512
"""Records that are read at once where all are alike; enough to make it fast, few to do again."""
_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_LOG_EVENT, _LOG_END = b'{"message":"', b'"}'
_LIKE_JSON = re.compile(rb'\{[ \t\r\n]*+["}]|\[[ \t\r\n]*+\{')


def decode(
    batch: Batch,
    settings: FormatSettings = DEFAULT,
    vocabulary: Vocabulary | None = None,
    matcher: Matcher | None = None,
) -> Columns:
    """The log records of a batch, in order. Blank records yield no row; whatever nobody
    understands is a row of the format `unparsed`. `matcher` runs rules on them.
    """
    decoder = _Decoder(batch, settings, vocabulary, matcher)
    for first in range(0, len(batch.starts), _SLICE):
        records = slice(first, first + _SLICE)
        starts, lengths = batch.starts[records], batch.lengths[records]
        if not (
            decoder.read_lines(batch, starts, lengths)
            or decoder.read_log_events(batch, starts, lengths)
        ):
            decoder.read_each(batch, starts, lengths)
    return decoder.columns()


def describe(
    format: str,  # noqa: A002 - the contract's word
    raw: bytes,
    header: bytes = b"",
    settings: FormatSettings = DEFAULT,
) -> Description:
    """The event id and the one-line summary of a record of this format, read under `header`
    and with `settings`."""
    known = FORMATS.get(format)
    return describe_unknown(raw) if known is None else known.describe(raw, header, settings)


def _are_objects(data: bytes, starts: array[int], lengths: array[int]) -> bool:
    """Whether every record begins and ends as an object does, without blanks around it."""
    if 0 in lengths:
        return False
    lasts = [start + length - 1 for start, length in zip(starts, lengths, strict=True)]
    # Two of each at least, for of one an itemgetter gives no tuple.
    firsts = itemgetter(starts[0], *starts)(data)
    return set(firsts) == {ord("{")} and set(itemgetter(lasts[0], *lasts)(data)) == {ord("}")}


def _is_log_event(raw: bytes) -> bool:
    """Whether it looks like what live sources bring."""
    return raw.startswith(_LOG_EVENT) and raw.endswith(_LOG_END)


def _is_object(message: str) -> bool:
    return message[:1] == "{" and message[-1:] == "}"


def _within(outer: str, inner: str) -> str:
    return f"{outer} {inner}" if outer and inner else outer or inner


class _Decoder:
    """Reads records into rows; knows which format came last, for the next is likely the same."""

    def __init__(
        self,
        batch: Batch,
        settings: FormatSettings,
        vocabulary: Vocabulary | None,
        matcher: Matcher | None,
    ) -> None:
        self._rows = Rows(
            batch.source,
            batch.received,
            header=batch.header,
            settings=settings,
            vocabulary=vocabulary,
            matcher=matcher,
        )
        self._origin = batch.origin
        self._rows.come_from(self._origin)
        self._last: Format = ALL[0]
        self._known = self._foreign = self._like_json = 0
        self._unpacked = False

    def read_lines(self, batch: Batch, starts: array[int], lengths: array[int]) -> bool:
        """Records of a plain file that stand a line each and are all alike: the quick way."""
        if batch.base is None or self._last is not ALL[0]:
            return False
        count, first, last = len(starts), starts[0], starts[-1] + lengths[-1]
        if last - first != sum(lengths) + count - 1 or not _are_objects(
            batch.data, starts, lengths
        ):
            return False

        def raw(place: int) -> bytes:
            return batch.data[starts[place] : starts[place] + lengths[place]]

        if not read_lines(memoryview(batch.data)[first:last], count, self._rows, raw):
            return False
        self._rows.place_lines(batch.base, starts, lengths)
        self._known += count
        return True

    def read_log_events(self, batch: Batch, starts: array[int], lengths: array[int]) -> bool:
        """Records of CloudTrail, each of which is the message of a log event, as live sources bring
        them: the quick way for these."""
        if self._last is not ALL[0] or not batch.data.startswith(_LOG_EVENT, starts[0]):
            return False
        records = [
            batch.data[start : start + length]
            for start, length in zip(starts, lengths, strict=True)
        ]
        if not all(map(_is_log_event, records)):
            return False
        found = unwrap_lines(b"\n".join(records), len(records))
        if found is None or not all(map(_is_object, found.messages)):
            return False
        try:
            text = "\n".join(found.messages).encode()
        except UnicodeEncodeError:
            return False
        count = len(records)
        if text.count(b"\n") != count - 1:
            return False

        def raw(place: int) -> bytes:
            return found.messages[place].encode()

        if not read_lines(text, count, self._rows, raw):
            return False
        sizes = map(len, found.messages if text.isascii() else text.split(b"\n"))
        self._rows.spill_lines(text.replace(b"\n", b""), sizes, map(self._named, found.origins))
        if found.received is not None:
            self._rows.recorded = found.received
        self._known += 2 * count
        return True

    def read_each(self, batch: Batch, starts: array[int], lengths: array[int]) -> None:
        """Record by record."""
        data, base = batch.data, batch.base
        for start, length in zip(starts, lengths, strict=True):
            raw = data[start : start + length]
            body = raw.strip(_SPACE)
            if body.startswith(_BOM):
                body = body[len(_BOM) :].lstrip(_SPACE)
            if not body:
                continue
            if base is None:
                self.read(body, None, 0)
                continue
            skipped = 0 if raw[0] == body[0] else raw.index(body)
            self.read(body, base + start + skipped, 0)

    def read(self, raw: bytes, offset: int | None, depth: int) -> None:
        """One record, or all that it wraps. `offset` is its place in the source's own file."""
        if _is_log_event(raw) and self._unwrap(raw, offset, depth):
            return  # what live sources bring: no format knows it, and there is much of it
        if not self._last.read(raw, self._rows) and not self._recognise(raw):
            if self._unwrap(raw, offset, depth) or self._heads(raw):
                return
            self._add_unknown(raw)
            self._foreign += 1
            self._like_json += _LIKE_JSON.match(raw) is not None
        else:
            self._known += 1
        self._keep(raw, offset)

    def _add_unknown(self, raw: bytes) -> None:
        """Text that was logged at a known time is an event all the same, if not much of one."""
        if self._rows.logged is not None and raw[0] not in b"{[":
            self._rows.add(format="text", time=self._rows.logged, own_id=None, raw=raw)
        else:
            self._rows.add_unparsed(raw)

    def _recognise(self, raw: bytes) -> bool:
        for known in ALL:
            if known is not self._last and known.read(raw, self._rows):
                self._last = known
                return True
        return False

    def _heads(self, raw: bytes) -> bool:
        """Takes a header line or a log's own remark, which are no records."""
        if is_header(raw):
            self._rows.header = raw
            self._known += 1
            return True
        return is_comment(raw)

    def _keep(self, raw: bytes, offset: int | None) -> None:
        if offset is None:
            self._rows.spill(raw)
        else:
            self._rows.place(offset, len(raw))

    def _unwrap(self, raw: bytes, offset: int | None, depth: int) -> bool:
        packed_too = not self._unpacked
        pieces = unwrap(raw, packed_too=packed_too) if depth < _DEEPEST else None
        if pieces is None:
            return False
        self._known += 1
        outer, logged, received = self._origin, self._rows.logged, self._rows.received
        for piece in pieces:
            self._rows.logged = piece.time if piece.time is not None else logged
            inner = piece.of(raw)
            self._enter(outer, piece.origin)
            place = None if offset is None or piece.data is not None else offset + piece.start
            if piece.received is not None:
                self._rows.received = self._rows.recorded = piece.received
            if not piece.whole:
                self._rows.add_unparsed(inner)
                self._keep(inner, place)
            elif body := inner.strip(_SPACE):
                self._unpacked = piece.unpacked or not packed_too
                self.read(body, place if len(body) == len(inner) else None, depth + 1)
        self._enter(outer, "")
        self._rows.logged, self._rows.received = logged, received
        self._unpacked = not packed_too
        return True

    def _enter(self, outer: str, inner: str) -> None:
        """A stream within a stream keeps both names: equal names of two files stay apart."""
        origin = _within(outer, inner)
        if origin != self._origin:
            self._origin = origin
            self._rows.come_from(origin)

    def _named(self, inner: str) -> str:
        """The whole name of a stream within the one at hand."""
        return _within(self._origin, inner)

    def columns(self) -> Columns:
        columns = self._rows.columns()
        columns.foreign = not self._known and 2 * self._like_json < self._foreign
        return columns
