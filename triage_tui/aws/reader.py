"""What FilterLogEvents has of one log group, page by page, however often it has to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import answers
from .pace import Backoff
from .seen import Reading
from .trouble import CALL_ERRORS, Kind, Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from .answers import Page
    from .around import Surroundings
    from .feed import Feed
    from .seen import Seen

PATIENCE = 30.0
"""Seconds until something is tried again that will not mend itself."""


class Reader:
    """Reads stretches of log time, one after the other."""

    def __init__(
        self,
        arn: str,
        around: Surroundings,
        feed: Feed,
        seen: Seen,
        heed: Callable[[], None],
    ) -> None:
        """`feed` is told how it goes, `heed` is called when something is in the way; `seen` is what
        was delivered."""
        self.trouble: Trouble | None = None
        """What keeps FilterLogEvents from working."""
        self.pages = 0
        """Of the last reading."""
        self._arn = arn
        self._around = around
        self._feed = feed
        self._seen = seen
        self._heed = heed

    async def read(self, low: int, high: int | None) -> AsyncGenerator[tuple[Reading, Page]]:
        """Every page from `low` to `high` (milliseconds; None: to the end), and what tells which
        of its events are new; ends early, in `trouble`, where FilterLogEvents does not work."""
        reading, token, backoff = Reading(self._seen), None, Backoff(most=PATIENCE)
        goes_on, again, self.pages = True, False, 0
        while goes_on:
            await self._around.budget.turn(again=again)
            try:
                page = await self._page(low, high, token)
            except CALL_ERRORS as error:
                found = self._around.access.trouble(error)
                if await self._gives_up(found, backoff):
                    return
                again = found.kind is Kind.THROTTLED
                if found.kind is Kind.REFUSED and token:  # tokens live for a day
                    reading, token = Reading(self._seen), None
                continue
            again = False
            backoff.reset()
            self._around.budget.granted()
            self.trouble = None
            self.pages += 1
            self._feed.answered()
            token = page.nextToken
            goes_on = bool(token)
            yield reading, page

    async def _page(self, low: int, high: int | None, token: str | None) -> Page:
        client = await self._around.access.client("logs")
        asked: dict[str, object] = {"logGroupIdentifier": self._arn, "startTime": max(0, low)}
        if high is not None:
            asked["endTime"] = max(0, low, high)
        if self._around.settings.filter_pattern:
            asked["filterPattern"] = self._around.settings.filter_pattern
        if token:
            asked["nextToken"] = token
        return await answers.page(client, asked)

    async def _gives_up(self, found: Trouble, backoff: Backoff) -> bool:
        """Whether a failed request is the end of a reading; else waits until it may be sent once
        more."""
        self._feed.failed(found)
        if found.kind is Kind.THROTTLED:
            self._feed.health.throttled += 1
            self._around.budget.refused()
            self._heed()
            return False
        self.trouble = found
        self._heed()
        if found.kind in (Kind.DENIED, Kind.GONE):
            return True
        if found.kind is Kind.REFUSED and backoff.failures:
            return True
        pause = backoff.pause()
        if found.kind is Kind.CREDENTIALS:
            await self._around.access.locked_out(found, pause, self._around.sleep)
        else:
            await self._around.sleep(pause)
        return False
