"""State files: private, ours, up to date, and safe with several openers and after a kill."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from triage_tui.statefile import Schema, StateFile, StateFileError, stored

ONE = Schema("diary", 0x7472_0001, (("CREATE TABLE lines (text TEXT NOT NULL)",),))
TWO = ONE._replace(
    migrations=(
        *ONE.migrations,
        ("ALTER TABLE lines ADD mood TEXT", "CREATE INDEX moods ON lines (mood)"),
    )
)


def adding(text: str) -> Callable[[sqlite3.Connection], str]:
    def job(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO lines (text) VALUES (CAST(? AS TEXT))", (stored(text),))
        return text

    return job


write = adding("written")


def lines(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM lines ORDER BY rowid")]


async def contents(path: Path | None, schema: Schema = ONE) -> list[str]:
    file = await StateFile.open(path, schema)
    try:
        return await file.read(lines)
    finally:
        await file.close()


async def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "diary.db"
    file = await StateFile.open(path, ONE)
    await file.write(write)
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    assert modes == {"diary.db": 0o600, "diary.db-wal": 0o600, "diary.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await file.close()
    await file.close()

    path.chmod(0o644)
    assert await contents(path) == ["written"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_durable_settings(tmp_path: Path) -> None:
    file = await StateFile.open(tmp_path / "diary.db", ONE)

    def pragmas(connection: sqlite3.Connection) -> tuple[str, int]:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        return mode, level

    assert await file.read(pragmas) == ("wal", 2)
    await file.close()


async def test_memory_alone() -> None:
    assert await contents(None) == []


async def test_an_older_file_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    file = await StateFile.open(path, ONE)
    await file.write(write)
    await file.close()
    assert await contents(path, TWO) == ["written"]

    with pytest.raises(StateFileError, match="Please update triage-tui"):
        await StateFile.open(path, ONE)


async def test_a_migration_may_call_what_makes_new_values_of_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    file = await StateFile.open(path, ONE)
    await file.write(write)
    await file.close()
    louder = ONE._replace(
        migrations=(
            *ONE.migrations,
            ("UPDATE lines SET text = CAST(louder(CAST(text AS BLOB)) AS TEXT)",),
        ),
        functions=(("louder", lambda text: text + b"!"),),
    )
    assert await contents(path, louder) == ["written!"]
    assert await contents(path, louder) == ["written!"]


async def test_a_failed_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    await contents(path, ONE)
    wrong = TWO._replace(migrations=(*ONE.migrations, ("CREATE TABLE more (x)", "NONSENSE")))
    with pytest.raises(StateFileError):
        await StateFile.open(path, wrong)
    assert await contents(path, ONE) == []
    assert await contents(path, TWO) == []


def make_foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()


@pytest.mark.may_block("the test makes the file")
@pytest.mark.parametrize("kind", ["foreign", "text", "folder", "below a file"])
async def test_what_is_not_ours_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "diary.db"
    if kind == "foreign":
        make_foreign(path)
    elif kind == "text":
        path.write_text("dear diary\n" * 100)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("")
        path = path / "diary.db"
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StateFileError) as caught:
        await StateFile.open(path, ONE)
    assert str(path) in caught.value.message
    assert caught.value.title
    assert caught.value.fix.endswith(".")
    assert (path.read_bytes() if path.is_file() else b"") == before


async def test_another_kind_of_our_own(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    await contents(path)
    with pytest.raises(StateFileError, match="another kind"):
        await StateFile.open(path, ONE._replace(mark=0x7472_0002))


async def test_a_read_only_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root, permissions stop nobody: the system's answer is played."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("triage_tui.statefile.os.open", refuse)
    with pytest.raises(StateFileError) as caught:
        await StateFile.open(tmp_path / "diary.db", ONE)
    assert "Permission denied" in caught.value.message
    assert "folder" in caught.value.fix


async def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = await StateFile.open(tmp_path / "diary.db", ONE)

    def half(connection: sqlite3.Connection) -> None:
        write(connection)
        connection.execute("NONSENSE")

    told: list[object] = []
    with pytest.raises(StateFileError):
        await file.write(half, told.append)
    assert await file.read(lines) == []
    assert told == []
    await file.write(write, told.append)
    assert told == ["written"]
    await file.close()
    with pytest.raises(StateFileError, match="closed"):
        await file.write(write)


async def test_any_text_comes_back(tmp_path: Path) -> None:
    texts = ["a\x00b", "\ud800 alone", "‮", "\x1b[31m", ""]
    file = await StateFile.open(tmp_path / "diary.db", ONE)
    for text in texts:
        await file.write(adding(text))
    await file.close()
    assert await contents(tmp_path / "diary.db") == texts


async def test_many_openers_of_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    files = await asyncio.gather(*(StateFile.open(path, ONE) for _ in range(8)))
    await asyncio.gather(*(file.write(write) for file in files))
    assert await files[0].read(lines) == ["written"] * 8
    await asyncio.gather(*(file.close() for file in files))


@pytest.mark.may_block("the test holds the file")
async def test_a_file_that_another_process_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "diary.db"
    monkeypatch.setattr("triage_tui.statefile.PATIENCE_MS", 10)
    file = await StateFile.open(path, ONE)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateFileError, match="held by another process"):
        await file.write(write)
    assert await file.read(lines) == []  # reading goes on
    other.execute("COMMIT")
    other.close()
    assert await file.write(write) == "written"
    await file.close()


async def test_a_cancelled_write_still_tells(tmp_path: Path) -> None:
    file = await StateFile.open(tmp_path / "diary.db", ONE)
    told: list[str] = []
    writing = asyncio.ensure_future(file.write(write, told.append))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await file.read(lines) == ["written"]
    assert told == ["written"]
    await file.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from triage_tui.statefile import Schema, StateFile

async def main():
    file = await StateFile.open(Path(sys.argv[1]), Schema(*eval(sys.argv[2])))
    await file.write(lambda c: c.execute("INSERT INTO lines (text) VALUES ('awaited')").rowcount)
    def half(c):
        c.execute("INSERT INTO lines (text) VALUES ('half')")
        os.kill(os.getpid(), signal.SIGKILL)
    await file.write(half)

asyncio.run(main())
"""


def test_what_was_awaited_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    command = [sys.executable, "-c", KILLED, str(path), repr(tuple(ONE))]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert asyncio.run(contents(path)) == ["awaited"]
