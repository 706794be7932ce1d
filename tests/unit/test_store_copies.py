"""Twins that lie in two segments of one night are two; in two copies of it they are one."""

import asyncio
import json
from array import array
from pathlib import Path
from shutil import copytree

import pytest

from triage_tui.cli import compose
from triage_tui.config import Settings
from triage_tui.model import Batch
from triage_tui.store.copies import Copies
from triage_tui.store.index import Index
from triage_tui.store.recording import RecordingWriter

NOW = 1_795_000_000_000_000_000
TWIN = json.dumps({"message": "GET /health", "timestamp": NOW // 1_000_000, "logStreamName": "s"})


def segments(folder: Path, *counts: int) -> None:
    """A night, each segment of which holds so many of the same record."""
    folder.mkdir()
    for count in counts:  # each begins where the last run ended, as `--resume` does
        writer = RecordingWriter(folder, wall=lambda: NOW)
        for _ in range(count):
            data, start = TWIN.encode(), array("Q", [0])
            batch = Batch(0, data, start, array("Q", [len(data)]), NOW, origin="logs here")
            assert writer.write(batch, "shop") is not None
        writer.close()


def index_of(paths: list[str]) -> Index:
    """What `scan` makes of files."""
    triage = compose.headless(paths, Settings())
    asyncio.run(triage.run())
    triage.raw.close()
    return triage.index


@pytest.mark.parametrize("counts", [(1, 1), (3, 2), (2, 1, 2)])
def test_twins_are_told_apart_across_segments(tmp_path: Path, counts: tuple[int, ...]) -> None:
    segments(tmp_path / "night", *counts)
    paths = [str(path) for path in sorted((tmp_path / "night").iterdir())]
    index = index_of(paths)
    assert (index.rows, index.duplicates) == (sum(counts), 0)
    assert len(set(index.id.view().tolist())) == sum(counts)


def test_a_copy_of_a_night_holds_nothing_new(tmp_path: Path) -> None:
    segments(tmp_path / "night", 1, 2)
    copytree(tmp_path / "night", tmp_path / "again")
    paths = [str(path) for path in sorted(tmp_path.glob("*/*.jsonl"))]
    assert len(paths) == 4
    index = index_of(paths)
    assert (index.rows, index.duplicates) == (6, 3)


def test_another_night_with_the_same_record_is_another_copy(tmp_path: Path) -> None:
    segments(tmp_path / "one", 1)
    segments(tmp_path / "two", 1)
    index = index_of([str(path) for path in sorted(tmp_path.glob("*/*.jsonl"))])
    assert (index.rows, index.duplicates) == (2, 1)


def test_a_segment_belongs_to_the_copy_that_lacked_it() -> None:
    copies = Copies()
    assert copies.goes_on("n") is None
    assert copies.scope(0, ("n", 2)) == copies.scope(1, ("n", 1)) == copies.goes_on("n")
    assert copies.scope(2, ("n", 2)) == copies.scope(3, ("n", 1)) != copies.goes_on("n")
    assert copies.scope(0, ("n", 2)) == copies.scope(0, None)  # told once
    assert copies.scope(4, None) == 4
