"""The clocks: a cursor in event time. A replay plays, pauses, steps and jumps; live it is now.

It stands at ends of whole seconds alone: what shows at 02:14:07 is what `time<=02:14:07` selects,
whether it was played, stepped or jumped to.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from triage_tui.model import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

SPEEDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
HORIZON = 60 * SECOND
"""How finely a live clock tells what is lately."""


class ReplayClock:
    """Implements `ports.Clock`. At the end of what is known it follows new events.

    `ticks` is monotonic time and `wall_time` the wall clock, both in nanoseconds.
    """

    def __init__(
        self,
        *,
        ticks: Callable[[], int] = time.monotonic_ns,
        wall_time: Callable[[], int] = time.time_ns,
    ) -> None:
        self._ticks = ticks
        self._wall = wall_time
        self.speed = 60.0
        self.playing = False
        self.first: int | None = None
        self.last: int | None = None
        self.begin: int | None = None
        self._at: int | None = None
        self._since = 0
        self._awaits_first = False
        self._from_begin = False
        """Whether it plays from where events begin, rather than from where somebody went."""

    def wall(self) -> int:
        return self._wall()

    @property
    def at_end(self) -> bool:
        """Whether everything known shows, and new events will too."""
        return self._now() is None

    def extend(self, first: int, last: int, begin: int | None = None) -> None:
        """Tells the clock which span of event time is known by now, but for events that are dated
        later than they came: those show at the end alone. `begin` is from when on nearly all
        events are, where a few are long before the others."""
        self.first, self.last = first, last
        self.begin = first if begin is None else begin
        awaited, self._awaits_first = self._awaits_first, False
        if awaited or (self._from_begin and self._before(self.begin)):
            self._anchor(self.begin)
            self._from_begin = True

    def _before(self, at: int) -> bool:
        """Whether it plays towards a time that is still to come."""
        now = self._now()
        return self.playing and now is not None and now < at

    def cursor(self) -> int | None:
        """Event time in nanoseconds, the last one of its second; None at the end, where nothing
        bounds it."""
        now = self._now()
        return None if now is None else end_of_second(now)

    def horizon(self) -> int | None:
        """What "lately" is measured from, where that is later than the last event; None where the
        events tell by themselves."""
        return None

    def position(self) -> int:
        """The cursor as a time: the last event's where nothing bounds it, 0 when nothing is
        known."""
        cursor = self.cursor()
        return self.latest() if cursor is None else cursor

    def latest(self) -> int:
        """The last event's time, 0 when nothing is known."""
        return self.last or 0

    def play(self) -> None:
        """Goes on from the cursor; from the very end, starts over where nearly all events are."""
        at = self._now()
        self._awaits_first = at is None and self.first is None
        self._anchor(self.begin if at is None else at)
        self._from_begin = at is None
        self.playing = True

    def pause(self) -> None:
        """Stands still where it is."""
        at = self._now()
        self._anchor(self.last if at is None else at)
        self.playing = False

    def toggle(self, *, more: bool = False) -> None:
        """Pauses or plays. Where there is `more` to come, who plays is not at the end."""
        if self.playing and not self.at_end:
            self.pause()
        elif self.playing and more:
            self._wait()
        else:
            self.play()

    def _wait(self) -> None:
        """Stands still where it is on its way to, for nothing of that is known yet."""
        if self._at is not None:
            self._anchor(self._at + int((self._ticks() - self._since) * self.speed))
        self.playing = False

    def seek(self, at: int) -> None:
        """Jumps to the second of an event time; before the first event means there, from the last
        one's second on the end."""
        if self.first is not None:
            at = max(at, self.first)
        self._awaits_first = self._from_begin = False
        self._anchor(None if self._shows_all(at) else at)

    def to_end(self) -> None:
        """Shows everything known, and what will come."""
        self._anchor(None)
        self.playing = False

    def step(self, delta: int) -> None:
        """Moves the cursor by `delta` nanoseconds and pauses there."""
        if self.first is None:
            return
        target = self.position() + delta
        self.playing = False
        self.seek(target)

    def change_speed(self, *, faster: bool) -> None:
        """Takes the next faster or slower of `SPEEDS`."""
        if faster:
            self.set_speed(next((s for s in SPEEDS if s > self.speed), SPEEDS[-1]))
        else:
            self.set_speed(next((s for s in reversed(SPEEDS) if s < self.speed), SPEEDS[0]))

    def set_speed(self, speed: float) -> None:
        """Event seconds per second; takes effect from the present time on."""
        self._anchor(self._now())
        self.speed = speed

    def _now(self) -> int | None:
        """Where it is within the cursor's second, which play, pause and speed go on from."""
        if self._at is None or not self.playing:
            return self._at
        now = self._at + int((self._ticks() - self._since) * self.speed)
        return None if self._shows_all(now) else now

    def _shows_all(self, at: int) -> bool:
        return self.last is not None and end_of_second(at) >= self.last

    def _anchor(self, at: int | None) -> None:
        self._at = at
        self._since = self._ticks()


class LiveClock(ReplayClock):
    """It is now, until somebody pauses, steps or jumps back; from there on time stands still."""

    @property
    def last(self) -> int | None:
        """The later of now and the last event; None before the first one."""
        return None if self._last is None else max(self._last, self.horizon())

    @last.setter
    def last(self, at: int | None) -> None:
        self._last = at

    def horizon(self) -> int:
        """Now, in steps, for what is shown as lately need not change every moment; where it stands
        still, there."""
        cursor = self.cursor()
        return self.wall() // HORIZON * HORIZON if cursor is None else cursor

    def latest(self) -> int:
        """The later of now and the last event."""
        return max(self.wall(), self._last or 0)

    def over(self) -> ReplayClock:
        """The clock of what was recorded, at its end: how late it is, the events tell."""
        clock = ReplayClock(ticks=self._ticks, wall_time=self._wall)
        clock.first, clock.last, clock.begin = self.first, self._last, self.begin
        return clock

    def play(self) -> None:
        """Back to now."""
        self.to_end()

    def pause(self) -> None:
        """Stands still where it is."""
        self._anchor(self.position())

    def toggle(self, *, more: bool = False) -> None:
        """Stands still, or goes back to now."""
        if self.at_end:
            self.pause()
        else:
            self.to_end()

    def change_speed(self, *, faster: bool) -> None:
        """Now has one speed."""

    def _shows_all(self, at: int) -> bool:
        return at >= self.latest()


def end_of_second(at: int) -> int:
    """The last nanosecond of the second that holds a time."""
    return at // SECOND * SECOND + SECOND - 1


def describe_speed(speed: float) -> str:
    """`60x`."""
    return f"{speed:g}x"


STEP = 10 * SECOND
"""What `[` and `]` move."""
