"""The application that sets up: it asks, and ends with what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import APP, BY_ID, SETUP
from triage_tui.ui.careful import CarefulApp
from triage_tui.ui.keymap import shown_key
from triage_tui.ui.keys import bindings
from triage_tui.ui.palette import ActionProvider
from triage_tui.ui.screens.setup import SetupScreen
from widgets.text import clean

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import PurePath

    from textual.binding import BindingType
    from textual.command import Provider
    from textual.screen import Screen

    from triage_tui.choices import Chosen
    from triage_tui.ui.screens.code import CodeScreen
    from triage_tui.ui.setup_steps import Setup


class SetupApp(CarefulApp[bool], inherit_bindings=False):
    """Returns True when a config was written."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss"]
    TITLE = "triage-tui"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ActionProvider}
    BINDINGS: ClassVar[list[BindingType]] = bindings(SETUP, APP)

    def __init__(self, setup: Setup, path: str, write: Callable[[Chosen], Awaitable[None]]) -> None:
        """`write` writes the config to `path`, and raises OSError."""
        super().__init__()
        self._setup = setup
        self._path = path
        self._write = write

    def get_default_screen(self) -> Screen[None]:
        return SetupScreen(self._setup, self._path)

    async def write(self, chosen: Chosen) -> None:
        """Writes the config, and ends; says why where it cannot."""
        try:
            await self._write(chosen)
        except OSError as error:
            words = f"{self._path}: cannot be written: {error.strerror or error}"
            self.notify(clean(words), severity="error", markup=False, timeout=12)
            return
        self.exit(True)

    @property
    def is_free(self) -> bool:
        """Whether no question is open."""
        return isinstance(self.screen, SetupScreen)

    def key_of(self, action: str) -> str:
        """The key that looks again, and asks again."""
        return shown_key(BY_ID["setup.again"].keys[0])

    def ask_for_code(self, screen: CodeScreen, settle: Callable[[str | None], None]) -> None:
        """Opens the dialog; from any task."""
        self.call_later(self.push_screen, screen, settle)

    def action_show_help(self) -> None:
        """The keys."""
        from triage_tui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(SETUP, {}))

    def action_leave(self) -> None:
        """Leaves without a config: nothing is lost that would not be asked again."""
        self.exit(False)

    async def action_quit(self) -> None:
        """The same, from anywhere."""
        self.exit(False)
