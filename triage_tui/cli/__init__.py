"""The command line: one file a command. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code. `argv` is without the program's name."""
    from . import console

    problem = _misplaced(sys.modules["triage_tui"].__file__)
    if problem:
        # Not `say`: what cleans its text is the package that cannot be found.
        sys.stderr.write(f"triage-tui: {problem}\n")
        return console.TROUBLE
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        console.flush()
    except BrokenPipeError:
        return console.closed_pipe()
    except KeyboardInterrupt:
        console.interrupted()
    except OSError as error:
        return console.stopped(error)
    except Exception:  # noqa: BLE001 - the last resort, for mistakes of our own
        return console.crashed()
    return code


def _run(argv: list[str]) -> int:
    from . import parser

    try:
        arguments = parser.parse(argv)
        return int(arguments.run(arguments))
    except SystemExit as stop:  # argparse ends so, after help as well as after a wrong option
        return stop.code if isinstance(stop.code, int) else 2


def _misplaced(package: str | None) -> str | None:
    """What is wrong if another package named `widgets` is found before ours; None if ours is."""
    import os
    from importlib.util import find_spec

    found = find_spec("widgets")
    ours = os.path.dirname(os.path.dirname(package or ""))
    if found is None or found.origin is None:
        return f"the package `widgets` is missing from {ours!r}: install triage-tui again"
    if os.path.dirname(os.path.dirname(found.origin)) == ours:
        return None
    return (
        f"another `widgets` hides ours: {found.origin!r}; run from another folder, or start the "
        "`triage-tui` script instead of `python -m triage_tui`"
    )
