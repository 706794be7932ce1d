"""Themes: what is written can be read, and who sees other colours tells them apart."""

import itertools

import pytest
from textual.color import Color
from textual.theme import Theme

from triage_tui.ui.settings import THEMES as NAMES
from triage_tui.ui.settings import chosen_theme
from triage_tui.ui.theme import COLOUR_BLIND, HIGH_CONTRAST, THEMES, after

ROLES = ("foreground", *(f"text-{name}" for name in (
    "muted", "primary", "accent", "success", "warning", "error")))  # fmt: skip
GROUNDS = ("background", "surface", "panel")
CURSOR = ("block-cursor-background", "block-cursor-blurred-background")
WITH_COLOURS = [theme for theme in THEMES if not theme.ansi]


def colours(theme: Theme) -> dict[str, Color]:
    said = theme.to_color_system().generate() | theme.variables
    return {name: Color.parse(said[name]) for name in (*ROLES, *GROUNDS, *CURSOR)}


def contrast(one: Color, other: Color) -> float:
    """As WCAG counts it."""
    light = sorted((luminance(one), luminance(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(colour: Color) -> float:
    parts = [linear(part / 255) for part in colour.rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def test_names() -> None:
    assert tuple(theme.name for theme in THEMES) == NAMES
    assert [after(name) for name in NAMES] == [*NAMES[1:], NAMES[0]]


@pytest.mark.parametrize("theme", WITH_COLOURS, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    found, least = colours(theme), 7.0 if theme is HIGH_CONTRAST else 4.5
    weak = {
        (role, ground): round(contrast(found[role], found[ground]), 1)
        for role in ROLES
        for ground in GROUNDS
        if contrast(found[role], found[ground]) < least
    }
    assert weak == {}
    on_cursor = [contrast(found[role], found[ground]) for role in ROLES for ground in CURSOR]
    assert min(on_cursor) >= 3.4


# Machado, Oliveira, Fernandes (2009), severity 1: linear RGB as they see it.
LACKING = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
               (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def lab(colour: Color, seen: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as somebody sees it."""
    plain = [linear(part / 255) for part in colour.rgb]
    red, green, blue = (sum(w * p for w, p in zip(row, plain, strict=True)) for row in seen)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * max(v, 0) + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("lacking", LACKING)
def test_who_lacks_cones_tells_good_from_bad(lacking: str) -> None:
    found = colours(COLOUR_BLIND)
    for one, other in itertools.combinations(("text-success", "text-warning", "text-error"), 2):
        pair = (lab(found[name], LACKING[lacking]) for name in (one, other))
        apart = sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5
        assert apart > 20, (one, other, apart)


@pytest.mark.parametrize(
    ("asked", "environment", "found"),
    [
        ("auto", {"TERM": "xterm-256color"}, "dark"),
        ("auto", {"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ("auto", {"TERM": "xterm-kitty"}, "dark"),
        ("auto", {"TERM": "xterm"}, "ansi-16"),
        ("auto", {"TERM": "linux"}, "ansi-16"),
        ("auto", {}, "ansi-16"),
        ("light", {"TERM": "xterm"}, "light"),
        ("light", {"TERM": "xterm-256color", "NO_COLOR": "1"}, "ansi-16"),
        ("light", {"TERM": "xterm-256color", "NO_COLOR": ""}, "light"),
    ],
)
def test_the_theme_that_is_meant(asked: str, environment: dict[str, str], found: str) -> None:
    assert chosen_theme(asked, environment) == found
