"""Status and verdict: two rows of choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from triage_tui.model import Case, Status, Verdict
from widgets.question import Question
from widgets.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


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


class DecideScreen(Question[Decision | None]):
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
