"""Which rows touch what weighs more: by their actions and resources, each looked at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.touched import Touch, of_action, sensitive
from triage_tui.model import Outcome

from .columns import Narrow

if TYPE_CHECKING:
    from .columns import Array
    from .index import Index

BITS = len(Touch)
_UNASKED = -1


class Touching:
    """Follows the dictionaries of an index."""

    def __init__(self, index: Index, names: tuple[str, ...] = ()) -> None:
        """`names` are patterns of resources that somebody called sensitive."""
        self._index = index
        self._is_sensitive = sensitive(names)
        self._of_action = Narrow(np.uint32)
        self._sensitive = np.empty(0, np.int8)
        """Per resource whether it is, as far as somebody has asked."""

    def of(self, rows: Array) -> Array:
        """Per row what it touched, as a `Touch`. What was refused, or failed, touched nothing."""
        index = self._index
        found = self.of_actions(index.action.ids.view()[rows])
        outcome = index.outcome.view()[rows]
        found[(outcome != Outcome.OK) & (outcome != Outcome.UNKNOWN)] = 0
        some = np.flatnonzero(found)
        resources = index.resource.ids.view()[rows[some]]
        found[some[self._are_sensitive(resources)]] |= Touch.SENSITIVE
        return found

    def of_actions(self, actions: Array) -> Array:
        """Per action the deeds that it is, as a `Touch`."""
        names = self._index.action.dictionary.values
        self._of_action.extend(
            np.array([of_action(name) for name in names[len(self._of_action) :]], np.uint32)
        )
        found: Array = self._of_action.view()[actions].astype(np.int64)
        return found

    def _are_sensitive(self, resources: Array) -> Array:
        """Per number of a resource whether it is."""
        names = self._index.resource.dictionary.values
        if len(names) > len(self._sensitive):
            room = np.full(2 * len(names) - len(self._sensitive), _UNASKED, np.int8)
            self._sensitive = np.concatenate([self._sensitive, room])
        asked = np.unique(resources[self._sensitive[resources] == _UNASKED])
        self._sensitive[asked] = [self._is_sensitive(names[each]) for each in asked.tolist()]
        found: Array = self._sensitive[resources] == 1
        return found
