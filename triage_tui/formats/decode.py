"""The one decoder: a Batch in, its Columns out. Pure and total."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING

from triage_tui.model import Part
from triage_tui.wrappings import unwrap
from triage_tui.wrappings.logs import unwrap_lines

from .base import describe_unknown
from .cloudtrail_lines import read_lines
from .headers import is_comment, is_header
from .joining import join
from .registry import ALL, FORMATS
from .rows import NOWHERE, Rows
from .settings import DEFAULT
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.model import Batch, Columns, Description
    from triage_tui.wrappings.logs import LogEvents

    from .base import Format
    from .seen import Matcher
    from .settings import FormatSettings

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
    for records in _slices(batch):
        starts, lengths = batch.starts[records], batch.lengths[records]
        if not (
            decoder.read_lines(batch, starts, lengths)
            or decoder.read_log_events(batch, starts, lengths)
        ):
            decoder.read_each(batch, starts, lengths)
    return decoder.columns()


def decode_batches(
    batches: Sequence[Batch],
    settings: FormatSettings = DEFAULT,
    vocabulary: Vocabulary | None = None,
    matcher: Matcher | None = None,
) -> Columns:
    """The log records of several batches, joined: what `decode` gives of each, batch by batch. What
    live sources bring most comes in many small batches, and is read together."""
    vocabulary = vocabulary or Vocabulary()
    origin, header = batches[0].origin, batches[0].header
    alike = all(
        (batch.base, batch.origin, batch.header) == (None, origin, header) for batch in batches
    )
    if len(batches) > 1 and alike:
        decoder = _Decoder(batches[0], settings, vocabulary, matcher)
        columns = decoder.read_all(batches)
        if columns is not None:
            return columns
    return join([decode(batch, settings, vocabulary, matcher) for batch in batches])


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


def _slices(batch: Batch) -> list[slice]:
    """The records of a batch that are read at once."""
    return [slice(first, first + _SLICE) for first in range(0, len(batch.starts), _SLICE)]


def _portions(opened: Sequence[LogEvents]) -> Iterator[list[LogEvents]]:
    """As many as are read at once."""
    portion: list[LogEvents] = []
    size = 0
    for found in opened:
        if portion and size + len(found.messages) > _SLICE:
            yield portion
            portion, size = [], 0
        portion.append(found)
        size += len(found.messages)
    if portion:
        yield portion


def _parted(
    columns: Columns, batches: Sequence[Batch], opened: Sequence[Sequence[LogEvents]]
) -> Columns:
    """Columns with a row for each record, told apart by batches."""
    start = 0
    for batch, slices in zip(batches, opened, strict=True):
        end = start + len(batch.starts)
        places = array("Q", [*accumulate(columns.length[start:end], initial=0)])
        columns.offset[start:end] = places[:-1]
        received = [found.received for found in slices if found.received is not None]
        columns.joined.append(
            Part(
                batch.source,
                received[-1] if received else batch.received,
                batch.header,
                rows=end - start,
                unparsed=0,
                spill=places[-1],
            )
        )
        start = end
    columns.source, columns.received = batches[0].source, columns.joined[-1].received
    return columns


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
            block=batch.data,
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
        found = self.opened(batch, starts, lengths)
        return found is not None and self.read_opened([found])

    def opened(self, batch: Batch, starts: array[int], lengths: array[int]) -> LogEvents | None:
        """The log events that records are, where their messages look like records of CloudTrail;
        None where one does not."""
        if self._last is not ALL[0] or not batch.data.startswith(_LOG_EVENT, starts[0]):
            return None
        records = [
            batch.data[start : start + length]
            for start, length in zip(starts, lengths, strict=True)
        ]
        if not all(map(_is_log_event, records)):
            return None
        found = unwrap_lines(b"\n".join(records), len(records))
        return found if found is not None and all(map(_is_object, found.messages)) else None

    def read_opened(self, opened: Sequence[LogEvents]) -> bool:
        """The messages of log events, if all are plain records of CloudTrail."""
        messages = [message for found in opened for message in found.messages]
        try:
            text = "\n".join(messages).encode()
        except UnicodeEncodeError:
            return False
        count = len(messages)
        if text.count(b"\n") != count - 1:
            return False

        def raw(place: int) -> bytes:
            return messages[place].encode()

        if not read_lines(text, count, self._rows, raw):
            return False
        sizes = map(len, messages if text.isascii() else text.split(b"\n"))
        origins = (self._named(origin) for found in opened for origin in found.origins)
        self._rows.spill_lines(text.replace(b"\n", b""), sizes, origins)
        for found in opened:
            if found.received is not None:
                self._rows.recorded = found.received
        self._known += 2 * count
        return True

    def read_all(self, batches: Sequence[Batch]) -> Columns | None:
        """Batches of nothing but log events that are records of CloudTrail; None where there is
        anything else, and then this decoder is of no more use."""
        opened: list[list[LogEvents]] = []
        for batch in batches:
            slices = [
                self.opened(batch, batch.starts[records], batch.lengths[records])
                for records in _slices(batch)
            ]
            if not slices or None in slices:
                return None
            opened.append([found for found in slices if found is not None])
        for together in _portions([found for each in opened for found in each]):
            if not self.read_opened(together):
                if self._rows.rules is not None:
                    self._rows.rules.hits()  # what was looked at is looked at again
                return None
        return _parted(self.columns(), batches, opened)

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
            at = start if raw[0] == body[0] else start + raw.index(body)
            self._rows.at = at
            self.read(body, None if base is None else base + at, 0)

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
        self._rows.at = NOWHERE
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
