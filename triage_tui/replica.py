"""What this machine knows of a team's table, and what it has to tell it: so that a triage begins
with the notes of yesterday, and nothing is lost, while the table cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .statefile import Schema, StateFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

SCHEMA = Schema(
    "copy of the shared casebook",
    0x7472_5348,
    (
        (
            """
            CREATE TABLE log (
                name TEXT NOT NULL,
                number INTEGER NOT NULL,
                entry TEXT NOT NULL,
                PRIMARY KEY (name, number)
            )
            """,
            """
            CREATE TABLE outbox (
                place INTEGER PRIMARY KEY AUTOINCREMENT,
                key TEXT NOT NULL UNIQUE,
                entry TEXT NOT NULL
            )
            """,
        ),
    ),
)


class Replica:
    """One file. Methods raise StateFileError. Entries are ASCII."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    @classmethod
    async def open(cls, path: Path | None) -> Replica:
        """Opens or creates it; None keeps it in memory alone."""
        return cls(await StateFile.open(path, SCHEMA))

    async def known(self, log: str) -> list[str]:
        """The entries of a log, from its first one on without a gap."""

        def job(connection: sqlite3.Connection) -> list[str]:
            found: list[str] = []
            rows = connection.execute(
                "SELECT number, entry FROM log WHERE name = ? ORDER BY number", (log,)
            )
            for number, entry in rows:
                if number != len(found) + 1:
                    break
                found.append(entry)
            return found

        return await self._file.read(job)

    async def keep(
        self, log: str, first: int, texts: Sequence[str], sent: Sequence[str] = ()
    ) -> None:
        """Keeps entries from number `first` on; those in the outbox that were `sent`, by their
        keys, are not to be told any more."""

        def job(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR IGNORE INTO log VALUES (?, ?, ?)",
                [(log, number, text) for number, text in enumerate(texts, first)],
            )
            connection.executemany("DELETE FROM outbox WHERE key = ?", [(key,) for key in sent])

        if texts or sent:
            await self._file.write(job)

    async def forget(self, log: str) -> None:
        """It is another table than it was: what was known of the log is of no use."""
        await self._file.write(
            lambda connection: connection.execute("DELETE FROM log WHERE name = ?", (log,)) and None
        )

    async def waiting(self) -> list[str]:
        """What is to be told, oldest first."""
        return await self._file.read(
            lambda connection: [
                entry for (entry,) in connection.execute("SELECT entry FROM outbox ORDER BY place")
            ]
        )

    async def post(self, key: str, entry: str) -> None:
        """Something is to be told; it is on disk when this returns."""
        await self._file.write(
            lambda connection: (
                connection.execute("INSERT INTO outbox (key, entry) VALUES (?, ?)", (key, entry))
                and None
            )
        )

    async def close(self) -> None:
        await self._file.close()
