"""Turns by a lease: one holder at a time, calls apart, and whoever was held up finds out."""

import asyncio

import pytest

from triage_tui.respond.journal import ResponseError
from triage_tui.respond.leases import LEASE, YOUNG, LeasedTurns, Team, writer_name
from triage_tui.respond.turns import still_ours
from triage_tui.statetable import AwayError, Present, Turn


class Clock:
    """Seconds, moved by whoever sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Board:
    """Implements `statetable.TurnTable` as the requests do."""

    where = "table t"

    def __init__(self) -> None:
        self.turns: dict[str, Turn] = {}
        self.away = False

    async def take(self, turn: Turn, now: int) -> Turn | None:
        if self.away:
            raise AwayError("table t", "look again")
        before = self.turns.get(turn.place)
        if before is not None and before.until > now and before.holder != turn.holder:
            return None
        self.turns[turn.place] = turn
        return before or Turn(turn.place, "", 0)

    async def give_back(self, turn: Turn) -> None:
        if self.turns[turn.place].holder == turn.holder:
            self.turns[turn.place] = turn._replace(until=0)


def turns(board: Board, clock: Clock, patience: float = 60.0) -> LeasedTurns:
    return LeasedTurns(board, "1-eu", 1.0, wall=clock, sleep=clock.sleep, patience=patience)


async def test_one_at_a_time() -> None:
    board, clock = Board(), Clock()
    order: list[str] = []

    async def work(name: str) -> None:
        async with turns(board, clock).taken():
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(work("a"), work("b"), work("c"))
    assert [each.split()[1] for each in order] == ["begins", "ends"] * 3
    assert len(set(order)) == 6


async def test_calls_are_apart_over_holders() -> None:
    board, clock = Board(), Clock()
    async with turns(board, clock).taken():
        pass
    first = turns(board, clock)
    async with first.taken():
        await first.call()
        await first.call()
        assert clock.slept == [1.0]
    clock.now += 0.25
    other = turns(board, clock)
    async with other.taken():
        await other.call()
    assert clock.slept == [1.0, 0.75]


async def test_who_was_held_up_writes_no_more() -> None:
    board, clock = Board(), Clock()
    slow, quick = turns(board, clock), turns(board, clock)
    async with slow.taken():
        await still_ours()
        clock.now += LEASE / 1000 + 1
        async with quick.taken():
            pass
        with pytest.raises(ResponseError, match="taken over"):
            await still_ours()
        with pytest.raises(ResponseError, match="taken over"):
            await slow.call()
    async with turns(board, clock, patience=0.0).taken():  # nobody is held up by that
        pass


async def test_a_long_change_keeps_its_turn() -> None:
    board, clock = Board(), Clock()
    mine, other = turns(board, clock), turns(board, clock, patience=5.0)
    async with mine.taken():
        for _ in range(5):
            clock.now += 0.6 * LEASE / 1000
            await mine.call()
        with pytest.raises(ResponseError, match="Somebody else is writing"):
            async with other.taken():
                pass
    async with other.taken():
        pass


async def test_a_lease_of_somebody_killed_ends_by_itself() -> None:
    board, clock = Board(), Clock()
    board.turns["1-eu"] = Turn("1-eu", "gone", round(clock.now * 1000) + LEASE)
    async with turns(board, clock).taken():
        assert 35 < sum(clock.slept) < 45


async def test_outside_of_a_turn_nothing_is_asked() -> None:
    board, clock = Board(), Clock()
    await still_ours()
    async with turns(board, clock).taken():
        board.away = True
        await still_ours()  # there is enough of it left
        clock.now += LEASE / 1000
        with pytest.raises(ResponseError, match="Cannot take turns"):
            await still_ours()
    await still_ours()


async def test_who_is_alive() -> None:
    clock = Clock()
    here: list[Present] = []

    async def present() -> list[Present]:
        return here

    now = round(clock.now * 1000)
    team = Team(Board(), writer_name(now), present=present, wall=clock)
    old = writer_name(now - YOUNG - 1)
    assert await team.is_alive(team.writer)
    assert await team.is_alive(writer_name(now - 1000))
    assert not await team.is_alive(old)
    here.append(Present(old, "mira", "", 1, round(clock.now)))
    assert await team.is_alive(old)
    clock.now += 3600
    assert not await team.is_alive(old)
    assert not await team.is_alive("")
    assert not await team.is_alive("z" * 20)
