"""Pages of FilterLogEvents: empty and partial ones too."""

import random
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from tests.aws.groups import Group, Stored, size_of

PAGE_EVENTS = 10_000
PAGE_BYTES = 1 << 20
Place = tuple[int, int]
"""(time, number) of an event."""
LAST: Place = (1 << 62, 0)


class Pages:
    """Where pages end."""

    def __init__(self, seed: int, empty: float, partial: float) -> None:
        """A page is empty, or ends early, by these chances."""
        self.events = PAGE_EVENTS
        """Events on a page, where nobody asks for fewer."""
        self.planned: deque[int] = deque()
        """How many events the next pages have at most (0: an empty page). A page that has so many
        carries a token, whether or not there is more."""
        self._random = random.Random(seed)
        self._empty = empty
        self._partial = partial

    def read(
        self, group: Group, asked: dict[str, Any], place: Place, is_wanted: Callable[[Stored], bool]
    ) -> tuple[list[Stored], Place | None]:
        """A page from a place on, and where the next one begins. Backwards, places are just behind
        an event."""
        cut, most = self._cut(), asked.get("limit", self.events)
        if cut == 0:
            return [], place
        forward = asked.get("startFromHead", True)
        found, more = _read(_candidates(group, asked, place, forward), is_wanted, most, cut)
        if not more:
            return found, None
        last = found[-1]
        return found, (last.time, last.number + 1 if forward else last.number)

    def _cut(self) -> int | None:
        if self.planned:
            return self.planned.popleft()
        if self._random.random() < self._empty:
            return 0
        return self._random.randrange(1, 100) if self._random.random() < self._partial else None


def _candidates(
    group: Group, asked: dict[str, Any], place: Place, forward: bool
) -> Iterable[Stored]:
    events = group.events
    at = bisect_left(events, (asked.get("startTime", 0),))
    end = bisect_right(events, (asked.get("endTime", LAST[0]), LAST[0]))
    if forward:
        return events[max(at, bisect_left(events, place)) : end]
    return reversed(events[at : min(end, bisect_left(events, place))])


def _read(
    events: Iterable[Stored], is_wanted: Callable[[Stored], bool], most: int, cut: int | None
) -> tuple[list[Stored], bool]:
    """The events of a page, and whether there may be more."""
    found: list[Stored] = []
    size = 0
    for event in events:
        if not is_wanted(event):
            continue
        size += size_of(event.message)
        if len(found) == most or (found and size > PAGE_BYTES):
            return found, True
        found.append(event)
        if len(found) == cut:
            return found, True
    return found, False
