"""The casebook in a SQLite file: every decision a row, none ever changed.

What was said is on disk when the call returns; reading is from memory and never blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Change
from triage_tui.statefile import Schema, StateFile, StateFileError, damaged, stored

from . import fold, record
from .deciding import Deciding
from .fold import Entry, Fold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .record import Decision

SCHEMA = Schema(
    "casebook",
    0x7472_4342,
    (
        (
            """
            CREATE TABLE changes (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                subject TEXT NOT NULL,
                field TEXT NOT NULL,
                value TEXT NOT NULL,
                author TEXT NOT NULL,
                made INTEGER NOT NULL,
                cursor INTEGER NOT NULL,
                about INTEGER REFERENCES changes (number)
            )
            """,
            """
            CREATE TRIGGER changes_stay BEFORE UPDATE ON changes
            BEGIN SELECT raise(ABORT, 'the casebook is append-only'); END
            """,
            """
            CREATE TRIGGER changes_remain BEFORE DELETE ON changes
            BEGIN SELECT raise(ABORT, 'the casebook is append-only'); END
            """,
        ),
        # What a decision is called elsewhere, and what its author knew; NULL is: nothing of its
        # own, and all before it.
        (
            "ALTER TABLE changes ADD COLUMN key TEXT",
            "ALTER TABLE changes ADD COLUMN seen INTEGER",
            "CREATE UNIQUE INDEX changes_keys ON changes (key)",
        ),
    ),
)

_SELECT = (
    "SELECT number, subject, field, value, author, made, cursor, about, seen, coalesce(key, '')"
    " FROM changes WHERE number > ? ORDER BY number"
)
_INSERT = (
    "INSERT INTO changes (subject, field, value, author, made, cursor, about, seen, key)"
    " VALUES (CAST(? AS TEXT), ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?)"
)


class SqliteCasebook(Deciding):
    """Implements `ports.Casebook`. Methods raise `statefile.StateFileError` where the file fails,
    and ValueError for an empty note or tag."""

    def __init__(self, file: StateFile, wall: Callable[[], int], said: Fold) -> None:
        self._file = file
        self._wall = wall
        self._said = said

    @classmethod
    async def open(cls, path: Path | None, *, wall: Callable[[], int]) -> SqliteCasebook:
        """Opens or creates it; None keeps it in memory alone. Raises StateFileError."""
        file = await StateFile.open(path, SCHEMA)
        said = Fold()
        try:
            said.add(await file.read(lambda connection: _read(connection, file.where, 0)))
        except StateFileError:
            await file.close()
            raise
        return cls(file, wall, said)

    @property
    def _known(self) -> Fold:
        return self._said

    async def entries(self) -> list[Entry]:
        """Everything, as it is stored."""
        return await self._file.read(lambda connection: _read(connection, self._file.where, 0))

    async def take(self, decisions: Sequence[Decision]) -> int:
        """Writes down, all or none, what comes from another casebook and is not here yet; how
        many."""
        last = self._said.last

        def job(connection: sqlite3.Connection) -> tuple[list[Entry], int]:
            known = _read(connection, self._file.where, 0)
            numbers = {record.key_of(entry): entry.number for entry in known}
            end = known[-1].number if known else 0
            written = [entry for entry in known if entry.number > last]
            news = record.missing(decisions, numbers, end)
            for each in news:
                about = numbers.get(each.about) if each.about else None
                number = _insert(connection, each.change, about, each.seen, each.key)
                numbers[each.key] = number
                written.append(Entry(number, each.change, about, each.seen, each.key))
            return written, len(news)

        return (await self._file.write(job, lambda done: self._said.add(done[0])))[1]

    async def refresh(self) -> None:
        """Learns what other processes wrote."""
        last = self._said.last
        self._said.add(
            await self._file.read(lambda connection: _read(connection, self._file.where, last))
        )

    async def close(self) -> None:
        await self._file.close()

    async def _write(
        self,
        subject: str,
        field: str,
        value: str,
        author: str,
        cursor: int,
        *,
        about: int | None = None,
    ) -> int:
        change = Change(subject, field, value, author, self._wall(), cursor)
        last = self._said.last

        def job(connection: sqlite3.Connection) -> list[Entry]:
            # Inside the transaction nobody else writes: what they wrote before comes first.
            known = _read(connection, self._file.where, last)
            number = _insert(connection, change, about, last)
            return [*known, Entry(number, change, about, last)]

        return (await self._file.write(job, self._said.add))[-1].number


def _insert(
    connection: sqlite3.Connection,
    change: Change,
    about: int | None,
    seen: int,
    key: str | None = None,
) -> int:
    number = connection.execute(
        _INSERT,
        (
            stored(change.subject),
            change.field,
            stored(change.value),
            stored(change.author),
            change.made,
            change.cursor,
            about,
            seen,
            key,
        ),
    ).lastrowid
    assert number is not None  # noqa: S101 - an INSERT has a row id
    return number


class _Row(msgspec.Struct, array_like=True, frozen=True):
    number: int
    subject: str
    field: str
    value: str
    author: str
    made: int
    cursor: int
    about: int | None
    seen: int | None
    key: str


def _read(connection: sqlite3.Connection, where: str, after: int) -> list[Entry]:
    """The decisions after that number. Raises StateFileError for what we cannot have written."""
    entries: list[Entry] = []
    for values in connection.execute(_SELECT, (after,)):
        try:
            row = msgspec.convert(values, _Row)
            change = Change(row.subject, row.field, row.value, row.author, row.made, row.cursor)
            fold.check(change)
        except ValueError as error:
            raise damaged(where, SCHEMA, f"decision {values[0]} cannot be read") from error
        entries.append(Entry(row.number, change, row.about, row.seen, row.key))
    return entries
