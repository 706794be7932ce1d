"""Remedies that change nothing outside: what replay and the demo answer with.

They keep the rules of the real ones: the same guard, the same plan, intent before the act, exact
undo. What is outside is what a change supposes, and what the journal says was done to it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.remedies import STANDING, Means, RemedyState
from triage_tui.respond.journal import ResponseError

from .course import merged
from .entries import (
    RemedyIntent,
    RemedyResult,
    RemedyUndoFailed,
    RemedyUndoIntent,
    RemedyUndone,
)
from .guard import RemedyPolicy, refusals
from .levers import commands, lever_of, staying, why_final
from .plans import changed_meanwhile, check, is_so_already, plan_of
from .records import Records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import AnyChange, Parts, Remedy, RemedyPlan, RemedyRequest
    from triage_tui.respond.journal import Journal

    from .lever import AnyLever

NOTHING = Means()
CRASHED = "the program ended before it was done"


class SimulatedRemedies:
    """Implements `ports.Remedies`."""

    simulated = True

    def __init__(self, journal: Journal, policy: RemedyPolicy, means: Means = NOTHING) -> None:
        self.means = means
        """What there is to answer with: functions, groups for quarantine."""
        self._records = Records(journal)
        self._policy = policy
        self._turn = asyncio.Lock()

    def remedies(self, cursor: int | None) -> Sequence[Remedy]:
        """All as of the cursor, newest first; from memory, never blocks."""
        return self._records.remedies(cursor)

    def unable(self, change: AnyChange) -> str:
        """Everything can be simulated that the guard does not refuse."""
        return "; ".join(refusals(lever_of(change).judge(self._policy)))

    async def refresh(self) -> None:
        """Learns what others, who have the same journal open, have done."""
        await self._records.refresh()

    async def reconcile(self) -> None:
        """Closes what a crash left open: nothing was done of it."""
        await self._records.refresh()
        for remedy_id, entry in self._records.open().items():
            if isinstance(entry.payload, RemedyUndoIntent):
                payload: RemedyUndoFailed | RemedyResult = RemedyUndoFailed(CRASHED)
            else:
                payload = RemedyResult(RemedyState.FAILED, CRASHED)
            await self._records.write(remedy_id, payload, entry.cursor)

    async def plan(self, change: AnyChange, cursor: int) -> RemedyPlan:
        """What it would mean as of the cursor. Changes nothing."""
        await self.refresh()
        lever = lever_of(change)
        verdicts = lever.judge(self._policy)
        where = f"account {change.account or 'unknown'}"
        where += f", {change.region}" if change.region else ""
        return plan_of(lever, self._there(lever, cursor), verdicts, where=where, simulated=True)

    async def apply(self, request: RemedyRequest) -> Remedy:
        """Writes down that it was done. Raises ResponseError where the real one would not do it."""
        async with self._turn:
            await self.refresh()
            lever = lever_of(request.change)
            before = self._there(lever, request.cursor)
            check((*lever.judge(self._policy), *lever.concerns(before)))
            if before != request.before:
                raise changed_meanwhile(lever.title, "somebody else has done something to it")
            after = lever.wanted(before)
            if after == before:
                raise is_so_already(lever.title)
            intent = RemedyIntent(
                change=request.change,
                title=lever.title,
                before=dict(before),
                after=dict(after),
                reason=request.reason,
                author=request.author,
                subject=request.subject,
                simulated=True,
                commands=tuple(commands(lever, before, after)),
            )
            made = await self._records.begin(intent, request.cursor)
            await self._records.write(made, RemedyResult(RemedyState.DONE), request.cursor)
            return self._records.find(made)

    async def verify(self, remedy: Remedy) -> Remedy:
        """As it stands."""
        return self._records.find(remedy.id)

    async def undo(self, remedy: Remedy, *, author: str, cursor: int) -> Remedy:
        """Puts back what was there."""
        async with self._turn:
            await self.refresh()
            found = self._records.standing(remedy)
            lever = lever_of(found.change)
            if final := why_final(found):
                raise ResponseError("It cannot be taken back", f"{found.title}.", final)
            now = self._there(lever, cursor)
            later = {part for part, value in found.after.items() if now.get(part) != value}
            if later:
                raise ResponseError(
                    "Something was done to it since",
                    f"{found.title}: {', '.join(sorted(later))} was changed again.",
                    "Take back the newer one first.",
                )
            ours = [part for part in found.after if part not in staying(found)]
            back = merged(now, {part: found.before.get(part) for part in ours})
            await self._records.write(found.id, RemedyUndoIntent(author, dict(back)), cursor)
            await self._records.write(found.id, RemedyUndone(author), cursor)
            return self._records.find(found.id)

    def _there(self, lever: AnyLever, cursor: int) -> Parts:
        """What is there as of the cursor."""
        now = lever.supposed()
        for remedy in reversed(self._records.remedies(cursor)):
            if remedy.state in STANDING and lever_of(remedy.change).slot == lever.slot:
                now = merged(now, remedy.after)
        return now


class NoRemedies:
    """Implements `ports.Remedies` where nothing is to be changed."""

    simulated = False
    means = Means()

    def __init__(self, why: str = "nothing is changed from here") -> None:
        self._why = why

    def remedies(self, cursor: int | None) -> Sequence[Remedy]:
        """There are none."""
        return ()

    def unable(self, change: AnyChange) -> str:
        """Why nothing is changed."""
        return self._why

    async def refresh(self) -> None:
        """Nobody can have changed anything."""

    async def plan(self, change: AnyChange, cursor: int) -> RemedyPlan:
        """Nothing can be planned."""
        raise self._refused()

    async def apply(self, request: RemedyRequest) -> Remedy:
        raise self._refused()

    async def verify(self, remedy: Remedy) -> Remedy:
        return remedy

    async def undo(self, remedy: Remedy, *, author: str, cursor: int) -> Remedy:
        raise self._refused()

    def _refused(self) -> ResponseError:
        return ResponseError(
            "Not from here", f"{self._why}.", "Start another triage, which may change things."
        )
