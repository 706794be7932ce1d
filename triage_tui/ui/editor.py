"""A text in somebody's own editor. No Textual here."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 64 * 1024
"""Characters of a note."""
SCISSORS = "# ------------------------ what stands below is not kept ------------------------"


class EditorError(Exception):
    """Why nothing could be edited: what, and what to do."""


def command(environment: Mapping[str, str]) -> list[str]:
    """The editor, as the environment names it. Raises EditorError."""
    named = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
    try:
        found = shlex.split(named)
    except ValueError as error:
        raise EditorError(f"EDITOR is {named!r}, which is no command: {error}") from error
    if not found:
        raise EditorError("EDITOR names no command")
    return found


def begin(text: str, hint: str) -> Path:
    """A file (0600) with the text and, below, what it is about. Blocking; raises EditorError."""
    try:
        handle, name = tempfile.mkstemp(prefix="triage-note-", suffix=".md")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(f"{text}\n\n{SCISSORS}\n# {hint}\n")
    except OSError as error:
        raise EditorError(f"cannot write a file for the editor: {error.strerror}") from error
    return Path(name)


def run(editor: Sequence[str], path: Path) -> int:
    """Runs the editor on the terminal, and waits for it; its exit code. Blocking; raises
    EditorError."""
    try:
        # Descriptor 2 is the log's while a screen is shown.
        done = subprocess.run(  # noqa: S603 - the editor that they chose
            [*editor, str(path)], stdin=0, stdout=1, stderr=1, check=False
        )
    except OSError as error:
        raise EditorError(
            f"cannot start {editor[0]}: {error.strerror}; export EDITOR=… before the next start"
        ) from error
    return done.returncode


def outcome(editor: Sequence[str], code: int, path: Path, before: str) -> str | None:
    """The text as it is now, None where it is empty or as it was. Raises EditorError."""
    if code:
        raise EditorError(f"{editor[0]} ended with {code}: nothing was noted")
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise EditorError(f"cannot read what was edited: {error.strerror}") from error
    text = text.partition(SCISSORS)[0].strip()
    if len(text) > LONGEST:
        raise EditorError(f"a note may have {LONGEST:,} characters; this has {len(text):,}")
    return text if text and text != before.strip() else None
