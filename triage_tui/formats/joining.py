"""Columns of several batches that are taken in as one: each way into the index has its price."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Feed, Hits, Texts

from .vocabulary import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeVar

    from triage_tui.model import Columns, Extra, FindingRef, Hop, VulnerabilityRef

    Ref = TypeVar("Ref", Extra, FindingRef, Hop, VulnerabilityRef)

_PLAIN = (
    "time", "id", "own_id", "outcome", "severity", "who", "status", "size", "offset", "length",
    "spooled",
)  # fmt: skip
"""The columns of numbers that say the same wherever their row stands."""


def join(found: Sequence[Columns]) -> Columns:
    """The columns of batches that were decoded one behind the other with the same vocabulary; taken
    in, they are what each of them would be, taken in by turns."""
    if len(found) == 1:
        return found[0]
    first, last = found[0], found[-1]
    starts = [0, *accumulate(map(len, found))]
    return msgspec.structs.replace(
        first,
        received=last.received,
        **{name: _chained(getattr(each, name) for each in found) for name in _PLAIN},
        **{name: _texts([getattr(each, name) for each in found]) for name in TEXTS},
        identities=[who for each in found for who in each.identities],
        spill=b"".join(each.spill for each in found),
        origin=_origins([each.origin for each in found]),
        extras=_moved([each.extras for each in found], starts),
        hops=_moved([each.hops for each in found], starts),
        findings=_moved([each.findings for each in found], starts),
        vulnerabilities=_moved([each.vulnerabilities for each in found], starts),
        hits=_hits([each.hits for each in found], starts),
        foreign=False,
        joined=[part for each in found for part in each.parts],
    )


def _chained(columns: Iterable[array[int]]) -> array[int]:
    """One column behind the other."""
    each = iter(columns)
    whole = next(each)[:]
    for more in each:
        whole.extend(more)
    return whole


def _shifted(columns: Sequence[array[int]], by: Sequence[int]) -> array[int]:
    """The same, each with something added to its numbers ('I')."""
    return array("I", [n + more for column, more in zip(columns, by, strict=False) for n in column])


def _texts(columns: Sequence[Texts]) -> Texts:
    """A column of text: what later batches bring is what earlier ones did not."""
    return Texts(
        _chained(each.ids for each in columns),
        [value for each in columns for value in each.values],
        columns[0].known,
    )


def _origins(columns: Sequence[Texts]) -> Texts:
    """The column that each batch numbers by itself; a text may stand in it twice."""
    starts = [0, *accumulate(len(each.values) for each in columns)]
    return Texts(
        _shifted([each.ids for each in columns], starts),
        [value for each in columns for value in each.values],
    )


def _moved(refs: Sequence[list[Ref]], starts: Sequence[int]) -> list[Ref]:
    return [
        msgspec.structs.replace(ref, row=start + ref.row)
        for each, start in zip(refs, starts, strict=False)
        for ref in each
    ]


def _hits(found: Sequence[Hits], starts: Sequence[int]) -> Hits:
    looked: dict[str, tuple[int, int]] = {}
    for each in found:
        for field, (asked, there) in each.looked.items():
            before = looked.get(field, (0, 0))
            looked[field] = before[0] + asked, before[1] + there
    return Hits(
        _shifted([each.row for each in found], starts),
        _chained(each.rule for each in found),
        _feed([(each.feed, start) for each, start in zip(found, starts, strict=False)]),
        looked,
        frozenset().union(*(each.there for each in found)),
    )


def _feed(found: Sequence[tuple[Feed | None, int]]) -> Feed | None:
    """What correlations are made of; each feed comes with the row that its batch begins at."""
    feeds = [(feed, start) for feed, start in found if feed is not None]
    if not feeds:
        return None
    starts = [start for _, start in feeds]
    texts = [0, *accumulate(len(feed.texts) for feed, _ in feeds)]
    return Feed(
        _shifted([feed.row for feed, _ in feeds], starts),
        _chained(feed.input for feed, _ in feeds),
        _shifted([feed.group for feed, _ in feeds], texts),
        _shifted([feed.value for feed, _ in feeds], texts),
        [text for feed, _ in feeds for text in feed.texts],
    )
