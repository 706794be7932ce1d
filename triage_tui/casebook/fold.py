"""From the history of decisions to cases: pure, the same for every casebook.

A decision is never changed; a later one takes its place. Order is the order of writing, so neither
a clock that was set back nor a step back in event time makes an old decision win. Each says what
its author had seen by then: of two that did not know of each other, the later one shows, and the
other is told beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from triage_tui.model import Case, Change, Claim, Note, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
    seen: int | None = None
    """The last entry that its author knew; None is all before it."""
    key: str = ""
    """Names the decision in every casebook that it comes to; "" where it has not left this one."""


class _Head(NamedTuple):
    """A status or verdict that nobody has decided again."""

    number: int
    seen: int
    value: Status | Verdict
    author: str
    made: int


class _Subject:
    """What was said of one subject, each with the number of the decision."""

    def __init__(self) -> None:
        self.statuses: tuple[_Head, ...] = ()
        self.verdicts: tuple[_Head, ...] = ()
        self.assignee = (0, "")
        self.tags: dict[str, tuple[int, bool]] = {}
        self.notes: dict[int, tuple[int, bool]] = {}
        """By id, whether it is on the case."""


_NOTHING = Case()
_Key = TypeVar("_Key", str, int)


class Fold:
    """All cases, kept up to date by one entry after another. What was decided here and is not
    written yet lies `on` what is."""

    def __init__(self, on: Fold | None = None) -> None:
        self.changes: list[Change] = []
        self._on = on
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

    def pass_over(self, number: int) -> None:
        """The entry of that number cannot be read."""
        self._last = max(self._last, number)

    def note(self, number: int) -> Note | None:
        """The note of that id, removed or not."""
        return self._notes.get(number) or (self._on.note(number) if self._on else None)

    def history(self) -> Sequence[Change]:
        """Every decision, oldest first."""
        return [*self._on.changes, *self.changes] if self._on else self.changes

    def case(self, subjects: Iterable[str]) -> Case:
        """The case of one entity, known by several subjects."""
        found = self._said_of(dict.fromkeys(subjects))
        if not found:
            return _NOTHING
        statuses = _standing([head for said in found for head in said.statuses])
        verdicts = _standing([head for said in found for head in said.verdicts])
        notes = [self.note(number) for number in _kept(said.notes for said in found)]
        return Case(
            status=Status(statuses[0].value) if statuses else Status.NEW,
            verdict=Verdict(verdicts[0].value) if verdicts else Verdict.UNDECIDED,
            assignee=max(said.assignee for said in found)[1],
            # Tags in the order in which they were last set; whoever spoke last of one decides it.
            tags=tuple(_kept(said.tags for said in found)),
            notes=tuple(sorted(filter(None, notes), key=lambda note: (note.made, note.id))),
            disputed=tuple(
                Claim(head.value, head.author, head.made)
                for heads in (statuses, verdicts)
                for head in heads[1:]
            ),
        )

    def _said_of(self, names: Iterable[str]) -> list[_Subject]:
        below = self._on._subjects if self._on else {}
        return [
            said
            for name in names
            for each in (below, self._subjects)
            if (said := each.get(name)) is not None
        ]

    def _take(self, entry: Entry) -> None:
        said = self._subjects.setdefault(entry.change.subject, _Subject())
        _TAKERS[entry.change.field](self, said, entry)

    def _take_note(self, said: _Subject, entry: Entry) -> None:
        change = entry.change
        self._notes[entry.number] = Note(
            id=entry.number,
            subject=change.subject,
            text=change.value,
            author=change.author,
            made=change.made,
            cursor=change.cursor,
        )
        said.notes[entry.number] = (entry.number, True)

    def _take_removal(self, said: _Subject, entry: Entry) -> None:
        note = self.note(entry.about or 0)
        if note is not None and note.subject == entry.change.subject:
            said.notes[note.id] = (entry.number, entry.change.field == NOTE_RESTORED)

    def _take_status(self, said: _Subject, entry: Entry) -> None:
        said.statuses = _heads(said.statuses, entry, Status(entry.change.value))

    def _take_verdict(self, said: _Subject, entry: Entry) -> None:
        said.verdicts = _heads(said.verdicts, entry, Verdict(entry.change.value))

    def _take_assignee(self, said: _Subject, entry: Entry) -> None:
        said.assignee = (entry.number, entry.change.value)

    def _take_tag(self, said: _Subject, entry: Entry) -> None:
        said.tags[entry.change.value] = (entry.number, entry.change.field == TAG)


_TAKERS: dict[str, Callable[[Fold, _Subject, Entry], None]] = {
    NOTE: Fold._take_note,
    NOTE_REMOVED: Fold._take_removal,
    NOTE_RESTORED: Fold._take_removal,
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


def _heads(before: tuple[_Head, ...], entry: Entry, value: Status | Verdict) -> tuple[_Head, ...]:
    """The decisions that stand after one more."""
    seen = entry.number - 1 if entry.seen is None else entry.seen
    change = entry.change
    return _standing(
        [*before, _Head(entry.number, seen, value, change.author, change.made)], all_values=True
    )


def _standing(heads: Sequence[_Head], *, all_values: bool = False) -> tuple[_Head, ...]:
    """Those that no later one has seen, and no later one of the same author replaces; newest
    first. Unless for `all_values`, of those that say the same the newest."""
    ordered = sorted(heads, reverse=True)
    standing = [
        head
        for place, head in enumerate(ordered)
        if not any(
            later.seen >= head.number or later.author == head.author for later in ordered[:place]
        )
    ]
    if all_values:
        return tuple(standing)
    return tuple({head.value: head for head in reversed(standing)}.values())[::-1]


def _kept(spoken: Iterable[dict[_Key, tuple[int, bool]]]) -> list[_Key]:
    """What is there by the last word on each, in the order of those words."""
    newest: dict[_Key, tuple[int, bool]] = {}
    for words in spoken:
        for name, word in words.items():
            newest[name] = max(newest.get(name, word), word)
    kept = sorted((number, name) for name, (number, there) in newest.items() if there)
    return [name for _, name in kept]
