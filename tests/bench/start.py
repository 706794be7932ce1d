"""What starting the program costs when it has nothing to do."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.processes import timed
from tests.bench.table import Row, number

if TYPE_CHECKING:
    from tests.bench.setting import Setting

HEAVY = frozenset(("boto3", "botocore", "aiobotocore", "numpy", "textual"))
_RUNS = 15


def version(setting: Setting) -> list[Row]:
    """`--version` beside the bare interpreter; and what it imports."""
    ours, bare = [], []
    for _ in range(_RUNS if setting.runs > 1 else 1):
        ours.append(timed([setting.program, "--version"], setting.env).wall)
        bare.append(timed([sys.executable, "-c", "pass"], setting.env).wall)
    ratio, imported = median(ours) / median(bare), sorted(_imports(setting) & HEAVY)
    measured = f"{number(ratio)} × ({median(ours) * 1000:.0f} ms to {median(bare) * 1000:.0f} ms)"
    if imported:
        measured += f", imports {', '.join(imported)}"
    budget = "≤ 5 ×, no numpy, textual, boto"
    return [Row("--version, to python -c pass", measured, budget, ratio <= 5 and not imported)]


def _imports(setting: Setting) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", setting.program, "--version"],
        capture_output=True,
        text=True,
        env=setting.env,
        check=True,
    )
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
