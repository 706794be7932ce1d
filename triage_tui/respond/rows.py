"""Entries of the journal on their way to where they are kept: chained, written and read. Pure.

The same for every journal: the SQLite file, and the log in a team's table.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from . import entries as chain
from .entries import BEGINS, GENESIS, Entry, Row, block_id, link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .entries import Payload


class Line(NamedTuple):
    """What is to be written."""

    payload: Payload
    response: str
    cursor: int
    block: str = ""
    """"" for an intent, which makes a new one."""


def check(lines: Sequence[Line]) -> None:
    """Raises ValueError for what no journal takes down."""
    for line in lines:
        if bool(line.block) is isinstance(line.payload, BEGINS):
            raise ValueError("an intent makes a new block; everything else is about one")


def chained(lines: Sequence[Line], before: Entry | None, wall: int) -> list[Entry]:
    """The entries that follow `before`, the last one there is; an intent's carries the id of the
    new block or remedy."""
    seq, head = (before.seq, before.hash) if before else (0, GENESIS)
    found: list[Entry] = []
    for line in lines:
        seq += 1
        payload = line.payload
        about = block_id(head, payload, seq) if isinstance(payload, BEGINS) else line.block
        row = Row(seq, wall, line.cursor, line.response, about, chain.encode(payload), "")
        head = link(head, row)
        found.append(Entry(*row[:5], payload, head))
    return found


def as_row(entry: Entry) -> Row:
    """An entry as it lies on disk."""
    return Row(
        entry.seq,
        entry.wall,
        entry.cursor,
        entry.response,
        entry.block,
        chain.encode(entry.payload),
        entry.hash,
    )


def write(entry: Entry) -> str:
    """An entry as ASCII JSON, also of text that holds lone surrogates."""
    return json.dumps(as_row(entry), separators=(",", ":"))


def read_row(text: str) -> Row:
    """The row that `write` wrote. Raises ValueError for anything else."""
    try:
        return msgspec.convert(json.loads(text), Row)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read(text: str) -> Entry:
    """The entry that `write` wrote. Raises ValueError for anything else."""
    row = read_row(text)
    return Entry(*row[:5], chain.decode(row.payload), row.hash)
