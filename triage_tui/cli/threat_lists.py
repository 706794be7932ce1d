"""The threat lists of GuardDuty among the lists that a live triage knows."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from triage_tui.detect.intel import ListKind, of_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from triage_tui.aws.threats import ThreatList, Threats
    from triage_tui.detect.intel import ListFile
    from triage_tui.triage import Triage

_log = logging.getLogger(__name__)


def heeding(triage: Triage) -> Callable[[Threats], Awaitable[None]]:
    """Takes in threat lists as they are fetched, in place of those fetched before; what could not
    be read is logged."""
    own = triage.index.knowledge.intel

    async def heed(found: Threats) -> None:
        for words in found.unread:
            _log.warning("%s", words)
        now = triage.clock.wall()
        files = await asyncio.to_thread(lambda: [_file(each, now) for each in found.lists])
        for each in files:
            for problem in each.problems:
                _log.warning("threat list %s", problem)
        if files:
            triage.know(await asyncio.to_thread(own.beside, files))
        elif triage.index.knowledge.intel is not own:
            triage.know(own)

    return heed


def _file(each: ThreatList, now: int) -> ListFile:
    """The addresses of a list. It may take a while."""
    found = of_bytes(each.data, each.location, ListKind.BLOCK, each.modified or now, now)
    return found._replace(known=found.known._replace(name=f"GuardDuty: {each.name}"))
