"""How many events of which sort fell into each piece of a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import Outcome

if TYPE_CHECKING:
    from .columns import Array
    from .sight import Sight


class Bucket(NamedTuple):
    """A piece of the time-line."""

    ok: int
    errors: int
    refused: int
    findings: int
    worst: int
    """The worst severity of its findings."""

    @property
    def total(self) -> int:
        return self.ok + self.errors + self.refused + self.findings


def histogram(sight: Sight, rows: Array, start: int, end: int, buckets: int) -> list[Bucket]:
    """Counts `rows` in `buckets` equal pieces of [start, end], nanoseconds."""
    index = sight.index
    time = index.time.view()[rows]
    inside = (time >= start) & (time <= end)
    rows, time = rows[inside], time[inside]
    # Shares are small integers: nanoseconds times buckets would overflow for spans of many years.
    step = max(1, -(-(end - start + 1) // buckets))
    place = np.minimum((time - start) // step, buckets - 1)
    severity = index.severity.view()[rows]
    outcome = index.outcome.view()[rows]
    refused = (outcome == Outcome.DENIED) | (outcome == Outcome.BLOCKED)
    sort = np.where(severity > 0, 3, np.where(refused, 2, np.where(outcome == Outcome.ERROR, 1, 0)))
    cells = np.bincount(place * 4 + sort, minlength=buckets * 4).reshape(buckets, 4)
    worst = np.zeros(buckets, np.int64)
    np.maximum.at(worst, place, severity)
    return [
        Bucket(int(ok), int(errors), int(denied), int(findings), int(level))
        for (ok, errors, denied, findings), level in zip(
            cells.tolist(), worst.tolist(), strict=True
        )
    ]
