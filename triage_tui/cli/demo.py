"""`triage-tui demo`: the bundled incident in replay; without a terminal, as text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from . import console, scan
from . import options as shared

if TYPE_CHECKING:
    import argparse

    from triage_tui.config import Settings
    from triage_tui.store.filters import Filter

SUMMARY = "the bundled incident in replay; needs no AWS account"
SPEED = 60.0
TITLE = "A night at a web shop: the bundled incident, all of it invented"


def options(parser: argparse.ArgumentParser) -> None:
    """What `demo` takes."""
    shared.common(parser)
    shared.transport(parser)
    parser.add_argument(
        "--json", action="store_true", help="what scan --json prints, without the screen"
    )
    scan.ranking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Opens the screen, or prints the triage where there is none."""
    from triage_tui.demo import PAGER, incident_folder

    paths = [str(incident_folder())]
    settings, selected = shared.settings(arguments), shared.selected(arguments)
    start = shared.start(arguments, at=PAGER, speed=SPEED)
    if not arguments.json and console.is_terminal(sys.stdin) and console.is_terminal(sys.stdout):
        from . import screen, state

        return screen.replay(
            paths,
            start,
            selected,
            settings,
            mode="DEMO",
            title="demo",
            folder=state.root() / "demo",
            slow_link=arguments.slow_link,
        )
    return _print(paths, arguments, settings, selected)


def _print(
    paths: list[str], arguments: argparse.Namespace, settings: Settings, selected: Filter
) -> int:
    from . import compose, knowing, loading, story

    triage = compose.headless(paths, settings, knowing.knowledge(settings, "demo"))
    try:
        failed = loading.load(triage, selected, quiet=True)
        if arguments.json:
            scan.write(triage, selected, arguments)
        else:
            kinds = scan.entities_of(arguments.by)
            console.write(story.story_text(triage, selected, kinds, arguments.top, title=TITLE))
        return console.TROUBLE if failed else console.OK
    finally:
        triage.raw.close()
