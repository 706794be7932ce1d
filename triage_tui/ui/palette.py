"""The command palette: the registry's actions, those that apply on the open screen."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from triage_tui.ui.actions import APP, MOVE, SCREEN, on_screen
from triage_tui.ui.keymap import effective_keys, shown_key
from widgets.text import clean, fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.dom import DOMNode

    from triage_tui.ui.actions import Action


class Palette(CommandPalette):
    """Textual's, whose cursor would blink over the link for ever."""

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False

    def dismiss(self, result: None = None) -> AwaitComplete:
        """As any question's; Textual takes what belongs to a screen from its first base alone."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def _action_command_list(self, action: str) -> None:
        """Moves in the list, which has no lines before it is on the screen."""
        with suppress(KeyError):
            super()._action_command_list(action)


class ActionProvider(Provider):
    """Runs the same action as the key does, so what asks on a key asks here too. It runs one, once:
    a second Enter may be on its way."""

    _ran = False

    def _holder(self, action: Action) -> DOMNode | None:
        """Who does it; None while nobody does: what a focused widget can do needs the focus."""
        if action.layer in (APP, SCREEN):
            return self.app if action.layer == APP else self.screen
        focused = self.screen.focused
        return focused if getattr(focused, "LAYER", "") == action.layer else None

    def _found(self) -> Iterator[tuple[str, Content, Action]]:
        # On the ground of the cursor one of sixteen colours may not be seen.
        inked = "bold" if self.app.current_theme.ansi else "bold $text-accent"
        keymap: Mapping[str, str] = getattr(self.app, "keymap", {})
        # Hands know how to move; whoever looks here looks for something else.
        found = sorted(on_screen(getattr(self.screen, "NAME", "")), key=lambda a: a.group == MOVE)
        for action in found:
            if action.palette and self._holder(action) is not None:
                text = clean(action.help)
                keys = effective_keys(action, keymap)
                key = fit(shown_key(keys[0]) if keys else "", 10)
                # As content, not as a string: keys such as `[` are markup to Textual.
                yield text, Content.assemble((key, inked), text), action

    async def _run(self, action: Action) -> None:
        holder = self._holder(action)
        if holder is not None and not self._ran and self.app.screen is self.screen:
            self._ran = True
            await self.app.run_action(action.action, holder)

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for text, shown, action in self._found():
            yield DiscoveryHit(shown, partial(self._run, action), text=text)

    async def search(self, query: str) -> Hits:
        """Those whose words match."""
        matcher = self.matcher(query)
        for text, shown, action in self._found():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, shown, partial(self._run, action), text=text)
