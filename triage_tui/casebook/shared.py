"""The casebook of a team: a log in a table that all write to, and a copy of it on this machine.

What somebody says is on this machine's disk when the call returns, and in the table as soon as that
can be reached: then it gets its place among what others said meanwhile. Each decision is written
once, however often it is sent.
"""

from __future__ import annotations

import asyncio
import os
from hashlib import sha256
from typing import TYPE_CHECKING

from triage_tui.model import Change
from triage_tui.statefile import StateFileError
from triage_tui.statetable import CASEBOOK, AwayError, LayoutError, fits

from . import record
from .deciding import Deciding
from .fold import Entry, Fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.replica import Replica
    from triage_tui.statetable import Table

    from .record import Decision


class SharedCasebook(Deciding):
    """Implements `ports.Casebook`. Methods raise StateFileError where this machine's disk fails,
    and ValueError for an empty note or tag, or one that is too long."""

    def __init__(self, table: Table, replica: Replica, wall: Callable[[], int]) -> None:
        """Use `open`."""
        self._table = table
        self._replica = replica
        self._wall = wall
        self._said = Fold()
        """What lies in the table."""
        self._ahead = Fold(self._said)
        """What does not yet."""
        self._waiting: list[Decision] = []
        self._numbers: dict[str, int] = {}
        """Of what lies in the table, by key."""
        self._compared = False
        """Whether the copy was held against the table."""
        self._turn = asyncio.Lock()
        self.news = asyncio.Event()
        """Set when something is to be sent."""
        self._closed = False
        self.unreadable = 0
        """Entries of the table that nobody can have written."""

    @classmethod
    async def open(
        cls, table: Table, replica: Replica, *, wall: Callable[[], int]
    ) -> SharedCasebook:
        """With what this machine knows; the table is not asked yet. Raises StateFileError."""
        book = cls(table, replica, wall)
        book._learn(await replica.known(CASEBOOK))
        for text in await replica.waiting():
            try:
                book._waiting.append(record.read(text))
            except ValueError as error:
                raise StateFileError(
                    "The copy of the shared casebook is damaged",
                    f"a decision that waits there cannot be read: {error}.",
                    "Move it away (keep it as evidence) and start again.",
                ) from error
        book._look_ahead()
        if book._waiting:
            book.news.set()
        return book

    @property
    def waiting(self) -> int:
        """Decisions that are on this machine alone so far."""
        return len(self._waiting)

    # -- what is said ----------------------------------------------------------------------------

    @property
    def _known(self) -> Fold:
        """Those that wait come last. A note's id is another one once it lies in the table."""
        return self._ahead

    async def _write(
        self,
        subject: str,
        field: str,
        value: str,
        author: str,
        cursor: int,
        *,
        about: int | None = None,
    ) -> int:
        """The number that it has until it is sent."""
        change = Change(subject, field, value, author, self._wall(), cursor)
        key = "" if about is None else self._key(about)
        decided = record.decision(change, os.urandom(16).hex(), self._said.last, key)
        text = record.write(decided)
        if not fits([text]):
            raise ValueError(f"a {field} that is too long for the shared casebook")
        await self._replica.post(decided.key, text)
        self._waiting.append(decided)
        self._look_ahead()
        self.news.set()
        return self._ahead.last

    # -- the table -------------------------------------------------------------------------------

    async def sync(self) -> bool:
        """Learns what others said, and tells them what waits here; whether anything is new. Raises
        AwayError, LayoutError, StateFileError."""
        async with self._turn:
            before = self._said.last
            self.news.clear()
            try:
                await self._compare()
                await self._read()
                while self._waiting:
                    await self._send()
            except BaseException:
                if self._waiting:
                    self.news.set()
                raise
            return self._said.last != before

    async def _compare(self) -> None:
        """A table that was deleted and made again is another one."""
        if self._compared:
            return
        await self._table.check()
        known = self._said.last
        if known:
            mine = (await self._replica.known(CASEBOOK))[known - 1 : known]
            theirs = await self._table.news(CASEBOOK, known - 1)
            if theirs[:1] != mine:
                await self._replica.forget(CASEBOOK)
                self._said = Fold()
                self._numbers.clear()
                self._look_ahead()
        self._compared = True

    async def _read(self) -> None:
        known = self._said.last
        texts = await self._table.news(CASEBOOK, known)
        if texts:
            await self._take(known + 1, texts)

    async def _send(self) -> None:
        """Sends what waits, as much as goes at once; where somebody was faster, reads that."""
        first, texts, keys = self._said.last + 1, list[str](), list[str]()
        for decided in self._waiting:
            text = record.write(decided)
            if texts and not fits([*texts, text]):
                break
            texts.append(text)
            keys.append(decided.key)
        token = sha256("".join(keys).encode()).hexdigest()[:32]
        if await self._table.append(CASEBOOK, first, texts, token):
            await self._take(first, texts)
        else:
            await self._read()

    async def _take(self, first: int, texts: Sequence[str]) -> None:
        """Takes in entries of the table: in memory once they are on disk."""
        waiting = {each.key for each in self._waiting}
        sent = [key for text in texts if (key := _key_in(text)) in waiting]
        await self._replica.keep(CASEBOOK, first, texts, sent)
        self._learn(texts)
        self._waiting = [each for each in self._waiting if each.key not in set(sent)]
        self._look_ahead()

    def _learn(self, texts: Sequence[str]) -> None:
        for text in texts:
            number = self._said.last + 1
            try:
                found = record.read(text)
                if found.key in self._numbers:
                    raise ValueError("twice")
            except ValueError:
                self.unreadable += 1
                self._said.pass_over(number)
                continue
            self._said.add([record.as_entry(found, number, self._numbers)])
            self._numbers[found.key] = number

    def _look_ahead(self) -> None:
        """What waits, as if it came next."""
        self._ahead = Fold(self._said)
        numbers = dict[str, int]()
        for number, each in enumerate(self._waiting, _FAR):
            known = numbers if each.about in numbers else self._numbers
            self._ahead.add([record.as_entry(each, number, known)])
            numbers[each.key] = number

    def _key(self, number: int) -> str:
        if number >= _FAR:
            return self._waiting[number - _FAR].key
        return next((key for key, each in self._numbers.items() if each == number), "")

    # -- leaving and taking ----------------------------------------------------------------------

    async def entries(self) -> list[Entry]:
        """Everything in the table, as of the last `sync`."""
        found = []
        numbers: dict[str, int] = {}
        for number, text in enumerate(await self._replica.known(CASEBOOK), 1):
            try:
                decided = record.read(text)
            except ValueError:
                continue
            if decided.key not in numbers:
                found.append(record.as_entry(decided, number, numbers))
                numbers[decided.key] = number
        return found

    async def take(self, decisions: Sequence[Decision]) -> int:
        """Writes into the table what comes from another casebook and is not there yet; how many.
        Raises as `sync` does: what was written by then stays, and the rest comes next time."""
        await self.sync()
        count = 0
        async with self._turn:
            while news := record.missing(decisions, self._numbers, self._said.last):
                first, texts = self._said.last + 1, list[str]()
                for each in news:
                    text = record.write(each)
                    if texts and not fits([*texts, text]):
                        break
                    texts.append(text)
                token = sha256("\n".join(texts).encode()).hexdigest()[:32]
                if await self._table.append(CASEBOOK, first, texts, token):
                    await self._take(first, texts)
                    count += len(texts)
                else:
                    await self._read()
        return count

    async def close(self, patience: float = 3.0) -> None:
        """Sends what waits, if that goes within `patience` seconds: what does not waits on."""
        closed, self._closed = self._closed, True
        try:
            if self._waiting and not closed:
                async with asyncio.timeout(patience):
                    await self.sync()
        except (AwayError, LayoutError, StateFileError, TimeoutError):
            pass
        finally:
            await self._replica.close()


_FAR = 1 << 52
"""The number of the first decision that waits: all in the table come before it."""


def _key_in(text: str) -> str:
    try:
        return record.read(text).key
    except ValueError:
        return ""
