"""Which addresses of the index are on lists: looked up once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .columns import Array, Narrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.intel import Intel, KnownList


class Listed:
    """Follows a dictionary of addresses."""

    def __init__(self, intel: Intel, addresses: Sequence[str]) -> None:
        self.intel = intel
        self._addresses = addresses
        self._sets: dict[tuple[int, ...], int] = {(): 0}
        self._lists: list[tuple[KnownList, ...]] = [()]
        self._of = Narrow(np.uint32)

    def numbers(self) -> Array:
        """Per address the number of the set of lists that it is on; 0 is on none."""
        done = len(self._of)
        if done < len(self._addresses):
            fresh = [self._number(self.intel.numbers(ip)) for ip in self._addresses[done:]]
            self._of.extend(np.array(fresh, np.uint32))
        return self._of.view()

    def _number(self, lists: tuple[int, ...]) -> int:
        number = self._sets.setdefault(lists, len(self._lists))
        if number == len(self._lists):
            self._lists.append(tuple(self.intel.lists[each] for each in lists))
        return number

    def lists(self, address: int) -> tuple[KnownList, ...]:
        """The lists that an address is on."""
        return self._lists[int(self.numbers()[address])]

    @property
    def sets(self) -> Sequence[tuple[KnownList, ...]]:
        """The sets by number."""
        self.numbers()
        return self._lists
