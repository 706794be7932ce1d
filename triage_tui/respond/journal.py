"""The journal of everything that changed the outside world: append-only, chained, on disk first.

An entry is on disk when `append` returns. What a crash cut short shows as `pending`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from triage_tui.statefile import Schema, StateFile, StateFileError, damaged, stored

from . import entries as chain
from .entries import (
    GENESIS,
    Entry,
    Intent,
    Payload,
    Row,
    block_id,
    blocks_as_of,
    first_broken,
    link,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Entry", "Journal", "ResponseError", "blocks_as_of"]

SCHEMA = Schema(
    "journal",
    0x7472_4A4C,
    (
        (
            """
            CREATE TABLE entries (
                seq INTEGER PRIMARY KEY,
                wall INTEGER NOT NULL,
                cursor INTEGER NOT NULL,
                response TEXT NOT NULL,
                phase TEXT NOT NULL,
                block TEXT NOT NULL,
                payload TEXT NOT NULL,
                hash TEXT NOT NULL
            )
            """,
            """
            CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
            BEGIN SELECT raise(ABORT, 'the journal is append-only'); END
            """,
            """
            CREATE TRIGGER entries_remain BEFORE DELETE ON entries
            BEGIN SELECT raise(ABORT, 'the journal is append-only'); END
            """,
        ),
        # Entries of real blocks have phases and fields that version 1 does not know.
        ("CREATE TABLE purpose (kind TEXT NOT NULL)",),
    ),
)

REAL, SIMULATED = "real", "simulated"
"""What a journal is of, for good: the two never mix."""

_SELECT = (
    "SELECT seq, wall, cursor, response, block, payload, hash FROM entries WHERE seq > ?"
    " ORDER BY seq"
)
_INSERT = (
    "INSERT INTO entries (seq, wall, cursor, response, phase, block, payload, hash)"
    " VALUES (?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?)"
)


class ResponseError(Exception):
    """A response that did not happen: what, where and why, and what to do about it."""

    def __init__(self, title: str, message: str, fix: str) -> None:
        super().__init__(f"{title}: {message} {fix}")
        self.title = title
        self.message = message
        self.fix = fix


class Line(NamedTuple):
    """What is to be written."""

    payload: Payload
    response: str
    cursor: int
    block: str = ""
    """"" for an Intent, which makes a new one."""


class Journal:
    """One journal file. Entries are kept in memory too, so that reading never blocks."""

    def __init__(self, file: StateFile, wall: Callable[[], int], entries: list[Entry]) -> None:
        self._file = file
        self._wall = wall
        self._entries = entries

    @classmethod
    async def open(cls, path: Path | None, *, wall: Callable[[], int], real: bool = False) -> Self:
        """Opens or creates the journal of `real` blocks, or of simulated ones; None keeps it in
        memory alone. Raises ResponseError."""
        try:
            file = await StateFile.open(path, SCHEMA)
        except StateFileError as error:
            raise _as_response_error(error) from error
        try:
            entries = await file.read(lambda connection: _read(connection, file.where, 0))
            kind = REAL if real else SIMULATED
            found = await file.write(lambda connection: _purpose(connection, kind, entries))
            if found != kind:
                raise StateFileError(
                    f"Not a journal of {kind} blocks",
                    f"{file.where} is one of {found} blocks.",
                    "Name another place: the two never mix.",
                )
        except StateFileError as error:
            await file.close()
            raise _as_response_error(error) from error
        return cls(file, wall, entries)

    @property
    def where(self) -> str:
        """The file's path, or `memory`."""
        return self._file.where

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries, oldest first."""
        return self._entries

    @property
    def revision(self) -> int:
        """Grows with every entry known."""
        return len(self._entries)

    @property
    def head(self) -> str:
        """The hash of the last entry: it vouches for all before it."""
        return self._entries[-1].hash if self._entries else GENESIS

    async def append(
        self, payload: Payload, *, response: str, cursor: int, block: str = ""
    ) -> Entry:
        """Writes an entry; it is on disk when this returns. Raises ResponseError.

        An Intent begins a block, and its entry carries the new id; all others name their `block`.
        """
        return (await self.append_all([Line(payload, response, cursor, block)]))[-1]

    async def append_all(self, lines: Sequence[Line]) -> list[Entry]:
        """The same for several, all of them or none, with one wait for the disk."""
        for line in lines:
            if bool(line.block) is isinstance(line.payload, Intent):
                raise ValueError("an intent makes a new block; everything else is about one")
        wall = self._wall()

        def job(connection: sqlite3.Connection) -> list[Entry]:
            # Inside the transaction nobody else writes: what they wrote before comes first.
            known = _read(connection, self._file.where, self.revision)
            before = known[-1] if known else (self._entries[-1] if self._entries else None)
            seq, head = (before.seq, before.hash) if before else (0, GENESIS)
            for line in lines:
                entry = _entry(seq + 1, head, wall, line)
                seq, head = entry.seq, entry.hash
                _insert(connection, entry)
                known.append(entry)
            return known

        try:
            written = await self._file.write(job, self._learn)
        except StateFileError as error:
            raise _as_response_error(error) from error
        return written[len(written) - len(lines) :]

    async def refresh(self) -> None:
        """Learns what other processes wrote. Raises ResponseError."""
        try:
            self._learn(
                await self._file.read(
                    lambda connection: _read(connection, self._file.where, self.revision)
                )
            )
        except StateFileError as error:
            raise _as_response_error(error) from error

    def pending(self) -> tuple[Entry, ...]:
        """Intents without a result: a crash came between, or the change is under way."""
        return chain.pending(self._entries)

    async def verify_chain(self) -> int | None:
        """Reads the file and checks every hash: the first broken entry, None when all is whole."""
        try:
            return await self._file.read(
                lambda connection: first_broken(map(Row._make, connection.execute(_SELECT, (0,))))
            )
        except StateFileError as error:
            raise _as_response_error(error) from error

    async def close(self) -> None:
        await self._file.close()

    def _learn(self, entries: Sequence[Entry]) -> None:
        """Takes in entries from disk, each once."""
        for entry in entries:
            if entry.seq == self.revision + 1:
                self._entries.append(entry)


def _as_response_error(error: StateFileError) -> ResponseError:
    return ResponseError(error.title, error.message, error.fix)


def _entry(seq: int, head: str, wall: int, line: Line) -> Entry:
    payload = line.payload
    about = block_id(head, payload, seq) if isinstance(payload, Intent) else line.block
    row = Row(seq, wall, line.cursor, line.response, about, chain.encode(payload), "")
    return Entry(*row[:5], payload, link(head, row))


def _insert(connection: sqlite3.Connection, entry: Entry) -> None:
    values = (entry.seq, entry.wall, entry.cursor, stored(entry.response), entry.phase, entry.block)
    connection.execute(_INSERT, (*values, chain.encode(entry.payload), entry.hash))


def _purpose(connection: sqlite3.Connection, wanted: str, entries: Sequence[Entry]) -> str:
    """What the journal is of; a new one is of what is wanted from now on."""
    found = connection.execute("SELECT kind FROM purpose").fetchone()
    if found is not None:
        return str(found[0])
    intents = [entry.payload for entry in entries if isinstance(entry.payload, Intent)]
    kind = wanted
    if intents:  # of a version that did not say so
        kind = SIMULATED if intents[0].simulated else REAL
    connection.execute("INSERT INTO purpose (kind) VALUES (?)", (kind,))
    return kind


def _read(connection: sqlite3.Connection, where: str, after: int) -> list[Entry]:
    """The entries after that number. Raises StateFileError for what we cannot have written."""
    entries: list[Entry] = []
    for values in connection.execute(_SELECT, (after,)):
        number = after + len(entries) + 1
        try:
            row = msgspec.convert(values, Row)
            payload = chain.decode(row.payload)
        except ValueError as error:
            raise damaged(where, SCHEMA, f"entry {number} cannot be read") from error
        if row.seq != number:
            raise damaged(where, SCHEMA, f"entry {number} is missing")
        entries.append(Entry(*row[:5], payload, row.hash))
    return entries
