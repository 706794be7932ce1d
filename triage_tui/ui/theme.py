"""Our colours: calm ground, and few strong ones, which always mean something.

A theme is chosen by its name in `settings.THEMES`. Whatever the colours are, letters, numbers and
marks tell the same.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from triage_tui.ui.settings import THEMES as NAMES

DARK = Theme(
    name="dark",
    primary="#6ea8d8",
    secondary="#8f9bb3",
    accent="#7fc8c2",
    success="#8fbf7f",
    warning="#e0b25c",
    error="#e8746a",
    foreground="#d5dae2",
    background="#12161c",
    surface="#171c23",
    panel="#1e252e",
    dark=True,
    variables={
        "text-muted": "#98a2b1",
        "text-disabled": "#4f5966",
        "block-cursor-background": "#2d4963",
        "block-cursor-blurred-background": "#20303f",
    },
)
LIGHT = Theme(
    name="light",
    primary="#2f6c9f",
    secondary="#5b6678",
    accent="#16807a",
    success="#3c7d34",
    warning="#8a5d08",
    error="#b8392f",
    foreground="#22272e",
    background="#f7f7f4",
    surface="#efefeb",
    panel="#e4e5e0",
    dark=False,
    variables={
        "text-muted": "#59606b",
        "text-disabled": "#a8adb5",
        "text-primary": "#1f5580",
        "text-accent": "#0d5f5a",
        "text-success": "#2a6323",
        "text-warning": "#6d4905",
        "text-error": "#9c2a21",
        "block-cursor-background": "#c3d8ea",
        "block-cursor-blurred-background": "#dbe6ee",
    },
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#7cc4ff",
    secondary="#d0d0d0",
    accent="#00f0f0",
    success="#5cff5c",
    warning="#ffd400",
    error="#ff8080",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    dark=True,
    variables={
        "text-muted": "#d0d0d0",
        "text-disabled": "#8a8a8a",
        "text-primary": "#7cc4ff",
        "text-accent": "#00f0f0",
        "text-success": "#5cff5c",
        "text-warning": "#ffd400",
        "text-error": "#ff8080",
        "block-cursor-background": "#003a70",
        "block-cursor-blurred-background": "#1f2f40",
    },
)
COLOUR_BLIND = Theme(
    # Of the palette of Okabe and Ito, which whoever lacks one kind of cones can tell apart.
    name="colour-blind",
    primary="#56b4e9",
    secondary="#9aa5b5",
    accent="#cc9ac0",
    success="#56b4e9",
    warning="#f0e442",
    error="#f0803c",
    foreground="#d5dae2",
    background="#12161c",
    surface="#171c23",
    panel="#1e252e",
    dark=True,
    variables={
        "text-muted": "#98a2b1",
        "text-disabled": "#4f5966",
        "text-primary": "#9fc3dc",
        "text-accent": "#d8aacd",
        "text-success": "#56b4e9",
        "text-warning": "#f0e442",
        "text-error": "#f0803c",
        "block-cursor-background": "#2d4963",
        "block-cursor-blurred-background": "#20303f",
    },
)
ANSI_16 = Theme(
    # The terminal's own sixteen, on its own ground: whatever they are there, they go together.
    name="ansi-16",
    primary="ansi_cyan",
    secondary="ansi_default",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    ansi=True,
    variables=BUILTIN_THEMES["ansi-dark"].variables
    | {
        "text-muted": "ansi_default",
        "text-disabled": "ansi_default",
        "error-muted": "ansi_default",
        "block-cursor-background": "ansi_blue",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-blurred-background": "ansi_default",
    },
)
THEMES = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND, ANSI_16)


def after(name: str) -> str:
    """The theme that comes after one."""
    return NAMES[(NAMES.index(name) + 1) % len(NAMES)]
