"""`triage-tui live` as it is installed, against a fake AWS in a process of its own."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(Path(sys.executable).with_name("triage-tui"))
HEAD = b'{"triage-tui-recording"'
"""How lines begin that hold no record."""
LIVE = ("live", "--region", "eu-west-1", "--log-group", "/shop/*")


def ended(process: subprocess.Popen[str]) -> dict[str, int]:
    """What the server says that it has served."""
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    told: dict[str, int] = json.loads(process.stdout.readline())
    return told


def recordings(home: Path) -> list[Path]:
    return sorted((home / "xdg-state" / "triage-tui" / "recordings").glob("2*Z"))


def record(
    home: Path,
    events: int,
    *arguments: str,
    end: signal.Signals = signal.SIGINT,
    findings: int = 0,
    command: Sequence[str] = LIVE,
) -> tuple[str, str]:
    """Runs headless until so many records are on disk, so many `findings` among them, then ends it
    (by ctrl+c): its stdout and stderr."""
    process = subprocess.Popen(
        [PROGRAM, *command, "--headless", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    while "recording to" not in said:
        line = process.stderr.readline()
        assert line, f"it has ended: {said}"
        said += line
    folder = Path(said.split(" to ", 1)[1].strip())
    try:
        while process.poll() is None and not (
            _lines(folder) >= events and _lines(folder, b'{"source":"guardduty') >= findings
        ):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(end)
        out, err = process.communicate(timeout=150)
    finally:
        process.kill()
        process.communicate()
    # Where it ends while it reads again what was sampled, it says so.
    assert process.returncode == (2 if "could not be read again" in err else 0), err
    assert folder in recordings(home)
    return out, said + err


def _lines(folder: Path, begun: bytes = b"") -> int:
    """How many records, beginning so, are there."""
    return sum(
        line.startswith(begun) and line.endswith(b"\n") and not line.startswith(HEAD)
        for path in folder.glob("*.jsonl")
        for line in path.read_bytes().splitlines(keepends=True)
    )


def scanned(*paths: str | Path) -> str:
    done = subprocess.run(
        [PROGRAM, "scan", "--json", *map(str, paths)], capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_headless_prints_what_scan_prints_of_its_recording(
    server: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    aws = server(
        "--count", "1500", "--rate", "1500", "--early", "500", "--tick", "0.1", "--update", "60"
    )
    out, _ = record(home, 1533, "--json")
    served = ended(aws)
    [night] = recordings(home)
    assert out == scanned(night)
    found = json.loads(out)
    assert found["events"] == served["events"] + 3 == 1533
    assert found["files"][0]["formats"] == {"cloudtrail": 1500, "text": 30, "guardduty": 3}
    assert night.stat().st_mode & 0o777 == 0o700
    assert served["sampled"] > 0


def test_whatever_comes_headless_prints_what_scan_prints_of_its_recording(
    server: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    """Findings that are updated, packed envelopes, twins, what is no record; and the program is
    terminated in the midst of it."""
    aws = server(
        "--count", "100000", "--rate", "60", "--tick", "0.1", "--update", "3", "--odd", "--odd"
    )
    guardduty = home / "config.toml"
    guardduty.write_text("[guardduty]\npoll_seconds = 5.0\n")
    with_odd = ("--json", "--top", "0", "--config", str(guardduty))
    out, _ = record(home, 1500, *with_odd, end=signal.SIGTERM, findings=4)
    served = ended(aws)
    [night] = recordings(home)
    found = json.loads(out)
    assert out == scanned("--top", "0", night)
    assert found["unparsed"] > 30
    assert found["files"][0]["formats"]["guardduty"] > 3
    assert found["events"] > 1000
    assert served["sampled"] > 0


def test_a_night_is_resumed_and_what_was_missed_is_read(
    server: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    aws = server("--count", "900", "--rate", "300", "--tick", "0.1", "--halt", "400")
    record(home, 150, "--json")
    aws.send_signal(signal.SIGUSR2)
    out, said = record(home, 921, "--resume", "--json", command=["live"])  # as it was begun
    [night] = recordings(home)
    assert str(night) in said
    assert "as this night was begun: --region eu-west-1 --log-group '/shop/*'" in said
    assert [path.name for path in sorted(night.iterdir())] == ["0001.jsonl", "0002.jsonl"]
    found = json.loads(out)
    assert found["events"] == 900 + 18 + 3
    assert found["duplicates"] == 0
    assert json.loads(scanned(night)) == found


def test_a_night_on_the_screen(
    server: Callable[..., subprocess.Popen[str]], terminal: Callable[..., Any], home: Path
) -> None:
    server("--count", "20000", "--rate", "60", "--tick", "0.1")
    shown = terminal(*LIVE)
    shown.wait_for("sources ok")
    shown.wait_for("198.51.0.1")
    shown.press(" ", lambda text: "paused +" in text, "a screen that stands still")
    shown.wait(lambda text: "paused +0 new" not in text, "events that come meanwhile")
    shown.press(" ", lambda text: "paused" not in text, "the way back to now")
    shown.press("i", lambda text: "Sources" in text)
    shown.wait_for("live: Live Tail")
    shown.press("q", lambda text: "Live Tail" not in text)
    shown.press("q", lambda text: "Quit?" in text)
    shown.press("y", lambda _: shown.status is not None)
    assert shown.status == 0
    [night] = recordings(home)
    events = json.loads(scanned(night))["events"]
    assert events > 0
    told = f"{events:,} records are in {night}: triage-tui live --resume goes on with it"
    assert "".join(told.split()) in "".join(shown.text().split())


def test_a_terminal_that_dies_leaves_a_clean_recording(
    server: Callable[..., subprocess.Popen[str]], terminal: Callable[..., Any], home: Path
) -> None:
    server("--count", "20000", "--rate", "200", "--tick", "0.1")
    shown = terminal(*LIVE)
    shown.wait_for("198.51.0.1")
    assert shown.hang_up() == 128 + signal.SIGHUP
    [night] = recordings(home)
    [segment] = night.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") and json.loads(line) for line in lines)
    found = json.loads(scanned(night))
    heads = sum(line.startswith(HEAD) for line in lines)
    assert (found["events"], found["unparsed"]) == (len(lines) - heads, 0)
    log = (home / "xdg-state" / "triage-tui" / "live" / "triage-tui.log").read_text()
    assert (
        f"the terminal went away; what was decided is kept, what came is recorded in {night}" in log
    )
    assert "cannot keep" not in log
    assert "Traceback" not in log


def test_who_is_denied_sees_it_and_is_told_what(
    terminal: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    shown = terminal(*LIVE)
    shown.wait_for("broken, tried again")
    shown.press("i", lambda text: "Could not connect" in text)
    shown.type("q")
    shown.press("q", lambda text: "Quit?" in text)
    shown.press("y", lambda _: shown.status is not None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--headless", "--no-record"), "cannot go with --no-record"),
        (("--json",), "are for --headless"),
        ((), "needs a terminal"),
        (("--headless", "--since", "yesterday"), "no span of time"),
        (("--headless", "--since", "15d"), "not between 1s and 14d"),
        (("--headless", "--profile", "nobody"), "nobody"),
        (("--headless",), "names no region"),
        (("--headless", "--region", "eu-west-1", "--resume"), "no night"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[str, ...], said: str) -> None:
    done = program.run("live", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
