"""What doctor recognises of the terminal: colours, size, spelling, clipboard, tmux."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.health import Checked, CheckState
from triage_tui.ui.clipboard import Way, lacks, tmux_option, way
from triage_tui.ui.settings import WITH_COLOURS, has_many_colours

from . import console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WIDTH, HEIGHT = 80, 24
"""What the screens are drawn for."""
_CLIPBOARDS = frozenset({"iTerm.app", "WezTerm", "ghostty", "rio", "vscode", "WarpTerminal"})
_WRITES = "y writes a file instead, and says where"


class Terminal(NamedTuple):
    """What there is to know about a terminal without asking it."""

    environment: Mapping[str, str]
    columns: int
    lines: int
    encoding: str
    """Of what is written to it."""
    tmux: Callable[[str], str]
    """The value of an option of the tmux server; "" where it does not say."""


def present() -> Terminal | None:
    """The terminal we are in; None where there is none."""
    if not console.has_screen():
        return None
    size = shutil.get_terminal_size()
    encoding = sys.stdout.encoding or ""
    return Terminal(os.environ, size.columns, size.lines, encoding, tmux_option)


class TerminalCheck:
    """Implements `ports.Check`."""

    name = "this terminal"

    def __init__(self, terminal: Terminal | None) -> None:
        """None where there is none."""
        self._terminal = terminal

    async def run(self) -> Sequence[Checked]:
        """One row for each ability."""
        import asyncio

        return await asyncio.to_thread(self.look)

    def look(self) -> list[Checked]:
        """The same. Blocking."""
        terminal = self._terminal
        if terminal is None:
            words = "not a terminal: triage-tui live --headless and scan work here, screens do not"
            return [_row(CheckState.SKIPPED, "terminal", words)]
        looks = (_size, _colours, _spelling, _clipboard)
        return [look(terminal) for look in looks]


def _size(terminal: Terminal) -> Checked:
    words = f"{terminal.columns} × {terminal.lines}"
    if terminal.columns < WIDTH or terminal.lines < HEIGHT:
        fix = f"make the window {WIDTH} × {HEIGHT} or larger"
        return _row(CheckState.WARNING, "size", f"{words}: columns are left out", fix)
    return _row(CheckState.OK, "size", words)


def _colours(terminal: Terminal) -> Checked:
    said = terminal.environment
    term = said.get("TERM", "")
    if said.get("NO_COLOR"):
        return _row(CheckState.OK, "colours", "none, as NO_COLOR says: letters and marks tell all")
    if term in ("", "dumb", "unknown"):
        words = f"TERM is {term or 'not set'}: no screen can be drawn"
        return _row(CheckState.FAILS, "colours", words, "export TERM=xterm-256color")
    if said.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return _row(CheckState.OK, "colours", "16 million")
    if has_many_colours(said):
        return _row(CheckState.OK, "colours", "256")
    fix = "export TERM=xterm-256color, where the terminal can do it (most can)"
    return _row(CheckState.WARNING, "colours", f"TERM is {term}: 16 at most", fix)


def _spelling(terminal: Terminal) -> Checked:
    encoding = terminal.encoding.lower().replace("-", "")
    if encoding == "utf8":
        return _row(CheckState.OK, "characters", "UTF-8")
    words = f"the locale is {terminal.encoding or 'not set'}: bars and marks become question marks"
    fix = "export LC_ALL=C.UTF-8 (or en_US.UTF-8)"
    return _row(CheckState.WARNING, "characters", words, fix)


def _clipboard(terminal: Terminal) -> Checked:
    """Whether what `y` copies can reach the clipboard of whoever looks at it."""
    said = terminal.environment
    term, program = said.get("TERM", ""), said.get("TERM_PROGRAM", "")
    chosen = way("auto", said, terminal.tmux)
    if said.get("TMUX"):
        return _tmux_clipboard(chosen, terminal.tmux("set-clipboard"))
    if chosen is Way.SCREEN:
        words = "screen passes it on (OSC 52, wrapped) to the terminal around it"
        return _row(CheckState.OK, "clipboard", words)
    if chosen is Way.FILE:
        words = f"{lacks(said)}: {_WRITES}"
        return _row(CheckState.WARNING, "clipboard", words, "use another terminal for copying")
    if program in _CLIPBOARDS or term.startswith(WITH_COLOURS):
        return _row(CheckState.OK, "clipboard", f"{program or term} takes it (OSC 52)")
    words = "most terminals take it (OSC 52); whether this one does, it does not say"
    return _row(CheckState.OK, "clipboard", words)


def _tmux_clipboard(chosen: Way, setting: str) -> Checked:
    if chosen is not Way.FILE:
        return _row(CheckState.OK, "clipboard", f"tmux passes it on ({chosen.value})")
    words = f"tmux keeps it to itself (set-clipboard is {setting or 'not known'}): {_WRITES}"
    fix = "put into ~/.tmux.conf, and run in tmux: set -s set-clipboard on"
    return _row(CheckState.WARNING, "clipboard", words, fix)


def _row(state: CheckState, what: str, found: str, fix: str = "") -> Checked:
    return Checked(state, "terminal", what, "", found, fix)
