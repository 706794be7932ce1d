"""The rules that a command runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from triage_tui.detect.packs import OWN, load

if TYPE_CHECKING:
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.detect.ruleset import RuleSet


def paths(settings: Settings) -> list[str]:
    """The files and folders of rules, our own pack first."""
    own = [OWN] if settings.rules.own else []
    return [*own, *(os.path.expanduser(path) for path in settings.rules.folders)]


def rules(settings: Settings) -> RuleSet:
    """The rules in force; what was refused is among them. Blocking."""
    return load(paths(settings), kept_in("rules"), settings.rules.placeholders)


def kept_in(what: str) -> Path:
    """Where that is kept which was worked out once: compiled rules, long lists."""
    from platformdirs import user_cache_path

    return user_cache_path("triage-tui", appauthor=False) / what
