"""What a report is made from: everything as of one cursor, put together by whoever has it."""

from __future__ import annotations

import msgspec

from triage_tui.health import FileReport
from triage_tui.model import Block, Case, Entity, Finding, Note
from triage_tui.remedies import Remedy


class Decision(msgspec.Struct, frozen=True):
    """Something that somebody did: said, or changed. Times in nanoseconds."""

    made: int
    """Wall-clock time."""
    cursor: int
    """Event time at which the triage stood."""
    author: str
    what: str
    """`note`, `status`, `block`, `undone` and the like."""
    subject: str
    """The casebook's name of what it is about, or a CIDR."""
    text: str


class Told(msgspec.Struct, frozen=True):
    """A finding, and what its newest version says in one line."""

    finding: Finding
    summary: str
    region: str = ""
    is_guardduty: bool = False


class Matched(msgspec.Struct, frozen=True):
    """A rule that matched, whose it is, how often, and when; times in nanoseconds."""

    rule: str
    title: str
    level: str
    author: str
    licence: str
    count: int
    first: int
    last: int


class Step(msgspec.Struct, frozen=True):
    """One entry of the journal about a block: what was seen of the set, and AWS's ids."""

    entry: int
    """Its number in the journal."""
    hash: str
    made: int
    """Wall-clock time."""
    phase: str
    author: str = ""
    before: int | None = None
    """Entries of the set before it, and `after` it."""
    after: int | None = None
    digest: str = ""
    """SHA-256 over the entries of the set afterwards, else before."""
    requests: tuple[str, ...] = ()
    note: str = ""


class Audit(msgspec.Struct, frozen=True):
    """What the journal holds of a block."""

    set: str
    """The ARN of the IP set; "" of a simulated one."""
    identity: str
    """As whom AWS was called."""
    steps: tuple[Step, ...]


class JournalState(msgspec.Struct, frozen=True):
    """Where the journal stands: its last hash, kept elsewhere, later shows whether it was cut."""

    entries: int
    hash: str
    broken: int | None = None
    """The first entry that was changed after it was written."""


class Snapshot(msgspec.Struct, frozen=True):
    """One triage as of a cursor."""

    made: int
    """Wall-clock time of the report."""
    program: str
    cursor: int | None
    """Event time; None for the end."""
    filter: str
    files: tuple[FileReport, ...]
    events: int
    unparsed: int
    duplicates: int
    first: int | None
    last: int | None
    totals: dict[str, int]
    """Entities in sight by kind; `entities` holds the riskiest of them."""
    entities: tuple[Entity, ...]
    cases: dict[str, Case]
    """What people said of an entity, by its subject."""
    findings: tuple[Told, ...]
    notes: tuple[Note, ...] = ()
    blocks: tuple[Block, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    """What was done but for blocks, newest first."""
    decisions: tuple[Decision, ...] = ()
    """By wall-clock time."""
    journal: JournalState | None = None
    matched: tuple[Matched, ...] = ()
    """The gravest first."""
    audits: dict[str, Audit] = {}
    """By the id of a block."""
    groups: tuple[tuple[str, str], ...] = ()
    """(log group, region) of those that were read live, the busiest first."""
