"""The time-line: which span of time it shows, and how many events of which sort are in each bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND, Severity
from triage_tui.store.histogram import Timeline, histogram
from widgets.bars import Bucket

if TYPE_CHECKING:
    from triage_tui.ports import Clock
    from triage_tui.store.columns import Array
    from triage_tui.store.filters import Filter
    from triage_tui.store.histogram import Bucket as Counts
    from triage_tui.store.matches import Matches
    from triage_tui.store.sight import Sight
    from triage_tui.triage import Triage

_REFUSED, _ERRORS = 2, 1
_FINDINGS = {Severity.CRITICAL: 4, Severity.HIGH: 3, Severity.MEDIUM: 2}
CLOSEST = 10 * SECOND
"""The shortest span that a time-line is zoomed to."""


class Window(NamedTuple):
    """A span of time; both ends belong to it."""

    start: int
    end: int

    @property
    def width(self) -> int:
        """Nanoseconds from end to end."""
        return self.end - self.start

    def around(self, centre: int, width: int) -> Window:
        """A span so wide within this one, as near around a time as that goes."""
        width = min(width, self.width)
        start = max(self.start, min(centre - width // 2, self.end - width))
        return Window(start, start + width)


class Zoom:
    """What span of the recording the time-line shows: all of it, or a part that is asked for."""

    def __init__(self) -> None:
        self._part: Window | None = None
        self._goes_along = False
        """Whether the clock was in the part, which then goes along with it."""

    @property
    def is_close(self) -> bool:
        """Whether it shows a part."""
        return self._part is not None

    def window(self, clock: Clock) -> Window | None:
        """What is shown; None before there is an event. A part that the clock was in goes along
        with it."""
        if clock.first is None or clock.last is None:
            return None
        whole = Window(clock.first, max(clock.first, clock.last))
        part = self._part
        if part is None:
            return whole
        at = clock.position()
        if self._goes_along and at > part.end and whole.start <= at <= whole.end:
            part = self._part = whole.around(at + part.width // 4, part.width)
        return part

    def closer(self, clock: Clock, chosen: Window | None = None) -> bool:
        """To the span that is chosen, else to half of what is shown, around the clock; whether
        that is closer."""
        shown = self.window(clock)
        if shown is None:
            return False
        if chosen is not None and chosen.width < shown.width:
            wanted = max(CLOSEST, chosen.width)
            centre = (chosen.start + chosen.end) // 2
        else:
            wanted, centre = max(CLOSEST, shown.width // 2), clock.position()
        if wanted >= shown.width:
            return False
        whole = Window(clock.first or 0, clock.last or 0)
        self._show(whole.around(centre, wanted), clock)
        return True

    def _show(self, part: Window | None, clock: Clock) -> None:
        self._part = part
        self._goes_along = part is not None and part.start <= clock.position() <= part.end

    def wider(self, clock: Clock) -> bool:
        """To twice of what is shown, at last to all; whether it was not all already."""
        shown = self.window(clock)
        if self._part is None or shown is None:
            return False
        whole = Window(clock.first or 0, clock.last or 0)
        wanted = 2 * shown.width
        centre = (shown.start + shown.end) // 2
        self._show(None if wanted >= whole.width else whole.around(centre, wanted), clock)
        return True


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
        self, selected: Filter, window: Window | None, width: int, *, close: bool
    ) -> list[Bucket]:
        """The events that a filter selects, in `width` buckets of the window; `close` where that
        is a part of all."""
        index = self._triage.index
        if window is None or width <= 0:
            return []
        matches = None if selected.selects_all else self._triage.matches(selected)
        searched, version = (matches.searched, matches.version) if matches else (0, 0)
        shown = _Shown(index.revision, selected.text, searched, version, width, window)
        if shown != self._shown or matches is not self._where:
            self._where = matches
            of = matches, version, window if close else None
            if of != self._of:
                self._of = of
                self._line = Timeline(index, matches, of[2])
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
