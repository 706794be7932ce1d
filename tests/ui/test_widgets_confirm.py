"""The confirmation: no by default, yes only to a question that has been painted."""

import pytest
from textual import events
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot

from widgets.confirm import Confirm, _Answers
from widgets.text import is_safe

BODY = ("203.0.113.77/32 into ipset-v4", "expires in 1 h", "[/x]\x1b]0;t\x07\u202e 日本")


class ConfirmApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.answers: list[bool | None] = []

    def ask(self, question: Confirm) -> None:
        self.push_screen(question, self.answers.append)


def screen_text(app: App[None]) -> list[str]:
    """What the compositor would send to the terminal, as text."""
    # The only way to the composited screen; nothing public gives it as text.
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def until_readable(pilot: Pilot[None], question: Confirm) -> None:
    for _ in range(3000):
        await pilot.pause(0.01)
        if question.readable:
            return
    raise AssertionError("never became readable")


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], True),
        (["n"], False),
        (["escape"], False),
        (["enter"], False),
        (["left", "enter"], True),
        (["tab", "enter"], True),
        (["tab", "tab", "enter"], False),
        (["h", "l", "enter"], False),
    ],
)
async def test_answers(keys: list[str], answer: bool) -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block?", BODY)
        app.ask(question)
        await until_readable(pilot, question)
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answers == [answer]


@pytest.mark.parametrize("typed", [None, "y"])
async def test_keys_typed_before_it_is_painted_never_confirm(typed: str | None) -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block?", BODY, typed=typed)
        early = [events.Key("y", "y"), events.Key("tab", None), events.Key("enter", "\r")]
        app.ask(question)
        for event in early:
            app.post_message(event)
        await until_readable(pilot, question)
        # Typed before the frame, delivered after it: the same.
        late = [events.Key("y", "y"), events.Key("tab", None), events.Key("enter", "\r")]
        for event, before in zip(late, early, strict=True):
            event.time = before.time
            app.post_message(event)
        await pilot.pause()
        assert app.answers == []
        assert app.screen is question
        await pilot.press(*(["y"] if typed is None else ["y", "enter"]))
        await pilot.pause()
        assert app.answers == [True]


async def test_not_readable_while_painting_is_held_back() -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block?", BODY)
        with app.batch_update():
            app.ask(question)
            await pilot.pause()
            await pilot.press("y", "tab", "enter")
            assert not question.readable
            assert app.answers == []
        await until_readable(pilot, question)
        assert question.query_one(_Answers).painted
        await pilot.press("y")
        await pilot.pause()
        assert app.answers == [True]


@pytest.mark.parametrize(
    ("entered", "answers"), [("prod", [True]), ("pro", []), ("Prod", []), ("y", []), ("", [])]
)
async def test_typed_word_must_be_exact(entered: str, answers: list[bool]) -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block 4,096 addresses?", BODY, danger=True, typed="prod")
        app.ask(question)
        await until_readable(pilot, question)
        await pilot.press(*entered, "enter")
        await pilot.pause()
        assert app.answers == answers
        if not answers:
            await pilot.press("escape")
            await pilot.pause()
            assert app.answers == [False]


async def test_paste_before_the_frame_is_no_answer() -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        paste = events.Paste("prod")
        question = Confirm("Block?", BODY, typed="prod")
        app.ask(question)
        await until_readable(pilot, question)
        await pilot.pause()
        app.post_message(paste)
        await pilot.press("enter")
        await pilot.pause()
        assert app.answers == []


async def test_shows_title_and_body_as_they_are() -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block [b]?\x1b", BODY, danger=True)
        app.ask(question)
        await until_readable(pilot, question)
        text = "\n".join(screen_text(app))
        assert "⚠ Block [b]?·" in text
        assert "[/x]·]0;t·· 日本" in text
        assert "▸[n] no" in text
        assert all(is_safe(line) for line in text.split("\n"))


@pytest.mark.parametrize("size", [(60, 20), (40, 8), (20, 5)])
async def test_the_choices_stay_in_sight(size: tuple[int, int]) -> None:
    app = ConfirmApp()
    async with app.run_test(size=size) as pilot:
        question = Confirm("Block " * 20, [f"line {number}" for number in range(50)])
        app.ask(question)
        await until_readable(pilot, question)
        region = question.query_one(_Answers).region
        assert Region(0, 0, *size).contains_region(region)
        assert any("[n]" in line for line in screen_text(app))
        await pilot.press("j", "j")
        await pilot.pause()
        assert any("line 2" in line for line in screen_text(app))


def test_every_binding_has_an_id_and_a_tooltip() -> None:
    for binding in Confirm.BINDINGS:
        assert not isinstance(binding, tuple)
        assert binding.id
        assert binding.tooltip


class Spaced:
    """Enters, so many seconds after the question was painted."""

    def __init__(self, app: ConfirmApp, question: Confirm) -> None:
        self._app = app
        self._question = question

    async def press(self, pilot: Pilot[None], *after: float) -> None:
        painted = self._question._readable_since
        assert painted is not None
        for seconds in after:
            key = events.Key("enter", "\r")
            key.time = painted + seconds
            self._app.post_message(key)
            await pilot.pause()


@pytest.mark.parametrize(
    ("after", "answers"),
    [
        ([0.1], []),  # nobody reads so fast
        ([0.7], [True]),
        ([0.1, 0.7], [True]),
        ([0.5, 0.53, 0.56, 0.59, 0.62, 0.65, 0.68, 0.71], []),  # a key that is held
        ([0.5, 0.53, 0.62, 0.9], [True]),
    ],
)
async def test_a_yes_that_is_marked_from_the_start_wants_an_enter_that_is_meant(
    after: list[float], answers: list[bool]
) -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block?", BODY, yes=True)
        app.ask(question)
        await until_readable(pilot, question)
        assert any("▸[y] yes" in line for line in screen_text(app))
        await Spaced(app, question).press(pilot, *after)
        assert app.answers == answers


@pytest.mark.parametrize(("key", "answer"), [("y", True), ("n", False), ("escape", False)])
async def test_other_keys_answer_it_at_once(key: str, answer: bool) -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block?", BODY, yes=True)
        app.ask(question)
        await until_readable(pilot, question)
        await pilot.press(key)
        await pilot.pause()
        assert app.answers == [answer]


async def test_a_choice_that_was_moved_is_meant() -> None:
    app = ConfirmApp()
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm("Block?", BODY, yes=True)
        app.ask(question)
        await until_readable(pilot, question)
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert app.answers == [False]
