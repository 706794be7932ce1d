"""Takes out what is over, for as long as the program lives; holds the journal against the sets at
the start, and now and then."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND

from .journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .blocklist import WafBlocklist

OFTEN = 5.0
"""Seconds between two looks at what is over; other processes block and extend too."""
AFTER_TROUBLE = 20.0
"""Seconds until an expiry is tried again; twice as long after each failure more, for each writes to
the journal. What else is over meanwhile does not wait for it."""
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
    holds = unread = 0
    put_off: dict[str, _PutOff] = {}
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
        now = wall()
        patient = {block for block, each in put_off.items() if each.until > now}
        try:
            if await blocklist.expire(but=patient):
                changed()
        except ResponseError as error:
            log.warning("%s: %s", blocklist.name, error)
            for block in blocklist.due():
                if block.id not in patient:
                    put_off[block.id] = _again(put_off.get(block.id), wall())
            changed()
        over = {block.id for block in blocklist.due()}
        put_off = {block: each for block, each in put_off.items() if block in over}
        ends = blocklist.next_expiry(but=put_off.keys())
        await sleep(OFTEN if ends is None else min(OFTEN, max(0.0, (ends - wall()) / SECOND)))


class _PutOff(NamedTuple):
    """An expiry that failed so many times, and is not tried again until then (wall time)."""

    failures: int
    until: int


def _again(before: _PutOff | None, now: int) -> _PutOff:
    failures = 0 if before is None else before.failures
    return _PutOff(failures + 1, now + round(_after(failures) * SECOND))


def _after(failures: int) -> float:
    """Seconds to wait after one more failure than so many."""
    return min(SELDOM, AFTER_TROUBLE * 2.0 ** min(failures, 8))
