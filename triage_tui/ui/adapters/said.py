"""What the line under a prompt says."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """Raw text; `position` is the character of the value that an error is about."""

    text: str
    error: bool = False
    position: int | None = None
