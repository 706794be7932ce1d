"""What is known beside the events: lists of addresses, and what was learned of principals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .geo import Nowhere
from .intel import Intel
from .reaching import DependencySettings
from .weeks import Calendar

if TYPE_CHECKING:
    from triage_tui.ports import BaselineStore, Geo


class Knowledge(NamedTuple):
    """What a triage is told at its beginning."""

    intel: Intel
    baseline: BaselineStore | None
    calendar: Calendar
    """Of the team's time zone."""
    geo: Geo
    dependencies: DependencySettings = DependencySettings()
    """Which requests reach which function, and what runs in it."""
    sensitive: tuple[str, ...] = ()
    """Patterns of resources that somebody called sensitive."""


def nothing() -> Knowledge:
    """Nobody knows anything."""
    return Knowledge(Intel(), None, Calendar("UTC"), Nowhere())
