"""Pages to read: the keys of a screen from the registry, and what became of the sources."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from triage_tui.ui.actions import GROUPS, OVERVIEW, RECORD, effective_keys, on_screen, shown_key
from triage_tui.ui.adapters import health, words
from widgets.text import fit, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual import events
    from textual.app import ComposeResult

    from triage_tui.health import FileReport
    from triage_tui.triage import Triage

FILTER_HELP = (
    ("for example", "ip:203.0.113.0/24 -outcome:ok action:Delete* (path:/wp-* or status>=500)"),
    ("who", "ip source_ip principal principal_type role_session access_key service agent account"),
    ("what", "action resource method path status bytes outcome severity finding"),
    ("where and when", "format region time id duplicate"),
    ("any text", "searches the raw records; quotes hold words together"),
)
"""What a filter may say. The long names of `agent` and `service` go without saying."""
WIDEST = 88
_FRAME = 5
"""Cells of the border, the padding and the scroll bar."""
REFRESH = 1.0
"""Seconds between two looks at live sources."""


class Page(ModalScreen[None]):
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
        yield Content.styled("Filters, behind /", "bold $text-accent")
        for head, text in FILTER_HELP:
            yield from _hanging(f"  {head}", text, width, 20)
        yield Content("")
        note = "⚠ acts on the outside world, and asks before it does"
        yield from _hanging("", note, width, 2, "$text-warning")

    def _rows(self, group: str) -> Iterator[tuple[str, str, bool]]:
        for action in on_screen(self._about):
            if action.group == group and action.layer != RECORD:
                keys = "  ".join(map(shown_key, effective_keys(action, self._keymap)))
                sign = "⚠ " if action.changes_world else ""
                yield keys, f"{sign}{action.help}", action.changes_world


class SourcesScreen(Page):
    """Every source: how much was read, and what is wrong with it."""

    HEADING = "Sources"

    def __init__(self, triage: Triage) -> None:
        super().__init__()
        self._triage = triage
        self._events: dict[str, int] = {}
        self._rates: dict[str, float] = {}

    def on_mount(self) -> None:
        """Live sources change while somebody looks."""
        self.set_interval(REFRESH, self._look_again)

    def _look_again(self) -> None:
        live = [source.report for source in self._triage.sources if source.report.live]
        for report in live:
            events = report.live.events if report.live else 0
            fresh = (events - self._events.get(_name(report), events)) / REFRESH
            before = self._rates.get(_name(report), fresh)
            self._rates[_name(report)] = before + (fresh - before) / 4
            self._events[_name(report)] = events
        if live:
            self.show()

    def lines(self, width: int) -> Iterator[Content]:
        reports = [source.report for source in self._triage.sources]
        now = self._triage.clock.wall()
        if not reports:
            yield Content("no source yet: looking for log groups and findings")
        folder = common_folder([report.path for report in reports if report.live is None])
        if folder:
            yield from _hanging("", f"in {folder}", width, 0, "$text-muted")
        # Those in trouble first; the rest in their order.
        for report in sorted(reports, key=lambda report: not health.is_troubled(report, now)):
            place = f"  {report.live.place}" if report.live else ""
            for line in wrap(report.path[len(folder) :] + place, width):
                yield Content.styled(line, "bold")
            if report.live is not None:
                rate = self._rates.get(_name(report), 0.0)
                for text, style in health.lines(report, report.live, rate, now):
                    yield from _hanging("", text, width, 2, style)
            else:
                yield from _hanging("", _read(report), width, 2)
            if report.error is not None:
                yield from _hanging("", report.error, width, 2, "$text-error")
            if report.left is not None:
                yield from _hanging("", report.left, width, 2, "$text-muted")
        yield Content("")
        if any(report.live for report in reports):
            for text, style in health.recorded(self._triage):
                yield from _hanging("", text, width, 2, style)
        index = self._triage.index
        text = (
            f"{words.counted(index.rows, 'record')}, "
            f"{words.counted(index.duplicates, 'duplicate')}, "
            f"{words.number(index.unparsed)} unparsed"
        )
        yield from _hanging("", text, width, 0)


def _name(report: FileReport) -> str:
    return f"{report.path} {report.live.place}" if report.live else report.path


def common_folder(paths: list[str]) -> str:
    """The folder that all paths have in common, with its slash; "" for none."""
    try:
        folder = os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:  # none at all, or absolute and relative ones
        return ""
    return f"{folder}/" if folder and len(paths) > 1 else ""


def _read(report: FileReport) -> str:
    formats = ", ".join(f"{words.number(count)} {name}" for name, count in report.formats.items())
    unparsed = f", {words.number(report.unparsed)} unparsed" if report.unparsed else ""
    return f"{report.state.value}: {formats or 'no events'}{unparsed}"
