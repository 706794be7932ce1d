"""What somebody marked to come back to, and the events that people spoke of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import MARKED
from triage_tui.store.twins import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import Change

SIGN, NOTED = "◆", "✎"
EVENT = "event:"
"""What the casebook's names of events begin with."""


def subject(event_id: str) -> str:
    """The casebook's name for an event."""
    return f"{EVENT}{event_id}"


def marked(history: Iterable[Change]) -> list[str]:
    """The subjects that are marked now, in the order in which they were."""
    found: dict[str, None] = {}
    for change in history:
        if change.value != MARKED:
            continue
        if change.field == "tag":
            found[change.subject] = None
        elif change.field == "tag removed":
            found.pop(change.subject, None)
    return list(found)


def next_place(places: Iterable[int], index: int) -> int | None:
    """The next place after an index, from the first again behind the last; None without any."""
    ordered = sorted(places)
    return next((place for place in ordered if place > index), ordered[0] if ordered else None)


class SaidOfEvents:
    """Which events have a note or a mark; follows the history as it grows."""

    def __init__(self) -> None:
        self._read = 0
        self._notes: dict[int, int] = {}
        self._marks: set[int] = set()
        self.names: dict[int, str] = {}
        """By the number of an event, its name in the casebook."""

    def follow(self, history: Sequence[Change]) -> None:
        """Takes in what is new."""
        for change in history[self._read :]:
            if change.subject.startswith(EVENT):
                number = number_of(change.subject.removeprefix(EVENT))
                self.names[number] = change.subject
                self._take(number, change)
        self._read = len(history)

    def _take(self, number: int, change: Change) -> None:
        match change.field:
            case "note" | "note restored":
                self._notes[number] = self._notes.get(number, 0) + 1
            case "note removed":
                self._notes[number] = max(0, self._notes.get(number, 0) - 1)
            case "tag" if change.value == MARKED:
                self._marks.add(number)
            case "tag removed" if change.value == MARKED:
                self._marks.discard(number)

    @property
    def marks(self) -> frozenset[int]:
        """The numbers of the marked events."""
        return frozenset(self._marks)

    def signs(self, number: int) -> str:
        """`◆✎`: what was said of an event."""
        mark = SIGN if number in self._marks else ""
        return f"{mark}{NOTED if self._notes.get(number) else ''}"
