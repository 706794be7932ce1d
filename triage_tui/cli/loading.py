"""Reads everything there is, without a screen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import console, inputs
from .progress import Bar

if TYPE_CHECKING:
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage


def load(triage: Triage, selected: Filter, *, quiet: bool) -> bool:
    """Reads all sources, searches for the filter's words, says what could not be read.

    True if anything could not be.
    """
    asyncio.run(read(triage, selected, quiet=quiet))
    return inputs.tell([source.report for source in triage.sources], quiet=quiet)


async def read(triage: Triage, selected: Filter, *, quiet: bool) -> None:
    """Reads all sources and searches for the filter's words, with a bar while that takes long."""
    with Bar(quiet=quiet) as bar:
        await triage.run(lambda _rows: bar.reading(triage.sources))
        if triage.hampered and not quiet:
            console.say(triage.hampered)
        if triage.index.knowledge.baseline is not None:
            await triage.index.knowledge.baseline.close()  # all of it that is in sight was read
        matches = triage.matches(selected)
        try:
            for _ in triage.search(selected):
                bar.show("searching", matches.searched, triage.index.rows)
        except OSError as error:
            # The other terms of the filter still hold; what was not searched does not match.
            console.say(f"a file changed while it was searched, so rows may be missing: {error}")
