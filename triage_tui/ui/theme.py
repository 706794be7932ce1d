"""Our colours: calm ground, and few strong ones, which always mean something."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="triage-dark",
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
    variables={"text-muted": "#828c9b", "text-disabled": "#4f5966"},
)
LIGHT = Theme(
    name="triage-light",
    primary="#2f6c9f",
    secondary="#5b6678",
    accent="#16807a",
    success="#3c7d34",
    warning="#96650a",
    error="#b8392f",
    foreground="#22272e",
    background="#f7f7f4",
    surface="#efefeb",
    panel="#e4e5e0",
    dark=False,
    variables={"text-muted": "#6b7280", "text-disabled": "#a8adb5"},
)
THEMES = (DARK, LIGHT)
