"""One writer at a time over all processes, its calls apart; and who is alive."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from triage_tui.respond.journal import ResponseError
from triage_tui.respond.turns import Presence, Turns, is_alive

HOLDER = """
import asyncio, sys
from pathlib import Path
from triage_tui.respond.turns import Presence, Turns
async def main():
    folder = Path(sys.argv[1])
    here = Presence.announced(folder / "writers")
    async with Turns(folder, "1", "eu-west-1", 1000).taken():
        print(here.name, flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


def turns(folder: Path, clock: Clock, *, region: str = "eu-west-1", patience: float = 5) -> Turns:
    return Turns(folder, "1", region, 1.0, wall=clock, sleep=clock.sleep, patience=patience)


async def test_calls_keep_apart_whoever_calls(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(2):
        async with turns(tmp_path, clock).taken() as _:
            pass
    one, other = turns(tmp_path, clock), turns(tmp_path, clock)
    async with one.taken():
        await one.call()
        await one.call()
        clock.now += 0.25
    async with other.taken():
        await other.call()
    assert clock.slept == [1.0, 0.75]
    elsewhere = turns(tmp_path, clock, region="us-east-1")
    async with elsewhere.taken():
        await elsewhere.call()
    assert clock.slept == [1.0, 0.75]


async def test_a_clock_that_was_set_back_holds_nobody_up(tmp_path: Path) -> None:
    clock = Clock()
    one = turns(tmp_path, clock)
    async with one.taken():
        await one.call()
        clock.now -= 900
        await one.call()
    assert clock.slept == []


async def test_one_at_a_time(tmp_path: Path) -> None:
    clock = Clock()
    inside: list[int] = []

    async def work(number: int, of: Turns) -> None:
        async with of.taken():
            inside.append(number)
            await asyncio.sleep(0.001)
            assert inside.pop() == number
            assert not inside

    shared = turns(tmp_path, clock)
    ones = [shared, shared, *(turns(tmp_path, clock) for _ in range(4))]
    await asyncio.gather(*(work(number, of) for number, of in enumerate(ones)))


async def test_who_does_not_get_its_turn_is_told(tmp_path: Path) -> None:
    clock = Clock()
    async with turns(tmp_path, clock).taken():
        with pytest.raises(ResponseError, match="Somebody else is writing"):
            async with turns(tmp_path, clock, patience=0.01).taken():
                pass
    async with turns(tmp_path, clock).taken():
        pass


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResponseError, match="Cannot take turns"):
        async with turns(tmp_path / "file", Clock()).taken():
            pass


def test_a_kill_gives_the_turn_back(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert is_alive(tmp_path / "writers", name)
    clock = Clock()

    async def take(patience: float) -> None:
        async with turns(tmp_path, clock, patience=patience).taken():
            pass

    with pytest.raises(ResponseError):
        asyncio.run(take(0.01))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    asyncio.run(take(5))
    assert not is_alive(tmp_path / "writers", name)


def test_who_is_alive(tmp_path: Path) -> None:
    one, other = Presence.announced(tmp_path), Presence.announced(tmp_path)
    assert one.name != other.name
    assert is_alive(tmp_path, one.name)
    assert is_alive(tmp_path, other.name)
    other.leave()
    assert not is_alive(tmp_path, other.name)
    assert not is_alive(tmp_path, "")
    assert not is_alive(tmp_path, "../journal.db")
    (tmp_path / ("0" * 16)).touch()  # of one that was killed
    Presence.announced(tmp_path).leave()
    assert sorted(os.listdir(tmp_path)) == [one.name]
    one.leave()
