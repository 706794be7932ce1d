"""What loading a large file costs: time beside two yardsticks, memory, growth."""

from __future__ import annotations

from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from tests.bench.generate import bench_file
from tests.bench.processes import Took, peak, timed
from tests.bench.table import Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.setting import Setting

HERE = Path(__file__).parent
MSGSPEC, DUCKDB = HERE / "yardstick_msgspec.py", HERE / "yardstick_duckdb.py"


def speed(setting: Setting) -> Iterator[Row]:
    """`scan` against both yardsticks, run by turns."""
    file = setting.file
    commands = (setting.scan(file), setting.python(MSGSPEC, file), setting.python(DUCKDB, file))
    rounds = [[timed(command, setting.env) for command in commands] for _ in range(setting.runs)]
    ours, msgspec, duckdb = map(_least, zip(*rounds, strict=True))
    what = f"scan of {setting.rows:,} events ({file.stat().st_size / 1e9:.2g} GB)"
    for name, other, budget in (
        ("one thread of msgspec", msgspec, 1.3),
        ("DuckDB", duckdb, 2.0),
    ):
        details = f"{_seconds(ours)} to {_seconds(other)}"
        yield at_most(f"{what}, to {name}", ours.wall / other.wall, budget, "×", details)


OTHERS = {
    "jq": ("jq", "-c", "[.eventTime, .eventName, .sourceIPAddress, .userIdentity.arn]"),
    "lnav": ("lnav", "-n", "-c", ";SELECT count(*) FROM all_logs"),
}


def others(setting: Setting) -> Iterator[Row]:
    """What else people load such a file with, where it is installed: once, for comparison."""
    for name, command in OTHERS.items():
        if which(name):
            took = timed([*command, str(setting.file)], setting.env)
            yield Row(f"the same file in {name}", _seconds(took), "", kept=True)


def _least(times: Sequence[Took]) -> Took:
    """Neighbours of a processor only ever add to what a run takes: the least is nearest to it."""
    return Took(min(took.wall for took in times), min(took.cpu for took in times))


def _seconds(took: Took) -> str:
    return f"{took.wall:.2f} s [cpu {took.cpu:.2f} s]"


def peak_memory(setting: Setting) -> Iterator[Row]:
    """The most memory at any time, beyond what a scan of next to nothing takes."""
    empty = peak(setting.scan(setting.one_event), setting.env)
    full = peak(setting.scan(setting.file), setting.env)
    details = f"{full / 1e6:.0f} MB, of one event {empty / 1e6:.0f} MB"
    each = max(0.0, (full - empty) / setting.rows)
    yield at_most("peak memory of scan", each, 300, "B an event", details)


def growth(setting: Setting) -> Iterator[Row]:
    """What the fifth million costs, beside what the second half of the first one does: in time of
    processors, for a difference of two times on the clock shows little but the neighbours'."""
    parts = halves(setting)
    counts = (1, 2, 8, 10)
    took: dict[int, list[Took]] = {count: [] for count in counts}
    for _ in range(setting.runs):
        for count in counts:  # by turns: what slows the machine down for a while slows all of them
            for part in parts[:count]:
                _warm(part)
            took[count].append(timed(setting.scan(*parts[:count]), setting.env))
    few, million, most, all_ = (_least(took[count]).cpu for count in counts)
    slope = ((all_ - most) / 2) / (million - few)
    details = (
        f"{few:.1f}, {million:.1f}, {most:.1f}, {all_:.1f} s of CPU "
        f"for 0.5, 1, 4, 5 × {setting.rows:,}"
    )
    yield at_most(
        f"growth of scan to {5 * setting.rows:,} events, last fifth to first",
        slope,
        1.2,
        "×",
        details,
    )


def _warm(path: Path) -> None:
    """Reads a file once, so that no disk is measured."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def halves(setting: Setting) -> list[Path]:
    """Ten files, which together hold five times the rows."""
    size = setting.rows // 2
    return [bench_file(setting.folder, size, part * size) for part in range(10)]
