"""Which rows are in sight, handed out once each as the index grows and the cursor moves on."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.model import NO_TIME, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .columns import Array, Growing, Mask
    from .index import Index
    from .matches import Matches

    Keep = Callable[[slice], Mask]

FAR = 2**63 - 1
_BEFORE_ALL = NO_TIME + 1


class Base(Enum):
    """What entities are made of: a row has one address, one identity, one service at first."""

    IP = "ip"
    WHO = "who"
    SERVICE = "service"

    def column(self, index: Index) -> Growing:
        """Per row the number of its first actor."""
        match self:
            case Base.IP:
                return index.actor_ip.ids
            case Base.WHO:
                return index.who
            case Base.SERVICE:
                return index.service.ids

    def size(self, index: Index) -> int:
        """One more than the highest number."""
        match self:
            case Base.IP:
                return len(index.actor_ip.dictionary)
            case Base.WHO:
                return len(index.identities)
            case Base.SERVICE:
                return len(index.service.dictionary)


BASES = {
    Kind.IP: Base.IP,
    Kind.NETWORK: Base.IP,
    Kind.PRINCIPAL: Base.WHO,
    Kind.SERVICE: Base.SERVICE,
}


class Scope:
    """The rows that count, from a time up to a cursor that moves on, and that a filter selects."""

    def __init__(
        self, index: Index, since: int | None = None, where: Matches | None = None
    ) -> None:
        self.index = index
        self.since = _BEFORE_ALL if since is None else since
        self.until = _BEFORE_ALL
        self._where = where

    @property
    def stop(self) -> int:
        """The rows before it are decided."""
        return self.index.rows if self._where is None else self._where.decided

    def visible(self, rows: slice | Array) -> Mask:
        """Which of these rows are in sight."""
        index = self.index
        time = index.time.view()[rows]
        seen: Mask = (time >= self.since) & (time <= self.until)
        seen &= index.duplicate.view()[rows] == 0
        if self._where is not None:
            seen &= self._where.mask()[rows]
        return seen

    def rows(
        self, start: int, stop: int, low: int, high: int, keep: Keep | None = None
    ) -> Iterator[Array]:
        """The rows in sight among `start` to `stop`, of times from `low` to `high`, in order of
        arrival and in portions; only those that `keep` marks."""
        low, high = max(low, self.since), min(high, self.until)
        for piece in self.index.zones.pieces(start, stop, low, high):
            seen = self.visible(piece)
            if (low, high) != (self.since, self.until):
                time = self.index.time.view()[piece]
                seen &= (time >= low) & (time <= high)
            if keep is not None:
                seen &= keep(piece)
            found = np.flatnonzero(seen)
            if len(found):
                yield found + piece.start


class Reach:
    """Hands out each row in sight once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = 0
        self._until = _BEFORE_ALL

    def fresh(self, keep: Keep | None = None, low: int = _BEFORE_ALL) -> Iterator[Array]:
        """The rows that came into sight since it was last asked, in portions: those that the cursor
        has come to, and those that arrived. What is older than `low` is passed over for good."""
        scope, rows, until = self._scope, self._rows, self._until
        self._rows, self._until = scope.stop, scope.until
        if scope.until > until:
            yield from scope.rows(0, rows, max(low, until + 1), scope.until, keep)
        yield from scope.rows(rows, self._rows, max(low, scope.since), scope.until, keep)

    def pass_over(self) -> None:
        """Takes what came into sight as handed out."""
        self._rows, self._until = self._scope.stop, self._scope.until

    def seen(self, keep: Keep | None = None) -> Iterator[Array]:
        """Once more the rows that were handed out so far, in portions."""
        yield from self._scope.rows(0, self._rows, self._scope.since, self._until, keep)
