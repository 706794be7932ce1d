"""Growing columns of numbers, dictionaries of text, and a set of 64-bit ids: what the index is
made of."""

from __future__ import annotations

import contextlib
import mmap
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.ma

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable

    from numpy.typing import DTypeLike, NDArray

    from triage_tui.model import Texts

Array = np.ndarray[Any, np.dtype[Any]]
Ids = np.ndarray[Any, np.dtype[np.uint32]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def frame(values: array[int], dtype: type[np.generic]) -> Array:
    """An array's memory as numpy sees it, without a copy."""
    return np.frombuffer(values, dtype)


class Growing:
    """A numpy column. It costs nothing while all its values are the same.

    `view()` stays valid while the column grows: growing copies, it never moves what a reader holds.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._data: Array | None = None
        self._same = 0
        """The value of all rows while there is no data."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, values: Array) -> None:
        """Appends values."""
        if not len(values):
            return
        if self._data is None and not self._size:
            self._same = int(values[0])
        end = self._size + len(values)
        if self._data is not None or not bool((values == self._same).all()):
            self._make_room(end, values)[self._size : end] = values
        self._size = end

    def _make_room(self, end: int, values: Array) -> Array:
        """The data, with room for `values` up to `end`."""
        data, size, dtype = self._data, self._size, self._fitting(values)
        if data is not None and end <= len(data) and data.dtype == dtype:
            return data
        grown = _reserve(end, dtype)
        grown[:size] = self._same if data is None else data[:size]
        self._data = grown
        return grown

    def _fitting(self, _: Array) -> np.dtype[Any]:
        return self._dtype

    def view(self) -> Array:
        """All values; do not write."""
        if self._data is None:
            # As `np.broadcast_to` does, in a tenth of the time: views are asked for all the time.
            same = np.array(self._same, self._dtype)
            same.flags.writeable = False
            return np.ndarray((self._size,), self._dtype, same, strides=(0,))
        return self._data[: self._size]

    def at(self, row: int) -> int:
        """One value."""
        return int(self._data[row]) if self._data is not None else self._same

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return 0 if self._data is None else self._size * self._data.itemsize


class Narrow(Growing):
    """A column as narrow as its values allow: it widens when a wider one comes.

    Arithmetic on `view()` is as narrow too; widen first.
    """

    def _fitting(self, values: Array) -> np.dtype[Any]:
        low, high, least = int(values.min()), int(values.max()), 1
        if self._data is None:
            low, high = min(low, self._same), max(high, self._same)
        else:
            least = self._data.itemsize
        signed = self._dtype.kind == "i"
        most = max(high, -low - 1) << signed
        width = next((w for w in (1, 2, 4) if w >= least and most < 1 << 8 * w), 8)
        return np.dtype(f"{self._dtype.kind}{width}")


_MOST_VOCABULARIES = 64
"""That are kept; as many processes times streams are never at work at once."""
_LARGE = 64 * 1024
"""Bytes. What is larger gets pages of its own."""


def _reserve(needed: int, dtype: np.dtype[Any]) -> Array:
    """Room for twice as many values as needed. Pages that nobody wrote to take no memory, and all
    go back to the system at once when the room is given up."""
    room = max(256, 2 * needed)
    size = room * dtype.itemsize
    if size < _LARGE:
        return np.empty(room, dtype)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without huge pages
        pages.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(pages, dtype, room)


class Dictionary:
    """Numbers text in order of arrival; number 0 is ""."""

    def __init__(self) -> None:
        self.values: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        return len(self.values)

    def number(self, value: str) -> int:
        """The value's number, a new one if need be."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        return number

    def find(self, value: str) -> int | None:
        """The value's number, if it has one."""
        return self._numbers.get(value)

    def numbers(self, values: Iterable[str]) -> Ids:
        """Numbers of many values."""
        asked = list(values)
        found = map(self._numbers.get, asked)
        pairs = zip(found, asked, strict=True)
        return np.array(
            [self.number(value) if number is None else number for number, value in pairs], np.uint32
        )


class Renumbers:
    """From a vocabulary's numbers to ours, for vocabularies that grow from batch to batch."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Ids] = OrderedDict()

    def extended(self, vocabulary: int, known: int, fresh: Ids) -> Ids:
        """The whole renumbering, whose first `known` entries earlier batches brought. Vocabulary 0
        is the batch's own."""
        if not vocabulary:
            return fresh
        if known:
            before = self._known.pop(vocabulary)
            if len(before) != known:
                raise ValueError("a batch of this vocabulary was left out")
            fresh = np.concatenate([before, fresh]) if len(fresh) else before
        self._known[vocabulary] = fresh
        if len(self._known) > _MOST_VOCABULARIES:
            self._known.popitem(last=False)
        return fresh


class TextColumn:
    """A column of text: ids into a dictionary of its own, or one that it shares."""

    def __init__(self, dictionary: Dictionary | None = None) -> None:
        self.dictionary = dictionary or Dictionary()
        self._renumbers = Renumbers()
        self.ids = Narrow(np.uint32)

    def extend(self, texts: Texts, vocabulary: int = 0) -> Ids:
        """Appends a batch's column, whose numbers are a vocabulary's; returns the renumbering."""
        fresh = self.dictionary.numbers(texts.values)
        renumber = self._renumbers.extended(vocabulary, texts.known, fresh)
        self.ids.extend(renumber[np.frombuffer(texts.ids, np.uint32)])
        return renumber

    def text(self, row: int) -> str:
        """The value of one row."""
        return self.dictionary.values[self.ids.at(row)]


class IdSet:
    """A set of 64-bit ids in sorted runs of growing length: eight bytes an id, cheap to ask in
    bulk. Marks by the first bits of each id, two to four times as many, tell of most new ids that
    no run has them."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []
        self._size = 0
        self._bits = 8
        self._marks = np.zeros(1 << self._bits, np.bool_)

    def claim(self, ids: NDArray[np.uint64]) -> Mask:
        """Puts ids in; tells which were in already, or stand among `ids` for a second time."""
        order = np.argsort(ids)  # a stable sort takes twice the time
        ordered = ids[order]
        again = np.zeros(len(ids), np.bool_)
        again[1:] = ordered[1:] == ordered[:-1]
        if again.any():
            _settle(order, again)
        known = self._contains(ordered)
        known |= again
        self._add(ordered[~known])
        claimed = np.empty(len(ids), np.bool_)
        claimed[order] = known
        return claimed

    def _contains(self, ids: NDArray[np.uint64]) -> Mask:
        found = self._marks[self._marked(ids)]
        maybe = np.flatnonzero(found)
        found[maybe] = self._in_runs(ids[maybe])
        return found

    def _in_runs(self, ids: NDArray[np.uint64]) -> Mask:
        found = np.zeros(len(ids), np.bool_)
        for run in self._runs:
            place = np.searchsorted(run, ids)
            place[place == len(run)] = 0
            found |= run[place] == ids
        return found

    def _marked(self, ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Which marks stand for these ids."""
        return ids >> np.uint64(64 - self._bits)

    def _add(self, run: NDArray[np.uint64]) -> None:
        if not len(run):
            return
        self._mark(run)
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort(kind="stable")  # merges two sorted runs, two hundred times as fast as union1d
        self._runs.append(run)

    def _mark(self, run: NDArray[np.uint64]) -> None:
        self._size += len(run)
        fresh = [run]
        if 2 * self._size > len(self._marks):
            self._bits = (2 * self._size - 1).bit_length()
            self._marks = np.zeros(1 << self._bits, np.bool_)
            fresh += self._runs
        for each in fresh:
            self._marks[self._marked(each)] = True


def _settle(order: Array, again: Mask) -> None:
    """Puts the places of what is the same in order; `again` is what is as the one before it."""
    same = again.copy()
    same[:-1] |= again[1:]
    tied = np.flatnonzero(same)
    group = np.cumsum(~again[tied])
    order[tied] = order[tied][np.lexsort((order[tied], group))]
