"""The MFA code of a role: asked for in the app, for whoever asks on the terminal breaks the
screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from widgets.question import Question
from widgets.text import clean

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from triage_tui.health import CodeRequest

DIGITS = 6
"""Of every code that AWS takes."""


class CodeScreen(Question[str | None]):
    """The code; None for "not now". Takes digits alone, so that keys which were meant for the
    screen below do no harm."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"code.{name}", tooltip=text)
        for name, keys, action, text in (
            ("accept", "enter", "accept", "Send the code"),
            ("back", "backspace", "back", "Take the last digit back"),
            ("clear", "ctrl+u", "clear", "Take all digits back"),
            ("cancel", "escape", "cancel", "Not now"),
        )
    ]
    DEFAULT_CSS = """
    CodeScreen { align: center middle; }
    CodeScreen > Vertical {
        width: 66; max-width: 100%; height: auto;
        border: round $accent; background: $surface; padding: 0 1;
    }
    CodeScreen Static { height: auto; }
    CodeScreen #title { text-style: bold; }
    CodeScreen .fact { color: $text-muted; }
    CodeScreen #refused { color: $text-error; }
    CodeScreen #code { color: $text-accent; text-style: bold; margin-top: 1; }
    CodeScreen #hint { color: $text-muted; margin-top: 1; }
    """

    def __init__(self, asked: CodeRequest, key: str) -> None:
        """`key` asks again, after "not now"."""
        super().__init__()
        self._asked = asked
        self._key = key
        self._digits = ""

    def compose(self) -> ComposeResult:
        asked = self._asked
        with Vertical():
            yield Static(Content(clean(f"MFA code for {asked.whose}")), id="title")
            yield Static(Content(clean(f"role    {asked.role}")), classes="fact")
            yield Static(Content(clean(f"device  {asked.serial}")), classes="fact")
            if asked.refused:
                yield Static(Content(clean(asked.refused)), id="refused")
            yield Static(self._shown(), id="code")
            hint = f"Enter send   Esc not now; {self._key} asks again"
            yield Static(Content(clean(hint)), id="hint")

    def _shown(self) -> Content:
        """As many marks as digits: a code is nobody else's business."""
        return Content("code    " + " ".join("●" * len(self._digits) + "_" * self._missing))

    @property
    def _missing(self) -> int:
        return DIGITS - len(self._digits)

    def _take(self, text: str) -> None:
        digits = "".join(char for char in text if char in "0123456789")
        self._digits = (self._digits + digits)[:DIGITS]
        self._show()

    def _show(self) -> None:
        self.query_one("#code", Static).update(self._shown())

    def on_key(self, event: events.Key) -> None:
        """Nothing that is typed here means anything elsewhere."""
        if event.is_printable:
            event.stop()
            event.prevent_default()
            self._take(event.character or "")

    def on_paste(self, event: events.Paste) -> None:
        """Codes are copied, too, with a space in the middle."""
        event.stop()
        self._take(event.text)

    def action_back(self) -> None:
        """Take the last digit back."""
        self._digits = self._digits[:-1]
        self._show()

    def action_clear(self) -> None:
        """Take all digits back."""
        self._digits = ""
        self._show()

    def action_accept(self) -> None:
        """Send the code, if it is one."""
        if not self._missing:
            self.dismiss(self._digits)

    def action_cancel(self) -> None:
        """Not now."""
        self.dismiss(None)
