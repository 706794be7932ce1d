"""The incident report as data: what `report --json` prints. Keys are added, never renamed."""

from __future__ import annotations

import msgspec


class SourceLine(msgspec.Struct, frozen=True):
    """One input. `error` says what could not be read."""

    path: str
    formats: dict[str, int]
    records: int
    unparsed: int
    error: str | None


class Summary(msgspec.Struct, frozen=True):
    """When, how many, from what; and what is missing."""

    events: int
    unparsed: int
    duplicates: int
    first: str | None
    last: str | None
    cursor: str | None
    filter: str
    worst: str | None
    formats: dict[str, int]
    entities: dict[str, int]
    sources: tuple[SourceLine, ...]


class ReasonLine(msgspec.Struct, frozen=True):
    """Why; the points of an entity's reasons add up to its risk."""

    points: int
    text: str
    kind: str
    ref: str | None


class DetectionLine(msgspec.Struct, frozen=True):
    """A rule that matched, how often, and whom it is by."""

    rule: str
    title: str
    level: str
    count: int
    author: str
    licence: str


class EntityEntry(msgspec.Struct, frozen=True):
    """Who, what they did, and what was decided about them."""

    kind: str
    key: str
    label: str
    risk: int
    reasons: tuple[ReasonLine, ...]
    events: int
    denied: int
    errors: int
    blocked: int
    findings: int
    first: str
    last: str
    principals: tuple[str, ...]
    ips: tuple[str, ...]
    actions: tuple[tuple[str, int], ...]
    targets: tuple[tuple[str, int], ...]
    status: str
    verdict: str
    assignee: str
    tags: tuple[str, ...]
    detections: tuple[DetectionLine, ...] = ()
    again: str | None = None
    """The AWS CLI command that shows what it did; null where AWS cannot be asked."""


class FindingEntry(msgspec.Struct, frozen=True):
    """Another system's verdict: the newest version, with all actors so far."""

    id: str
    type: str
    severity: str
    first: str
    updated: str
    versions: int
    ips: tuple[str, ...]
    principals: tuple[str, ...]
    summary: str
    again: str | None = None
    """The AWS CLI command that shows it."""


class DetectionEntry(msgspec.Struct, frozen=True):
    """A rule that matched, with its author and licence, how often, and when."""

    rule: str
    title: str
    level: str
    author: str
    licence: str
    count: int
    first: str
    last: str


class NoteEntry(msgspec.Struct, frozen=True):
    """What somebody wrote. `made` by the wall clock, `at` in event time."""

    subject: str
    text: str
    author: str
    made: str
    at: str


class AuditLine(msgspec.Struct, frozen=True):
    """One entry of the journal about a block: its number and hash there, what was seen of the set
    (entries before and after, their SHA-256), and AWS's ids of the calls."""

    entry: int
    hash: str
    made: str
    phase: str
    author: str
    before: int | None
    after: int | None
    digest: str
    requests: tuple[str, ...]
    note: str


class BlockEntry(msgspec.Struct, frozen=True):
    """A CIDR that was blocked, and what became of it."""

    id: str
    cidr: str
    blocklist: str
    simulated: bool
    state: str
    reason: str
    author: str
    made: str
    at: str
    expires: str | None
    subject: str
    standing: str
    """How it stands for people: a real one that was read back need not be in force."""
    enforcement: str | None
    """What the web ACLs make of it, and why; null where nobody has read them."""
    set: str = ""
    """The ARN of the IP set; "" of a simulated one."""
    identity: str = ""
    """As whom AWS was called."""
    audit: tuple[AuditLine, ...] = ()
    undo: tuple[str, ...] = ()
    """Commands that take it back, where it is real; any of them does, the AWS CLI's together."""
    again: tuple[str, ...] = ()
    """Commands of the AWS CLI that block it once more."""


class AnswerEntry(msgspec.Struct, frozen=True):
    """Something that was done outside, but for blocks, and what became of it. Ids of keys are
    masked."""

    id: str
    title: str
    simulated: bool
    state: str
    note: str
    reason: str
    author: str
    made: str
    at: str
    subject: str
    identity: str
    """As whom AWS was called."""
    before: dict[str, str | None]
    """What was there, part by part, of what was changed."""
    after: dict[str, str | None]
    commands: tuple[str, ...]
    """What the AWS CLI would be told to do the same."""


class Moment(msgspec.Struct, frozen=True):
    """One line of the time-line."""

    at: str
    kind: str
    """`finding`, `first seen`, `note`, `status`, `block` and the like."""
    subject: str
    text: str
    author: str | None = None


class DecisionEntry(msgspec.Struct, frozen=True):
    """Who decided what, and when by both clocks."""

    made: str
    at: str
    author: str
    what: str
    subject: str
    text: str


class Journal(msgspec.Struct, frozen=True):
    """Where the journal stood: with this hash one can tell later whether it was changed."""

    entries: int
    hash: str
    broken: int | None


class IncidentReport(msgspec.Struct, frozen=True):
    """The report; `to_markdown` and `to_json` write it down."""

    made: str
    program: str
    anonymized: bool
    summary: Summary
    entities: tuple[EntityEntry, ...]
    findings: tuple[FindingEntry, ...]
    notes: tuple[NoteEntry, ...]
    blocks: tuple[BlockEntry, ...]
    timeline: tuple[Moment, ...]
    decisions: tuple[DecisionEntry, ...]
    journal: Journal | None
    detections: tuple[DetectionEntry, ...] = ()
    answers: tuple[AnswerEntry, ...] = ()
