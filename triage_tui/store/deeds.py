"""What actors did that weighs more, kept up as rows come into sight: by which actions, and to what
sensitive first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.touched import Touch

from .doings import Table
from .scope import Reach

if TYPE_CHECKING:
    from .columns import Array
    from .scope import Base, Scope
    from .touching import Touching


class Deeds:
    """Counts the rows of first actors that touch something."""

    def __init__(self, scope: Scope, base: Base) -> None:
        self._scope, self._base = scope, base
        self._begin(scope.index.touching)

    def _begin(self, touching: Touching) -> None:
        self._touching = touching
        self._reach = Reach(self._scope)
        self._actions = Table(np.add)
        self._first = np.empty(0, np.intp)
        """Per actor the row in which it first did something to what is sensitive; -1 for none."""

    def advance(self) -> None:
        """Takes in what came into sight; everything anew where other names weigh more now."""
        index = self._scope.index
        if self._touching is not index.touching:
            self._begin(index.touching)
        for rows in self._reach.fresh():
            touches = self._touching.of(rows)
            some = np.flatnonzero(touches)
            rows, touches = rows[some], touches[some]
            actors = self._base.column(index).view()[rows].astype(np.int64)
            actions = index.action.ids.view()[rows].astype(np.int64)
            self._actions.add(actors, actions, np.ones(len(rows), np.int64))
            grave = (touches & Touch.SENSITIVE) != 0
            self._note_firsts(actors[grave], rows[grave])

    def _note_firsts(self, actors: Array, rows: Array) -> None:
        if not len(rows):
            return
        time = self._scope.index.time.view()
        size = self._base.size(self._scope.index)
        self._first = np.concatenate([self._first, np.full(size - len(self._first), -1, np.intp)])
        known = np.unique(actors)
        known = known[self._first[known] >= 0]
        actors, rows = np.concatenate([known, actors]), np.concatenate([self._first[known], rows])
        order = np.lexsort((rows, time[rows], actors))[::-1]
        self._first[actors[order]] = rows[order]  # the last of several values for one place stays

    def actions(self, actors: Array) -> tuple[Array, Array]:
        """(actions, events) of some actors; an action may come again."""
        found = self._actions.of(actors)
        return found.values, found.told

    def first_sensitive(self, actors: Array) -> Array:
        """Of each of these actors the row in which it first did something to what is sensitive,
        where it did."""
        rows = self._first[actors[actors < len(self._first)]]
        found: Array = rows[rows >= 0]
        return found
