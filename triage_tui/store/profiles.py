"""What entities did: their actions, targets and company, for those who were asked for."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import Kind

from .scope import BASES, Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .columns import Array
    from .index import Index
    from .scope import Keep, Scope

_MOST = 4_096
"""Entities that are followed; beyond it those that nobody asks for now are forgotten."""
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


class Cells:
    """How many events an entity had with a value, for all pairs that there are, in order."""

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

    def all(self) -> tuple[Array, Array, Array]:
        """(entities, values, counts) of all pairs, value 0 among them."""
        entities = (self._keys >> _WIDTH).astype(np.int64)
        return entities, (self._keys & _VALUE).astype(np.int64), self._counts.astype(np.int64)

    def of(self, entity: int) -> Values:
        """What an entity had, without value 0."""
        ends = np.array([entity, entity + 1], np.uint64) << _WIDTH
        low, high = np.searchsorted(self._keys, ends).tolist()
        values = (self._keys[low:high] & _VALUE).astype(np.int64)
        some = int(high > low and values[0] == 0)
        return Values(values[some:], self._counts[low + some : high])


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
    """Follows some entities of a kind in a scope. They are told by the rows of whose first actor
    they are."""

    def __init__(self, scope: Scope, kind: Kind) -> None:
        self._scope, self._kind = scope, kind
        self._ranks = np.empty(0, np.int64)
        self._forget()

    def _forget(self) -> None:
        self._reach = Reach(self._scope)
        self._followed = np.zeros(0, np.bool_)
        self._owner = np.zeros(0, np.int64)
        """Per actor the entity that its rows were counted for, 0 for none."""
        self.actions, self.targets = Cells(), Cells()
        self.ips, self.whos = Cells(), Cells()
        self.accounts = Cells()
        self._named: dict[tuple[str, int], _Named] = {}

    def follow(self, entities: Array, fold: Array | None) -> None:
        """Brings the entities' profiles up to what is in sight. `fold` is per actor the entity that
        it belongs to; without it each actor is one."""
        if fold is None:
            fold = np.arange(BASES[self._kind].size(self._scope.index))
        highest = max(int(fold.max(initial=0)), int(entities.max(initial=0)))
        self._followed = _grown(self._followed, highest + 1)
        known = self._known(fold)
        asked = int((~self._followed[entities]).sum()) + int(self._followed.sum())
        if known is None or asked > max(_MOST, len(entities)):
            self._forget()
            self._followed = _grown(self._followed, highest + 1)
            known = np.zeros(len(fold), np.int64)
        if known.any():
            self._add(known, self._reach.fresh)
        self._reach.pass_over()
        self._followed[entities] = True
        self._owner = np.where(self._followed[fold], fold, 0)
        rest = np.where(known == 0, self._owner, 0)
        if rest.any():
            self._add(rest, self._reach.seen)

    def _known(self, fold: Array) -> Array | None:
        """The owners by now of the actors that were counted; None where one has another owner."""
        owner, before = np.where(self._followed[fold], fold, 0), self._owner
        counted = before != 0
        if (owner[: len(before)][counted] != before[counted]).any():
            return None
        owner[: len(before)][~counted] = 0
        return owner

    def named(
        self, what: str, entity: int, numbers: Array, version: int, name: Callable[[int], str]
    ) -> tuple[str, ...]:
        """The names of numbers, sorted; worked out anew when these or `version` changed."""
        known = self._named.get((what, entity))
        if known is None or known.version != version or not np.array_equal(known.numbers, numbers):
            names = tuple(sorted(map(name, numbers.tolist())))
            known = self._named[what, entity] = _Named(numbers, version, names)
        return known.names

    def _add(self, owner: Array, reach: Callable[[Keep], Iterator[Array]]) -> None:
        """Counts the rows of actors for their owners."""
        index = self._scope.index
        numbers, wanted = BASES[self._kind].column(index).view(), owner != 0
        portions = [*reach(lambda piece: wanted[numbers[piece]])]
        if not portions:
            return
        rows = np.concatenate(portions)
        asked = np.unique(owner[wanted])
        places = np.searchsorted(asked, owner).astype(np.int32)
        place = places[numbers[rows]]
        self.actions.add(asked, place, index.action.ids.view()[rows])
        self.targets.add(asked, place, targets(index, rows))
        self.accounts.add(asked, place, index.account.ids.view()[rows])
        if self._kind is not Kind.IP:
            self.ips.add(asked, place, index.actor_ip.ids.view()[rows])
        if self._kind is not Kind.PRINCIPAL:
            self.whos.add(asked, place, index.who.view()[rows])

    def action_ranks(self) -> Array:
        """Per action the place of its name among all."""
        names = self._scope.index.action.dictionary.values
        if len(self._ranks) != len(names):
            order = sorted(range(len(names)), key=names.__getitem__)
            self._ranks = np.empty(len(names), np.int64)
            self._ranks[order] = np.arange(len(names))
        return self._ranks


def _grown(followed: Array, size: int) -> Array:
    more = np.zeros(max(0, size - len(followed)), np.bool_)
    return np.concatenate([followed, more])


def targets(index: Index, rows: Array) -> Array:
    """What rows were aimed at: twice the number of the path, and of rows without a path twice the
    resource's and one. 0 where there is neither."""
    path = index.path.ids.view()[rows].astype(np.uint32)
    resource = index.resource.ids.view()[rows].astype(np.uint32)
    return np.where(path > 0, path * 2, np.where(resource > 0, resource * 2 + 1, 0))
