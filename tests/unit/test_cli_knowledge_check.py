"""What doctor says of lists and of the history."""

import asyncio
from pathlib import Path

import pytest

from triage_tui.cli.knowledge_check import KnowledgeCheck
from triage_tui.config import Settings
from triage_tui.detect import kept_lists
from triage_tui.detect.baseline_file import SqliteBaseline
from triage_tui.detect.intel import IntelSettings
from triage_tui.habits import Habits, Lesson
from triage_tui.health import Checked, CheckState

NOW = 1_773_540_000_000_000_000  # 2026-03-15


def rows(path: Path, settings: IntelSettings | None = None) -> dict[str, Checked]:
    check = KnowledgeCheck(Settings(intel=settings or IntelSettings()), path, NOW)
    return {row.what: row for row in asyncio.run(check.run())}


def taught(path: Path, days: int) -> Path:
    async def learn() -> None:
        store = await SqliteBaseline.open(path)
        await store.learn(Lesson({"ana": Habits({1000: 1})}, 1000, 1000 + days * 24 - 1))
        await store.close()

    asyncio.run(learn())
    return path


def test_the_history_is_told(tmp_path: Path) -> None:
    none = rows(tmp_path / "none.db")["history"]
    assert (none.state, none.found) == (CheckState.OK, "nothing was learned so far")
    assert "triage-tui learn" in none.fix
    assert not (tmp_path / "none.db").exists()
    short = rows(taught(tmp_path / "short.db", 3))["history"]
    assert (short.state, short.found) == (
        CheckState.WARNING,
        "3 days of history: too short to tell what is usual, which takes 7",
    )
    assert rows(taught(tmp_path / "long.db", 30))["history"].found == "30 days of history"
    (tmp_path / "bad.db").write_text("no database at all, but long enough to be looked at")
    assert rows(tmp_path / "bad.db")["history"].state is CheckState.FAILS


def test_a_long_list_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_lists, "LONG", 1)
    path = tmp_path / "long.txt"
    path.write_text("# 2026-03-14\n198.51.100.0/24\n203.0.113.7\n")
    settings = IntelSettings(block=(str(path),))
    first = rows(tmp_path / "none.db", settings)
    assert "2 entries" in first["block long"].found
    monkeypatch.delattr(kept_lists, "read")  # from now on nothing can be read anew
    assert rows(tmp_path / "none.db", settings) == first


def test_each_list_is_told(tmp_path: Path) -> None:
    for name, text in (
        ("good", "# 2026-03-14\n198.51.100.0/24\nevil.example"),
        ("old", "# 2025-03-14\n198.51.100.0/24"),
        ("odd", "198.51.100.7\n300.1.1.1"),
        ("empty", ""),
    ):
        (tmp_path / f"{name}.txt").write_text(text)
    paths = tuple(str(tmp_path / f"{name}.txt") for name in ("good", "old", "odd", "empty"))
    found = rows(tmp_path / "none.db", IntelSettings(block=paths))
    good = found["block good"]
    assert (good.state, good.found, good.fix) == (
        CheckState.OK,
        "1 entry, 1 left out (no addresses), good of 2026-03-14",
        "",
    )
    assert found["block old"].state is CheckState.WARNING
    assert "stale: 366 days old" in found["block old"].found
    assert found["block odd"].state is CheckState.WARNING
    assert "odd.txt:2: '300.1.1.1'" in found["block odd"].found
    assert found["block empty"].state is CheckState.FAILS
