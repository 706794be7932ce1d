"""How long `deps` takes for the largest lock files."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from tests.bench.processes import timed
from tests.bench.table import Row, at_most
from tests.lockfiles import many

if TYPE_CHECKING:
    from tests.bench.setting import Setting

PACKAGES = 50_000
_BUDGET = 2.0


def lock_files(setting: Setting) -> list[Row]:
    """Each sort of lock file by itself; the slowest counts."""
    took = {}
    for name, data in many(PACKAGES).items():
        path = setting.home / name
        path.write_bytes(data)
        command = [setting.program, "deps", str(path)]
        took[name] = median(timed(command, setting.env).wall for _ in range(setting.runs))
        path.unlink()
    slowest = max(took, key=took.__getitem__)
    what = f"deps of {PACKAGES:,} packages, the slowest sort of lock file"
    return [at_most(what, took[slowest], _BUDGET, "s", slowest)]
