"""A screen over others that is answered once, however many keys were pressed at once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Question(ModalScreen[Result]):
    """Textual's own takes whatever screen is on top away when it is answered: another one, where a
    second Enter was on its way already, and at last the only one, which ends the app."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Gives the answer and goes; nothing happens where it has gone, or another one lies over
        it."""
        if self.app.screen is not self:
            return AwaitComplete()
        return super().dismiss(result)
