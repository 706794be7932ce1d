"""The program as such: help, version, exit codes, closed pipes, ctrl+c, colour."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

import triage_tui
from tests import program

PROGRAM = [sys.executable, "-m", "triage_tui"]
COMMANDS = ["live", "replay", "demo", "scan", "events", "report", "config"]
INCIDENT = Path(triage_tui.__file__).parent / "demo" / "incident"
FEW = (str(INCIDENT / "cloudtrail-management"), str(INCIDENT / "guardduty.jsonl.gz"))
"""Some hundred of its events, somebody critical among them."""


class Screen(Protocol):
    """What these tests need of the terminal."""

    written: bytearray

    def wait_for_end(self) -> int: ...


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], input=stdin, capture_output=True, text=True, timeout=120
    )


def test_alone_it_says_what_it_can_do() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "triage-tui demo" in done.stdout
    assert "triage-tui replay PATH" in done.stdout


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"triage-tui {triage_tui.__version__}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = program.run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert f"triage-tui {command}" in done.stdout
    assert done.stdout.endswith("\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["scan"],
        ["scan", "--no-such-option", "x"],
        ["scan", "--by", "colour", "x"],
        ["scan", "--top", "-1", "x"],
        ["scan", "--fail-on", "dreadful", "x"],
        ["events", "-", "-"],
        ["replay", "--speed", "0", "x"],
        ["replay", "--speed", "nan", "x"],
        ["replay", "--at", "yesterday", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two_and_one_line(arguments: list[str]) -> None:
    done = program.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("triage-tui: ")


def test_a_hostile_argument_is_shown_clean() -> None:
    done = run("scan", "--\x1b]52;c;aGk=\x07", "x")
    assert done.returncode == 2
    assert "52;c" in done.stderr
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr


@pytest.mark.parametrize("command", ["scan", "events", "report", "demo"])
def test_a_wrong_filter_is_pointed_at(command: str) -> None:
    paths = [] if command == "demo" else FEW
    done = program.run(command, *paths, "--filter", "outcome:ok ipp:203.0.113.77")
    assert (done.returncode, done.stdout) == (2, "")
    said, shown, caret = done.stderr.splitlines()
    assert "did you mean `ip`?" in said
    assert shown[caret.index("^") :] == "ipp:203.0.113.77"


def test_a_filter_with_a_tab_and_wide_characters_is_pointed_at() -> None:
    done = program.run("scan", *FEW, "--filter", "路径\tipp:x")
    _, shown, caret = done.stderr.splitlines()
    assert shown.startswith("triage-tui:   路径    ipp")
    # Each of the two takes two cells, and one character.
    assert caret.index("^") == shown.index("ipp") + 2


@pytest.mark.parametrize("command", ["events", "scan"])
def test_a_closed_pipe_is_no_reason_to_complain(command: str) -> None:
    process = subprocess.Popen(
        [*PROGRAM, command, "--top", "0", str(INCIDENT)]
        if command == "scan"
        else [*PROGRAM, command, str(INCIDENT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(50) == 0


@pytest.mark.parametrize("command", ["events", "scan", "report"])
def test_a_full_disk_is_said_in_one_line(command: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, command, *FEW],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "No space left on device" in line


def test_a_terminal_of_few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run("scan", "--by", "principal", *FEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ops-admin ? maintenance" in done.stdout


@pytest.mark.parametrize("command", ["events", "scan", "report"])
def test_ctrl_c_is_quiet(command: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*PROGRAM, command, str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    # The pipe opens once the program does: from then on it waits for what never comes.
    with open(pipe, "wb", buffering=0) as writer:
        writer.write(b"{}\n")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert said == b""
    assert process.returncode == 130


def test_colour_goes_to_terminals_only(terminal: Callable[..., Screen]) -> None:
    shown = terminal("scan", *FEW, columns=100)
    assert shown.wait_for_end() == 0
    assert b"\x1b[31m" in shown.written
    assert "\x1b" not in program.run("scan", *FEW).stdout


def test_no_color_is_obeyed(
    terminal: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = terminal("scan", *FEW, columns=100)
    assert shown.wait_for_end() == 0
    # A bar that shows on a slow machine moves the cursor and has no colours either.
    codes = b";".join(re.findall(rb"\x1b\[([0-9;]*)m", bytes(shown.written))).split(b";")
    assert not {code for code in codes if code not in {b"", b"0", b"1", b"2"}}


def test_a_table_keeps_within_the_window(terminal: Callable[..., Screen]) -> None:
    shown = terminal("scan", *FEW, columns=80)
    assert shown.wait_for_end() == 0
    plain = re.sub(rb"\x1b\[[0-9;]*m", b"", bytes(shown.written)).decode()
    assert max(map(len, plain.splitlines())) <= 80


def test_a_foreign_widgets_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "widgets.py").write_text("raise SystemExit('shadowed')\n")
    done = subprocess.run(
        [*PROGRAM, "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path / "widgets.py") in done.stderr
