"""Sequences for the terminal, through tmux or screen where those stand in between. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ESC, BEL, ST = "\x1b", "\x07", "\x1b\\"
CHUNK = 256
"""Characters that screen takes at once, with room to spare: what is longer it drops."""


def in_tmux(environment: Mapping[str, str]) -> bool:
    """Whether tmux stands in between."""
    return bool(environment.get("TMUX"))


def in_screen(environment: Mapping[str, str]) -> bool:
    """Whether screen does."""
    if in_tmux(environment):
        return False  # tmux calls its terminals screen too
    return bool(environment.get("STY")) or environment.get("TERM", "").startswith("screen")


def through_tmux(sequence: str) -> str:
    """Wrapped so that tmux hands it on as it is, where `allow-passthrough` lets it."""
    return f"{ESC}Ptmux;{sequence.replace(ESC, ESC * 2)}{ST}"


def through_screen(sequence: str) -> str:
    """Wrapped so that screen hands it on, in pieces that it takes."""
    pieces = (sequence[at : at + CHUNK] for at in range(0, len(sequence), CHUNK))
    return "".join(f"{ESC}P{piece}{ST}" for piece in pieces)
