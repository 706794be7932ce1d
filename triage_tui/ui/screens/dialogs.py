"""Short questions: a line of text, a status and a verdict, a last confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from triage_tui.model import Case, KeepError, Kind, Status, Verdict
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.said import Said
from triage_tui.ui.screens.base import STEP_EVERY
from triage_tui.ui.times import parse_goto
from widgets.confirm import Confirm
from widgets.line_input import LineInput
from widgets.prompt import Prompt
from widgets.text import clean, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import App, ComposeResult
    from textual.screen import Screen

    from triage_tui.model import Block, EntityRef
    from triage_tui.ui.app import TriageApp

PAUSE = 0.12
"""Seconds after the last key until a costly preview begins."""


Work = Coroutine[object, object, str | None]
"""What `TriageApp.attempt` takes: it says what it returns."""
Answer = TypeVar("Answer")
Preview = Callable[[str], Iterator[Said]]
"""What to say about a value: the first at once, the others one by one while nothing is typed."""


class AskScreen(ModalScreen[str | None]):
    """One line of text, with the screen behind it in full sight; None when given up."""

    DEFAULT_CSS = """
    AskScreen { background: transparent; }
    """

    def __init__(
        self,
        purpose: str,
        label: str,
        value: str = "",
        *,
        history: list[str] | None = None,
        preview: Preview | None = None,
    ) -> None:
        """`history` is extended with what is accepted; a value whose first preview is an error is
        not accepted."""
        super().__init__()
        self._ask = purpose, label, value
        self._history = history if history is not None else []
        self._preview = preview
        self._steps: Iterator[Said] = iter(())
        self._early: list[events.Key] = []
        self._ready = False

    def compose(self) -> ComposeResult:
        yield Prompt()

    def on_mount(self) -> None:
        purpose, label, value = self._ask
        self.query_one(Prompt).ask(purpose, label, value, history=self._history)
        self._begin = self.set_timer(PAUSE, self._go_on)
        self._next = self.set_interval(STEP_EVERY, self._step, pause=True)
        self._look_at(value)
        self._ready = True
        for event in self._early:
            self.type_ahead(event)

    def on_key(self, event: events.Key) -> None:
        """The line lets no printable key come up to here: this one was too early for it."""
        if event.is_printable:
            event.stop()
            event.prevent_default()
            self.type_ahead(event)

    def type_ahead(self, event: events.Key) -> None:
        """What was typed before the line was there belongs into it."""
        if not self._ready:
            self._early.append(event)
        elif event.is_printable and event.character:
            self.query_one(LineInput).insert_text_at_cursor(event.character)
        elif event.key == "enter":
            self.call_later(self.query_one(LineInput).action_submit)

    def _look_at(self, value: str) -> Said | None:
        """The first thing to say about a value; the others follow by the timer."""
        self._begin.stop()
        self._next.pause()
        self._steps = self._preview(value) if self._preview else iter(())
        said = next(self._steps, None)
        self._say(said)
        if said and not said.error:
            self._begin = self.set_timer(PAUSE, self._go_on)
        return said

    def _go_on(self) -> None:
        self._next.resume()

    def _step(self) -> None:
        said = next(self._steps, None)
        if said is None:
            self._next.pause()
        else:
            self._say(said)

    def _say(self, said: Said | None) -> None:
        if said:
            self.query_one(Prompt).say(said.text, error=said.error, position=said.position)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        event.stop()
        self._look_at(event.value)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        said = self._look_at(event.value)
        if said and said.error:
            return
        if event.value.strip():
            self._history[:] = [entry for entry in self._history if entry != event.value]
            self._history.append(event.value)
        self.dismiss(event.value)

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        event.stop()
        self.dismiss(None)


def opened(app: App[None], screen: Screen[Answer]) -> Awaitable[Answer | None]:
    """Opens a screen at once, so that what is typed next is typed into it; await its answer."""
    answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

    def settle(result: Answer | None) -> None:
        if not answer.done():
            answer.set_result(result)

    app.push_screen(screen, settle)
    return answer


def ask(
    app: TriageApp, purpose: str, label: str, value: str = "", preview: Preview | None = None
) -> Awaitable[str | None]:
    """Opens the question for a line of text at once; await the answer."""
    history = app.histories.setdefault(purpose, [])
    return opened(app, AskScreen(purpose, label, value, history=history, preview=preview))


def go_to_time(app: TriageApp) -> Work:
    """Asks where to go, and goes there; there must be an event."""
    clock = app.triage.clock
    first, last = clock.first or 0, clock.latest()

    def preview(text: str) -> Iterator[Said]:
        if not text.strip():
            yield Said(f"{words.moment(first)} to {words.moment(last)}; 02:10, +5m, -30s, end")
            return
        try:
            target = parse_goto(text, clock.position(), first, last)
        except ValueError as error:
            yield Said(str(error), error=True)
            return
        yield Said("to the end" if target is None else _landing(target, first, last))

    asked = ask(app, "time", "go to", preview=preview)

    async def go() -> str | None:
        text = await asked
        if text and text.strip():
            target = parse_goto(text, clock.position(), first, last)
            if target is None:
                clock.to_end()
            else:
                clock.pause()
                clock.seek(target)
        return None

    return go()


def _landing(target: int, first: int, last: int) -> str:
    if target < first:
        return f"before the first event: to {words.moment(first)}"
    if target > last:
        return "after the last event: to the end"
    return f"to {words.moment(target)}"


# -- status and verdict --------------------------------------------------------------------------


class Decision(NamedTuple):
    """What was chosen."""

    status: Status
    verdict: Verdict


class _Choices(Widget):
    """Two rows of choices; the row with the mark takes the keys."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"decide--label", "decide--on", "decide--off"}
    DEFAULT_CSS = """
    _Choices {
        height: 2;
        & > .decide--label { color: $text-muted; }
        & > .decide--on { color: $text-accent; text-style: bold; }
        & > .decide--off { color: $text-muted; }
    }
    """

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.rows: tuple[Sequence[Status], Sequence[Verdict]] = (tuple(Status), tuple(Verdict))
        self.chosen = [list(Status).index(case.status), list(Verdict).index(case.verdict)]
        self.row = 0

    def render_line(self, y: int) -> Strip:
        width, plain = self.size.width, self.rich_style
        if y > 1:
            return Strip.blank(width, plain)
        label = ("status", "verdict")[y]
        mark = "▌" if y == self.row else " "
        segments = [Segment(f"{mark}{label:8}", self.get_component_rich_style("decide--label"))]
        for place, choice in enumerate(self.rows[y]):
            on = place == self.chosen[y]
            style = self.get_component_rich_style("decide--on" if on else "decide--off")
            segments.append(Segment(f" {'●' if on else '○'} {choice.value} ", style))
        return Strip(segments).crop_extend(0, width, plain)


