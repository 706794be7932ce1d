"""Pages to read: the keys of a screen, from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from triage_tui.ui.actions import BY_ID, GROUPS, MOVE, OVERVIEW, RECORD, on_screen
from triage_tui.ui.keymap import effective_keys, shown_key
from widgets.question import Question
from widgets.text import fit, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual import events
    from textual.app import ComposeResult

FILTER_HELP = (
    ("for example", "ip:203.0.113.0/24 -outcome:ok action:Delete* (path:/wp-* or status>=500)"),
    ("who", "ip source_ip principal principal_type role_session access_key service agent account"),
    ("what", "action resource method path status bytes outcome severity finding"),
    ("where and when", "format region time id duplicate intel rule detection"),
    ("any text", "searches the raw records; quotes hold words together"),
)
"""What a filter may say. The long names of `agent` and `service` go without saying."""
WIDEST = 88
_FRAME = 5
"""Cells of the border, the padding and the scroll bar."""


class Page(Question[None]):
    """Lines over the screen; they scroll where it is small."""

    AUTO_FOCUS = ""
    HEADING = ""
    _width = WIDEST - _FRAME
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"page.{name}", tooltip=text)
        for name, keys, action, text in (
            ("close", "escape,q,question_mark,f1,enter", "close", "Close"),
            ("down", "j,down", "scroll(1)", "Down"),
            ("up", "k,up", "scroll(-1)", "Up"),
            ("page_down", "pagedown,ctrl+d,space", "scroll(10)", "Down by a page"),
            ("page_up", "pageup,ctrl+u", "scroll(-10)", "Up by a page"),
            ("first", "g,home", "scroll(-9999)", "To the start"),
            ("last", "G,end", "scroll(9999)", "To the end"),
        )
    ]
    DEFAULT_CSS = """
    Page { align: center middle; }
    Page > VerticalScroll {
        width: 88; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
        border-title-color: $text-accent; border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
    }
    Page Static { height: auto; }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False) as box:
            box.border_title = self.HEADING
            box.border_subtitle = "j k scroll   Esc close"
            yield Static()

    def on_resize(self, event: events.Resize) -> None:
        """Break the lines for the width that there is."""
        self._width = max(20, min(WIDEST, event.size.width) - _FRAME)
        self.show()

    def show(self) -> None:
        """Write the lines as they are now."""
        width = self._width
        self.query_one(Static).update(Content("\n").join(list(self.lines(width))))

    def lines(self, width: int) -> Iterator[Content]:
        """What there is to read, clean, in lines of at most `width` cells."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Read on, or back."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _hanging(head: str, text: str, width: int, indent: int, style: str = "") -> Iterator[Content]:
    """A bold head, and text beside it that keeps clear of it."""
    for number, line in enumerate(wrap(text, width - indent)):
        margin = fit(head if number == 0 else "", indent)
        yield Content.assemble((margin, "bold"), (line, style))


def styled(text: str, style: str, width: int) -> Iterator[Content]:
    """Text in one style; what goes on hangs below where it began."""
    yield from _hanging("", text, width, 2, style)


class HelpScreen(Page):
    """The keys of a screen."""

    HEADING = "Keys"

    def __init__(self, screen: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._about = screen or OVERVIEW
        self._keymap = keymap

    def lines(self, width: int) -> Iterator[Content]:
        for group in GROUPS:
            rows = list(self._rows(group))
            if rows:
                yield Content.styled(group, "bold $text-accent")
            for keys, text, world in rows:
                yield from _hanging(f"  {keys}", text, width, 20, "$text-warning" if world else "")
        if self._about in BY_ID["filter.edit"].screens:
            yield Content.styled("Filters, behind /", "bold $text-accent")
            for head, text in FILTER_HELP:
                yield from _hanging(f"  {head}", text, width, 20)
        if any(action.changes_world for action in on_screen(self._about)):
            yield Content("")
            note = "⚠ acts on the outside world, and asks before it does"
            yield from _hanging("", note, width, 2, "$text-warning")

    def _rows(self, group: str) -> Iterator[tuple[str, str, bool]]:
        for action in on_screen(self._about):
            again = action.group == MOVE and action.layer == RECORD  # as in every table
            if action.group == group and not again:
                keys = "  ".join(map(shown_key, effective_keys(action, self._keymap)))
                sign = "⚠ " if action.changes_world else ""
                yield keys, f"{sign}{action.help}", action.changes_world
