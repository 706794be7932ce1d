"""Calls that somebody waits for: tried a few times, never for good."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from .pace import Backoff
from .trouble import CALL_ERRORS, Kind, trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .pace import Sleep
    from .trouble import Trouble

_Answer = TypeVar("_Answer")

TRIES = 5
_PASSING = (Kind.THROTTLED, Kind.BROKEN, Kind.UNREACHABLE)
"""What may be over soon."""


class Refused(Exception):
    """A call that was not answered in the end: what, and why."""

    def __init__(self, what: str, found: Trouble) -> None:
        # Trouble that is denied names the operation already.
        words = found.words if found.kind is Kind.DENIED else f"{what}: {found.words}"
        super().__init__(words)
        self.trouble = found


async def patiently(
    what: str,
    call: Callable[[], Awaitable[_Answer]],
    *,
    sleep: Sleep = asyncio.sleep,
    first: float = 0.5,
) -> _Answer:
    """The answer to a call that changes nothing. `what` is the operation's name. Raises Refused."""
    backoff = Backoff(first, 8.0)
    while True:
        try:
            return await call()
        except CALL_ERRORS as error:
            found = trouble(error)
            if found.kind not in _PASSING or backoff.failures + 1 >= TRIES:
                raise Refused(what, found) from error
            await sleep(backoff.pause())
