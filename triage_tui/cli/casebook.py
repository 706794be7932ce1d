"""`triage-tui casebook`: what people said, in a table that a team shares, and between casebooks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse

    from triage_tui.aws.settings import CasebookPlace
    from triage_tui.casebook.fold import Entry
    from triage_tui.casebook.record import Decision
    from triage_tui.config import Settings

    from . import shared as team

SUMMARY = "notes, statuses and blocks that a team shares: init, export, import"
_WHAT = {
    "init": "create the table of the config in DynamoDB, or finish what was begun",
    "export": "write every decision, as text",
    "import": "take in what was exported; what is there already stays as it is, once",
}
_LONGEST = 1 << 30
"""Bytes of an export."""


def options(parser: argparse.ArgumentParser) -> None:
    """What `casebook` takes."""
    commands = parser.add_subparsers(metavar="WHAT", title="what", dest="what", required=True)
    for name, text in _WHAT.items():
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        if name == "export":
            command.add_argument(
                "file", metavar="FILE", nargs="?", default="-", help="a new file; stdout without it"
            )
        elif name == "import":
            command.add_argument("file", metavar="FILE", help="an export; - is stdin")
        if name != "init":
            command.add_argument(
                "--local",
                action="store_true",
                help="this machine's own casebook, even where the config names a table",
            )
        shared.config(command)


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked for."""
    import asyncio

    from triage_tui.casebook.record import RecordError
    from triage_tui.respond.journal import ResponseError
    from triage_tui.statefile import StateFileError
    from triage_tui.statetable import AwayError, LayoutError

    from . import logfile, state

    settings = shared.settings(arguments)
    try:
        if arguments.what == "import":
            found = _read(arguments.file)
        with logfile.beside(state.root()):
            if arguments.what == "init":
                return asyncio.run(_init(settings))
            place = None if arguments.local else settings.shared
            if arguments.what == "export":
                return _write(arguments.file, asyncio.run(_entries(settings, place)))
            count = asyncio.run(_take(settings, place, found))
    except (AwayError, LayoutError, RecordError, ResponseError, StateFileError) as error:
        console.say(str(error))
        return console.TROUBLE
    except ValueError as error:
        console.say(f"{arguments.file}: {error}: it holds something too long for the table")
        return console.TROUBLE
    except OSError as error:
        console.say(f"{error.filename or state.root()}: {error.strerror or error}")
        return console.TROUBLE
    console.say(f"{count:,} of {len(found):,} decisions are new here, and written down")
    return console.OK


# -- init ----------------------------------------------------------------------------------------


async def _init(settings: Settings) -> int:
    import time

    from triage_tui.aws.dynamodb import set_up

    from . import shared as team

    place = settings.shared
    if place is None:
        console.say(
            'no table is configured: write casebook = "dynamodb://TABLE" into the config '
            "(`triage-tui config init` shows one)"
        )
        return console.TROUBLE
    async with team.opened(settings, place, wall=time.time_ns) as found:
        async for step in set_up(found.access, place.name):
            console.say(step)
        count = await _take_journal(found)
    if count:
        console.say(f"took over this machine's journal of blocks: {count:,} entries")
    console.say("notes: triage-tui casebook export --local | triage-tui casebook import -")
    return console.OK


async def _take_journal(found: team.Shared) -> int:
    """A table that has no journal yet begins with this machine's: so blocks that stand go on to be
    known, and to end. How many entries."""
    import time

    from triage_tui.respond.journal import Journal
    from triage_tui.respond.sharedjournal import begin_with

    from . import blocklists, state

    path = blocklists.folder() / state.JOURNAL
    if not path.exists():
        return 0
    own = await Journal.open(path, wall=time.time_ns, real=True)
    try:
        if await own.verify_chain() is not None:
            return 0
        return await begin_with(found.table, own.entries)
    finally:
        await own.close()


# -- export and import ---------------------------------------------------------------------------


async def _entries(settings: Settings, place: CasebookPlace | None) -> list[Entry]:
    import time

    from . import shared as team

    if place is not None:
        async with team.opened(settings, place, wall=time.time_ns) as found:
            await found.casebook.sync()
            return await found.casebook.entries()
    from triage_tui.casebook.sqlite import SqliteCasebook

    from . import blocklists, state

    path = blocklists.folder() / state.CASEBOOK
    book = await SqliteCasebook.open(path if path.exists() else None, wall=time.time_ns)
    try:
        return await book.entries()
    finally:
        await book.close()


async def _take(settings: Settings, place: CasebookPlace | None, decisions: list[Decision]) -> int:
    import time

    from . import shared as team

    if place is not None:
        async with team.opened(settings, place, wall=time.time_ns) as found:
            return await found.casebook.take(decisions)
    from triage_tui.casebook.sqlite import SqliteCasebook

    from . import blocklists, state

    folder = state.make(blocklists.folder())
    book = await SqliteCasebook.open(folder / state.CASEBOOK, wall=time.time_ns)
    try:
        return await book.take(decisions)
    finally:
        await book.close()


def _write(file: str, entries: list[Entry]) -> int:
    from triage_tui.casebook.record import export

    text = export(entries)
    if file == "-":
        console.write(text)
        return console.OK
    # Never over something: it may be the only copy.
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(handle, "w", encoding="ascii", newline="\n") as opened:
        opened.write(text)
    console.say(f"{len(entries):,} decisions are in {file}")
    return console.OK


def _read(file: str) -> list[Decision]:
    """Raises RecordError, OSError."""
    from triage_tui.casebook.record import RecordError, parse

    if file == "-":
        data = sys.stdin.buffer.read(_LONGEST + 1)
    else:
        with open(file, "rb") as opened:
            data = opened.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise RecordError(f"{file}: too long for an export of a casebook")
    try:
        return parse(data.decode("ascii"))
    except UnicodeDecodeError as error:
        raise RecordError(f"{file}: not an export of a casebook: it is not ASCII") from error
    except RecordError as error:
        raise RecordError(f"{file}: {error}") from error
