"""What screens have in common that show what a filter selects, with a time-line above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.store.filters import ALL, FilterError, parse
from triage_tui.ui.actions import TIMELINE
from triage_tui.ui.adapters import brush, filtering
from triage_tui.ui.adapters.completing import Completer
from triage_tui.ui.adapters.said import Said
from triage_tui.ui.kept import KeptFilter
from triage_tui.ui.keys import layer_hints
from triage_tui.ui.screens import ask
from triage_tui.ui.screens.casework import CaseScreen
from widgets.status import StatusItem, StatusLine
from widgets.timeline import TimeLine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from triage_tui.store.filters import Filter


class SelectingScreen(CaseScreen):
    """A screen with a filter, which can be edited, kept, picked and taken back."""

    # -- what a screen of this sort says of itself -----------------------------------------------

    def current_filter(self) -> Filter:
        """What is selected now."""
        raise NotImplementedError

    def show_filter(self, selected: Filter) -> None:
        """Selects something else, and shows it."""
        raise NotImplementedError

    def preview(self, text: str) -> Iterator[Said]:
        """What an expression would select here."""
        raise NotImplementedError

    def show_time(self) -> None:
        """Paints the time-line."""
        raise NotImplementedError

    def show_footer(self) -> None:
        """Paints the footer."""
        raise NotImplementedError

    # -- filters ---------------------------------------------------------------------------------

    def set_filter(self, selected: Filter) -> None:
        """Show what a filter selects; that can be taken back."""
        before = self.current_filter()
        if before.text == selected.text:
            return

        async def back() -> None:
            self.show_filter(before)

        what = f"the filter {selected.text}" if selected.text else "that the filter went"
        self._app.undo.did(what, back, lambda: self in self.app.screen_stack)
        self.show_filter(selected)

    def action_filter(self) -> None:
        """Ask for a filter; what it would select is said while it is typed."""
        asked = ask.ask(
            self._app,
            "filter",
            "/",
            self.current_filter().text,
            self.preview,
            Completer(self.triage).complete,
        )
        self._app.attempt(self._filtered(asked), "filter")

    async def _filtered(self, asked: Awaitable[str | None]) -> str | None:
        text = await asked
        if text is not None:
            self.set_filter(parse(text))
        return None

    def step_back(self) -> bool:
        """Takes the range of time off, else the filter; whether there was one."""
        text = self.current_filter().text
        if not text:
            return False
        rest = brush.without(text)
        self.set_filter(parse(rest) if rest != text else ALL)
        return True

    def action_keep_filter(self) -> None:
        """Keep the filter under a name."""
        text = self.current_filter().text
        if not text:
            self._app.say("there is no filter to keep: / sets one")
            return
        self._app.attempt(
            self._kept(ask.ask(self._app, "name", "keep the filter as"), text), "keep"
        )

    async def _kept(self, asked: Awaitable[str | None], text: str) -> str | None:
        app, name = self._app, (await asked or "").strip()
        if not name:
            return None
        said = f"kept until you quit: p picks {name}"
        if app.keeper is not None:
            said = await app.keeper.keep_filter(name, text)
        app.kept_filters = [kept for kept in app.kept_filters if kept.name != name]
        app.kept_filters.append(KeptFilter(name, text))
        return said

    def action_pick_filter(self) -> None:
        """Pick a kept filter by its name."""
        kept = {each.name: each.filter for each in self._app.kept_filters}
        if not kept:
            self._app.say("no filter is kept yet: K keeps the one that is set under a name")
            return

        def preview(name: str) -> Iterator[Said]:
            text = kept.get(name.strip())
            if text is None:
                yield Said(f"kept are {', '.join(kept)}", error=bool(name.strip()))
                return
            yield Said(text)
            for said in self.preview(text):
                yield said if said.error else Said(f"{text}: {said.text}")

        completer = Completer(self.triage, kept)
        asked = ask.ask(self._app, "kept filter", "filter", "", preview, completer.names)
        self._app.attempt(self._picked(asked, kept), "filter")

    async def _picked(self, asked: Awaitable[str | None], kept: dict[str, str]) -> str | None:
        text = kept.get((await asked or "").strip())
        if text is None:
            return None
        try:
            self.set_filter(parse(text))
        except FilterError as error:
            return f"{text}: {error.message}"
        return None

    def narrow(self, term: str, *, include: bool) -> None:
        """Keeps only what a term selects, or leaves it out."""
        text = filtering.combined(self.current_filter().text, term, include=include)
        self.set_filter(parse(text))

    # -- the time-line ---------------------------------------------------------------------------

    def action_zoom(self, closer: bool) -> None:
        """Show less of the time, or more."""
        app, clock = self._app, self.triage.clock
        if closer:
            changed = app.zoom.closer(clock, brush.chosen(self.current_filter()))
        else:
            changed = app.zoom.wider(clock)
        if changed:
            self.show_time()
        elif clock.last is None:
            app.say("there is no event yet, so there is no time to zoom")
        else:
            app.say("the time-line is as close as it gets" if closer else "the time-line shows all")

    def action_choose_range(self) -> None:
        """Give the keys to the time-line until a range is chosen."""
        if self.triage.clock.last is None:
            self._app.say("there is no event yet, so there is no time to choose")
            return
        self.query_one(TimeLine).take_hold()

    def on_time_line_chosen(self, event: TimeLine.Chosen) -> None:
        event.stop()
        text = brush.within(self.current_filter().text, event.first, event.last)
        self.set_filter(parse(text))

    def on_time_line_choosing(self, event: TimeLine.Choosing) -> None:
        """The footer says what would be chosen."""
        event.stop()
        if event.range is None:
            self.show_footer()
            return
        range_ = StatusItem(brush.span(*event.range), "accent", 999)
        shown = layer_hints(TIMELINE, self._app.keymap)
        self.query_one("#footer", StatusLine).show([range_, *shown])

    def on_time_line_clicked(self, event: TimeLine.Clicked) -> None:
        event.stop()
        self.triage.clock.pause()
        self.triage.clock.seek(event.when)
        self._app.show_now()

    def on_time_line_bars_resized(self, event: TimeLine.BarsResized) -> None:
        event.stop()
        self.show_time()
