"""Builds a triage: hands in the sources, the clock, the state files and the responses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from triage_tui.decoding import Decoders
from triage_tui.detect.geo import GeoError, geo
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage

from . import console
from .inputs import originals, sources
from .readonly import NoBlocklist, NoCasebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.config import Settings
    from triage_tui.ports import Geo


def headless(paths: Sequence[str], settings: Settings, *, keeps_raw: bool = True) -> Triage:
    """A triage that decides nothing and leaves nothing behind.

    Without `keeps_raw`, raw records cannot be read back, and nothing is spooled for it.
    """
    clock = ReplayClock()
    opened = sources(paths, wall=clock.wall)
    spool = Spool(spool_folder()) if keeps_raw else NoSpool()
    return Triage(
        opened,
        clock=clock,
        spool=spool,
        raw=RawFiles(originals(opened), spool),
        casebook=NoCasebook(),
        blocklist=NoBlocklist(),
        author="",
        decoders=Decoders(settings=settings.reading),
        geo=places(settings),
    )


def places(settings: Settings) -> Geo:
    """What knows where addresses are from. A table that cannot be used is said, and done without:
    nobody should be kept from a triage by it."""
    try:
        return geo(settings.geo)
    except GeoError as error:
        console.say(f"geo.asn_database: {error}")
        return geo(msgspec.structs.replace(settings.geo, asn_database=""))


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
