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
_MOST = 1 << 18
"""Resources that are remembered."""


class Touching:
    """Follows the dictionaries of an index."""

    def __init__(self, index: Index, names: tuple[str, ...] = ()) -> None:
        """`names` are patterns of resources that somebody called sensitive."""
        self._index = index
        self._is_sensitive = sensitive(names)
        self._of_action = Narrow(np.uint32)
        self._resources: dict[int, bool] = {}

    def of(self, rows: Array) -> Array:
        """Per row what it touched, as a `Touch`. What was refused, or failed, touched nothing."""
        index = self._index
        found = self.of_actions(index.action.ids.view()[rows])
        outcome = index.outcome.view()[rows]
        found[(outcome != Outcome.OK) & (outcome != Outcome.UNKNOWN)] = 0
        some = np.flatnonzero(found)
        resources = index.resource.ids.view()[rows[some]]
        each, where = np.unique(resources, return_inverse=True)
        wanted = np.array([self.is_sensitive(number) for number in each.tolist()], np.bool_)
        found[some[wanted[where]]] |= Touch.SENSITIVE
        return found

    def of_actions(self, actions: Array) -> Array:
        """Per action the deeds that it is, as a `Touch`."""
        names = self._index.action.dictionary.values
        self._of_action.extend(
            np.array([of_action(name) for name in names[len(self._of_action) :]], np.uint32)
        )
        found: Array = self._of_action.view()[actions].astype(np.int64)
        return found

    def is_sensitive(self, resource: int) -> bool:
        """Whether the resource of this number is."""
        found = self._resources.get(resource)
        if found is None:
            if len(self._resources) >= _MOST:
                self._resources.clear()
            name = self._index.resource.dictionary.values[resource]
            found = self._resources[resource] = self._is_sensitive(name)
        return found
