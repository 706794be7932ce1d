"""The record view: JSON as it was written, folded, searched, masked, and clean."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from widgets.record import RecordView
from widgets.record_lines import CHUNK, LONGEST, parse, rows_of
from widgets.text import cell_len, is_safe

EVENT = {
    "eventName": "DeleteItem",
    "userIdentity": {"type": "IAMUser", "userName": "ci-deploy", "tags": ["a", "b"]},
    "count": 388,
    "errorCode": None,
    "empty": {},
}
RECORD = json.dumps(EVENT)


def joined(record: str) -> str:
    return "\n".join("  " * line.depth + line.text for line in parse(record))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_lines_are_clean_json_of_the_same_meaning(value: object) -> None:
    lines = parse(json.dumps(value))
    assert all(is_safe(line.text) for line in lines)
    assert json.loads("".join(line.text for line in lines)) == json.loads(json.dumps(value))


@given(st.text())
def test_any_text_has_lines(text: str) -> None:
    lines = parse(text)
    assert all(is_safe(line.text) for line in lines)
    assert bool(lines) == bool(text)


def test_pretty_as_it_was_written() -> None:
    record = '{"b": 1e400, "a": {"x": [1.10, "\\u001b[31m"]}, "b": 12345678901234567890}'
    assert joined(record) == (
        "{\n"
        '  "b": 1e400,\n'
        '  "a": {\n'
        '    "x": [\n'
        "      1.10,\n"
        '      "\\u001b[31m"\n'
        "    ]\n"
        "  },\n"
        '  "b": 12345678901234567890\n'
        "}"
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("plain \x1b[31m text\r\nsecond", "plain \\x1b[31m text\nsecond"),
        ('{"cut": ', '{"cut": '),
        ("[" * 5000, "[" * 5000),
        ("9" * 5000, "9" * 5000),
        ("", ""),
    ],
)
def test_what_is_no_json_is_text(record: str, expected: str) -> None:
    assert joined(record) == expected


def test_deep_nesting_is_walked_without_recursion() -> None:
    assert len(parse("[" * 900 + "1" + "]" * 900)) == 1801


def test_long_text_is_cut_into_lines_and_in_the_end_off() -> None:
    assert len(parse("x" * (3 * CHUNK))) == 3
    assert parse("x" * (LONGEST + 5))[-1].text == "(characters that are not shown: 5)"
    assert parse("{}", beyond=7)[-1].text == "(characters that are not shown: 7)"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x3000)), st.integers(2, 20))
def test_rows_lose_nothing_and_fit(text: str, width: int) -> None:
    rows = rows_of(text, width, max(1, width - 4))
    assert "".join(text[start:end] for start, end in rows) == text
    if width > 5:
        assert all(cell_len(text[start:end]) <= width for start, end in rows)


class Watched(RecordView):
    painted = 0

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        return super().render_line(y)


class RecordApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.view = Watched()

    def compose(self) -> ComposeResult:
        yield self.view

    def lines(self) -> list[str]:
        region = Region(0, 0, *self.view.size)
        return [strip.text.rstrip() for strip in self.view.render_lines(region)]


def path(app: RecordApp) -> tuple[str | int, ...]:
    return app.view.cursor_path


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.pause()


async def test_shows_and_folds() -> None:
    app = RecordApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(RECORD)
        await settle(pilot)
        assert app.lines()[:4] == [
            "▌▾{",
            '    "eventName": "DeleteItem",',
            ' ▾  "userIdentity": {',
            '      "type": "IAMUser",',
        ]
        await pilot.press("j", "j", "enter")
        await settle(pilot)
        assert app.lines()[2:4] == ['▌▸  "userIdentity": {… 3},', '    "count": 388,']
        await pilot.press("l", "l")
        await settle(pilot)
        assert path(app) == ("userIdentity", "type")
        assert app.view.cursor_value == "IAMUser"
        await pilot.press("h", "h")
        await settle(pilot)
        assert app.lines()[2] == '▌▸  "userIdentity": {… 3},'
        await pilot.press("g", "space")
        await settle(pilot)
        assert app.lines()[:2] == ["▌▸{… 5}", ""]
        await pilot.press("G", "space")
        app.view.fold_all()
        await settle(pilot)
        assert app.lines()[:3] == ["▌▾{", '    "eventName": "DeleteItem",', app.lines()[2]]
        app.view.unfold_all()
        await settle(pilot)
        assert len([line for line in app.lines() if line]) == 14


async def test_enter_on_a_value_folds_what_it_is_in() -> None:
    app = RecordApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(RECORD)
        await pilot.press("j", "j", "j", "enter")
        await settle(pilot)
        assert app.lines()[2] == '▌▸  "userIdentity": {… 3},'


async def test_search_unfolds_marks_and_goes_round() -> None:
    app = RecordApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(RECORD)
        app.view.fold_all()
        assert app.view.search("NAME") == 2
        assert path(app) == ("eventName",)
        assert app.view.next_hit()
        await settle(pilot)
        assert path(app) == ("userIdentity", "userName")
        strip = app.view.render_lines(Region(0, 0, 60, 20))[4]
        reversed_text = [seg.text for seg in strip if seg.style is not None and seg.style.reverse]
        assert reversed_text == ["Name"]
        assert app.view.next_hit()
        assert path(app) == ("eventName",)
        assert app.view.previous_hit()
        assert path(app) == ("userIdentity", "userName")
        assert app.view.search("nowhere") == 0
        assert not app.view.next_hit()
        assert not app.view.previous_hit()
        assert app.view.search("") == 0


async def test_a_hit_over_the_edge_of_a_row_is_marked_in_both() -> None:
    app = RecordApp()
    async with app.run_test(size=(22, 6)) as pilot:
        app.view.show("x" * 18 + "needle" + "x" * 10)
        app.view.search("needle")
        await settle(pilot)
        marked = [
            "".join(seg.text for seg in strip if seg.style is not None and seg.style.reverse)
            for strip in app.view.render_lines(Region(0, 0, 22, 3))
        ]
        assert marked == ["ne", "edle", ""]


async def test_long_values_wrap_and_keep_the_cursor_on_resize() -> None:
    app = RecordApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.view.show(json.dumps({"a": "日本" * 30, "b": 2}))
        await pilot.press("G", "k")
        assert path(app) == ("b",)
        await pilot.resize_terminal(80, 10)
        await settle(pilot)
        assert path(app) == ("b",)
        assert '▌   "b": 2' in app.lines()
        assert "日本" in app.lines()[2]
        for line in app.lines():
            assert cell_len(line) <= 80


async def test_a_record_told_in_other_words_keeps_its_place() -> None:
    app = RecordApp()
    async with app.run_test(size=(60, 10)) as pilot:
        told = json.dumps({"x": {"y": 1}, "accessKeyId": "AKIASECRET"})
        masked = told.replace("AKIASECRET", "AKIA…")
        app.view.show(masked)
        await pilot.press("j", "enter", "j")
        assert app.view.search("SECRET") == 0
        assert app.view.cursor_value == "AKIA…"
        app.view.retell(parse(told))
        await settle(pilot)
        assert app.view.cursor_value == "AKIASECRET"
        assert app.view.hits == 1
        assert app.lines()[1] == ' ▸  "x": {… 1},', "what was folded stays so"
        app.view.retell(parse(masked))
        await settle(pilot)
        assert "SECRET" not in "".join(app.lines())


async def test_big_records_are_drawn_by_the_screen() -> None:
    app = RecordApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.show(json.dumps({"Records": [EVENT] * 8000}))
        await settle(pilot)
        app.view.painted = 0
        await pilot.press("G", "pageup", "k", "k")
        await settle(pilot)
        assert app.view.line_count > 90_000
        assert app.view.painted < 24 * 6


async def test_a_step_paints_two_lines_and_nothing_paints_none() -> None:
    app = RecordApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(RECORD)
        await settle(pilot)
        app.view.painted = 0
        app.view.repaint_changed()
        await settle(pilot)
        assert app.view.painted == 0
        await pilot.press("j")
        await settle(pilot)
        assert app.view.painted == 2


async def test_mouse_moves_and_folds() -> None:
    app = RecordApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(RECORD)
        await settle(pilot)
        await pilot.click(app.view, offset=(20, 1))
        assert path(app) == ("eventName",)
        await pilot.click(app.view, offset=(1, 2))
        await settle(pilot)
        assert app.lines()[2] == '▌▸  "userIdentity": {… 3},'


@pytest.mark.parametrize("size", [(1, 1), (4, 3), (9, 4), (200, 60)])
async def test_any_size_and_hostile_text(size: tuple[int, int]) -> None:
    app = RecordApp()
    async with app.run_test(size=size) as pilot:
        app.view.show(json.dumps({"\x1b]0;t\x07": ["[/x]", "日本語", "\u202e", {"e\u0301": 1}]}))
        app.view.search("日")
        await pilot.press("j", "G", "enter", "l", "h", "pageup")
        await settle(pilot)
        app.view.show("")
        await pilot.press("j", "enter", "l", "h", "G")
        app.view.show("raw \x1b]52;c;x\x07 日本語")
        await settle(pilot)
        for strip in app.view.render_lines(Region(0, 0, *app.view.size)):
            assert is_safe(strip.text)
            assert cell_len(strip.text) == app.view.size.width


def test_every_binding_has_an_id_and_a_tooltip() -> None:
    for binding in RecordView.BINDINGS:
        assert not isinstance(binding, tuple)
        assert binding.id
        assert binding.tooltip