class DecideScreen(ModalScreen[Decision | None]):
    """Status and verdict of an entity."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"decide.{name}", tooltip=text)
        for name, keys, action, text in (
            ("next", "l,right,space", "choose(1)", "The next choice"),
            ("previous", "h,left", "choose(-1)", "The choice before"),
            ("down", "j,down,tab", "row(1)", "To the verdict"),
            ("up", "k,up,shift+tab", "row(-1)", "To the status"),
            ("accept", "enter", "accept", "Save both"),
            ("cancel", "escape,q", "cancel", "Leave them as they are"),
        )
    ]
    DEFAULT_CSS = """
    DecideScreen { align: center middle; }
    DecideScreen > Vertical {
        width: 72; max-width: 100%; height: auto;
        border: round $accent; background: $surface; padding: 0 1;
    }
    DecideScreen .title { text-style: bold; height: 1; }
    DecideScreen .hint { color: $text-muted; height: 1; margin-top: 1; }
    """

    def __init__(self, name: str, case: Case) -> None:
        super().__init__()
        self._name_shown = name
        self._choices = _Choices(case)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(clean(self._name_shown)), classes="title")
            yield self._choices
            yield Static(Content("h l choose   j k row   Enter save   Esc cancel"), classes="hint")

    def action_choose(self, by: int) -> None:
        """Another choice in the row."""
        choices = self._choices
        count = len(choices.rows[choices.row])
        choices.chosen[choices.row] = (choices.chosen[choices.row] + by) % count
        choices.refresh()

    def action_row(self, by: int) -> None:
        """The other row."""
        self._choices.row = (self._choices.row + by) % 2
        self._choices.refresh()

    def action_accept(self) -> None:
        """Save both."""
        status, verdict = self._choices.chosen
        self.dismiss(Decision(tuple(Status)[status], tuple(Verdict)[verdict]))

    def action_cancel(self) -> None:
        """Leave them as they are."""
        self.dismiss(None)


# -- what screens of entities have in common -----------------------------------------------------


def note(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks for a note and writes it."""
    asked = ask(app, "note", fit(f"note on {label}", 36).rstrip())

    async def write() -> str | None:
        text = (await asked or "").strip()
        if not text:
            return None
        await app.triage.note(ref.subject, text)
        return f"noted on {label}"

    return write()


