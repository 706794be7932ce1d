"""Measures the budgets on the installed program, and prints one table.

    python -m tests.bench.run [--rows N] [--runs N] [--full] [--only NAME...]

`--full` adds what takes long: five times the rows. `--only` names some of the measures, by their
modules or functions: `--only live`, `--only version first_paint`.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import (
    bulk,
    dependencies,
    detection,
    everywhere,
    knowing,
    live,
    night,
    screens,
    start,
)
from tests.bench.processes import Failed
from tests.bench.setting import Setting
from tests.bench.table import Row, draw
from tests.bench.terminal import GaveUp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parents[2]
QUICK = (
    start.version,
    start.cold_start,
    screens.first_paint,
    bulk.speed,
    bulk.others,
    bulk.peak_memory,
    detection.rules,
    knowing.knowing,
    dependencies.lock_files,
    screens.while_loading,
    screens.terminal_bytes,
    everywhere.overview,
    everywhere.inspect,
    everywhere.plan,
    everywhere.blocks,
    night.slow_line,
    live.while_tailing,
    live.with_quotas,
    live.bytes_while_tailing,
)
LONG = (bulk.growth, screens.over_many)


def main() -> int:
    """Exits 1 if something could not be measured; being over budget is no failure."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="triage-tui-bench-") as home:
        setting = Setting(
            program=str(Path(sys.executable).with_name("triage-tui")),
            folder=arguments.folder,
            home=Path(home),
            rows=arguments.rows,
            runs=arguments.runs,
            seconds=arguments.seconds,
        )
        _say(f"{machine()}\n")
        rows = _measure(setting, _chosen(arguments))
    sys.stdout.write(f"\n{draw(rows)}")
    return 1 if any(row.kept is None for row in rows) else 0


def _chosen(arguments: argparse.Namespace) -> Sequence[Callable[[Setting], Iterable[Row]]]:
    only = set(arguments.only)
    if not only:
        return QUICK + LONG if arguments.full else QUICK
    return [each for each in QUICK + LONG if _names(each) & only]


def _names(measure: Callable[[Setting], Iterable[Row]]) -> set[str]:
    return {measure.__name__, measure.__module__.rpartition(".")[2]}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="measure the budgets")
    parser.add_argument("--rows", type=int, default=1_000_000, help="events in the file")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is taken")
    parser.add_argument(
        "--seconds",
        type=float,
        default=10,
        help="to listen to the terminal; under 2 it may not have come to rest",
    )
    parser.add_argument("--full", action="store_true", help="growth to five times the rows too")
    known = sorted(set().union(*map(_names, QUICK + LONG)))
    parser.add_argument("--only", nargs="+", choices=known, default=[], help="these measures alone")
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="for the files")
    return parser.parse_args()


def _measure(setting: Setting, measures: Sequence[Callable[[Setting], Iterable[Row]]]) -> list[Row]:
    rows: list[Row] = []
    for measure in measures:
        _progress(measure.__doc__ or measure.__name__)
        try:
            rows += measure(setting)
        except (Failed, GaveUp, OSError, subprocess.SubprocessError) as error:
            _progress(f"not measured: {error}")
            rows.append(Row(f"{measure.__name__.replace('_', ' ')}", "see above", "", None))
    return rows


def machine() -> str:
    """What it was measured on."""
    with Path("/proc/meminfo").open(encoding="ascii") as file:
        memory = int(file.readline().split()[1]) * 1024
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores ({platform.machine()}), {memory / 2**30:.0f} GiB, Linux, "
        f"{platform.python_implementation()} {platform.python_version()}; "
        f"load at the start {os.getloadavg()[0]:.1f}"
    )


def _progress(text: str) -> None:
    sys.stderr.write(f"… {text}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
