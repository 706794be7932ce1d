"""What single actors did: their actions, targets and company, for those who were asked for."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .scope import Base, Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .columns import Array
    from .index import Index
    from .scope import Scope

_MOST = 4_096
"""Actors that are followed; those that nobody asked for lately are forgotten beyond it."""
_DENSE = 8
"""Cells that may be counted for each event, most of them empty."""
_WIDTH = np.uint64(32)
_VALUE = np.uint64(2**32 - 1)


class Values(NamedTuple):
    """Numbers and how many events had each."""

    values: Array
    counts: Array

    def with_events(self, values: Array) -> Values:
        """The same and an event of each of these."""
        if not len(values):
            return self
        weights = np.concatenate([self.counts, np.ones(len(values), np.int64)])
        return _summed(np.concatenate([self.values, values.astype(np.int64)]), weights)

    def top(
        self, most: int, name: Callable[[int], str], ranks: Array | None = None
    ) -> list[tuple[str, int]]:
        """The names of the most frequent ones with their events; equals in the order of names,
        which `ranks` tells per value where it is known."""
        values, counts = self
        if len(counts) > most:
            least = np.partition(counts, len(counts) - most)[len(counts) - most]
            values, counts = values[counts >= least], counts[counts >= least]
        if ranks is not None:
            order = np.lexsort((ranks[values], -counts.astype(np.int64)))[:most]
            values, counts = values[order], counts[order]
        named = zip(map(name, values.tolist()), counts.tolist(), strict=True)
        if ranks is not None:
            return list(named)
        return heapq.nsmallest(most, named, key=lambda item: (-item[1], item[0]))


def _summed(values: Array, weights: Array) -> Values:
    """Each value once, without value 0."""
    values, where = np.unique(values, return_inverse=True)
    counts = np.bincount(where, weights, len(values)).astype(np.uint32)
    some = values != 0
    return Values(values[some], counts[some])


class _Cells:
    """How many events an actor had with a value, for all pairs that there are, in order."""

    def __init__(self) -> None:
        self._keys = np.empty(0, np.uint64)
        self._counts = np.empty(0, np.uint32)

    def add(self, asked: Array, place: Array, values: Array) -> None:
        """Counts events: of `asked[place]`, with a value each. `asked` ascend."""
        keys, counts = _pairs(asked, place, values)
        at = np.asarray(np.searchsorted(self._keys, keys))
        known = np.zeros(len(keys), np.bool_)
        inside = at < len(self._keys)
        known[inside] = self._keys[at[inside]] == keys[inside]
        self._counts[at[known]] += counts[known].astype(np.uint32)
        fresh = ~known
        if fresh.any():
            self._keys = np.insert(self._keys, at[fresh], keys[fresh])
            self._counts = np.insert(self._counts, at[fresh], counts[fresh])

    def of(self, actors: Array) -> Values:
        """What some actors had, taken together; without value 0."""
        low = np.searchsorted(self._keys, actors.astype(np.uint64) << _WIDTH)
        high = np.searchsorted(self._keys, (actors + 1).astype(np.uint64) << _WIDTH)
        parts = [slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True) if a < b]
        if not parts:
            return Values(np.empty(0, np.int64), np.empty(0, np.uint32))
        keys = np.concatenate([self._keys[part] for part in parts])
        counts = np.concatenate([self._counts[part] for part in parts])
        values = (keys & _VALUE).astype(np.int64)
        if len(parts) > 1:
            return _summed(values, counts)
        some = int(values[0] == 0)
        return Values(values[some:], counts[some:])


def _pairs(asked: Array, place: Array, values: Array) -> tuple[Array, Array]:
    """The pairs of `asked[place]` and values that there are, as keys in order, with how many of
    each."""
    base = int(values.max()) + 1
    cells = place * np.int64(base) + values
    if len(asked) * base <= _DENSE * len(cells):  # many times as fast as to sort them
        counts = np.bincount(cells, minlength=len(asked) * base)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(cells, return_counts=True)
    keys = asked[found // base].astype(np.uint64) << _WIDTH | (found % base).astype(np.uint64)
    return keys, counts


class _Named(NamedTuple):
    """Names that were sorted once."""

    numbers: Array
    version: int
    names: tuple[str, ...]


class Profiles:
    """Follows some actors of a base in a scope. They are told by the rows of which they are the
    first actor."""

    def __init__(self, scope: Scope, base: Base) -> None:
        self._scope, self._base = scope, base
        self._ranks = np.empty(0, np.int64)
        self._forget()

    def _forget(self) -> None:
        self._reach = Reach(self._scope)
        self._followed = np.zeros(0, np.bool_)
        self.actions, self.targets = _Cells(), _Cells()
        self.ips, self.whos = _Cells(), _Cells()
        self._named: dict[tuple[str, int], _Named] = {}

    def follow(self, actors: Array) -> None:
        """Brings the actors' profiles up to what is in sight."""
        size = self._base.size(self._scope.index)
        if len(self._followed) < size:
            more = np.zeros(size - len(self._followed), np.bool_)
            self._followed = np.concatenate([self._followed, more])
        new = actors[~self._followed[actors]]
        if len(new) and int(self._followed.sum()) + len(new) > max(_MOST, len(actors)):
            self._forget()
            self._followed = np.zeros(size, np.bool_)
            new = actors
        if self._followed.any():
            self._add(self._followed, self._reach.fresh())
        self._reach.pass_over()
        if len(new):
            asked = np.zeros(size, np.bool_)
            asked[new] = True
            self._add(asked, self._reach.seen())
            self._followed |= asked

    def named(
        self, what: str, entity: int, numbers: Array, version: int, name: Callable[[int], str]
    ) -> tuple[str, ...]:
        """The names of numbers, sorted; worked out anew when these or `version` changed."""
        known = self._named.get((what, entity))
        if known is None or known.version != version or not np.array_equal(known.numbers, numbers):
            names = tuple(sorted(map(name, numbers.tolist())))
            known = self._named[what, entity] = _Named(numbers, version, names)
        return known.names

    def _add(self, wanted: Array, portions: Iterable[Array]) -> None:
        """Takes in the rows of those who are wanted."""
        numbers = self._base.column(self._scope.index).view()
        found = [rows[wanted[numbers[rows]]] for rows in portions]
        rows = np.concatenate(found) if found else np.empty(0, np.intp)
        if not len(rows):
            return
        index, asked = self._scope.index, np.flatnonzero(wanted)
        places = np.zeros(len(wanted), np.int32)
        places[asked] = np.arange(len(asked))
        place = places[numbers[rows]]
        self.actions.add(asked, place, index.action.ids.view()[rows])
        self.targets.add(asked, place, targets(index, rows))
        if self._base is not Base.IP:
            self.ips.add(asked, place, index.actor_ip.ids.view()[rows])
        if self._base is not Base.WHO:
            self.whos.add(asked, place, index.who.view()[rows])

    def action_ranks(self) -> Array:
        """Per action the place of its name among all."""
        names = self._scope.index.action.dictionary.values
        if len(self._ranks) != len(names):
            order = sorted(range(len(names)), key=names.__getitem__)
            self._ranks = np.empty(len(names), np.int64)
            self._ranks[order] = np.arange(len(names))
        return self._ranks


def targets(index: Index, rows: Array) -> Array:
    """What rows were aimed at: twice the number of the path, and of rows without a path twice the
    resource's and one. 0 where there is neither."""
    path = index.path.ids.view()[rows].astype(np.uint32)
    resource = index.resource.ids.view()[rows].astype(np.uint32)
    return np.where(path > 0, path * 2, np.where(resource > 0, resource * 2 + 1, 0))
