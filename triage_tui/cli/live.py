"""`triage-tui live`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse

SUMMARY = "live triage; not in this version yet"


def options(parser: argparse.ArgumentParser) -> None:
    """What `live` takes as yet."""
    shared.config(parser)


def run(_arguments: argparse.Namespace) -> int:
    """Says what to do instead."""
    console.say(
        "live is not in this version yet; open recorded logs with `triage-tui replay PATH`, "
        "or try `triage-tui demo`"
    )
    return console.TROUBLE
