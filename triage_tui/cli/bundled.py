"""Bundles among the paths that somebody names: they are opened, and what they hold is read."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from typing import TYPE_CHECKING

from triage_tui.sources.bundle import BundleError, is_bundle, unpack

from . import console, state
from .stage import cannot_keep

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from triage_tui.statefile import Schema

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"


def opened(arguments: argparse.Namespace) -> Path | None:
    """Puts what bundles hold in their place among `arguments.paths`. Gives the folder of what was
    decided where one bundle is all there is. Ends the program where one cannot be opened."""
    paths: list[str] = []
    states: list[Path] = []
    for path in arguments.paths:
        if not is_bundle(path):
            paths.append(path)
            continue
        try:
            found = unpack(path, state.make(state.bundles()))
            _check_state(found.state)
        except BundleError as error:
            words = str(error)
            console.say(words if words.startswith(path) else f"{path}: {words}")
            sys.exit(console.TROUBLE)
        except OSError as error:
            console.say(cannot_keep(state.bundles(), error))
            sys.exit(console.TROUBLE)
        for line in found.manifest.left_out:
            console.say(f"{path}: not in the bundle: {line}")
        paths.append(str(found.records))
        states.append(found.state)
    alone = len(arguments.paths) == len(states) == 1
    arguments.paths = paths
    return states[0] if alone else None


def _check_state(folder: Path) -> None:
    """A database that somebody else has made may hold triggers of theirs, which would run as soon
    as we write. Raises BundleError where one holds anything but what ours do."""
    from triage_tui.casebook.sqlite import SCHEMA as CASEBOOK
    from triage_tui.respond.journal import SCHEMA as JOURNAL

    for name, schema in (
        (state.CASEBOOK, CASEBOOK),
        (state.JOURNAL, JOURNAL),
        (state.LIVE_JOURNAL, JOURNAL),
    ):
        path = folder / name
        if path.is_file() and not _is_plain(path, schema):
            raise BundleError(f"state/{name} is no {schema.name} of ours: trust nothing of it")


def _is_plain(path: Path, schema: Schema) -> bool:
    with contextlib.closing(sqlite3.connect(":memory:")) as ours:
        for migration in schema.migrations:
            for statement in migration:
                ours.execute(statement)
        known = set(ours.execute(_OBJECTS))
    try:
        uri = f"{path.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as theirs:
            return set(theirs.execute(_OBJECTS)) <= known
    except sqlite3.Error:
        return False
