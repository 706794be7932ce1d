"""A bell, and a notification of the desktop, for whoever looks elsewhere. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.ui.multiplexer import BEL, ESC, in_screen, in_tmux, through_screen, through_tmux
from widgets.text import clean, fit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from triage_tui.ui.settings import Notice

LONGEST = 120
"""Cells of a notification."""
_NONE = ("linux", "dumb", "")
"""Terminals, by TERM, that would show such a sequence as text, or have nowhere to show it."""
_BY_777 = ("rxvt", "foot")
"""Terminals, by the beginning of TERM, that know OSC 777 and not OSC 9."""


def notice(title: str, body: str, asked: Notice, environment: Mapping[str, str]) -> str:
    """The sequence that shows a notification; "" where none is wanted, or none can be shown.

    Texts from outside are fine. tmux hands it on where `allow-passthrough` lets it, and drops it in
    silence else.
    """
    term = environment.get("TERM", "")
    if asked == "off" or (asked == "auto" and term in _NONE):
        return ""
    # A semicolon parts the fields.
    name, text = (clean(part).replace(";", ",") for part in (title, body))
    text = fit(text, LONGEST).rstrip()
    if asked == "osc777" or (asked == "auto" and term.startswith(_BY_777)):
        plain = f"{ESC}]777;notify;{name};{text}{BEL}"
    else:
        plain = f"{ESC}]9;{name}: {text}{BEL}"
    if in_tmux(environment):
        return through_tmux(plain)
    return through_screen(plain) if in_screen(environment) else plain
