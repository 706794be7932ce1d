"""The log: what comes into it from outside cannot steer the terminal of who reads it."""

import asyncio
import logging
import stat
import sys
import warnings
from pathlib import Path

import pytest
from textual.app import App

from triage_tui.cli import logfile
from widgets.text import is_safe

NASTY = "\x1b]0;owned\x07[/red]\x9b31m\u202egnp\u200b日本\ud800"


class Broken(App[None]):
    """A screen that ends by a mistake, which names what came from outside."""

    def on_mount(self) -> None:
        raise RuntimeError(f"cannot show {NASTY}")


def lines(folder: Path) -> list[str]:
    return (folder / logfile.NAME).read_text("utf-8").splitlines()


def test_a_crash_of_the_screen_is_told_clean(tmp_path: Path) -> None:
    with logfile.opened(tmp_path):
        asyncio.run(Broken().run_async(headless=True))
    told = lines(tmp_path)
    assert any("RuntimeError: cannot show" in line for line in told)
    assert any("owned" in line for line in told)
    assert [line for line in told if not is_safe(line)] == []


def test_all_that_is_logged_or_printed_is_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logfile.opened(tmp_path) as handle:
        logging.getLogger("x").error("line\n%s", NASTY)
        sys.stderr.write(f"{NASTY}\n")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(NASTY, stacklevel=1)
        assert sys.stderr.fileno() == handle
    sys.stderr.write("after\n")
    assert capsys.readouterr().err == "after\n"
    assert len([line for line in lines(tmp_path) if "owned" in line]) >= 3
    assert all(map(is_safe, lines(tmp_path)))
    assert stat.S_IMODE((tmp_path / logfile.NAME).stat().st_mode) == 0o600
