"""`triage-tui doctor`: what works and what does not, with the fix. It changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from triage_tui.health import Checked

    from .examination import Show

SUMMARY = "what works and what does not, with the fix; changes nothing"
FAILED = 1
"""The exit code where something that is configured will not work."""


def options(parser: argparse.ArgumentParser) -> None:
    """What `doctor` takes."""
    shared.scope(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--quiet", action="store_true", help="show only what is not well")
    shared.config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Tries everything, and says what came of it."""
    import asyncio

    import msgspec

    from . import examination, logfile, state

    loaded = shared.loaded(arguments)
    loaded = loaded._replace(settings=shared.scoped(loaded.settings, arguments))
    with logfile.beside(state.root()):
        found = asyncio.run(examination.run(loaded, _shows(arguments)))
    from triage_tui.health import CheckState

    failed = [each for each in found if each.state is CheckState.FAILS]
    if arguments.json:
        from triage_tui.report.jsontext import dump

        console.write(dump({"ok": not failed, "checks": msgspec.to_builtins(found)}) + "\n")
    else:
        from .diagnosis import verdict

        console.write(verdict(found))
    return FAILED if failed else console.OK


def _shows(arguments: argparse.Namespace) -> Show:
    """What is done with the rows of each check as they come."""
    if arguments.json:
        return lambda name, rows: None
    from .diagnosis import section

    def show(name: str, rows: Sequence[Checked]) -> None:
        console.write(section(name, rows, quiet=arguments.quiet))
        console.flush()

    return show
