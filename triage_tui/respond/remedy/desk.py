"""Real remedies: what is done outside, each in the journal first, read back after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import msgspec

from triage_tui.model import MINUTE
from triage_tui.remedies import Means, RemedyState, kind_of
from triage_tui.respond.journal import ResponseError

from .calls import Call, Pause, Trouble
from .course import (
    Fate,
    Intend,
    Outcome,
    changed_since,
    found_after,
    look,
    make,
    rehearse,
    take_back,
)
from .entries import (
    RemedyIntent,
    RemedyResult,
    RemedyUndoFailed,
    RemedyUndoIntent,
    RemedyUndone,
)
from .guard import refusals
from .levers import commands, lever_of, why_final
from .plans import changed_meanwhile, check, is_so_already, plan_of
from .records import Records

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Sequence

    from triage_tui.model import GuardVerdict
    from triage_tui.remedies import AnyChange, Change, Parts, Remedy, RemedyPlan, RemedyRequest
    from triage_tui.respond.entries import Entry
    from triage_tui.respond.journal import Journal
    from triage_tui.respond.turns import Company

    from .calls import Answer
    from .course import Course
    from .guard import RemedyPolicy
    from .hands import Hands
    from .lever import AnyLever

T = TypeVar("T")
AStep = TypeVar("AStep")
NOTHING = Means()
REMEMBERED = 2 * MINUTE
"""How long a permission that was missing is taken to be missing yet: somebody may give it."""
CRASHED = "the program ended before it was done"
MAY_HAVE_RUN = "the program ended in the middle: it may have run, and is not called again"
LEFT_OPEN = "found after the program had ended in the middle"
_STATES = {
    Fate.DONE: RemedyState.DONE,
    Fate.SENT: RemedyState.SENT,
    Fate.PARTLY: RemedyState.PARTLY,
    Fate.UNCLEAR: RemedyState.UNCLEAR,
    Fate.CHANGED: RemedyState.CHANGED,
    Fate.FAILED: RemedyState.FAILED,
    Fate.SAME: RemedyState.DONE,
}


class RealRemedies:
    """Implements `ports.Remedies`."""

    simulated = False

    def __init__(
        self,
        hands: Hands,
        journal: Journal,
        policy: RemedyPolicy,
        company: Company,
        *,
        wall: Callable[[], int],
        allowed: Callable[[Change], str] = lambda _change: "",
        means: Means = NOTHING,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`allowed` says why the settings do not allow a change, "" where they do."""
        self.means = means
        """What there is to answer with: functions, groups for quarantine."""
        self._hands = hands
        self._records = Records(journal)
        self._policy = policy
        self._wall = wall
        self._company = company
        self._allowed = allowed
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._denied: dict[str, tuple[int, str]] = {}
        """By kind of change and account, since when nobody permits what."""

    # -- what there is ---------------------------------------------------------------------------

    def remedies(self, cursor: int | None) -> Sequence[Remedy]:
        """All as of the cursor, newest first; from memory, never blocks."""
        return self._records.remedies(cursor)

    def unable(self, change: AnyChange) -> str:
        """Why such a change cannot be made from here, as far as anybody has found out; "" where
        nothing speaks against it."""
        lever = lever_of(change)
        refused = refusals(lever.judge(self._policy))
        since, denied = self._denied.get(_place(change), (0, ""))
        if self._wall() - since > REMEMBERED:
            denied = ""
        return self._allowed(change) or "; ".join(refused) or denied

    async def refresh(self) -> None:
        """Learns what other processes did, and what became of what a crash left open."""
        await self._records.refresh()
        async with self._turn:
            for remedy_id, entry in self._records.open().items():
                if not await self._is_under_way(entry):
                    await self._close(self._records.find(remedy_id), entry)

    async def plan(self, change: AnyChange, cursor: int) -> RemedyPlan:
        """What it would mean, as of what is there now. Changes nothing. Raises ResponseError."""
        self._check_allowed(change)
        lever = lever_of(change)
        who = await self._who(change)
        verdicts = lever.judge(self._judging(who))
        found = await self._drive(look(lever), change)
        if found.now is None:
            raise self._unread(lever, found)
        where = f"account {change.account}" + (f", {change.region}" if change.region else "")
        where += f", as {who}" if who else ""
        verdicts += await self._rehearsed(lever, found.now)
        return plan_of(lever, found.now, verdicts, where=where, simulated=False)

    async def _rehearsed(self, lever: AnyLever, now: Parts) -> tuple[GuardVerdict, ...]:
        """What AWS says against it, as far as it tries anything without doing it."""
        wanted = lever.wanted(now)
        if wanted == now:
            return ()
        course = rehearse(lever, now, wanted)
        answer: Answer = None
        while True:
            step = _advance(course, answer)
            if not isinstance(step, Call):
                return step
            answer = await self._hands.perform(lever.change.account, lever.change.region, step)
            if isinstance(answer, Trouble) and answer.denied:
                self._remember(lever.change, answer.denied)

    # -- deciding --------------------------------------------------------------------------------

    async def apply(self, request: RemedyRequest) -> Remedy:
        """Makes the change and reads it back. Raises ResponseError where it was not made."""
        change = request.change
        self._check_allowed(change)
        lever = lever_of(change)
        who = await self._who(change)
        check(lever.judge(self._judging(who)))
        cursor = min(request.cursor, self._wall())
        begun: list[str] = []

        async def write_down(step: Intend) -> None:
            check(lever.concerns(step.before))
            intent = RemedyIntent(
                change=lever.change,
                title=lever.title,
                before=dict(step.before),
                after=dict(step.after),
                reason=request.reason,
                author=request.author,
                subject=request.subject,
                simulated=False,
                identity=who,
                writer=self._company.writer,
                commands=tuple(commands(lever, step.before, step.after)),
            )
            begun.append(await self._records.begin(intent, cursor))

        async with self._turn:
            done = await self._drive(make(lever, request.before), change, write_down)
            if not begun:
                raise self._not_begun(lever, done)
            [remedy_id] = begun
            state = _STATES[done.fate]
            payload = RemedyResult(state, done.words, done.requests)
            await self._records.write(remedy_id, payload, cursor)
        if state in (RemedyState.FAILED, RemedyState.CHANGED):
            self._remember(change, done.denied)
            raise ResponseError(
                "It was not done", f"{lever.title}: {done.words}.", "Mend that, then plan it again."
            )
        return self._records.find(remedy_id)

    async def verify(self, remedy: Remedy) -> Remedy:
        """Reads back whether it is as it was left."""
        await self._records.refresh()
        async with self._turn:
            found = self._records.find(remedy.id)
            if found.id in self._records.open() or lever_of(found.change).once:
                return found
            if found.state not in (RemedyState.SENT, RemedyState.DONE, RemedyState.UNCLEAR):
                return found
            seen = await self._drive(look(lever_of(found.change)), found.change)
            if seen.now is None:
                raise self._unread(lever_of(found.change), seen)
            await self._note(found, seen.now)
        return self._records.find(remedy.id)

    async def undo(self, remedy: Remedy, *, author: str, cursor: int) -> Remedy:
        """Puts back what was there, unless somebody else has changed it since. Raises
        ResponseError where nothing was put back."""
        await self._records.refresh()
        cursor = min(cursor, self._wall())
        async with self._turn:
            found = self._records.standing(remedy)
            self._check_allowed(found.change)
            lever = lever_of(found.change)
            if final := why_final(found):
                raise ResponseError("It cannot be taken back", f"{found.title}.", final)
            who = await self._who(found.change)
            begun = False

            async def write_down(step: Intend) -> None:
                nonlocal begun
                intent = RemedyUndoIntent(author, dict(step.after), who, self._company.writer)
                await self._records.write(found.id, intent, cursor)
                begun = True

            course = take_back(lever, found.before, found.after)
            done = await self._drive(course, found.change, write_down)
            await self._write_undone(found, done, author, cursor, begun=begun)
        return self._undone(found, done)

    async def _write_undone(
        self, remedy: Remedy, done: Outcome, author: str, cursor: int, *, begun: bool
    ) -> None:
        if done.fate in (Fate.DONE, Fate.SENT, Fate.SAME):
            note = done.words
            if done.fate is Fate.SAME:
                note = "; ".join(filter(None, ["somebody else had put it back already", note]))
            elif done.left:
                note = f"put back, but not all: {note}"
            await self._records.write(remedy.id, RemedyUndone(author, note, done.requests), cursor)
        elif done.fate is Fate.CHANGED and not begun:
            words = f"somebody else has changed it since: {done.words}"
            await self._records.write(
                remedy.id, RemedyResult(RemedyState.CHANGED, words, done.requests), cursor
            )
        elif begun:
            words = done.words or "nobody knows what became of it"
            await self._records.write(remedy.id, RemedyUndoFailed(words, done.requests), cursor)

    def _undone(self, remedy: Remedy, done: Outcome) -> Remedy:
        if done.fate in (Fate.DONE, Fate.SENT, Fate.SAME):
            return self._records.find(remedy.id)
        self._remember(remedy.change, done.denied)
        if done.fate is Fate.CHANGED:
            raise ResponseError(
                "Somebody else has changed it since",
                f"{remedy.title}: {done.words}. It stays as they made it.",
                "See who did, and put back by hand what is still wrong.",
            )
        raise ResponseError(
            "Not taken back",
            f"{remedy.title}: {done.words or 'nobody knows what became of it'}.",
            "Mend that, then take it back again.",
        )

    # -- after a crash ---------------------------------------------------------------------------

    async def _is_under_way(self, entry: Entry) -> bool:
        """Whether the process that began it lives: then it is at it."""
        writer = getattr(entry.payload, "writer", "")
        if writer == self._company.writer:
            return False  # our own turn: nothing of ours is under way
        return await self._company.is_alive(writer)

    async def _close(self, remedy: Remedy, entry: Entry) -> None:
        """Finds out what became of an intent; nothing is done for it. What cannot be read stays
        open."""
        lever = lever_of(remedy.change)
        if lever.once:
            result = RemedyResult(RemedyState.UNCLEAR, MAY_HAVE_RUN)
            await self._records.write(remedy.id, result, entry.cursor)
            return
        seen = await self._drive(look(lever), remedy.change)
        if seen.now is None:
            return
        if isinstance(entry.payload, RemedyUndoIntent):
            wanted = entry.payload.after
            fate = found_after(remedy.after, wanted, seen.now)
            if fate is Fate.DONE:
                payload: RemedyUndone | RemedyUndoFailed | RemedyResult = RemedyUndone(
                    entry.payload.author, LEFT_OPEN, seen.requests
                )
            else:
                words = changed_since(remedy.before, remedy.after, seen.now)
                payload = RemedyUndoFailed(f"{CRASHED}; {words}" if words else CRASHED)
        else:
            fate = found_after(remedy.before, remedy.after, seen.now)
            note = CRASHED if fate is Fate.FAILED else LEFT_OPEN
            payload = RemedyResult(_STATES[fate], note, seen.requests)
        await self._records.write(remedy.id, payload, entry.cursor)

    async def _note(self, remedy: Remedy, now: Parts) -> None:
        """Writes down what was seen of a remedy, where that is news."""
        words = changed_since(remedy.before, remedy.after, now)
        if not words:
            if remedy.state is not RemedyState.DONE:
                await self._write_state(remedy, RemedyState.DONE, "")
        elif (
            remedy.state is RemedyState.DONE
            or found_after(remedy.before, remedy.after, now) is Fate.CHANGED
        ):
            await self._write_state(remedy, RemedyState.CHANGED, words)

    async def _write_state(self, remedy: Remedy, state: RemedyState, note: str) -> None:
        await self._records.write(remedy.id, RemedyResult(state, note), remedy.cursor)

    # -- driving ---------------------------------------------------------------------------------

    async def _drive(
        self,
        course: Course,
        change: Change,
        write_down: Callable[[Intend], Awaitable[None]] | None = None,
    ) -> Outcome:
        answer: Answer = None
        while True:
            step = _advance(course, answer)
            match step:
                case Outcome():
                    return step
                case Call():
                    answer = await self._hands.perform(change.account, change.region, step)
                case Pause():
                    await self._sleep(step.seconds)
                    answer = None
                case Intend():
                    if write_down is None:
                        raise TypeError("nobody is to change anything here")
                    await write_down(step)
                    answer = None

    async def _who(self, change: Change) -> str:
        """Whom we are there. Raises ResponseError: nobody acts as he knows not whom."""
        found = await self._hands.who(change.account)
        if isinstance(found, Trouble):
            raise ResponseError(
                "Nobody knows as whom",
                f"{found.words}.",
                "Sign in to that account, then plan it again.",
            )
        return found

    def _judging(self, who: str) -> RemedyPolicy:
        return msgspec.structs.replace(self._policy, own=who)

    # -- what goes wrong -------------------------------------------------------------------------

    def _check_allowed(self, change: Change) -> None:
        words = self._allowed(change)
        if words:
            raise ResponseError("Not from here", f"{words}.", "Change that, then plan it again.")

    def _remember(self, change: Change, denied: str) -> None:
        """`denied` is the call that nobody permits us; "" where that was not in the way."""
        if denied:
            self._denied[_place(change)] = self._wall(), f"no permission: {denied}"

    def _unread(self, lever: AnyLever, found: Outcome) -> ResponseError:
        self._remember(lever.change, found.denied)
        fix = "Mend that, then plan it again."
        if found.denied:
            fix = "triage-tui policy prints what it takes."
        return ResponseError("It cannot be read", f"{lever.title}: {found.words}.", fix)

    def _not_begun(self, lever: AnyLever, done: Outcome) -> ResponseError:
        if done.fate is Fate.SAME:
            return is_so_already(lever.title)
        if done.fate is Fate.CHANGED:
            return changed_meanwhile(lever.title, done.words)
        return self._unread(lever, done)


def _is_meddled(remedy: Remedy, now: Parts) -> bool:
    """Whether somebody else has made something else of it."""
    return found_after(remedy.before, remedy.after, now) is Fate.CHANGED


def _place(change: Change) -> str:
    return f"{kind_of(change)} {change.account} {change.region}"


def _advance(course: Generator[AStep, Answer, T], answer: Answer) -> AStep | T:
    """One step on; its end is a value."""
    try:
        return course.send(answer)
    except StopIteration as stop:
        done: T = stop.value
        return done
