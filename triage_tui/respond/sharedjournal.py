"""The journal of real blocks in the table of a team: one chain, whoever writes.

Nothing is written on this machine alone: what is not in the chain has not happened, and is not
done. A copy of the chain lies on this machine, so that it is known what is blocked while the table
cannot be reached.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from triage_tui.statefile import StateFileError
from triage_tui.statetable import JOURNAL, AwayError, LayoutError, fits

from .entries import GENESIS, link
from .journal import Journal, ResponseError
from .rows import as_row, chained, read, read_row, write
from .turns import still_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.replica import Replica
    from triage_tui.statetable import Table

    from .entries import Entry, Row
    from .journal import Learn
    from .rows import Line

TURNS = 200
"""So often somebody else may be faster, one after the other."""


async def open_shared(table: Table, replica: Replica, *, wall: Callable[[], int]) -> Journal:
    """The journal, with what this machine knows of it. What is in the way of the table is told by
    the first call that needs it. Raises ResponseError where the copy cannot be used."""
    shelf = TableShelf(table, replica)
    return Journal(shelf, wall, await shelf.copied())


async def begin_with(table: Table, entries: Sequence[Entry]) -> int:
    """Lays down the entries of another journal as they are, chain and all, where the table has none
    yet, or has their beginning; how many were laid down. Raises AwayError, LayoutError."""
    texts = [write(entry) for entry in entries]
    there = await table.news(JOURNAL, 0)
    if there != texts[: len(there)]:
        return 0
    count = 0
    while left := entries[len(there) + count :]:
        some = _fitting(left)
        first, written = some[0].seq, [write(entry) for entry in some]
        token = sha256("\n".join(written).encode()).hexdigest()[:32]
        if not await table.append(JOURNAL, first, written, token):
            raise AwayError(f"{table.where}: somebody else begins its journal", "start again")
        count += len(some)
    return count


class TableShelf:
    """Implements `journal.Shelf`."""

    def __init__(self, table: Table, replica: Replica) -> None:
        self._table = table
        self._replica = replica
        self._hashes: list[str] = []
        """Of every entry known."""
        self._checked = False

    @property
    def where(self) -> str:
        """For messages."""
        return self._table.where

    async def copied(self) -> list[Entry]:
        """What this machine knows."""
        try:
            texts = await self._replica.known(JOURNAL)
        except StateFileError as error:
            raise ResponseError(error.title, error.message, error.fix) from error
        return self._understood(0, texts)

    async def news(self, known: int) -> list[Entry]:
        """The entries after number `known`: from the table those that this machine has not read
        yet."""
        try:
            await self._check()
            texts = await self._table.news(JOURNAL, known)
            found = self._understood(known, texts)
            await self._replica.keep(JOURNAL, known + 1, texts)
        except (AwayError, LayoutError, StateFileError) as error:
            raise self._unusable(error) from error
        return found

    async def append(
        self, lines: Sequence[Line], before: Entry | None, wall: int, learn: Learn
    ) -> list[Entry]:
        """After all there is; where somebody else was faster, after that."""
        written: list[Entry] = []
        last, turns = before, 0
        while left := lines[len(written) :]:
            news = await self.news(last.seq if last else 0)
            learn(news)
            last = news[-1] if news else last
            entries = _fitting(chained(left, last, wall))
            texts = [write(entry) for entry in entries]
            try:
                await still_ours()
                token = os.urandom(16).hex()
                if not await self._table.append(JOURNAL, entries[0].seq, texts, token):
                    turns += 1
                    if turns == TURNS:
                        raise AwayError(f"{self.where}: others write all the time", "try again")
                    continue
            except (AwayError, LayoutError) as error:
                raise self._unusable(error) from error
            self._know(entries)
            learn(entries)
            written += entries
            last = entries[-1]
            try:
                await self._replica.keep(JOURNAL, entries[0].seq, texts)
            except StateFileError as error:
                raise self._unusable(error) from error
        return written

    async def rows(self) -> list[Row]:
        """All there is, from the table."""
        try:
            return [read_row(text) for text in await self._table.news(JOURNAL, 0)]
        except (AwayError, LayoutError) as error:
            raise self._unusable(error) from error
        except ValueError as error:
            raise self._damaged(f"an entry cannot be read ({error})") from error

    async def close(self) -> None:
        """The table and the copy are others' too: whoever opened them closes them."""

    async def _check(self) -> None:
        """Whether the table is the one that this machine knows."""
        if self._checked:
            return
        await self._table.check()
        known = len(self._hashes)
        if known:
            theirs = await self._table.news(JOURNAL, known - 1)
            if not theirs:  # it may stand within an item of several: those are read as a whole
                theirs = (await self._table.news(JOURNAL, 0))[known - 1 : known]
            if not theirs or self._hash_in(theirs[0]) != self._hashes[-1]:
                raise self._damaged(
                    f"entry {known} is not the one that this machine has read: the table was "
                    "changed, or another one is in its place"
                )
        self._checked = True

    def _understood(self, known: int, texts: Sequence[str]) -> list[Entry]:
        """The entries after number `known`, each of which must follow the one before."""
        found: list[Entry] = []
        head = self._hashes[known - 1] if known else GENESIS
        for number, text in enumerate(texts, known + 1):
            try:
                entry = read(text)
            except ValueError as error:
                raise self._damaged(f"entry {number} cannot be read") from error
            if entry.seq != number or entry.hash != link(head, as_row(entry)):
                raise self._damaged(f"entry {number} is not what was written")
            head = entry.hash
            found.append(entry)
        self._know(found)
        return found

    def _know(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.seq == len(self._hashes) + 1:
                self._hashes.append(entry.hash)

    def _hash_in(self, text: str) -> str:
        try:
            return read_row(text).hash
        except ValueError:
            return ""

    def _unusable(self, error: AwayError | LayoutError | StateFileError) -> ResponseError:
        fix = error.fix or "Mend that, then repeat it."
        return ResponseError("Cannot use the shared journal", f"{error.message}.", fix)

    def _damaged(self, detail: str) -> ResponseError:
        return ResponseError(
            "The shared journal is damaged",
            f"{self.where}: {detail}.",
            "Restore the table to a time before that (point-in-time recovery), or move this "
            "machine's copy away (keep it as evidence).",
        )


def _fitting(entries: Sequence[Entry]) -> Sequence[Entry]:
    """As many of them as one item of the table holds."""
    texts: list[str] = []
    for entry in entries:
        texts.append(write(entry))
        if not fits(texts):
            return entries[: max(1, len(texts) - 1)]
    return entries
