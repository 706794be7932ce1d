"""The replay clock: a cursor in event time that plays, pauses, steps and jumps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from triage_tui.model import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

SPEEDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)


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
        self._at: int | None = None
        self._since = 0
        self._awaits_first = False

    def wall(self) -> int:
        return self._wall()

    @property
    def at_end(self) -> bool:
        """Whether everything known shows, and new events will too."""
        return self.cursor() is None

    def extend(self, first: int, last: int) -> None:
        """Tells the clock which span of event time is known by now."""
        self.first, self.last = first, last
        if self._awaits_first:
            self._awaits_first = False
            self._anchor(first)

    def cursor(self) -> int | None:
        """Event time in nanoseconds; None at the end, where nothing bounds it."""
        if self._at is None:
            return None
        if not self.playing:
            return self._at
        now = self._at + int((self._ticks() - self._since) * self.speed)
        if self.last is not None and now >= self.last:
            return None
        return now

    def position(self) -> int:
        """The cursor as a time: the last event's where nothing bounds it, 0 when nothing is
        known."""
        cursor = self.cursor()
        return cursor if cursor is not None else (self.last or 0)

    def play(self) -> None:
        """Goes on from the cursor; from the very end, starts over."""
        at = self.cursor()
        self._awaits_first = at is None and self.first is None
        self._anchor(self.first if at is None else at)
        self.playing = True

    def pause(self) -> None:
        """Stands still where it is."""
        self._anchor(self.position() or None)
        self.playing = False

    def toggle(self) -> None:
        """Pauses or plays."""
        if self.playing and not self.at_end:
            self.pause()
        else:
            self.play()

    def seek(self, at: int) -> None:
        """Jumps to an event time; before the first event means there, beyond the last the end."""
        if self.first is not None:
            at = max(at, self.first)
        self._awaits_first = False
        self._anchor(None if self.last is not None and at > self.last else at)

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
        """Event seconds per second; takes effect from the present cursor on."""
        self._anchor(self.cursor())
        self.speed = speed

    def _anchor(self, at: int | None) -> None:
        self._at = at
        self._since = self._ticks()


def describe_speed(speed: float) -> str:
    """`60x`."""
    return f"{speed:g}x"


STEP = 10 * SECOND
"""What `[` and `]` move."""
