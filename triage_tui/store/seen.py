"""Which values the events of an index have under a key of the filter language, the most frequent
first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage_tui.model import NO_NUMBER

from .filters import NUMBER_KEYS, TEXT_KEYS, WHO_KEYS
from .matches import identity_names

if TYPE_CHECKING:
    from .columns import Array
    from .index import Index

MOST = 2_000
"""Values of a key that are looked at: what is rarer is not offered."""


def seen(index: Index, key: str) -> list[tuple[str, int]]:
    """(value, events) of a key; nothing of a key whose values are no names."""
    if not index.rows:
        return []
    if key in ("ip", "source_ip"):
        column = index.actor_ip if key == "ip" else index.source_ip
        return _named(column.ids.view(), column.dictionary.values)
    if key in TEXT_KEYS:
        column = getattr(index, TEXT_KEYS[key])
        return _named(column.ids.view(), column.dictionary.values)
    if key in WHO_KEYS:
        return _identities(index, key)
    if key in NUMBER_KEYS:
        return _numbers(getattr(index, NUMBER_KEYS[key]).view())
    if key in ("rule", "detection"):
        return [(rule.title, 0) for rule in index.rules.rules if rule.shown]
    return []


def _most(counts: Array) -> list[int]:
    """The places of the highest counts."""
    found: list[int] = np.argsort(-counts, kind="stable")[:MOST].tolist()
    return [place for place in found if counts[place]]


def _named(ids: Array, values: list[str]) -> list[tuple[str, int]]:
    counts = np.bincount(ids, minlength=len(values))
    return [(values[n], int(counts[n])) for n in _most(counts) if values[n]]


def _identities(index: Index, key: str) -> list[tuple[str, int]]:
    """By the first name of each that the key compares; the most readable for a principal."""
    counts = np.bincount(index.who.view(), minlength=len(index.identities))
    found: dict[str, int] = {}
    for number in _most(counts):
        who = index.identities[number]
        names = identity_names(key, who)
        if names:
            name = (who.user or names[0]) if key == "principal" else names[0]
            found[name] = found.get(name, 0) + int(counts[number])
    return sorted(found.items(), key=lambda pair: -pair[1])


def _numbers(column: Array) -> list[tuple[str, int]]:
    values, counts = np.unique(column[column != NO_NUMBER], return_counts=True)
    return [(str(values[n]), int(counts[n])) for n in _most(counts)]
