"""The rules: what each has matched, which say nothing, which can never fire here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.store.filters import parse
from triage_tui.ui.actions import RULES
from triage_tui.ui.adapters import filtering, rules
from triage_tui.ui.keys import bindings
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import ask, dialogs
from triage_tui.ui.screens.listing import ListScreen, PlainTable, RowPage, Texts
from widgets.status import StatusLine

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.triage import Triage
    from widgets.table import VirtualTable


class RulesScreen(ListScreen):
    """A row a rule, the gravest of those that matched first."""

    NAME = RULES
    BINDINGS: ClassVar[list[BindingType]] = bindings(RULES)
    AUTO_FOCUS = "#rules"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.rows = rules.RuleRows(triage)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield PlainTable(rules.COLUMNS, self.rows, empty_text=rules.EMPTY, id="rules")
        yield Panel(id="detail")
        yield StatusLine(id="foot")
        yield StatusLine(id="footer")

    def show_rows(self) -> None:
        self.show_clock()
        self.rows = rules.RuleRows(self.triage, self.rows.narrowed)
        self.table.empty_text = rules.empty_words(self.rows.narrowed)
        self.table.set_model(self.rows)
        self.show_line("head", rules.head(self.triage, self.rows))
        self.show_line("foot", rules.foot(self.triage))
        self.show_detail()

    def title_of(self, key: str) -> str:
        return self.rows.title(key)

    def all_of(self, key: str) -> Texts:
        return self.rows.lines(key)

    # -- keys ------------------------------------------------------------------------------------

    def action_mute_rule(self) -> None:
        """Hear nothing of the rule under the cursor any more, or hear of it again."""
        key = self.chosen
        if key is None:
            self._app.say("there is no rule under the cursor")
            return
        if not self.rows.runs(key):
            self._app.say("that was refused: it does not run, and nothing is heard of it")
            return
        state = self.rows.state(key)
        if state.muted_for:
            self._app.attempt(dialogs.heed(self._app, key), "mute")
        else:
            self._app.attempt(dialogs.mute(self._app, key, on=not state.muted), "mute")

    def action_show_matched(self) -> None:
        """Whom the rule under the cursor matched: the overview, with its events alone."""
        key = self.chosen
        if key is None or not self.rows.runs(key) or not self.rows.state(key).matched:
            self._app.say("it matched nothing so far" if key else "there is no rule here")
            return
        from triage_tui.ui.screens.overview import OverviewScreen

        app = self._app
        overview = next(each for each in app.screen_stack if isinstance(each, OverviewScreen))
        while app.screen is not overview:
            app.pop_screen()
        overview.set_filter(parse(filtering.of_rule(self.triage.index.rules, key)))

    def action_narrow(self) -> None:
        """Ask for a text, and show the rules that have it."""
        app = self._app
        app.attempt(self._narrowed(ask.ask(app, "narrow", "/", self.rows.narrowed)), "narrow")

    async def _narrowed(self, asked: Awaitable[str | None]) -> str | None:
        text = await asked
        if text is not None:
            self._narrow(text.strip())
        return None

    def _narrow(self, text: str) -> None:
        self.rows = rules.RuleRows(self.triage, text)
        self.show_rows()

    def action_back(self) -> None:
        """To all rules, then to the screen below."""
        if self.rows.narrowed:
            self._narrow("")
        else:
            super().action_back()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """All that is known of a rule."""
        event.stop()
        self.app.push_screen(RulePage(self.title_of(event.key), self.all_of(event.key)))


class RulePage(RowPage):
    """All of one rule."""

    HEADING = "Rule"
