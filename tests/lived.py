"""Habits that tests make up."""

from datetime import UTC, datetime, timedelta

from triage_tui.habits import ACTION, Habits

BEGINS = datetime(2026, 2, 2, tzinfo=UTC)
"""A Monday."""
DAYS = 35


def hour(day: int, at: int) -> int:
    return int((BEGINS + timedelta(days=day, hours=at)).timestamp()) // 3600


NOW = hour(DAYS, 0)


def life(hours: dict[int, int], values: dict[str, list[int]]) -> Habits:
    found = Habits(dict(hours))
    for value, days in values.items():
        found.use(ACTION, value, days)
    return found
