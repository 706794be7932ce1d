"""Builds a triage: hands in the sources, the clock, the state files and the responses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui.decoding import Decoders
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import are_large
from triage_tui.sources.spool import RawFiles, Spool

from .inputs import originals, sources
from .places import places
from .readonly import NoBlocklist, NoCasebook
from .ruling import rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.config import Settings
    from triage_tui.detect.knowledge import Knowledge
    from triage_tui.triage import Triage


def headless(
    paths: Sequence[str],
    settings: Settings,
    knowledge: Knowledge | None = None,
    *,
    keeps_raw: bool = True,
) -> Triage:
    """A triage that decides nothing and leaves nothing behind.

    `knowledge` is what is known beside the events: nothing, if it is left out. Without
    `keeps_raw`, raw records cannot be read back, and nothing is spooled for it.
    """
    clock = ReplayClock()
    opened = sources(paths, wall=clock.wall)
    decoders = Decoders(settings=settings.reading, rules=rules(settings))
    if are_large(opened):
        decoders.start()
    from triage_tui.triage import Triage  # the store is loaded while processes get ready

    spool = Spool(spool_folder()) if keeps_raw else NoSpool()
    return Triage(
        opened,
        clock=clock,
        spool=spool,
        raw=RawFiles(originals(opened), spool),
        casebook=NoCasebook(),
        blocklist=NoBlocklist(),
        author="",
        decoders=decoders,
        muted=settings.rules.mutes,
        geo=places(settings),
        knowledge=knowledge,
    )


def spool_folder() -> Path | None:
    """Where spools lie: on a disk, for /tmp is memory on many machines. None: Python's choice."""
    folder = Path("/var/tmp")  # noqa: S108 - the file in it has no name
    if os.environ.get("TMPDIR") or not os.access(folder, os.W_OK | os.X_OK):
        return None
    return folder


class NoSpool(Spool):
    """Keeps nothing, for work that never looks at a raw record again."""

    def append(self, data: bytes) -> int:
        """Counts the bytes and forgets them."""
        start = self._size
        self._size += len(data)
        return start
