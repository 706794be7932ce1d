"""Data to stdout, talk to stderr: nothing from outside meets a terminal before it is clean."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn, TextIO

OK = 0
FOUND = 1
"""Something was found that `--fail-on` asks for."""
TROUBLE = 2
"""Usage, or an input that could not be read."""
INTERRUPTED = 130
"""What shells show for a program that ctrl+c ended."""


def say(text: str) -> None:
    """One line of talk, cleaned."""
    from widgets.text import clean

    _put(sys.stderr, f"triage-tui: {clean(text)}\n")


def ask(question: str) -> None:
    """A question, cleaned; the answer comes on the same line."""
    from widgets.text import clean

    _put(sys.stderr, clean(question))
    if sys.stderr is not None:
        sys.stderr.flush()


def write(text: str) -> None:
    """Data. The caller has cleaned or escaped it."""
    _put(sys.stdout, text)


def _put(stream: object, text: str) -> None:
    import errno
    import io

    if isinstance(stream, io.TextIOWrapper):
        # What the terminal's encoding cannot spell must not end the program.
        stream.reconfigure(errors="replace")
    if isinstance(stream, io.TextIOBase):
        try:
            stream.write(text)
        except OSError as error:
            if error.errno != errno.EIO or stream is not sys.stderr:
                raise  # else the terminal went away, and there is nobody to tell


def flush() -> None:
    """Hands out what is buffered. Raises BrokenPipeError when nobody reads any more."""
    if sys.stdout is not None:
        sys.stdout.flush()


def is_terminal(stream: object) -> bool:
    """Whether a stream is somebody's screen or keyboard."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def has_screen() -> bool:
    """Whether somebody sees what we draw, and has keys."""
    return is_terminal(sys.stdout) and is_terminal(sys.stdin)


def has_colour(stream: object) -> bool:
    """Whether colour is wanted there (https://no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal(stream) and not plain


def closed_pipe() -> int:
    """The reader went away (`| head`): no reason to complain, now or when Python exits."""
    _close(sys.stdout, sys.stderr)
    return OK


def stopped(error: OSError) -> int:
    """The machine refused: a full disk, mostly."""
    _close(sys.stdout)
    where = f" ({error.filename})" if error.filename else ""
    say(f"stopped: {error.strerror or error}{where}; the output is not complete")
    return TROUBLE


def _close(*streams: TextIO | None) -> None:
    """Lets what is buffered go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def interrupted() -> NoReturn:
    """ctrl+c ended the work. Nothing is said: whoever pressed it knows.

    Ends the process here and now: it may have come in the middle of anything, and what was left
    half made would complain while Python takes it apart.
    """
    import contextlib

    with contextlib.suppress(OSError, ValueError, KeyboardInterrupt):
        flush()
    os._exit(INTERRUPTED)


def crashed() -> int:
    """A mistake of ours: where it happened, for a report of it. It may quote what was read, so it
    is cleaned like everything else."""
    import traceback

    from widgets.text import clean_lines

    _put(sys.stderr, clean_lines(traceback.format_exc()))
    say("this is a mistake in triage-tui, not in what it read; please report it")
    return TROUBLE
