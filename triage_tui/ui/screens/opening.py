"""The first frame: what is being opened. The engine starts behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from widgets.status import StatusItem, StatusLine
from widgets.text import fit

if TYPE_CHECKING:
    from textual.app import ComposeResult


class OpeningScreen(Screen[None], inherit_bindings=False):
    """The top line as the first screen will have it, and nothing else yet."""

    CSS = "OpeningScreen > StatusLine { background: $panel; }"

    def __init__(self, mode: str, title: str) -> None:
        """`title` is raw text."""
        super().__init__()
        self._mode, self._title = mode, title

    def compose(self) -> ComposeResult:
        yield StatusLine()

    def on_mount(self) -> None:
        title = StatusItem(fit(self._title, min(24, len(self._title))), "", 40)
        opening = StatusItem("opening …", "warning", 75)
        self.query_one(StatusLine).show([StatusItem(self._mode, "strong", 90), title, opening], [])
