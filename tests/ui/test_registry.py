"""The registry, walked: every action is reached by its key, by a key of one's own, by the palette
and by the help, on every screen that it applies on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import pytest
from textual.app import App
from textual.command import DiscoveryHit
from textual.pilot import Pilot

from triage_tui.choices import Profile
from triage_tui.model import EntityRef, Kind
from triage_tui.triage import Triage
from triage_tui.ui.actions import (
    ACTIONS,
    ANSWERS,
    BLOCK,
    BLOCKS,
    EVERYWHERE,
    INSPECT,
    MOVE,
    OVERVIEW,
    RECORD,
    REMEDY,
    RESOURCES,
    RULES,
    SETUP,
    SOURCES,
    TABLE,
    TIMELINE,
    Action,
    on_screen,
)
from triage_tui.ui.app import TriageApp
from triage_tui.ui.keymap import canonical, validate_keymap
from triage_tui.ui.palette import ActionProvider
from triage_tui.ui.screens.help import HelpScreen
from triage_tui.ui.setup_app import SetupApp
from triage_tui.ui.setup_steps import Setup
from widgets.table import VirtualTable

INTRUDER = EntityRef(Kind.IP, "198.51.100.23")
FOCUSED = (TABLE, RECORD, TIMELINE)


async def settle(pilot: Pilot[None] | Pilot[bool]) -> None:
    for _ in range(5):
        await pilot.pause()


async def _overview(_app: TriageApp, _pilot: Pilot[None]) -> None: ...


async def _inspect(app: TriageApp, _pilot: Pilot[None]) -> None:
    from triage_tui.ui.screens.inspect import InspectScreen

    await app.push_screen(InspectScreen(app.triage, INTRUDER))


async def _record(app: TriageApp, pilot: Pilot[None]) -> None:
    from triage_tui.ui.screens.inspect import InspectScreen

    await _inspect(app, pilot)
    await settle(pilot)
    screen = app.screen
    assert isinstance(screen, InspectScreen)
    screen.table.action_select()


async def _range(app: TriageApp, pilot: Pilot[None]) -> None:
    from triage_tui.ui.screens.selecting import SelectingScreen

    assert isinstance(app.screen, SelectingScreen)
    app.screen.action_choose_range()


async def _block(app: TriageApp, _pilot: Pilot[None]) -> None:
    from triage_tui.ui.screens.block import BlockScreen

    await app.push_screen(BlockScreen(app.triage, [INTRUDER]))


async def _blocks(app: TriageApp, _pilot: Pilot[None]) -> None:
    app.action_show_blocks()


async def _sources(app: TriageApp, _pilot: Pilot[None]) -> None:
    app.action_show_sources()


async def _rules(app: TriageApp, _pilot: Pilot[None]) -> None:
    app.action_show_rules()


async def _answers(app: TriageApp, _pilot: Pilot[None]) -> None:
    from triage_tui.ui.screens.answers import AnswersScreen

    await app.push_screen(AnswersScreen(app.triage, INTRUDER))


async def _remedy(app: TriageApp, pilot: Pilot[None]) -> None:
    await _answers(app, pilot)
    await settle(pilot)
    app.screen.query_one(VirtualTable).action_select()


async def _resources(app: TriageApp, _pilot: Pilot[None]) -> None:
    app.action_show_resources()


STATES: Mapping[str, tuple[str, str, Callable[[TriageApp, Pilot[None]], Awaitable[None]]]] = {
    "overview": (OVERVIEW, TABLE, _overview),
    "a range on the overview": (OVERVIEW, TIMELINE, _range),
    "inspect": (INSPECT, TABLE, _inspect),
    "a record": (INSPECT, RECORD, _record),
    "block": (BLOCK, "", _block),
    "blocks": (BLOCKS, TABLE, _blocks),
    "sources": (SOURCES, TABLE, _sources),
    "rules": (RULES, TABLE, _rules),
    "answers": (ANSWERS, TABLE, _answers),
    "the plan of an answer": (REMEDY, "", _remedy),
    "resources": (RESOURCES, TABLE, _resources),
}
"""Name -> screen, the layer that has the focus there, and the way there."""


class Nobody:
    """A `ports.Discovery` that finds one profile, and is asked for nothing else."""

    async def profiles(self) -> list[Profile]:
        return [Profile("prod", "access key", "eu-west-1")]


def own_keys() -> dict[str, str]:
    """A keymap that gives each action a key that nothing else has."""
    return {action.id: f"f{number}" for number, action in enumerate(ACTIONS, 30)}


@asynccontextmanager
async def opened(
    demo: Triage, state: str, keymap: Mapping[str, str] | None = None
) -> AsyncIterator[TriageApp]:
    app = TriageApp(demo, title="incident", keymap=keymap)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await STATES[state][2](app, pilot)
        await settle(pilot)
        assert getattr(app.screen, "NAME", "") == STATES[state][0]
        yield app


def expected(state: str) -> list[Action]:
    """What can be done in a state: another widget's keys need another focus."""
    screen, layer, _ = STATES[state]
    return [
        action
        for action in on_screen(screen)
        if action.layer not in FOCUSED or action.layer == layer
    ]


def reached(app: App[None] | App[bool], action: Action, keys: tuple[str, ...]) -> bool:
    """Whether each key calls the action, and somebody does it."""
    name = action.action.partition("(")[0]
    for key in keys:
        found = app.screen.active_bindings.get(canonical(key))
        if found is None or found.binding.id != action.id:
            return False
        holder = app if found.binding.action.startswith("app.") else found.node
        if not hasattr(holder, f"action_{name}"):
            return False
    return True


def test_every_action_is_in_a_state_that_is_walked() -> None:
    assert {screen for screen, _, _ in STATES.values()} == {*EVERYWHERE}
    walked = {action.id for state in STATES for action in expected(state)}
    other = {a.id for a in ACTIONS if set(a.screens) == {SETUP}}
    assert {action.id for action in ACTIONS} == walked | other


@pytest.mark.parametrize("state", STATES)
async def test_keys_and_the_palette_reach_every_action(demo: Triage, state: str) -> None:
    async with opened(demo, state) as app:
        provider = ActionProvider(app.screen)
        found = [hit.text async for hit in provider.discover() if isinstance(hit, DiscoveryHit)]
        focused = {
            canonical(key)
            for action in expected(state)
            if action.layer == STATES[state][1]
            for key in action.keys
        }
        for action in expected(state):
            keys = [key for key in action.keys if canonical(key) not in focused]
            if action.layer == STATES[state][1]:
                keys = list(action.keys)
            assert reached(app, action, tuple(keys)), action.id
            assert (action.help in found) is (action.id != "app.palette"), action.id


@pytest.mark.parametrize("state", STATES)
async def test_ones_own_keys_reach_every_action(demo: Triage, state: str) -> None:
    keymap = own_keys()
    assert validate_keymap(keymap) == keymap
    async with opened(demo, state, keymap) as app:
        for action in expected(state):
            assert reached(app, action, (keymap[action.id],)), action.id
            if action.layer not in FOCUSED:
                usual = app.screen.active_bindings.get(canonical(action.keys[0]))
                assert usual is None or usual.binding.id != action.id


@pytest.mark.parametrize("screen", sorted({name for a in ACTIONS for name in a.screens}))
def test_the_help_tells_of_every_action(screen: str) -> None:
    text = " ".join(" ".join(line.plain for line in HelpScreen(screen, {}).lines(200)).split())
    for action in on_screen(screen):
        if action.group != MOVE or action.layer != RECORD:
            assert " ".join(action.help.split()) in text, action.id


async def test_setting_up_is_reached_too() -> None:
    keymap = {action.id: action.keys for action in on_screen(SETUP)}
    setup = Setup(Nobody(), lambda _: [], wall=lambda: 0)  # type: ignore[arg-type]

    async def write(_chosen: object) -> None: ...

    app = SetupApp(setup, "config.toml", write)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        provider = ActionProvider(app.screen)
        found = [hit.text async for hit in provider.discover() if isinstance(hit, DiscoveryHit)]
        # Enter on a row is the table's own, and the screen goes on when it hears of it.
        shadowed = {canonical(key) for a in ACTIONS if a.layer == TABLE for key in a.keys}
        for action in on_screen(SETUP):
            keys = [key for key in keymap[action.id] if canonical(key) not in shadowed]
            assert reached(app, action, tuple(keys)), action.id
            assert (action.help in found) is (action.id != "app.palette"), action.id
