"""Pages to read: the keys of a screen from the registry, and what became of the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from triage_tui.ui.actions import GROUPS, OVERVIEW, RECORD, effective_keys, on_screen, shown_key
from triage_tui.ui.adapters import words
from widgets.text import cell_len, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from textual.app import ComposeResult

    from triage_tui.model import FileReport
    from triage_tui.triage import Triage


class Page(ModalScreen[None]):
    """Lines over the screen; they scroll where it is small."""

    AUTO_FOCUS = ""
    HEADING = ""
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
            yield Static(Content("\n").join(self.lines()))

    def lines(self) -> Iterable[Content]:
        """What there is to read, clean."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Read on, or back."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


class HelpScreen(Page):
    """The keys of a screen."""

    HEADING = "Keys"

    def __init__(self, screen: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._about = screen or OVERVIEW
        self._keymap = keymap

    def lines(self) -> Iterator[Content]:
        for group in GROUPS:
            rows = list(self._rows(group))
            if rows:
                yield Content.styled(group, "bold $text-accent")
            for keys, text, world in rows:
                pad = " " * max(1, 19 - cell_len(keys))
                sign = Content.styled("  ⚠ acts on the outside world" if world else "",
                                      "$text-warning")  # fmt: skip
                yield Content.assemble("  ", (keys, "bold"), pad, text, sign)

    def _rows(self, group: str) -> Iterator[tuple[str, str, bool]]:
        for action in on_screen(self._about):
            if action.group == group and action.layer != RECORD:
                keys = "  ".join(map(shown_key, effective_keys(action, self._keymap)))
                yield clean(keys), clean(action.help), action.changes_world


class SourcesScreen(Page):
    """Every source: how much was read, and what is wrong with it."""

    HEADING = "Sources"

    def __init__(self, triage: Triage) -> None:
        super().__init__()
        self._triage = triage

    def lines(self) -> Iterator[Content]:
        for source in self._triage.sources:
            report = source.report
            yield Content.styled(clean(report.path), "bold")
            yield Content.assemble("  ", clean(_read(report)))
            if report.error is not None:
                yield Content.assemble("  ", (clean(report.error), "$text-error"))
        yield Content("")
        index = self._triage.index
        yield Content(
            f"{words.counted(index.rows, 'record')} in all, "
            f"{words.counted(index.duplicates, 'duplicate')}, "
            f"{words.number(index.unparsed)} unparsed"
        )


def _read(report: FileReport) -> str:
    formats = ", ".join(f"{words.number(count)} {name}" for name, count in report.formats.items())
    unparsed = f", {words.number(report.unparsed)} unparsed" if report.unparsed else ""
    return f"{report.state.value}: {formats or 'no events'}{unparsed}"
