"""What all log groups of one account and region share, and what one is called."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from triage_tui import precedence

if TYPE_CHECKING:
    from collections.abc import Callable

    from .access import Access
    from .pace import Budget, Sleep
    from .settings import LogsSettings


class GroupName(NamedTuple):
    """A log group's names."""

    name: str
    arn: str
    """Without `:*` at its end."""
    account: str
    is_linked: bool = False
    """Whether it is in another account than the one that reads it."""

    @property
    def identifier(self) -> str:
        """As Live Tail names it."""
        return f"{self.account}:{self.name}"


class Surroundings(NamedTuple):
    """What all groups of one account and region share."""

    access: Access
    settings: LogsSettings
    budget: Budget
    wall: Callable[[], int]
    """Nanoseconds."""
    sleep: Sleep
    gives_way: Callable[[], bool] = precedence.nobody
    """Whether somebody waits for something that goes before taking events in."""

    async def take_turns(self) -> None:
        """Lets others have their turn; waits while somebody goes first."""
        await asyncio.sleep(0)
        await self.give_way()

    async def give_way(self) -> None:
        """Waits while somebody goes first."""
        await precedence.give_way(self.gives_way)

    def now(self) -> int:
        """Milliseconds, as the API has it."""
        return self.wall() // 1_000_000
