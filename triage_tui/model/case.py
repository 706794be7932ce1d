"""What people say of an entity or an event."""

from __future__ import annotations

import enum

import msgspec


class Status(enum.StrEnum):
    """Where a case stands."""

    NEW = "new"
    OPEN = "open"
    CONTAINED = "contained"
    CLOSED = "closed"


class Verdict(enum.StrEnum):
    """What people decided about it."""

    UNDECIDED = "undecided"
    TRUE_POSITIVE = "true positive"
    BENIGN = "benign"
    FALSE_POSITIVE = "false positive"


class Note(msgspec.Struct, frozen=True):
    """What somebody wrote about a subject (`ip:…`, `principal:…`, `event:…`)."""

    id: int
    subject: str
    text: str
    author: str
    made: int
    """Wall-clock time."""
    cursor: int
    """Event time at which the triage stood when it was made."""


MARKED = "marked"
"""The tag of what somebody wants to come back to."""


class Claim(msgspec.Struct, frozen=True):
    """A status or verdict as somebody set it."""

    value: Status | Verdict
    author: str
    made: int
    """Wall-clock time."""


class Case(msgspec.Struct, frozen=True):
    """What people say of an entity: the newest status and verdict, all notes and tags of its
    subjects."""

    status: Status = Status.NEW
    verdict: Verdict = Verdict.UNDECIDED
    assignee: str = ""
    tags: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    disputed: tuple[Claim, ...] = ()
    """Other statuses and verdicts, newest first, that were set by people who had not seen each
    other's: they stand until somebody who has seen all of them decides."""

    @property
    def is_marked(self) -> bool:
        """Whether somebody wants to come back to it."""
        return MARKED in self.tags


class Presence(msgspec.Struct, frozen=True):
    """Somebody else is at work on the same events."""

    who: str
    subject: str
    """What they look at (`ip:…`); "" for nothing in particular."""


class Change(msgspec.Struct, frozen=True):
    """One entry of the casebook's history: a decision with its author and both times."""

    subject: str
    field: str
    """`note`, `status`, `verdict`, `tag`, `assignee`, and their reversals: `note removed`,
    `note restored`, `tag removed`."""
    value: str
    author: str
    made: int
    cursor: int


class KeepError(Exception):
    """What could not be written into the config: where, why, and what to do."""