def decide(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks for status and verdict and writes what is new."""
    case = app.triage.case(ref)
    asked = opened(app, DecideScreen(label, case))

    async def write() -> str | None:
        decision = await asked
        if decision is None:
            return None
        if decision.status is not case.status:
            await app.triage.set_status(ref, decision.status)
        if decision.verdict is not case.verdict:
            await app.triage.set_verdict(ref, decision.verdict)
        return f"{label}: {words.status_words(app.triage.case(ref))}"

    return write()


def tag(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks for a tag and adds it."""
    asked = ask(app, "tag", fit(f"tag {label}", 36).rstrip())

    async def write() -> str | None:
        text = (await asked or "").strip()
        if not text:
            return None
        await app.triage.tag(ref, text)
        return f"{label}: tagged {text}"

    return write()


_NO_CONFIG = "the demo leaves the config alone"


def protect(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks why an address is never to be blocked, and writes it into the config."""
    keeper = app.keeper
    if ref.kind not in (Kind.IP, Kind.NETWORK):
        return _told("only addresses and networks can be blocked, or protected")
    if keeper is None:
        return _told(_NO_CONFIG)
    asked = ask(app, "reason", fit(f"why {label} is never blocked", 40).rstrip())

    async def write() -> str | None:
        reason = await asked
        if reason is None:
            return None
        said = await keeper.protect(ref.key, reason.strip())
        app.triage.protect(ref.key, reason.strip())
        return said

    return _kept(app, write())


def ignore(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks why the gravest rule on an entity says nothing, and writes it into the config."""
    keeper, entity = app.keeper, app.triage.entity(ref)
    if entity is None or not entity.detections:
        return _told(f"no rule has matched anything of {label}")
    if keeper is None:
        return _told(_NO_CONFIG)
    hit = entity.detections[0][0]
    asked = ask(app, "reason", fit(f"why to ignore: {hit.title}", 48).rstrip())

    async def write() -> str | None:
        reason = await asked
        if reason is None:
            return None
        said = await keeper.ignore(hit.rule, ref.subject, reason.strip())
        app.triage.ignore(hit.rule, ref.subject, reason.strip())
        return said

    return _kept(app, write())


async def _told(words: str) -> str | None:
    return words


async def _kept(app: TriageApp, writing: Work) -> str | None:
    try:
        return await writing
    except KeepError as error:
        app.say(str(error), "error")
        return None


# -- last questions ------------------------------------------------------------------------------


class QuitQuestion(Confirm):
    """Whether to quit."""

    def __init__(self, stays: Sequence[str] = ()) -> None:
        super().__init__("Quit?", stays)


def confirm_undo(app: TriageApp, block: Block) -> Awaitable[bool | None]:
    """Asks at once whether a block is to be taken back; await the answer."""
    body = [
        f"- {block.cidr}  from {block.blocklist}{'  SIMULATED' if block.simulated else ''}",
        f"  blocked by {block.author} for: {block.reason or 'no reason given'}",
        f"  {words.until(block.expires)}",
        "",
        "From then on its requests are let through again.",
    ]
    return opened(app, Confirm(f"Undo the block of {block.cidr}?", body, danger=True))
