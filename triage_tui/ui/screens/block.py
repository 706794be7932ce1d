"""A block, from the plan to what became of it. Nothing happens without its confirmation."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from triage_tui.model import BlockRequest
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.planner import DEFAULT_EXPIRY, EXPIRIES
from triage_tui.ui.actions import BLOCK
from triage_tui.ui.adapters import blocks, words
from triage_tui.ui.adapters import plan as planned
from triage_tui.ui.adapters.rows import ListRows
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import ask
from triage_tui.ui.screens.plan_keys import PlanKeys
from triage_tui.ui.screens.planning import PlanScreen
from widgets._textual import is_going
from widgets.columns import Cell
from widgets.confirm import Confirm
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import Block, BlockPlan, CidrChoice, EntityRef
    from triage_tui.triage import Triage

TALL = 30
"""Lines of the screen from which on the passed checks give their reasons too."""
LOOK_OUTSIDE = 5.0
"""Seconds between two looks at what became of a block outside."""
MOST_CHOICES = 6
"""Choices that are on the screen at once."""
CHROME = 9
"""Lines of the box that are neither choices nor plan: frame, title, head, expiry, reason, keys."""


class BlockScreen(PlanScreen["Block | None"]):
    """Shows what a block would mean, asks, blocks, and says what came of it."""

    NAME = BLOCK
    DEFAULT_CSS = """
    BlockScreen {
        #choices { height: 4; }
        #choices > .table--cursor-blurred {
            background: $block-cursor-background; text-style: bold;
        }
        #choices:ansi > .table--cursor-blurred { color: $block-cursor-foreground; }
        #plan { height: 10; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(BLOCK)

    def __init__(self, triage: Triage, refs: Sequence[EntityRef]) -> None:
        super().__init__(triage)
        self.refs = tuple(refs)
        self.blocklist = triage.blocklist.name
        self.plan: BlockPlan | None = None
        self.block: Block | None = None
        self.subject = planned.subject(triage, self.refs)
        self.reason = planned.default_reason(triage, self.refs[0])
        self.expiry = EXPIRIES.index(DEFAULT_EXPIRY)
        self._plan_height = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield StatusLine(id="title")
            table = VirtualTable(
                planned.CHOICE_COLUMNS, ListRows(), empty_text="working out the plan…", id="choices"
            )
            table.can_focus = False
            yield table
            yield Panel(id="plan")
            yield Panel(id="said")
            yield StatusLine(id="expiry")
            yield StatusLine(id="reason")
            yield PlanKeys(id="keys")

    def on_mount(self) -> None:
        self._show_all()
        self._outside = self.set_interval(LOOK_OUTSIDE, self._look_outside, pause=True)
        self._app.attempt(self._make_plan(), "plan the block")

    @property
    def table(self) -> VirtualTable:
        """The CIDRs to choose from."""
        return self.query_one(VirtualTable)

    @property
    def choice(self) -> CidrChoice | None:
        """The CIDR under the cursor."""
        if self.plan is None or not self.plan.choices:
            return None
        return self.plan.choices[self.table.cursor_index]

    # -- the plan, and when it can have been read ------------------------------------------------

    async def _make_plan(self, cidr: str = "") -> str | None:
        """Plans for the blocklist that is chosen; `cidr` is the choice to stay at."""
        asked = self.blocklist
        work = self.triage.plan_block(self.refs, asked)
        plan = await self._planned(work, lambda: asked == self.blocklist)
        if plan is None:
            return None
        self.plan = plan
        self.table.set_model(planned.choice_rows(plan))
        self.table.move_to(planned.place_of(plan, cidr))
        self.table.empty_text = "nothing can be blocked"
        self._fit()
        self._show_all()
        self.call_after_refresh(self.query_one(PlanKeys).await_painting)
        return None

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        """Time goes on beneath the plan, which stays as it was painted; a result is kept up."""
        if self.stands and self.block is not None:
            self._show_result()

    def on_resize(self) -> None:
        """Another size has room for another part of the plan."""
        if self.stands:  # a busy machine tells of the first size before there is a table
            self._fit()
            self.call_after_refresh(self._show_all)

    @property
    def _shown_choices(self) -> int:
        count = len(self.plan.choices) if self.plan else 1
        return max(1, min(count, MOST_CHOICES, self.app.size.height - CHROME - 4))

    @property
    def _room(self) -> int:
        """Lines that there are for the plan, its title among them."""
        return max(2, self.app.size.height - CHROME - self._shown_choices)

    def _fit(self) -> None:
        self.table.styles.height = self._shown_choices + 1
        longest = max((len(lines) for lines in self._plans()), default=6)
        self._plan_height = min(longest + 1, self._room)
        self.query_one("#plan", Panel).styles.height = self._plan_height

    def _plans(self) -> list[list[planned.Line]]:
        """What there is to say about each choice: the box is as high as the longest needs."""
        width = self._width
        if self.plan is None:
            return []
        if not self.plan.choices:
            return [planned.no_choice_lines(self.plan, width)]
        brief = self.app.size.height < TALL
        return [
            planned.plan_lines(self.plan, choice, width, brief=brief)
            for choice in self.plan.choices
        ]

    def _show_all(self) -> None:
        if is_going(self):
            return
        simulated = self.triage.blocklist_of(self.blocklist).simulated
        right = planned.blocklist_items(self.triage, self.blocklist)
        right += [StatusItem("SIMULATED", "warning", 9)] if simulated else []
        left = [StatusItem(f"Block {self.subject}", "strong", 8)]
        self.query_one("#title", StatusLine).show(left, right)
        if self.block is None:
            self._show_plan()
        else:
            self._show_result()
        self._show_keys()

    def _show_plan(self) -> None:
        panel, choice, plans = self.query_one("#plan", Panel), self.choice, self._plans()
        lines = plans[self.table.cursor_index if choice else 0] if plans else []
        room = max(1, self._plan_height - 1)
        self._top = max(0, min(self._top, len(lines) - room))
        below = len(lines) - self._top - room
        title = choice.cidr if choice else self.subject
        more = words.below(below)
        panel.show(f"{title}{more}", lines[self._top : self._top + room])
        askable = choice is not None
        self.query_one("#expiry", StatusLine).show(
            planned.expiry_items(self.expiry) if askable else []
        )
        self.query_one("#reason", StatusLine).show(self._reason_items() if askable else [])

    def _show_result(self) -> None:
        """What became of the block, and what still comes."""
        block, panel = self.block, self.query_one("#plan", Panel)
        if block is None:
            return
        found = next((b for b in self.triage.blocks() if b.id == block.id), block)
        lines = blocks.result_lines(found, self._width)
        lines += [[Cell(f"reason: {found.reason}")], []]
        came = blocks.after(self.triage, [found]).get(found.id)
        lines += blocks.after_lines(found, came, self._width)
        panel.styles.height = min(max(6, len(lines) + 1), self._room)
        panel.show(found.cidr, lines)
        self.query_one("#expiry", StatusLine).show([])
        self.query_one("#reason", StatusLine).show([])

    def _show_keys(self) -> None:
        keys = self.query_one(PlanKeys)
        if self.block is not None:
            keys.show([StatusItem("close", "dim", 9, "Enter")])
        elif self._busy:
            keys.show([StatusItem("sending…", "warning", 9)])
        elif self.choice is None:
            keys.show([StatusItem("close", "dim", 9, "Esc")])
        else:
            labels = {"block.ask": "" if self.choice.refused else "block"}
            if len(self.triage.blocklists) == 1:
                labels["block.list"] = ""
            keys.show(hints(BLOCK, self._app.keymap, labels))

    def _fail(self, error: ResponseError) -> None:
        super()._fail(error)
        if not is_going(self):
            self.table.empty_text = "no plan"

    # -- keys ------------------------------------------------------------------------------------

    @property
    def _editable(self) -> bool:
        return self.readable and self.block is None and not self._busy and self.choice is not None

    def action_choose(self, by: int) -> None:
        """Another CIDR."""
        if self._editable:
            self.table.action_move(by)
            self._top = 0
            self._say("")
            self._show_all()

    def action_more(self, by: int) -> None:
        """Read on in the plan, or back."""
        if self.readable and self.block is None:
            self._top += by * max(1, self._plan_height - 2)
            self._show_plan()

    def action_blocklist(self) -> None:
        """Another blocklist: it is planned anew."""
        names = [each.name for each in self.triage.blocklists]
        if self.block is not None or self._busy or len(names) == 1 or not self.readable:
            return
        cidr = self.choice.cidr if self.choice else ""
        self.blocklist = names[(names.index(self.blocklist) + 1) % len(names)]
        self.plan = None
        self.query_one(PlanKeys).forget()
        self.table.empty_text = "working out the plan…"
        self.table.set_model(ListRows())
        self._say("")
        self._show_all()
        self._app.attempt(self._make_plan(cidr), "plan the block")

    def action_expiry(self) -> None:
        """Another time until it ends."""
        if self._editable:
            self.expiry = (self.expiry + 1) % len(EXPIRIES)
            self._say("")
            self._show_all()

    def action_cancel(self) -> None:
        """Leave everything as it is; what was done stays done."""
        if not self._busy:
            self.dismiss(self.block)

    def action_ask(self) -> None:
        """Ask for the confirmation, unless there is nothing to ask."""
        if self.block is not None:
            self.dismiss(self.block)
            return
        plan, choice = self.plan, self.choice
        if not self._editable or plan is None or choice is None:
            return
        if choice.refused:
            reasons = [v.reason for v in choice.verdicts if planned.is_refusal(v)]
            self._say(f"{choice.cidr} cannot be blocked", [f"✗ {reason}" for reason in reasons])
        elif EXPIRIES[self.expiry].needs_reason and not self.reason:
            self._say("a block that never expires needs a reason", ["r writes one"])
        else:
            self._confirm(plan, choice)

    def _confirm(self, plan: BlockPlan, choice: CidrChoice) -> None:
        expiry, now = EXPIRIES[self.expiry], self.triage.clock.position()
        lines = planned.confirm_lines(plan, choice, expiry, self.reason, now)
        mark = " (simulated)" if plan.simulated else ""
        question = Confirm(
            f"Block {choice.cidr}{mark}?",
            lines,
            danger=True,
            typed=choice.cidr if planned.is_wide(choice) else None,
            yes=planned.is_plain(choice),
        )
        request = BlockRequest(
            cidr=choice.cidr,
            blocklist=plan.blocklist,
            reason=self.reason,
            author=self.triage.author,
            expires_after=expiry.after,
            subject=planned.subject_of(self.refs, choice),
            cursor=now,
        )
        asked = ask.opened(self._app, question)
        self._app.attempt(self._when_confirmed(asked, request), "block")

    async def _when_confirmed(
        self, asked: Awaitable[bool | None], request: BlockRequest
    ) -> str | None:
        """Blocks what the question named, and nothing else."""
        if not await asked:
            return None
        self.block = await self._doing(self.triage.block(request))
        if self.block is not None and not self.block.simulated:
            self._outside.resume()
        self._show_all()
        return None

    def _look_outside(self) -> None:
        if self.app.screen is self:
            self._app.attempt(self._looked_outside(), "look at the block")

    async def _looked_outside(self) -> None:
        """Whether it is in force by now, and still there."""
        with contextlib.suppress(ResponseError):  # the list of blocks tells
            await self.triage.refresh_blocks()
