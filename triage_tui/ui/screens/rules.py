"""The rules: what each has matched, which say nothing, which can never fire here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import RULES
from triage_tui.ui.adapters import rules
from triage_tui.ui.keys import bindings
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import dialogs
from triage_tui.ui.screens.listing import ListScreen, PlainTable, RowPage, Texts
from widgets.status import StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.triage import Triage
    from widgets.table import VirtualTable


class RulesScreen(ListScreen):
    """A row a rule, those that matched most first."""

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
        self.rows = rules.RuleRows(self.triage)
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
        self._app.attempt(dialogs.mute(self._app, key, on=not self.rows.state(key).muted), "mute")

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """All that is known of a rule."""
        event.stop()
        self.app.push_screen(RulePage(self.title_of(event.key), self.all_of(event.key)))


class RulePage(RowPage):
    """All of one rule."""

    HEADING = "Rule"
