"""Which log events of a group were delivered: one identity for Live Tail and FilterLogEvents.

Live Tail names no event, so an event is known by its content (stream, time, message) and, among
true twins, by its place: the second one of the same content is an event of its own. How many twins
there are is known from FilterLogEvents alone, whose event ids tell twins from repeats; so the first
of a content may come from anywhere, all others come from a second reading.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SPAN = 2_000
"""Milliseconds of log time that are remembered, and forgotten, as one."""
MOST = 2_000_000
"""Events that are remembered of all groups that share the room: 8 bytes each, 75 while they are
young."""
_MASK = 2**64 - 1
_YOUNG = 15
"""Spans that are kept quick to add to."""


class LogEvent(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={
        "stream": "logStreamName",
        "time": "timestamp",
        "ingested": "ingestionTime",
        "group": "logGroupIdentifier",
        "id": "eventId",
    },
):
    """One event of a log group, as both APIs have it. Times in milliseconds."""

    stream: str = ""
    time: int = 0
    ingested: int = 0
    message: str = ""
    group: str = ""
    """As Live Tail names it; FilterLogEvents does not."""
    id: str = ""
    """FilterLogEvents' own; Live Tail has none."""


def content(event: LogEvent) -> int:
    """64 bits of what an event is known by; compared within one span of time, in one process alone.

    Python's own hash of text has a key that is another one in every process: nobody outside can
    make two messages alike. It takes a ninth of the time that a cryptographic one takes.
    """
    return hash((event.message, event.stream, event.time)) & _MASK


def _place(known: int, ordinal: int) -> int:
    """The identity of the `ordinal`-th twin, from 0."""
    return (known + ordinal * 0x9E3779B97F4A7C15) & _MASK


class _Span:
    """The identities of one span of time: a set while it is young, then packed."""

    def __init__(self) -> None:
        self._fresh: set[int] = set()
        self._packed = array("Q")

    def __len__(self) -> int:
        return len(self._fresh) + len(self._packed)

    def claim(self, identity: int) -> bool:
        """Puts it in; whether it was not in before."""
        fresh, packed = self._fresh, self._packed
        if identity in fresh:
            return False
        if packed:
            at = bisect_left(packed, identity)
            if at < len(packed) and packed[at] == identity:
                return False
        fresh.add(identity)
        return True

    def claim_all(self, identities: Sequence[int]) -> bool:
        """Puts them in if each of them is new and another one, and tells so: in a fraction of the
        time that they would take one by one."""
        fresh = set(identities)
        if self._packed or len(fresh) < len(identities) or not self._fresh.isdisjoint(fresh):
            return False
        self._fresh |= fresh
        return True

    def pack(self) -> None:
        """Makes it small; it can still be added to."""
        if self._fresh:
            self._packed = array("Q", sorted([*self._packed, *self._fresh]))
            self._fresh = set()


class Room:
    """The memory that several groups share: the one that takes most of it has to forget first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._used = 0
        self._tenants: list[Seen] = []

    def enter(self, seen: Seen) -> None:
        """It may take room from now on."""
        self._tenants.append(seen)

    def take(self, events: int) -> None:
        """So many more are remembered."""
        self._used += events
        while self._used > self._most:
            forgotten = max(self._tenants, key=len).forget()
            self._used -= forgotten
            if not forgotten:
                return


class Seen:
    """What was delivered of one log group. Its memory is bounded: the oldest time is forgotten
    first, and from then on nobody asks for it again (`floor`)."""

    def __init__(self, room: Room | None = None) -> None:
        self.floor = 0
        """Milliseconds: what is older is not remembered."""
        self.newest = 0
        """Time of the newest event."""
        self._room = room or Room()
        self._room.enter(self)
        self._spans: dict[int, _Span] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def all_first(self, events: Sequence[LogEvent]) -> bool:
        """Whether all are of one span of time, and each is the first of its content; then they are
        remembered. Where not, nothing is, and `firsts` tells of each."""
        times = [event.time for event in events]
        latest = max(times, default=0)
        if not times or min(times) // SPAN != latest // SPAN or min(times) < self.floor:
            return False
        if not self._span(latest // SPAN).claim_all([content(event) for event in events]):
            return False
        self.newest = max(self.newest, latest)
        self._count += len(events)
        self._room.take(len(events))
        return True

    def firsts(self, events: Sequence[LogEvent]) -> list[bool]:
        """Whether each is the first of its content. For an API that names no event: False may be a
        repeat or a twin, and only a second reading can tell which. Room that they take from others
        is given back behind them."""
        if self.all_first(events):
            return [True] * len(events)
        found: list[bool] = []
        taken, at, span = 0, None, _Span()
        for event in events:
            time = event.time
            if time < self.floor:
                found.append(True)  # nobody reads that time twice
                continue
            if time // SPAN != at:
                at = time // SPAN
                span = self._span(at)
            is_first = span.claim(content(event))
            if is_first:
                taken += 1
                self.newest = max(self.newest, time)
            found.append(is_first)
        self._count += taken
        self._room.take(taken)
        return found

    def twin(self, event: LogEvent, known: int, ordinal: int) -> bool:
        """Whether the `ordinal`-th (from 0) event of this content was not delivered yet."""
        return self._claim(event.time, _place(known, ordinal))

    def remember(self, events: Iterable[LogEvent]) -> None:
        """Takes in what was delivered before, twins and all."""
        for event in events:
            known, ordinal = content(event), 0
            while not self._claim(event.time, _place(known, ordinal)):
                ordinal += 1

    def _claim(self, time: int, identity: int) -> bool:
        if time < self.floor:
            return True  # nobody reads that time twice
        if not self._span(time // SPAN).claim(identity):
            return False
        self._count += 1
        self.newest = max(self.newest, time)
        self._room.take(1)
        return True

    def _span(self, at: int) -> _Span:
        span = self._spans.get(at)
        if span is None:
            span = self._spans[at] = _Span()
            self._pack()
        return span

    def _pack(self) -> None:
        """Makes all spans small but the newest, as a new one begins."""
        for at in sorted(self._spans)[:-_YOUNG]:
            self._spans[at].pack()

    def forget(self) -> int:
        """Drops the oldest span, unless it is the only one; how many events that were."""
        if len(self._spans) <= 1:
            return 0
        oldest = min(self._spans)
        dropped = len(self._spans.pop(oldest))
        self._count -= dropped
        self.floor = max(self.floor, (oldest + 1) * SPAN)
        return dropped


class Reading:
    """One reading of a stretch of time by FilterLogEvents, page by page: gives each event its place
    among its twins. Events of one time must all lie within the stretch."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._ids: dict[int, dict[int, str | set[str]]] = {}
        """By time, per content the event ids so far."""

    def new(self, event: LogEvent) -> bool:
        """Whether the event was not delivered yet, by this reading or before it."""
        contents = self._ids.setdefault(event.time, {})
        known = content(event)
        ids = contents.get(known)
        if ids is None:
            contents[known] = event.id
            return self._seen.twin(event, known, 0)
        if isinstance(ids, str):  # hardly any content has twins: one id needs no set
            ids = contents[known] = {ids}
        if event.id in ids:
            return False
        ids.add(event.id)
        return self._seen.twin(event, known, len(ids) - 1)

    def forget_before(self, time: int) -> None:
        """No page brings events of before `time` (milliseconds) any more."""
        for known in [known for known in self._ids if known < time]:
            del self._ids[known]
