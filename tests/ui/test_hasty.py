"""Keys that come faster than the screens: each counts once, where it was meant, or not at all."""

from collections.abc import Callable

import pytest
from textual.command import CommandList, DiscoveryHit
from textual.screen import Screen
from textual.widgets.option_list import Option

from triage_tui.model import Case, EntityRef, Kind
from triage_tui.remedies import DeactivateKey
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.palette import ActionProvider, Palette
from triage_tui.ui.screens.ask import AskScreen
from triage_tui.ui.screens.block import BlockScreen
from triage_tui.ui.screens.blocks import BlocksScreen
from triage_tui.ui.screens.choose import Choice, ChooseScreen
from triage_tui.ui.screens.decide import DecideScreen
from triage_tui.ui.screens.help import HelpScreen
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.listing import ListScreen
from triage_tui.ui.screens.remedy import RemedyScreen
from triage_tui.ui.screens.sources import SourcesScreen
from widgets.confirm import Confirm
from widgets.line_input import LineInput
from widgets.table import VirtualTable

INTRUDER = EntityRef(Kind.IP, "198.51.100.23")


def asked() -> AskScreen:
    return AskScreen("time", "go to", "end")


async def test_two_enters_answer_one_question(demo: Triage) -> None:
    """The second was on its way when the first was heard."""
    app, answers = TriageApp(demo, title="incident"), list[str | None]()
    async with app.run_test() as pilot:
        bottom = app.screen
        await app.push_screen(asked(), answers.append)
        await pilot.pause()
        line = app.screen.query_one(LineInput)
        await line.action_submit()
        await line.action_submit()
        await pilot.pause()
        await pilot.pause()
        assert app.screen is bottom
        assert answers == ["end"]


@pytest.mark.parametrize(
    "made",
    [
        asked,
        lambda: ChooseScreen("copy", [Choice("n", "name", "198.51.100.23")]),
        lambda: DecideScreen("who", Case()),
        lambda: HelpScreen("overview", {}),
        lambda: Confirm("Quit?"),
        Palette,
    ],
    ids=["ask", "choose", "decide", "help", "confirm", "palette"],
)
async def test_a_question_that_has_gone_takes_no_other_screen_away(
    demo: Triage, made: Callable[[], Screen[object]]
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        bottom = app.screen
        await app.push_screen(BlocksScreen(demo))
        below, question = app.screen, made()
        await app.push_screen(question)
        await pilot.pause()
        question.dismiss(None)
        question.dismiss(None)
        await pilot.pause()
        assert app.screen_stack == [bottom, below]


async def test_a_screen_is_left_once(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        bottom = app.screen
        for screen in (SourcesScreen(demo), BlocksScreen(demo), InspectScreen(demo, INTRUDER)):
            await app.push_screen(screen)
            await pilot.pause()
            assert isinstance(screen, ListScreen | BlocksScreen | InspectScreen)
            screen.action_back()
            screen.action_back()
            await pilot.pause()
            assert app.screen is bottom


async def test_a_row_of_a_list_that_was_left_opens_nothing(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        screen = InspectScreen(demo, INTRUDER)
        await app.push_screen(screen)
        await pilot.pause()
        screen.open_pane(5)
        hours = screen.table
        await pilot.pause()
        hours.post_message(VirtualTable.Selected(hours, "Mon"))
        screen.open_pane(0)
        await pilot.pause()
        assert app.screen is screen
        assert not screen.detail.is_open


async def test_the_palette_moves_in_no_list_that_has_no_lines_yet(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        app.action_command_palette()
        await pilot.pause()
        found = app.screen.query_one(CommandList)
        found.add_option(Option("just found"))
        found.highlighted = 0
        found._index_to_line.clear()  # as before it is laid out, which no test can hold back
        await app.run_action("command_list('page_up')", app.screen)
        await app.run_action("command_list('page_down')", app.screen)
        assert isinstance(app.screen, Palette)


async def test_the_palette_may_lie_under_a_screen_and_be_opened_once_more(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        app.action_command_palette()
        await app.push_screen(BlocksScreen(demo))
        app.action_command_palette()
        await pilot.pause()
        assert [type(screen) for screen in app.screen_stack[1:]] == [Palette, BlocksScreen, Palette]


async def test_two_enters_in_the_palette_run_one_action(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        provider = ActionProvider(app.screen)
        found = [hit async for hit in provider.discover() if isinstance(hit, DiscoveryHit)]
        hit = next(each for each in found if "colours" in str(each.text))
        before = app.theme
        await hit.command()
        once = app.theme
        await hit.command()
        await pilot.pause()
        assert before != once == app.theme


async def test_a_plan_that_nobody_waits_for_any_more_is_no_mistake(demo: Triage) -> None:
    """The app ends, or the screen goes, while AWS is still being asked."""
    key = DeactivateKey(account="111122223333", user="maria.keller", key="AKIAIOSFODNN7EXAMPLE")
    app = TriageApp(demo, title="incident")
    async with app.run_test() as pilot:
        for screen in (BlockScreen(demo, [INTRUDER]), RemedyScreen(demo, INTRUDER, key)):
            await app.push_screen(screen)
            await pilot.pause()
            screen.dismiss(None)
            await screen._make_plan()
            screen._show_all()
            await pilot.pause()
        gone = BlockScreen(demo, [INTRUDER])
        await app.push_screen(gone)
        await pilot.pause()
        app._exit = True  # what is on the screen goes piece by piece from here on
        await gone.query("#box > *").remove()
        gone._show_all()
        await gone._make_plan()
