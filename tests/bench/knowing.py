"""What lists and habits cost: the same scan with them and without, and the memory of a crowd."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from array import array
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.crowd import address, ranges
from tests.bench.generate import blocks
from tests.bench.processes import timed
from tests.bench.table import Row, at_most
from tests.bench.terminal import environment
from triage_tui.detect.baseline_file import SqliteBaseline
from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import Intel, ListKind, of_bytes
from triage_tui.formats.decode import decode
from triage_tui.habits import Habits, Lesson
from triage_tui.model import Batch
from triage_tui.store.index import Index
from triage_tui.store.lessons import lesson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.setting import Setting

CIDRS = 1_000_000
BUDGET = 1.5
_TAUGHT = 100_000
"""Events of the day that is taken for all days of the month before."""
_LOOKED_UP = 100_000


def knowing(setting: Setting) -> Iterator[Row]:
    """`scan` with lists and habits, and without; a look-up; the memory of a million addresses."""
    home = setting.home / "knowing"
    env = environment(home)
    lists = home / "drop.txt"
    lists.parent.mkdir(parents=True, exist_ok=True)
    lists.write_bytes(ranges(CIDRS))
    asyncio.run(_taught(home / ".local" / "state" / "triage-tui" / "baseline.db"))
    config = home / "config.toml"
    config.write_text(f"[intel]\nblock = ['{lists}']\n", encoding="utf-8")
    plain = setting.scan(setting.file)
    for name, command, own in (
        (f"{CIDRS:,} CIDRs and habits", [*plain, "--config", str(config)], env),
        ("habits alone", plain, env),
    ):
        warm = [each if each != str(setting.file) else str(setting.one_event) for each in command]
        timed(warm, own)  # reads the list, once
        rounds = [
            (timed(plain, setting.env).cpu, timed(command, own).cpu) for _ in range(setting.runs)
        ]
        off, on = (median(each) for each in zip(*rounds, strict=True))
        details = f"{on:.1f} s of CPU to {off:.1f} s"
        yield at_most(f"`scan` with {name}, to without", on / off, BUDGET, "×", details)
    yield _look_up()
    yield _memory(setting)


async def _taught(path: Path) -> None:
    """A month of days like the one that is scanned."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = lesson(_index(), Nowhere())
    assert found is not None
    month = {key: _month(habits) for key, habits in found.habits.items()}
    store = await SqliteBaseline.open(path)
    await store.learn(Lesson(month, found.first - 28 * 24, found.first - 1))
    await store.close()


def _index() -> Index:
    index = Index()
    for block in blocks(_TAUGHT):
        starts, at = array("Q"), 0
        for line in block.splitlines(keepends=True):
            starts.append(at)
            at += len(line)
        lengths = array(
            "Q", [stop - start for start, stop in zip(starts, [*starts[1:], at], strict=True)]
        )
        index.append(decode(Batch(0, block, starts, lengths, 0)))
    return index


def _month(habits: Habits) -> Habits:
    """The same on each of the 28 days before."""
    before = range(1, 29)
    hours = {hour - 24 * day: n for hour, n in habits.hours.items() for day in before}
    month = Habits(hours)
    for sort, used in habits.values.items():
        for value in used:
            days = habits.days(sort, value)
            month.use(sort, value, [at - day for at in days for day in before])
    return month


def _look_up() -> Row:
    known = Intel([of_bytes(ranges(CIDRS), "/lists/drop", ListKind.BLOCK, 0, 0)])
    asked = [address(number * 7919 % 6_000_000) for number in range(_LOOKED_UP)]
    begun = time.process_time()
    for ip in asked:
        known.numbers(ip)
    each = (time.process_time() - begun) / len(asked) * 1e6
    return at_most(f"look-up among {CIDRS:,} CIDRs", each, 10, "µs")


def _memory(setting: Setting) -> Row:
    """What lists and habits add to the peak, by address."""
    principals = setting.rows // 10

    def peak(known: str) -> int:
        script = [sys.executable, "-m", "tests.bench.crowd"]
        command = [*script, str(setting.rows), str(principals), known]
        root = Path(__file__).resolve().parents[2]
        return int(subprocess.run(command, cwd=root, check=True, capture_output=True).stdout)

    alone, known = peak("alone"), peak("known")
    details = f"{alone / 2**20:,.0f} MiB to {known / 2**20:,.0f} MiB; {principals:,} principals"
    what = f"memory that lists and habits add, {setting.rows:,} addresses"
    return at_most(what, (known - alone) / setting.rows, 300, "B an address", details)
