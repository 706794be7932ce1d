"""The rules: what each has matched, which say nothing, which can never fire here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.actions import RULES
from triage_tui.ui.adapters import rules, status
from triage_tui.ui.adapters.sources import wrapped
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import dialogs
from triage_tui.ui.screens.base import TriageScreen
from triage_tui.ui.screens.sources import SourcePage, SourceTable
from widgets.columns import Cell
from widgets.status import StatusItem, StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.triage import Triage
    from widgets.table import VirtualTable


class RulesScreen(TriageScreen[None]):
    """A row a rule, those that matched most first; the panel tells about the one under the
    cursor."""

    NAME = RULES
    DEFAULT_CSS = """
    RulesScreen {
        layout: vertical;
        #status { background: $panel; }
        #head { background: $surface; }
        #detail { height: 9; }
        #foot { background: $surface; }
        #footer { background: $panel; }
    }
    RulesScreen.-low #detail { height: 6; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(RULES)
    AUTO_FOCUS = "#rules"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (23, "-middle")]
        self.rows = rules.RuleRows(triage)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="head")
        yield SourceTable(rules.COLUMNS, self.rows, empty_text=rules.EMPTY, id="rules")
        yield Panel(id="detail")
        yield StatusLine(id="foot")
        yield StatusLine(id="footer")

    @property
    def table(self) -> VirtualTable:
        """The rules."""
        return self.query_one("#rules", SourceTable)

    @property
    def chosen(self) -> str | None:
        """The id of the rule under the cursor."""
        key = self.table.cursor_key
        return key if key is not None and self.rows.index_of(key) is not None else None

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.stands:
            return
        self.show_clock()
        self.rows = rules.RuleRows(self.triage)
        self.table.set_model(self.rows)
        self.query_one("#head", StatusLine).show(*rules.head(self.triage, self.rows))
        self.query_one("#foot", StatusLine).show(*rules.foot(self.triage))
        self._show_detail()
        labels = {
            "table.select": "all of it",
            "time.toggle": status.space_label(self.triage.clock),
        }
        shown = hints(RULES, self._app.keymap, labels)
        back = StatusItem("back", "dim", 92, "Esc")
        self.query_one("#footer", StatusLine).show([*shown[:1], back, *shown[1:]])

    def _show_detail(self) -> None:
        panel, key = self.query_one("#detail", Panel), self.chosen
        texts = [] if key is None else self.rows.lines(key)
        lines = wrapped(texts, panel.size.width - 2)
        room = panel.size.height - 1
        if len(lines) > room > 0:
            lines = [*lines[: room - 1], [Cell("… Enter shows all of it", "dim")]]
        panel.show("" if key is None else self.rows.state(key).rule.title, lines)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_changes)

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._show_detail()

    # -- keys ------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """To the screen below."""
        self.app.pop_screen()

    def action_mute_rule(self) -> None:
        """Hear nothing of the rule under the cursor any more, or hear of it again."""
        key = self.chosen
        if key is None:
            self._app.say("there is no rule under the cursor")
            return
        self._app.attempt(dialogs.mute(self._app, key, on=not self.rows.state(key).muted), "mute")

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """All that is known of a rule."""
        event.stop()
        title = self.rows.state(event.key).rule.title
        self.app.push_screen(RulePage(title, self.rows.lines(event.key)))


class RulePage(SourcePage):
    """All of one rule, as it was when it was opened."""

    HEADING = "Rule"
