"""The rules that a command runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from triage_tui.detect.packs import OWN, load

from . import console

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


def tell_refused(found: RuleSet) -> bool:
    """Says that rules were refused, and why the first was. True where a file or folder that
    somebody named gives no rule at all."""
    if not found.refused:
        return False
    first, more = found.refused[0], len(found.refused) - 1
    said = f"{first.place}: {first.reason}"
    if more:
        said += f"; {more:,} more {'is' if more == 1 else 'are'} refused"
    console.say(f"a rule does not run: {said}; triage-tui rules check tells of all")
    return any(not each.line for each in found.refused)


def kept_in(what: str) -> Path:
    """Where that is kept which was worked out once: compiled rules, long lists."""
    from platformdirs import user_cache_path

    return user_cache_path("triage-tui", appauthor=False) / what
