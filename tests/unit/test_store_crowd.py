"""The memory of many is bounded: the short form of `tests.crowded`."""

import subprocess
import sys
from pathlib import Path


def test_each_entity_more_takes_no_more_than_it_may() -> None:
    command = [sys.executable, "-m", "tests.crowded", "--entities", "8000"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
