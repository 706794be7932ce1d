"""`triage-tui blocks`: the blocklists without the screen, for cron and for runbooks."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage_tui.config import Settings

SUMMARY = "the blocklists: list, plan, push, undo, expire, init"
_WHAT = {
    "list": "every block, by whom, why, until when; and the other answers in the journal",
    "plan": "what blocking these would mean; changes nothing",
    "push": "block these addresses or CIDRs",
    "undo": "take blocks out again",
    "expire": "take out what is over (for cron)",
    "init": "create the IP sets that are missing",
}
_FOREVER = "never"
_DEFAULT = "1h"


def options(parser: argparse.ArgumentParser) -> None:
    """What `blocks` takes."""
    commands = parser.add_subparsers(metavar="WHAT", title="what", dest="what", required=True)
    made = {
        name: commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        for name, text in _WHAT.items()
    }
    made["list"].add_argument(
        "--all", action="store_true", help="those too that hold nothing back any more"
    )
    made["list"].add_argument(
        "--check",
        action="store_true",
        help="hold the journal against the sets, and say what differs",
    )
    for name in ("plan", "push"):
        made[name].add_argument("cidrs", metavar="CIDR", nargs="+", help="an address, or a range")
    made["push"].add_argument("--reason", metavar="TEXT", default="", help="why; it is kept")
    made["push"].add_argument(
        "--expires",
        metavar="SPAN",
        type=_span,
        default=_DEFAULT,
        help=f"15m, {_DEFAULT} (unless given), 1d, or {_FOREVER}, which needs a reason",
    )
    made["undo"].add_argument("ids", metavar="ID", nargs="+", help="blocks, by their ids or CIDRs")
    for name, command in made.items():
        command.add_argument("--blocklist", metavar="NAME", help=_of(name))
        if name in ("list", "plan"):
            command.add_argument("--json", action="store_true", help="one JSON object")
        else:
            command.add_argument("--yes", action="store_true", help="do not ask")
            command.add_argument(
                "--dry-run", action="store_true", help="say what would be done, and do nothing"
            )
        command.add_argument("--read-only", action="store_true", help="refuse to change anything")
        shared.config(command)


def _of(name: str) -> str:
    if name in ("plan", "push"):
        return "the blocklist of the config; the first one unless given"
    return "this blocklist of the config alone"


def _span(text: str) -> int | None:
    """A span of time in nanoseconds; None for never. For argparse."""
    from triage_tui.aws.settings import seconds
    from triage_tui.model import SECOND

    if text == _FOREVER:
        return None
    try:
        found = seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is over before it begins")
    return found * SECOND


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked for."""
    import asyncio

    from . import logfile, state

    settings = shared.settings(arguments)
    problem = _misused(arguments, settings)
    if problem:
        console.say(problem)
        return console.TROUBLE
    from . import blocking

    with logfile.beside(state.root()):
        return asyncio.run(blocking.run(arguments, settings, confirmed(arguments)))


def _misused(arguments: argparse.Namespace, settings: Settings) -> str | None:
    """What does not go."""
    names = [each.name for each in settings.blocklist]
    if not names:
        return (
            "no blocklist is configured: write a [[blocklist]] into the config "
            "(`triage-tui config init` shows one)"
        )
    if arguments.blocklist is not None and arguments.blocklist not in names:
        return f"there is no blocklist {arguments.blocklist!r}; known are {', '.join(names)}"
    if arguments.what in ("list", "plan"):
        return None
    if arguments.read_only:
        return f"--read-only: blocks {arguments.what} would change something, and does not"
    if arguments.yes or arguments.dry_run:
        return None
    if not console.is_terminal(sys.stdin) or not console.is_terminal(sys.stderr):
        return f"blocks {arguments.what} asks before it changes anything: without a terminal, --yes"
    return None


def confirmed(arguments: argparse.Namespace) -> Callable[[str], bool]:
    """Asks the question, unless the answer was given."""

    def ask(question: str) -> bool:
        if arguments.yes:
            return True
        console.ask(f"{question} [y/N] ")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask
