"""The registry of actions: complete, without clashes, and strict with the user's own keys."""

import pytest
from textual.app import App
from textual.binding import Binding
from textual.keys import _character_to_key
from textual.screen import Screen

from triage_tui.ui import actions
from triage_tui.ui.actions import ACTIONS, BY_ID
from triage_tui.ui.app import TriageApp
from triage_tui.ui.keymap import NAVIGATION, KeymapError, canonical, validate_keymap
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.screens.overview import OverviewScreen
from widgets.record import RecordView
from widgets.table import VirtualTable


def test_ids_are_unique_and_every_action_is_explained() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.help
        assert action.label
        assert action.group in actions.GROUPS
        assert action.keys
        assert action.screens


@pytest.mark.parametrize(("layer", "widget"), [("table", VirtualTable), ("record", RecordView)])
def test_the_widgets_own_keys_are_told_truly(
    layer: str, widget: type[VirtualTable | RecordView]
) -> None:
    held = {
        binding.id: (set(binding.key.split(",")), binding.action)
        for binding in widget.BINDINGS
        if isinstance(binding, Binding) and binding.id
    }
    told = {
        action.id: (set(action.keys), action.action)
        for action in ACTIONS
        if action.layer == layer and action.id in held
    }
    assert told == held


def test_keys_are_named_as_textual_names_them() -> None:
    for action in ACTIONS:
        for key in action.keys:
            if len(key) == 1:
                assert canonical(key) == _character_to_key(key)
            else:
                assert canonical(key) == key
    assert canonical("ctrl+?") == "ctrl+question_mark"
    assert canonical("Ctrl+P") == "ctrl+P"
    assert canonical("Enter") == "enter"


@pytest.mark.parametrize(("holder", "screen"), [(TriageApp, None), (OverviewScreen, "overview")])
def test_every_action_has_somebody_who_does_it(
    holder: type[App[None]] | type[Screen[None]], screen: str | None
) -> None:
    layer = "app" if screen is None else "screen"
    for binding in bindings(screen, layer):
        assert isinstance(binding, Binding)
        assert binding.id
        assert binding.tooltip
        name = binding.action.partition("(")[0]
        assert hasattr(holder, f"action_{name}")


def test_the_world_is_never_changed_by_a_careless_key() -> None:
    for action in ACTIONS:
        if action.changes_world:
            for key in map(canonical, action.keys):
                assert "ctrl+" not in key
                assert key not in NAVIGATION
                assert "asks" in action.help


def test_usual_keys_pass() -> None:
    assert validate_keymap({}) == {}
    same = {action.id: ",".join(action.keys) for action in ACTIONS}
    assert validate_keymap(same) == same
    assert validate_keymap({"case.note": "x", "filter.edit": "ctrl+f"})


@pytest.mark.parametrize(
    ("keymap", "message"),
    [
        ({"case.notes": "n"}, "case.notes: there is no such action; did you mean `case.note`?"),
        ({"xyzzy": "n"}, "there is no such action; known are answer.menu"),
        ({"case.note": " , "}, "case.note: no key is given"),
        ({"case.note": "s"}, "case.note: `s` is the key of case.status too"),
        ({"case.note": "semicolon,j"}, "`j` is the key of table.down too"),
        ({"case.note": "q"}, "`q` is the key of app.leave too"),
        ({"case.note": "x", "case.tag": "x"}, "is the key of"),
        ({"case.note": "slash"}, "`slash` is the key of filter.edit too"),
        ({"block.plan": "ctrl+b"}, "pressed without looking"),
        ({"block.plan": "space", "time.toggle": "x"}, "pressed without looking"),
        ({"blocks.undo_newest": "Enter"}, "pressed without looking"),
        ({"blocks.undo": "G"}, "pressed without looking"),
    ],
)
def test_wrong_keymaps_are_refused(keymap: dict[str, str], message: str) -> None:
    with pytest.raises(KeymapError) as error:
        validate_keymap(keymap)
    assert message in str(error.value)


def test_keys_may_change_places() -> None:
    assert validate_keymap({"case.note": "s", "case.status": ";"})


def test_hints_show_the_keys_in_force() -> None:
    shown = {item.text: item.key for item in hints("overview", {"case.note": "n"})}
    assert shown["note"] == "n"
    assert shown["inspect"] == "Enter"
    assert "filter" not in {i.text for i in hints("overview", {}, {"filter.edit": ""})}
