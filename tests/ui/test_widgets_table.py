"""The virtual table: cursor by key, only visible rows asked for, only changed lines painted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from widgets.columns import GAP, Cell, Column, Row, arrange
from widgets.lines import thumb
from widgets.table import VirtualTable
from widgets.text import cell_len, is_safe

if TYPE_CHECKING:
    from textual.message import Message

COLUMNS = (
    Column("risk", "RISK", width=4, align="right"),
    Column("ip", "SOURCE IP", min_width=15),
    Column("events", "EVENTS", width=8, align="right", drop=2),
    Column("where", "WHERE", width=10, drop=1),
)


class Rows:
    """A model over keys, which counts what it is asked for."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self.asked: list[int] = []
        self.events = 1

    def row_count(self) -> int:
        return len(self.keys)

    def row(self, index: int) -> Row:
        self.asked.append(index)
        key = self.keys[index]
        cells = (Cell("97", "critical"), Cell(key), Cell(f"{self.events:,}", "dim"), Cell("NL"))
        return Row(key, cells)

    def index_of(self, key: str) -> int | None:
        return self.keys.index(key) if key in self.keys else None


class Watched(VirtualTable):
    """Counts the lines that it paints."""

    painted: int = 0

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        return super().render_line(y)


class TableApp(App[None]):
    def __init__(self, model: Rows) -> None:
        super().__init__()
        self.model = model
        self.table = Watched(COLUMNS, model, empty_text="No events [yet]")
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_virtual_table_highlighted(self, message: VirtualTable.Highlighted) -> None:
        self.heard.append(message)

    def on_virtual_table_selected(self, message: VirtualTable.Selected) -> None:
        self.heard.append(message)

    def on_virtual_table_marks_changed(self, message: VirtualTable.MarksChanged) -> None:
        self.heard.append(message)


def lines(table: VirtualTable) -> list[str]:
    return [strip.text for strip in table.render_lines(Region(0, 0, *table.size))]


def keys(count: int) -> list[str]:
    return [f"row-{number}" for number in range(count)]


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.pause()


async def test_shows_header_rows_and_cursor_without_colour() -> None:
    app = TableApp(Rows(keys(3)))
    async with app.run_test(size=(50, 6)):
        shown = lines(app.table)
        assert shown[0] == "  RISK SOURCE IP                 EVENTS WHERE     "
        assert shown[1] == "▌   97 row-0                          1 NL        "
        assert shown[2].startswith("    97 row-1")
        assert shown[4].strip() == ""


async def test_columns_drop_in_their_order() -> None:
    app = TableApp(Rows(keys(3)))
    async with app.run_test(size=(50, 6)) as pilot:
        for width, header in (
            (40, "  RISK SOURCE IP                  EVENTS"),
            (30, "  RISK SOURCE IP"),
            (18, "  RISK SOURCE IP"),
            (50, "  RISK SOURCE IP                 EVENTS WHERE"),
        ):
            await pilot.resize_terminal(width, 6)
            await settle(pilot)
            assert lines(app.table)[0].rstrip() == header


async def test_a_long_empty_text_is_told_in_full() -> None:
    app = TableApp(Rows([]))
    async with app.run_test(size=(30, 12)) as pilot:
        app.table.empty_text = "events.jsonl.gz: the gz file is damaged \x1b[31m in the middle"
        await pilot.pause()
        text = " ".join(" ".join(lines(app.table)).split())
        assert "damaged" in text
        assert "in the middle" in text
        assert "\x1b" not in text


async def test_empty_text_is_shown_as_it_is() -> None:
    app = TableApp(Rows([]))
    async with app.run_test(size=(40, 8)) as pilot:
        assert any(line.strip() == "No events [yet]" for line in lines(app.table))
        await pilot.press("j", "G", "enter", "v", "g", "pagedown")
        assert app.table.cursor_key is None


async def test_a_million_rows_cost_what_is_on_the_screen() -> None:
    class Many(Rows):
        def index_of(self, key: str) -> int | None:
            return int(key.removeprefix("row-"))

    class Keys(Sequence[str]):
        def __len__(self) -> int:
            return 1_000_000

        def __getitem__(self, index: object) -> str:
            return f"row-{index}"

    model = Many(Keys())
    app = TableApp(model)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("G")
        await settle(pilot)
        assert app.table.cursor_key == "row-999999"
        assert "row-999999" in lines(app.table)[-1]
        await pilot.press("g", "ctrl+d", "pagedown", "k")
        app.table.refresh_model()
        await settle(pilot)
        assert len(model.asked) < 1000


async def test_keys_move_the_cursor() -> None:
    app = TableApp(Rows(keys(100)))
    async with app.run_test(size=(60, 11)) as pilot:
        for key, row in (
            ("j", 1),
            ("down", 2),
            ("k", 1),
            ("up", 0),
            ("up", 0),
            ("pagedown", 10),
            ("ctrl+d", 15),
            ("ctrl+u", 10),
            ("pageup", 0),
            ("end", 99),
            ("home", 0),
            ("G", 99),
            ("j", 99),
            ("g", 0),
        ):
            await pilot.press(key)
            assert app.table.cursor_index == row, key
            assert f"row-{row} " in "".join(lines(app.table))


