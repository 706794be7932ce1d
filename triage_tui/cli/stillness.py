"""When garbage is looked for: young garbage as ever, all of it only while nobody types, for that
look stops everything for some fifty milliseconds."""

from __future__ import annotations

import asyncio
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Sleep = Callable[[float], Awaitable[None]]

FIRST, EVERY = 5.0, 60.0
"""Seconds until the first look, by when clients of AWS and their models are loaded, and between two
further ones."""
QUIET = 2.0
"""Seconds without a key after which the next one is some time off."""
PATIENCE = 0.5
"""Seconds until it is tried again where somebody types."""
_NEVER = 1 << 30
_SELDOM = 50_000, 20, 100
"""Things that are made between two looks, and how many looks go by between two that go further."""


def settle() -> None:
    """What is there now lives as long as we do: no later look goes through it."""
    gc.freeze()


@contextmanager
def seldom() -> Iterator[None]:
    """For who reads, answers and ends: what is made then is hardly ever garbage, and to look for
    some takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def keep(quiet_for: Callable[[], float], *, sleep: Sleep = asyncio.sleep) -> None:
    """Looks for garbage now and then, until it is cancelled. `quiet_for` tells for how many seconds
    nobody has typed."""
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        await sleep(FIRST)
        await _collect(quiet_for, sleep)
        settle()
        while True:
            await sleep(EVERY)
            await _collect(quiet_for, sleep)
    finally:
        gc.set_threshold(young, middle, old)


async def _collect(quiet_for: Callable[[], float], sleep: Sleep) -> None:
    while quiet_for() < QUIET:
        await sleep(PATIENCE)
    gc.collect()
