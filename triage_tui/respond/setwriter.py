"""Writes one IP set: what is asked for meanwhile goes along in one change, in the journal first."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from triage_tui.networks import network_of

from .entries import (
    Attempt,
    Evidence,
    Expired,
    Failed,
    Missing,
    Result,
    UndoFailed,
    UndoIntent,
    Undone,
    in_force,
)
from .ipset import (
    LIMIT,
    TRIES,
    Delta,
    Fate,
    Held,
    Pause,
    Read,
    Sight,
    Trouble,
    TroubleKind,
    Turned,
    Write,
    Written,
    change,
    look,
)
from .journal import Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence

    from triage_tui.networks import Network

    from .address_sets import AddressSets, IpSet, Who
    from .entries import Entry, Payload
    from .ipset import Answer, Outcome, Step
    from .journal import Journal
    from .standing import Standing
    from .turns import TakesTurns

T = TypeVar("T")

CRASHED = "the program ended before the change was made"
FOUND = "found in the set after a write that was not answered"
LARGE = 500
"""Entries of a set from which on it is worked out in a thread: the loop has others to serve."""


class Order(NamedTuple):
    """One entry to put in or to take out, for a block whose intent is in the journal."""

    block: str
    network: Network
    adds: bool
    author: str
    cursor: int
    expired: bool = False
    """Taken out for its time is over: not, where it was extended meanwhile."""


class Done(NamedTuple):
    """What became of an order."""

    fate: Fate
    words: str
    """Why it was not made; "" where it was."""


class _Waiting(NamedTuple):
    order: Order
    done: asyncio.Future[Done]


class SetWriter:
    """The one way to a set. Several may ask at once; one at a time writes, for all of them."""

    def __init__(
        self,
        ip_set: IpSet,
        *,
        sets: AddressSets,
        who: Who,
        journal: Journal,
        standing: Standing,
        turns: TakesTurns,
        response: str,
        wall: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limit: int = LIMIT,
        tries: int = TRIES,
    ) -> None:
        self.ip_set = ip_set
        self.entries: Mapping[Network | str, str] = {}
        """What the set held when it was last read or written, each entry in its one spelling."""
        self.revision = 0
        """Grows whenever that is another."""
        self._token = ""
        self._sets = sets
        self.who = who
        """As whom AWS is called."""
        self._journal = journal
        self._standing = standing
        self._turns = turns
        self._response = response
        self._wall = wall
        self._sleep = sleep
        self._limit = limit
        self._tries = tries
        self._waiting: list[_Waiting] = []
        self._here = asyncio.Lock()

    async def carry_out(self, order: Order) -> Done:
        """Makes the change; it is in the journal when this returns. Raises ResponseError where the
        journal cannot be written, and then nothing more is sent."""
        waiting = _Waiting(order, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            async with self._here:
                if not waiting.done.done():
                    await self._run()
            return waiting.done.result()
        finally:
            self._waiting.remove(waiting)

    async def settle(self) -> Sight | Trouble:
        """Finds out what became of writes before a crash, and what the set holds now."""
        async with self._here, self._turns.taken():
            await self._refresh()
            if self._standing.unsettled(self.ip_set.arn):
                outcome = await self._change([])
                if outcome.trouble is not None:
                    return outcome.trouble
            return await self._look()

    async def look(self) -> Sight | Trouble:
        """What the set holds now."""
        async with self._here, self._turns.taken():
            await self._refresh()
            return await self._look()

    # -- within our turn -------------------------------------------------------------------------

    async def _refresh(self) -> None:
        await self._journal.refresh()
        self._standing.advance(self._journal.entries)

    async def _look(self) -> Sight | Trouble:
        over = self._standing.over(self.ip_set.arn)
        return await self._drive(look(stale=over, apart=self._turns.apart), self._ask)

    @contextlib.asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Nobody of ours changes the set meanwhile; the journal is as of now."""
        async with self._here, self._turns.taken():
            await self._refresh()
            yield

    async def _run(self) -> None:
        async with self._turns.taken():
            await self._refresh()
            waiting = [each for each in self._waiting if not each.done.done()]
            meant: list[_Waiting] = []
            lines: list[Line] = []
            for each in waiting:
                dropped = self._dropped(each.order)
                if dropped is None:
                    meant.append(each)
                    continue
                lines.append(self._line(each.order, UndoFailed(dropped)))
            if lines:
                await self._write(lines)
            for each in waiting:
                if each not in meant:
                    each.done.set_result(Done(Fate.FAILED, self._dropped(each.order) or ""))
            if meant:
                outcome = await self._change([each.order for each in meant])
                for each, turned in zip(meant, outcome.fates, strict=True):
                    each.done.set_result(Done(turned.fate, _why(each.order, turned, outcome)))

    def _dropped(self, order: Order) -> str | None:
        """Why an order is not carried out any more; others may have decided meanwhile."""
        block = self._standing.blocks[order.block]
        if order.adds:
            return None
        if not in_force(block):
            return f"it is {block.state.value}"
        if order.expired and (block.expires is None or block.expires > self._wall()):
            return "it was extended meanwhile"
        return None

    async def _change(self, orders: Sequence[Order]) -> Outcome:
        arn = self.ip_set.arn
        open_ = self._standing.unsettled(arn)
        settle = [self._standing.delta(entry) for entry in open_]
        steps = change(
            [Delta(order.network, order.adds) for order in orders],
            ours=self._standing.ours(arn),
            settle=settle,
            stale=self._standing.over(arn),
            limit=self._limit,
            tries=self._tries,
            apart=self._turns.apart,
        )
        outcome = await self._drive(steps, lambda step: self._attempt(step, orders))
        evidence = _evidence(outcome)
        lines = [
            *self._settled(open_, outcome, evidence),
            *self._lost(orders, open_, outcome),
            *(
                line
                for order, turned in zip(orders, outcome.fates, strict=True)
                if (line := self._ended(order, turned, outcome, evidence)) is not None
            ),
        ]
        if lines:
            await self._write(lines)
        return outcome

    async def _attempt(self, step: Read | Write, orders: Sequence[Order]) -> Answer:
        """Takes a step; before a write, everything it may change is in the journal: once, for the
        first who asked for it, as one entry is one block's."""
        if isinstance(step, Write):
            sent: dict[Network, Order] = {}
            for order in orders:
                if order.network in (step.adds if order.adds else step.removes):
                    sent.setdefault(order.network, order)
            lines = [
                self._line(order, Attempt(order.adds, step.before, self.who.arn))
                for order in sent.values()
            ]
            if lines:
                await self._write(lines)
        return await self._ask(step)

    async def _ask(self, step: Read | Write) -> Answer:
        await self._turns.call()
        answer = await self._sets.perform(self.ip_set, step)
        if isinstance(answer, Held) and answer.token not in self._standing.over(self.ip_set.arn):
            await self._saw(answer.addresses, answer.token)
        elif isinstance(step, Write) and isinstance(answer, Written):
            await self._saw(step.addresses, answer.token)
        return answer

    async def _saw(self, addresses: Sequence[str], token: str) -> None:
        if token != self._token:
            self.entries = await _aside(len(addresses), partial(_spelled, addresses))
            self._token = token
            self.revision += 1

    async def _drive(
        self,
        steps: Generator[Step, Answer, T],
        perform: Callable[[Read | Write], Awaitable[Answer]],
    ) -> T:
        answer: Answer = None
        while True:
            size = len(answer.addresses) if isinstance(answer, Held) else 0
            taken = await _aside(size, partial(_advance, steps, answer))
            if not isinstance(taken, Pause | Read | Write):
                return taken.value
            if isinstance(taken, Pause):
                await self._sleep(taken.seconds)
                answer = None
            else:
                answer = await perform(taken)

    # -- the journal -----------------------------------------------------------------------------

    async def _write(self, lines: Sequence[Line]) -> None:
        await self._journal.append_all(lines)
        self._standing.advance(self._journal.entries)

    def _line(self, order: Order, payload: Payload) -> Line:
        return Line(payload, self._response, order.cursor, order.block)

    def _ended(
        self, order: Order, turned: Turned, outcome: Outcome, evidence: Evidence
    ) -> Line | None:
        """What the journal says of an order in the end; nothing while nobody knows what became of
        a write that was sent for it."""
        fate = turned.fate
        if fate is Fate.UNKNOWN and order.block in self._standing.attempts:
            return None
        if order.adds:
            if fate is Fate.ADDED and outcome.after is not None:
                return self._line(order, Result(outcome.after.entries, evidence))
            return self._line(order, Failed(_why(order, turned, outcome), evidence))
        if fate in (Fate.REMOVED, Fate.ABSENT):
            if fate is Fate.ABSENT:
                evidence = _noted(evidence, "it was not in the set any more")
            return self._line(order, _gone(order.author, order.expired, evidence))
        return self._line(order, UndoFailed(_why(order, turned, outcome), evidence))

    def _lost(
        self, orders: Sequence[Order], open_: Sequence[Entry], outcome: Outcome
    ) -> list[Line]:
        """Blocks whose entry was not in the set any more, which this change has put in anew for
        another block. That it was not is sure by now: a write followed the read."""
        anew = {
            order.network
            for order, turned in zip(orders, outcome.fates, strict=True)
            if order.adds and turned.fate is Fate.ADDED
        }
        told = {order.block for order in orders} | {entry.block for entry in open_}
        seen = Evidence(outcome.before, None, outcome.request_ids)
        return [
            Line(Missing(seen), block.blocklist, block.cursor, block.id)
            for block in self._standing.held_in(self.ip_set.arn)
            if block.id not in told and network_of(block.cidr) in anew
        ]

    def _settled(self, open_: Sequence[Entry], outcome: Outcome, evidence: Evidence) -> list[Line]:
        found: list[Line] = []
        for entry, turned in zip(open_, outcome.settled, strict=True):
            undo = self._standing.undos.get(entry.block)
            payload = _after_crash(turned, outcome, evidence, undo)
            if payload is not None:
                found.append(Line(payload, entry.response, entry.cursor, entry.block))
        return found


