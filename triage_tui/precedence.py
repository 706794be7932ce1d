"""Who goes first: the answer to a key, a painting of what was taken in before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

A_MOMENT = 0.002
"""Seconds until it is asked again whether somebody else goes first."""


def nobody() -> bool:
    """Nobody goes first."""
    return False


async def give_way(goes_first: Callable[[], bool]) -> None:
    """Waits while somebody goes first; gives nobody a turn where nobody does."""
    while goes_first():  # noqa: ASYNC110 - time alone may end it
        await asyncio.sleep(A_MOMENT)
