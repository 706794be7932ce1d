"""Copies and calls reach the terminal through whatever stands in between."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.ui.clipboard import LONGEST, Way, fits, sequence, way
from triage_tui.ui.notice import notice
from triage_tui.ui.settings import Clipboard
from widgets.text import is_safe


def options(**values: str) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in values.items()}


@pytest.mark.parametrize(
    ("asked", "environment", "tmux", "found"),
    [
        ("auto", {"TERM": "xterm-256color"}, {}, Way.OSC52),
        ("auto", {"TERM": "linux"}, {}, Way.FILE),
        ("auto", {"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, {}, Way.FILE),
        ("auto", {"TMUX": "/tmp/x", "TERM": "screen"}, options(set_clipboard="on"), Way.BY_TMUX),
        ("auto", {"TMUX": "/tmp/x"}, options(allow_passthrough="on"), Way.TMUX),
        ("auto", {"TMUX": "/tmp/x"}, options(allow_passthrough="all"), Way.TMUX),
        ("auto", {"TMUX": "/tmp/x"}, options(set_clipboard="external"), Way.FILE),
        ("auto", {"STY": "4711.x"}, {}, Way.SCREEN),
        ("auto", {"TERM": "screen-256color"}, {}, Way.SCREEN),
        ("file", {"TERM": "xterm"}, {}, Way.FILE),
        ("osc52", {"TMUX": "/tmp/x"}, {}, Way.OSC52),
        ("screen", {}, {}, Way.SCREEN),
        ("tmux", {}, {}, Way.TMUX),
    ],
)
def test_the_way_is_found_out(
    asked: Clipboard, environment: dict[str, str], tmux: dict[str, str], found: Way
) -> None:
    assert way(asked, environment, lambda option: tmux.get(option, "")) is found


def unwrapped(sent: str, chosen: Way) -> str:
    """What the terminal gets, as tmux and screen hand it on."""
    if chosen is Way.TMUX:
        inner = re.fullmatch(r"\x1bPtmux;(.*)\x1b\\", sent, re.S)
        assert inner is not None
        assert "\x1b" not in inner[1].replace("\x1b\x1b", "")
        return inner[1].replace("\x1b\x1b", "\x1b")
    if chosen is Way.SCREEN:
        pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent, re.S)
        assert sum(len(piece) + 4 for piece in pieces) == len(sent)
        assert all(len(piece) < 512 for piece in pieces)
        return "".join(pieces)
    return sent


@given(st.text(max_size=3000), st.sampled_from([Way.OSC52, Way.BY_TMUX, Way.TMUX, Way.SCREEN]))
def test_the_terminal_gets_the_text(text: str, chosen: Way) -> None:
    got = re.fullmatch(
        r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", unwrapped(sequence(text, chosen), chosen)
    )
    assert got is not None
    assert base64.b64decode(got[1]).decode() == text.encode("utf-8", "replace").decode()


def test_what_is_too_long_for_terminals_is_known() -> None:
    assert fits("x" * LONGEST)
    assert not fits("é" * LONGEST)


@pytest.mark.parametrize(
    ("asked", "environment", "begins"),
    [
        ("auto", {"TERM": "xterm-256color"}, "\x1b]9;triage-tui: "),
        ("auto", {"TERM": "rxvt-unicode"}, "\x1b]777;notify;triage-tui;"),
        ("osc777", {"TERM": "xterm"}, "\x1b]777;notify;"),
        ("auto", {"TERM": "xterm", "TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;"),
        ("auto", {"TERM": "screen", "STY": "x"}, "\x1bP\x1b]9;"),
    ],
)
def test_notifications(asked: str, environment: dict[str, str], begins: str) -> None:
    hostile = "\x1b]0;t\x07 a;b \u202e" + "x" * 500
    sent = notice("triage-tui", hostile, asked, environment)  # type: ignore[arg-type] # one of them
    assert sent.startswith(begins)
    body = sent.removeprefix(begins).rstrip("\x07\x1b\\")
    assert is_safe(body)
    assert len(body) < 200
    assert ";" not in body.removeprefix("triage-tui;")


@pytest.mark.parametrize(
    ("asked", "term"), [("off", "xterm"), ("auto", "linux"), ("auto", "dumb"), ("auto", "")]
)
def test_none_is_shown_where_none_is_wanted(asked: str, term: str) -> None:
    assert notice("a", "b", asked, {"TERM": term}) == ""  # type: ignore[arg-type] # one of them
