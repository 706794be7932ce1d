"""The SQLite files that hold our own state: opened with care, and each used from one thread.

A write is on disk (WAL, synchronous=FULL) when its call returns, so it survives `kill -9`. Several
processes may have one file open: writes take turns, and each sees the other's rows inside its own.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

PATIENCE_MS = 5000
"""How long a write waits for another process to end its own."""


class StateFileError(Exception):
    """A state file that cannot be used: what is wrong, where, and what to do about it."""

    def __init__(self, title: str, message: str, fix: str) -> None:
        super().__init__(f"{title}: {message} {fix}")
        self.title = title
        self.message = message
        self.fix = fix


class Schema(NamedTuple):
    """What a kind of state file holds. A migration once released never changes: append one."""

    name: str
    """For messages: `casebook`, `journal`."""
    mark: int
    """SQLite's application_id, so that no foreign database is taken for ours."""
    migrations: tuple[tuple[str, ...], ...]
    """The statements that lead from version n to n + 1."""
    functions: tuple[tuple[str, Callable[[bytes], bytes]], ...] = ()
    """What they may call, by name, where SQL alone cannot tell how a value becomes one of the next
    version."""


class StateFile:
    """One open file. All SQL runs in a thread of its own, in the order of the calls."""

    def __init__(
        self, where: str, schema: Schema, thread: ThreadPoolExecutor, connection: sqlite3.Connection
    ) -> None:
        self.where = where
        self._schema = schema
        self._thread = thread
        self._connection = connection
        self._closed = False

    @classmethod
    async def open(cls, path: Path | None, schema: Schema) -> StateFile:
        """Opens or creates the file (mode 0600); None keeps the state in memory alone.

        Raises StateFileError.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=schema.name)
        loop = asyncio.get_running_loop()
        where = "memory" if path is None else str(path)
        opening = loop.run_in_executor(thread, _open, path, schema)
        try:
            connection = await asyncio.shield(opening)
        except BaseException:
            thread.shutdown(wait=False)
            opening.add_done_callback(_close_unwanted)
            raise
        return cls(where, schema, thread, connection)

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """What the job finds, as of one moment. Raises StateFileError."""
        return await self._run("BEGIN", job, None)

    async def write(
        self, job: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None
    ) -> T:
        """Runs the job in a transaction of its own; what it wrote is on disk afterwards.

        `then` runs on the event loop once it is, even where the caller was cancelled meanwhile: so
        memory follows the disk. Raises StateFileError, and then nothing was written.
        """
        return await self._run("BEGIN IMMEDIATE", job, then)

    async def close(self) -> None:
        """Ends the file's thread, after what was asked of it before. May be called twice."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        closing = loop.run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=False)
        await asyncio.shield(closing)

    async def _run(
        self,
        begin: str,
        job: Callable[[sqlite3.Connection], T],
        then: Callable[[T], None] | None,
    ) -> T:
        if self._closed:
            raise StateFileError(
                f"The {self._schema.name} is closed",
                f"{self.where} was closed before this was written.",
                "Start again and repeat it.",
            )
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._thread, self._transact, begin, job)
        if then is not None:
            follow = then
            running.add_done_callback(
                lambda done: None if done.cancelled() or done.exception() else follow(done.result())
            )
        return await asyncio.shield(running)

    def _transact(self, begin: str, job: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        try:
            connection.execute(begin)
            try:
                result = job(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except (sqlite3.Error, UnicodeError) as error:
            raise _explained(error, self.where, self._schema) from error
        return result


def stored(text: str) -> bytes:
    """Text as a parameter for `CAST(? AS TEXT)`: any Python text, lone surrogates too, comes back
    as it was."""
    return text.encode("utf-8", "surrogatepass")


def damaged(where: str, schema: Schema, detail: str) -> StateFileError:
    """The error for content that is not what we wrote."""
    return StateFileError(
        f"The {schema.name} is damaged",
        f"{where}: {detail}.",
        "Move the file away (keep it as evidence) and start again, or restore a copy.",
    )


def _close_unwanted(opening: asyncio.Future[sqlite3.Connection]) -> None:
    """Closes what was opened for a caller that had been cancelled."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _open(path: Path | None, schema: Schema) -> sqlite3.Connection:
    where = "memory" if path is None else str(path)
    try:
        if path is not None:
            _make_private(path)
        connection = _connect(path)
    except (sqlite3.Error, OSError) as error:
        raise _explained(error, where, schema) from error
    try:
        _prepare(connection, where, schema)
    except BaseException as error:
        connection.close()
        if isinstance(error, (sqlite3.Error, UnicodeError)):
            raise _explained(error, where, schema) from error
        raise
    return connection


def _make_private(path: Path) -> None:
    """An empty file that only its owner reads, or the mode set right on the one there is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Never opened and closed again while SQLite has it: that would drop SQLite's locks.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if path.stat().st_uid == os.getuid():
            path.chmod(0o600)


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:" if path is None else path,
        timeout=PATIENCE_MS / 1000,
        isolation_level=None,
        check_same_thread=False,  # closed from another thread when opening was cancelled
    )
    connection.text_factory = _text
    return connection


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)


