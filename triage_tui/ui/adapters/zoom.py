"""Which span of time the time-lines show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND

if TYPE_CHECKING:
    from triage_tui.ports import Clock

FAR = 2**63 - 1
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
    """What span of the recording the time-line shows: that of nearly all events, all of it, or a
    part that is asked for. What the clock stands in always shows."""

    def __init__(self) -> None:
        self._part: Window | None = None
        self._all = False
        """Whether the few events that are long before the others are to show too."""
        self._goes_along = False
        """Whether the clock was in the part, which then goes along with it."""

    @property
    def is_close(self) -> bool:
        """Whether it shows a part."""
        return self._part is not None

    def window(self, clock: Clock) -> Window | None:
        """What is shown; None before there is an event. A part that the clock was in goes along
        with it."""
        whole = self._whole(clock)
        part = self._part
        if part is None or whole is None:
            return whole
        at = clock.position()
        if self._goes_along and at > part.end and whole.start <= at <= whole.end:
            part = self._part = whole.around(at + part.width // 4, part.width)
        return part

    def _whole(self, clock: Clock) -> Window | None:
        """All there is, but for what is long before it."""
        if clock.first is None or clock.last is None:
            return None
        start = clock.first if self.shows_all(clock) else clock.begin or clock.first
        return Window(start, max(start, clock.last))

    def shows_all(self, clock: Clock) -> bool:
        """Whether what is shown, or what it is a part of, begins with the first event."""
        begin = clock.begin
        return self._all or begin is None or begin == clock.first or clock.position() < begin

    def span(self, clock: Clock) -> Window | None:
        """The events that have to be counted for what is shown: those of a part, else of a block of
        time around it, which seldom becomes another as the time that is known grows. Whatever is
        dated far from that would make the pieces coarse that they are counted in."""
        shown = self.window(clock)
        if shown is None or self._part is not None:
            return shown
        bits = shown.width.bit_length()
        start = shown.start >> bits << bits
        return Window(start, min(FAR, start + (2 << bits) - 1))

    def closer(self, clock: Clock, chosen: Window | None = None) -> bool:
        """To the span that is chosen, else from all to nearly all, else to half of what is shown,
        around the clock; whether that is closer."""
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
        whole = self._whole(clock) or shown
        if chosen is None and self._all and self._part is None:
            self._all = False
            if self._whole(clock) != whole:
                return True
        self._show(whole.around(centre, wanted), clock)
        return True

    def _show(self, part: Window | None, clock: Clock) -> None:
        self._part = part
        self._goes_along = part is not None and part.start <= clock.position() <= part.end

    def wider(self, clock: Clock) -> bool:
        """To twice of what is shown, then to nearly all, at last to all; whether it was not all
        already."""
        shown, whole = self.window(clock), self._whole(clock)
        if shown is None or whole is None:
            return False
        if self._part is None:
            if self.shows_all(clock):
                return False
            self._all = True
            return True
        wanted = 2 * shown.width
        centre = (shown.start + shown.end) // 2
        self._show(None if wanted >= whole.width else whole.around(centre, wanted), clock)
        return True
