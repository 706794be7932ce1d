"""The registry of actions as Textual's bindings and as the footer's hints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from triage_tui.ui.actions import ACTIONS, APP, MODAL, SCREEN, TIMELINE, on_screen
from triage_tui.ui.keymap import effective_keys, shown_key
from widgets.status import StatusItem

if TYPE_CHECKING:
    from collections.abc import Mapping


def bindings(screen: str | None, layer: str = SCREEN) -> list[BindingType]:
    """The bindings that the holder of a layer declares; a `screen` keeps only its own. A modal
    screen declares the app's too: Textual looks for none beneath it."""
    layers = (layer, APP) if screen in MODAL and layer == SCREEN else (layer,)
    return [
        Binding(
            ",".join(action.keys),
            action.action if action.layer == layer else f"app.{action.action}",
            action.label,
            show=False,
            id=action.id,
            tooltip=action.help,
            priority=action.id == "app.quit" and action.layer == layer,
        )
        for action in ACTIONS
        if action.layer in layers and (screen is None or screen in action.screens)
    ]


def layer_hints(layer: str, keymap: Mapping[str, str]) -> list[StatusItem]:
    """What the holder of a layer does, for the footer while it has the keys; what is first in the
    registry goes first as it narrows."""
    return [
        StatusItem(action.label, "dim", 50 + place, shown_key(effective_keys(action, keymap)[0]))
        for place, action in enumerate(ACTIONS)
        if action.layer == layer and action.hint
    ]


def hints(
    screen: str, keymap: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> list[StatusItem]:
    """The footer's items. `labels` replace labels by id; "" leaves out."""
    items = []
    for action in on_screen(screen):
        if not action.hint or action.layer == TIMELINE:
            continue
        label = (labels or {}).get(action.id, action.label)
        keys = effective_keys(action, keymap)
        if label and keys:
            items.append(StatusItem(label, "dim", action.hint, shown_key(keys[0])))
    return items
