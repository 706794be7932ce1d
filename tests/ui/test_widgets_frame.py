"""Only cells that differ are sent, and a terminal that gets them shows the screen."""

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.frame import ERASE, Frame
from widgets.text import cell_len, fit

WIDTH, HEIGHT = 20, 3
STYLES = [
    Style(),
    Style(color="red"),
    Style(bgcolor="#102030", bold=True),
    Style(color="default", bgcolor="default"),
    Style(reverse=True),
]
TEXTS = st.text(st.sampled_from("ab  日本é·▌"), max_size=9)
LINES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), max_size=4)
SCREENS = st.lists(st.lists(LINES, min_size=HEIGHT, max_size=HEIGHT), min_size=1, max_size=5)


def strip(line: list[tuple[str, Style]]) -> Strip:
    segments = [Segment(text, style) for text, style in line if text]
    found = Strip(segments).crop_extend(0, WIDTH, Style())
    text = fit("".join(segment.text for segment in found), WIDTH)
    return found if found.cell_length == cell_len(text) == WIDTH else Strip([Segment(text)])


@given(SCREENS)
def test_the_terminal_shows_what_was_painted_last(
    screens: list[list[list[tuple[str, Style]]]],
) -> None:
    terminal = pyte.Screen(WIDTH, HEIGHT)
    stream, frame = pyte.Stream(terminal), Frame()
    for lines in screens:
        strips = [strip(line) for line in lines]
        pieces = [(0, y, each) for y, each in enumerate(strips)]
        stream.feed(frame.sent(pieces, ColorSystem.TRUECOLOR, WIDTH))
        fresh = pyte.Screen(WIDTH, HEIGHT)
        pyte.Stream(fresh).feed(Frame().sent(pieces, ColorSystem.TRUECOLOR, WIDTH))
        assert terminal.display == fresh.display
        assert [line.rstrip() for line in terminal.display] == [
            each.text.rstrip() for each in strips
        ]
        for y in range(HEIGHT):
            for x in range(WIDTH):
                one, other = terminal.buffer[y][x], fresh.buffer[y][x]
                assert (one.bg, one.reverse, one.bold) == (other.bg, other.reverse, other.bold)
        assert frame.sent(pieces, ColorSystem.TRUECOLOR, WIDTH) == ""


def test_what_was_forgotten_is_sent_again() -> None:
    frame, piece = Frame(), [(0, 0, Strip([Segment("abc")]))]
    first = frame.sent(piece, ColorSystem.TRUECOLOR, 3)
    assert "abc" in first
    assert frame.sent(piece, ColorSystem.TRUECOLOR, 3) == ""
    frame.forget()
    assert frame.sent(piece, ColorSystem.TRUECOLOR, 3) == first


def test_a_line_that_ends_is_erased_on_the_terminals_own_ground() -> None:
    frame = Frame()
    frame.sent([(0, 0, Strip([Segment("x" * 20)]))], ColorSystem.TRUECOLOR, 20)
    plain = Strip([Segment("ab" + " " * 18)])
    assert frame.sent([(0, 0, plain)], ColorSystem.TRUECOLOR, 20) == f"\x1b[1;1Hab{ERASE}"
    dark = Strip([Segment(" " * 20, Style(bgcolor="blue"))])
    assert ERASE not in frame.sent([(0, 0, dark)], ColorSystem.TRUECOLOR, 20)
