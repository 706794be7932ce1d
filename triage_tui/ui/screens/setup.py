"""Setting up, a step at a time: what there is shows as it is found, and is chosen by keys alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen
from textual.worker import WorkerState

from triage_tui.ui.actions import SETUP
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens.ask import AskScreen
from widgets.columns import Cell
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable
from widgets.text import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.worker import Worker

    from triage_tui.ui.setup_app import SetupApp
    from triage_tui.ui.setup_steps import Setup
    from triage_tui.ui.step import Step

AHEAD = 60
"""Log groups below the screen of which the last event is looked up too."""


class ChoiceTable(VirtualTable, inherit_bindings=True):
    """Rows with boxes, which the screen fills."""

    def action_mark(self) -> None:
        """As Space does."""
        cast("SetupScreen", self.screen).action_choose()

    def action_select(self) -> None:
        """On to the next step, with an empty table too."""
        cast("SetupScreen", self.screen).action_next()


class SetupScreen(Screen[None], inherit_bindings=False):
    """One step: the question, what there is, and what is said of the row under the cursor."""

    NAME = SETUP
    DEFAULT_CSS = """
    SetupScreen {
        layout: vertical;
        #status { background: $panel; }
        #head { background: $surface; }
        #asks { background: $surface; }
        #detail { height: 5; }
        #footer { background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(SETUP)
    AUTO_FOCUS = "#choices"

    def __init__(self, setup: Setup, path: str) -> None:
        """`path` is where the config will be."""
        super().__init__()
        self._setup = setup
        self._path = path
        self._at = 0
        self._found_for: dict[int, object] = {}
        """What each step's options rest on that were found."""
        self._looks_up = False
        """Whether last events are being asked for."""

    @property
    def step(self) -> Step:
        """The one that shows."""
        return self._setup.steps[self._at]

    @property
    def table(self) -> ChoiceTable:
        return self.query_one(ChoiceTable)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield StatusLine(id="asks")
        yield ChoiceTable(self.step.columns, self.step.options, id="choices")
        yield Panel(id="detail")
        yield StatusLine(id="footer")

    def on_mount(self) -> None:
        self._enter(0)

    # -- going from step to step -----------------------------------------------------------------

    def _enter(self, at: int) -> None:
        """Shows a step; looks for its options, unless they were found and rest on the same."""
        self._at = at
        step = self.step
        step.warned = False
        self.table.set_columns(step.columns)
        self.table.set_model(step.options)
        self.table.action_first()
        if at not in self._found_for or self._found_for[at] != step.rests_on:
            self._find()
        else:
            self.show_step()

    def _find(self) -> None:
        at, step = self._at, self.step
        self._found_for[at] = step.rests_on
        step.options.clear()
        step.troubles.clear()
        step.loading = True
        self._work(partial(self._load, step), f"step {at}")
        self.show_step()

    async def _load(self, step: Step) -> None:
        try:
            async for _ in step.load():
                self.show_step()
        finally:
            step.loading = False
            self.show_step()
        if step is self._setup.groups:
            self._look_up()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Nothing fails in silence."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.step.troubles.append(f"{type(event.worker.error).__name__}: {event.worker.error}")
            self.show_step()

    def action_next(self) -> None:
        """On, with what was chosen; at the end it is written."""
        step = self.step
        if step.NEEDED and not step.options.picked:
            if self.table.cursor_key is None:
                return
            step.options.choose(self.table.cursor_key)
        unchosen = step.unchosen()
        if unchosen and not step.warned:
            step.warned = True
            self.show_step()
        elif self._at + 1 < len(self._setup.steps):
            self._enter(self._at + 1)
        else:
            self._work(partial(self._app.write, self._setup.chosen), "write")

    def action_back(self) -> None:
        """First all rows show again; then the step before."""
        if self.step.options.narrowed:
            self._narrow("")
        elif self._at:
            self._enter(self._at - 1)

    # -- choosing --------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Chooses the row under the cursor, or leaves it out, and goes on to the one below."""
        key = self.table.cursor_key
        if key is not None and self.step.chooses:
            self.step.options.toggle(key)
            self.step.warned = False
            self.table.move_cursor(1)
            self.show_step()

    def action_choose_all(self) -> None:
        """All rows that show, or none."""
        if self.step.chooses:
            self.step.options.toggle_all()
            self.show_step()

    def action_choose_alike(self) -> None:
        """Every log group that begins like the one under the cursor, new ones too."""
        key = self.table.cursor_key
        if self.step is self._setup.groups and key is not None:
            self._setup.groups.toggle_glob(key)
            self.show_step()

    def action_narrow(self) -> None:
        """Asks for a text, and shows the rows that have it."""

        def answered(text: str | None) -> None:
            if text is not None:
                self._narrow(text)

        self.app.push_screen(AskScreen("narrow", "/", self.step.options.narrowed), answered)

    def _narrow(self, text: str) -> None:
        self.step.options.narrow(text)
        self.show_step()
        if self.step is self._setup.groups:
            self._look_up()

    def action_again(self) -> None:
        """Looks again: somebody may have signed in meanwhile."""
        self._setup.discovery.again()
        self._find()

    # -- last events -----------------------------------------------------------------------------

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._show_detail()
        if self.step is self._setup.groups:
            self._look_up()

    def _look_up(self) -> None:
        """Finds out when the groups got their last event, those in sight first."""
        if not self._looks_up:
            self._looks_up = True
            self._work(self._last_events, "last events")

    async def _last_events(self) -> None:
        options = self._setup.groups.options
        try:
            while self.step is self._setup.groups:
                first = self.table.top
                rows = range(first, min(first + self.table.page_lines + AHEAD, options.row_count()))
                if not await self._setup.groups.look_up([options.row(row).key for row in rows]):
                    return
                self.show_step()
        finally:
            self._looks_up = False

    def _work(self, work: Callable[[], Coroutine[object, object, None]], name: str) -> None:
        """Runs something beside the keys; what was going on under that name ends."""
        # Not the coroutine: where it is called off before its first step nobody would await it.
        self.run_worker(work, name=name, group=name, exclusive=True, exit_on_error=False)

    # -- painting --------------------------------------------------------------------------------

    @property
    def _app(self) -> SetupApp:
        return cast("SetupApp", self.app)

    def show_step(self) -> None:
        """Paints what differs."""
        if not self.is_mounted or not self.children:
            return
        step = self.step
        title = [StatusItem("SET UP", "strong", 90), StatusItem(self._path, "dim", 10)]
        self.query_one("#status", StatusLine).show(title, self._counts())
        self.query_one("#head", StatusLine).show(self._trail())
        self.query_one("#asks", StatusLine).show([StatusItem(step.ASKS, "", 50)])
        self.table.empty_text = "looking …" if step.loading else self._empty()
        self.table.refresh_model()
        self._show_detail()
        self.query_one("#footer", StatusLine).show(self._hints())

    def _empty(self) -> str:
        if self.step.options.narrowed:
            return f"Nothing has {self.step.options.narrowed!r} in it; Esc shows all"
        return self.step.EMPTY if not self.step.troubles else "What there is could not be found out"

    def _counts(self) -> list[StatusItem]:
        step = self.step
        found = []
        if step.loading:
            found.append(StatusItem("looking …", "warning", 80))
        if step.chooses:
            chosen, there = step.options.count, len(step.options.keys)
            if step is self._setup.groups and self._setup.groups.globs:
                count = len(self._setup.groups.globs)
                found.append(StatusItem(f"{count} glob{'' if count == 1 else 's'}", "accent", 70))
            if there:
                found.append(StatusItem(f"{chosen:,} of {there:,} chosen", "accent", 75))
        return found

    def _trail(self) -> list[StatusItem]:
        """All steps, the present one in brackets."""
        items = []
        for place, step in enumerate(self._setup.steps):
            now = place == self._at
            style = "accent" if now else "dim" if place > self._at else ""
            text = f"[{step.TITLE}]" if now else step.TITLE
            items.append(StatusItem(text, style, 90 if now else 50))
        return items

    def _show_detail(self) -> None:
        """What is wrong, else what is to be said of the row."""
        step, panel = self.step, self.query_one("#detail", Panel)
        texts = [(text, "bad") for text in step.troubles]
        if step.warned:
            texts.insert(0, (step.unchosen(), "medium"))
        if step is self._setup.groups and self._setup.groups.globs:
            texts.append((", ".join(self._setup.groups.globs), "accent"))
        about = step.options.about(self.table.cursor_key)
        texts += [(text, "dim") for text in about]
        if not texts:
            texts = [(step.HINT, "dim")] if step.HINT else []
        width = max(20, panel.size.width - 2)
        lines = [[Cell(line, style)] for text, style in texts for line in wrap(text, width)]
        room = panel.size.height - 1
        if len(lines) > room > 0:
            lines = [*lines[: room - 1], [Cell("…", "dim")]]
        panel.show("", lines)

    def _hints(self) -> list[StatusItem]:
        last = self._at + 1 == len(self._setup.steps)
        labels = {"setup.next": "write it" if last else "next"}
        if not self.step.chooses:
            labels |= dict.fromkeys(("setup.choose", "setup.choose_all", "setup.narrow"), "")
        if self.step is not self._setup.groups:
            labels["setup.choose_alike"] = ""
        shown = hints(SETUP, {}, labels)
        if self._at:
            shown.insert(2, StatusItem("back", "dim", 88, "Esc"))
        return shown
