"""Short questions: a line of text, a status and a verdict, a last confirmation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from triage_tui.model import Case, Status, Verdict
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.filtering import Said
from triage_tui.ui.times import parse_goto
from widgets.confirm import Confirm
from widgets.prompt import Prompt
from widgets.text import clean, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from triage_tui.model import Block, EntityRef
    from triage_tui.ui.app import TriageApp

PAUSE = 0.12
"""Seconds after the last key until a costly preview begins."""
STEP_EVERY = 0.02


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

    def compose(self) -> ComposeResult:
        yield Prompt()

    def on_mount(self) -> None:
        purpose, label, value = self._ask
        self.query_one(Prompt).ask(purpose, label, value, history=self._history)
        self._begin = self.set_timer(PAUSE, self._go_on)
        self._next = self.set_interval(STEP_EVERY, self._step, pause=True)
        self._look_at(value)

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


async def ask(
    app: TriageApp, purpose: str, label: str, value: str = "", preview: Preview | None = None
) -> str | None:
    """Ask for a line of text; call it within a worker."""
    history = app.histories.setdefault(purpose, [])
    return await app.push_screen_wait(
        AskScreen(purpose, label, value, history=history, preview=preview)
    )


async def ask_text(app: TriageApp, purpose: str, label: str, value: str = "") -> str | None:
    """A line that is not empty; None when given up or empty."""
    text = await ask(app, purpose, label, value)
    return (text or "").strip() or None


async def go_to_time(app: TriageApp) -> str | None:
    """Ask where to go, and go there."""
    clock = app.triage.clock
    if clock.first is None or clock.last is None:
        return "there is no event yet, so there is no time to go to"
    first, last = clock.first, clock.last

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

    text = await ask(app, "time", "go to", preview=preview)
    if text and text.strip():
        target = parse_goto(text, clock.position(), first, last)
        if target is None:
            clock.to_end()
        else:
            clock.pause()
            clock.seek(target)
    return None


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


async def note(app: TriageApp, ref: EntityRef, label: str) -> str | None:
    """Ask for a note and write it."""
    text = await ask_text(app, "note", fit(f"note on {label}", 36).rstrip())
    if text is None:
        return None
    await app.triage.note(ref.subject, text)
    return f"noted on {label}"


async def decide(app: TriageApp, ref: EntityRef, label: str) -> str | None:
    """Ask for status and verdict and write what is new."""
    case = app.triage.case(ref)
    decision = await app.push_screen_wait(DecideScreen(label, case))
    if decision is None:
        return None
    if decision.status is not case.status:
        await app.triage.set_status(ref, decision.status)
    if decision.verdict is not case.verdict:
        await app.triage.set_verdict(ref, decision.verdict)
    return f"{label}: {words.status_words(app.triage.case(ref))}"


async def tag(app: TriageApp, ref: EntityRef, label: str) -> str | None:
    """Ask for a tag and add it."""
    text = await ask_text(app, "tag", fit(f"tag {label}", 36).rstrip())
    if text is None:
        return None
    await app.triage.tag(ref, text)
    return f"{label}: tagged {text}"


# -- last questions ------------------------------------------------------------------------------


class QuitQuestion(Confirm):
    """Whether to quit."""

    def __init__(self, stays: Sequence[str] = ()) -> None:
        super().__init__("Quit?", stays)


async def confirm_undo(app: TriageApp, block: Block) -> bool:
    """Whether a block is to be taken back."""
    body = [
        f"- {block.cidr}  from {block.blocklist}{'  SIMULATED' if block.simulated else ''}",
        f"  blocked by {block.author} for: {block.reason or 'no reason given'}",
        f"  {words.until(block.expires)}",
        "",
        "From then on its requests are let through again.",
    ]
    question = Confirm(f"Undo the block of {block.cidr}?", body, danger=True)
    answer: bool | None = await app.push_screen_wait(question)
    return bool(answer)
