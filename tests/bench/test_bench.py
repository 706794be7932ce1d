"""The benchmarks run, and read what they shall."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.bench.generate import blocks
from tests.bench.population import Population
from tests.bench.screens import marked
from tests.bench.table import Row, at_most, draw

ROOT = Path(__file__).resolve().parents[2]
ROWS = 20_000


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return b"".join(blocks(ROWS)).splitlines(keepends=True)


def test_the_population_is_as_large_as_promised() -> None:
    people = Population(1)
    assert len(people.callers) >= 2_800
    assert len({caller.arn for caller in people.callers if caller.kind != "service"}) >= 2_800
    assert len(people.addresses) == len(set(people.addresses)) >= 19_000
    assert len({call.name for call in people.calls}) >= 400


def test_the_file_is_the_same_every_time(lines: list[bytes]) -> None:
    assert b"".join(blocks(ROWS)) == b"".join(lines)
    assert b"".join(blocks(ROWS, first=ROWS)) != b"".join(lines)


def test_records_are_as_long_late_and_repeated_as_promised(lines: list[bytes]) -> None:
    assert len(lines) == ROWS
    assert sum(map(len, lines)) / ROWS >= 1400
    records = [json.loads(line) for line in lines]
    times = [datetime.fromisoformat(record["eventTime"]) for record in records]
    latest, late = times[0], 0.0
    for time in times:
        latest = max(latest, time)
        late = max(late, (latest - time).total_seconds())
    assert 180 <= late <= 240
    distinct = len({record["eventID"] for record in records})
    assert 0.002 <= 1 - distinct / ROWS <= 0.004


def test_a_figure_is_held_against_its_budget() -> None:
    assert at_most("a", 1.29, 1.3, "×").verdict == "ok"
    assert at_most("a", 1.31, 1.3, "×").verdict == "over"
    assert at_most("a", 0, 0, "B/s").verdict == "ok"
    table = draw([Row("a", "see above", "", None)])
    assert table.splitlines()[-1] == "| a    | see above |        | not measured |"


def test_the_entity_under_the_cursor_is_found() -> None:
    screen = [" REPLAY  x", "     0 198.18.1.2  9", "▌  ▲ 13 198.18.129.67   2,657", "  7 a"]
    assert marked(screen) == "198.18.129.67"
    assert marked(screen[:2]) == ""


def test_the_bench_prints_its_table(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.run", "--rows", "2000", "--runs", "1"]
    done = subprocess.run(
        [*command, "--seconds", "0.2", "--folder", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(table) >= 12, done.stderr
    assert "| verdict" in table[0]
    # A file this small may be loaded before a key is pressed; all else is measured.
    missed = [line for line in table if "not measured" in line and "key to paint" not in line]
    assert not missed, done.stderr
    assert "cores" in done.stdout.splitlines()[0]
