"""Large batches are decoded in other processes under a screen too, where stderr is no file."""

import subprocess
import sys

SCRIPT = """
import asyncio, io, sys
from array import array
from triage_tui.decoding import AWAY, Decoders
from triage_tui.model import Batch

class Captured(io.StringIO):
    def fileno(self):
        return -1  # what Textual puts in the place of stderr says so

async def batches():
    data = b"x" * AWAY
    yield Batch(0, data, array("Q", [0]), array("Q", [len(data)]), 0, 0)

async def main():
    decoders = Decoders(1)
    try:
        async for columns in decoders.decode(batches()):
            print(len(columns))
    finally:
        decoders.close()

if __name__ == "__main__":
    sys.stderr = Captured()
    asyncio.run(main())
"""


def test_processes_start_where_stderr_is_no_file() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "1\n"
    assert done.stderr == ""
    assert done.returncode == 0