def _prepare(connection: sqlite3.Connection, where: str, schema: Schema) -> None:
    """Makes sure that the file is ours, of a version we know, and brings it up to date."""
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("BEGIN")  # one moment, though others may be making the file right now
    try:
        _check_ours(connection, where, schema)
    finally:
        connection.execute("COMMIT")
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    if _number(connection, "user_version") == len(schema.migrations):
        return
    for name, function in schema.functions:
        connection.create_function(name, 1, function, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check_ours(connection, where, schema)  # somebody may have been faster
        for migration in schema.migrations[_number(connection, "user_version") :]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={schema.mark}")
        connection.execute(f"PRAGMA user_version={len(schema.migrations)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait its turn for this one, so we do."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def _check_ours(connection: sqlite3.Connection, where: str, schema: Schema) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    mark, version = _number(connection, "application_id"), _number(connection, "user_version")
    if mark != schema.mark and (mark or version or tables):
        raise StateFileError(
            f"Not a {schema.name}",
            f"{where} is a database of another kind.",
            "Move it away, or name another place.",
        )
    if version > len(schema.migrations):
        raise StateFileError(
            f"The {schema.name} is newer than this program",
            f"{where} has version {version}; this program knows {len(schema.migrations)}.",
            "Please update triage-tui.",
        )


_BUSY = (
    "is held by another process, for longer than this one waits.",
    "Close the other triage-tui that works on it.",
)
_READONLY = (
    "cannot be written.",
    "Make the file and its folder yours to write, or name another place.",
)
_CODES = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _READONLY,
    "SQLITE_CANTOPEN": ("cannot be opened.", _READONLY[1]),
    "SQLITE_PERM": _READONLY,
    "SQLITE_FULL": ("has no room: the disk is full.", "Make room, then repeat what you did."),
    "SQLITE_NOTADB": (
        "is not a database.",
        "Move it away (keep it as evidence) and start again.",
    ),
    "SQLITE_CORRUPT": (
        "is damaged.",
        "Move it away (keep it as evidence) and start again, or restore a copy.",
    ),
}


def _explained(error: Exception, where: str, schema: Schema) -> StateFileError:
    """The error in words for people."""
    if isinstance(error, UnicodeError):
        return damaged(where, schema, "it holds text that is not UTF-8")
    title = f"Cannot use the {schema.name}"
    if isinstance(error, OSError):
        return StateFileError(title, f"{where}: {error.strerror or error}.", _READONLY[1])
    code = getattr(error, "sqlite_errorname", "")
    for name, (message, fix) in _CODES.items():
        if code.startswith(name):
            return StateFileError(title, f"{where} {message}", fix)
    return StateFileError(title, f"{where}: {error}.", "Check the disk, then try again.")
