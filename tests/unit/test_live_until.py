"""`--until` goes by the wall clock, whatever becomes of that meanwhile."""

import asyncio

import pytest

from triage_tui.cli import nightly
from triage_tui.model import SECOND


async def test_a_clock_that_is_set_forward_or_back_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nightly, "_CLOCK_LOOK", 0.001)
    hour = 3600 * SECOND
    seen = [0, hour, -9 * hour, 10 * hour - 1]  # the last is a nanosecond too early
    stopped: list[int] = []

    def wall() -> int:
        return seen.pop(0) if seen else 10 * hour

    async with asyncio.timeout(60):
        await nightly._stop_at(10 * hour, wall, lambda: stopped.append(len(seen)))
    assert stopped == [0]
    await nightly._stop_at(5, lambda: 6, lambda: stopped.append(1))
    assert stopped == [0, 1]
