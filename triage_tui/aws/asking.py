"""Calls of one source, each asked again until it is answered: no page is read twice for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from triage_tui.health import HealthState

from .pace import Backoff
from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .access import Access
    from .duties import Duty
    from .feed import Feed
    from .pace import Budget, Sleep
    from .trouble import Trouble

_Answer = TypeVar("_Answer")

LOOK_AGAIN = 300.0
"""Seconds until it is seen whether what is denied, or not needed, still is."""
_HOPELESS = (Kind.GONE, Kind.REFUSED)
"""What was asked is wrong by now (a page's token lives for a while only, a detector may go)."""

_PATIENCE = 6
"""Failures in a row after which it may be what was asked that the service breaks at."""


class Asking:
    """Asks on behalf of a feed, whose state says what is in the way."""

    def __init__(
        self,
        feed: Feed,
        access: Access,
        budget: Budget,
        sleep: Sleep,
        *,
        note: str,
        complete: Callable[[], int],
        duty: Duty,
    ) -> None:
        """`note` is how the feed is read at first; `complete` tells up to when (wall-clock
        nanoseconds) everything is here; `duty` is whose turn it is to read."""
        self._feed = feed
        self._access = access
        self._budget = budget
        self._sleep = sleep
        self._note = note
        self._complete = complete
        self._duty = duty
        self._backoff = Backoff()

    async def ask(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer, however long it takes. Raises one of `CALL_ERRORS` only where asking the same
        once more is of no use, or may be another one's duty."""
        while True:
            await self._budget.turn()
            try:
                answer = await call()
            except CALL_ERRORS as error:
                found = self._access.trouble(error)
                self._feed.failed(found)
                worn_out = found.kind is Kind.BROKEN and self._backoff.failures >= _PATIENCE
                if found.kind in _HOPELESS or worn_out:
                    self._feed.is_now(HealthState.STALE, "the reading is begun anew")
                    raise
                if await self._wait(found):
                    raise
                continue
            self._backoff.reset()
            self._budget.granted()
            self._feed.answered()
            self._show()
            return answer

    def reached(self, note: str, seconds: float) -> None:
        """Everything there is was read; `note` tells how it goes on, in so many seconds."""
        self._note = note
        self._feed.health.complete = self._complete()
        self._feed.health.every = int(seconds * 1_000_000_000)
        self._feed.is_now(HealthState.POLLING, note)
        self._show()

    async def _wait(self, found: Trouble) -> bool:
        """Says what is in the way, and waits until it may be gone; whether it may be the duty of
        another one by now."""
        if found.kind is Kind.THROTTLED:
            self._feed.health.throttled += 1
            self._budget.refused()
            self._show()
            return False
        if found.kind is Kind.DENIED:
            self._feed.is_now(HealthState.DENIED, f"tried again every {LOOK_AGAIN / 60:g} min")
            return await self._duty.handed_on(LOOK_AGAIN, self._sleep)
        pause = self._backoff.pause()
        if found.kind is Kind.CREDENTIALS:
            self._feed.is_now(HealthState.DENIED, "goes on as soon as you have signed in")
            if self._duty.leave():
                return True
            await self._access.locked_out(found, pause, self._sleep)
            return self._duty.is_shared  # whoever signs in may lead to what somebody reads
        self._feed.is_now(HealthState.STALE, f"tried again in {pause:.0f} s")
        await self._sleep(pause)
        return False

    def _show(self) -> None:
        if self._budget.is_throttled:
            slow = f"slowed down to {self._budget.rate:.1f} requests a second"
            self._feed.is_now(HealthState.THROTTLED, slow)
        elif self._feed.report.state is not HealthState.POLLING:
            self._feed.is_now(HealthState.POLLING, self._note)
