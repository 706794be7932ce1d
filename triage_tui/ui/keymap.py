"""The user's own keys: how keys are written, and which keymaps can be lived with.

No Textual here, so that keys are checked before any screen exists.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from triage_tui.ui.actions import ACTIONS, BY_ID, RECORD, TABLE, TIMELINE, Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOCUSED = frozenset({TABLE, RECORD, TIMELINE})
"""Layers of which one alone has the focus. A time-line lets nothing through of what it knows."""
NAVIGATION = frozenset({
    "h", "j", "k", "l", "g", "G", "n", "N", "up", "down", "left", "right", "home", "end", "pageup",
    "pagedown", "enter", "space", "tab", "shift+tab", "escape", "backspace",
})  # fmt: skip
"""Keys that hands press without looking: nothing that changes the world hangs on them."""


class KeymapError(ValueError):
    """A wrong keymap: which id it is about, and what is wrong."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"{action}: {message}")
        self.action = action


_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}


def canonical(key: str) -> str:
    """The key's long name, as Textual spells it (`?` is `question_mark`)."""
    head, plus, tail = key.rpartition("+") if len(key) > 1 else ("", "", key)
    if len(tail) == 1 and not tail.isalnum():
        name = unicodedata.name(tail, tail).lower().replace("-", "_").replace(" ", "_")
        tail = _NAMES.get(name, name)
    elif not plus:
        tail = tail if len(tail) == 1 else tail.lower()
    return f"{head.lower()}{plus}{tail}"


def split_keys(keys: str) -> tuple[str, ...]:
    """The keys of a keymap's value, which stand between commas."""
    return tuple(key for part in keys.split(",") if (key := part.strip()))


def effective_keys(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """An action's keys under the user's keymap."""
    return split_keys(keymap[action.id]) if action.id in keymap else action.keys


def shown_key(key: str) -> str:
    """A key as people know it: `Enter`, `ctrl+p`, `?`."""
    words = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "shift+tab": "shift+Tab"}
    arrows = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
    found = words.get(key) or arrows.get(key)
    if found:
        return found
    return key if len(key) == 1 or "+" in key else key.capitalize()


def validate_keymap(overrides: Mapping[str, str]) -> Mapping[str, str]:
    """The keymap, if it is one. Raises KeymapError for an unknown id, a clash within a screen,
    and a careless key for what changes the world."""
    for name, value in overrides.items():
        action = BY_ID.get(name)
        if action is None:
            raise KeymapError(name, _unknown(name))
        keys = split_keys(value)
        if not keys:
            raise KeymapError(name, "no key is given")
        if action.changes_world:
            _check_care(action, keys)
    usual = {(frozenset(clash[:2]), clash[2]) for clash in _clashes({})}
    for first, second, key in _clashes(overrides):
        if (frozenset((first, second)), key) not in usual:
            raise KeymapError(first, f"`{key}` is the key of {second} too; give that another one")
    return dict(overrides)


def _unknown(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, BY_ID, 1)
    hint = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(sorted(BY_ID))}"
    return f"there is no such action{hint}"


def _check_care(action: Action, keys: tuple[str, ...]) -> None:
    for key in keys:
        name = canonical(key)
        if "ctrl+" in name or name in NAVIGATION:
            raise KeymapError(
                action.id,
                f"`{key}` is pressed without looking, and this changes the outside world",
            )


def _clashes(keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(id, id, key) of any two actions that one press would call, the changed one first."""
    holders: dict[str, list[Action]] = {}
    for action in ACTIONS:
        for key in dict.fromkeys(map(canonical, effective_keys(action, keymap))):
            holders.setdefault(key, []).append(action)
    for key, actions in holders.items():
        for place, first in enumerate(actions):
            for second in actions[place + 1 :]:
                if _meet(first, second):
                    pair = sorted(
                        (first.id, second.id), key=lambda name: (name not in keymap, name)
                    )
                    yield pair[0], pair[1], key


def _meet(first: Action, second: Action) -> bool:
    """Whether both can be meant by one press of a key."""
    if not set(first.screens) & set(second.screens):
        return False
    focused = {first.layer, second.layer} & FOCUSED
    return (len(focused) < 2 and TIMELINE not in focused) or first.layer == second.layer
