"""Options, shared by the commands and their own."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from triage_tui import __version__

from . import (
    blocks,
    casebook,
    completion,
    config,
    console,
    demo,
    deps,
    doctor,
    events,
    history,
    learn,
    live,
    overview,
    policy,
    replay,
    report,
    rules,
    scan,
    trigger,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

COMMANDS = (
    live,
    replay,
    demo,
    scan,
    events,
    report,
    blocks,
    casebook,
    rules,
    learn,
    history,
    deps,
    config,
    doctor,
    policy,
    trigger,
    completion,
)
"""Each has SUMMARY, `options(parser)` and `run(arguments)`, and is named like its command."""
_OWN = ("-h", "--help", "--version")
"""Options of the program itself."""


class Parser(argparse.ArgumentParser):
    """argparse with help in colour, and messages that are clean."""

    def format_help(self) -> str:
        """The help; what draws it is loaded only now."""
        from rich_argparse import RawDescriptionRichHelpFormatter

        self.formatter_class = RawDescriptionRichHelpFormatter
        return super().format_help().rstrip() + "\n"

    def error(self, message: str) -> NoReturn:
        """Says what is wrong with the arguments, and ends."""
        console.say(f"{message}; see {self.prog} --help")
        sys.exit(console.TROUBLE)


def build() -> Parser:
    """The whole command line."""
    parser = Parser(prog="triage-tui", description=overview.SUMMARY, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"triage-tui {__version__}")
    parser.set_defaults(run=overview.run, program=parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        command = commands.add_parser(
            name, help=module.SUMMARY, description=module.SUMMARY, allow_abbrev=False
        )
        module.options(command)
        command.set_defaults(run=module.run)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Reads the arguments. Options without a command are those of `live`, and so is nothing at
    all where there is a screen. Raises SystemExit after help, the version, or a mistake."""
    implied = _means_live(argv)
    arguments = build().parse_args(_joined(["live", *argv] if implied else argv))
    arguments.implied = implied
    return arguments


def _means_live(argv: Sequence[str]) -> bool:
    if not argv:
        return console.has_screen()
    return argv[0].startswith("-") and argv[0] not in _OWN


def _joined(argv: Sequence[str]) -> list[str]:
    """The arguments, with a filter that begins with a minus tied to its option: argparse would
    take `-outcome:ok` for an option of its own."""
    found: list[str] = []
    for argument in argv:
        minus = argument.startswith("-") and not argument.startswith("--") and argument != "-"
        if found and found[-1] == "--filter" and minus and "--" not in found:
            found[-1] = f"--filter={argument}"
        else:
            found.append(argument)
    return found
