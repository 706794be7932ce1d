"""The bars of time-lines: how many events of which sort are in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Severity
from triage_tui.store.histogram import Timeline, histogram
from widgets.bars import Bucket

if TYPE_CHECKING:
    from triage_tui.store.columns import Array
    from triage_tui.store.filters import Filter
    from triage_tui.store.histogram import Bucket as Counts
    from triage_tui.store.matches import Matches
    from triage_tui.store.sight import Sight
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.zoom import Window

_REFUSED, _ERRORS = 2, 1
_FINDINGS = {Severity.CRITICAL: 4, Severity.HIGH: 3, Severity.MEDIUM: 2}


class _Shown(NamedTuple):
    """What the bars depend on."""

    revision: int
    filter: str
    searched: int
    version: int
    width: int
    window: Window


class TimeBars:
    """A span of the recording as bars, whatever the cursor; counted again only when that
    changed."""

    def __init__(self, triage: Triage) -> None:
        self._triage = triage
        self._shown: _Shown | None = None
        self._bars: list[Bucket] = []
        self._where: Matches | None = None
        self._of: tuple[Matches | None, int, Window | None] = (None, 0, None)
        self._line = Timeline(triage.index)

    def bars(
        self, selected: Filter, window: Window | None, width: int, span: Window | None
    ) -> list[Bucket]:
        """The events that a filter selects, in `width` buckets of the window; where that is a part
        of all time, none but those of `span` matter."""
        index = self._triage.index
        if window is None or width <= 0:
            return []
        matches = None if selected.selects_all else self._triage.matches(selected)
        searched, version = (matches.searched, matches.version) if matches else (0, 0)
        shown = _Shown(index.revision, selected.text, searched, version, width, window)
        if shown != self._shown or matches is not self._where:
            self._where = matches
            of = matches, version, span
            if of != self._of:
                self._of = of
                self._line = Timeline(index, matches, span)
            self._shown = shown
            self._bars = [_bar(n) for n in self._line.bars(window.start, window.end, width)]
        return self._bars


class EntityBars:
    """The events of one entity as bars; counted again only when there are others."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._bars: list[Bucket] = []

    def bars(self, sight: Sight, rows: Array, window: Window | None, width: int) -> list[Bucket]:
        """These rows, in `width` buckets of the window."""
        if window is None or width <= 0:
            return []
        ends = (int(rows[0]), int(rows[-1])) if len(rows) else ()
        of = (len(rows), ends, window, width)
        if of != self._of:
            self._of = of
            found = histogram(sight, rows, window.start, window.end, width)
            self._bars = [_bar(counts) for counts in found]
        return self._bars


def _bar(counts: Counts) -> Bucket:
    """Findings stand for their worst severity, refusals for medium, errors for low."""
    shares = [counts.ok, 0, 0, 0, 0]
    shares[_ERRORS] += counts.errors
    shares[_REFUSED] += counts.refused
    shares[_FINDINGS.get(Severity(counts.worst), 1)] += counts.findings
    worst = max((level for level, share in enumerate(shares) if share), default=0)
    return Bucket(counts.total, worst, tuple(shares))
