"""`replay` and `demo` on a screen: where keys come from, what is kept where, what is never done."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from triage_tui.choices import AddressSet, Chosen, Site
from triage_tui.cli import state
from triage_tui.cli.chosen import config_text, write_new
from triage_tui.cli.options import Start
from triage_tui.cli.screen import clock_for
from triage_tui.demo import incident_files, incident_folder
from triage_tui.model import SECOND

PROGRAM = [sys.executable, "-m", "triage_tui"]
INCIDENT = str(incident_folder())
TOP = "▌  100 198.51.100.23"
HEADER = b'{"triage-tui-recording": 1, "made": 1, "by": "triage-tui 0.1.0"}\n'


class Screen(Protocol):
    """What these tests need of the terminal."""

    written: bytearray
    pid: int
    status: int | None

    def type(self, keys: str) -> None: ...

    def text(self) -> str: ...

    def press(self, key: str, condition: Callable[[str], object]) -> str: ...

    def wait_for(self, words: str) -> str: ...

    def wait_until_gone(self, words: str) -> str: ...

    def wait_for_end(self) -> int: ...


Opens = Callable[..., Screen]


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *arguments], input=stdin, capture_output=True, timeout=120)


def shell(terminal: Opens, command: str) -> Screen:
    """A command line in a terminal of its own."""
    return terminal("-c", command, program="/bin/bash")


def leave(shown: Screen, code: int = 0) -> None:
    """Quits, and waits for the end."""
    shown.type("q")
    shown.wait_for("Quit?")
    shown.press("y", lambda _: shown.status is not None)
    assert shown.status == code


def annotate(shown: Screen, text: str) -> None:
    """Writes a note about the entity under the cursor."""
    shown.wait_for(TOP)
    shown.type(";")
    shown.wait_for("note")
    shown.type(f"{text}\r")
    shown.wait_for("✎")


# -- without a terminal --------------------------------------------------------------------------


def test_without_a_terminal_it_points_at_scan() -> None:
    for arguments in (["replay", INCIDENT], ["replay", "-"]):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"needs a terminal" in done.stderr
        assert b"triage-tui scan" in done.stderr


# -- where state lies ----------------------------------------------------------------------------


def test_the_same_logs_have_the_same_folder_wherever_they_lie(tmp_path: Path) -> None:
    files = [str(path) for path in incident_files()]
    renamed = tmp_path / "elsewhere"
    renamed.mkdir()
    for number, path in enumerate(reversed(files)):
        shutil.copy(path, renamed / f"{number}.gz")
    print_of = state.fingerprint([INCIDENT])
    assert print_of is not None
    assert print_of == state.fingerprint(files) == state.fingerprint(files[::-1])
    assert print_of == state.fingerprint([str(renamed)])
    assert print_of == state.fingerprint([INCIDENT, str(tmp_path / "no-such-file")])
    assert print_of != state.fingerprint(files[1:])
    assert state.folder_for([INCIDENT]) == state.root() / "replay" / print_of


@pytest.mark.parametrize("place", [0, 100_000, -1])
def test_a_change_at_either_end_is_another_recording(tmp_path: Path, place: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 200_000)
    before = state.fingerprint([str(path)])
    changed = bytearray(path.read_bytes())
    changed[place] = 0x79
    path.write_bytes(changed)
    assert (state.fingerprint([str(path)]) == before) is (place == 100_000)


def test_what_comes_through_a_pipe_has_a_folder_of_its_own(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for paths in (["-"], [str(tmp_path / "pipe")], [str(tmp_path / "gone")], ["-", INCIDENT]):
        assert state.folder_for(paths).name.startswith("stdin-")


def test_a_recording_of_our_own_keeps_its_state_beside_it(tmp_path: Path) -> None:
    recording = tmp_path / "night.jsonl"
    recording.write_bytes(HEADER)
    assert state.folder_for([str(recording)]) == tmp_path / "night.jsonl.triage"
    assert state.folder_for([str(recording), INCIDENT]).parent == state.root() / "replay"
    recording.write_bytes(b"{}\n" + HEADER)
    assert state.folder_for([str(recording)]).parent == state.root() / "replay"


# -- where a replay begins -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "playing", "cursor"),
    [
        (Start(None, None, False), False, None),
        (Start(None, 60.0, False), True, 100),
        (Start(None, None, True), False, 100),
        (Start(150, None, False), False, 150),
        (Start(150, 60.0, False), True, 150),
        (Start(150, 60.0, True), False, 150),
    ],
)
def test_where_a_replay_begins(start: Start, playing: bool, cursor: int | None) -> None:
    begun = start._replace(at=None if start.at is None else start.at * SECOND)
    clock = clock_for(begun)
    clock.extend(100 * SECOND, 200 * SECOND)
    assert clock.playing is playing
    at = clock.cursor()
    assert (None if at is None else at // SECOND) == cursor


# -- on the screen -------------------------------------------------------------------------------


GUARD = """
import sys
def watch(event, args):
    if event == "socket.__new__" and args[1] != 1:  # AF_UNIX: the event loop's own pair
        said(event, args)
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        said(event, args)
def said(event, args):
    with open({path!r}, "a") as file:
        file.write(f"{{event}} {{args}}\\n")
sys.addaudithook(watch)
with open({path!r}, "a") as file:
    file.write("watching\\n")
