"""The command line, run in the process of the tests: all but a start of its own, which costs more
than most commands do. Exit codes, what is printed and where to are as of the program."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from typing import NamedTuple
from unittest.mock import patch

from triage_tui.cli import main


class Done(NamedTuple):
    """What is left of a command. Its output is UTF-8 and nothing else, else this fails."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Done:
    """Runs `triage-tui ARGUMENTS…` with nothing on stdin, and no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
    ):
        code = main(list(arguments))
        err.flush()
        return Done(code, _text(out), _text(err))


async def aside(*arguments: str) -> Done:
    """The same in a thread, where it has an event loop of its own: whoever serves it is on ours."""
    return await asyncio.to_thread(run, *arguments)


def start(*arguments: str, stdin: bytes = b"") -> Done:
    """Runs it as a program of its own."""
    command = [sys.executable, "-m", "triage_tui", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")
