"""What principals do, hour by hour, and when they first used what: what a baseline is held against.

Kept for the index as a whole, with times; so a cursor, wherever it goes, only chooses from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import HOUR, NO_TIME, Severity

from .scope import FAR, Base
from .touching import BITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .columns import Array, Growing, Mask
    from .index import Index

_WIDTH = np.uint64(32)
_LOW = np.uint64(2**32 - 1)
_DENSE = 8
"""Cells for each event that may be laid out, most of them empty."""
AT_ONCE = 1 << 15
"""Rows that are taken in at a time, where others want their turn."""
MANY = 1 << 18
"""Rows at a time where nobody waits."""
FIRSTS = ("action", "called", "agent", "region", "actor_ip")
"""Columns of which it is kept who used what when first."""


class Pairs(NamedTuple):
    """Identities with a number each, and what is told of each pair."""

    whos: Array
    values: Array
    told: Array


_EMPTY: Mapping[object, int] = {np.add: 0, np.minimum: FAR, np.maximum: -FAR}
"""What a cell holds of which nothing is told."""


class Table:
    """What is told of pairs of numbers: a sum, the least or the greatest, as rows come."""

    def __init__(self, reduce: np.ufunc) -> None:
        self._reduce = reduce
        self._keys = np.empty(0, np.uint64)
        self._told = np.empty(0, np.int64)

    def add(self, whos: Array, values: Array, told: Array) -> None:
        """Takes in pairs, in any order and again and again."""
        if not len(whos):
            return
        keys, fresh = self._once(whos, values, told)
        at = np.asarray(np.searchsorted(self._keys, keys))
        known = np.zeros(len(keys), np.bool_)
        inside = at < len(self._keys)
        known[inside] = self._keys[at[inside]] == keys[inside]
        self._told[at[known]] = self._reduce(self._told[at[known]], fresh[known])
        new = ~known
        if new.any():
            self._keys = np.insert(self._keys, at[new], keys[new])
            self._told = np.insert(self._told, at[new], fresh[new])

    def _once(self, whos: Array, values: Array, told: Array) -> tuple[Array, Array]:
        """Each pair once, in order."""
        low, base = int(values.min()), int(values.max()) - int(values.min()) + 1
        size = (int(whos.max()) + 1) * base
        if size <= _DENSE * len(whos):  # many times as fast as to sort them
            cells = whos.astype(np.int64) * base + (values - low)
            empty = _EMPTY[self._reduce]
            table = np.full(size, empty, np.int64)
            self._reduce.at(table, cells, told)
            found = np.flatnonzero(table != empty)
            high = (found // base).astype(np.uint64) << _WIDTH
            return high | (found % base + low).astype(np.uint64), table[found]
        keys = whos.astype(np.uint64) << _WIDTH | values.astype(np.uint64)
        order = np.argsort(keys)
        keys, told = keys[order], told[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        return keys[starts], self._reduce.reduceat(told, starts)

    def pairs(self, keep: Mask | Array | None = None) -> Pairs:
        """All of them, or those that `keep` marks, or whose places it names."""
        keys = self._keys if keep is None else self._keys[keep]
        told = self._told if keep is None else self._told[keep]
        whos, values = (keys >> _WIDTH).astype(np.int64), (keys & _LOW).astype(np.int64)
        return Pairs(whos, values, told)

    def of(self, whos: Array) -> Pairs:
        """Those of some identities."""
        ends = np.searchsorted(self._keys, np.array([whos, whos + 1], np.uint64) << _WIDTH)
        places = [np.arange(low, high) for low, high in ends.T.tolist() if low < high]
        return self.pairs(np.concatenate([np.empty(0, np.intp), *places]))

    @property
    def told(self) -> Array:
        """What is told of each pair."""
        return self._told


class _Followed:
    """A table, and the rows before which it has taken in all."""

    def __init__(self, reduce: np.ufunc = np.minimum) -> None:
        self.table, self.done = Table(reduce), 0


class Doings:
    """Follows the rows of an index in which somebody does something, from a time on."""

    def __init__(self, index: Index, since: int | None = None) -> None:
        self._index = index
        self._since = NO_TIME + 1 if since is None else since
        self._tables = {name: _Followed() for name in FIRSTS}
        self._hours = _Followed(np.add)
        self._touches = {Base.WHO: _Followed(), Base.IP: _Followed()}

    def following(self, at_once: int = AT_ONCE) -> Iterator[None]:
        """Takes in the rows that are new, some at a time: what is asked next has little to do."""
        tables = [(None, self._hours), *self._tables.items(), *self._touches.items()]
        while (start := min(followed.done for _, followed in tables)) < self._index.rows:
            stop = min(start + at_once, self._index.rows)
            doers = self._rows(start, stop)
            for name, followed in tables:
                if followed.done < stop:
                    self._take(name, followed, stop, doers if followed.done == start else None)
                    yield

    def _take(
        self,
        name: str | Base | None,
        followed: _Followed,
        stop: int,
        doers: tuple[Array, Array] | None = None,
    ) -> None:
        """Takes in the rows up to `stop`: of a column, of hours, or of what they touched."""
        whos, rows = self._rows(followed.done, stop) if doers is None else doers
        followed.done = stop
        if not len(rows):
            return
        time = self._index.time.view()[rows]
        if name is None:
            followed.table.add(whos, time // HOUR, np.ones(len(rows), np.int64))
        elif isinstance(name, Base):
            touched = self._index.touching.of(rows)
            actors = name.column(self._index).view()[rows].astype(np.int64)
            hours = time // HOUR * BITS
            for bit in range(BITS):
                some = np.flatnonzero(touched >> bit & 1)
                followed.table.add(actors[some], hours[some] + bit, time[some])
        else:
            values = self._column(name).view()[rows].astype(np.int64)
            followed.table.add(whos, values, time)

    def hours(self, until: int | None, since: int | None = None) -> Pairs:
        """Identities, UTC hours, and the events in each up to a time."""
        self._take(None, self._hours, self._index.rows)
        found = self._hours.table.pairs()
        low = 0 if since is None else since // HOUR
        if until is None:
            keep = found.values >= low
            return Pairs(*(column[keep] for column in found))
        last = until // HOUR
        keep = (found.values >= low) & (found.values < last)
        part = self._part(last * HOUR, until)
        return Pairs(*(np.concatenate([a[keep], b]) for a, b in zip(found, part, strict=True)))

    def _part(self, low: int, high: int) -> Pairs:
        """The events of the cursor's own hour, which is not over."""
        table = Table(np.add)
        for piece in self._index.zones.pieces(0, self._index.rows, low, high):
            whos, rows = self._rows(piece.start, piece.stop)
            time = self._index.time.view()[rows]
            inside = (time >= low) & (time <= high)
            time = time[inside]
            table.add(whos[inside], time // HOUR, np.ones(len(time), np.int64))
        return table.pairs()

    def firsts(self, name: str, until: int | None) -> Pairs:
        """Identities, what they used of a column up to a time, and when first."""
        followed = self._tables[name]
        self._take(name, followed, self._index.rows)
        table = followed.table
        return table.pairs(None if until is None else table.told <= until)

    def touches(self, base: Base, until: int | None) -> Pairs:
        """Addresses or identities, the bit of what they touched up to a time, and when: of each
        hour the first time."""
        followed = self._touches[base]
        self._take(base, followed, self._index.rows)
        table = followed.table
        found = table.pairs(None if until is None else table.told <= until)
        return found._replace(values=found.values % BITS)

    def _column(self, name: str) -> Growing:
        ids: Growing = getattr(self._index, name).ids
        return ids

    def _rows(self, start: int, stop: int | None = None) -> tuple[Array, Array]:
        """(identities, rows) in which somebody does something: no finding, and no AWS service."""
        index = self._index
        piece = slice(start, index.rows if stop is None else stop)
        who, time = index.who.view()[piece], index.time.view()[piece]
        keep = (who != 0) & (time != NO_TIME) & (time >= self._since)
        keep &= index.duplicate.view()[piece] == 0
        keep &= index.severity.view()[piece] == Severity.NONE
        found = np.flatnonzero(keep)
        return who[found].astype(np.int64), found + piece.start
