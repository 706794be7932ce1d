"""How fast we ask: a budget of requests that all share, and pauses that grow with failure."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
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
        self._line: deque[asyncio.Future[None]] = deque()
        self._is_taken = False
        self._next = 0.0

    @property
    def is_throttled(self) -> bool:
        """Whether the service has lately refused so much that we go slower."""
        return self.rate < self.full / 2

    async def turn(self, *, again: bool = False) -> None:
        """Waits for one's turn to send a request; whoever was refused comes first when it asks
        `again`, or the same one might be refused for ever."""
        await self._stand_in_line(again)
        try:
            wait = self._next - self._ticks()
            if wait > 0:
                await self._sleep(wait)
            self._next = max(self._next, self._ticks()) + 1 / self.rate
        finally:
            self._pass_on()

    async def _stand_in_line(self, first: bool) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        called = asyncio.get_running_loop().create_future()
        if first:
            self._line.appendleft(called)
        else:
            self._line.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Calls the next in line."""
        while self._line:
            called = self._line.popleft()
            if not called.done():
                called.set_result(None)
                return
        self._is_taken = False

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
