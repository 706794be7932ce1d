"""Words that fit where the cursor stands, and the line that shows them above a prompt."""

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from widgets.line_input import one_line
from widgets.text import cell_len, clean, fit

GAP = 2
"""Blank cells between two words."""
WIDEST = 40
"""Cells of a word that are shown."""


class Choice(NamedTuple):
    """A word to put in, and what is said of it."""

    text: str
    note: str = ""


class Completion(NamedTuple):
    """The words that fit instead of the value's characters from `start` to `end`."""

    start: int
    end: int
    choices: tuple[Choice, ...] = ()


NOTHING = Completion(0, 0)


class Choices:
    """What is offered, and which of it was put in."""

    def __init__(self, found: Completion = NOTHING) -> None:
        self.found = found
        self.at: int | None = None
        self._end = found.end
        """Where what stands there now ends."""

    def step(self, by: int) -> Choice | None:
        """The next choice, or the one before; None without any."""
        count = len(self.found.choices)
        if not count:
            return None
        if self.at is None:
            self.at = 0 if by > 0 else count - 1
        else:
            self.at = (self.at + by) % count
        return self.found.choices[self.at]

    def put_into(self, value: str) -> tuple[str, int]:
        """The value with the present choice in its place, and where the cursor stands then."""
        if self.at is None:
            return value, len(value)
        text = one_line(self.found.choices[self.at].text)
        new = value[: self.found.start] + text + value[self._end :]
        self._end = self.found.start + len(text)
        return new, self._end


class ChoicesLine(Widget):
    """The words that fit, the one that was put in marked; those that have no room are counted."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "choices--word",
        "choices--chosen",
        "choices--note",
    }
    DEFAULT_CSS = """
    ChoicesLine {
        height: 1;
        & > .choices--word { color: $foreground; }
        & > .choices--chosen { text-style: bold reverse; }
        & > .choices--note { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[tuple[Choice, ...], int | None] = ((), None)

    def show(self, choices: Choices) -> None:
        """Show what is offered; the same again costs nothing."""
        shown = choices.found.choices, choices.at
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, plain = self.size.width, self.rich_style
        choices, at = self._shown
        if y or not choices:
            return Strip.blank(width, plain)
        note = self.get_component_rich_style("choices--note")
        segments, used = [Segment(" ", plain)], 1
        first = self._first(choices, at or 0, width)
        for place in range(first, len(choices)):
            word, said = _words(choices[place])
            size = cell_len(word) + cell_len(said) + GAP
            left = len(choices) - place
            if used + size > width - (0 if left == 1 else 5) and place > first:
                segments.append(Segment(f"+{left}", note))
                break
            part = "choices--chosen" if place == at else "choices--word"
            segments.append(Segment(word, self.get_component_rich_style(part)))
            segments.append(Segment(said + " " * GAP, note))
            used += size
        return Strip(segments).crop_extend(0, width, plain)

    def _first(self, choices: tuple[Choice, ...], at: int, width: int) -> int:
        """The first word that is shown: the chosen one has to be in sight."""
        first, used = at, 0
        while first >= 0:
            used += sum(map(cell_len, _words(choices[first]))) + GAP
            if used > width - 6:
                return min(at, first + 1)
            first -= 1
        return 0


def _words(choice: Choice) -> tuple[str, str]:
    word = clean(choice.text)
    if cell_len(word) > WIDEST:
        word = fit(word, WIDEST)
    return word, f" {clean(choice.note)}" if choice.note else ""
