"""Takes out what is over, for as long as the program lives; holds the journal against the sets once
at the start."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from triage_tui.model import SECOND

from .journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .blocklist import WafBlocklist

OFTEN = 5.0
"""Seconds between two looks at what is over; other processes block and extend too."""
AFTER_TROUBLE = 20.0
"""Seconds until it is tried again."""


async def keep(
    blocklist: WafBlocklist,
    *,
    wall: Callable[[], int],
    changed: Callable[[], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Goes on until it is cancelled. `changed` hears when anything that shows may be other. What
    is in the way is in the blocklist's `differences`, and in the log."""
    log = logging.getLogger(__name__)
    is_reconciled = False
    while True:
        pause = OFTEN
        try:
            if not is_reconciled:
                for difference in await blocklist.reconcile():
                    log.warning("%s: %s", blocklist.name, difference)
                is_reconciled = True
                changed()
            if await blocklist.expire():
                changed()
            ends = blocklist.next_expiry()
            if ends is not None:
                pause = min(OFTEN, max(0.0, (ends - wall()) / SECOND))
        except ResponseError as error:
            log.warning("%s: %s", blocklist.name, error)
            pause = AFTER_TROUBLE
            changed()
        await sleep(pause)
