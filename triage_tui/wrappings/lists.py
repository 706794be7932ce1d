"""Arrays of records: where each element lies, also in a document that is broken.

In a sound document the elements stand in order with only white space and commas between, so their
positions follow from their lengths, without searching. In a broken one every sound element is
recovered, and what lies between two of them is one gap.
"""

from __future__ import annotations

import re

import msgspec

from .concatenated import unwrap_documents
from .piece import Piece
from .scanner import SPACE, member_starts, skip_comma, skip_space, value_end

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder(msgspec.Raw).decode

_OBJECT, _LIST_END, _COMMA = b"{],"
_FIRST_KEY = re.compile(rb'\{[ \t\r\n]*+("[^"\\]{0,200}+")[ \t\r\n]*+:')
_PATIENCE = 4
"""How many times the document's length may go into scanning elements that turn out broken."""


def array_pieces(raw: bytes) -> list[Piece] | None:
    """The elements of a document that is an array of objects."""
    at = skip_space(raw, 0)
    first = skip_space(raw, at + 1)
    if raw[at : at + 1] != b"[" or raw[first : first + 1] not in (b"{", b"]"):
        return None
    try:
        return _sound(raw, at, _decode_list(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Recovery(raw, at + 1).pieces()


def member_pieces(raw: bytes, key: str) -> list[Piece] | None:
    """The elements of the array of objects that is the member `key` of a document."""
    name = key.encode()
    at = member_starts(raw, frozenset((name,))).get(name)
    if at is None or raw[at : at + 1] != b"[":
        return None
    first = skip_space(raw, at + 1)
    if raw[first : first + 1] not in (b"{", b"]"):
        return None
    try:
        array = _decode_object(raw)[key]
        if raw[at : at + len(memoryview(array))] != bytes(array):
            return None  # the name stands twice: which of them is meant?
        return _sound(raw, at, _decode_list(array))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return unwrap_documents(raw) or _Recovery(raw, at + 1).pieces()


def _sound(raw: bytes, at: int, elements: list[msgspec.Raw]) -> list[Piece]:
    """Positions of the elements of the array at `at`."""
    pieces = []
    at += 1
    for element in elements:
        if raw[at] != _OBJECT:
            at = skip_comma(raw, at)
        length = len(memoryview(element))
        pieces.append(Piece(at, length))
        at += length
        if raw[at] == _COMMA:
            at += 1
    return pieces


def _is_sound(value: bytes) -> bool:
    try:
        _decode_any(value)
    except RecursionError:
        return True  # deep, yet as far as it was read, no fault
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


class _Recovery:
    """Walks the elements of a broken array from `at` on.

    After a broken element it goes on where the next one seems to begin: at an object with the same
    first key. Scanning broken elements has a budget; once that is spent, no element may reach
    beyond the next such beginning, and the walk stays linear whatever the bytes are.
    """

    def __init__(self, raw: bytes, at: int) -> None:
        self.raw = raw
        self.at = at
        self.found: list[Piece] = []
        self.good = 0
        self.budget = _PATIENCE * len(raw)
        self.next = at
        first = _FIRST_KEY.search(raw, at)
        key = re.escape(first[1]) if first else None
        self.beginning = re.compile(rb"\{[ \t\r\n]*+" + key + rb"[ \t\r\n]*+:") if key else None

    def pieces(self) -> list[Piece] | None:
        """All pieces; None where there is no good one (then it is no wrapping at all)."""
        raw = self.raw
        while (at := skip_comma(raw, self.at)) < len(raw):
            self.at = at
            if raw[at] == _LIST_END and self._ends():
                break
            end = None if raw[at] == _LIST_END else self._element_end()
            if end is not None and _is_sound(raw[at:end]):
                self.found.append(Piece(at, end - at))
                self.good += raw[at] == _OBJECT
                self.at = end
            else:
                self._gap()
        return self.found if self.good else None

    def _next_beginning(self) -> int:
        """Where the next element seems to begin, after the place where we are."""
        if self.next <= self.at:
            match = self.beginning.search(self.raw, self.at + 1) if self.beginning else None
            self.next = match.start() if match else len(self.raw)
        return self.next

    def _element_end(self) -> int | None:
        limit = len(self.raw) if self.budget > 0 else self._next_beginning()
        end = value_end(self.raw, self.at, limit)
        if end is None:
            self.budget -= limit - self.at
        return end

    def _gap(self) -> None:
        """What lies before the next beginning is one gap."""
        stop = self._next_beginning()
        length = len(self.raw[self.at : stop].rstrip(SPACE + b","))
        self.found.append(Piece(self.at, length, whole=False))
        self.at = stop

    def _ends(self) -> bool:
        """Whether the document ends here as it should: with the array, and nothing lost after."""
        if self._next_beginning() < len(self.raw):
            return False
        tail = self.raw[self.at :].strip(SPACE)
        try:
            return tail == b"]" or bool(_decode_object(b'{"":[' + tail))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