async def test_cursor_follows_the_key_through_changes() -> None:
    model = Rows(["a", "b", "c", "d"])
    app = TableApp(model)
    async with app.run_test(size=(60, 12)) as pilot:
        assert app.table.move_to_key("c")
        assert not app.table.move_to_key("nobody")
        model.keys = ["x", "y", "c", "a", "b"]
        app.table.refresh_model()
        assert (app.table.cursor_key, app.table.cursor_index) == ("c", 2)
        model.keys = ["c", "x", "y", "a", "b"]
        app.table.refresh_model()
        await settle(pilot)
        assert lines(app.table)[1].startswith("▌   97 c ")
        model.keys = ["x", "y"]
        app.table.refresh_model()
        assert app.table.cursor_key == "x"
        model.keys = []
        app.table.refresh_model()
        await settle(pilot)
        assert app.table.cursor_key is None
        highlighted = [m.key for m in app.heard if isinstance(m, VirtualTable.Highlighted)]
        assert highlighted[-1] is None


async def test_vanished_key_leaves_the_cursor_on_the_nearest_row() -> None:
    model = Rows(keys(10))
    app = TableApp(model)
    async with app.run_test(size=(60, 20)):
        app.table.move_to(9)
        model.keys = keys(5)
        app.table.refresh_model()
        assert app.table.cursor_key == "row-4"


async def test_rows_put_in_above_do_not_move_what_is_being_read() -> None:
    model = Rows(keys(100))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        app.table.move_to(50)
        await settle(pilot)
        before = lines(app.table)
        model.keys = [f"new-{number}" for number in range(7)] + keys(100)
        app.table.refresh_model()
        await settle(pilot)
        assert lines(app.table) == before
        assert app.table.cursor_index == 57


async def test_a_page_scrolled_away_from_the_cursor_stays_too() -> None:
    model = Rows(keys(100))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        app.table.wheel(40)
        await settle(pilot)
        before = lines(app.table)
        model.keys = ["new", *keys(100)]
        app.table.refresh_model()
        await settle(pilot)
        assert lines(app.table) == before
        assert app.table.cursor_key == "row-0"


async def test_untouched_the_cursor_stays_on_top() -> None:
    """What rises to the top while data comes in is under the cursor, until a hand has moved it."""
    model = Rows(keys(5))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        for move, then in (((), "risen"), (("j", "k"), "row-0"), (("g",), "risen")):
            model.keys = keys(5)
            app.table.refresh_model()
            await pilot.press(*move)
            model.keys = ["risen", *keys(5)]
            app.table.refresh_model()
            assert app.table.cursor_key == then


async def test_unchanged_refresh_paints_nothing() -> None:
    model = Rows(keys(100))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        await settle(pilot)
        app.table.painted = 0
        app.table.refresh_model()
        await settle(pilot)
        assert app.table.painted == 0
        model.keys = ["row-0", "other", *keys(100)[2:]]
        app.table.refresh_model()
        await settle(pilot)
        assert app.table.painted == 1
        model.keys = ["row-0", "other", *keys(120)[2:]]
        app.table.refresh_model()
        await settle(pilot)
        assert app.table.painted == 1, "rows added below the screen cost no line"
        await pilot.press("j")
        await settle(pilot)
        assert app.table.painted == 3, "a step of the cursor costs two lines"


async def test_follow_stays_at_the_end_until_going_up() -> None:
    model = Rows(keys(50))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("G")
        assert app.table.following
        model.keys = keys(80)
        app.table.refresh_model()
        await settle(pilot)
        assert app.table.cursor_key == "row-79"
        assert "row-79" in lines(app.table)[-1]
        assert app.table.new_rows == 0
        await pilot.press("k")
        assert not app.table.following
        await pilot.press("g")
        model.keys = keys(95)
        app.table.refresh_model()
        assert app.table.cursor_key == "row-0"
        assert app.table.new_rows == 15
        await pilot.press("G")
        assert app.table.new_rows == 0


async def test_wheel_up_lets_go_of_the_end() -> None:
    app = TableApp(Rows(keys(50)))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("G")
        top = app.table.top
        app.table.wheel(-3)
        await settle(pilot)
        assert app.table.top == top - 3
        assert not app.table.following
        assert app.table.cursor_key == "row-49"


async def test_marks_are_keys_and_go_with_their_rows() -> None:
    model = Rows(keys(5))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("v", "v", "g", "v", "g")
        await settle(pilot)
        assert app.table.marked_keys == {"row-1"}
        assert lines(app.table)[2].startswith(" •  97 row-1")
        model.keys = ["row-3", "row-1"]
        app.table.refresh_model()
        assert app.table.marked_keys == {"row-1"}
        model.keys = ["row-3"]
        app.table.refresh_model()
        await settle(pilot)
        assert app.table.marked_keys == frozenset()
        assert isinstance(app.heard[-1], VirtualTable.MarksChanged)
        assert app.heard[-1].keys == frozenset()


