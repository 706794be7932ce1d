"""Which log groups are wanted, and which globs no log group matches, wherever it is looked for."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from triage_tui.health import LiveHealth

    from .settings import LogsSettings


class Globs:
    """The globs of the settings, for all who look for log groups: one matches in one account, one
    in another."""

    def __init__(self, settings: LogsSettings, lookers: int = 1) -> None:
        """`lookers` is how many look."""
        self._wanted = {glob: re.compile(translate(glob)) for glob in settings.groups}
        self._excluded = [re.compile(translate(glob)) for glob in settings.exclude]
        self._lookers = lookers
        self._matched: list[tuple[LiveHealth, set[str]]] = []

    def take(self, name: str) -> bool:
        """Whether the log group of this name is wanted."""
        return any(glob.match(name) for glob in self._wanted.values()) and not any(
            glob.match(name) for glob in self._excluded
        )

    def looked(self, health: LiveHealth, names: Collection[str]) -> None:
        """Somebody has looked, and found these: all are told what nothing matches. While somebody
        has not been able to look, nobody knows."""
        mine = {glob for glob, wanted in self._wanted.items() if any(map(wanted.match, names))}
        others = [each for each in self._matched if each[0] is not health]
        self._matched = [*others, (health, mine)]
        if len(self._matched) < self._lookers:
            return
        found = set().union(*(matched for _, matched in self._matched))
        for each, _ in self._matched:
            each.unmatched = tuple(glob for glob in self._wanted if glob not in found)
