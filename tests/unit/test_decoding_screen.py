"""The processes that decode large batches, and what they leave on a terminal: nothing."""

import subprocess
import sys

SCRIPT = """
import asyncio, io, os, sys
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
            print(len(columns), flush=True)
            if "ended" in sys.argv:
                os._exit(130)  # as ctrl+c ends the program
    finally:
        decoders.close()

if __name__ == "__main__":
    if "screen" in sys.argv:
        sys.stderr = Captured()
    asyncio.run(main())
"""


def run(*how: str) -> tuple[str, str, int]:
    """What it printed, on stdout and on stderr, and its exit code; when all its processes ended."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *how],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


def test_processes_start_where_stderr_is_no_file() -> None:
    assert run("screen") == ("1\n", "", 0)


def test_being_ended_is_quiet() -> None:
    assert run("ended") == ("1\n", "", 130)
