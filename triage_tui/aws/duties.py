"""Who reads what several profiles and roles lead to: one account in one region is read once.

The first whose account is known reads; the others stand in. One that was denied before it had read
anything, and one that is locked out, hands its duty on, and what it knows of what was delivered.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar, cast

from triage_tui.health import HealthState

from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .access import Access, Scope
    from .feed import Feed
    from .pace import Sleep
    from .trouble import Trouble

_Progress = TypeVar("_Progress")

LOOK = 5.0
"""Seconds between two looks of one that stands in."""


class Duties:
    """What there is to be read, and who is in line for it, the one who reads first."""

    def __init__(self, scopes: Sequence[Scope] = ()) -> None:
        """`scopes` are all that are read: where a region has one alone, nobody asks whose account
        it is."""
        self._regions = Counter(scope.region for scope in scopes)
        self._lines: dict[tuple[str, str, str], Line] = {}

    def of(self, service: str, access: Access, feed: Feed) -> Duty:
        """The duty of one source."""
        return Duty(self, service, access, feed)

    def is_shared(self, scope: Scope) -> bool:
        """Whether somebody else may lead to the same account and region."""
        return self._regions[scope.region] > 1

    def line(self, service: str, account: str, region: str) -> Line:
        """Who is in line, to be added to."""
        return self._lines.setdefault((service, account, region), Line())


class Line(list["Duty"]):
    """Who is in line for one thing to be read, the one who reads first."""

    progress: object = None
    """What is known of what was delivered; None before anybody read."""


class Duty:
    """Whether one source is the one that reads."""

    def __init__(self, duties: Duties, service: str, access: Access, feed: Feed) -> None:
        self.feed = feed
        self.is_shared = duties.is_shared(access.scope)
        self._duties = duties
        self._service = service
        self._access = access
        self._line: Line | None = None
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
            reads = f"{self._line[0].feed.health.place} reads the same account"
            self.feed.health.complete = self.feed.health.missing = 0
            if self.feed.health.lockout is not None:
                await self._sign_in(f"{reads} meanwhile", sleep)
                continue
            self.feed.is_now(HealthState.POLLING, f"stands in: {reads}")
            await sleep(LOOK)

    async def _sign_in(self, note: str, sleep: Sleep) -> None:
        """Tries whether it is let in again: it may be needed."""
        try:
            await self._access.identity()
        except CALL_ERRORS as error:
            await self._locked_out(self._access.trouble(error), sleep, note)
        else:
            self.feed.answered()

    def shared(self, mine: _Progress) -> _Progress:
        """What is known of what was delivered: that of whoever read before; `mine` where nobody
        did."""
        if self._line is None:
            return mine
        if self._line.progress is None:
            self._line.progress = mine
        return cast("_Progress", self._line.progress)

    async def _locked_out(
        self, found: Trouble, sleep: Sleep, note: str = "goes on as soon as you have signed in"
    ) -> None:
        """Nobody may read before it is known whose account it is: somebody may read it."""
        self.feed.failed(found)
        if found.kind is not Kind.CREDENTIALS:
            await sleep(LOOK)
            return
        self.feed.is_now(HealthState.DENIED, note)
        await self._access.locked_out(found, LOOK, sleep)

    def leave(self) -> bool:
        """One that is locked out leaves its turn to the first who is not; whether there is one."""
        line = self._line
        if line is None or line[0] is not self:
            return False
        able = next((each for each in line[1:] if each.is_able), None)
        if able is None:
            return False
        line.remove(able)
        line.remove(self)
        line.insert(0, able)
        line.append(self)
        return True

    @property
    def is_able(self) -> bool:
        """Whether it may read, as far as it is known."""
        return self.feed.health.lockout is None and not self._has_handed_on

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
