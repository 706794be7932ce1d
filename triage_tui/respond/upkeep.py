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
"""Seconds until it is tried again; twice as long after each failure more, for each writes to the
journal."""
SELDOM = 600.0
"""Seconds that it waits at most."""
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
    looked: int | None = None
    holds = 0
    unread = refused = 0  # failures since the sets were read, and since an expiry went through
    """Failures since the sets were read, and since an expiry went through."""
    while True:
        if looked is None or not 0 <= wall() - looked < holds:
            try:
                for difference in await blocklist.reconcile():
                    log.warning("%s: %s", blocklist.name, difference)
                unread, holds = 0, RECONCILED_FOR
            except ResponseError as error:  # one set may be in the way, and others are not
                log.warning("%s: %s", blocklist.name, error)
                holds = round(_after(unread) * SECOND)
                unread += 1
            looked = wall()
            changed()
        pause = OFTEN
        try:
            if await blocklist.expire():
                changed()
            refused = 0
            ends = blocklist.next_expiry()
            if ends is not None:
                pause = min(OFTEN, max(0.0, (ends - wall()) / SECOND))
        except ResponseError as error:
            log.warning("%s: %s", blocklist.name, error)
            pause = _after(refused)
            refused += 1
            changed()
        await sleep(pause)


def _after(failures: int) -> float:
    """Seconds to wait after one more failure than so many."""
    return min(SELDOM, AFTER_TROUBLE * 2.0 ** min(failures, 8))