"""


def _set(site: Site, version: int) -> AddressSet:
    return AddressSet(site, "REGIONAL", f"blocked-v{version}", version)


def test_the_demo_opens_where_the_pager_goes_off(
    terminal: Opens, home: Path, tmp_path: Path
) -> None:
    """Stderr may go elsewhere."""
    shown = shell(terminal, f"{' '.join(PROGRAM)} demo --paused 2>{tmp_path / 'errors'}")
    text = shown.wait_for("02:14:07Z")
    assert "DEMO" in text
    assert "SIMULATED" in text
    leave(shown)
    assert (tmp_path / "errors").read_bytes() == b""
    folder = home / "xdg-state" / "triage-tui" / "demo"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"casebook.db": 0o600, "journal.db": 0o600, "triage-tui.log": 0o600}
    for parent in (folder, folder.parent):
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    assert (folder / "triage-tui.log").read_text() == ""


def test_what_was_decided_is_found_again_and_stands_in_the_report(
    terminal: Opens, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no socket is opened for it, though there is a config of live sources."""
    seen = tmp_path / "seen"
    (tmp_path / "sitecustomize.py").write_text(GUARD.format(path=str(seen)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_PROFILE", "production")
    here = Site("production", "eu-west-1")
    chosen = Chosen(("production",), ("eu-west-1",), ("/a/*",), sets=(_set(here, 4), _set(here, 6)))
    write_new(home / "xdg-config" / "triage-tui" / "config.toml", config_text(chosen))
    shown = terminal("replay", INCIDENT)
    annotate(shown, "deletes the orders")
    shown.type("w")
    shown.wait_for("Markdown and JSON, for the ticket")
    shown.type("r")
    shown.wait_for("report written to")
    shown.press("B", lambda text: "Enter block" in text)
    shown.press("\r", lambda text: "[y] yes" in text)
    shown.press("y", lambda text: "in force" in text)
    shown.type("\r")
    shown.wait_for("■")
    leave(shown)
    (written,) = tmp_path.glob("triage-report-*.md")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert "> deletes the orders" in written.read_text()

    copy = tmp_path / "copy"
    shutil.copytree(INCIDENT, copy)
    again = terminal("replay", str(copy))
    again.wait_for("✎")
    again.wait_for("■")
    leave(again)

    report: dict[str, Any] = json.loads(run("report", "--json", str(copy)).stdout)
    assert [note["text"] for note in report["notes"]] == ["deletes the orders"]
    assert [decision["what"] for decision in report["decisions"]] == ["note", "block"]
    (block,) = report["blocks"]
    assert block["cidr"] == "198.51.100.23/32"
    assert block["simulated"]
    assert block["state"] == "in force"
    assert [moment["kind"] for moment in report["timeline"]].count("block") == 1
    assert report["journal"]["entries"] >= 3
    assert report["journal"]["broken"] is None
    assert len(list((home / "xdg-state" / "triage-tui" / "replay").iterdir())) == 1
    assert set(seen.read_text().splitlines()) == {"watching"}


def test_a_report_creates_nothing(home: Path) -> None:
    assert run("report", str(incident_folder() / "cloudtrail-management")).returncode == 0
    left = [path for path in home.rglob("*") if path.is_file()]
    assert {path.suffix for path in left} <= {".rules"}  # our own pack, compiled


def test_events_from_stdin_keys_from_the_terminal(terminal: Opens) -> None:
    log = incident_folder() / "waf.jsonl.gz"
    shown = shell(terminal, f"cat {log} | {' '.join(PROGRAM)} replay -")
    shown.wait_for("203.0.113.77")
    shown.type("?")
    shown.wait_for("─ Keys ─")
    shown.type("\x1b")
    shown.wait_until_gone("─ Keys ─")
    leave(shown)


def test_what_could_not_be_read_is_said_after_the_screen(terminal: Opens) -> None:
    shown = terminal("replay", "no-such-file.json", INCIDENT)
    shown.wait_for("198.51.100.23")
    leave(shown, code=2)
    assert "no-such-file.json: cannot read it" in shown.text()


# Between these sizes lies 80x24, which all others have.
@pytest.mark.parametrize(
    ("number", "columns", "lines"), [(signal.SIGTERM, 60, 20), (signal.SIGHUP, 200, 50)]
)
def test_it_fits_and_a_signal_gives_the_terminal_back(
    terminal: Opens, number: signal.Signals, columns: int, lines: int
) -> None:
    shown = terminal(
        "demo", "--paused", "--at", "2026-03-15T02:22:00Z", columns=columns, lines=lines
    )
    shown.wait_for("? help")
    text = shown.wait_for("198.51.100.23: why 100")
    assert "SIMULATED" in text
    assert all(len(line) <= columns for line in text.splitlines())
    os.kill(shown.pid, number)
    # Who hangs up takes the terminal away: the shell's own word for that is 128 and the signal.
    assert shown.wait_for_end() == (129 if number is signal.SIGHUP else 0)
    assert b"\x1b[?1049l" in shown.written


def test_a_state_folder_that_cannot_be(terminal: Opens, home: Path) -> None:
    (home / "xdg-state").write_text("a file where a folder is expected")
    shown = terminal("demo")
    assert shown.wait_for_end() == 2
    assert "cannot keep the state in" in shown.text()
