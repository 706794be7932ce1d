"""What several live sources bring at the same moment is decoded together."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import chain
from typing import Any

import msgspec
import pytest

from tests.unit.test_formats_log_events import LINE, batch_of
from triage_tui import decoding
from triage_tui.aws.logrecord import record
from triage_tui.aws.seen import LogEvent
from triage_tui.decoding import Decoders
from triage_tui.formats.decode import decode
from triage_tui.model import Batch, Columns

EACH = 30
"""Events of a batch."""


def batch(source: int, first: int) -> Batch:
    made = [record(LogEvent(f"s{source}", first + n, 0, LINE), "g") for n in range(EACH)]
    return msgspec.structs.replace(batch_of(made), source=source)


class Counted(Decoders):
    """Knows how often it has sent work to its processes."""

    def __init__(self, processes: int) -> None:
        super().__init__(processes)
        self.sent = 0

    def _submit(self, work: Any, *asked: Any) -> Any:  # type: ignore[override]
        self.sent += 1
        return super()._submit(work, *asked)


class Unable(Decoders):
    """Cannot start a process."""

    def _submit(self, work: Any, *asked: Any) -> Any:  # type: ignore[override]
        raise OSError("no process can be started")


class Mistaken(Decoders):
    """Has a mistake of ours in it."""

    def _decode_now(self, batches: list[Batch]) -> Columns:
        raise AssertionError("a mistake of ours")


def kill(decoders: Decoders) -> None:
    """Kills its processes, where they are started by now."""
    assert decoders._workers is not None
    for process in list(decoders._workers._processes):
        process.kill()


class Killed(Decoders):
    """Loses its processes as soon as they have work."""

    def _submit(self, work: Any, *asked: Any) -> Any:  # type: ignore[override]
        found = super()._submit(work, *asked)
        kill(self)
        return found


async def all_of(decoders: Decoders, sources: int, batches: int) -> list[list[Columns]]:
    """What comes of so many sources, each with so many batches, one behind the other: for each the
    columns that it was the first to get."""

    async def brought(source: int) -> AsyncGenerator[Batch]:
        for number in range(batches):
            yield batch(source, number * EACH)

    async def read(source: int) -> list[Columns]:
        each = [decoded.take() async for decoded in decoders.decode_each(brought(source))]
        return [columns for columns in each if columns is not None]

    try:
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(read(source)) for source in range(sources)]
        return [task.result() for task in reading]
    finally:
        decoders.close()


def as_read(found: list[list[Columns]]) -> dict[int, list[int]]:
    """The times of the events of each source, in the order in which they came."""
    times: dict[int, list[int]] = {}
    for columns in chain.from_iterable(found):
        start = 0
        for part in columns.parts:
            times.setdefault(part.source, []).extend(columns.time[start : start + part.rows])
            start += part.rows
    return times


EXPECTED = {
    source: [
        time for number in range(2) for time in decode(batch(source, number * EACH)).time.tolist()
    ]
    for source in range(4)
}


async def test_little_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LIVE_AWAY", 1 << 30)
    decoders = Counted(2)
    assert as_read(await all_of(decoders, 4, 2)) == EXPECTED
    assert not decoders.sent


@pytest.mark.parametrize(
    ("decoders", "away", "said"),
    [(Unable(1), 1, "no process can be started"), (Mistaken(1), 1 << 30, "a mistake of ours")],
)
async def test_a_failure_is_heard_by_all_who_wait(
    monkeypatch: pytest.MonkeyPatch, decoders: Decoders, away: int, said: str
) -> None:
    monkeypatch.setattr(decoding, "LIVE_AWAY", away)
    with pytest.raises(ExceptionGroup) as raised:
        await all_of(decoders, 4, 1)
    assert {str(error) for error in raised.value.exceptions} == {said}


@pytest.mark.may_block("starts processes")
@pytest.mark.parametrize(("share", "most"), [(1, 4), (1 << 30, 2)])
async def test_much_goes_to_each_process_once(
    monkeypatch: pytest.MonkeyPatch, share: int, most: int
) -> None:
    monkeypatch.setattr(decoding, "LIVE_AWAY", 3 * len(batch(0, 0).data))
    monkeypatch.setattr(decoding, "LIVE_SHARE", share)
    decoders = Counted(2)
    assert as_read(await all_of(decoders, 4, 2)) == EXPECTED
    assert most // 2 <= decoders.sent <= most


@pytest.mark.may_block("starts processes")
async def test_processes_that_are_killed_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LIVE_AWAY", 1)
    assert as_read(await all_of(Killed(1), 4, 2)) == EXPECTED
