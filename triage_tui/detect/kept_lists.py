"""Long lists of addresses, as they were read once: a start need not read a million lines again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .kept import Shelf
from .lists import read
from .spans import Segments, Table

if TYPE_CHECKING:
    from pathlib import Path

LONG = 1 << 20
"""Bytes of a file from which on what was read is kept; shorter ones are read in no time."""
_FORM = 1
_MOST = 8
_HEAD = 4096


class _Kept(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """What is on disk."""

    name: str
    dated: int | None
    entries: int
    problems: tuple[str, ...]
    left_out: int
    segments: Segments


class LongList(NamedTuple):
    """A list that was read, ready for look-ups."""

    name: str
    dated: int | None
    entries: int
    problems: tuple[str, ...]
    left_out: int
    table: Table


def long_list(data: bytes, now: int, folder: Path) -> LongList | None:
    """The list that a long file holds, from `folder` where it was read before. None for a file that
    is not long, or whose entries may cease to hold (JSON), which is to be read as ever."""
    if len(data) < LONG or data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b""):
        return None
    shelf = Shelf(folder, ".list", _FORM, _MOST)
    name = shelf.name((sys.byteorder.encode(), data))
    found = _ready(shelf.read(name))
    if found is not None:
        return found
    text = read(data, now)
    table = Table([text.spans])
    kept = _Kept(
        text.name, text.dated, len(text.spans), text.problems, text.left_out, table.segments()
    )
    shelf.write(name, msgspec.msgpack.encode(kept))
    return LongList(text.name, text.dated, len(text.spans), text.problems, text.left_out, table)


def _ready(data: bytes | None) -> LongList | None:
    try:
        kept = msgspec.msgpack.decode(data or b"", type=_Kept)
        table = Table.of_segments(kept.segments)
    except (msgspec.DecodeError, ValueError):
        return None
    return LongList(kept.name, kept.dated, kept.entries, kept.problems, kept.left_out, table)
