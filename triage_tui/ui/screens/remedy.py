"""One answer, from the plan to what became of it. Nothing happens without its confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from triage_tui.remedies import RemedyRequest
from triage_tui.respond.remedy.event import with_reason
from triage_tui.respond.remedy.levers import lever_of
from triage_tui.ui.actions import REMEDY
from triage_tui.ui.adapters import plan as planned
from triage_tui.ui.adapters import remedies, words
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import ask
from triage_tui.ui.screens.plan_keys import PlanKeys
from triage_tui.ui.screens.planning import PlanScreen
from widgets.columns import Cell
from widgets.confirm import Confirm
from widgets.status import StatusItem, StatusLine
from widgets.text import clean, crop, wrap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import EntityRef
    from triage_tui.remedies import AnyChange, Remedy, RemedyPlan, Usage
    from triage_tui.respond.journal import ResponseError
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.remedies import Line

CHROME = 6
"""Lines of the box that are not the plan: frame, title, reason, keys."""


class RemedyScreen(PlanScreen["Remedy | None"]):
    """Shows what a change would mean, asks, makes it, and says what came of it."""

    NAME = REMEDY
    DEFAULT_CSS = """
    RemedyScreen {
        #plan { height: 4; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(REMEDY)

    def __init__(self, triage: Triage, ref: EntityRef, change: AnyChange) -> None:
        super().__init__(triage)
        self.ref = ref
        self.change = change
        self.plan: RemedyPlan | None = None
        self.usage: Usage | None = None
        self.remedy: Remedy | None = None
        self.reason = planned.default_reason(triage, ref)
        self._said_lines = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield StatusLine(id="title")
            yield Panel(id="plan")
            yield Panel(id="said")
            yield StatusLine(id="reason")
            yield PlanKeys(id="keys")

    def on_mount(self) -> None:
        self._show_all()
        self._app.attempt(self._make_plan(), "plan the answer")

    # -- the plan, and when it can have been read ------------------------------------------------

    async def _make_plan(self) -> str | None:
        asked = self._asked
        plan = await self._planned(self.triage.plan_remedy(asked), lambda: asked == self._asked)
        if plan is None:
            return None
        self.plan = plan
        self.usage = self.triage.usage(self.change)
        self._show_all()
        self.call_after_refresh(self.query_one(PlanKeys).await_painting)
        return None

    @property
    def _asked(self) -> AnyChange:
        """The change, with the reason where it goes along."""
        return with_reason(self.change, self.reason, self.triage.author)

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        """Time goes on beneath the plan, which stays as it was painted; a result is kept up."""
        if self.stands and self.remedy is not None:
            self._show_all()

    def on_resize(self) -> None:
        """Another size has room for another part of the plan."""
        self.call_after_refresh(self._show_all)

    def _lines(self) -> list[Line]:
        width = self._width
        if self.remedy is not None:
            found = next((r for r in self.triage.remedied() if r.id == self.remedy.id), self.remedy)
            return remedies.made_lines(found, width)
        if self.plan is None:
            return [[Cell("looking at what is there…", "dim")]]
        return [
            *remedies.plan_lines(self.plan, width),
            *remedies.usage_lines(self.triage, self.usage, width),
            *remedies.closing_lines(self.plan, width),
        ]

    def _show_all(self) -> None:
        if not self.stands:
            return
        simulated = self.triage.remedies.simulated
        right = [StatusItem("SIMULATED", "warning", 9)] if simulated else []
        title = lever_of(self.change).title
        shown = crop(title, max(1, self._width - (12 if simulated else 0)))
        self.query_one("#title", StatusLine).show([StatusItem(shown, "strong", 8)], right)
        self._show_plan()
        said = [] if self.remedy else self._reason_items()
        self.query_one("#reason", StatusLine).show(said)
        self._show_keys()

    def _show_plan(self) -> None:
        panel, lines = self.query_one("#plan", Panel), self._lines()
        room = max(2, self.app.size.height - CHROME - self._said_lines)
        height = min(len(lines) + 1, room)
        panel.styles.height = height
        self._top = max(0, min(self._top, len(lines) - (height - 1)))
        below = len(lines) - self._top - (height - 1)
        title = "what was done" if self.remedy else "the plan"
        more = words.below(below)
        panel.show(f"{title}{more}", lines[self._top : self._top + height - 1])

    def _show_keys(self) -> None:
        keys = self.query_one(PlanKeys)
        if self._busy:
            keys.show([StatusItem("sending…", "warning", 9)])
            return
        if self.remedy is not None:
            labels = {"remedy.ask": "close", "remedy.reason": ""}
            if not remedies.can_be_taken_back(self.remedy):
                labels["answers.undo"] = ""
        else:
            doable = self.plan is not None and not (self.plan.refused or self.plan.needless)
            labels = {"answers.undo": ""}
            if not doable:
                labels |= {"remedy.ask": "", "remedy.reason": ""}
            if self.plan is None or not self.plan.commands:
                labels["remedy.copy"] = ""
        keys.show(hints(REMEDY, self._app.keymap, labels))

    def _say(self, title: str, lines: Sequence[str] = ()) -> None:
        super()._say(title, lines)
        parts = [part for line in lines for part in wrap(line, self._width)]
        self._said_lines = len(parts) + 1 if title else 0

    def _fail(self, error: ResponseError) -> None:
        super()._fail(error)
        self._show_all()

    # -- keys ------------------------------------------------------------------------------------

    @property
    def _editable(self) -> bool:
        return self.readable and self.remedy is None and not self._busy and self.plan is not None

    def action_more(self, by: int) -> None:
        """Read on in the plan, or back."""
        if not self.stands:
            return
        self._top += by * max(1, self.query_one("#plan", Panel).size.height - 2)
        self._show_plan()

    async def _reason_given(self, before: str) -> None:
        """The plan is another one where the reason goes along with the change."""
        if self.stands and self._asked != with_reason(self.change, before, self.triage.author):
            self.plan = None
            self.query_one(PlanKeys).forget()
            self._show_all()
            await self._make_plan()
        self._show_all()

    def action_copy(self) -> None:
        """Copy the commands of the AWS CLI: in full, for with a masked key they do nothing."""
        commands = self.plan.commands if self.plan is not None else ()
        if commands:
            text = "\n".join(map(clean, commands)) + "\n"
            self._app.attempt(self._copied(text), "copy the command")

    async def _copied(self, text: str) -> str:
        return f"command copied by {await self._app.copied(text)}"

    def action_cancel(self) -> None:
        """Leave everything as it is; what was done stays done."""
        if not self._busy:
            self.dismiss(self.remedy)

    def action_ask(self) -> None:
        """Ask for the confirmation, unless there is nothing to ask."""
        if self.remedy is not None:
            self.dismiss(self.remedy)
            return
        plan = self.plan
        if not self._editable or plan is None:
            return
        if plan.refused:
            refused = [v.reason for v in plan.verdicts if planned.is_refusal(v)]
            self._say("the guard refuses this", [f"✗ {reason}" for reason in refused])
            self._show_all()
        elif not plan.needless:
            self._confirm(plan)

    def _confirm(self, plan: RemedyPlan) -> None:
        question = Confirm(
            f"{plan.title}?",
            remedies.confirm_lines(plan, self.usage, self.reason),
            danger=True,
            typed=plan.typed or None,
        )
        request = RemedyRequest(
            change=plan.change,
            before=plan.before,
            reason=self.reason,
            author=self.triage.author,
            subject=self.ref.subject,
            cursor=self.triage.clock.position(),
        )
        asked = ask.opened(self._app, question)
        self._app.attempt(self._when_confirmed(asked, request), "answer")

    async def _when_confirmed(
        self, asked: Awaitable[bool | None], request: RemedyRequest
    ) -> str | None:
        """Does what the question named, and nothing else."""
        if not await asked:
            return None
        self.remedy = await self._doing(self.triage.remedy(request))
        self._top = 0
        self._show_all()
        return None

    def action_undo(self) -> None:
        """Take back what was just done, when that is confirmed."""
        remedy = self.remedy
        if remedy is None or self._busy or not remedies.can_be_taken_back(remedy):
            return
        question = Confirm(f"Take back: {remedy.title}?", remedies.undo_lines(remedy), danger=True)
        asked = ask.opened(self._app, question)
        self._app.attempt(self._taken_back(asked, remedy), "take back")

    async def _taken_back(self, asked: Awaitable[bool | None], remedy: Remedy) -> str | None:
        if not await asked:
            return None
        self.remedy = await self._doing(self.triage.take_back(remedy)) or remedy
        self._show_all()
        return None
