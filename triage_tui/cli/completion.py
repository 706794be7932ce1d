"""`triage-tui completion SHELL`: what a shell needs to complete commands, options and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

SUMMARY = "completion for a shell: prints what it has to read"
SHELLS = {
    "bash": "~/.local/share/bash-completion/completions/triage-tui",
    "zsh": "a folder of $fpath, as _triage-tui",
    "fish": "~/.config/fish/completions/triage-tui.fish",
}
"""Where each of them looks."""
_FILES = ("PATH", "FILE")


def options(parser: argparse.ArgumentParser) -> None:
    """What `completion` takes."""
    where = "; ".join(f"{shell}: {place}" for shell, place in SHELLS.items())
    parser.add_argument("shell", choices=tuple(SHELLS), help=f"for which one; write it to: {where}")


def run(arguments: argparse.Namespace) -> int:
    """Prints it."""
    console.write(script(arguments.program, arguments.shell))
    return console.OK


def script(program: argparse.ArgumentParser, shell: str) -> str:
    """What the shell has to read; made from the command line as it is, which it completes."""
    import shtab

    for action in _actions(program):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # shtab's own way
    return str(shtab.complete(program, shell=shell)).rstrip() + "\n"


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Those of all commands."""
    import argparse

    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
