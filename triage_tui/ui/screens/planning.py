"""What screens that show a plan, ask, and then change the outside world have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from triage_tui.respond.journal import ResponseError
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import ask
from triage_tui.ui.screens.base import TriageScreen
from triage_tui.ui.screens.plan_keys import PlanKeys
from widgets._textual import is_going
from widgets.columns import Cell
from widgets.question import Question
from widgets.status import StatusItem
from widgets.text import wrap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual import events

    from triage_tui.triage import Triage

Result = TypeVar("Result")
Done = TypeVar("Done")
WIDEST, SIDES = 104, 6
"""Cells of the box at most; those of its frame and margins."""
SORRY = "This is a mistake in triage-tui: Esc, then the same key, plans once more."


class PlanScreen(TriageScreen[Result], Question[Result]):
    """A box with `#plan`, `#said` and, last, the keys: none counts that was pressed before the plan
    above them was painted."""

    DEFAULT_CSS = """
    PlanScreen {
        align: center middle;
        background: $background 60%;
        #box {
            width: 100%;
            max-width: 104;
            height: auto;
            max-height: 100%;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        #said { height: auto; display: none; }
        #said.-shown { display: block; }
    }
    """
    AUTO_FOCUS = ""

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.reason = ""
        self._top = 0
        self._busy = False

    def _show_all(self) -> None:
        """Paints the whole box."""
        raise NotImplementedError

    @property
    def _editable(self) -> bool:
        """Whether there is a plan that was read, and of which nothing was done yet."""
        raise NotImplementedError

    @property
    def readable(self) -> bool:
        """Whether the plan has been painted."""
        return self.stands and self.query_one(PlanKeys).readable

    def on_key(self, event: events.Key) -> None:
        """Hold back keys that were typed before the plan was painted; leaving is always free."""
        if event.key in ("escape", "q"):
            return
        if not self.stands or not self.query_one(PlanKeys).may_act(event):
            event.stop()
            event.prevent_default()

    @property
    def _width(self) -> int:
        """Cells in a line of the plan."""
        return max(20, min(self.app.size.width, WIDEST) - SIDES)

    def _reason_items(self) -> list[StatusItem]:
        reason = f"reason  {self.reason or 'none given; r writes one'}"
        return [StatusItem(reason, "" if self.reason else "dim")]

    def _say(self, title: str, lines: Sequence[str] = ()) -> None:
        """Show an answer in full, in place; nothing takes it away. No title: show none."""
        if is_going(self):
            return
        panel = self.query_one("#said", Panel)
        panel.set_class(bool(title), "-shown")
        parts = [part for line in lines for part in wrap(line, self._width)]
        panel.styles.height = len(parts) + 1
        panel.show(title, [[Cell(part, "bad")] for part in parts])

    def _fail(self, error: ResponseError) -> None:
        self._say(error.title, [error.message, error.fix])

    async def _planned(self, work: Awaitable[Done], wanted: Callable[[], bool]) -> Done | None:
        """Waits for a plan; None where nobody wants it any more, or it failed, which stays said.
        Who has left wants none."""
        try:
            plan = await work
        except ResponseError as error:
            if wanted() and not is_going(self):
                self._fail(error)
            return None
        except Exception as error:
            if wanted() and not is_going(self):
                self._fail(ResponseError("no plan", f"{type(error).__name__}: {error}", SORRY))
            raise
        return plan if wanted() and not is_going(self) else None

    def action_reason(self) -> None:
        """Say why."""
        if self._editable:
            asked = ask.ask(self._app, "reason", "reason", self.reason)
            self._app.attempt(self._reasoned(asked), "reason")

    async def _reasoned(self, asked: Awaitable[str | None]) -> str | None:
        text = await asked
        if text is not None:
            before, self.reason = self.reason, text.strip()
            await self._reason_given(before)
        return None

    async def _reason_given(self, _before: str) -> None:
        """There is another reason than before."""
        self._say("")
        self._show_all()

    async def _doing(self, work: Awaitable[Done]) -> Done | None:
        """Waits for a change of the outside world; None where it failed, which is said."""
        self._busy = True
        self._say("")
        self._show_all()
        try:
            return await work
        except ResponseError as error:
            self._fail(error)
            return None
        finally:
            self._busy = False
            self._show_all()
