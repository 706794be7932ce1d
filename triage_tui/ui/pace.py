"""When to paint: as often as eyes follow, as there is time for it, and as the line carries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.05
"""Seconds between two looks at the triage."""
EVERY = 0.2
"""Seconds between the beginnings of two paintings: eyes follow no more."""
EARLY, SLACK = 0.05, 0.01
"""Seconds by which a painting comes sooner that shows what was taken in this moment, and by which
any other may."""
PATIENCE = 0.1
"""Seconds for which a painting waits until what has come is taken in: it shows that, too."""
REST = 3
"""For each second of painting others have so many: a large triage is looked at less often."""
CARRIED = 6_500
"""Bytes a second that may go to the terminal by themselves, in the long run."""
CARRIED_SLOWLY = 1_300
"""The same where the link is slow."""
OWED = 4_000
"""Bytes whose carrying is waited for, at most: what is larger has been asked for by a key."""
CLOCK, SLOW_CLOCK = 1.0, 5.0
"""Seconds between two paintings of what tells the time alone."""


class Pace:
    """Tells when to paint. `sent` counts the bytes that went to the terminal, keys' answers too:
    what little changes is painted at once, and much of it seldom."""

    def __init__(self, sent: Callable[[], int], *, slow_link: bool) -> None:
        self._sent = sent
        self._carried = CARRIED_SLOWLY if slow_link else CARRIED
        self._clock_every = SLOW_CLOCK if slow_link else CLOCK
        self._begun = 0.0
        self._not_before = 0.0
        self._clock_not_before = 0.0
        self._owed = 0.0
        """Bytes that were sent and that the line has not carried yet: a painting waits until they
        are no more than it carries from one to the next."""
        self._known = (0.0, 0)
        self._awaited: int | None = None
        """How much had come when it was time to paint."""

    def may_paint(self, brought: int = 0, taken: int = 0, *, fresh: bool = False) -> bool:
        """Whether it is time; then a painting begins. It waits a little until as much is `taken` in
        as was `brought` when it was time; where something was taken in this moment, which is
        `fresh`, it comes a little sooner: so it follows in the steps in which events come."""
        self._settle()
        now = time.monotonic()
        if now < self._not_before - (EARLY if fresh else SLACK) or not self._is_carried():
            return False
        if self._awaited is None:
            self._awaited = brought
        if taken < self._awaited and now < self._not_before + PATIENCE:
            return False
        self._awaited = None
        self._begun = max(now, self._not_before)  # whoever is early is so once
        return True

    def _is_carried(self) -> bool:
        return self._owed <= self._carried * EVERY

    def painted(self, spent: float) -> None:
        """A painting took so many seconds of work: leaves time to others, what they had meanwhile
        counted."""
        self._not_before = self._begun + max(EVERY, (1 + REST) * spent)

    def may_tell_clock(self) -> bool:
        """Whether it is time for what tells the time; said once each time."""
        now = time.monotonic()
        if now < self._clock_not_before:
            return False
        self._clock_not_before = now + self._clock_every
        return True

    def _settle(self) -> None:
        now, sent = time.monotonic(), self._sent()
        then, before = self._known
        self._known = now, sent
        left = max(0.0, self._owed - (now - then) * self._carried)
        self._owed = min(left + sent - before, OWED)
