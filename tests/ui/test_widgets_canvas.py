"""Only cells that differ are painted again, and afterwards the terminal shows the whole line."""

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from widgets.canvas import NEAR, Canvas, differing

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


class Letters(Widget):
    """A line that is painted through a canvas; knows what Textual got."""

    def __init__(self) -> None:
        super().__init__()
        self.canvas = Canvas(self)
        self.line = strip([("a" * 30, Style())], 30)
        self.got: list[Strip] = []

    def show(self, text: str) -> None:
        self.line = strip([(text, Style())], 30)
        self.canvas.repaint(0, self.line)

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(30)
        self.got.append(self.canvas.painted(y, self.line))
        return self.got[-1]


class LettersApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Letters()


async def test_segments_begin_and_end_where_something_differs() -> None:
    app = LettersApp()
    async with app.run_test(size=(30, 3)) as pilot:
        letters = app.query_one(Letters)
        await pilot.pause()
        letters.got.clear()
        letters.show("a" * 30)
        await pilot.pause()
        assert letters.got == []
        letters.show("a" * 9 + "bb" + "a" * 18 + "c")
        await pilot.pause()
        (got,) = letters.got
        assert [segment.text for segment in got] == ["a" * 9, "bb", "a" * 18, "c"]
        letters.canvas.forget()
        letters.show("a" * 30)
        await pilot.pause()
        assert [segment.text for segment in letters.got[-1]] == ["a" * 30]
