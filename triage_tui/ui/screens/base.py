"""What all screens over a triage have in common."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.screen import Screen

from triage_tui.ui.banner import Banner
from widgets._textual import is_going
from widgets.status import StatusLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.geometry import Size
    from textual.worker import Worker

    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage
    from triage_tui.ui.app import TriageApp

Result = TypeVar("Result")
STEP_EVERY = 0.02
"""Seconds between two looks at what a search has found."""
PAINT_EVERY = 0.5
"""Seconds between two paintings while raw records are searched."""


class TriageScreen(Screen[Result], inherit_bindings=False):
    """A screen that shows a triage. The app asks for its `changes` when something has changed."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, triage: Triage) -> None:
        super().__init__()
        self.triage = triage
        self._banner: Banner | None = None
        self._soon: Size | None = None
        """For which size it is about to be painted."""
        self._searching = False
        self._sought: Filter | None = None
        self._gave_up: Filter | None = None

    @property
    def _app(self) -> TriageApp:
        return cast("TriageApp", self.app)

    @property
    def stands(self) -> bool:
        """Whether there is something to paint on: not before the screen is composed, nor while it
        is taken down."""
        return self.is_mounted and bool(self.children) and not is_going(self)

    def show_changes(self) -> None:
        """Look at the triage again and paint what differs."""
        raise NotImplementedError

    def show_changes_soon(self) -> None:
        """Behind what is laid out first; once for each size, however many ask for it until then."""
        if self._soon != self.size and self.call_after_refresh(self._show_what_was_asked):
            self._soon = self.size

    def _show_what_was_asked(self) -> None:
        self._soon = None
        self.show_changes()

    def changes(self) -> Iterator[None]:
        """The same in steps, between which keys are heard: each leaves a screen that is whole, and
        nobody has to take the next one."""
        self.show_changes()
        yield

    def show_clock(self) -> None:
        """Time goes on between two calls of `show_changes`: what is cheap to paint follows."""
        if self.stands:
            self._show_banner()
            for line in self.query("#status").results(StatusLine):
                line.show(*self._app.top_line(self.size.width))

    def _show_banner(self) -> None:
        """Two lines more where nobody lets the triage in."""
        shown = self._app.locked_out(self.size.width)
        if shown is None:
            if self._banner is not None:
                self._banner.remove()
            self._banner = None
        elif self._banner is not None:
            self._banner.show(shown)
        elif self.query("#status"):
            self._banner = Banner(shown)
            self.mount(self._banner, after="#status")

    def leave(self) -> None:
        """To the screen below, unless another one lies over this one or it has gone already: two
        keys may have been pressed at once."""
        if self.app.screen is self:
            self.app.pop_screen()

    def on_screen_resume(self) -> None:
        """Covered screens are not kept up to date."""
        if self.is_mounted:
            self.show_changes_soon()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The app says what failed; Textual tells it of its own workers only."""
        self._app.on_worker_state_changed(event)

    # -- searching raw records for a filter's words ----------------------------------------------

    def search_on(self, selected: Filter) -> None:
        """Search what was not searched yet; a search for another filter ends."""
        self._sought = selected
        if selected.selects_all or self._searching or selected is self._gave_up:
            return
        if not self.triage.matches(selected).complete:
            self._searching = True
            self.run_worker(
                self._search(selected), name="search", group="search", exit_on_error=False
            )

    async def _search(self, selected: Filter) -> None:
        painted = time.monotonic()
        try:
            for _ in self.triage.search_aside(selected):
                await asyncio.sleep(STEP_EVERY)
                if selected is not self._sought:
                    break
                if time.monotonic() - painted > PAINT_EVERY:
                    self._app.show_now()
                    painted = time.monotonic()
        except Exception:
            self._gave_up = selected  # it would fail again, and again say so
            raise
        finally:
            self._searching = False
        self._app.show_now()
