"""Notes in somebody's own editor."""

import os
import sys
from pathlib import Path

import pytest

from triage_tui.ui import editor
from triage_tui.ui.editor import EditorError


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"EDITOR": "nano -w"}, ["nano", "-w"]),
        ({"VISUAL": "'/opt/my editor/e'", "EDITOR": "vi"}, ["/opt/my editor/e"]),
        ({}, ["vi"]),
    ],
)
def test_the_editor_is_the_one_that_is_named(environment: dict[str, str], found: list[str]) -> None:
    assert editor.command(environment) == found


def test_wrong_editors_are_told() -> None:
    with pytest.raises(EditorError, match="no command"):
        editor.command({"EDITOR": "vi '"})
    path = editor.begin("", "x")
    with pytest.raises(EditorError, match="cannot start no-such-editor"):
        editor.run(["no-such-editor"], path)
    with pytest.raises(EditorError, match="ended with 3: nothing was noted"):
        editor.outcome(["vi"], 3, path, "")
    path.unlink()


def test_what_stands_above_the_line_is_the_note(tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys\np = sys.argv[1]\ntext = open(p).read()\n"
        "open(p, 'w').write('two\\n\\nlines  \\n' + text)\n"
    )
    path = editor.begin("", "a note on x")
    assert path.stat().st_mode & 0o777 == 0o600
    command = [sys.executable, str(script)]
    assert editor.outcome(command, editor.run(command, path), path, "") == "two\n\nlines"
    path.unlink()


@pytest.mark.parametrize(("before", "after"), [("", ""), ("as it was", "as it was"), ("x", "  ")])
def test_what_was_left_as_it_was_is_no_note(before: str, after: str) -> None:
    path = editor.begin(after, "x")
    assert editor.outcome(["vi"], 0, path, before) is None
    os.unlink(path)


def test_a_note_has_an_end() -> None:
    path = editor.begin("x" * (editor.LONGEST + 1), "x")
    with pytest.raises(EditorError, match="65,536 characters"):
        editor.outcome(["vi"], 0, path, "")
    path.unlink()
