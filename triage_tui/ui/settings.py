"""What the config may say of the terminal. No Textual here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

THEMES = ("dark", "light", "high-contrast", "colour-blind", "ansi-16")
"""What a theme is called in the config and on the screen."""
ThemeName = Literal["auto", "dark", "light", "high-contrast", "colour-blind", "ansi-16"]
Clipboard = Literal["auto", "osc52", "tmux", "screen", "file"]
Notice = Literal["auto", "osc9", "osc777", "off"]


class TerminalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[terminal]`: how it looks, and how it copies and calls."""

    theme: Annotated[
        ThemeName, msgspec.Meta(description=f"auto, {', '.join(THEMES[:-1])} or {THEMES[-1]}")
    ] = "auto"
    """`auto` is dark, and ansi-16 where there are 16 colours or none."""
    clipboard: Annotated[
        Clipboard, msgspec.Meta(description="auto, osc52, tmux, screen or file")
    ] = "auto"
    """How what is copied reaches the clipboard; `file` writes it into the state folder."""
    bell: Annotated[bool, msgspec.Meta(description="true or false")] = True
    """Whether it rings when an entity becomes critical."""
    notify: Annotated[Notice, msgspec.Meta(description="auto, osc9, osc777 or off")] = "auto"
    """Whether the terminal is asked to show a notification then, and in which way."""


def chosen_theme(asked: str, environment: Mapping[str, str] = os.environ) -> str:
    """The name of the theme that is meant; never `auto`."""
    if environment.get("NO_COLOR"):
        return "ansi-16"
    if asked != "auto":
        return asked
    return "dark" if has_many_colours(environment) else "ansi-16"


def has_many_colours(environment: Mapping[str, str]) -> bool:
    """Whether the terminal says that it has 256 colours or more."""
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return True
    term = environment.get("TERM", "")
    return "256color" in term or "direct" in term or term.startswith(WITH_COLOURS)


WITH_COLOURS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour")
"""Terminals that do not say in their names how many colours they have, which is plenty."""
