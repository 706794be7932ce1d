"""The application: who is on the screen, when it is painted, and what works everywhere.

It owns no long-lived work: whoever runs it also runs the triage, beside it.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.worker import Worker, WorkerState

from triage_tui.console_links import Link
from triage_tui.model import Kind
from triage_tui.store.filters import ALL
from triage_tui.ui import alarm
from triage_tui.ui.actions import APP, BY_ID, TRY_AGAIN
from triage_tui.ui.adapters import links, lockouts, status, words
from triage_tui.ui.adapters.news import Looked
from triage_tui.ui.adapters.zoom import Zoom
from triage_tui.ui.alarm import Alarm
from triage_tui.ui.keymap import effective_keys, shown_key
from triage_tui.ui.keys import bindings
from triage_tui.ui.multiplexer import BEL
from triage_tui.ui.notice import notice
from triage_tui.ui.pace import Pace
from triage_tui.ui.painting import BREATH
from triage_tui.ui.palette import ActionProvider, Palette
from triage_tui.ui.rate import Rate
from triage_tui.ui.screens import reporting
from triage_tui.ui.screens.base import TriageScreen
from triage_tui.ui.screens.dialogs import QuitQuestion, confirm_undo
from triage_tui.ui.screens.opening import OpeningScreen
from triage_tui.ui.timed import TimedApp
from triage_tui.ui.undo import Undo
from widgets.text import clean

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
    from pathlib import PurePath

    from textual.binding import BindingType
    from textual.command import Provider
    from textual.screen import Screen

    from triage_tui.model import Block, Entity, EntityRef
    from triage_tui.ports import Keeper, Reporter, SignIns
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage
    from triage_tui.ui.kept import KeptFilter
    from triage_tui.ui.painted import Mode
    from triage_tui.ui.screens.code import CodeScreen
    from triage_tui.ui.settings import TerminalSettings
    from triage_tui.ui.undo import Step
    from widgets.status import StatusItem


class TriageApp(TimedApp, inherit_bindings=False):
    """The screens over one triage."""

    # The first screen's styles too: Textual reads a screen's own only when it is pushed.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "overview.tcss"]
    TITLE = "triage-tui"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ActionProvider}
    NOTIFICATION_TIMEOUT = 4
    BINDINGS: ClassVar[list[BindingType]] = bindings(None, APP)

    def __init__(
        self,
        triage: Triage | None = None,
        *,
        title: str,
        mode: Mode = "REPLAY",
        initial_filter: Filter = ALL,
        initial_kind: Kind = Kind.IP,
        reporter: Reporter | None = None,
        keymap: Mapping[str, str] | None = None,
        slow_link: bool = False,
        sent: Callable[[], int] = lambda: 0,
        signins: SignIns | None = None,
        terminal: TerminalSettings | None = None,
    ) -> None:
        """Without a `triage` the app waits for `begin`. `title` names what is replayed;
        `reporter` writes reports; `keymap` has passed
        `actions.validate_keymap`; `sent` counts the bytes that
        went to the terminal, of which a `slow_link` carries few; `signins` are as whom AWS is
        asked, where it is; `terminal` is what the config says of the terminal."""
        super().__init__(mode, Pace(sent, slow_link=slow_link), terminal)
        if triage is not None:
            self.show_triage(triage)
        if slow_link:
            self.animation_level = "none"
            self.add_class("-slow")
            self.frames_apart = 0.05
            if self.terminal.theme == "auto":
                self.theme = "ansi-16"  # its codes are the shortest
        self.input_title = title
        self.keymap: Mapping[str, str] = dict(keymap or {})
        self.painted = asyncio.Event()
        """Set once the first frame is on the screen."""
        self.histories: dict[str, list[str]] = {}
        """What was typed before, by purpose."""
        self.signins = signins
        self.browse: Callable[[str], Awaitable[bool]] | None = None
        """Opens a page in the browser, where there is one."""
        self.keeper: Keeper | None = None
        """Writes the config, where there is one to write."""
        self.initial_filter = initial_filter
        self.zoom = Zoom()
        """What the time-lines show."""
        self.undo = Undo()
        """What was done here and can be taken back."""
        self.looked = Looked()
        """What of it somebody has looked at."""
        self.kept_filters: list[KeptFilter] = []
        """Those that can be picked by name."""
        self._initial_kind = initial_kind
        self._reporter = reporter
        self._rate = Rate()
        self._alarm = Alarm()
        self._looking: Iterator[list[Entity]] | None = None

    def get_default_screen(self) -> Screen[None]:
        if not self.begun:
            return OpeningScreen(self.mode, self.input_title)
        return self._first_screen()

    def _first_screen(self) -> Screen[None]:
        from triage_tui.ui.screens.overview import OverviewScreen

        return OverviewScreen(self.triage, self._initial_kind, self.initial_filter, self.looked)

    def begin(self, triage: Triage, reporter: Reporter) -> None:
        """Shows a triage that was opened behind the first frame. From any task."""
        self._reporter = reporter
        self.show_triage(triage)
        self.call_later(self._leave_opening)

    async def _leave_opening(self) -> None:
        # A mode, for the screen at the bottom of a stack cannot be switched.
        self.add_mode("triage", self._first_screen)
        await self.switch_mode("triage")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to act on before there is a triage; leaving always works."""
        return self.begun or action in ("quit", "leave", "suspend_process")

    # -- calling whoever looks elsewhere -----------------------------------------------------------

    def _listen(self) -> None:
        """Looks who has become critical, unless time stands still."""
        if self.begun and self._looking is None and self.held_back() is None:
            self._looking = self._alarm.look(self.triage)
            self._listen_on()

    def _listen_on(self) -> None:
        if self.is_awaited():
            self.set_timer(BREATH, self._listen_on)
            return
        found = None if self._looking is None else next(self._looking, None)
        if found is None:
            self._looking = None
            return
        self._alarm.wait(found)
        called = self._alarm.due(time.monotonic())
        if called:
            self._call(called)
        self.set_timer(BREATH, self._listen_on)

    def _call(self, found: list[Entity]) -> None:
        said = alarm.words(found)
        self.say(said, "warning")
        if self.terminal.bell:
            self.send(BEL)
        self.send(notice(self.TITLE or "", said, self.terminal.notify, os.environ))

    def on_ready(self) -> None:
        self.painted.set()

    def on_mount(self) -> None:
        self.set_keymap(dict(self.keymap))
        if self.mode == "LIVE":
            self.set_interval(alarm.EVERY, self._listen)

    # -- what screens ask ------------------------------------------------------------------------

    def top_line(self, width: int) -> tuple[list[StatusItem], list[StatusItem]]:
        """What stands at the left and at the right of the top of every screen."""
        rate = self._rate.note(self.triage.index.rows)
        held_back = self.held_back()
        return status.status_line(self.triage, self.mode, self.input_title, rate, width, held_back)

    def locked_out(self, width: int) -> lockouts.Banner | None:
        """What to do so that AWS lets us in again; None while it does."""
        if self.mode != "LIVE":
            return None
        reports = [source.report for source in self.triage.sources]
        return lockouts.banner(reports, self.triage.clock.wall(), width, self.key_of(TRY_AGAIN))

    @property
    def is_free(self) -> bool:
        """Whether nothing is open that a question would take the keys of."""
        return self.begun and isinstance(self.screen, TriageScreen) and not self.screen.is_modal

    def key_of(self, action: str) -> str:
        """The key of an action, as people know it."""
        keys = effective_keys(BY_ID[action], self.keymap)
        return shown_key(keys[0])

    def ask_for_code(self, screen: CodeScreen, settle: Callable[[str | None], None]) -> None:
        """Opens the dialog for an MFA code; from any task."""
        self.call_later(self.push_screen, screen, settle)

    # -- deciding --------------------------------------------------------------------------------

    def attempt(self, work: Coroutine[object, object, str | None], what: str) -> None:
        """Run something that is awaited; it returns what to say, and a failure is said."""
        self.run_worker(self._attempted(work), name=what, group=what, exit_on_error=False)

    async def _attempted(self, work: Coroutine[object, object, str | None]) -> None:
        said = await work
        self.show_now()
        if said:
            self.say(said)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Nothing fails in silence."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            self.say(f"{event.worker.name}: {error}", "error")
            self.show_now()

    def land(self, ref: EntityRef | None, finding: str) -> None:
        """Opens an entity at a finding, unless somebody is at something else by now."""
        from triage_tui.ui.screens.inspect import InspectScreen

        if ref is None:
            self.say(f"the finding {finding} has come; it names nobody")
        elif not self.is_free or len(self.screen_stack) > 1:
            self.say(f"the finding {finding} has come: it is about {ref.key}")
        else:
            self.push_screen(InspectScreen(self.triage, ref, finding=finding))

    async def open_link(self, target: links.Target) -> str:
        """Opens a page of the console, else shows and copies its link; what to say about it."""
        link = target
        if isinstance(target, int):
            try:
                link = await asyncio.to_thread(links.of_row, self.triage, target)
            except OSError as error:
                return f"cannot read this record again: {error}"
        if not isinstance(link, Link):
            return links.NOWHERE
        if self.browse is not None and await self.browse(link.url):
            return f"opened: {link.what}"
        from triage_tui.ui.screens.link import LinkPage

        self.push_screen(LinkPage(link))
        try:
            return f"link copied by {await self.copied(clean(link.url))}: {link.what}"
        except OSError as error:
            return f"the link could not be copied: {error}"

    def say(
        self, text: str, severity: Literal["information", "warning", "error"] = "information"
    ) -> None:
        """Show a message for a moment; text from outside is fine."""
        self.notify(
            clean(text),
            severity=severity,
            markup=False,
            timeout=12 if severity == "error" else None,
        )

    # -- taking back -----------------------------------------------------------------------------

    def action_undo_local(self) -> None:
        """Take back the last of what was done here."""
        step = self.undo.last()
        if step is None:
            self.say("there is nothing to take back; U takes a block back")
            return
        self.attempt(self._taken_back(step), "undo")

    async def _taken_back(self, step: Step) -> str:
        await step.back()
        return f"taken back: {step.what}"

    # -- everywhere ------------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        """Every action by its name."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_paint_anew(self) -> None:
        """The whole screen once more, where another program has written over it."""
        self.paint_anew()

    def action_show_help(self) -> None:
        """The keys of the screen that is open."""
        from triage_tui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(getattr(self.screen, "NAME", ""), self.keymap))

    def action_next_theme(self) -> None:
        """Other colours."""
        name = self.next_theme()
        self.say(f'theme: {name}; to keep it, write into the config: [terminal] theme = "{name}"')

    def action_show_sources(self) -> None:
        """What becomes of the sources."""
        from triage_tui.ui.screens.sources import SourcesScreen

        if not isinstance(self.screen, SourcesScreen):
            self.push_screen(SourcesScreen(self.triage))

    def action_show_rules(self) -> None:
        """What becomes of the rules."""
        from triage_tui.ui.screens.rules import RulesScreen

        if not isinstance(self.screen, RulesScreen):
            self.push_screen(RulesScreen(self.triage))

    def action_show_resources(self) -> None:
        """What has known holes, and who is knocking there."""
        from triage_tui.ui.screens.resources import ResourcesScreen

        if not isinstance(self.screen, ResourcesScreen):
            self.push_screen(ResourcesScreen(self.triage))

    def action_try_again(self) -> None:
        """Try again to sign in, and ask for the codes that nobody gave."""
        if self.signins is None:
            self.say("nobody has to sign in here: what is replayed is on this machine")
            return
        nobody = self.locked_out(self.size.width) is None
        self.signins.try_again()
        if nobody:
            self.say("nobody is locked out; a Live Tail that is denied is tried again now")
        else:
            self.say("whoever is locked out tries again now")

    def action_show_blocks(self) -> None:
        """Everything that is blocked."""
        from triage_tui.ui.screens.blocks import BlocksScreen

        self.push_screen(BlocksScreen(self.triage))

    def action_undo_newest(self) -> None:
        """Take the newest block back, when that is confirmed."""
        held = [block for block in self.triage.blocks() if block.state in words.IN_FORCE]
        if not held:
            self.say("nothing is blocked as of now, so there is nothing to undo")
            return
        self.attempt(self._undo(held[0], confirm_undo(self, held[0])), "undo")

    async def _undo(self, block: Block, confirmed: Awaitable[bool | None]) -> str | None:
        if not await confirmed:
            return None
        undone = await self.triage.undo(block)
        return f"{undone.cidr}: {undone.state}"

    def action_write_report(self) -> None:
        """Ask which report to write, and write it; says where."""
        if self._reporter is None:
            self.say("no report can be written from here", "warning")
            return
        self.attempt(reporting.write(self, self._reporter), "write the report")

    def action_leave(self) -> None:
        """Leave this screen; at the top, ask and quit."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self._ask_to_quit()

    async def action_quit(self) -> None:
        """Ask and quit, from anywhere; asked twice, it means it."""
        if isinstance(self.screen, QuitQuestion):
            self.exit()
        else:
            self._ask_to_quit()

    def _ask_to_quit(self) -> None:
        if not self.begun:
            self.exit()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.exit()

        self.push_screen(QuitQuestion(self._stays_behind()), answered)

    def _stays_behind(self) -> list[str]:
        """What will not end by itself."""
        from triage_tui.ui.adapters.blocks import stays_behind
        from triage_tui.ui.adapters.remedies import stays_done

        found = [stays_behind(block) for block in self.triage.blocks()]
        found += map(stays_done, self.triage.remedied())
        return [words for words in found if words is not None]
