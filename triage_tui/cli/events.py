"""`triage-tui events`: normalised events, one JSON object a line, file by file, in file order."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage

SUMMARY = "normalised events, one JSON object a line"


def options(parser: argparse.ArgumentParser) -> None:
    """What `events` takes."""
    shared.paths(parser)
    shared.common(parser)
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line, which it always is"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints every event that the filter selects, as it is read."""
    import asyncio

    from . import bundled, compose, inputs, knowing, ruling

    shared.refuse_twice(arguments.paths)
    bundled.opened(arguments)
    settings, selected = shared.settings(arguments), shared.selected(arguments)
    triage = compose.headless(arguments.paths, settings, knowing.knowledge(settings, "none"))
    try:
        asyncio.run(_stream(triage, selected, quiet=arguments.quiet))
        console.flush()
    finally:
        triage.raw.close()
    reports = [source.report for source in triage.sources]
    failed = inputs.tell(reports, quiet=arguments.quiet)
    failed |= ruling.tell_refused(triage.index.rules)
    return console.TROUBLE if failed else console.OK


async def _stream(triage: Triage, selected: Filter, *, quiet: bool) -> None:
    from .progress import Bar

    # On one screen the bar and the events would overwrite each other.
    with Bar(quiet=quiet or console.is_terminal(sys.stdout)) as bar:

        def show(rows: range) -> None:
            _print(triage, _chosen(triage, selected, rows))
            bar.reading(triage.sources)

        await triage.run(show)


def _chosen(triage: Triage, selected: Filter, rows: range) -> Iterable[int]:
    """The rows that the filter and its time bounds select."""
    from triage_tui.model import NO_TIME

    since, until = selected.bounds.since, selected.bounds.until
    chosen: Iterable[int] = rows
    if since is not None or until is not None:
        times = triage.index.time.view()[rows.start : rows.stop].tolist()
        chosen = [
            row
            for row, time in zip(rows, times, strict=True)
            if time != NO_TIME
            and (since is None or time >= since)
            and (until is None or time <= until)
        ]
    if selected.selects_all:
        return chosen
    for _ in triage.search(selected):
        pass
    mask = triage.matches(selected).mask()
    return [row for row in chosen if mask[row]]


def _print(triage: Triage, rows: Iterable[int]) -> None:
    from .lines import line_of

    lines: list[str] = []
    for row in rows:
        try:
            event = triage.event(row)
        except OSError as error:
            report = triage.sources[triage.index.runs.of(row).source].report
            report.error = f"changed while it was read: {error}; read it again when it rests"
            continue
        lines.append(line_of(event))
    if lines:
        console.write("\n".join(lines) + "\n")
