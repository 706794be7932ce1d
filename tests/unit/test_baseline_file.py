"""The baseline on disk: merged, found again, forgotten; nothing counts twice."""

import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from triage_tui.detect.baseline_file import SCHEMA, SqliteBaseline
from triage_tui.habits import ACTION, Coverage, Habits, Lesson
from triage_tui.statefile import StateFile, StateFileError, stored

if TYPE_CHECKING:
    from triage_tui.ports import BaselineStore

FIRST = 491_000


def habits(events: int = 3, action: str = "Get") -> Habits:
    found = Habits({FIRST: events, FIRST + 24: 1})
    found.use(ACTION, action, [FIRST // 24])
    return found


def a_lesson(**known: Habits) -> Lesson:
    return Lesson(known, FIRST, FIRST + 30)


async def test_what_was_learned_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "baseline.db"
    made = await SqliteBaseline.open(path)
    taught = await made.learn(a_lesson(ana=habits(), ben=habits()))
    assert (taught.principals, taught.new) == (2, 2)
    await made.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = await SqliteBaseline.open(path)
    store: BaselineStore = again
    assert store.habits("ana") is None  # nobody asked for it yet
    assert await store.fetch(["ana", "nobody"])
    assert not await store.fetch(["ana", "nobody"])
    assert (store.habits("ana"), store.habits("nobody")) == (habits(), None)
    assert store.coverage == Coverage([(FIRST, FIRST + 30)])
    await store.close()


async def test_a_lesson_learned_twice_counts_once() -> None:
    store = await SqliteBaseline.open(None)
    first = await store.learn(a_lesson(ana=habits()))
    second = await store.learn(a_lesson(ana=habits()))
    assert (first.new, second.new, second.coverage) == (1, 0, first.coverage)
    await store.learn(a_lesson(ana=habits(5, "Put")))
    await store.fetch(["ana"])
    known = store.habits("ana")
    assert known is not None
    assert known.hours[FIRST] == 5
    assert sorted(known.values[ACTION]) == ["Get", "Put"]
    await store.close()


async def test_suspects_teach_nothing_and_one_can_be_forgotten() -> None:
    store = await SqliteBaseline.open(None)
    taught = await store.learn(Lesson({"ana": habits(), "eve": habits()}, FIRST, FIRST, ("eve",)))
    await store.fetch(["ana", "eve"])
    assert taught.principals == 1
    assert store.habits("eve") is None
    assert store.habits("ana") is not None
    await store.learn(Lesson({"AIDA1": habits()}, FIRST, FIRST, (), {"AIDA1": "arn:ben"}))
    assert await store.forget(["arn:ben", "ana", "nobody"]) == 2
    await store.fetch(["ana"])
    assert store.habits("ana") is None
    await store.close()


async def test_many_and_odd_keys() -> None:
    store = await SqliteBaseline.open(None)
    keys = [f"arn:{n}" for n in range(1_200)] + ["\udc80", "'; DROP TABLE habits", ""]
    await store.learn(a_lesson(**{key: habits() for key in keys}))
    await store.fetch(keys)
    assert all(store.habits(key) is not None for key in keys)
    assert 0 < store.newcomers < 0.01
    await store.close()


async def test_what_tells_of_some_alone_makes_no_history_of_all() -> None:
    """What one principal did in a month says nothing of those who were not asked about."""
    store = await SqliteBaseline.open(None)
    await store.learn(a_lesson(ana=habits(), ben=habits()))
    some = Lesson({"ana": Habits({FIRST - 48: 9, FIRST + 1: 9})}, FIRST - 700, FIRST, watched=[])
    taught = await store.learn(some)
    assert taught.coverage == store.coverage == Coverage([(FIRST, FIRST + 30)])
    await store.fetch(["ana"])
    known = store.habits("ana")
    assert known is not None
    assert known.hours == {FIRST - 48: 9, FIRST: 3, FIRST + 1: 9, FIRST + 24: 1}
    await store.close()


async def test_no_more_is_held_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage_tui.detect.baseline_file.MOST_HELD", 4_000)
    store = await SqliteBaseline.open(None)
    keys = [f"p{number:02d}" for number in range(50)]
    await store.learn(a_lesson(**{key: habits() for key in keys}))
    await store.fetch(keys[:5])
    assert not store.crowded
    await store.fetch(keys)
    held = [key for key in keys if store.habits(key) is not None]
    assert store.crowded
    assert held == keys[: len(held)]
    assert 5 < len(held) < 20
    await store.learn(a_lesson(ana=habits()))
    await store.fetch(["ana"])
    assert store.habits("ana") is not None  # what was held was let go
    await store.close()


async def test_habits_that_are_damaged_within_are_not_believed_or_written_over(
    tmp_path: Path,
) -> None:
    path = tmp_path / "baseline.db"
    store = await SqliteBaseline.open(path)
    await store.learn(a_lesson(ana=habits()))
    harmed = msgspec.msgpack.encode([{FIRST: 3}, {ACTION: {"Get": ["no days"]}}, 0])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE habits SET data = ?", (harmed,))
    connection.close()
    await store.fetch(["ana"])
    assert store.habits("ana") is None
    with pytest.raises(StateFileError, match="'ana' cannot be read"):
        await store.learn(a_lesson(ana=habits()))
    await store.close()


async def test_what_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "baseline.db"
    store = await SqliteBaseline.open(path)
    await store.learn(a_lesson(ana=habits()))
    await store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE habits SET data = x'01'")
    connection.close()
    again = await SqliteBaseline.open(path)
    with pytest.raises(StateFileError, match="baseline is damaged"):
        await again.fetch(["ana"])
    await again.close()
    path.write_bytes(b"no database at all, but long enough to be looked at")
    with pytest.raises(StateFileError):
        await SqliteBaseline.open(path)


OF_LISTS = SCHEMA._replace(migrations=SCHEMA.migrations[:2])
"""The file as it was when days were kept as lists."""


async def test_what_was_kept_as_lists_of_days_is_known_still(tmp_path: Path) -> None:
    path, today = tmp_path / "baseline.db", FIRST // 24
    used = {ACTION: {"Get": [today - 70, today - 3, today], "Put": [today - 1]}}
    rows = {
        "ana": msgspec.msgpack.encode([{FIRST: 3, FIRST - 24: 9}, used]),
        "\udc80": msgspec.msgpack.encode([{FIRST: 1}, {}]),
        "harmed": b"\x01",
    }
    before = await StateFile.open(path, OF_LISTS)

    def fill(connection: sqlite3.Connection) -> None:
        for key, data in rows.items():
            connection.execute(
                "INSERT INTO habits (key, days, data, name)"
                " VALUES (CAST(? AS TEXT), 2, ?, CAST(? AS TEXT))",
                (stored(key), data, stored(f"arn:{key}")),
            )
        covered = msgspec.msgpack.encode(Coverage([(FIRST - 700, FIRST)]))
        connection.execute("INSERT INTO coverage (id, data) VALUES (1, ?)", (covered,))

    await before.write(fill)
    await before.close()
    store = await SqliteBaseline.open(path)
    assert store.coverage == Coverage([(FIRST - 700, FIRST)])
    assert await store.fetch(["ana", "\udc80"])
    known = store.habits("ana")
    assert known is not None
    assert known.hours == {FIRST: 3, FIRST - 24: 9}
    assert known.days(ACTION, "Get") == [today - 70, today - 3, today]
    assert known.days(ACTION, "Put") == [today - 1]
    assert store.habits("\udc80") == Habits({FIRST: 1})
    with pytest.raises(StateFileError, match="'harmed' cannot be read"):
        await store.fetch(["harmed"])
    assert await store.forget(["arn:ana", "harmed"]) == 2
    await store.close()
    with pytest.raises(StateFileError, match="Please update triage-tui"):
        await StateFile.open(path, OF_LISTS)
