"""From a file's or a pipe's bytes to records: unpacked, as UTF-8, framed, under their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.wrappings.recording import check_header, lacking, segment_of

from .encoding import Transcoder, encoding, hole, is_binary
from .framing import Framer, RecordTooLong
from .heads import Headers
from .kinds import no_log, refuse
from .unpack import Unpacker, unpacker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .framing import Framed

BLOCK = 256 * 1024
"""Bytes taken in at a time: decoding a block stays within a slice of the event loop."""
_TELLING = 8
"""Bytes that tell what a stream is; a pipe may begin with fewer."""


class Intake:
    """Feed it blocks in order, then `finish`. Does no I/O. Once it is `over`, nothing follows."""

    def __init__(self) -> None:
        self.error: str | None = None
        """What is wrong; records before that are delivered."""
        self.segment: tuple[str, int] | None = None
        """Of a recorded night: its identity, and the number of the file."""
        self.lacks: str | None = None
        """What a recorded night lacks before this file of it."""
        self.left: str | None = None
        """Why it is left alone: it is no log at all."""
        self.plain = True
        """Whether `base` of what is delivered counts the bytes that were fed."""
        self._head: bytes | None = b""
        self._unpacker: Unpacker | None = None
        self._text_head: bytes | None = b""
        self._transcoder: Transcoder | None = None
        self._framer = Framer()
        self._headers = Headers()
        self._skipped = 0
        self._checked = False
        self._refused = False

    @property
    def over(self) -> bool:
        """Whether the rest is of no use."""
        return bool(self.error or self.left)

    def feed(self, block: bytes, most: int = BLOCK) -> Iterator[Framed]:
        """The records that are complete with this block, in pieces of about `most` bytes."""
        if self._head is not None:
            self._head += block
            if len(self._head) < _TELLING:
                return
            block = self._begin()
        yield from self._unpacked(block, most)

    def finish(self) -> Iterator[Framed]:
        """What is left: the last line, or the document."""
        if self._head is not None:
            yield from self._unpacked(self._begin(), BLOCK)
        if self._unpacker is not None:
            yield from self._text(self._unpacker.finish())
            self.error = self.error or self._unpacker.error
        if self._text_head:
            yield from self._recoded(self._tell())
        if self._transcoder is not None:
            yield from self._cut(self._transcoder.feed(b"", last=True))
        if not self._refused:
            yield from self._delivered(self._framer.finish())

    @property
    def lines_from(self) -> int | None:
        """Where the next line begins, if the rest is nothing but plain lines under no header, so
        that anybody may read it; None otherwise."""
        if self.over or not self.plain or self._headers.line or self._checked is False:
            return None
        at = self._framer.next_line
        return None if at is None else at + self._skipped

    def settle(self) -> Iterator[Framed]:
        """What is left if that is whole, while more may come: a document without a line end."""
        if self._head and b"\n" in self._head:
            yield from self._unpacked(self._begin(), BLOCK)
        if self._text_head and b"\n" in self._text_head:
            yield from self._recoded(self._tell())
        if not self._refused:
            yield from self._delivered(self._framer.settle())

    def _begin(self) -> bytes:
        head, self._head = self._head or b"", None
        self._unpacker = unpacker(head)
        self.plain = self._unpacker is None
        if not head:
            self._refuse("the file is empty")
        return head

    def _unpacked(self, block: bytes, most: int) -> Iterator[Framed]:
        if self._unpacker is None:
            yield from self._text(block)
            return
        for piece in _joined(self._unpacker.feed(block, most), most):
            yield from self._text(piece)
            if self.over:
                return
        self.error = self._unpacker.error

    def _text(self, piece: bytes) -> Iterator[Framed]:
        if self._text_head is not None:
            self._text_head += piece
            gap = hole(self._text_head, within=self._skipped > 0)
            self._skipped += gap
            self._text_head = self._text_head[gap:]
            if len(self._text_head) < _TELLING or not self._text_head.strip(b"\0"):
                return
            piece = self._tell()
        yield from self._recoded(piece)

    def _recoded(self, piece: bytes) -> Iterator[Framed]:
        yield from self._cut(self._transcoder.feed(piece) if self._transcoder else piece)

    def _tell(self) -> bytes:
        """Learns from the text's beginning what it is; gives back what of it is text."""
        head, self._text_head = self._text_head or b"", None
        self.left = no_log(head)
        if self.left:
            self._refused = True
            return b""
        words = refuse(head) or ("not text: a binary file" if is_binary(head) else None)
        if words:
            self._refuse(words)
            return b""
        name, mark = encoding(head)
        self._skipped += mark
        if name is not None:
            self.plain = False
            self._transcoder = Transcoder(name)
        return head[mark:]

    def _cut(self, text: bytes) -> Iterator[Framed]:
        if self._refused:
            return
        try:
            found = self._framer.feed(text)
        except RecordTooLong as error:
            self._refuse(str(error))
            return
        yield from self._delivered(found)

    def _delivered(self, found: Iterable[Framed]) -> Iterator[Framed]:
        for framed in found:
            if not self._checked:
                self._checked = True
                self._check(framed.data[framed.starts[0] : framed.starts[0] + framed.lengths[0]])
            if self._refused:
                return
            yield from self._headers.split(framed._replace(base=framed.base + self._skipped))

    def _check(self, line: bytes) -> None:
        """Learns from the first line what recording it is of."""
        self._refuse(check_header(line))
        self.segment = segment_of(line)
        self.lacks = lacking(line)

    def _refuse(self, words: str | None) -> None:
        """Nothing of this is delivered from here on."""
        if words:
            self.error = self.error or words
            self._refused = True


def _joined(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The same bytes in fewer pieces: files of many small members come in crumbs."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= most:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
