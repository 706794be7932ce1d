"""Only cells that differ are painted again, and afterwards the terminal shows the whole line."""

import re
from collections.abc import AsyncIterator
from random import Random

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.drivers import headless_driver
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from widgets._textual import ThriftyApp
from widgets.canvas import NEAR, Canvas, differing

WIDTH, HEIGHT = 40, 4

PIECES = st.lists(
    st.tuples(
        st.sampled_from(["LIVE", "02:14:07Z", "02:14:08Z", " ", "日本", "e\u0301", "ok"]),
        st.sampled_from([Style.null(), Style(bold=True), Style(color="red")]),
    ),
    max_size=6,
)


def strip(pieces: list[tuple[str, Style]], width: int) -> Strip:
    return Strip(Segment(text, style) for text, style in pieces).adjust_cell_length(width)


def cells(line: Strip) -> list[tuple[str, Style | None]]:
    """What stands in each cell; of a wide character, nothing in its second."""
    found = []
    for segment in line:
        for char in segment.text:
            size = Segment(char).cell_length
            if size:
                found += [(char, segment.style), *[("", segment.style)] * (size - 1)]
            elif found:
                found[-1] = found[-1][0] + char, found[-1][1]
    return found


@given(PIECES, PIECES, st.integers(1, 40))
def test_what_does_not_differ_is_the_same(
    old: list[tuple[str, Style]], new: list[tuple[str, Style]], width: int
) -> None:
    before, after = strip(old, width), strip(new, width)
    first, second = cells(before), cells(after)
    shown, last = list(first), -NEAR
    for start, stop in differing(before, after):
        assert last + NEAR <= start < stop <= width
        shown[start:stop], last = second[start:stop], stop
    assert shown == second
    if first == second and before.text.isascii():
        assert differing(before, after) == []


def test_a_clock_that_ticks_is_painted_by_its_digits() -> None:
    before, after = (strip([("LIVE  02:14:0", Style()), (n, Style())], 40) for n in "78")
    assert differing(before, after) == [(13, 14)]


class Line(headless_driver.HeadlessDriver):
    """Keeps what a terminal would get."""

    sent = ""

    @property
    def is_headless(self) -> bool:
        return False  # Textual paints for no headless driver

    def write(self, data: str) -> None:
        self.sent += data


class Letters(Widget):
    """Lines that are painted through a canvas."""

    def __init__(self) -> None:
        super().__init__()
        self.canvas = Canvas(self)
        self.lines = [strip([("a" * WIDTH, Style())], WIDTH)] * HEIGHT

    def show(self, y: int, pieces: list[tuple[str, Style]]) -> None:
        self.lines[y] = strip(pieces, WIDTH)
        self.canvas.repaint(y, self.lines[y])

    def render_line(self, y: int) -> Strip:
        return self.canvas.painted(y, self.lines[y])


class LettersApp(ThriftyApp[None]):
    def compose(self) -> ComposeResult:
        yield Letters()


@pytest.fixture
async def pilot(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pilot[None]]:
    monkeypatch.setattr(headless_driver, "HeadlessDriver", Line)
    async with LettersApp().run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        yield pilot


def sent(pilot: Pilot[None]) -> str:
    """What went to the terminal since it was asked last."""
    line = pilot.app._driver
    assert isinstance(line, Line)
    found, line.sent = line.sent, ""
    return found


def looks(screen: pyte.Screen) -> list[list[tuple[str, str, str, bool, bool]]]:
    """What stands in each cell, and how."""
    rows = []
    for y in range(HEIGHT):
        row = (screen.buffer[y][x] for x in range(WIDTH))
        rows.append([(c.data, c.fg, c.bg, c.bold, c.reverse) for c in row])
    return rows


async def test_the_terminal_shows_what_was_painted_piece_by_piece(pilot: Pilot[None]) -> None:
    """Whatever came before, and in whichever styles: as if it had been painted as a whole."""
    letters, chance = pilot.app.query_one(Letters), Random(1)
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    styles = ["", "bold", "red", "bold red on blue", "on blue", "reverse", "#123456 on #654321"]
    for _ in range(30):
        for _ in range(chance.randrange(1, 4)):
            words = chance.choices(["LIVE", "02:14:07Z", "02:14:08Z", " ", "日本", "ok"], k=5)
            pieces = [(word, Style.parse(chance.choice(styles))) for word in words]
            letters.show(chance.randrange(HEIGHT), pieces)
        await pilot.pause()
        stream.feed(sent(pilot))
        whole = pyte.Screen(WIDTH, HEIGHT)
        full = pilot.app.screen._compositor.render_full_update()
        pyte.Stream(whole).feed(full.render_segments(pilot.app.console))
        assert screen.display == whole.display
        assert looks(screen) == looks(whole)


async def test_little_is_sent_for_little(pilot: Pilot[None]) -> None:
    letters = pilot.app.query_one(Letters)
    sent(pilot)
    letters.show(0, [("a" * WIDTH, Style())])
    await pilot.pause()
    assert sent(pilot) == ""
    letters.show(1, [("a" * 9 + "b" + "a" * (WIDTH - 10), Style())])
    await pilot.pause()
    told = sent(pilot)
    assert "\x1b[2;10H" in told
    assert re.sub("\x1b[^a-zA-Z]*[a-zA-Z]", "", told).strip() == "b"
