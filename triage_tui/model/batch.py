"""Records on their way into the index: batches in, columns out."""

from __future__ import annotations

from array import array

import msgspec

from .vulnerability import Vulnerability
from .words import NO_TIME


class Batch(msgspec.Struct, frozen=True):
    """A block of raw bytes from one source, and where its records lie in it: the unit at every
    door.

    A record is what the source delivers: a line, a document, a log event's message. It may be a
    wrapping
    that holds many log records; `formats.decode` unwraps it.
    """

    source: int
    """The number the triage gave the source."""
    data: bytes
    starts: array[int]
    """Offsets of the records in `data` ('Q')."""
    lengths: array[int]
    """Lengths of the records in bytes ('Q')."""
    received: int
    base: int | None = None
    """Where `data` begins in the source's own seekable file; None where there is no such file."""
    origin: str = ""
    """Identity of the log stream the records come from, where it is known."""
    header: bytes = b""
    """The header line in force for the records, where their log has one (flow logs, CloudFront). A
    header line among the records stands at the very start of a batch."""


class Span(msgspec.Struct, frozen=True):
    """Whole lines of a plain file that nobody has read yet: what a Batch is made of, where it is
    made."""

    source: int
    path: str
    offset: int
    length: int
    received: int


class Identity(msgspec.Struct, frozen=True):
    """A principal as one record names it: one level of the chain person > role > session > key."""

    key: str
    """The row's own grouping key: the ARN where there is one (`principals.py` has the rules)."""
    type: str = ""
    """CloudTrail's userIdentity.type, or what comes nearest."""
    label: str = ""
    """Short text for the screen: `maria.keller`, `ops-admin › session`."""
    arn: str = ""
    principal_id: str = ""
    access_key: str = ""
    account: str = ""
    user: str = ""
    role: str = ""
    """ARN of the role behind a session."""
    session: str = ""
    """The role session's name."""
    service: str = ""
    """The AWS service that acts (invokedBy), for services and for calls on a user's behalf."""


class Hop(msgspec.Struct, frozen=True):
    """A row that handed out credentials: AssumeRole and its like. Hops link entities, they never
    merge."""

    row: int
    arn: str
    """The ARN of the session that was created."""
    principal_id: str
    access_key: str


class Extra(msgspec.Struct, frozen=True):
    """An actor of a row beyond its first (a finding, a port probe). Ids as in `Columns`."""

    row: int
    ip: int
    who: int


class FindingRef(msgspec.Struct, frozen=True):
    """Row `row` is a version of the finding `id`."""

    row: int
    id: str
    archived: bool = False
    """Whether somebody, or a rule of theirs, has put it away."""


class VulnerabilityRef(msgspec.Struct, frozen=True):
    """Row `row` tells of a vulnerability. Such rows have no time of their own: a hole is there
    before anybody looks."""

    row: int
    vulnerability: Vulnerability


class Texts(msgspec.Struct):
    """A column of text: per row the number of its value; value 0 is always "" (absent)."""

    ids: array[int]
    """'I', one a row."""
    values: list[str]
    known: int = 0
    """How many values came with earlier batches of the same vocabulary."""


class Hits(msgspec.Struct):
    """Which rows rules matched: two columns of one length, rows ascending. A rule is told by its
    number in the rule set that the triage runs."""

    row: array[int]
    """'I'."""
    rule: array[int]
    """'I'."""
    feed: Feed | None = None
    """What correlations are made of; None where there are none."""
    looked: dict[str, tuple[int, int]] = {}
    """By field of a record that had to be decoded for a rule: how often it was asked for, and how
    often it was there."""
    there: frozenset[str] = frozenset()
    """Fields that rules compare without decoding, and that a record had: one of this batch, or one
    of its formats before it."""


class Feed(msgspec.Struct):
    """What correlations need of rows that their rules matched, rows ascending.

    Texts are numbered in `texts`, where 0 is ""; a group's values stand in one text.
    """

    row: array[int]
    """'I'."""
    input: array[int]
    """'I', which rule of which correlation (`detect.correlate` numbers them)."""
    group: array[int]
    """'I', the text of the values that events are grouped by."""
    value: array[int]
    """'I', the text of what is counted or summed up."""
    texts: list[str]