def _after_crash(
    turned: Turned, outcome: Outcome, evidence: Evidence, undo: Entry | None
) -> Payload | None:
    """What became of a write that was open."""
    intent = undo.payload if undo is not None else None
    if turned.fate is Fate.ADDED and outcome.after is not None:
        return Result(outcome.after.entries, _noted(evidence, FOUND))
    if turned.fate is Fate.REMOVED and isinstance(intent, UndoIntent):
        note = _noted(evidence, "not in the set after a write that was not answered")
        return _gone(intent.author, intent.expired, note)
    if turned.fate is Fate.UNDONE:
        return UndoFailed(CRASHED) if isinstance(intent, UndoIntent) else Failed(CRASHED)
    return None


def _gone(author: str, expired: bool, evidence: Evidence) -> Payload:
    return Expired(author, evidence) if expired else Undone(author, evidence)


def _noted(evidence: Evidence, note: str) -> Evidence:
    return Evidence(evidence.before, evidence.after, evidence.requests, note)


def _evidence(outcome: Outcome) -> Evidence:
    return Evidence(outcome.before, outcome.after, outcome.request_ids)


def _why(order: Order, turned: Turned, outcome: Outcome) -> str:
    """Why an order was not made, in words; "" where it was."""
    trouble = outcome.trouble or Trouble(TroubleKind.BUSY, "WAF did not answer")
    reasons = {
        Fate.FOREIGN: f"{order.network} is in the set already, and not by us: it stays theirs",
        Fate.COVERED: f"{turned.entry} is in the set already, and covers it",
        Fate.FULL: "the set is full",
        Fate.OURS: "it was blocked meanwhile",
        Fate.FAILED: trouble.words,
        Fate.UNKNOWN: f"nobody knows whether it was made: {trouble.words}",
    }
    if turned.fate is Fate.FOREIGN and not order.adds:
        return "the entry is not ours any more"
    return reasons.get(turned.fate, "")


async def _aside(size: int, work: Callable[[], T]) -> T:
    """The work on a set of that many entries, in a thread where it would be felt."""
    return await asyncio.to_thread(work) if size > LARGE else work()


def _spelled(addresses: Sequence[str]) -> dict[Network | str, str]:
    found = ((network_of(address) or address) for address in addresses)
    return {entry: str(entry) for entry in found}


class _Ended(NamedTuple, Generic[T]):
    """What a generator returned."""

    value: T


def _advance(steps: Generator[Step, Answer, T], answer: Answer) -> Step | _Ended[T]:
    """One step on. Its end is a value: no future takes a StopIteration."""
    try:
        return steps.send(answer)
    except StopIteration as stop:
        value: T = stop.value
        return _Ended(value)
