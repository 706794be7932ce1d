"""Filters and searches that were typed are there again in the next session."""

import json
import stat
from pathlib import Path

import pytest

from triage_tui.cli import typed


def test_what_was_typed_is_there_again_and_notes_are_not(tmp_path: Path) -> None:
    typed.keep({"filter": ["-outcome:ok", "ip:10.0.0.0/8"], "note": ["secret"]}, tmp_path)
    assert stat.S_IMODE((tmp_path / typed.NAME).stat().st_mode) == 0o600
    later = {"filter": ["action:Delete*"]}
    typed.recall(later, tmp_path)
    assert later["filter"] == ["-outcome:ok", "ip:10.0.0.0/8", "action:Delete*"]
    assert "note" not in later
    assert [path.name for path in tmp_path.iterdir()] == [typed.NAME]


def test_two_sessions_at_once_keep_both(tmp_path: Path) -> None:
    one: dict[str, list[str]] = {}
    other: dict[str, list[str]] = {}
    typed.recall(one, tmp_path)
    typed.recall(other, tmp_path)
    typed.keep({"filter": ["one"]}, tmp_path)
    typed.keep({"filter": ["other"]}, tmp_path)
    typed.recall(one, tmp_path)
    assert one["filter"] == ["one", "other"]


def test_it_has_an_end(tmp_path: Path) -> None:
    lines = [f"ip:10.0.{n // 256}.{n % 256}" for n in range(typed.MOST + 5)]
    typed.keep({"find": [*lines, "x" * (typed.LONGEST + 1)]}, tmp_path)
    found: dict[str, list[str]] = {}
    typed.recall(found, tmp_path)
    assert found["find"] == lines[-typed.MOST :]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[1]",
        b'{"filter": 1}',
        b"[" * 100_000,
        json.dumps({"filter": ["a\x1b]52;c;eA==\x07", "two\nlines", 3, None, ""]}).encode(),
    ],
)
def test_what_is_damaged_or_hostile_is_left(tmp_path: Path, content: bytes) -> None:
    (tmp_path / typed.NAME).write_bytes(content)
    found: dict[str, list[str]] = {}
    typed.recall(found, tmp_path)
    assert found.get("filter", []) == []


def test_what_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    typed.keep({"filter": ["x"]}, tmp_path / "file")
