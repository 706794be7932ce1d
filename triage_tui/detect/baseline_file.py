"""Baselines on disk: one row a principal, merged in one transaction. `ports.BaselineStore`.

Only the habits of those who are in sight are in memory, packed as on disk, and of so many at most.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.habits import Coverage, Habits, Lesson, merged, without
from triage_tui.statefile import Schema, StateFile, damaged, stored

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


class _Listed(msgspec.Struct, array_like=True):
    """Habits as they were kept at first: with lists of days."""

    hours: dict[int, int]
    values: dict[str, dict[str, list[int]]]


_encode = msgspec.msgpack.Encoder().encode
_listed = msgspec.msgpack.Decoder(_Listed).decode


def _as_bits(data: bytes) -> bytes:
    """The same habits with days as bits. What cannot be read stays what it is: that is told when
    somebody asks for it."""
    try:
        listed = _listed(data)
    except (msgspec.DecodeError, TypeError):
        return data
    found = Habits(listed.hours)
    for sort, used in listed.values.items():
        for value, days in used.items():
            found.use(sort, value, days)
    return _encode(found)


SCHEMA = Schema(
    name="baseline",
    mark=0x74746273,  # "ttbs"
    migrations=(
        (
            "CREATE TABLE habits (key TEXT PRIMARY KEY, days INTEGER NOT NULL, data BLOB NOT NULL)"
            " WITHOUT ROWID",
            "CREATE TABLE coverage (id INTEGER PRIMARY KEY CHECK (id = 1), data BLOB NOT NULL)",
        ),
        ("ALTER TABLE habits ADD COLUMN name TEXT NOT NULL DEFAULT ''",),
        (
            # What is looked for lies apart from what is large.
            "CREATE TABLE learned (key TEXT PRIMARY KEY, days INTEGER NOT NULL,"
            " name TEXT NOT NULL, data BLOB NOT NULL)",
            "INSERT INTO learned (key, days, name, data)"
            " SELECT key, days, name, as_bits(data) FROM habits ORDER BY key",
            "DROP TABLE habits",
            "ALTER TABLE learned RENAME TO habits",
            "CREATE INDEX habits_by_days ON habits (days)",
        ),
    ),
    functions=(("as_bits", _as_bits),),
)
_AT_ONCE = 500
"""Keys in one question: SQLite takes 999 at least."""
MOST_HELD = 256 << 20
"""Bytes of habits that are in memory, of whichever principals and roles came first."""
_BESIDE = 200
"""Bytes that the habits under a key take beside what they say, about."""


class _Outline(msgspec.Struct, array_like=True):
    """Habits, looked through and not taken apart."""

    hours: msgspec.Raw
    values: msgspec.Raw
    day: msgspec.Raw


_habits = msgspec.msgpack.Decoder(Habits).decode
_look_through = msgspec.msgpack.Decoder(_Outline).decode
_coverage = msgspec.msgpack.Decoder(Coverage).decode


class Taught(NamedTuple):
    """What came of a lesson."""

    principals: int
    new: int
    """Those of whom nothing was known."""
    coverage: Coverage


class SqliteBaseline:
    """The baselines of one file."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._known: dict[str, bytes] = {}
        self._held = 0
        """Bytes of it."""
        self.crowded = False
        """Whether there are habits of more principals than are held."""
        self.coverage = Coverage()
        self.newcomers = 0.1
        """How likely a principal of a day is one that was not seen before."""

    @classmethod
    async def open(cls, path: Path | None) -> SqliteBaseline:
        """Opens or creates the file; None keeps everything in memory. Raises StateFileError."""
        file = await StateFile.open(path, SCHEMA)
        found = cls(file)
        try:
            found.coverage, found.newcomers = await file.read(partial(_about, where=file.where))
        except BaseException:
            await file.close()
            raise
        return found

    def habits(self, key: str) -> Habits | None:
        """What was learned under a key that was fetched. From memory; never blocks."""
        packed = self._known.get(key)
        try:
            return None if packed is None else _habits(packed)
        except (msgspec.DecodeError, TypeError):  # it looked sound when it was fetched
            return None

    async def fetch(self, keys: Iterable[str]) -> bool:
        """Reads what was learned under keys; whether there was anything. Raises StateFileError."""
        asked = [key for key in dict.fromkeys(keys) if key not in self._known]
        if not asked:
            return False
        found = await self._file.read(partial(_read, keys=asked, where=self._file.where))
        for key, data in found.items():
            size = len(data) + _BESIDE
            if self._held + size > MOST_HELD:
                self.crowded = True
                break
            self._known[key] = data
            self._held += size
        return bool(found)

    async def learn(self, lesson: Lesson) -> Taught:
        """Merges a lesson into what is known: a second time it changes nothing. Raises
        StateFileError."""
        taught = await self._file.write(partial(_learn, lesson=lesson, where=self._file.where))
        self._let_go()
        self.coverage, self.newcomers = await self._file.read(
            partial(_about, where=self._file.where)
        )
        return taught

    async def forget(self, keys: Sequence[str]) -> int:
        """Unlearns everything about some keys or names; how many there were. Raises
        StateFileError."""
        count = await self._file.write(partial(_forget, keys=keys))
        self._let_go()
        return count

    def _let_go(self) -> None:
        self._known.clear()
        self._held = 0

    async def close(self) -> None:
        """Gives the file back."""
        await self._file.close()


