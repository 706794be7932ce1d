"""Endless sources are read beside each other, after all that ends; newcomers join."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from triage_tui.cli import compose
from triage_tui.config import Settings
from triage_tui.sources.follow import Following

if TYPE_CHECKING:
    from pathlib import Path


def line(number: int) -> bytes:
    record = {
        "eventName": "GetObject",
        "eventSource": "s3.amazonaws.com",
        "eventTime": "2026-03-01T02:13:07Z",
        "eventID": f"e{number}",
    }
    return json.dumps(record).encode() + b"\n"


def test_followed_files_are_read_beside_each_other(tmp_path: Path) -> None:
    one, two, three = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    one.write_bytes(line(1))
    two.write_bytes(b"not a record yet\n" + line(2))
    turns = 0

    async def sleep(_seconds: float) -> None:
        nonlocal turns
        turns += 1
        if turns == 20:
            three.write_bytes(line(3))
        elif turns == 40:
            with one.open("ab") as file:
                file.write(line(4))
        await asyncio.sleep(0)

    triage = compose.headless([], Settings())
    following = Following(wall=lambda: 5, sleep=sleep)
    triage.sources += following.add(str(tmp_path))
    triage.paths += [source.report.path for source in triage.sources]

    async def follow() -> None:
        enough = asyncio.Event()

        def on_rows(rows: range) -> None:
            if rows.stop == 5:
                enough.set()

        async with asyncio.TaskGroup() as group:
            reading = group.create_task(triage.run(on_rows, following.arrivals()))
            await enough.wait()
            reading.cancel()

    asyncio.run(follow())
    assert triage.loaded
    assert triage.index.unparsed == 1
    events = [triage.event(row) for row in range(5)]
    found = {event.id: event.record.path for event in events if event.time}
    assert found == {"e1": str(one), "e2": str(two), "e3": str(three), "e4": str(one)}
    triage.raw.close()
