"""An app over a triage that brings its screens up to date: when something changed, and no more
often than eyes follow and the line carries."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from triage_tui.ui.careful import CarefulApp
from triage_tui.ui.pace import TICK
from triage_tui.ui.painting import BREATH, Painting
from triage_tui.ui.screens.base import TriageScreen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.looking import Token
    from triage_tui.triage import Triage
    from triage_tui.ui.pace import Pace
    from triage_tui.ui.settings import TerminalSettings

Mode = Literal["REPLAY", "DEMO", "LIVE"]


class Look(NamedTuple):
    """What is compared to know whether to paint."""

    token: Token
    loaded: bool
    sources: tuple[tuple[int, str | None], ...]
    """Bytes read and error of each; of those without an end the error alone, for what they read is
    shown when it is taken in."""


class PaintedApp(CarefulApp[None], inherit_bindings=False):
    """Looks at the triage ten times a second, and paints what has changed."""

    def __init__(self, mode: Mode, pace: Pace, terminal: TerminalSettings | None) -> None:
        super().__init__(terminal)
        self.mode = mode
        self._pace = pace
        self._stands_since: int | None = None
        """Rows there were when a live screen was made to stand still."""
        self._shown: Look | None = None
        self._painting: Painting | None = None

    triage: Triage
    """Absent until there is one."""

    @property
    def begun(self) -> bool:
        """Whether there is a triage to show."""
        return hasattr(self, "triage")

    def show_triage(self, triage: Triage) -> None:
        """From now on it is the one that is shown."""
        self.triage = triage
        triage.gives_way = self.goes_first
        triage.taken_in = partial(self.call_next, self._tick, fresh=True)

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)

    def _tick(self, *, fresh: bool = False) -> None:
        """Looks whether to paint; where it is `fresh`, something was taken in this moment."""
        if not self.begun or self._painting is not None:
            return
        if self.mode == "LIVE":
            self._tell_clock()
        if self.held_back() is not None or self._look() == self._shown:
            return
        if self._pace.may_paint(self.triage.brought, self.triage.taken, fresh=fresh):
            self._shown = self._look()
            self._painting = Painting(list(self._shown_screens()))
            self._paint_on(self._painting)
        else:
            self._tell_clock()

    def _tell_clock(self) -> None:
        if self._pace.may_tell_clock():
            for screen in self._shown_screens():
                screen.show_clock()

    def held_back(self) -> int | None:
        """Rows that came since a live screen stands still; None while it does not."""
        if self.mode != "LIVE" or self.triage.clock.at_end:
            self._stands_since = None
            return None
        rows = self.triage.index.rows - self.triage.index.duplicates
        if self._stands_since is None:
            self._stands_since = rows
        return rows - self._stands_since

    def _paint_on(self, painting: Painting) -> None:
        """Takes the next steps of a painting, unless somebody painted meanwhile."""
        if self._painting is not painting:
            return
        if painting.screens != list(self._shown_screens()):
            self._painting = self._shown = None
            return
        loop, following = asyncio.get_running_loop(), partial(self._paint_on, painting)
        if self.is_awaited():
            loop.call_later(BREATH, self.call_next, following)
        elif painting.go_on():
            loop.call_soon(self.call_next, following)
        else:
            self._painting = None
            self._pace.painted(painting.spent)

    def goes_first(self) -> bool:
        """Whether taking events in can wait a moment: for the answer to a key, or for a painting of
        those that were taken in before."""
        painting = self._painting
        return self.is_awaited() or (painting is not None and painting.hurries)

    def goes_before_sources(self) -> bool:
        """Whether what sources bring can wait a moment, before anybody looks at it."""
        painting = self._painting
        return self.is_awaited() or (painting is not None and painting.starts)

    def _shown_screens(self) -> Iterator[TriageScreen[object]]:
        """The screens that can be seen, the topmost first."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, TriageScreen):
                yield screen
            if not screen.is_modal:
                return

    def _look(self) -> Look:
        triage = self.triage
        return Look(
            triage.token(),
            triage.loaded,
            tuple(
                (0 if source.endless else source.report.done, source.report.error)
                for source in triage.sources
            ),
        )

    def show_now(self) -> None:
        """Bring what is on the screen up to date."""
        self._shown, self._painting = self._look(), None
        painting = Painting(list(self._shown_screens()))
        while painting.go_on():
            pass
        self._pace.painted(painting.spent)
