"""`triage-tui report`: the incident report, with the notes and blocks of its replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console, scan
from . import options as shared

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.report import Snapshot
    from triage_tui.store.filters import Filter

SUMMARY = "the incident report, with the notes and blocks of its replay"


def options(parser: argparse.ArgumentParser) -> None:
    """What `report` takes."""
    shared.paths(parser)
    shared.common(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of Markdown")
    parser.add_argument(
        "--anonymize",
        action="store_true",
        help="pseudonyms for addresses, principals, accounts, keys and authors",
    )
    parser.add_argument(
        "--top",
        metavar="N",
        type=scan.count,
        default=scan.TOP,
        help=f"how many entities of each kind; 0 is all, {scan.TOP} unless given",
    )


def run(arguments: argparse.Namespace) -> int:
    """Reads everything, looks up what was decided, prints the report."""
    import asyncio

    from triage_tui.report import incident, to_json, to_markdown
    from triage_tui.respond.journal import ResponseError
    from triage_tui.statefile import StateFileError

    from . import bundled, inputs, state

    shared.refuse_twice(arguments.paths)
    kept = bundled.opened(arguments)
    settings, selected = shared.settings(arguments), shared.selected(arguments)
    folder = kept or state.folder_for(arguments.paths)
    try:
        found = asyncio.run(_gather(arguments, settings, selected, folder))
    except (StateFileError, ResponseError) as error:
        console.say(str(error))
        return console.TROUBLE
    written = incident(found, anonymize=arguments.anonymize)
    console.write(to_json(written) + "\n" if arguments.json else to_markdown(written))
    console.flush()
    failed = inputs.tell(found.files, quiet=arguments.quiet)
    return console.TROUBLE if failed else console.OK


async def _gather(
    arguments: argparse.Namespace, settings: Settings, selected: Filter, folder: Path
) -> Snapshot:
    from . import compose, knowing, loading, looking, ruling

    if not _has_state(folder):
        triage = compose.headless(arguments.paths, settings, knowing.knowledge(settings))
        try:
            await loading.read(triage, selected, quiet=arguments.quiet)
            ruling.tell_refused(triage.index.rules)
            return looking.snapshot(triage, selected, top=arguments.top)
        finally:
            triage.raw.close()
    from triage_tui.sources.clock import ReplayClock

    from .attended import attended
    from .inputs import sources
    from .places import places
    from .written import taken

    clock = ReplayClock()
    opened = sources(arguments.paths, wall=clock.wall)
    geo = places(settings)
    desk = await attended(opened, folder, clock, settings, geo, settles=False)
    try:
        await loading.read(desk.triage, selected, quiet=arguments.quiet)
        ruling.tell_refused(desk.triage.index.rules)
        return await taken(desk, selected, top=arguments.top)
    finally:
        await desk.close()


def _has_state(folder: Path) -> bool:
    """Whether a replay of these inputs has left anything; a report creates nothing."""
    from . import state

    return (folder / state.CASEBOOK).is_file() and (folder / state.JOURNAL).is_file()
