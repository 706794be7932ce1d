"""Bars over time: drawn by pure functions, marked at the cursor, clicked back to a time."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from widgets.bars import BLOCKS, Bucket, draw, resample, sparkline, stack
from widgets.columns import Cell
from widgets.text import cell_len, is_safe
from widgets.time_columns import column_of, columns_of, times_of
from widgets.timeline import CURSOR, TimeLine

if TYPE_CHECKING:
    from textual.message import Message


@pytest.mark.parametrize(
    ("counts", "width", "peak", "expected"),
    [
        ([0, 1, 2, 4, 8], 5, None, "▁▂▂▄█"),
        ([0, 0, 388], 8, None, "     ▁▁█"),
        ([1, 1_000_000], 2, None, "▂█"),
        ([50], 1, 10, "█"),
        ([1, 30, 1000], 3, 1000, "▂▄█"),
        ([0, 1], 2, 1_000_000, "▁▂"),
        ([0, 1], 2, 1, "▁█"),
        ([], 3, None, "   "),
        ([1], 0, None, ""),
        ([0, 0], 2, None, "▁▁"),
    ],
)
def test_sparkline(counts: list[int], width: int, peak: int | None, expected: str) -> None:
    assert sparkline(counts, width, peak) == expected


@given(st.lists(st.integers(0, 10**9), max_size=100), st.integers(0, 50))
def test_sparkline_is_as_wide_as_asked(counts: list[int], width: int) -> None:
    line = sparkline(counts, width)
    assert len(line) == width
    assert set(line) <= set(BLOCKS)


buckets = st.lists(
    st.tuples(*[st.integers(0, 1000)] * 5).map(
        lambda shares: Bucket(
            sum(shares), max((at for at, share in enumerate(shares) if share), default=0), shares
        )
    ),
    max_size=60,
)


@given(buckets, st.integers(1, 60))
def test_resampling_adds_up(given_buckets: list[Bucket], width: int) -> None:
    columns = resample(given_buckets, width)
    assert len(columns) == width
    if len(given_buckets) >= width:
        assert sum(bucket.count for bucket in columns) == sum(b.count for b in given_buckets)


@given(buckets, st.integers(0, 60), st.integers(1, 4))
def test_drawing_has_its_size_and_the_worst_shows(
    given_buckets: list[Bucket], width: int, height: int
) -> None:
    rows = draw(given_buckets, width, height)
    assert [len(row) for row in rows] == [width] * height
    for column, bucket in enumerate(resample(given_buckets, width) if width else ()):
        if bucket.count:
            assert rows[-1][column].severity == bucket.worst


def test_stack_shows_few_bad_among_many_mild() -> None:
    found = stack(Bucket(10_000, 4, (9_999, 0, 0, 0, 1)), 10_000, 16)
    assert found == [4] + [0] * 15
    assert stack(Bucket(8, 3), 8, 8) == [3] * 8
    assert stack(Bucket(0), 8, 8) == []


def test_two_severities_share_a_cell() -> None:
    rows = draw([Bucket(16, 4, (8 + 4, 0, 0, 0, 4))], 1, 2)
    assert rows[1][0] == ("▄", 4, 0)
    assert rows[0][0] == ("█", 0, None)


def test_column_of() -> None:
    assert column_of(None, 0, 10, 10) is None
    assert column_of(11, 0, 10, 10) is None
    assert column_of(0, 0, 10, 10) == 0
    assert column_of(10, 0, 10, 10) == 9
    assert column_of(5, 5, 5, 10) == 0
    assert column_of(1, 0, 10, 0) is None


class Watched(TimeLine):
    painted = 0

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        return super().render_line(y)


class TimeApp(App[None]):
    CSS = "TimeLine { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self.strip = Watched()
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.strip

    def on_time_line_clicked(self, message: TimeLine.Clicked) -> None:
        self.heard.append(message)

    def on_time_line_bars_resized(self, message: TimeLine.BarsResized) -> None:
        self.heard.append(message)

    def on_time_line_chosen(self, message: TimeLine.Chosen) -> None:
        self.heard.append(message)

    def lines(self) -> list[str]:
        return [strip.text for strip in self.strip.render_lines(Region(0, 0, *self.strip.size))]


SHOWN = [Bucket(count) for count in range(40)]
NOTES = ((Cell("2▲ findings", "bad"), Cell(" \x1b[31m日本")), (Cell("14● detections"),))


async def test_bars_cursor_and_notes() -> None:
    app = TimeApp()
    async with app.run_test(size=(60, 4)) as pilot:
        app.strip.show(SHOWN, start=0, end=400, cursor=200, notes=NOTES)
        await pilot.pause()
        top, base = app.lines()
        assert "2▲ findings ·[31m日本" in top
        assert base.rstrip().endswith("14● detections")
        for line in (top, base):
            assert cell_len(line) == 60
            assert is_safe(line)
            assert line[1 + app.strip.bars_width // 2] == CURSOR
        assert base[1] == "▁"


async def test_narrow_leaves_the_notes_out() -> None:
    app = TimeApp()
    async with app.run_test(size=(30, 4)) as pilot:
        app.strip.show(SHOWN, start=0, end=400, notes=NOTES)
        await pilot.pause()
        assert app.strip.bars_width == 28
        assert "findings" not in "".join(app.lines())


async def test_the_same_again_paints_nothing() -> None:
    app = TimeApp()
    async with app.run_test(size=(60, 4)) as pilot:
        app.strip.show(SHOWN, start=0, end=400, cursor=200)
        await pilot.pause()
        app.strip.painted = 0
        app.strip.show(SHOWN, start=0, end=400, cursor=201)
        await pilot.pause()
        assert app.strip.painted == 0
        app.strip.show(SHOWN, start=0, end=400, cursor=300)
        await pilot.pause()
        assert app.strip.painted == 2


async def test_tells_its_width_and_the_time_of_a_click() -> None:
    app = TimeApp()
    async with app.run_test(size=(42, 4)) as pilot:
        app.strip.show(SHOWN, start=1000, end=1400)
        await pilot.pause()
        assert isinstance(app.heard[-1], TimeLine.BarsResized)
        assert app.heard[-1].width == 40
        await pilot.click(app.strip, offset=(11, 1))
        await pilot.pause()
        assert isinstance(app.heard[-1], TimeLine.Clicked)
        assert app.heard[-1].when == 1105
        count = len(app.heard)
        await pilot.click(app.strip, offset=(0, 1))
        assert len(app.heard) == count


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (200, 10)])
async def test_any_size(size: tuple[int, int]) -> None:
    app = TimeApp()
    async with app.run_test(size=size) as pilot:
        app.strip.show(SHOWN, start=0, end=400, cursor=100, notes=NOTES)
        await pilot.pause()
        assert all(cell_len(line) == app.strip.size.width for line in app.lines())


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(1, 200))
def test_columns_and_times_agree(start: int, span: int, width: int) -> None:
    end = start + span
    before = start - 1
    for column in range(width):
        first, last = times_of(column, start, end, width)
        assert first <= last or span < width
        assert column_of(first, start, end, width) == column or span < width
        if span >= width:
            assert first == before + 1
            before = last
    assert before == end or span < width
    assert columns_of(None, start, end, width) == (0, width)
    assert columns_of((start, end), start, end, width)[0] == 0
    low, high = columns_of((end + 1, end + 9), start, end, width)
    assert low > high


async def test_a_range_is_chosen_by_keys() -> None:
    app = TimeApp()
    async with app.run_test(size=(42, 4)) as pilot:
        app.strip.show(SHOWN, start=0, end=400, cursor=100)
        await pilot.pause()
        app.strip.take_hold()
        await pilot.press("l", "v", "l", "l", "h")
        assert app.strip.range == (110, 129)
        await pilot.press("enter")
        await pilot.pause()
        chosen = [each for each in app.heard if isinstance(each, TimeLine.Chosen)]
        assert [(each.first, each.last) for each in chosen] == [(110, 129)]
        assert not app.strip.is_held
        app.strip.take_hold()
        await pilot.press("G", "l", "escape")
        await pilot.pause()
        assert len([each for each in app.heard if isinstance(each, TimeLine.Chosen)]) == 1


async def test_a_click_is_no_range_and_a_drag_no_click() -> None:
    app = TimeApp()
    async with app.run_test(size=(42, 4)) as pilot:
        app.strip.show(SHOWN, start=0, end=400)
        await pilot.pause()
        await pilot.click(app.strip, offset=(11, 1))
        await pilot.pause()
        assert not any(isinstance(each, TimeLine.Chosen) for each in app.heard)
        clicks = sum(isinstance(each, TimeLine.Clicked) for each in app.heard)
        assert clicks == 1
        await pilot.mouse_down(app.strip, offset=(21, 1))
        await pilot.hover(app.strip, offset=(11, 1))
        await pilot.mouse_up(app.strip, offset=(11, 1))
        await pilot.pause()
        chosen = [each for each in app.heard if isinstance(each, TimeLine.Chosen)]
        assert [(each.first, each.last) for each in chosen] == [(100, 209)]
        assert sum(isinstance(each, TimeLine.Clicked) for each in app.heard) == clicks
