"""An app over a triage whose keys move it in time, and say in which zone times are written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, cast

from triage_tui.sources.clock import STEP
from triage_tui.ui.adapters import words
from triage_tui.ui.painted import Mode, PaintedApp
from triage_tui.ui.screens.dialogs import go_to_time

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from triage_tui.ui.app import TriageApp
    from triage_tui.ui.pace import Pace
    from triage_tui.ui.settings import TerminalSettings


class TimedApp(PaintedApp, inherit_bindings=False):
    """Plays, pauses, steps and jumps."""

    def __init__(self, mode: Mode, pace: Pace, terminal: TerminalSettings | None) -> None:
        super().__init__(mode, pace, terminal)
        words.show_times_in(dt.UTC)
        self._utc = True

    def say(
        self, text: str, severity: Literal["information", "warning", "error"] = "information"
    ) -> None:
        """Show a message for a moment."""
        raise NotImplementedError

    def attempt(self, work: Coroutine[object, object, str | None], what: str) -> None:
        """Run something that is awaited."""
        raise NotImplementedError

    def action_toggle_time(self) -> None:
        """Play or pause."""
        self.triage.clock.toggle(more=not self.triage.loaded)
        self.show_now()

    def action_step_time(self, steps: int) -> None:
        """Go so many steps on (or back) and stand still there."""
        self.triage.clock.step(steps * STEP)
        self.show_now()

    def action_change_speed(self, faster: bool) -> None:
        """Play faster or slower."""
        if self.mode == "LIVE":
            self.say("live has one speed; [ goes back in time, and Space to now")
            return
        self.triage.clock.change_speed(faster=faster)
        self.show_now()

    def action_go_to_time(self) -> None:
        """Ask for a time and go there."""
        if self.triage.clock.last is None:
            self.say("there is no event yet, so there is no time to go to")
            return
        self.attempt(go_to_time(cast("TriageApp", self)), "go to time")

    def action_switch_zone(self) -> None:
        """Write times in UTC, or in the team's zone; where that is UTC, in the machine's own."""
        self._utc = not self._utc
        team = self.triage.index.knowledge.calendar.zone
        words.show_times_in(dt.UTC if self._utc else None if team is dt.UTC else team)
        self.show_now()
        self.say(f"times are in {words.zone_word(self.triage.clock.position())}")
