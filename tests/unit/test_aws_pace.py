"""Budgets are shared fairly, and slow down when told to."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from triage_tui.aws.pace import SLOWEST, Backoff, Budget


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def ticks(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def _turns(budget: Budget, count: int) -> AsyncIterator[None]:
    for _ in range(count):
        await budget.turn()
        yield


async def test_no_more_requests_than_the_budget_allows() -> None:
    clock = Clock()
    budget = Budget(5.0, ticks=clock.ticks, sleep=clock.sleep)
    for _ in range(11):
        await budget.turn()
    assert clock.now == pytest.approx(102.0)


async def test_the_busy_one_waits_in_line_as_the_quiet_one_does() -> None:
    clock, order = Clock(), ""

    async def ask(name: str, count: int) -> None:
        nonlocal order
        async for _ in _turns(budget, count):
            order += name

    budget = Budget(5.0, ticks=clock.ticks, sleep=clock.sleep)
    async with asyncio.TaskGroup() as tasks:
        for name in "abc":
            tasks.create_task(ask(name, 4))
    assert order == "aabcabcabcbc"  # the first one had nobody to wait for


async def test_whoever_was_refused_comes_first_when_it_asks_again() -> None:
    clock, order = Clock(), ""
    budget = Budget(5.0, ticks=clock.ticks, sleep=clock.sleep)

    async def ask(name: str, *, again: bool = False) -> None:
        nonlocal order
        await budget.turn(again=again)
        order += name

    async with asyncio.TaskGroup() as tasks:
        for name in "abcdef":
            tasks.create_task(ask(name))
        await asyncio.sleep(0)
        tasks.create_task(ask("R", again=True))
    assert sorted(order) == sorted("abcdefR")
    assert order.index("R") <= 3  # those before it were called when it came


async def test_whoever_leaves_the_line_holds_up_nobody() -> None:
    clock = Clock()
    budget = Budget(5.0, ticks=clock.ticks, sleep=clock.sleep)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(budget.turn()) for _ in range(4)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await waiting[0]
        waiting[2].cancel()  # it may have been called by now
    await budget.turn()
    assert waiting[3].done()


async def test_a_refusal_halves_the_rate_and_answers_give_it_back() -> None:
    clock = Clock()
    budget = Budget(4.0, ticks=clock.ticks, sleep=clock.sleep)
    budget.refused()
    assert not budget.is_throttled
    budget.refused()
    assert budget.rate == 1.0
    assert budget.is_throttled
    begun = clock.now
    await budget.turn()
    await budget.turn()
    assert clock.now - begun >= 1.0
    for _ in range(60):
        budget.granted()
    assert budget.rate == 4.0
    for _ in range(20):
        budget.refused()
    assert budget.rate == SLOWEST


def test_pauses_double_are_scattered_and_end_growing() -> None:
    least, most = Backoff(1.0, 8.0, lambda: 0.0), Backoff(1.0, 8.0, lambda: 1.0)
    assert [least.pause() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert [most.pause() for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 8.0]
    most.reset()
    assert most.pause() == 1.0
    for _ in range(2000):
        most.pause()