async def test_messages_carry_keys() -> None:
    app = TableApp(Rows(keys(5)))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("j", "enter")
        await settle(pilot)
        found = [(type(m).__name__, getattr(m, "key", None)) for m in app.heard]
        assert found == [("Highlighted", "row-0"), ("Highlighted", "row-1"), ("Selected", "row-1")]


async def test_mouse_selects() -> None:
    app = TableApp(Rows(keys(50)))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.click(app.table, offset=(10, 4))
        assert app.table.cursor_key == "row-3"
        await pilot.click(app.table, offset=(10, 0))
        assert app.table.cursor_key == "row-3"
        await pilot.click(app.table, offset=(10, 2), times=2)
        await settle(pilot)
        assert isinstance(app.heard[-1], VirtualTable.Selected)
        assert app.heard[-1].key == "row-1"


async def test_scroll_bar_shows_the_place_and_takes_clicks() -> None:
    app = TableApp(Rows(keys(100)))
    async with app.run_test(size=(60, 11)) as pilot:

        def bar() -> str:
            return "".join(line[-1] for line in lines(app.table)[1:])

        assert bar() == "┃│││││││││"
        await pilot.click(app.table, offset=(59, 10))
        await settle(pilot)
        assert bar() == "│││││││││┃"
        assert "row-99" in lines(app.table)[-1]
        assert app.table.cursor_key == "row-0"
        app.model.keys = keys(10)
        app.table.refresh_model()
        await settle(pilot)
        assert bar().strip() == "", "all rows are on the screen"


@given(st.integers(0, 60), st.integers(0, 10**7), st.integers(0, 10**7))
def test_thumb_is_at_an_end_only_at_that_end(page: int, count: int, top: int) -> None:
    top = min(top, max(0, count - page))
    start, size = thumb(page, count, top)
    assert start >= 0
    assert start + size <= page
    if page > 2 and count > page:
        assert size > 0
        assert (start == 0) == (top == 0)
        assert (start + size == page) == (top == count - page)


async def test_keys_can_be_remapped_by_id() -> None:
    app = TableApp(Rows(keys(50)))
    async with app.run_test(size=(60, 11)) as pilot:
        app.set_keymap({"table.down": "x"})
        await pilot.press("x")
        assert app.table.cursor_index == 1


def test_every_binding_has_an_id_and_a_tooltip() -> None:
    for binding in VirtualTable.BINDINGS:
        assert not isinstance(binding, tuple)
        assert binding.id
        assert binding.id.startswith("table.")
        assert binding.tooltip


async def test_a_model_that_shrank_unannounced_does_not_break_painting() -> None:
    model = Rows(keys(30))
    app = TableApp(model)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("G")
        model.keys = keys(2)
        app.table.refresh()
        await settle(pilot)
        await pilot.press("k", "enter")
        assert app.table.cursor_key == "row-1"


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (12, 3), (200, 60)])
async def test_any_size_is_painted(size: tuple[int, int]) -> None:
    app = TableApp(Rows(keys(30)))
    async with app.run_test(size=size) as pilot:
        await pilot.press("j", "G", "k")
        await settle(pilot)
        assert all(cell_len(line) == app.table.size.width for line in lines(app.table))


HOSTILE = (
    "\x1b]0;owned\x07",
    "[/x][b]not markup",
    "a\u202egnp.exe",
    "日本語のとても長い名前",
    "e\u0301\u0302\u0303\u0304",
    "\ud800\U000e0041\u2028\x9b31m",
    "x" * 10_000,
)


async def test_hostile_cells_are_clean_and_aligned() -> None:
    app = TableApp(Rows(HOSTILE))
    async with app.run_test(size=(44, 12)):
        for line in lines(app.table):
            assert is_safe(line)
            assert cell_len(line) == 44
        assert "[/x][b]not mar" in lines(app.table)[2]


columns = st.lists(
    st.builds(
        Column,
        key=st.just("k"),
        title=st.just("T"),
        width=st.none() | st.integers(1, 30),
        min_width=st.integers(1, 20),
        weight=st.integers(1, 3),
        drop=st.integers(0, 4),
    ),
    max_size=8,
)


@given(columns, st.integers(0, 120))
def test_arrange_fits_and_fills(given_columns: list[Column], width: int) -> None:
    slots = arrange(given_columns, width)
    used = sum(slot.width for slot in slots) + GAP * max(0, len(slots) - 1)
    assert used <= width
    assert [slot.place for slot in slots] == sorted(slot.place for slot in slots)
    assert all(slot.width > 0 for slot in slots)
    if len(slots) == len(given_columns) and any(column.width is None for column in given_columns):
        assert used == width


@given(columns, st.integers(0, 119))
def test_wider_never_shows_fewer_columns(given_columns: list[Column], width: int) -> None:
    narrow = {slot.place for slot in arrange(given_columns, width)}
    assert narrow <= {slot.place for slot in arrange(given_columns, width + 1)}
