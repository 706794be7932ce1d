"""A night at the keyboard: the installed program in a pseudo-terminal."""

from __future__ import annotations

import base64
import os
import re
import signal
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEMO = ("demo", "--paused", "--at", "2026-03-15T02:22:00Z")
TOP = "▌  100 198.51.100.23"
SCANNER = "203.0.113.77"


def opened(terminal: Callable[..., Any]) -> Any:
    """The demo once it is read: until then rows change places."""
    shown = terminal(*DEMO)
    shown.wait(lambda text: TOP in text and "reading" not in text, "the demo, read")
    return shown


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """What a state file holds, read beside the running program."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture
def state(home: Path) -> Path:
    """Where the demo keeps its state."""
    return home / "xdg-state" / "triage-tui" / "demo"


def test_a_night_from_opening_to_quitting(terminal: Callable[..., Any], state: Path) -> None:
    night = opened(terminal)
    assert "Sun 02:22:00Z" in night.text()
    assert "SIMULATED" in night.text()
    night.wait_for("+45 finding, high: Impact:IAMUser/AnomalousBehavior")

    night.type("\r")
    shown = night.wait_for("[Events 418]")
    assert "DeleteTable" in shown
    night.type(";")
    night.wait_for("note")
    night.type("maria is on holiday: call her")
    night.type("\r")
    night.wait_for("Notes 1")
    assert "maria is on holiday: call her" in str(
        rows(state / "casebook.db", "SELECT * FROM changes")
    )

    night.type("\x1b")
    night.wait_for(TOP)
    night.type("j")
    night.wait_for(f"{SCANNER}: why")
    plan = night.press("B", lambda text: "Enter block" in text)
    assert f"{SCANNER}/32" in plan
    assert "203.0.113.0/24" in plan
    assert "8 addresses, 552 good events" in plan
    night.press("\r", lambda text: "[y] yes" in text)
    assert rows(state / "journal.db", "SELECT * FROM entries") == []
    night.press("y", lambda text: "sent · verified · in force" in text)
    phases = [str(row) for row in rows(state / "journal.db", "SELECT * FROM entries")]
    assert "intent" in phases[0]
    assert len(phases) >= 2
    night.type("\r")
    night.wait(lambda text: re.search(rf"▌\s+\d+ {SCANNER}.*■", text))

    night.type("U")
    night.wait_for("Undo the block of")
    night.press("y", lambda text: "Undo the block of" not in text)
    night.wait(lambda text: re.search(rf"▌\s+\d+ {SCANNER}.* new ", text))
    assert "undone" in str(rows(state / "journal.db", "SELECT * FROM entries"))

    night.type("/")
    night.type("ip:203.0.113.0/24 -outcome:ok")
    night.type("\r")
    night.wait_until_gone("198.51.100.23")
    night.wait(lambda text: re.search(r"filter: .*-outcome:ok.* of 283", text))
    night.type("\x1b")
    night.wait_for("198.51.100.23")

    night.type("{")
    night.wait_for("Sun 02:20:20Z")
    earlier = night.text()
    night.type("}")
    night.wait_for("Sun 02:22:00Z")
    assert night.text() != earlier

    night.type("q")
    night.wait_for("Quit?")
    night.press("y", lambda text: night.status is not None)
    assert night.status == 0
    typed = state.parent / "typed.json"  # for the prompt of the next session
    assert "ip:203.0.113.0/24 -outcome:ok" in typed.read_text()


def test_what_was_decided_survives_a_kill(terminal: Callable[..., Any], state: Path) -> None:
    first = opened(terminal)
    first.type(";")
    first.type("seen before the crash\r")
    first.wait(lambda text: "1✎" in text or "✎" in text, "the mark of a note")
    first.kill(signal.SIGKILL)

    second = terminal(*DEMO)
    second.wait_for("1✎")
    second.type("\r")
    second.wait_for("Notes 1")
    second.type("5")
    second.wait_for("seen before the crash")
    assert oct(state.stat().st_mode & 0o777) == "0o700"
    assert {p.stat().st_mode & 0o777 for p in state.glob("*.db")} == {0o600}


def test_hasty_hands_confirm_nothing_and_ctrl_c_asks(
    terminal: Callable[..., Any], state: Path
) -> None:
    """Keys typed ahead, a paste, a byte that is no text; all in one night."""
    shown = opened(terminal)
    shown.type("jB\ry")
    shown.wait(lambda text: "[y] yes" in text or "Enter block" in text)
    shown.type("\x1b\x1b")
    shown.wait_for(f"{SCANNER}: why")
    assert rows(state / "journal.db", "SELECT * FROM entries") == []

    shown.press("B", lambda text: "Enter block" in text)
    shown.press("\r", lambda text: "[y] yes" in text)
    shown.type("\x1b[200~abc\x1b[31my\x1b[201~")
    shown.press("n", lambda text: "[y] yes" not in text)
    assert "in force" not in shown.text()
    assert rows(state / "journal.db", "SELECT * FROM entries") == []
    shown.type("\x1b")
    shown.wait_for(f"{SCANNER}: why")

    shown.send(b"\xe9k")
    shown.wait_for("198.51.100.23: why")

    shown.type("\x03")
    shown.wait_for("Quit?")
    shown.press("n", lambda text: "Quit?" not in text)
    shown.type("\x03")
    shown.wait_for("Quit?")
    shown.press("y", lambda text: shown.status is not None)
    assert shown.status == 0


def test_copies_notes_and_ctrl_z_go_through_the_terminal(
    terminal: Callable[..., Any], state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "now in the editor"\nread -r line\n'
                      'printf "%s\\nin lines" "$line" > "$1"\n')  # fmt: skip
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    shown = opened(terminal)
    shown.type("y")
    shown.wait_for("copy of 198.51.100.23")
    shown.type("y")
    shown.wait_for("name copied, 13 characters, by OSC 52")
    assert b"\x1b]52;c;" + base64.b64encode(b"198.51.100.23") + b"\x07" in shown.written
    shown.type("C")
    shown.wait_for("now in the editor")
    before = len(shown.written)
    shown.type("she is on leave\n")
    shown.wait_for("noted on 198.51.100.23")
    assert b"\x1b[?1049h" in shown.written[before:]  # our screen again, as a whole
    shown.wait_for("1✎")
    assert "she is on leave\nin lines" in [
        row[0] for row in rows(state / "casebook.db", "SELECT value FROM changes")
    ]
    shown.type("j")
    shown.wait_for("203.0.113.77: why")

    shown.type("\x1a")
    shown.wait_for_stop()
    assert b"\x1b[?1049l" in shown.written[before:]  # the shell has its own screen back
    shown.screen.reset()
    os.kill(shown.pid, signal.SIGCONT)
    shown.wait_for(f"{SCANNER}: why")
    shown.wait_for("Sun 02:22:00Z")
    shown.wait_for("? help")
    shown.type("k")
    shown.wait_for(TOP)
