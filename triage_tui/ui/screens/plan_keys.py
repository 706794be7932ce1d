"""The footer of a plan, which knows since when the plan can have been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from widgets._textual import frames_are_held_back
from widgets.status import StatusLine

if TYPE_CHECKING:
    from textual.strip import Strip

LOOK_AGAIN = 0.05
"""Seconds until a plan whose frame was held back is painted again."""


class PlanKeys(StatusLine):
    """Once it was painted under a plan, the plan can have been read: it is the last line."""

    _awaits_plan = True
    _painted = False
    _readable_since: float | None = None

    def on_mount(self) -> None:
        self._watch = self.set_interval(LOOK_AGAIN, self._become_readable, pause=True)

    def render_line(self, y: int) -> Strip:
        there = y == 0 and self.size.width
        if there and not (self._awaits_plan or frames_are_held_back(self.app)):
            self._painted = True
        return super().render_line(y)

    def await_painting(self) -> None:
        """There is a plan above: from its painting on, keys count."""
        self._awaits_plan = False
        self.refresh()
        self._watch.resume()

    def forget(self) -> None:
        """The plan is gone, and another one will come."""
        self._awaits_plan, self._painted, self._readable_since = True, False, None

    def _become_readable(self) -> None:
        if self._painted:
            self._watch.pause()
            # The clock is the one that stamps events: a new event carries its time.
            self._readable_since = events.Idle().time
        elif self.app.screen is self.screen:
            self.screen.refresh()
            self.refresh()

    @property
    def readable(self) -> bool:
        """Whether the plan has been painted."""
        return self._readable_since is not None

    def may_act(self, event: events.Event) -> bool:
        """Whether the event happened after the plan was painted."""
        return self._readable_since is not None and event.time > self._readable_since
