"""Garbage is looked for while nobody types."""

import asyncio
import gc

import pytest

from triage_tui.cli import stillness


class Enough(Exception):
    """The test has seen what it wanted."""


@pytest.fixture(autouse=True)
def collected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: told.append("collected"))
    monkeypatch.setattr(gc, "freeze", lambda: told.append("settled"))
    return told


async def test_it_waits_until_nobody_types(collected: list[str]) -> None:
    quiet = iter((0.1, 0.6, 2.5, 1.9, 60.0))

    async def sleep(seconds: float) -> None:
        collected.append(f"{seconds:g}")
        if collected.count("60") == 2:
            raise Enough

    with pytest.raises(Enough):
        await stillness.keep(lambda: next(quiet), sleep=sleep)
    first = ["5", "0.5", "0.5", "collected", "settled"]
    assert collected == [*first, "60", "0.5", "collected", "60"]


async def test_nobody_else_looks_through_everything_meanwhile() -> None:
    before = gc.get_threshold()
    seen = asyncio.Event()

    async def sleep(_: float) -> None:
        seen.set()
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(stillness.keep(lambda: 9.0, sleep=sleep))
        await seen.wait()
        assert gc.get_threshold()[:2] == before[:2]
        assert gc.get_threshold()[2] > 1_000_000
        keeping.cancel()
    assert gc.get_threshold() == before


def test_who_reads_and_ends_looks_seldom_meanwhile() -> None:
    before, during = gc.get_threshold(), []

    def fail() -> None:
        with stillness.seldom():
            during.append(gc.get_threshold())
            raise Enough

    with pytest.raises(Enough):
        fail()
    assert during[0] > before == gc.get_threshold()
