"""What the template hands to the function: variables of its environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

from triage_tui.model import DAY, HOUR, MINUTE, SECOND, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "TRIAGE_TUI_"
LEVELS = ("informational", "low", "medium", "high", "critical")
OFF = "off"
_SPAN = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

Level = Literal["informational", "low", "medium", "high", "critical"]


class OptionError(Exception):
    """A variable that says nothing sensible: which, and what it may say."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the function is set up. Times are nanoseconds."""

    table: str
    topic: str
    letters: str = ""
    """The URL of the queue for what can never be read; "" only says so in the log."""
    level: Severity = Severity.MEDIUM
    """From which level on somebody is told."""
    window: int = HOUR
    """For so long nobody is told the same again, unless it gets worse."""
    block: Severity | None = None
    """From which level on it blocks; None never."""
    block_for: int = HOUR
    blocks_an_hour: int = 20
    """What it blocks by itself at most."""
    custom: str = ""
    """The function that is called with each alert of the level at which it would block."""


def from_environment(environment: Mapping[str, str]) -> Options:
    """The options. Raises OptionError for what is missing or wrong."""

    def said(name: str, default: str = "") -> str:
        return environment.get(f"{PREFIX}{name}", "").strip() or default

    for name in ("TABLE", "TOPIC"):
        if not said(name):
            raise OptionError(f"{PREFIX}{name} is not set: it comes from the template")
    block = said("BLOCK_LEVEL", OFF)
    return Options(
        table=said("TABLE"),
        topic=said("TOPIC"),
        letters=said("LETTERS"),
        level=_level("LEVEL", said("LEVEL", "medium")),
        window=_span("WINDOW", said("WINDOW", "1h")),
        block=None if block == OFF else _level("BLOCK_LEVEL", block),
        block_for=_span("BLOCK_FOR", said("BLOCK_FOR", "1h")),
        blocks_an_hour=_count("BLOCKS_AN_HOUR", said("BLOCKS_AN_HOUR", "20")),
        custom=said("CUSTOM"),
    )


def _level(name: str, text: str) -> Severity:
    if text not in LEVELS:
        raise OptionError(f"{PREFIX}{name} is {text!r}: say one of {', '.join(LEVELS)}")
    return Severity[text.upper()]


def _span(name: str, text: str) -> int:
    found = _SPAN.fullmatch(text)
    if found is None or not int(found[1]):
        raise OptionError(f"{PREFIX}{name} is {text!r}: say a span such as 15m, 1h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise OptionError(f"{PREFIX}{name} is {text!r}: say a number")
    return int(text)
