"""An app that knows its terminal: its colours, its clipboard, and when another program has it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TypeVar

from textual.app import SuspendNotSupported

from triage_tui.atomic import whole
from triage_tui.ui import clipboard, editor
from triage_tui.ui.clipboard import Way
from triage_tui.ui.settings import TerminalSettings, chosen_theme
from triage_tui.ui.theme import THEMES, after
from widgets._textual import ThriftyApp

Result = TypeVar("Result")
CLIPBOARD_FILE = "clipboard.txt"


class TerminalApp(ThriftyApp[Result], inherit_bindings=False):
    """Dresses as the config says; copies in whatever way gets through, and tells which."""

    def __init__(self, terminal: TerminalSettings | None = None) -> None:
        self.terminal = terminal or TerminalSettings()
        # Taken before Textual takes NO_COLOR out of the environment; empty, it says nothing.
        plain = bool(os.environ.get("NO_COLOR"))
        if not plain:
            os.environ.pop("NO_COLOR", None)
        chosen = chosen_theme(self.terminal.theme, os.environ)
        super().__init__(ansi_color=True if plain else None)
        self.folder: Path | None = None
        """Where a file with what was copied goes; None where nothing is kept."""
        self._way: Way | None = None
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = chosen

    def next_theme(self) -> str:
        """Puts the next theme on; its name."""
        self.theme = after(self.theme)
        return self.theme

    # -- copying ---------------------------------------------------------------------------------

    async def copied(self, text: str) -> str:
        """Copies clean text; how, in words. Raises OSError where it has to go into a file and
        cannot."""
        self._clipboard = text
        if self._way is None:
            asked = self.terminal.clipboard
            self._way = await asyncio.to_thread(
                clipboard.way, asked, dict(os.environ), clipboard.tmux_option
            )
        if self._way is Way.FILE or not clipboard.fits(text):
            return str(await asyncio.to_thread(_into_file, text, self.folder))
        self.send(clipboard.sequence(text, self._way))
        return str(self._way.value)

    # -- another program's turn ------------------------------------------------------------------

    async def edited(self, text: str, hint: str) -> str | None:
        """What somebody makes of the text in their editor, while everything else goes on; None
        where it was left as it was. `hint` stands below it. Raises editor.EditorError."""
        command = editor.command(os.environ)
        path = await asyncio.to_thread(editor.begin, text, hint)
        try:
            try:
                with self.lent():
                    code = await asyncio.to_thread(editor.run, command, path)
            except SuspendNotSupported as error:
                raise editor.EditorError("this terminal cannot be lent to an editor") from error
            return await asyncio.to_thread(editor.outcome, command, code, path, text)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)


def _into_file(text: str, folder: Path | None) -> Path:
    """Writes the text for its owner alone, in the place of what was copied before."""
    data = text.encode("utf-8", "replace")
    if folder is None:
        handle, name = tempfile.mkstemp(prefix=".clipboard-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return Path(name)
    path = folder / CLIPBOARD_FILE
    with whole(path) as file:
        file.write(data)
    return path
