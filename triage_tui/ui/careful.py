"""An app in which a key means what its screen showed when it was pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from textual import events

from triage_tui.ui.screens.ask import AskScreen
from triage_tui.ui.terminal_app import TerminalApp
from widgets.line_input import one_line

if TYPE_CHECKING:
    from textual.screen import Screen

    from triage_tui.ui.settings import TerminalSettings

Answer = TypeVar("Answer")


class CarefulApp(TerminalApp[Answer], inherit_bindings=False):
    """Hasty keys go where they were meant, or nowhere."""

    def __init__(self, terminal: TerminalSettings | None = None) -> None:
        super().__init__(terminal)
        self._typed_into: WeakKeyDictionary[events.Key, Screen[object]] = WeakKeyDictionary()

    async def on_event(self, event: events.Event) -> None:
        """A paste is one line of safe text; a key belongs to the screen it was typed into."""
        if isinstance(event, events.Paste) and not event.is_forwarded:
            event = events.Paste(one_line(event.text))
        if isinstance(event, events.Key) and not self._is_timely(event):
            return
        await super().on_event(event)

    def _is_timely(self, event: events.Key) -> bool:
        """Textual looks for a key's binding when the key has come back from the focused widget.
        By then another screen may be open, which nobody had seen when the key was pressed."""
        if not event.is_forwarded:
            self._typed_into[event] = self.screen
            return True
        if self._typed_into.pop(event, self.screen) is self.screen:
            return True
        if isinstance(self.screen, AskScreen):
            self.screen.type_ahead(event)
        return False
