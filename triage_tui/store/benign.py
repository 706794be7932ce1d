"""What people have looked at and called benign: it counts less, until there is something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect.risk import WEIGHTS
from triage_tui.model import HOUR, Verdict

if TYPE_CHECKING:
    from .ranking import Ranking

_BENIGN = (Verdict.BENIGN, Verdict.FALSE_POSITIVE)


def benign(ranking: Ranking) -> dict[int, frozenset[str]]:
    """Entity number -> the kinds of its reasons that were there already when somebody called it
    benign, or a false positive, up to the cursor."""
    sight = ranking.sight
    last: dict[int, tuple[int, Verdict]] = {}
    before = f"{ranking.kind}:"
    for subject, (verdict, at) in sight.index.verdicts.items():
        if at <= sight.present and subject.startswith(before):
            number = ranking.number(subject.removeprefix(before))
            if number is not None and number in ranking:
                last[number] = max((at, verdict), last.get(number, (at, verdict)))
    return {
        number: _kinds(ranking, number, at)
        for number, (at, verdict) in last.items()
        if verdict in _BENIGN
    }


def _kinds(ranking: Ranking, number: int, at: int) -> frozenset[str]:
    """The kinds of reasons of which nothing came after `at`."""
    sight, kinds = ranking.sight, set(WEIGHTS)
    if any(sight.findings[n].updated > at for n in ranking.findings.get(number, [])):
        kinds -= {"finding", "findings"}
    if _matched_since(ranking, number, at):
        kinds -= {"detection", "detections"}
    if any(hour * HOUR > at for hour in ranking.marks.hours(number)):
        kinds -= {"rate"}
    if ranking.marks.touched_since(number, at):
        kinds -= {"touched"}
    return frozenset(kinds)


def _matched_since(ranking: Ranking, number: int, at: int) -> bool:
    """Whether a rule matched something that it did after a time."""
    index = ranking.sight.index
    if not len(index.hits) and not index.correlated:
        return False
    asked = np.array([number], np.int64)
    rows = ranking.sight.event_rows(ranking.kind, asked, filtered=False).rows
    rows = rows[index.time.view()[rows] > at]
    places, _ = index.hits.of(rows)
    return bool(len(places)) or bool(np.isin(rows, index.correlated_rows()[0]).any())
