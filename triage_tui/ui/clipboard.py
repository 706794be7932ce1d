"""Ways in which a copy reaches the clipboard of whoever sits at the terminal. No Textual here."""

from __future__ import annotations

import base64
import enum
import shutil
import subprocess
from typing import TYPE_CHECKING

from triage_tui.ui.multiplexer import BEL, ESC, in_screen, in_tmux, through_screen, through_tmux

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from triage_tui.ui.settings import Clipboard

LONGEST = 74_994
"""Bytes: what is longer, terminals and tmux cut off or drop. It goes into a file."""
NO_CLIPBOARD = {
    "Apple_Terminal": "Terminal.app takes no clipboard from programs",
    "linux": "the Linux console has no clipboard",
}
"""By TERM_PROGRAM or TERM: why nothing can be copied there."""


class Way(enum.Enum):
    """How it is copied; the value says it to people."""

    OSC52 = "OSC 52"
    BY_TMUX = "OSC 52, kept and passed on by tmux"
    TMUX = "OSC 52, wrapped for tmux"
    SCREEN = "OSC 52, wrapped for screen"
    FILE = "a file"


_ASKED = {"osc52": Way.OSC52, "tmux": Way.TMUX, "screen": Way.SCREEN, "file": Way.FILE}


def way(asked: Clipboard, environment: Mapping[str, str], tmux: Callable[[str], str]) -> Way:
    """How it is copied here. `tmux` tells the value of an option of the tmux server that is in
    between, "" where it has none."""
    if asked != "auto":
        return _ASKED[asked]
    if in_tmux(environment):
        if tmux("set-clipboard") == "on":
            return Way.BY_TMUX
        return Way.TMUX if tmux("allow-passthrough") in ("on", "all") else Way.FILE
    if in_screen(environment):
        return Way.SCREEN
    return Way.FILE if lacks(environment) else Way.OSC52


def lacks(environment: Mapping[str, str]) -> str | None:
    """Why this terminal takes nothing; None where it may."""
    names = (environment.get("TERM_PROGRAM", ""), environment.get("TERM", ""))
    return next((NO_CLIPBOARD[name] for name in names if name in NO_CLIPBOARD), None)


def fits(text: str) -> bool:
    """Whether terminals take so much."""
    return len(text.encode("utf-8", "replace")) <= LONGEST


def sequence(text: str, chosen: Way) -> str:
    """What is sent to the terminal; not for `Way.FILE`."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    plain = f"{ESC}]52;c;{encoded}{BEL}"
    if chosen is Way.TMUX:
        return through_tmux(plain)
    return through_screen(plain) if chosen is Way.SCREEN else plain


def tmux_option(option: str) -> str:
    """The value of an option of tmux, here; "" where it does not say. Blocking."""
    program = shutil.which("tmux")
    if program is None:
        return ""
    flags = "-gsv" if option == "set-clipboard" else "-Apv"
    try:
        asked = subprocess.run(  # noqa: S603 - no shell, and fixed words
            [program, "show-options", flags, option],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()
