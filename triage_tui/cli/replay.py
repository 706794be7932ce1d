"""`triage-tui replay`: triage over recorded files and folders, on the screen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse

SUMMARY = "triage over recorded files and folders, on the screen"


def options(parser: argparse.ArgumentParser) -> None:
    """What `replay` takes."""
    shared.paths(parser)
    shared.common(parser)
    shared.transport(parser)
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on reading as the files grow and rotate, and as new ones come into the folders",
    )


def run(arguments: argparse.Namespace) -> int:
    """Opens the screen over the files."""
    paths: list[str] = arguments.paths
    shared.refuse_twice(paths)
    missing = _no_screen(paths)
    if missing:
        console.say(f"replay needs a terminal, and {missing}; without one: triage-tui scan PATH")
        return console.TROUBLE
    settings, selected = shared.settings(arguments), shared.selected(arguments)
    from . import bundled, screen, state

    title = os.path.basename(os.path.normpath(paths[0]))
    if len(paths) > 1:
        title += f" and {len(paths) - 1} more"
    folder = bundled.opened(arguments)
    paths = arguments.paths
    if folder is None:
        named = state.folder_of_names if arguments.follow else state.folder_for
        folder = named(paths)
    start = shared.start(arguments, at=None, speed=None)
    return screen.replay(
        paths,
        start,
        selected,
        settings,
        mode="REPLAY",
        title=title,
        folder=folder,
        follow=arguments.follow,
        slow_link=arguments.slow_link,
        config=shared.config_path(arguments),
    )


def _no_screen(paths: list[str]) -> str | None:
    """What is missing to show a screen; None where all is there."""
    if not console.is_terminal(sys.stdout):
        return "stdout is none"
    if shared.STDIN in paths:
        try:
            os.close(os.open("/dev/tty", os.O_RDWR))
        except OSError:
            return "there is none to read keys from (stdin brings the events)"
    elif not console.is_terminal(sys.stdin):
        return "stdin is none (to read events from it, name the path -)"
    return None
