"""The line to the terminal: whoever is at its end, drawing goes on, and what is wrong is told."""

import os
import sys
from pathlib import Path

import pytest

from triage_tui.cli.screen import short_turns
from triage_tui.cli.stage import Drawn, Line, StageError, stage


def test_a_terminal_that_went_away_takes_everything() -> None:
    reader, writer = os.pipe()
    told: list[str] = []
    line = Line()
    line.watch(lambda: told.append("gone"))
    drawn = Drawn(writer, "utf-8", line)
    drawn.write("seen")
    drawn.flush()
    assert os.read(reader, 99) == b"seen"
    assert not line.gone
    os.close(reader)
    for _ in range(100):
        assert drawn.write("x" * 10_000) == 10_000
        drawn.flush()
    assert line.gone
    assert told == ["gone"]
    drawn.close()


def test_what_is_wrong_is_told_by_its_name(tmp_path: Path) -> None:
    where = tmp_path / "a file, no folder"
    where.write_text("")
    with pytest.raises(StageError, match=r"cannot keep the state in .*: Not a dir"), stage(where):
        pass


def test_a_terminal_that_cannot_be_had_is_no_trouble_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(6, "No such device or address")

    monkeypatch.setattr(os, "open", refuse)
    said = "cannot read keys from the terminal: No such device"
    with pytest.raises(StageError, match=said), stage(tmp_path, ["-"]):
        pass


def test_threads_take_short_turns_while_there_is_a_screen() -> None:
    before = sys.getswitchinterval()
    with short_turns():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before
