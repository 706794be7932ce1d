"""The last question before something happens. What was typed before it could be read is no answer.

The answer is no until it is said to be yes: `y`, or Enter on a choice moved to "yes", or Enter
after the typed word. Where "yes" is marked from the start, an Enter that a held key repeats, or
that comes sooner than anybody reads, is no answer either.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from widgets._textual import frames_are_held_back
from widgets.line_input import LineInput
from widgets.question import Question
from widgets.text import clean, fit, hung

WIDEST, SIDES = 76, 5
"""Cells of the question at most; those of its frame, margins and scroll bar."""
LOOK_AGAIN = 0.05
"""Seconds until a question whose frame was held back is painted again."""


READING = 0.6
"""Seconds that a question has to be on the screen before Enter takes a "yes" that was marked from
the start."""
REPEATED = 0.15
"""Seconds between two Enters that a held key sends, at most."""


class _Answers(Widget):
    """The line that says how to answer. Once painted, the question can have been read."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--choice", "choices--chosen", "choices--hint"}
    DEFAULT_CSS = """
    _Answers {
        height: 1;
        & > .choices--choice { color: $foreground; }
        & > .choices--chosen { text-style: bold reverse; }
        & > .choices--hint { color: $text-muted; }
    }
    """

    def __init__(self, typed: str | None, yes: bool) -> None:
        super().__init__()
        self._typed = typed
        self.yes = yes
        self.painted = False

    def choose(self, yes: bool) -> None:
        """Move the choice."""
        self.yes = yes
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0 and width and not frames_are_held_back(self.app):
            self.painted = True
        if self._typed is not None:
            hint = f"Type {clean(self._typed)} and Enter to confirm; Esc cancels"
            style = self.get_component_rich_style("choices--hint")
            return Strip([Segment(fit(hint, width), style)])
        segments = [Segment(" ", self.rich_style)]
        for text, chosen in (("[y] yes", self.yes), ("[n] no", not self.yes)):
            style = self.get_component_rich_style(
                "choices--chosen" if chosen else "choices--choice"
            )
            segments.append(Segment(f"▸{text} " if chosen else f" {text} ", style))
            segments.append(Segment("  ", self.rich_style))
        return Strip(segments).crop_extend(0, width, self.rich_style)


class _TypedInput(LineInput):
    """Takes keys only once the question can have been read."""

    def on_key(self, event: events.Key) -> None:
        self._hold_back(event)

    def on_paste(self, event: events.Paste) -> None:
        self._hold_back(event)

    def _hold_back(self, event: events.Event) -> None:
        if isinstance(self.screen, Confirm) and not self.screen.may_answer(event):
            event.stop()
            event.prevent_default()


