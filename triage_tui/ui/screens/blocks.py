"""Everything that is blocked: by whom, why, until when; and what came from there since."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from triage_tui import console_links
from triage_tui.model import EntityRef, Kind
from triage_tui.respond.journal import ResponseError
from triage_tui.ui.actions import BLOCKS
from triage_tui.ui.adapters import blocks, copies, status, words
from triage_tui.ui.adapters.rows import ListRows
from triage_tui.ui.keys import bindings, hints
from triage_tui.ui.panel import Panel
from triage_tui.ui.screens import ask, copying, dialogs
from triage_tui.ui.screens.base import TriageScreen
from widgets.columns import Cell
from widgets.confirm import Confirm
from widgets.status import StatusItem, StatusLine
from widgets.table import VirtualTable
from widgets.text import wrap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from triage_tui.model import Block
    from triage_tui.store.aftermath import After
    from triage_tui.triage import Triage


LOOK_OUTSIDE = 10.0
"""Seconds between two looks at what others have done to the sets."""
MOST_DIFFERENCES = 5
"""Lines of what differs that are on the screen."""


class BlocksScreen(TriageScreen[None]):
    """The blocks as of the cursor, newest first; the panel tells all of the one chosen."""

    NAME = BLOCKS
    DEFAULT_CSS = """
    BlocksScreen {
        layout: vertical;
        #status { background: $panel; }
        #summary { background: $surface; }
        #differences { height: auto; display: none; }
        #differences.-shown { display: block; }
        #detail { height: 8; }
        #footer { background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(BLOCKS)
    AUTO_FOCUS = "#blocks"

    def __init__(self, triage: Triage) -> None:
        super().__init__(triage)
        self.found: dict[str, Block] = {}
        self._came: dict[str, After] = {}
        self._error: tuple[str, ResponseError] | None = None
        self._unread: ResponseError | None = None
        """Why the blocks could not be read again."""

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield StatusLine(id="summary")
        empty = "nothing is blocked; B on an entity plans a block"
        yield Panel(id="differences")
        columns = blocks.columns(self.triage)
        yield VirtualTable(columns, ListRows(), empty_text=empty, id="blocks")
        yield Panel(id="detail")
        yield StatusLine(id="footer")

    def on_mount(self) -> None:
        self._app.attempt(self._read_again(), "read the blocks")
        if not all(each.simulated for each in self.triage.blocklists):
            self.set_interval(LOOK_OUTSIDE, self._look_outside)

    def _look_outside(self) -> None:
        if self.stands:
            self._app.attempt(self._read_again(), "read the blocks")

    async def _read_again(self) -> str | None:
        """Learns what others have done; what is in the way stays on the screen."""
        try:
            await self.triage.refresh_blocks()
        except ResponseError as error:
            self._unread = error
        else:
            self._unread = None
        return None

    @property
    def table(self) -> VirtualTable:
        """The blocks."""
        return self.query_one(VirtualTable)

    @property
    def chosen(self) -> Block | None:
        """The block under the cursor."""
        return self.found.get(self.table.cursor_key or "")

    # -- painting --------------------------------------------------------------------------------

    def show_changes(self) -> None:
        if not self.stands:
            return
        triage, app = self.triage, self._app
        listed = triage.blocks()
        self.found = {block.id: block for block in listed}
        self._came = blocks.after(triage, listed)
        self.table.set_model(blocks.BlockRows(triage, listed, self._came))
        self.show_clock()
        right = [StatusItem(blocks.summary(triage, listed) or "none", "dim", 5)]
        if triage.blocklist.simulated:
            right.append(StatusItem("SIMULATED", "warning", 9))
        names = ", ".join(each.name for each in triage.blocklists)
        title = [StatusItem(f"Blocks of {names}", "strong", 6)]
        self.query_one("#summary", StatusLine).show(title, right)
        labels = {"time.toggle": status.space_label(triage.clock)}
        shown = hints(BLOCKS, app.keymap, labels)
        back = StatusItem("back", "dim", 92, "Esc")
        self.query_one("#footer", StatusLine).show([*shown[:1], back, *shown[1:]])
        self._show_differences()
        self._show_detail()

    def _show_differences(self) -> None:
        """What could not be read, and what journal and sets disagree about."""
        panel = self.query_one("#differences", Panel)
        width = max(20, self.size.width - 4)
        lines = blocks.difference_lines(self.triage, width, MOST_DIFFERENCES)
        title = "the journal and the sets differ" if lines else ""
        if self._unread is not None:
            error, lines = self._unread, []
            title = error.title
            for text in (error.message, error.fix):
                lines += [[Cell(part, "bad")] for part in wrap(text, width)]
        panel.set_class(bool(title), "-shown")
        panel.styles.height = len(lines) + 1
        panel.show(title, lines)

    def on_resize(self) -> None:
        self.show_changes_soon()

    def _show_detail(self) -> None:
        panel, block = self.query_one("#detail", Panel), self.chosen
        width = max(20, panel.size.width - 2)
        foreign = blocks.foreign_entry(self.table.cursor_key or "")
        if foreign is not None:
            panel.show(f"{foreign[1]}: foreign", blocks.foreign_lines(*foreign, width))
        elif block is None:
            panel.show("", [])
        elif self._error is not None and self._error[0] == block.id:
            error = self._error[1]
            parts = [part for text in (error.message, error.fix) for part in wrap(text, width)]
            panel.show(f"{block.cidr}: {error.title}", [[Cell(part, "bad")] for part in parts])
        else:
            title = f"{block.cidr}: {words.state(block)}  {block.id}"
            panel.show(title, blocks.block_lines(block, self._came.get(block.id), width))

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._show_detail()

    # -- keys ------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """To the screen below."""
        if self.table.marked_keys:
            self.table.clear_marks()
        else:
            self.leave()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Inspect whom the block was made for."""
        event.stop()
        block = self.found.get(event.key)
        kind, _, key = block.subject.partition(":") if block else ("", "", "")
        if kind not in list(Kind) or not key:
            self._app.say("it was made for nobody whom this triage knows")
            return
        from triage_tui.ui.screens.inspect import InspectScreen

        self.app.push_screen(InspectScreen(self.triage, EntityRef(Kind(kind), key)))

    def action_copy(self) -> None:
        """Copy what is asked for of the block under the cursor."""
        block, offered = self.chosen, []
        if block is not None:
            offered.append(copies.fixed("n", "cidr", block.cidr))
            if not block.simulated:
                offered += copies.of_block(self._set_of(block), block.cidr, block.id)
        offered += copies.of_cells(self.table.cursor_cells)
        if not offered:
            self._app.say("there is nothing under the cursor")
            return
        what = "this entry" if block is None else block.cidr
        self._app.attempt(copying.copy(self._app, what, offered), "copy")

    def action_open_console(self) -> None:
        """The IP set of the block, in the AWS console."""
        block = self.chosen
        found = "" if block is None else self._set_of(block)
        self._app.attempt(self._app.open_link(console_links.ip_set_of(found)), "console")

    def _set_of(self, block: Block) -> str:
        return self.triage.blocklist_of(block.blocklist).set_of(block)

    def action_undo(self) -> None:
        """Take the block back, when that is confirmed."""
        block = self._held("undo")
        if block is not None:
            asked = dialogs.confirm_undo(self._app, block)
            self._app.attempt(self._when(asked, block, self._undo), "undo")

    def action_extend(self) -> None:
        """Let the block last longer, when that is confirmed."""
        block = self._held("extend")
        if block is None:
            return
        ends = blocks.extended(block, self.triage.clock.position())
        if ends is None:
            self._app.say(f"{block.cidr} never expires: there is nothing to extend")
            return
        mark = " (simulated)" if block.simulated else ""
        lines = [f"now {words.until(block.expires)}", f"then {words.until(ends)}"]
        question = Confirm(f"Extend the block of {block.cidr}{mark}?", lines)
        asked = ask.opened(self._app, question)
        self._app.attempt(self._when(asked, block, partial(self._extend, ends=ends)), "extend")

    def _held(self, what: str) -> Block | None:
        """The block under the cursor, if it holds anything back."""
        block = self.chosen
        self._error = None
        foreign = blocks.foreign_entry(self.table.cursor_key or "")
        if foreign is not None:
            self._app.say(f"{foreign[1]} is not ours to {what}: somebody else has added it")
        elif block is None:
            self._app.say(f"there is no block to {what}")
        elif block.state not in words.IN_FORCE:
            self._app.say(f"{block.cidr} is {block.state.value}: there is nothing to {what}")
            return None
        return block

    async def _when(
        self,
        asked: Awaitable[bool | None],
        block: Block,
        work: Callable[[Block], Awaitable[str]],
    ) -> str | None:
        """Do it once the answer is yes; what goes wrong is said in place, in full."""
        if not await asked:
            return None
        try:
            return await work(block)
        except ResponseError as error:
            self._error = block.id, error
            return None

    async def _undo(self, block: Block) -> str:
        undone = await self.triage.undo(block)
        return f"{undone.cidr}: {undone.state.value}"

    async def _extend(self, block: Block, *, ends: int) -> str:
        longer = await self.triage.extend(block, ends)
        return f"{longer.cidr}: {words.until(longer.expires)}"
