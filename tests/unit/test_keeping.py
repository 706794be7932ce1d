"""What live sources bring is recorded in order, one call at a time, together where it comes so."""

import asyncio
import threading
from array import array
from collections.abc import Mapping
from pathlib import Path

import pytest

from triage_tui.health import FileReport
from triage_tui.keeping import Keeping
from triage_tui.model import Batch


class Recorder:
    """Takes down what it is given; refuses what begins with "bad"; waits until it may go on."""

    def __init__(self) -> None:
        self.folder, self.night, self.kept, self.lost = Path(), "n", 0, 0
        self.trouble: str | None = None
        self.reports: list[FileReport] = []
        self.written: list[bytes] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.begun = threading.Event()
        self._busy = threading.Lock()

    def write(self, batch: Batch, name: str) -> FileReport | None:
        assert self._busy.acquire(blocking=False), "one call at a time"
        try:
            self.begun.set()
            self.goes_on.wait(60)
            if batch.data.startswith(b"bad"):
                raise ValueError(name)
            self.written.append(batch.data)
            return FileReport(name)
        finally:
            self._busy.release()

    def mark(self, complete: Mapping[str, int]) -> None: ...

    def close(self) -> None: ...


def batch(data: bytes) -> Batch:
    return Batch(0, data, array("Q", [0]), array("Q", [len(data)]), 0)


async def test_what_comes_meanwhile_goes_in_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, ways = Recorder(), 0
    keeping, write = Keeping(recorder), Keeping._write

    def counted(self: Keeping, waiting: list[object]) -> None:
        nonlocal ways
        ways += 1
        write(self, waiting)  # type: ignore[arg-type]

    monkeypatch.setattr(Keeping, "_write", counted)
    recorder.goes_on.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(keeping.keep(batch(b"0"), "a"))
        await asyncio.to_thread(recorder.begun.wait, 60)
        rest = [group.create_task(keeping.keep(batch(b"%d" % n), "b")) for n in range(1, 9)]
        await asyncio.sleep(0)
        recorder.goes_on.set()
    assert recorder.written == [b"%d" % n for n in range(9)]
    assert [task.result().path for task in (first, *rest)] == ["a"] + ["b"] * 8  # type: ignore[union-attr]
    assert ways == 2


async def test_who_brought_what_fails_hears_of_it_alone() -> None:
    keeping = Keeping(Recorder())
    good, bad, other = await asyncio.gather(
        *(keeping.keep(batch(data), "s") for data in (b"good", b"bad", b"other")),
        return_exceptions=True,
    )
    assert isinstance(bad, ValueError)
    assert isinstance(good, FileReport)
    assert isinstance(other, FileReport)


async def test_nobody_writes_while_the_thread_of_one_who_was_cancelled_does() -> None:
    recorder = Recorder()
    keeping = Keeping(recorder)
    recorder.goes_on.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(keeping.keep(batch(b"first"), "a"))
        await asyncio.to_thread(recorder.begun.wait, 60)
        second = group.create_task(keeping.keep(batch(b"second"), "b"))
        first.cancel()
        await asyncio.sleep(0)
        recorder.goes_on.set()
    assert first.cancelled()
    assert second.result() is not None
    assert recorder.written == [b"first", b"second"]


async def test_what_waits_for_one_who_was_cancelled_is_not_written_any_more() -> None:
    recorder = Recorder()
    keeping = Keeping(recorder)
    recorder.goes_on.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(keeping.keep(batch(b"first"), "a"))
        await asyncio.to_thread(recorder.begun.wait, 60)
        second = group.create_task(keeping.keep(batch(b"second"), "b"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        recorder.goes_on.set()
    assert second.cancelled()
    assert first.result() is not None
    assert recorder.written == [b"first"]


async def test_those_that_are_written_together_go_on_together() -> None:
    keeping, loop, turns = Keeping(Recorder()), asyncio.get_running_loop(), 0
    told: list[int] = []

    def turn() -> None:
        nonlocal turns
        turns += 1
        loop.call_soon(turn)

    async def keep(number: int) -> None:
        await keeping.keep(batch(b"%d" % number), "s")
        told.append(turns)
        if len(told) == 1:
            turn()

    await asyncio.gather(*map(keep, range(5)))
    assert len(told) == 5
    assert max(told) <= 1
