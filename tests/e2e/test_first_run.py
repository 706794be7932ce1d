"""From an empty home to a live overview, by keys alone: the installed program in a
pseudo-terminal."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from triage_tui.config import load

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = str(Path(sys.executable).with_name("triage-tui"))


@pytest.fixture
def config(home: Path) -> Path:
    """Where the config will be."""
    return home / "xdg-config" / "triage-tui" / "config.toml"


def choose(shown: Any) -> None:
    """Chooses something in every step, up to the last one."""
    shown.wait_for("[x] environment")
    shown.press("\r", lambda text: "In which regions" in text)
    shown.wait_for("af-south-1")
    shown.type("/eu-west-1\r")
    shown.wait_until_gone("af-south-1")
    shown.press("\r", lambda text: "[Log groups]" in text)
    shown.wait_for("/shop/c")
    shown.type("*")
    shown.wait_for("1 glob")
    shown.press("\r", lambda text: "[GuardDuty]" in text)
    shown.wait_for("enabled")
    shown.press("\r", lambda text: "[IP sets]" in text)
    shown.wait_for("shop-blocked-v6")
    shown.wait_until_gone("looking …")
    shown.type("a")
    shown.wait_until_gone(" 0 of")
    shown.press("\r", lambda text: "[[blocklist]]" in text)


def test_from_an_empty_home_to_a_live_overview(
    server: Callable[..., Any], terminal: Callable[..., Any], config: Path
) -> None:
    server("--count", "20000", "--rate", "60", "--tick", "0.1")
    shown = terminal()
    choose(shown)
    assert not config.exists()
    shown.press("\r", lambda text: "LIVE" in text)
    shown.wait_for("198.51.0.1")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    settings = load(config).settings
    assert settings.aws.regions == ("eu-west-1",)
    assert settings.logs.groups == ("/shop/*",)
    assert settings.guardduty.enabled
    assert [each.ipv4 for each in settings.blocklist][:1] == ["shop-blocked-v4"]
    shown.press("q", lambda text: "Quit?" in text)
    shown.press("y", lambda _: shown.status is not None)
    assert shown.status == 0

    examined = subprocess.run(
        [PROGRAM, "doctor", "--json"], capture_output=True, text=True, timeout=120
    )
    told = json.loads(examined.stdout)
    failed = [each for each in told["checks"] if each["state"] == "fails"]
    assert (examined.returncode, failed) == (0, [])

    again = terminal()
    again.wait_for("198.51.0.1")
    again.press("q", lambda text: "Quit?" in text)
    again.press("y", lambda _: again.status is not None)


def test_config_init_asks_and_ends(
    server: Callable[..., Any], terminal: Callable[..., Any], config: Path
) -> None:
    server("--count", "30", "--rate", "300")
    shown = terminal("config", "init")
    choose(shown)
    shown.press("\r", lambda _: shown.status is not None)
    assert shown.status == 0
    assert "wrote" in shown.text()
    assert load(config).settings.logs.groups == ("/shop/*",)
    refused = terminal("config", "init")
    assert refused.wait_for_end() == 2
    assert "is there already" in refused.text()


def test_who_leaves_writes_nothing(terminal: Callable[..., Any], config: Path) -> None:
    shown = terminal()
    shown.wait_for("environment")
    shown.press("q", lambda _: shown.status is not None)
    assert shown.status == 0
    assert "nothing was written" in shown.text()
    assert not config.exists()


def test_where_nobody_answers_it_is_said(
    terminal: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    shown = terminal("--region", "eu-west-1")
    shown.wait_for("[x] environment")
    shown.press("\r", lambda text: "[x] eu-west-1" in text)
    shown.press("\r", lambda text: "could not be found out" in text)
    assert "there are no credentials" in shown.text()
    assert "Traceback" not in shown.text()


def test_without_a_screen_nothing_is_asked(config: Path) -> None:
    command = [PROGRAM, "--headless", "--region", "eu-west-1", "--until", "2020-01-01T00:00:00Z"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert "recording to" in done.stderr
    assert "Traceback" not in done.stderr
    assert not config.exists()


def test_options_without_a_command_are_those_of_live(terminal: Callable[..., Any]) -> None:
    shown = terminal("--log-group", "/a", "--since", "yesterday")
    assert shown.wait_for_end() == 2
    assert "no span of time" in shown.text()
