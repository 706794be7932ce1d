"""How fast we ask: a budget of requests that all share, and pauses that grow with failure."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Sleep = Callable[[float], Awaitable[None]]

SLOWEST = 0.2
"""Requests a second that are left when a service refuses all the time."""
_RECOVERY = 0.02
"""The part of the full rate that every granted request gives back."""


class Budget:
    """Requests a second to one API of one account and region, shared fairly: whoever asks waits in
    line, so that a busy log group takes no more turns than a quiet one.

    A refusal halves the rate, what is granted raises it again bit by bit.
    """

    def __init__(
        self,
        per_second: float,
        *,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.full = per_second
        self.rate = per_second
        self._ticks = ticks
        self._sleep = sleep
        self._line = asyncio.Lock()
        self._next = 0.0

    @property
    def is_throttled(self) -> bool:
        """Whether the service has lately refused so much that we go slower."""
        return self.rate < self.full / 2

    async def turn(self) -> None:
        """Waits for one's turn to send a request."""
        async with self._line:
            wait = self._next - self._ticks()
            if wait > 0:
                await self._sleep(wait)
            self._next = max(self._next, self._ticks()) + 1 / self.rate

    def refused(self) -> None:
        """The service said that there are too many requests."""
        self.rate = max(min(SLOWEST, self.full), self.rate / 2)
        self._next = max(self._next, self._ticks()) + 1 / self.rate

    def granted(self) -> None:
        """The service has answered."""
        self.rate = min(self.full, self.rate + _RECOVERY * self.full)


class Backoff:
    """Pauses between attempts: they double from one to the next, up to `most` seconds, and are
    scattered so that many who failed together do not come back together."""

    def __init__(
        self, first: float = 1.0, most: float = 60.0, chance: Callable[[], float] = random.random
    ) -> None:
        self._first = first
        self._most = most
        self._chance = chance
        self.failures = 0

    def pause(self) -> float:
        """Seconds to wait after one more failure: half of the step for sure, the rest by chance."""
        step = min(self._most, self._first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return step * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
