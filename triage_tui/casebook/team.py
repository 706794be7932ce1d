"""Whoever else is at work: what they say and block comes in, what is said here goes out, and
everybody knows who is on what."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND, Presence
from triage_tui.statefile import StateFileError
from triage_tui.statetable import AwayError, LayoutError, Present

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from triage_tui.statetable import Table

    from .shared import SharedCasebook

OFTEN = 1.0
"""Seconds between two looks at what is new."""
SELDOM = 15.0
"""Seconds between two attempts, at most, while the table cannot be reached."""
BEAT = 10.0
"""Seconds after which one says again that one is there."""
SILENT = 35.0
"""Seconds after which somebody who has not said so again is gone."""
OLD = 600
"""Seconds: what says that it is older was left behind, however the clocks differ."""


class _Heard(NamedTuple):
    """When somebody's last word came, by our own clock."""

    beat: int
    at: float


class Team:
    """Implements `ports.Team`."""

    def __init__(
        self,
        table: Table,
        casebook: SharedCasebook,
        who: str,
        process: str,
        *,
        wall: Callable[[], int],
        others: Sequence[Callable[[], Awaitable[bool]]] = (),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """`who` is oneself; `process` names this program among all that share the table. `others`
        are asked at each look too: they tell whether anything is new, and raise nothing."""
        self._table = table
        self._casebook = casebook
        self._who = who
        self._wall = wall
        self._others = others
        self._ticks = ticks
        self._process = process
        self._subject = ""
        self._told: tuple[str, float] | None = None
        """What was said last of oneself, and when."""
        self._heard: dict[str, _Heard] = {}
        self._present: tuple[Presence, ...] = ()
        self._failures = 0
        self.trouble = ""
        """Why the table cannot be used just now, and what to do."""

    @property
    def present(self) -> Sequence[Presence]:
        """Who else is at work. From memory."""
        return self._present

    @property
    def waiting(self) -> int:
        """Decisions that nobody else knows yet."""
        return self._casebook.waiting

    def look_at(self, subject: str) -> None:
        """Tells the others what one is on; "" for nothing in particular."""
        if subject != self._subject:
            self._subject = subject
            self._casebook.news.set()

    async def follow(self, changed: Callable[[], None]) -> None:
        """Goes on until it is cancelled; `changed` hears when anything that shows may be other."""
        while True:
            pause = OFTEN
            if await self.look():
                changed()
            if self.trouble:
                pause = min(SELDOM, OFTEN * 2.0 ** min(self._failures, 8))
                await asyncio.sleep(pause)
            else:
                try:
                    async with asyncio.timeout(pause):
                        await self._casebook.news.wait()
                except TimeoutError:
                    pass

    async def look(self) -> bool:
        """Looks once; whether anything that shows may be other."""
        before = self._present, self.trouble, self._casebook.waiting
        new = False
        try:
            new = await self._casebook.sync()
            for each in self._others:
                new = await each() or new
            await self._say()
            self._present = self._alive(await self._table.present())
            self.trouble, self._failures = "", 0
        except (AwayError, LayoutError, StateFileError) as error:
            self._failures += 1
            self.trouble = f"{error.message}; {error.fix}" if error.fix else error.message
            self._present = ()
        return new or before != (self._present, self.trouble, self._casebook.waiting)

    async def leave(self, patience: float = 2.0) -> None:
        """One is gone; whoever cannot say so falls silent."""
        try:
            async with asyncio.timeout(patience):
                await self._table.leave(self._process)
        except (AwayError, TimeoutError):
            pass

    async def _say(self) -> None:
        now = self._ticks()
        if self._told is not None and self._told[0] == self._subject and now - self._told[1] < BEAT:
            return
        subject, wall = self._subject, self._wall()
        who = self._who.encode("utf-8", "replace").decode()
        subject_ = subject.encode("utf-8", "replace").decode()
        await self._table.say(Present(self._process, who, subject_, wall, wall // SECOND))
        self._told = subject, now

    def _alive(self, found: Sequence[Present]) -> tuple[Presence, ...]:
        """Those who have said something new lately. Their clocks may differ from ours."""
        now, wall = self._ticks(), self._wall() // SECOND
        alive = []
        for each in found:
            before = self._heard.get(each.process)
            if before is None or before.beat != each.beat:
                before = self._heard[each.process] = _Heard(each.beat, now)
            is_here = now - before.at < SILENT and abs(wall - each.at) < OLD
            if is_here and each.process != self._process:
                alive.append(Presence(each.who, each.subject))
        there = {each.process for each in found}
        self._heard = {name: heard for name, heard in self._heard.items() if name in there}
        return tuple(sorted(alive, key=lambda one: (one.who, one.subject)))
