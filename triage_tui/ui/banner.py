"""Two lines below the top one, on every screen, while nobody lets the triage in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from widgets.status import StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from triage_tui.ui.adapters import lockouts


class Banner(Vertical):
    """What is wrong, and what to do."""

    DEFAULT_CSS = """
    Banner {
        height: 2;
        background: $error-muted;
    }
    """

    def __init__(self, shown: lockouts.Banner) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        yield StatusLine(*self._shown.what, id="lockout")
        yield StatusLine(*self._shown.cure, id="lockout-cure")

    def show(self, shown: lockouts.Banner) -> None:
        """Shows another one; the same again costs nothing."""
        self._shown = shown
        if self.is_mounted and self.children:
            self.query_one("#lockout", StatusLine).show(*shown.what)
            self.query_one("#lockout-cure", StatusLine).show(*shown.cure)
