"""One log group: what Live Tail brings at once, and what FilterLogEvents makes complete.

Live Tail is quick and may leave events out (sampling, a cut connection, a slow reader). Whatever
may have been left out is in doubt from some time on, and is read again from there; what was
delivered already is told apart in `seen`.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.health import HealthState

from .doubts import Doubts, Lag
from .feed import Feed
from .kept import Kept
from .lateness import AUDIT, LATENESS, OVERLAP, SETTLE, SKEW, SLOW, UPDATE
from .logrecord import records
from .reader import PATIENCE, Reader
from .trouble import Kind, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_aiobotocore_logs.type_defs import LogGroupTypeDef

    from .answers import Page
    from .around import GroupName, Surroundings
    from .seen import LogEvent, Reading, Seen

_HELPLESS = (Kind.DENIED, Kind.GONE, Kind.REFUSED)
SLICE = 250
"""Events of a page that are taken in at once."""


class Legacy(NamedTuple):
    """What is left to another one who reads a group."""

    since: int
    """From when on (milliseconds) something may be missing."""
    seen: Seen
    """What was delivered."""


class LogGroup:
    """Fills the feed of one log group."""

    def __init__(self, name: GroupName, around: Surroundings, start: int, seen: Seen) -> None:
        """Everything from `start` (milliseconds) on is wanted; `seen` knows what an earlier run
        delivered."""
        self.name = name
        scope = around.access.scope
        place = f"{scope} of {name.account}" if name.is_linked else str(scope)
        self.feed = Feed(name.name, place=place, origin=f"logs {scope.region}", wall=around.wall)
        self.seen = seen
        self._reader = Reader(name.arn, around, self.feed, seen, self._heed)
        self._kept = Kept()
        self.why_polled = ""
        """Why there is no Live Tail, where none is expected."""
        self._around = around
        self._start = start
        self._tailed = False
        self._polled = around.now()
        """What happens from then on (milliseconds) comes by polling first, if it is not tailed."""
        self._doubt: int | None = start
        """From when on events may have been left out; None: nowhere."""
        self._doubt_until: int | None = None
        """The last time in doubt; None: no end."""
        self._later = Doubts()
        """What is missing, and is read as soon as all of it has come, and not before."""
        self._twins = Doubts()
        """What may be missing, for something came twice: read in the same way."""
        self._lag = Lag()
        self._raised = around.now()
        """When doubt was raised last."""
        self._reached = start
        """Everything up to here was delivered, unless it comes late."""
        self._hole: int | None = None
        """From when on events are known to be missing, while Live Tail brings newer ones."""
        self._holes = 0
        """How often there was one."""
        self._audited = around.now()
        """Whatever had come by then was looked for, as late as it may come."""
        self._glanced = self._audited - AUDIT
        """What is older was looked at once more."""
        self._audit_due = self._audited + AUDIT
        self._is_audit_due = False
        self._asked = asyncio.Event()
        self._asked.set()
        self._gone: int | None = None
        """From when on nothing was read of a group that there was no more."""

    @property
    def is_gone(self) -> bool:
        """Whether there is no such group any more."""
        return self._reader.trouble is not None and self._reader.trouble.kind is Kind.GONE

    @property
    def is_shut_out(self) -> bool:
        """Whether nobody lets us read it, and nobody ever did."""
        found = self._reader.trouble
        return found is not None and found.kind is Kind.DENIED and not self.feed.health.heard

    @property
    def is_locked_out(self) -> bool:
        """Whether its credentials have expired, and Live Tail brings nothing any more."""
        found = self._reader.trouble
        return found is not None and found.kind is Kind.CREDENTIALS and not self._tailed

    @property
    def legacy(self) -> Legacy:
        """What another one who reads it from now on has to know."""
        return Legacy(min(self._missing, self._oldest()), self.seen)

    @property
    def _missing(self) -> int:
        """From when on (milliseconds) something is missing still."""
        return self._reached if self._hole is None else self._hole

    def describe(self, listed: LogGroupTypeDef) -> None:
        """Takes in how the group is listed now."""
        created = self._kept.describe(listed)
        if created is not None:
            since, self._gone = self._missing if self._gone is None else self._gone, None
            self._miss(since, created, "the log group was deleted, and made anew")

    # -- Live Tail -------------------------------------------------------------------------------

    async def take(self, events: Sequence[LogEvent], *, sampled: bool) -> None:
        """Delivers what an update of Live Tail brought."""
        now = self._around.now()
        self.feed.answered()
        firsts, oldest = self.seen.firsts(events), self._oldest()
        fresh = events if all(firsts) else [*compress(events, firsts)]
        if len(fresh) < len(events) or any(event.time < oldest for event in events):
            self._look_at(events, firsts, self._later if sampled else self._twins)
        self._lag.take(events)
        if sampled:
            self.feed.health.sampled += 1
            self._lack(now - 2 * UPDATE)
            # What was left out came within the last update; later ones than usual are found by
            # the look for all that comes late.
            since = now - 2 * UPDATE - self._settling + SETTLE
            self._look_later(self._later, since, now + SKEW)
        await self._deliver(fresh)

    def _look_at(self, events: Sequence[LogEvent], firsts: Sequence[bool], doubts: Doubts) -> None:
        """Counts what is late, and takes into doubt what is not the first of its content: it was
        seen by the other API, or is a twin, and that one tells them apart."""
        oldest = self._oldest()
        for event, is_first in zip(events, firsts, strict=True):
            is_late = event.time < oldest
            self.feed.health.late += is_late
            if is_late and not is_first:
                self.feed.health.untold += 1
            elif not is_first:
                self._look_later(doubts, event.time, event.time)

    @property
    def _settling(self) -> int:
        """Milliseconds after which what happened has usually come, and FilterLogEvents knows it."""
        usual = self._lag.usual
        return OVERLAP if usual is None else min(LATENESS, int(usual)) + SETTLE

    @property
    def _overlap(self) -> int:
        """Milliseconds that are read again with each poll: what one page holds costs no more."""
        return self._settling if self._reader.pages <= 1 else min(OVERLAP, self._settling)

    def _look_later(self, doubts: Doubts, since: int, until: int) -> None:
        """Reads a stretch of time (milliseconds) once it is old enough."""
        since = max(since, self._start, self._oldest())
        doubts.add(since, max(since, until))
        self._asked.set()

    def tailed(self) -> None:
        """From now on Live Tail brings what is ingested; what came before is in doubt."""
        self._tailed = True
        self._lack(self._reached)
        self.doubt(self._reached - OVERLAP, self._around.now() + SKEW)
        self._show()

    def untailed(self, found: Trouble | None, why: str = "") -> None:
        """Live Tail ended, or could not begin."""
        if found is not None:
            self.feed.failed(found)
        if self._tailed:
            self._tailed, self._polled = False, self._around.now()
            self._reached = max(self._reached, self._hole or 0)
            self.feed.health.restarts += 1
            self.doubt(self._reached - OVERLAP)
        self.why_polled = why
        self._show()

    def passed(self, since: int) -> None:
        """An update of Live Tail was taken in; the one before it came at `since` (milliseconds).
        Where nothing is missing, everything up to now is here; where it took too long, what came
        between them may have been dropped."""
        now = self._around.now()
        if now - since > SLOW:
            self._lack(since)
            self.doubt(since - OVERLAP, now + SKEW)
        elif self._tailed and self._hole is None:
            self._reached = now

    def _lack(self, since: int) -> None:
        """Events from `since` (milliseconds) on are missing until they are read again."""
        self._hole = since if self._hole is None else min(self._hole, since)
        self._holes += 1

    def doubt(self, since: int, until: int | None = None) -> None:
        """Events from `since` to `until` (milliseconds; None: whatever is the latest) may have been
        left out: reads them again."""
        since = max(since, self._start, self._oldest())
        if self._doubt is None:
            self._doubt, self._doubt_until = since, until
        else:
            self._doubt = min(self._doubt, since)
            ends = self._doubt_until, until
            self._doubt_until = None if None in ends else max(filter(None, ends))
        self._raised = self._around.now()
        self._asked.set()

    def _oldest(self) -> int:
        """The oldest time (milliseconds) at which something may be missing: what has come late
        since anybody looked for it."""
        looked = min(self._reached, self._audited, self._around.now())
        return looked - LATENESS - SETTLE

    # -- FilterLogEvents -------------------------------------------------------------------------

    async def keep_complete(self) -> None:
        """Reads again whatever is in doubt, for good."""
        while True:
            await self._asked.wait()
            await self._read_again()
            self._show()
            pause = self._around.settings.poll_seconds
            if self._reader.trouble is not None and self._reader.trouble.kind in _HELPLESS:
                pause = max(pause, PATIENCE)
            await self._around.sleep(pause)

    def look(self) -> None:
        """Called a few times a second: how far behind it is, and whether the time has come to look
        for what came late."""
        now = self._around.now()
        here = self._hole if self._tailed and self._hole is not None else self._reached
        self.feed.health.complete = min(now, here) * 1_000_000
        if now >= self._audit_due and self._reader.trouble is None:
            self._audit_due = now + AUDIT
            self._is_audit_due = True
            self._asked.set()

    async def read_last(self) -> None:
        """Reads what nobody has seen yet and what came late, for the end of a run. What cannot be
        read by then is a gap that stays, and is counted."""
        self._tailed, is_whole = False, False
        self._later.clear()
        self._twins.clear()
        self.doubt(self._oldest())
        try:
            await self._read_again()
            is_whole = self._reader.trouble is None
        finally:
            if not is_whole:
                self._miss(self._reached, self._around.now(), "the triage ended before it was read")

    async def _read_again(self) -> None:
        """Reads what is in doubt, and what is old enough by now."""
        self._asked.clear()
        if self._doubt is not None:
            await self._read_doubt(self._doubt)
        old = self._around.now() - self._settling
        for doubts in (self._later, self._twins):
            while self._reader.trouble is None and (found := doubts.due(old)) is not None:
                await self._read_stretch(doubts, *found)
        if self._is_audit_due and self._reader.trouble is None:
            await self._look_for_late()
        if self._later or self._twins or self._is_audit_due:
            self._asked.set()

    async def _read_doubt(self, since: int) -> None:
        """One reading of what is in doubt, from `since` (milliseconds) on."""
        begin, low, holes = self._around.now(), self._begin(since), self._holes
        high = self._doubt_until
        is_audit = since <= max(self._start, self._oldest())
        self._doubt = None
        try:
            await self._read(low, high)
        except BaseException:
            self.doubt(min(low, self._reached))
            raise
        if self._reader.trouble is not None:
            self.doubt(min(low, self._reached))
            return
        self._reached = max(self._reached, begin)
        if is_audit and high is None:
            self._audited = begin
        if holes == self._holes:
            self._hole = self._later.first
        elif self._hole is not None:
            self._hole = max(self._hole, begin)
        if not self._tailed or begin < self._raised + SETTLE:
            raised, until = self._raised, high if self._tailed else None
            self.doubt(max(low, (begin if until is None else until) - self._overlap), until)
            self._raised = raised

    async def _read_stretch(self, doubts: Doubts, since: int, until: int) -> None:
        """Reads what has come by now of a stretch of time."""
        low = self._begin(since)
        try:
            await self._read(low, max(low, until))
        except BaseException:
            doubts.add(since, until)
            raise
        if self._reader.trouble is not None:
            doubts.add(since, until)
        elif self._hole is not None and self._doubt is None and doubts is self._later:
            self._hole = doubts.first
            self._reached = max(self._reached, until if self._hole is None else self._hole)

    async def _look_for_late(self) -> None:
        """Reads once more what is old enough for hardly anything to come late, and what is old
        enough for nothing to."""
        now = self._around.now()
        for age, since in ((AUDIT, self._glanced), (LATENESS + SETTLE, self._oldest())):
            low, high = max(self._start, since), now - age
            if low < high:
                await self._read(self._begin(low), high)
            if self._reader.trouble is not None:
                return
        self._is_audit_due, self._audited, self._glanced = False, now, now - AUDIT

    def _begin(self, low: int) -> int:
        """Where a reading begins; what is older than our memory cannot be read again."""
        if low < self.seen.floor:
            since = max(low, self._reached)
            self._miss(since, self.seen.floor, "more came than is remembered for telling it apart")
            return self.seen.floor
        return low

    def _miss(self, since: int, until: int, why: str) -> None:
        """What is dated from `since` to `until` (milliseconds) cannot be had any more."""
        self.feed.health.miss(since * 1_000_000, until * 1_000_000, why)

    def _tell_unserved(self, low: int, first: int) -> None:
        """What was to be read from `low` on, and is no longer there: the oldest event that came is
        of `first` (milliseconds)."""
        gap = self._kept.gap(max(low, self._missing), first, self._around.now())
        if gap is not None:
            self._miss(*gap)

    async def _read(self, low: int, high: int | None) -> None:
        """Every page from `low` to `high` (None: to the end); ends early where FilterLogEvents does
        not work."""
        is_first = True
        async with aclosing(self._reader.read(low, high)) as pages:
            async for reading, page in pages:
                if is_first and (page.events or not page.nextToken):
                    end = high or self._around.now()
                    self._tell_unserved(low, page.events[0].time if page.events else end)
                    is_first = False
                await self._take_page(reading, page)

    def _heed(self) -> None:
        """Something is in the way."""
        if self.is_gone and self._gone is None:
            self._gone = self._missing
        self._show()

    async def _take_page(self, reading: Reading, page: Page) -> None:
        events = page.events
        await self._around.take_turns()  # to decode it was enough for once
        for first in range(0, len(events), SLICE):
            portion = events[first : first + SLICE]
            fresh = [event for event in portion if reading.new(event)]
            self._lag.take(fresh)
            self.feed.health.backfilled += sum(map(self._is_backfill, fresh))
            await self._deliver(fresh)
            # A page may wait for room: how far behind we are is told as it is taken in.
            self._progress(min(portion[-1].time, self._around.now()))
            await self._around.take_turns()  # keys are heard in between
        if events:
            reading.forget_before(events[-1].time - OVERLAP)

    def _is_backfill(self, event: LogEvent) -> bool:
        """Whether it should have come otherwise, or before."""
        return self._tailed or event.time < self._polled

    def _progress(self, read: int) -> None:
        """Everything up to `read` (milliseconds) was read."""
        if not self._tailed:
            self._reached = max(self._reached, read)
        elif self._hole is not None:
            self._hole = max(self._hole, read)

    # -- delivering ------------------------------------------------------------------------------

    async def _deliver(self, events: Sequence[LogEvent]) -> None:
        await self.feed.put(records(events, self.name.identifier))

    def _show(self) -> None:
        """Tells what the group does now."""
        found, pause = self._reader.trouble, self._around.settings.poll_seconds
        budget = self._around.budget
        slow = f"{budget.rate:.1f} requests a second" if budget.is_throttled else ""
        self.feed.health.every = 0 if self._tailed else int(pause * 1_000_000_000)
        if self._tailed:
            self.feed.is_now(HealthState.LIVE, f"Live Tail{self._what_of_the_rest(slow)}")
        elif found is None and slow:
            self.feed.is_now(HealthState.THROTTLED, f"slowed down to {slow}")
        elif found is None and self.feed.health.heard:
            why = f": {self.why_polled}" if self.why_polled else ""
            self.feed.is_now(HealthState.POLLING, f"polled every {pause:g} s{why}")
        elif found is not None:
            denied = found.kind in (Kind.DENIED, Kind.CREDENTIALS)
            state = HealthState.DENIED if denied else HealthState.STALE
            self.feed.is_now(state, "tried again and again")

    def _what_of_the_rest(self, slow: str) -> str:
        """What becomes of what Live Tail leaves out; "" where it is read as it should be."""
        if self._reader.trouble is not None:
            return "; what it leaves out cannot be read"
        is_missing = self._hole is not None or self._doubt is not None
        return f"; what it leaves out is read at {slow}" if slow and is_missing else ""