def _about(connection: sqlite3.Connection, where: str) -> tuple[Coverage, float]:
    once, times = connection.execute(
        "SELECT count(*) FILTER (WHERE days = 1), coalesce(sum(days), 0) FROM habits"
    ).fetchone()
    return _covered(connection, where), (once + 1) / (times + 2)


def _covered(connection: sqlite3.Connection, where: str) -> Coverage:
    row = connection.execute("SELECT data FROM coverage").fetchone()
    try:
        return _coverage(row[0]) if row else Coverage()
    except (msgspec.DecodeError, TypeError) as error:
        raise damaged(where, SCHEMA, f"the coverage cannot be read ({error})") from None


def _read(connection: sqlite3.Connection, keys: Sequence[str], where: str) -> dict[str, bytes]:
    """The packed habits of keys, all of them sound as far as is told quickly."""
    found: dict[str, bytes] = {}
    for part in _parts(keys):
        marks = ", ".join(["CAST(? AS TEXT)"] * len(part))
        rows = connection.execute(
            f"SELECT key, data FROM habits WHERE key IN ({marks})",  # noqa: S608 - marks alone
            [stored(key) for key in part],
        )
        for key, data in rows:
            try:
                _look_through(data)
                found[key] = data
            except (msgspec.DecodeError, TypeError) as error:
                raise damaged(where, SCHEMA, f"{key!r} cannot be read ({error})") from None
    return found


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _learn(connection: sqlite3.Connection, lesson: Lesson, where: str) -> Taught:
    lessons = without(lesson.habits, lesson.left_out)
    new = 0
    for part in _parts(list(lessons)):
        known = _read(connection, part, where)
        new += len(part) - len(known)
        connection.executemany(
            "INSERT OR REPLACE INTO habits (key, days, data, name)"
            " VALUES (CAST(? AS TEXT), ?, ?, CAST(? AS TEXT))",
            (
                (stored(key), _days(both), _encode(both), stored(lesson.names.get(key, key)))
                for key in part
                for both in [merged(_known(known, key, where), lessons[key])]
            ),
        )
    coverage = _covered(connection, where)
    stretches = [(lesson.first, lesson.last)] if lesson.watched is None else lesson.watched
    if lessons and stretches:
        for first, last in stretches:
            coverage = coverage.with_span(first, last)
        connection.execute(
            "INSERT OR REPLACE INTO coverage (id, data) VALUES (1, ?)", (_encode(coverage),)
        )
    return Taught(len(lessons), new, coverage)


def _known(known: Mapping[str, bytes], key: str, where: str) -> Habits:
    try:
        return _habits(known[key]) if key in known else Habits()
    except (msgspec.DecodeError, TypeError) as error:
        raise damaged(where, SCHEMA, f"{key!r} cannot be read ({error})") from None


def _days(habits: Habits) -> int:
    return len({hour // 24 for hour in habits.hours})


def _forget(connection: sqlite3.Connection, keys: Sequence[str]) -> int:
    question = "DELETE FROM habits WHERE key = CAST(? AS TEXT) OR name = CAST(? AS TEXT)"
    return sum(connection.execute(question, [stored(key)] * 2).rowcount for key in keys)
