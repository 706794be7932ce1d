"""How far back a log group serves anything: what is older is gone for good, and is a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_aiobotocore_logs.type_defs import LogGroupTypeDef

DAY = 86_400_000
"""Milliseconds."""


class Kept:
    """What DescribeLogGroups says of one group. Times in milliseconds."""

    def __init__(self) -> None:
        self._created = 0
        self._days: int | None = None
        self._told = 0
        """What is older was told of already."""

    def describe(self, group: LogGroupTypeDef) -> int | None:
        """The group as it is listed now: when it was created, where it took the place of one of the
        same name; else None."""
        before, self._created = self._created, group.get("creationTime", self._created)
        self._days = group.get("retentionInDays")
        return self._created if before not in (0, self._created) else None

    def gap(self, since: int, first: int, now: int) -> tuple[int, int, str] | None:
        """(since, until, why) of what is lost where everything from `since` on was asked for and
        `first` is the oldest event that came (the end of what was asked for where none did). What
        was told once is not told again."""
        if self._days is None:
            return None
        since = max(since, self._created, self._told)
        until = min(first, now - self._days * DAY)
        self._told = max(self._told, until)
        if until <= since:
            return None
        days = f"{self._days:,} day{'s' * (self._days > 1)}"
        return since, until, f"the log group keeps events for {days}"
