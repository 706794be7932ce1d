"""The journal of everything that changed the outside world: append-only, chained, on disk first.

An entry is on disk when `append` returns. What a crash cut short shows as `pending`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from triage_tui.statefile import Schema, StateFile, StateFileError, damaged, stored

from . import entries as chain
from .entries import BEGINS, GENESIS, Entry, Payload, Row, blocks_as_of, first_broken
from .rows import Line, chained, check

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["Entry", "Journal", "Line", "ResponseError", "blocks_as_of"]

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
        # Version 2 does not know the entries of remedies.
        ("CREATE INDEX entries_by_block ON entries (block)",),
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


class Shelf(Protocol):
    """Where the entries of a journal lie. Methods raise ResponseError."""

    @property
    def where(self) -> str:
        """The file's path, the table's name, or `memory`."""
        ...

    async def news(self, known: int) -> list[Entry]:
        """The entries after number `known`."""
        ...

    async def append(
        self, lines: Sequence[Line], before: Entry | None, wall: int, learn: Learn
    ) -> list[Entry]:
        """Writes lines after all there is, all or none of them. `before` is the last entry known;
        what others have written since, and what was written now, is handed to `learn` before
        anybody can be cancelled. The entries that were written."""
        ...

    async def rows(self) -> Iterable[Row]:
        """Everything, as it lies there."""
        ...

    async def close(self) -> None: ...


Learn = Callable[[Sequence[Entry]], None]


class Journal:
    """One journal. Entries are kept in memory too, so that reading never blocks."""

    def __init__(self, shelf: Shelf, wall: Callable[[], int], entries: list[Entry]) -> None:
        """`entries` are those on the shelf."""
        self._shelf = shelf
        self._wall = wall
        self._entries = entries

    @classmethod
    async def open(cls, path: Path | None, *, wall: Callable[[], int], real: bool = False) -> Self:
        """Opens or creates the journal of `real` blocks, or of simulated ones; None keeps it in
        memory alone. Raises ResponseError."""
        shelf, entries = await FileShelf.open(path, real=real)
        return cls(shelf, wall, entries)

    @property
    def where(self) -> str:
        """The file's path, the table's name, or `memory`."""
        return self._shelf.where

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

        An intent begins a block or a remedy, and its entry carries the new id; all others name
        their `block`.
        """
        return (await self.append_all([Line(payload, response, cursor, block)]))[-1]

    async def append_all(self, lines: Sequence[Line]) -> list[Entry]:
        """The same for several, all of them or none, with one wait for the disk."""
        check(lines)
        before = self._entries[-1] if self._entries else None
        return await self._shelf.append(lines, before, self._wall(), self._learn)

    async def refresh(self) -> None:
        """Learns what other processes wrote. Raises ResponseError."""
        self._learn(await self._shelf.news(self.revision))

    def pending(self) -> tuple[Entry, ...]:
        """Intents without a result: a crash came between, or the change is under way."""
        return chain.pending(self._entries)

    async def verify_chain(self) -> int | None:
        """Reads everything and checks every hash: the first broken entry, None when all is
        whole."""
        return first_broken(await self._shelf.rows())

    async def close(self) -> None:
        await self._shelf.close()

    def _learn(self, entries: Sequence[Entry]) -> None:
        """Takes in entries from disk, each once."""
        for entry in entries:
            if entry.seq == self.revision + 1:
                self._entries.append(entry)


class FileShelf:
    """Implements `Shelf` in a SQLite file."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    @classmethod
    async def open(cls, path: Path | None, *, real: bool) -> tuple[FileShelf, list[Entry]]:
        """The shelf, and what lies there. Raises ResponseError."""
        with _explaining():
            file = await StateFile.open(path, SCHEMA)
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
            except StateFileError:
                await file.close()
                raise
        return cls(file), entries

    @property
    def where(self) -> str:
        return self._file.where

    async def news(self, known: int) -> list[Entry]:
        with _explaining():
            return await self._file.read(
                lambda connection: _read(connection, self._file.where, known)
            )

    async def append(
        self, lines: Sequence[Line], before: Entry | None, wall: int, learn: Learn
    ) -> list[Entry]:
        known = before.seq if before else 0

        def job(connection: sqlite3.Connection) -> list[Entry]:
            # Inside the transaction nobody else writes: what they wrote before comes first.
            news = _read(connection, self._file.where, known)
            written = chained(lines, news[-1] if news else before, wall)
            for entry in written:
                _insert(connection, entry)
            return [*news, *written]

        with _explaining():
            return (await self._file.write(job, learn))[-len(lines) :] if lines else []

    async def rows(self) -> list[Row]:
        with _explaining():
            return await self._file.read(
                lambda connection: list(map(Row._make, connection.execute(_SELECT, (0,))))
            )

    async def close(self) -> None:
        await self._file.close()


@contextlib.contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except StateFileError as error:
        raise ResponseError(error.title, error.message, error.fix) from error


def _insert(connection: sqlite3.Connection, entry: Entry) -> None:
    values = (entry.seq, entry.wall, entry.cursor, stored(entry.response), entry.phase, entry.block)
    connection.execute(_INSERT, (*values, chain.encode(entry.payload), entry.hash))


def _purpose(connection: sqlite3.Connection, wanted: str, entries: Sequence[Entry]) -> str:
    """What the journal is of; a new one is of what is wanted from now on."""
    found = connection.execute("SELECT kind FROM purpose").fetchone()
    if found is not None:
        return str(found[0])
    intents = [entry.payload for entry in entries if isinstance(entry.payload, BEGINS)]
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
