"""What all screens over a triage have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.screen import Screen

if TYPE_CHECKING:
    from textual.binding import BindingType

    from triage_tui.triage import Triage

Result = TypeVar("Result")


class TriageScreen(Screen[Result], inherit_bindings=False):
    """A screen that shows a triage. The app calls `show_changes` when something has changed."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, triage: Triage) -> None:
        super().__init__()
        self.triage = triage

    def show_changes(self) -> None:
        """Look at the triage again and paint what differs."""
        raise NotImplementedError

    def show_clock(self) -> None:
        """Time goes on between two calls of `show_changes`: what is cheap to paint may follow."""

    def on_screen_resume(self) -> None:
        """Covered screens are not kept up to date."""
        if self.is_mounted:
            self.call_after_refresh(self.show_changes)