class Confirm(Question[bool]):
    """A question, answered with True or False; `typed` must be typed in full to say yes, and with
    `yes` that is the choice that is marked."""

    AUTO_FOCUS = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"confirm.{name}", tooltip=tip)
        for name, keys, action, text, tip in (
            ("yes", "y", "answer(True)", "Yes", "Do it"),
            ("no", "n,escape,q", "answer(False)", "No", "Leave everything as it is"),
            ("accept", "enter", "accept", "Accept", "Take the choice that is marked"),
            ("choose_yes", "left,h", "choose(True)", "To yes", "Mark yes"),
            ("choose_no", "right,l", "choose(False)", "To no", "Mark no"),
            ("other", "tab,shift+tab", "other", "Other", "Mark the other choice"),
            ("down", "down,j", "scroll(1)", "Down", "Read on"),
            ("up", "up,k", "scroll(-1)", "Up", "Read back"),
        )
    ]

    DEFAULT_CSS = """
    Confirm {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $accent;
            background: $surface;
            padding: 0 1;
        }
        & > Vertical.danger { border: heavy $error; }
        .title { text-style: bold; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .danger .title { color: $text-error; }
        VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
        VerticalScroll > Static { height: auto; }
        #typed-line { height: 1; background: $boost; }
    }
    """

    def __init__(
        self,
        title: str,
        body: Sequence[str] = (),
        *,
        danger: bool = False,
        typed: str | None = None,
        yes: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._title = title
        self._body = tuple(body)
        self._danger = danger
        self._typed = typed
        self._readable_since: float | None = None
        self._choices = _Answers(typed, yes)
        self._haste = yes
        """Whether Enter can be an answer that nobody has thought about."""
        self._last_enter: float | None = None
        self._shown = Content()
        self._input = _TypedInput(id="typed-line")

    def compose(self) -> ComposeResult:
        with Vertical(classes="danger" if self._danger else ""):
            # The sign says it without colour.
            title = clean(self._title)
            yield Static(Content(f"⚠ {title}" if self._danger else title), classes="title")
            with VerticalScroll(can_focus=False):
                self._shown = self._told(self.app.size.width)
                yield Static(self._shown, id="body")
            if self._typed is not None:
                yield self._input
            yield self._choices

    def on_resize(self, event: events.Resize) -> None:
        """However long the body is, the choices stay in sight."""
        others = 4 if self._typed is None else 5
        self.query_one(VerticalScroll).styles.max_height = max(1, event.size.height - others)
        told = self._told(event.size.width)
        if told != self._shown:
            self._shown = told
            self.query_one("#body", Static).update(told)

    def _told(self, width: int) -> Content:
        """The body: what does not fit in a line goes on below its beginning, not below its sign."""
        room = min(WIDEST, width) - SIDES
        lines = [part for line in self._body for part in hung(line, room)]
        return Content("\n".join(lines))

    def on_mount(self) -> None:
        self._watch = self.set_interval(LOOK_AGAIN, self._become_readable)
        self.call_after_refresh(self._become_readable)

    def _become_readable(self) -> None:
        """Once a frame with the question is out, answers that are given from then on count."""
        if self.readable or self.app.screen is not self:
            return
        if not self._choices.painted:
            self.refresh()
            self._choices.refresh()
            return
        self._watch.stop()
        # The clock is the one that stamps events: a new event carries its time.
        self._readable_since = events.Idle().time
        if self._typed is not None:
            self.set_focus(self._input)

    @property
    def readable(self) -> bool:
        """Whether the question has been painted."""
        return self._readable_since is not None

    def may_answer(self, event: events.Event) -> bool:
        """Whether the event happened after the question was painted."""
        return self._readable_since is not None and event.time > self._readable_since

    def on_key(self, event: events.Key) -> None:
        """Hold back keys that were typed before the question was painted."""
        if not self.may_answer(event) or self._is_hasty(event):
            event.stop()
            event.prevent_default()

    def _is_hasty(self, event: events.Key) -> bool:
        """Whether it is an Enter that nobody can mean: too soon, or one of a held key's."""
        if event.key != "enter" or not self._haste or self._readable_since is None:
            return False
        before, self._last_enter = self._last_enter, event.time
        repeated = before is not None and event.time - before < REPEATED
        return repeated or event.time - self._readable_since < READING

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """With a word to be typed, single keys are text."""
        if self._typed is not None and action in ("choose", "other"):
            return False
        if action == "answer":
            return self._typed is None or parameters == (False,)
        return True

    def action_answer(self, yes: bool) -> None:
        """Answer at once."""
        self.dismiss(yes and self.readable)

    def action_accept(self) -> None:
        """Enter: the choice that is marked, or the word that was typed."""
        if self._typed is None:
            self.action_answer(self._choices.yes)

    def action_choose(self, yes: bool) -> None:
        """Mark a choice."""
        self._haste = False
        self._choices.choose(yes)

    def action_other(self) -> None:
        """Mark the other choice."""
        self._haste = False
        self._choices.choose(not self._choices.yes)

    def action_scroll(self, lines: int) -> None:
        """Scroll a body that is longer than the screen."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_input_submitted(self, event: LineInput.Submitted) -> None:
        event.stop()
        if self._typed is not None and event.value == self._typed:
            self.action_answer(True)
