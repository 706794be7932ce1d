"""The actions menu: what can be done about somebody, what fits first, and what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from triage_tui.networks import network_of
from triage_tui.remedies import ReplaceRule
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.remedy.offers import RULE
from triage_tui.ui.actions import ANSWERS
from triage_tui.ui.adapters import remedies
from triage_tui.ui.adapters.rows import ListRows
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import ask
from triage_tui.ui.screens.base import TriageScreen
from widgets.columns import Cell
from widgets.confirm import Confirm
from widgets.question import Question
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable
from widgets.text import crop, wrap

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import EntityRef
    from triage_tui.remedies import AnyChange, Offer, Remedy
    from triage_tui.triage import Triage

DETAIL = 12
"""Lines below the list at most, their rule among them."""
CHROME = 5
"""Lines of the box that are neither rows nor detail: frame, title, head, keys."""
RULE_ASKED = "rule (sgr-…), and the CIDR instead"
WIDEST, SIDES = 116, 6
"""Cells of the box at most; those of its frame and margins."""


class AnswersScreen(TriageScreen[None], Question[None]):
    """What can be done about one entity, as of when it was opened."""

    NAME = ANSWERS
    DEFAULT_CSS = """
    AnswersScreen {
        align: center middle;
        background: $background 60%;
        #box {
            width: 100%;
            max-width: 116;
            height: auto;
            max-height: 100%;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        #offers { height: 4; }
        #detail { height: 9; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(ANSWERS)
    AUTO_FOCUS = "#offers"

    def __init__(self, triage: Triage, ref: EntityRef) -> None:
        super().__init__(triage)
        self.ref = ref
        self.offers: list[Offer] = []
        self.made: list[Remedy] = []
        self._label = ref.key
        self._error: ResponseError | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield StatusLine(id="title")
            empty = "there is nothing to be done about this from here"
            yield VirtualTable(remedies.COLUMNS, ListRows(), empty_text=empty, id="offers")
            yield Panel(id="detail")
            yield StatusLine(id="keys")

    def on_mount(self) -> None:
        entity = self.triage.entity(self.ref)
        self._label = entity.label if entity is not None else self.ref.key
        self.offers = remedies.offered(self.triage, self.ref)
        self.show_changes()
        self._app.attempt(self._refresh(), "look at what was done")

    async def _refresh(self) -> str | None:
        """Learns what others did, and what became of what was left open."""
        try:
            await self.triage.refresh_remedies()
        except ResponseError as error:
            self._error = error
        return None

    @property
    def table(self) -> VirtualTable:
        """The offers, and what was done."""
        return self.query_one(VirtualTable)

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        """Offers stay as they were when this was opened; what was done is kept up."""
        if not self.stands:
            return
        self.made = remedies.made_for(self.triage, self.ref, self.offers)
        self.table.set_model(remedies.menu_rows(self.offers, self.made))
        simulated = self.triage.remedies.simulated
        right = [StatusItem("SIMULATED", "warning", 9)] if simulated else []
        room = self._width - (12 if simulated else 0)
        title = crop(f"What can be done about {self._label}", room)
        left = [StatusItem(title, "strong", 8)]
        self.query_one("#title", StatusLine).show(left, right)
        self._fit()
        self._show_detail()

    def on_resize(self) -> None:
        self.show_changes_soon()

    def _fit(self) -> None:
        width = self._width
        told = [len(remedies.offer_lines(offer, width)) for offer in self.offers]
        told += [len(remedies.made_lines(remedy, width)) for remedy in self.made]
        detail = min(DETAIL, max(told, default=1) + 1)
        self.query_one("#detail", Panel).styles.height = detail
        rows = max(1, len(self.offers) + len(self.made))
        room = max(1, self.app.size.height - CHROME - detail)
        self.table.styles.height = min(rows, room) + 1

    @property
    def _width(self) -> int:
        """Cells in a line of the box."""
        return max(20, min(self.app.size.width, WIDEST) - SIDES)

    def _show_detail(self) -> None:
        panel, width = self.query_one("#detail", Panel), self._width
        offer, remedy = self.chosen, self.chosen_remedy
        if self._error is not None:
            error = self._error
            parts = [part for text in (error.message, error.fix) for part in wrap(text, width)]
            panel.show(error.title, [[Cell(part, "bad")] for part in parts])
        elif remedy is not None:
            panel.show(remedy.title, remedies.made_lines(remedy, width))
        elif offer is not None:
            panel.show(offer.title, remedies.offer_lines(offer, width))
        else:
            panel.show("", [])
        labels = {
            "table.select": "plan it" if offer is not None and offer.fits else "",
            "answers.undo": "take back" if remedy and remedies.can_be_taken_back(remedy) else "",
        }
        keys = hints(ANSWERS, self._app.keymap, labels)
        self.query_one("#keys", StatusLine).show(keys)

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._error = None
        self._show_detail()

    # -- choosing --------------------------------------------------------------------------------

    @property
    def chosen(self) -> Offer | None:
        """The offer under the cursor."""
        key = self.table.cursor_key
        return next((offer for offer in self.offers if offer.key == key), None)

    @property
    def chosen_remedy(self) -> Remedy | None:
        """What was done, under the cursor."""
        key = self.table.cursor_key
        return next((r for r in self.made if f"{remedies.DONE}{r.id}" == key), None)

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Plans what is under the cursor; what cannot be had says why."""
        event.stop()
        offer = self.chosen
        if offer is None:
            return
        if not offer.fits:
            self._app.say(f"{offer.title}: {offer.why}", "warning")
        elif offer.key == RULE:
            self._app.attempt(self._named(ask.ask(self._app, "rule", RULE_ASKED)), "rule")
        elif offer.change is None:
            from triage_tui.ui.screens.block import BlockScreen

            self.app.push_screen(BlockScreen(self.triage, [self.ref]))
        else:
            self._plan(offer.change)

    def _plan(self, change: AnyChange) -> None:
        from triage_tui.ui.screens.remedy import RemedyScreen

        self.app.push_screen(RemedyScreen(self.triage, self.ref, change))

    async def _named(self, asked: Awaitable[str | None]) -> str | None:
        """Plans for the rule that somebody names, and the CIDR that is let through instead."""
        words = (await asked or "").split()
        if not words:
            return None
        rule, instead = words[0], " ".join(words[1:])
        if not rule.startswith("sgr-") or (instead and network_of(instead) is None):
            return f"{' '.join(words)}: that is no rule (sgr-…), or no CIDR behind it"
        suspect = self.triage.suspect(self.ref)
        place = {"account": suspect.account, "region": suspect.region}
        self._plan(ReplaceRule(**place, rule=rule, instead=instead))
        return None

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def action_undo(self) -> None:
        """Take back what is under the cursor, when that is confirmed."""
        remedy = self.chosen_remedy
        if remedy is None or not remedies.can_be_taken_back(remedy):
            self._app.say("there is nothing here to take back")
            return
        question = Confirm(f"Take back: {remedy.title}?", remedies.undo_lines(remedy), danger=True)
        asked = ask.opened(self._app, question)
        self._app.attempt(self._taken_back(asked, remedy), "take back")

    async def _taken_back(self, asked: Awaitable[bool | None], remedy: Remedy) -> str | None:
        if not await asked:
            return None
        try:
            found = await self.triage.take_back(remedy)
        except ResponseError as error:
            self._error = error
            return None
        return f"{found.title}: {found.state.value}"
