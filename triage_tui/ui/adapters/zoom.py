"""Which span of time the time-lines show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND

if TYPE_CHECKING:
    from triage_tui.ports import Clock

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
