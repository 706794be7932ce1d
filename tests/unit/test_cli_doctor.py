"""What doctor recognises without AWS: the machine, the terminal, who denies; and how it says so."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from triage_tui.aws import denials
from triage_tui.aws.reach import Endpoint, Reached, cure, reach, skew
from triage_tui.cli.diagnosis import section, verdict
from triage_tui.cli.machine import MachineCheck
from triage_tui.cli.terminal import Terminal, TerminalCheck
from triage_tui.config import Loaded, RecordingSettings, Settings
from triage_tui.health import Checked, CheckState


def terminal(
    environment: Mapping[str, str],
    *,
    size: tuple[int, int] = (80, 24),
    encoding: str = "utf-8",
    tmux: str = "",
) -> dict[str, Checked]:
    """What is said of a terminal, by ability."""
    made = Terminal({"TERM": "xterm-256color"} | dict(environment), *size, encoding, lambda _: tmux)
    return {row.what: row for row in asyncio.run(TerminalCheck(made).run())}


def test_a_good_terminal() -> None:
    rows = terminal({"COLORTERM": "truecolor", "TERM_PROGRAM": "iTerm.app"})
    assert {row.state for row in rows.values()} == {CheckState.OK}
    assert rows["colours"].found == "16 million"
    assert list(rows) == ["size", "colours", "characters", "clipboard"]


@pytest.mark.parametrize(
    ("environment", "what", "state", "words"),
    [
        ({"TERM": "dumb"}, "colours", "fails", "no screen"),
        ({"TERM": ""}, "colours", "fails", "not set"),
        ({"TERM": "vt100"}, "colours", "warning", "16 at most"),
        ({"NO_COLOR": "1"}, "colours", "ok", "NO_COLOR"),
        ({"TERM": "xterm-kitty"}, "colours", "ok", "256"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, "clipboard", "warning", "Terminal.app"),
        ({"TERM": "linux"}, "clipboard", "warning", "console"),
        ({"STY": "1.x"}, "clipboard", "ok", "screen passes it on"),
        ({"TERM": "xterm-kitty"}, "clipboard", "ok", "takes it"),
        ({}, "clipboard", "ok", "does not say"),
    ],
)
def test_what_a_terminal_lacks(
    environment: dict[str, str], what: str, state: str, words: str
) -> None:
    found = terminal(environment)[what]
    assert found.state == state
    assert words in found.found
    assert bool(found.fix) is (state != "ok")


def test_size_spelling_and_tmux() -> None:
    assert terminal({}, size=(79, 24))["size"].state is CheckState.WARNING
    assert terminal({}, size=(80, 23))["size"].state is CheckState.WARNING
    assert terminal({}, encoding="ANSI_X3.4-1968")["characters"].state is CheckState.WARNING
    inside = {"TMUX": "/tmp/t,1,0", "TERM": "tmux-256color"}
    assert terminal(inside, tmux="on")["clipboard"].state is CheckState.OK
    for setting in ("external", "off", ""):
        found = terminal(inside, tmux=setting)["clipboard"]
        assert found.state is CheckState.WARNING
        assert "set -s set-clipboard on" in found.fix


def test_no_terminal() -> None:
    [row] = asyncio.run(TerminalCheck(None).run())
    assert row.state is CheckState.SKIPPED


# -- the machine ---------------------------------------------------------------------------------


def machine(root: Path, keep_gb: float = 0.001) -> dict[str, Checked]:
    settings = Settings(recording=RecordingSettings(keep_gb=keep_gb))
    loaded = Loaded(settings, root / "config.toml", exists=False, said=frozenset())
    return {row.what: row for row in asyncio.run(MachineCheck(loaded, root).run())}


def test_a_state_folder_that_is_there_or_can_be_made(tmp_path: Path) -> None:
    there = tmp_path / "state"
    there.mkdir(mode=0o700)
    assert {row.state for row in machine(there).values()} == {CheckState.OK}
    assert not (there / "deeper").exists()
    rows = machine(there / "deeper" / "still")
    assert "will be made" in rows["folder"].found
    assert not (there / "deeper").exists()


def test_a_state_folder_that_others_may_read(tmp_path: Path) -> None:
    open_ = tmp_path / "state"
    open_.mkdir()
    open_.chmod(0o755)
    found = machine(open_)["folder"]
    assert (found.state, found.fix) == (CheckState.WARNING, f"chmod 700 {open_}")


def test_a_state_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    rows = machine(tmp_path / "file" / "state")
    assert rows["folder"].state is CheckState.FAILS
    assert "disk" not in rows
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # who is root may write anywhere
    assert "cannot be written" in machine(tmp_path)["folder"].found


def test_a_disk_that_holds_less_than_recordings_may_take(tmp_path: Path) -> None:
    assert machine(tmp_path, keep_gb=1e9)["disk"].state is CheckState.WARNING


# -- who denies ----------------------------------------------------------------------------------

ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:/a"
SAID = f"User: arn:aws:iam::1:user/x is not authorized to perform: logs:X on resource: {ARN} "


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("because no identity-based policy allows the logs:X action", f"allow logs:X on {ARN}"),
        ("with an explicit deny in a service control policy", "of the organisation"),
        ("because no permissions boundary allows the logs:X action", "permissions boundary"),
        ("because no VPC endpoint policy allows the logs:X action", "VPC endpoint"),
        ("because no session policy allows the logs:X action", "session"),
        ("with an explicit deny in an identity-based policy", "denies it outright"),
    ],
)
def test_the_fix_is_for_who_denies(why: str, words: str) -> None:
    assert words in denials.cure("logs:X", [ARN], SAID + why)
    assert denials.resource(SAID + why) == ARN


def test_a_fix_names_few_resources() -> None:
    assert "a, b and 3 more" in denials.cure("logs:X", [*"abcde"], "no")
    assert denials.resource("no") == ""


# -- what can be reached -------------------------------------------------------------------------


async def test_a_proxy_is_what_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    usual = Endpoint("logs", "https://logs.eu-west-1.amazonaws.com")
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
    async with server:
        found = await reach(usual)
    assert found.through == f"the proxy 127.0.0.1:{port}"
    assert "secret" not in found.through


def test_what_to_do_about_an_endpoint() -> None:
    away = Reached(
        Endpoint("stream-logs", "https://stream-logs.eu-west-1.amazonaws.com"), error="x"
    )
    assert "com.amazonaws.eu-west-1.stream-logs" in cure(away, "eu-west-1")


def test_the_date_of_an_answer() -> None:
    def answer(date: object) -> dict[str, object]:
        return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}

    assert skew(answer("Sun, 15 Mar 2026 02:00:00 GMT"), 1_773_540_090.0) == 90
    for date in ("yesterday", None, 5):
        assert skew(answer(date), 0.0) is None
    assert skew({}, 0.0) is None
    assert skew({"ResponseMetadata": 5}, 0.0) is None


# -- how it is said ------------------------------------------------------------------------------


def checked(state: CheckState, what: str, found: str, fix: str = "") -> Checked:
    return Checked(state, "logs", what, "eu-west-1", found, fix)


def test_a_section() -> None:
    rows = [
        checked(CheckState.OK, "a", "fine"),
        checked(CheckState.FAILS, "b" * 40, "x \x1b]0;evil\x07 " * 9, "do this"),
        checked(CheckState.SKIPPED, "c", "why"),
        checked(CheckState.SKIPPED, "d", "why"),
    ]
    text = section("prod \x1b[31m", rows, quiet=False)
    assert not {"\x1b", "\x07"} & set(text)
    lines = text.splitlines()
    assert lines[1].split() == ["ok", "a", "fine"]
    assert "b" * 40 in text
    assert "→ do this" in text
    assert "not tried     logs (2)" in text
    assert "fine" not in section("prod", rows, quiet=True)
    assert section("prod", rows[:1], quiet=True) == ""


def test_a_verdict() -> None:
    well = checked(CheckState.OK, "a", "fine")
    assert verdict([well]) == "everything that is configured works\n"
    bad = [checked(CheckState.FAILS, "a", ""), checked(CheckState.WARNING, "b", "")]
    assert verdict([well, *bad]) == "1 check failed (logs); 1 warning\n"
