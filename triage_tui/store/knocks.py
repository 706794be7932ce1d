"""Which rows reach a function with a hole: worked out once for each row, as rows come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.reaching import Function, function_of, glob, invokes, is_arn_of_function

from .detections import is_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.reaching import DependencySettings

    from .columns import Array, Mask
    from .index import Index
    from .known import Target

_OWN_LOGS = frozenset(("lambda", "application", "text"))
"""Formats of what functions log themselves: there a bare name is theirs."""
_CALLS = frozenset(("cloudtrail", "ocsf"))
_EXPLOITS = "attack.t1190"
"""Rules with this tag tell of attempts to exploit what is open to the public."""
_STEP = 1 << 20
"""Rows that are looked through at once."""
_COLUMNS = ("resource", "path", "format", "action", "account", "region")


class Knocks:
    """Rows and the targets that they reach."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._of: tuple[object, ...] = ()
        self._targets: Sequence[Target] = ()
        self._rows = 0
        """Looked through so far."""
        self._found: list[Array] = []
        """Of each portion two columns: rows, targets."""
        self._interesting = np.zeros(0, np.bool_)
        self._memo: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._exploits: Mask | None = None

    def at(self, targets: Sequence[Target]) -> tuple[Array, Array]:
        """(rows, places among `targets`), rows ascending."""
        settings = self._index.knowledge.dependencies
        names = tuple((each.name, each.function, each.reached_by) for each in targets)
        if self._of != (names, settings):
            self._of, self._targets = (names, settings), targets
            self._rows, self._found = 0, []
            self._interesting, self._memo = np.zeros(0, np.bool_), {}
            self._reaches = _Reaches(targets, settings)
        self._advance()
        if not self._found:
            empty = np.empty(0, np.int64)
            return empty, empty
        if len(self._found) > 1:
            self._found = [np.concatenate(self._found, axis=1)]
        return self._found[0][0], self._found[0][1]

    def exploits(self, rows: Array) -> Mask:
        """Which of these rows look like an attempt to exploit something."""
        index = self._index
        if self._exploits is None:
            tagged = [_EXPLOITS in rule.tags for rule in index.rules.rules]
            self._exploits = np.array(tagged, np.bool_)
        found = np.zeros(len(rows), np.bool_)
        if len(index.hits) and self._exploits.any():
            places, rules = index.hits.of(rows)
            found[places[self._exploits[rules] & index.shown[rules]]] = True
        return found

    def answered(self, rows: Array) -> Mask:
        """Which of them were not refused."""
        return ~is_refused(self._index, rows)

    def _advance(self) -> None:
        index = self._index
        while self._rows < index.rows:
            start, stop = self._rows, min(index.rows, self._rows + _STEP)
            self._rows = stop
            resources = index.resource.ids.view()[start:stop]
            rows = np.flatnonzero(self._wanted()[resources]) + start
            if len(rows):
                self._take(rows)

    def _wanted(self) -> Mask:
        """Per resource number whether it may lead to a target."""
        values = self._index.resource.dictionary.values
        done = len(self._interesting)
        if done < len(values):
            fresh = [self._reaches.may_be(text) for text in values[done:]]
            self._interesting = np.concatenate([self._interesting, np.array(fresh, np.bool_)])
        return self._interesting

    def _take(self, rows: Array) -> None:
        index = self._index
        columns = [getattr(index, name).ids.view()[rows].astype(np.int64) for name in _COLUMNS]
        if not self._reaches.by_path:
            columns[1] = np.zeros(len(rows), np.int64)
        table, where = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
        reached = [self._reached(tuple(each)) for each in table.tolist()]
        most = max(map(len, reached), default=0)
        for nth in range(most):
            target = np.array([each[nth] if nth < len(each) else -1 for each in reached], np.int64)
            mine = target[where.ravel()]
            some = mine >= 0
            self._found.append(np.stack([rows[some], mine[some]]))
        if most > 1:
            joined = np.concatenate(self._found[-most:], axis=1)
            self._found[-most:] = [joined[:, np.argsort(joined[0], kind="stable")]]

    def _reached(self, key: tuple[int, ...]) -> tuple[int, ...]:
        found = self._memo.get(key)
        if found is None:
            index = self._index
            texts = [
                getattr(index, name).dictionary.values[number]
                for name, number in zip(_COLUMNS, key, strict=True)
            ]
            found = self._memo[key] = self._reaches.reached(*texts)
        return found


class _Reaches:
    """Which target a row's texts lead to."""

    def __init__(self, targets: Sequence[Target], settings: DependencySettings) -> None:
        self._functions = [(n, t.function) for n, t in enumerate(targets) if t.function is not None]
        self._by_name: dict[str, list[tuple[int, Function]]] = {}
        for number, function in self._functions:
            self._by_name.setdefault(function.name, []).append((number, function))
        self._routes = []
        for route in settings.routes:
            wanted = function_of(route.function)
            numbers = (
                [] if wanted is None else [n for n, each in self._functions if wanted.is_like(each)]
            )
            if numbers:
                path = glob(route.path) if route.path else None
                self._routes.append((glob(route.resource), path, numbers))
        for number, target in enumerate(targets):
            if target.function is not None:
                self._routes += [(*_tagged(each), [number]) for each in target.reached_by]
        self.by_path = any(path is not None for _, path, _ in self._routes)

    def may_be(self, resource: str) -> bool:
        """Whether a resource may lead to a target, whatever else a row says."""
        if not resource:
            return False
        function = function_of(resource)
        if function is not None and function.name in self._by_name:
            return True
        return any(pattern.fullmatch(resource) for pattern, _, _ in self._routes)

    def reached(
        self,
        resource: str,
        path: str,
        format: str,  # noqa: A002 - the contract's word
        action: str,
        account: str,
        region: str,
    ) -> tuple[int, ...]:
        """The targets of a row with these texts."""
        found: list[int] = []
        function = function_of(resource)
        if function is not None and self._is_function(resource, format, action):
            here = Function(function.name, function.account or account, function.region or region)
            found += [n for n, each in self._by_name.get(function.name, []) if here.is_like(each)]
        for pattern, at, numbers in self._routes:
            if pattern.fullmatch(resource) and (at is None or at.fullmatch(path)):
                found += numbers
        return tuple(dict.fromkeys(found))

    @staticmethod
    def _is_function(resource: str, format: str, action: str) -> bool:  # noqa: A002 - the same
        """Whether the text means a function there, and the row runs it."""
        if format in _CALLS:
            return invokes(action)
        return format in _OWN_LOGS or is_arn_of_function(resource) or "/aws/lambda/" in resource


def _tagged(text: str) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """What a tag says, `RESOURCE` or `RESOURCE:/PATH`: (resource, path)."""
    resource, found, path = text.partition(":/")
    prefix = re.compile(re.escape(f"/{path}") + ".*", re.DOTALL) if found else None
    return re.compile(re.escape(resource)), prefix
