"""The keys of the registry, as tmux, screen, xterm and others send them."""

from collections.abc import Iterator, Mapping

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from triage_tui.ui.actions import ACTIONS
from triage_tui.ui.keyboard import KeyDecoder
from triage_tui.ui.keymap import canonical

ARROWS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D"}
PAGES = {"pageup": "\x1b[5~", "pagedown": "\x1b[6~"}
PLAIN = {
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "f1": "\x1bOP",
    "ctrl+c": "\x03", "ctrl+d": "\x04", "ctrl+l": "\x0c", "ctrl+p": "\x10", "ctrl+q": "\x11",
    "ctrl+u": "\x15", "ctrl+z": "\x1a",
}  # fmt: skip
"""What all of them send alike; Escape, which begins all others, is what comes alone."""
TERMINALS: Mapping[str, Mapping[str, str]] = {
    "xterm": PLAIN | ARROWS | PAGES | {"home": "\x1b[H", "end": "\x1b[F"},
    "xterm, application keys": PLAIN | PAGES | {
        "up": "\x1bOA", "down": "\x1bOB", "right": "\x1bOC", "left": "\x1bOD",
        "home": "\x1bOH", "end": "\x1bOF",
    },
    "tmux": PLAIN | ARROWS | PAGES | {"home": "\x1b[1~", "end": "\x1b[4~"},
    "screen": PLAIN | PAGES | {
        "up": "\x1bOA", "down": "\x1bOB", "right": "\x1bOC", "left": "\x1bOD",
        "home": "\x1b[1~", "end": "\x1b[4~",
    },
    "rxvt": PLAIN | ARROWS | PAGES | {"home": "\x1b[7~", "end": "\x1b[8~", "f1": "\x1b[11~"},
    "linux": PLAIN | ARROWS | PAGES | {"home": "\x1b[1~", "end": "\x1b[4~", "f1": "\x1b[[A"},
    "kitty": PLAIN | ARROWS | PAGES | {
        "home": "\x1b[H", "end": "\x1b[F", "ctrl+u": "\x1b[117;5u", "ctrl+d": "\x1b[100;5u",
        "enter": "\x1b[13u", "tab": "\x1b[9u", "shift+tab": "\x1b[9;2u",
    },
}  # fmt: skip


def pressed(*reads: bytes) -> list[str]:
    """The keys that come of what is read."""
    return list(_keys(reads))


def _keys(reads: tuple[bytes, ...]) -> Iterator[str]:
    decoder, parser = KeyDecoder(), XTermParser()
    for read in reads:
        for event in parser.feed(decoder.decode(read)):
            if isinstance(event, events.Key):
                yield event.key


def test_every_key_with_a_name_is_in_the_table() -> None:
    named = {canonical(key) for action in ACTIONS for key in action.keys if len(key) > 1}
    for sent in TERMINALS.values():
        assert named - {*sent} == {"escape"}


@pytest.mark.parametrize("terminal", TERMINALS)
def test_what_a_terminal_sends_is_the_key(terminal: str) -> None:
    sent = TERMINALS[terminal]
    assert {key: pressed(text.encode()) for key, text in sent.items()} == {
        key: [key] for key in sent
    }


@pytest.mark.parametrize("terminal", TERMINALS)
def test_it_may_come_byte_by_byte_over_a_slow_line(terminal: str) -> None:
    for key, text in TERMINALS[terminal].items():
        single = [bytes([byte]) for byte in text.encode()]
        assert pressed(*single, b"j") == [key, "j"], key


def test_characters_are_themselves() -> None:
    parser = XTermParser()
    for key in sorted({key for action in ACTIONS for key in action.keys if len(key) == 1}):
        [event] = list(parser.feed(key))
        assert isinstance(event, events.Key)
        assert event.character == key
