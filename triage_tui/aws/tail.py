"""Live Tail: one session over at most ten log groups, begun again whenever it ends."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from botocore.eventstream import ParserError

from . import answers
from .answers import Update
from .pace import Backoff
from .trouble import CALL_ERRORS, Kind, Trouble

if TYPE_CHECKING:
    from .answers import Frames
    from .around import Surroundings
    from .group import LogGroup
    from .seen import LogEvent

WIDEST = 10
"""Log groups in one session (quota of StartLiveTail)."""
_LATER = 300.0
"""Seconds until Live Tail is tried again where it is denied or cannot be reached."""
_EMPTY = 5.0
"""Seconds between two looks for groups, where there are none."""
SLICE = 0.004
"""Seconds of taking in after which others get their turn: where an update took many turns, more
updates would come than are taken in."""
_WHY = {
    Kind.DENIED: "Live Tail is denied",
    Kind.LIMIT: "too many Live Tail sessions",
    Kind.UNREACHABLE: "Live Tail cannot be reached",
    Kind.REFUSED: "Live Tail does not take it",
}


class TailSession:
    """Keeps a session open over its groups."""

    def __init__(self, around: Surroundings, groups: list[LogGroup]) -> None:
        self.groups = groups
        self._why = ""
        """Why its groups are polled, while it waits to be tried again."""
        self._around = around
        self._backoff = Backoff(most=30.0)
        self._regrouped = False
        self._tailing: list[LogGroup] = []
        """The groups of the present session."""
        self._heard = 0
        """When the last update came (milliseconds)."""

    @property
    def has_room(self) -> bool:
        """Whether it can take one more group."""
        return len(self.groups) < WIDEST

    def join(self, group: LogGroup) -> None:
        """Takes a group in: with the next update, the session begins anew."""
        self.groups.append(group)
        group.why_polled = self._why
        self._regrouped = True

    def leave(self, group: LogGroup) -> None:
        """Another one reads it from now on."""
        if group in self.groups:
            self.groups.remove(group)
            self._regrouped = True

    async def run(self) -> None:
        """Tails for good; whatever ends a session begins the next."""
        while True:
            if not self.groups:  # all have been left to others
                await self._around.sleep(_EMPTY)
                continue
            found = await self._session()
            auto = self._around.settings.tail == "auto"
            why = self._why = _WHY.get(found.kind, "") if found is not None and auto else ""
            for group in self.groups:
                group.untailed(found if found and found.kind is not Kind.OVER else None, why)
            if found is None or found.kind is Kind.OVER:
                continue
            pause = self._backoff.pause()
            if found.kind is Kind.CREDENTIALS:
                await self._around.access.locked_out(found, pause, self._around.sleep)
                continue
            longer = _LATER if why and found.kind is not Kind.LIMIT else pause
            await self._around.access.stand_by(longer, self._around.sleep)

    async def _session(self) -> Trouble | None:
        """One session from its beginning to its end: why it ended; None where we ended it."""
        try:
            client = await self._around.access.client("tail")
            self._regrouped = False
            self._tailing = self._present()
            asked: dict[str, object] = {
                "logGroupIdentifiers": [group.name.arn for group in self._tailing]
            }
            if self._around.settings.filter_pattern:
                asked["logEventFilterPattern"] = self._around.settings.filter_pattern
            silence = self._around.access.silence
            await self._follow(await answers.tail(client, asked, silence))
        except (*CALL_ERRORS, ParserError) as error:
            return self._around.access.trouble(error)
        if self._regrouped:
            return None
        return Trouble(Kind.BROKEN, "Live Tail ended without a word")

    def _present(self) -> list[LogGroup]:
        """The groups there are: one that is gone would keep the others from their session."""
        return [group for group in self.groups if not group.is_gone] or self.groups

    async def _follow(self, frames: Frames) -> None:
        """Takes updates in until the session ends, or has to begin anew."""
        with closing(frames):
            async for found in frames.news(self._around.give_way):
                if isinstance(found, Update):
                    await self._take(found)
                else:
                    self._backoff.reset()
                    self._why = ""
                    self._heard = self._around.now()
                    for group in self._tailing:
                        group.tailed()
                if self._regrouped:
                    return

    async def _take(self, update: Update) -> None:
        before, self._heard = self._heard, self._around.now()
        found: dict[str, list[LogEvent]] = {}
        for event in update.sessionResults:
            found.setdefault(event.group, []).append(event)
        begun = time.monotonic()
        for group in self._tailing:
            await group.take(self._of(group, found), sampled=update.sampled)
            if time.monotonic() - begun > SLICE:
                await self._around.take_turns()  # keys are heard in between
                begun = time.monotonic()
        await self._around.take_turns()
        for group in self._tailing:
            group.passed(before)
        if self._present() != self._tailing:  # one is gone, or has come back
            self._regrouped = True

    def _of(self, group: LogGroup, found: dict[str, list[LogEvent]]) -> list[LogEvent]:
        """The events of a group, by any of the names that the service uses."""
        name = group.name
        return [
            event
            for known in (name.identifier, name.arn, f"{name.arn}:*", name.name)
            for event in found.get(known, ())
        ]
