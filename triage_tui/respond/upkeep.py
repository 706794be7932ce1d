"""Takes out what is over, for as long as the program lives; holds the journal against the sets at
the start, and now and then."""

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
RECONCILED_FOR = 300 * SECOND
"""For so long the sets are taken to hold what they held."""


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
    reconciled: int | None = None
    while True:
        pause = OFTEN
        try:
            if reconciled is None or not 0 <= wall() - reconciled < RECONCILED_FOR:
                for difference in await blocklist.reconcile():
                    log.warning("%s: %s", blocklist.name, difference)
                reconciled = wall()
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
