"""The least that a Textual application does: the yardstick for the first paint."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """One word on the screen."""

    def compose(self) -> ComposeResult:
        yield Static("ready")


Bare().run()
