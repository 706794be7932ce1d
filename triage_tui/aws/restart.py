"""A source that fails by a mistake of ours is begun anew by itself, and says so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from triage_tui.health import HealthState

from .pace import Backoff
from .trouble import Kind, Trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .feed import Feed
    from .pace import Sleep


async def restarted(feed: Feed, work: Callable[[], Awaitable[None]], sleep: Sleep) -> None:
    """Runs `work` until it ends; whenever it raises, begins it anew after a pause."""
    backoff = Backoff()
    while True:
        try:
            await work()
            return
        except Exception as error:
            logging.getLogger(__name__).exception("%s failed", feed.report.path)
            what = f"a mistake of ours ({type(error).__name__}: {error})"
            words = f"{what}; see triage-tui.log in the state folder"
            feed.failed(Trouble(Kind.BROKEN, words))
            feed.is_now(HealthState.STALE, "begun anew")
            feed.health.restarts += 1
            await sleep(backoff.pause())
