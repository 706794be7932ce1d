"""An `Input` that holds only text that is safe to show, whatever is typed or pasted."""

import re
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from widgets.text import strip_unsafe

_LINE_ENDS = re.compile(r"\s*[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+\s*")


def one_line(text: str) -> str:
    """Pasted text as one safe line: line ends become a space, unsafe characters go."""
    return strip_unsafe(_LINE_ENDS.sub(" ", text))


class LineInput(Input, inherit_bindings=False):
    """One line without a frame, its editing keys with ids so that they can be remapped."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, text, show=False, id=f"edit.{name}", tooltip=text)
        for name, keys, action, text in (
            ("left", "left,ctrl+b", "cursor_left", "Left"),
            ("right", "right,ctrl+f", "cursor_right", "Right"),
            ("word_left", "ctrl+left,alt+b", "cursor_left_word", "Left by a word"),
            ("word_right", "ctrl+right,alt+f", "cursor_right_word", "Right by a word"),
            ("home", "home,ctrl+a", "home", "To the start"),
            ("end", "end,ctrl+e", "end", "To the end"),
            ("backspace", "backspace", "delete_left", "Delete to the left"),
            ("delete", "delete,ctrl+d", "delete_right", "Delete to the right"),
            ("delete_word", "ctrl+w,alt+backspace", "delete_left_word", "Delete a word"),
            ("delete_to_start", "ctrl+u", "delete_left_all", "Delete to the start"),
            ("delete_to_end", "ctrl+k", "delete_right_all", "Delete to the end"),
            ("paste", "ctrl+v", "paste", "Paste"),
            ("submit", "enter", "submit", "Accept"),
        )
    ]

    DEFAULT_CSS = """
    LineInput {
        width: 1fr;
        height: 1;
        border: none;
        padding: 0;
        background: transparent;
        &:focus { border: none; }
    }
    """

    def __init__(
        self,
        value: str = "",
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own name for it)
        classes: str | None = None,
    ) -> None:
        super().__init__(
            one_line(value),
            select_on_focus=False,
            compact=True,
            name=name,
            id=id,
            classes=classes,
        )
        # A blinking cursor would send bytes over the link for ever.
        self.cursor_blink = False

    def on_resize(self, _event: events.Resize) -> None:
        """Only a line with a width can bring its cursor into sight."""
        position = self.cursor_position
        self.cursor_position = 0
        self.cursor_position = position

    def validate_value(self, value: str) -> str:
        """Whoever sets the value, it is one safe line."""
        return one_line(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put safe text in the place of a part; typing and pasting end here."""
        super().replace(one_line(text), start, end)

    def insert(self, text: str, index: int) -> None:
        """Put in safe text, all of it, at a position."""
        super().insert(one_line(text), index)

    def on_paste(self, event: events.Paste) -> None:
        """All lines of a paste, as one."""
        event.stop()
        event.prevent_default()
        self.replace(event.text, *sorted(self.selection))
