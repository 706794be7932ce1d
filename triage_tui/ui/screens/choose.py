"""One of several things to do, each with its key and what would come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from widgets.lines import on
from widgets.question import Question
from widgets.text import clean, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

LABEL = 10
"""Cells of a choice's name."""


class Choice(NamedTuple):
    """What can be chosen; texts are raw. Keys are single characters, each once."""

    key: str
    name: str
    shown: str
    """What comes of it, in one line."""


class _Lines(Widget):
    """The choices, one a line; as many as there is room for."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "choose--key", "choose--name", "choose--shown", "choose--cursor",
    }  # fmt: skip
    DEFAULT_CSS = """
    _Lines {
        & > .choose--key { color: $text-accent; text-style: bold; }
        & > .choose--name { color: $foreground; }
        & > .choose--shown { color: $text-muted; }
        & > .choose--cursor { background: $block-cursor-background; text-style: bold; }
        &:ansi > .choose--cursor { color: $block-cursor-foreground; }
    }
    """

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.choices = choices
        self.at = 0
        self.styles.height = len(choices)

    def render_line(self, y: int) -> Strip:
        width, plain = self.size.width, self.rich_style
        top = max(0, self.at - self.size.height + 1)
        if top + y >= len(self.choices):
            return Strip.blank(width, plain)
        choice, chosen = self.choices[top + y], top + y == self.at
        base = self.get_component_rich_style("choose--cursor") if chosen else plain

        def part(text: str, name: str) -> Segment:
            style = self.get_component_rich_style(f"choose--{name}", partial=True)
            return Segment(text, on(base, style))

        line = [
            Segment("▌" if chosen else " ", base),
            part(f"{clean(choice.key)}  ", "key"),
            part(fit(choice.name, LABEL) + " ", "name"),
            part(fit(choice.shown, max(0, width - LABEL - 5)), "shown"),
        ]
        return Strip(line).crop_extend(0, width, base)

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        top = max(0, self.at - self.size.height + 1)
        if isinstance(self.screen, ChooseScreen) and top + event.y < len(self.choices):
            self.screen.dismiss(self.choices[top + event.y].key)


class ChooseScreen(Question[str | None]):
    """Gives the key of what was chosen, None when given up. The key that opened it takes the first
    choice, so that pressed twice it does the usual thing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"choose.{name}", tooltip=text)
        for name, keys, action, text in (
            ("down", "down,tab,ctrl+n", "move(1)", "The next choice"),
            ("up", "up,shift+tab,ctrl+p", "move(-1)", "The choice before"),
            ("accept", "enter", "accept", "Do it"),
            ("cancel", "escape", "cancel", "Do nothing"),
        )
    ]
    DEFAULT_CSS = """
    ChooseScreen { align: center middle; }
    ChooseScreen > Vertical {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    ChooseScreen .title { text-style: bold; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ChooseScreen _Lines { max-height: 100%; }
    ChooseScreen .hint { color: $text-muted; height: 1; }
    """

    def __init__(self, title: str, choices: Sequence[Choice], again: str = "") -> None:
        """`again` are the keys that opened it, as events name them, with commas."""
        super().__init__()
        self._title = title
        self._again = frozenset(again.split(","))
        self._lines = _Lines(choices)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(clean(self._title)), classes="title")
            yield self._lines
            yield Static(Content("its key, or ↑ ↓ and Enter   Esc cancels"), classes="hint")

    def on_resize(self, event: events.Resize) -> None:
        """The title and the hint stay in sight."""
        self._lines.styles.max_height = max(1, event.size.height - 4)

    def on_key(self, event: events.Key) -> None:
        """A choice's own key takes it; `j` and `k` move where they are nobody's."""
        keys = {choice.key for choice in self._lines.choices}
        if event.character in keys:
            event.stop()
            self.dismiss(event.character)
        elif event.key in self._again or event.character in self._again:
            event.stop()
            self.dismiss(self._lines.choices[0].key)
        elif event.character in ("j", "k"):
            event.stop()
            self.action_move(1 if event.character == "j" else -1)

    def action_move(self, by: int) -> None:
        """Another choice."""
        self._lines.at = (self._lines.at + by) % len(self._lines.choices)
        self._lines.refresh()

    def action_accept(self) -> None:
        """Do it."""
        self.dismiss(self._lines.choices[self._lines.at].key)

    def action_cancel(self) -> None:
        """Do nothing."""
        self.dismiss(None)