def no_hits() -> Hits:
    """Nothing matched."""
    return Hits(array("I"), array("I"))


class Part(msgspec.Struct, frozen=True):
    """What one batch brought to columns: consecutive rows."""

    source: int
    received: int
    header: bytes
    rows: int
    unparsed: int
    """Of them, how many nobody understood."""
    spill: int
    """Bytes in the columns' `spill`, where those of an earlier part stand before them."""


class Columns(msgspec.Struct):
    """The log records of one Batch, decoded. Row i of every column is the batch's i-th log record.
    Those of several batches may be joined: one behind the other, told apart by `parts`.

    The same for every format; what crosses a process border. Rows stand in file order; a record
    that
    nobody understood is a row of the format `unparsed` with `NO_TIME`; so has a row that tells of
    a vulnerability, for a hole is there before anybody looks.
    """

    source: int
    received: int
    time: array[int]
    """'q', event time."""
    id: array[int]
    """'Q', the first eight bytes of the event id's BLAKE2b hash."""
    own_id: array[int]
    """'B', 1 where the log itself names the record, 0 where the id is a hash of its content."""
    format: Texts
    action: Texts
    outcome: array[int]
    """'B', an Outcome."""
    severity: array[int]
    """'B', a Severity."""
    source_ip: Texts
    """The address as the log names it, in canonical spelling."""
    actor_ip: Texts
    """The address we hold responsible: the first actor's."""
    service: Texts
    """The AWS service that stands where an address would."""
    who: array[int]
    """'I', number of the first actor's Identity in `identities`; 0 is nobody."""
    identities: list[Identity]
    """Identity 0 is the empty one."""
    agent: Texts
    account: Texts
    region: Texts
    resource: Texts
    method: Texts
    path: Texts
    country: Texts
    """Where the record itself says that `actor_ip` is, by its ISO 3166 code."""
    called: Texts
    """The AWS service that an API call went to: `dynamodb.amazonaws.com`."""
    status: array[int]
    """'i', HTTP status, or NO_NUMBER."""
    size: array[int]
    """'q', bytes sent, or NO_NUMBER."""
    offset: array[int]
    """'Q', where the record's raw bytes begin: in the source's file, or in its part's `spill` where
    spooled."""
    length: array[int]
    """'Q', bytes."""
    spooled: array[int]
    """'B', 1 where the raw bytes are in `spill` because the file does not hold them plainly."""
    spill: bytes
    origin: Texts
    """The log stream that a wrapping names, "" where none does."""
    extras: list[Extra]
    hops: list[Hop]
    findings: list[FindingRef]
    vulnerabilities: list[VulnerabilityRef] = []
    header: bytes = b""
    """The header line that names the columns of the raw records, where there is one."""
    hits: Hits = msgspec.field(default_factory=no_hits)
    vocabulary: int = 0
    """What numbers of texts and identities refer to: 0 to the batch's own values; else to a
    vocabulary of that name, which grows from batch to batch, each of which brings what is new."""
    identities_known: int = 0
    """How many identities came with earlier batches of the same vocabulary."""
    foreign: bool = False
    """Whether no record was understood and most do not even look like JSON: a file that begins like
    this is no log."""
    joined: list[Part] = []
    """The batches that these columns were joined of; empty where they are of one."""

    def __len__(self) -> int:
        return len(self.time)

    @property
    def unparsed(self) -> int:
        """How many records nobody understood."""
        timeless = {each.row for each in self.vulnerabilities}
        return self.time.count(NO_TIME) - len(timeless)

    @property
    def parts(self) -> list[Part]:
        """What each batch brought, in the order of rows."""
        return self.joined or [
            Part(
                self.source,
                self.received,
                self.header,
                len(self),
                self.unparsed,
                len(self.spill),
            )
        ]


EMPTY_IDENTITY = Identity(key="")
