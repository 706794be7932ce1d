"""A line at the bottom of the screen to type into; its message can point at a character."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from widgets.completion import Choices, ChoicesLine, Completion
from widgets.line_input import LineInput, one_line
from widgets.text import cell_len, clean, fit

HISTORY = 100
"""Entries kept for each purpose."""


def point_at(message: str, column: int | None, width: int) -> str:
    """A line of `width` cells with the message, and a caret in `column` if that is given.

    The message stands after the caret, or before it where there is more room.
    """
    message = clean(message)
    if column is None or not 0 <= column < width:
        return fit(message, width)
    after = width - column - 2
    if after >= cell_len(message) or after >= column - 1:
        return fit(" " * column + "^ " + message, width)
    before = fit(message, min(column - 1, cell_len(message))) if column > 1 else ""
    return fit(fit(before, column - 1, align="right") + " ^", width)


class _MessageLine(Widget):
    """What the prompt says about the value: a preview, or an error and where it is."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt--message", "prompt--error"}
    DEFAULT_CSS = """
    _MessageLine {
        height: 1;
        & > .prompt--message { color: $text-muted; }
        & > .prompt--error { color: $text-error; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[str, bool, int | None] = ("", False, None)

    def show(self, message: str, error: bool, column: int | None) -> None:
        """Show a message; the same again costs nothing."""
        if self._shown != (message, error, column):
            self._shown = (message, error, column)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        message, error, column = self._shown
        style = self.get_component_rich_style("prompt--error" if error else "prompt--message")
        width = self.size.width
        return Strip([Segment(point_at(message if y == 0 else "", column, width), style)])


Complete = Callable[[str, int], Completion]
"""What fits into a value at a position of the cursor."""


class Prompt(Widget):
    """Hidden until `ask`; then it has the focus until it is submitted and closed, or cancelled.

    It covers the last two lines of the screen, or three where it completes words. Compose it last,
    or give the screen `layers: default prompt`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, id="prompt.cancel", tooltip="Give up"),
        Binding(
            "up", "earlier", "Earlier", show=False, id="prompt.earlier", tooltip="Earlier entry"
        ),
        Binding("down", "later", "Later", show=False, id="prompt.later", tooltip="Later entry"),
        Binding(
            "tab",
            "complete(1)",
            "Complete",
            show=False,
            id="prompt.complete",
            tooltip="Put the next of the words that fit here",
        ),
        Binding(
            "shift+tab",
            "complete(-1)",
            "Complete",
            show=False,
            id="prompt.complete_back",
            tooltip="Put the word before it here",
        ),
    ]

    DEFAULT_CSS = """
    Prompt {
        /* A layer of its own, and flat while closed: `display` would repaint the whole screen. */
        layer: prompt;
        dock: bottom;
        height: 0;
        background: $panel;
        Horizontal { height: 1; }
        #prompt-label { width: auto; max-width: 50%; height: 1; color: $text-accent; }
    }
    """

    @dataclass
    class Changed(Message):
        """The value is another one now (typed, pasted, or from the history)."""

        prompt: "Prompt"
        purpose: str
        value: str

        @property
        def control(self) -> "Prompt":
            return self.prompt

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Prompt.Changed) and message.prompt is self.prompt

    @dataclass
    class Submitted(Message):
        """Enter. The prompt stays, so that it can say what is wrong: `close` it."""

        prompt: "Prompt"
        purpose: str
        value: str

        @property
        def control(self) -> "Prompt":
            return self.prompt

    @dataclass
    class Cancelled(Message):
        """Escape. The prompt is closed."""

        prompt: "Prompt"
        purpose: str

        @property
        def control(self) -> "Prompt":
            return self.prompt

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._purpose = ""
        self._label = ""
        self._histories: dict[str, list[str]] = {}
        self._at = 0
        self._draft = ""
        self._said: tuple[str, bool, int | None] = ("", False, None)
        self._back: Widget | None = None
        self._input = LineInput()
        self._input.can_focus = False
        self._message = _MessageLine()
        self._complete: Complete | None = None
        self._choices = Choices()
        self._offered: tuple[str, int] | None = None
        """The value and the position that the choices are for."""
        self._choices_line = ChoicesLine()

    def compose(self) -> ComposeResult:
        yield self._choices_line
        with Horizontal():
            yield Static(id="prompt-label", markup=False)
            yield self._input
        yield self._message

    @property
    def purpose(self) -> str:
        """What is being asked for; empty while closed."""
        return self._purpose

    @property
    def is_open(self) -> bool:
        """Whether it is asking for something."""
        return bool(self._purpose)

    @property
    def value(self) -> str:
        """What stands in the line."""
        return self._input.value

    def ask(
        self,
        purpose: str,
        label: str,
        value: str = "",
        *,
        history: Sequence[str] | None = None,
        complete: Complete | None = None,
    ) -> None:
        """Open with a label and a value to edit; messages carry the purpose.

        A `history` (oldest first) replaces what was submitted for this purpose before. `complete`
        tells which words fit at the cursor: Tab puts one after the other there.
        """
        self._complete, self._choices, self._offered = complete, Choices(), None
        if history is not None:
            self._histories[purpose] = [one_line(entry) for entry in history][-HISTORY:]
        if not self._purpose:
            self._back = self.screen.focused
        self._purpose = purpose
        self._label = clean(label)
        self.query_one("#prompt-label", Static).update(Content(self._label + " "))
        self._at = len(self._history)
        self._draft = ""
        self._put(value, silent=True)
        self.say("")
        self.styles.height = 2 if complete is None else 3
        self._choices_line.display = complete is not None
        self._offer()
        self._input.can_focus = True
        # At once: `focus()` waits, and keys typed meanwhile would be commands.
        self.screen.set_focus(self._input)

    def say(self, message: str, *, error: bool = False, position: int | None = None) -> None:
        """Show a message under the line; `position` is the character of the value it is about."""
        self._said = (message, error, position)
        self._place_message()
        # Right after opening or a long paste, the line is not yet where it will be.
        self.call_after_refresh(self._place_message)

    def _place_message(self) -> None:
        message, error, position = self._said
        column = None
        if position is not None:
            before = cell_len(self.value[:position])
            column = self._input.region.x - self.region.x + before - self._input.scroll_offset.x
        self._message.show(message, error, column)

    def close(self) -> None:
        """Hide, and give the focus back."""
        self._purpose = ""
        self.styles.height = 0
        self._input.can_focus = False
        back, self._back = self._back, None
        if back is not None and back.is_attached and back.focusable:
            self.screen.set_focus(back)
        else:
            self.screen.set_focus(None)

    @property
    def _history(self) -> list[str]:
        return self._histories.setdefault(self._purpose, [])

    def _put(self, value: str, *, silent: bool = False) -> None:
        if silent:
            with self._input.prevent(Input.Changed):
                self._input.value = value
        else:
            self._input.value = value
        self._input.cursor_position = len(self._input.value)

    def action_earlier(self) -> None:
        """The entry before this one."""
        if self._at > 0:
            if self._at == len(self._history):
                self._draft = self.value
            self._at -= 1
            self._put(self._history[self._at])

    def action_later(self) -> None:
        """The entry after this one, and at last what was typed before looking back."""
        if self._at < len(self._history):
            self._at += 1
            entries = [*self._history, self._draft]
            self._put(entries[self._at])

    # -- completing ------------------------------------------------------------------------------

    def _offer(self) -> None:
        """Show the words that fit at the cursor."""
        if self._complete is not None:
            self._offered = self.value, self._input.cursor_position
            self._choices = Choices(self._complete(*self._offered))
            self._choices_line.show(self._choices)

    def action_complete(self, by: int) -> None:
        """Put the next of the words that fit here, or the one before it."""
        only = len(self._choices.found.choices) == 1 and self._choices.at is not None
        if only or self._offered != (self.value, self._input.cursor_position):
            self._offer()
        if self._choices.step(by) is None:
            return
        value, position = self._choices.put_into(self.value)
        with self._input.prevent(Input.Changed):
            self._input.value = value
        self._input.cursor_position = position
        self._offered = value, position
        self._choices_line.show(self._choices)
        self.say("")
        self.post_message(self.Changed(self, self._purpose, value))

    def action_cancel(self) -> None:
        """Close without an answer."""
        purpose = self._purpose
        self.close()
        self.post_message(self.Cancelled(self, purpose))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if not self._purpose:
            return
        self.say("")
        self._offer()
        self.post_message(self.Changed(self, self._purpose, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._purpose:
            return
        history = self._history
        value = event.value
        if value.strip():
            if value in history:
                history.remove(value)
            history.append(value)
            del history[:-HISTORY]
        self._at = len(history)
        self.post_message(self.Submitted(self, self._purpose, value))
