"""Who reads what several profiles and roles lead to: one account in one region is read once.

The first whose account is known reads; the others stand in. One that was denied before it had read
anything hands its duty on. One that has read keeps it: nobody else knows what was delivered.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from triage_tui.health import HealthState

from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .access import Access, Scope
    from .feed import Feed
    from .pace import Sleep
    from .trouble import Trouble

LOOK = 5.0
"""Seconds between two looks of one that stands in."""


class Duties:
    """What there is to be read, and who is in line for it, the one who reads first."""

    def __init__(self, scopes: Sequence[Scope] = ()) -> None:
        """`scopes` are all that are read: where a region has one alone, nobody asks whose account
        it is."""
        self._regions = Counter(scope.region for scope in scopes)
        self._lines: dict[tuple[str, str, str], list[Duty]] = {}

    def of(self, service: str, access: Access, feed: Feed) -> Duty:
        """The duty of one source."""
        return Duty(self, service, access, feed)

    def is_shared(self, scope: Scope) -> bool:
        """Whether somebody else may lead to the same account and region."""
        return self._regions[scope.region] > 1

    def line(self, service: str, account: str, region: str) -> list[Duty]:
        """Who is in line, to be added to."""
        return self._lines.setdefault((service, account, region), [])


class Duty:
    """Whether one source is the one that reads."""

    def __init__(self, duties: Duties, service: str, access: Access, feed: Feed) -> None:
        self.feed = feed
        self.is_shared = duties.is_shared(access.scope)
        self._duties = duties
        self._service = service
        self._access = access
        self._line: list[Duty] | None = None
        self._has_handed_on = False

    async def wait(self, sleep: Sleep) -> None:
        """Waits until it is this one's turn to read, and says meanwhile who reads. Where nobody can
        be asked whose account it is, it is its turn."""
        if not self.is_shared:
            return
        while self._line is None:
            try:
                account = await self._access.account()
            except CALL_ERRORS as error:
                found = self._access.trouble(error)
                if found.kind in (Kind.UNREACHABLE, Kind.DENIED):
                    return
                await self._locked_out(found, sleep)
                continue
            region = self._access.scope.region
            self._line = self._duties.line(self._service, account, region)
            self._line.append(self)
        while self._line[0] is not self:
            reads = self._line[0].feed.health.place
            self.feed.health.complete = 0
            self.feed.is_now(HealthState.POLLING, f"stands in: {reads} reads the same account")
            await sleep(LOOK)

    async def _locked_out(self, found: Trouble, sleep: Sleep) -> None:
        """Nobody may read before it is known whose account it is: somebody may read it."""
        self.feed.failed(found)
        if found.kind is not Kind.CREDENTIALS:
            await sleep(LOOK)
            return
        self.feed.is_now(HealthState.DENIED, "goes on as soon as you have signed in")
        await self._access.locked_out(found, LOOK, sleep)

    async def handed_on(self, seconds: float, sleep: Sleep) -> bool:
        """Waits, for this one may not read; ends as soon as another one reads: whether one does."""
        if not self.is_shared:
            await sleep(seconds)
            return False
        while seconds > 0:
            if self._hand_on():
                return True
            await sleep(LOOK)
            seconds -= LOOK
        return False

    def _hand_on(self) -> bool:
        """Whether another one reads from now on: this one may not, and never did. It is done once:
        where nobody may, the first one says so."""
        if self._line is None or len(self._line) < 2 or self._has_handed_on:
            return False
        if self.feed.health.events or self._line[0] is not self:
            return False
        self._has_handed_on = True
        self._line.append(self._line.pop(0))
        return True


NONE = Duties()
"""Where one scope alone is read."""
