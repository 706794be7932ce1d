"""From the history of decisions to cases: pure, the same for every casebook.

A decision is never changed; a later one takes its place. Order is the order of writing, so neither
a clock that was set back nor a step back in event time makes an old decision win.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Case, Change, Note, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOTE = "note"
NOTE_REMOVED = "note removed"
NOTE_RESTORED = "note restored"
STATUS = "status"
VERDICT = "verdict"
ASSIGNEE = "assignee"
TAG = "tag"
UNTAG = "tag removed"


class Entry(msgspec.Struct, frozen=True):
    """A Change as it is stored."""

    number: int
    """Ascending in the order of writing; a note's is its id."""
    change: Change
    about: int | None = None
    """The note that is removed or restored; None for all other fields."""


class _Subject:
    """What was said of one subject, each with the number of the decision."""

    def __init__(self) -> None:
        self.status = (0, Status.NEW)
        self.verdict = (0, Verdict.UNDECIDED)
        self.assignee = (0, "")
        self.tags: dict[str, tuple[int, bool]] = {}
        self.notes: dict[int, Note] = {}


_NOTHING = Case()


class Fold:
    """All cases, kept up to date by one entry after another."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._subjects: dict[str, _Subject] = {}
        self._notes: dict[int, Note] = {}
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the last entry taken in."""
        return self._last

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes in entries (which passed `check`), each once."""
        for entry in entries:
            if entry.number > self._last:
                self._take(entry)
                self._last = entry.number
                self.changes.append(entry.change)

    def note(self, number: int) -> Note | None:
        """The note of that id, removed or not."""
        return self._notes.get(number)

    def case(self, subjects: Iterable[str]) -> Case:
        """The case of one entity, known by several subjects."""
        found = [said for name in dict.fromkeys(subjects) if (said := self._subjects.get(name))]
        if not found:
            return _NOTHING
        notes = [note for said in found for note in said.notes.values()]
        return Case(
            status=max(said.status for said in found)[1],
            verdict=max(said.verdict for said in found)[1],
            assignee=max(said.assignee for said in found)[1],
            tags=_tags(found),
            notes=tuple(sorted(notes, key=lambda note: (note.made, note.id))),
        )

    def _take(self, entry: Entry) -> None:
        change = entry.change
        said = self._subjects.get(change.subject) or _Subject()
        _TAKERS[change.field](self, said, entry)
        self._subjects[change.subject] = said

    def _take_note(self, said: _Subject, entry: Entry) -> None:
        change = entry.change
        note = Note(
            id=entry.number,
            subject=change.subject,
            text=change.value,
            author=change.author,
            made=change.made,
            cursor=change.cursor,
        )
        self._notes[note.id] = said.notes[note.id] = note

    def _take_removal(self, said: _Subject, entry: Entry) -> None:
        said.notes.pop(entry.about or 0, None)

    def _take_return(self, said: _Subject, entry: Entry) -> None:
        note = self._notes.get(entry.about or 0)
        if note is not None and note.subject == entry.change.subject:
            said.notes[note.id] = note

    def _take_status(self, said: _Subject, entry: Entry) -> None:
        said.status = (entry.number, Status(entry.change.value))

    def _take_verdict(self, said: _Subject, entry: Entry) -> None:
        said.verdict = (entry.number, Verdict(entry.change.value))

    def _take_assignee(self, said: _Subject, entry: Entry) -> None:
        said.assignee = (entry.number, entry.change.value)

    def _take_tag(self, said: _Subject, entry: Entry) -> None:
        said.tags[entry.change.value] = (entry.number, entry.change.field == TAG)


_TAKERS: dict[str, Callable[[Fold, _Subject, Entry], None]] = {
    NOTE: Fold._take_note,
    NOTE_REMOVED: Fold._take_removal,
    NOTE_RESTORED: Fold._take_return,
    STATUS: Fold._take_status,
    VERDICT: Fold._take_verdict,
    ASSIGNEE: Fold._take_assignee,
    TAG: Fold._take_tag,
    UNTAG: Fold._take_tag,
}


def check(change: Change) -> None:
    """Raises ValueError for a decision that no casebook takes down."""
    if change.field not in _TAKERS:
        raise ValueError(f"unknown field {change.field!r}")
    if change.field == STATUS:
        Status(change.value)
    elif change.field == VERDICT:
        Verdict(change.value)


def _tags(found: Iterable[_Subject]) -> tuple[str, ...]:
    """Tags in the order in which they were last set; whoever spoke last of a tag decides it."""
    newest: dict[str, tuple[int, bool]] = {}
    for said in found:
        for tag, spoken in said.tags.items():
            newest[tag] = max(newest.get(tag, spoken), spoken)
    kept = sorted((number, tag) for tag, (number, there) in newest.items() if there)
    return tuple(tag for _, tag in kept)
