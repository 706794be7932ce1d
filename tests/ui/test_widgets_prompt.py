"""The prompt: safe values only, messages about them, a caret, a history, the focus given back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button

from widgets.completion import Choice, ChoicesLine, Completion
from widgets.line_input import LineInput, one_line
from widgets.prompt import Prompt, point_at
from widgets.text import cell_len, is_safe


class PromptApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.prompt = Prompt()
        self.button = Button("elsewhere")
        self.heard: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield self.button
        yield self.prompt

    def hear(self, message: Message) -> None:
        self.heard.append((type(message).__name__, getattr(message, "value", "")))

    on_prompt_changed = on_prompt_submitted = on_prompt_cancelled = hear

    def on_input_changed(self) -> None:
        raise AssertionError("the inner messages stay inside")


def screen_lines(app: App[None]) -> list[str]:
    """What the compositor would send to the terminal, as text."""
    # The only way to the composited screen; nothing public gives it as text.
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.pause()


async def test_opens_at_the_bottom_edits_and_submits() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.button.focus()
        await pilot.press("x")
        assert not app.prompt.is_open
        app.prompt.ask("filter", "/", "ip:10")
        await settle(pilot)
        assert screen_lines(app)[-2].startswith("/ ip:10")
        await pilot.press(".", "1", "left", "backspace", "2", "enter")
        await settle(pilot)
        assert app.heard[-1] == ("Submitted", "ip:1021")
        assert app.heard[0] == ("Changed", "ip:10.")
        assert app.prompt.purpose == "filter", "it stays, to say what is wrong"
        app.prompt.close()
        await settle(pilot)
        assert not app.prompt.is_open
        assert app.focused is app.button


async def test_opening_and_closing_lays_nothing_else_out() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await settle(pilot)
        before = screen_lines(app)
        assert not before[-1].strip()
        app.prompt.ask("filter", "/", "here")
        await settle(pilot)
        assert screen_lines(app)[:-2] == before[:-2]
        assert "here" in screen_lines(app)[-2]
        await pilot.press("escape")
        await settle(pilot)
        assert screen_lines(app) == before


async def test_keys_typed_right_after_it_opens_are_in_the_line() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.button.focus()
        await settle(pilot)
        app.prompt.ask("filter", "/")
        assert app.focused is not None
        app.post_message(events.Key("a", "a"))
        await settle(pilot)
        assert app.prompt.value == "a"


async def test_escape_cancels_and_gives_the_focus_back() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.button.focus()
        await settle(pilot)
        app.prompt.ask("note", ";")
        await pilot.press("a", "escape")
        await settle(pilot)
        assert app.heard[-1] == ("Cancelled", "")
        assert app.focused is app.button
        assert app.prompt.purpose == ""


async def test_caret_points_at_the_character() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.prompt.ask("filter", "/", "日本 outcomes:ok")
        await settle(pilot)
        app.prompt.say("no such key: [outcomes]", error=True, position=3)
        await settle(pilot)
        value, message = screen_lines(app)[-2:]
        assert message[value.index("outcomes") + 2] == "^", "two wide characters stand before it"
        assert "no such key: [outcomes]" in message
        app.prompt.say("12 of 4,401")
        await settle(pilot)
        assert screen_lines(app)[-1].startswith("12 of 4,401")


async def test_caret_follows_a_scrolled_value() -> None:
    app = PromptApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.prompt.ask("filter", "/", "a" * 60 + "!" + "b" * 5)
        await settle(pilot)
        app.prompt.say("wrong", error=True, position=60)
        await settle(pilot)
        value, message = screen_lines(app)[-2:]
        assert message.index("^") == value.index("!")


@pytest.mark.parametrize(
    ("message", "column", "width", "expected"),
    [
        ("wrong", None, 8, "wrong   "),
        ("wrong", 2, 12, "  ^ wrong   "),
        ("wrong", 10, 12, "    wrong ^ "),
        ("wrong", 40, 8, "wrong   "),
        ("wrong", 0, 1, "…"),
    ],
)
def test_point_at(message: str, column: int | None, width: int, expected: str) -> None:
    assert point_at(message, column, width) == expected


@given(st.text(), st.none() | st.integers(-1, 80), st.integers(1, 80))
def test_point_at_is_exact_and_safe(message: str, column: int | None, width: int) -> None:
    line = point_at(message, column, width)
    assert cell_len(line) == width
    assert is_safe(line)
    if column is not None and 3 <= column < width:
        assert line[: cell_len(line)].count("^") >= 1


async def test_history_goes_back_and_forth_and_keeps_the_draft() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.prompt.ask("filter", "/", history=["old\x1b", "older"])
        await pilot.press("n", "e", "w", "up")
        assert app.prompt.value == "older"
        await pilot.press("up", "up")
        assert app.prompt.value == "old"
        await pilot.press("down", "down", "down")
        assert app.prompt.value == "new"
        await settle(pilot)
        assert app.heard[-1] == ("Changed", "new")
        await pilot.press("enter")
        app.prompt.ask("filter", "/")
        await pilot.press("up")
        assert app.prompt.value == "new"
        app.prompt.ask("note", ";")
        await pilot.press("up")
        assert app.prompt.value == "", "each purpose has a history of its own"


async def test_hostile_paste_is_stripped_before_it_is_the_value() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.prompt.ask("note", "; \x1b[1m")
        app.prompt.query_one(LineInput).post_message(
            events.Paste("one\r\n  two\x1b]52;c;aGk=\x07\u202e\ud800[/x]\t.")
        )
        await settle(pilot)
        assert app.prompt.value == "one two]52;c;aGk=[/x] ."
        assert all(is_safe(line) for line in screen_lines(app))
        app.prompt.query_one(LineInput).value = "\x07bell"
        assert app.prompt.value == "bell"


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b\u202e\ud800\u0301\n\r"))))
def test_one_line_is_safe(text: str) -> None:
    assert is_safe(one_line(text))
    assert one_line(one_line(text)) == one_line(text)


def test_every_binding_has_an_id_and_a_tooltip() -> None:
    for binding in (*Prompt.BINDINGS, *LineInput.BINDINGS):
        assert not isinstance(binding, tuple)
        assert binding.id
        assert binding.tooltip


@pytest.mark.parametrize("size", [(1, 1), (6, 2), (200, 50)])
async def test_any_size(size: tuple[int, int]) -> None:
    app = PromptApp()
    async with app.run_test(size=size) as pilot:
        app.prompt.ask("goto", "go to time", "02:14")
        app.prompt.say("no", error=True, position=4)
        await pilot.press("x", "enter", "escape")
        assert ("Cancelled", "") in app.heard


WORDS = ("apple", "apricot", "banana \x1b[31m", "kiwi" * 30)


def completing(text: str, cursor: int) -> Completion:
    """Completes the word that the cursor stands behind."""
    start = text.rfind(" ", 0, cursor) + 1
    begun = text[start:cursor]
    found = tuple(Choice(word, str(n)) for n, word in enumerate(WORDS) if word.startswith(begun))
    return Completion(start, cursor, found)


async def test_words_are_completed_where_the_cursor_stands() -> None:
    app = PromptApp()
    async with app.run_test(size=(40, 8)) as pilot:
        prompt = app.query_one(Prompt)
        prompt.ask("word", ">", complete=completing)
        await pilot.pause()
        await pilot.press("a", "p")
        await pilot.press("tab")
        assert prompt.value == "apple"
        await pilot.press("tab")
        assert prompt.value == "apricot"
        await pilot.press("tab")
        assert prompt.value == "apple"
        await pilot.press("shift+tab", "space", "b", "tab")
        assert prompt.value == "apricot banana [31m"
        await pilot.press("home", "a", "tab")
        assert prompt.value.startswith("apple")
        prompt.close()
        await pilot.pause()
        prompt.ask("other", ">")
        await pilot.press("x", "tab")
        assert prompt.value == "x"


@pytest.mark.parametrize("width", [10, 24, 40, 200])
async def test_the_words_have_their_line_whatever_the_width(width: int) -> None:
    app = PromptApp()
    async with app.run_test(size=(width, 8)) as pilot:
        prompt = app.query_one(Prompt)
        prompt.ask("word", ">", complete=completing)
        for _ in range(6):
            await pilot.press("tab")
            await pilot.pause()
            line = app.query_one(ChoicesLine)
            text = line.render_line(0).text
            assert cell_len(text) == line.size.width
            assert is_safe(text)
