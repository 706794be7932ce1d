"""The vocabulary: records, batches, columns, events, entities, cases, blocks.

Plain data without behaviour beyond what follows from its own fields. Times are integers,
nanoseconds
since the epoch in UTC, unless a name says otherwise. Absent is None; in columns, absent is 0 for
ids,
`NO_TIME` for times and `NO_NUMBER` for numbers.
"""

from __future__ import annotations

import enum
from array import array
from collections.abc import Mapping

import msgspec

NO_TIME = -(2**63)
"""The time of a row that has none (an unparsed record)."""
NO_NUMBER = -1
"""The status or size of a row that has none."""

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Outcome(enum.IntEnum):
    """What became of the request."""

    UNKNOWN = 0
    OK = 1
    DENIED = 2
    BLOCKED = 3
    ERROR = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Severity(enum.IntEnum):
    """Sigma's and OCSF's levels; NONE for events that carry no verdict."""

    NONE = 0
    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        return self.name.lower()


class Kind(enum.StrEnum):
    """What events group under."""

    IP = "ip"
    NETWORK = "network"
    PRINCIPAL = "principal"
    SERVICE = "service"


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


class Vulnerability(msgspec.Struct, frozen=True):
    """A hole that is known in a package, as one source tells of it. "" is what it does not say."""

    source: str
    """Who says so: the name of the format."""
    id: str
    """By which most know it: the CVE, else the source's own."""
    package: str
    aliases: tuple[str, ...] = ()
    """Its other names: GHSA, PYSEC, SNYK."""
    version: str = ""
    """The version that is installed."""
    affected: str = ""
    """The versions that have it, as the source writes them."""
    fixed: tuple[str, ...] = ()
    """The versions without it."""
    severity: Severity = Severity.NONE
    score: float | None = None
    """The base score of CVSS."""
    vector: str = ""
    """What the score rests on."""
    epss: float | None = None
    """How likely somebody exploits it within a month, from 0 to 1."""
    exploited: bool = False
    """Whether it is known that somebody does (CISA's list, or what the source knows of)."""
    title: str = ""
    ecosystem: str = ""
    """Whose package it is: `npm`, `PyPI`."""
    resource: str = ""
    """What it is in: the ARN or name of a function, an image, a repository, a folder."""
    place: str = ""
    """Where in that: a file, or by way of which packages."""
    tags: tuple[tuple[str, str], ...] = ()
    """Of the resource."""
    open: bool = True
    """False where the source says that it is no (longer a) danger there."""
    remark: str = ""
    """Why not: `fixed`, `not affected: code not reachable`."""
    finding: str = ""
    """The source's own id of the finding, which is the same when it is updated."""
    seen: int = NO_TIME
    """When the source said so; NO_TIME where it names no time."""
    closed: int = NO_TIME
    """Since when it is no danger, where it was one before; whoever follows updates sets it."""


class Hole(msgspec.Struct, frozen=True):
    """A vulnerability of a package in one place, of all who tell of it."""

    id: str
    package: str
    said: tuple[Vulnerability, ...]
    """Who says what, the gravest first."""
    aliases: tuple[str, ...] = ()
    version: str = ""
    fixed: tuple[str, ...] = ()
    severity: Severity = Severity.NONE
    """The gravest of those who say that it is open."""
    score: float | None = None
    epss: float | None = None
    exploited: bool = False
    title: str = ""
    resource: str = ""
    open: bool = True
    remark: str = ""
    closed: int = NO_TIME
    """Since when it is no danger; NO_TIME where it is one, and where it never was."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Who tells of it."""
        return tuple(dict.fromkeys(each.source for each in self.said))


class Visitor(msgspec.Struct, frozen=True):
    """Who reached a resource, as of a cursor."""

    ref: EntityRef
    label: str
    events: int
    attempts: int
    """Requests among them that look like an exploit."""
    answered: int
    """Attempts that were not refused."""
    last: int


class Resource(msgspec.Struct, frozen=True):
    """What reports tell of: a function, an image, a folder; its holes, and who knocks."""

    name: str
    """A function's name; of all else what the report calls it."""
    arn: str
    """"" where it is not known."""
    holes: tuple[Hole, ...]
    """The worst first; those that are no danger last."""
    events: int
    attempts: int
    answered: int
    visitors: tuple[Visitor, ...]
    """Those who tried an exploit first, then those who came most."""

    @property
    def open(self) -> tuple[Hole, ...]:
        """The holes that are a danger."""
        return tuple(hole for hole in self.holes if hole.open)


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


class Columns(msgspec.Struct):
    """The log records of one Batch, decoded. Row i of every column is the batch's i-th log record.

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
    """'Q', where the record's raw bytes begin: in the source's file, or in `spill` where
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

    def __len__(self) -> int:
        return len(self.time)

    @property
    def unparsed(self) -> int:
        """How many records nobody understood."""
        timeless = {each.row for each in self.vulnerabilities}
        return self.time.count(NO_TIME) - len(timeless)


class Actor(msgspec.Struct, frozen=True):
    """One of those whom we hold responsible for an event."""

    source_ip: str | None
    principal: str | None


class RecordRef(msgspec.Struct, frozen=True):
    """Where an event's raw bytes are. `offset` is in the file, or in its unwrapped form when
    spooled."""

    path: str
    index: int
    offset: int
    length: int
    spooled: bool


class RuleHit(msgspec.Struct, frozen=True):
    """A rule that matched an event. Whoever shows it names its author and its licence too."""

    rule: str
    title: str
    level: str
    author: str = ""
    licence: str = ""


class Description(msgspec.Struct, frozen=True):
    """What only the raw record tells, read when somebody looks: the cold half of an Event."""

    id: str
    """The event's id: the log's own, else a hash of the content."""
    summary: str
    """One line, raw text (not yet cleaned)."""
    forwarded: tuple[str, ...] = ()
    """The chain of proxies as the record names it, the client first (anybody can invent it)."""
    linked: tuple[str, ...] = ()
    """Ids of the findings that an attack sequence is made of; of such a finding, the sequence's."""
    vulnerabilities: tuple[Vulnerability, ...] = ()
    """What it tells of holes in packages."""


class Asn(msgspec.Struct, frozen=True):
    """An autonomous system: who runs a network."""

    number: int
    name: str


class Spot(msgspec.Struct, frozen=True):
    """Somewhere on the earth."""

    latitude: float
    longitude: float
    """Degrees."""
    reach: float
    """Kilometres around it in which it may be."""
    country: str = ""
    """ISO 3166-1 code, where it is known."""
    city: str = ""

    @property
    def name(self) -> str:
        """`Lyon, FR`, or as much of it as is known."""
        return ", ".join(part for part in (self.city, self.country) if part) or (
            f"{self.latitude:.1f} {self.longitude:.1f}"
        )


class Place(msgspec.Struct, frozen=True):
    """Where an address is from, as far as that is known."""

    country: str | None = None
    """ISO 3166-1 code of two letters: where a table of cities has it, else where the address is
    registered, which is not where its user sits."""
    asn: Asn | None = None
    spot: Spot | None = None
    """Where a table of cities has it."""


class Event(msgspec.Struct, frozen=True):
    """A Record understood. The keys of `triage-tui events`, a contract: keys are added, never
    renamed.

    `time` is nanoseconds here and RFC 3339 in JSON output.
    """

    id: str
    time: int | None
    format: str
    action: str | None
    outcome: str
    source_ip: str | None
    source_service: str | None
    principal: str | None
    principal_type: str | None
    role_session: str | None
    access_key: str | None
    user_agent: str | None
    account: str | None
    region: str | None
    resource: str | None
    method: str | None
    path: str | None
    status: int | None
    bytes: int | None
    severity: str | None
    summary: str
    actors: tuple[Actor, ...]
    detections: tuple[RuleHit, ...]
    duplicate: bool
    record: RecordRef
    forwarded: tuple[str, ...] = ()
    """The chain of proxies as the record names it, the client first."""
    country: str | None = None
    """Where the first actor's address is from: as the record says, else where it is registered."""
    asn: Asn | None = None
    linked: tuple[str, ...] = ()
    """Ids of the findings that an attack sequence is made of; of such a finding, the sequence's."""
    vulnerabilities: tuple[Vulnerability, ...] = ()
    """What it tells of holes in packages."""


class Reason(msgspec.Struct, frozen=True):
    """Why an entity's risk is what it is. The points of an entity's reasons add up to its risk."""

    points: int
    text: str
    kind: str
    """The row of the weight table (`detect/risk.py`)."""
    ref: str | None = None
    """What it rests on: a finding id, a rule id."""


class EntityRef(msgspec.Struct, frozen=True):
    """Names an entity.

    `aliases` are all keys under which it may have been noted, the most lasting one first (for a
    principal its principalId); empty means `key` alone.
    """

    kind: Kind
    key: str
    aliases: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The casebook's name for it, under which something new is kept."""
        return f"{self.kind}:{self.aliases[0] if self.aliases else self.key}"

    @property
    def subjects(self) -> tuple[str, ...]:
        """All the names under which something may be kept."""
        return tuple(f"{self.kind}:{key}" for key in (self.aliases or (self.key,)))


class Entity(msgspec.Struct, frozen=True):
    """One row of the overview, as of a cursor."""

    ref: EntityRef
    label: str
    events: int
    denied: int
    errors: int
    blocked: int
    findings: int
    worst: Severity
    """The worst severity among its findings."""
    risk: int
    reasons: tuple[Reason, ...]
    first: int
    last: int
    principals: tuple[str, ...]
    ips: tuple[str, ...]
    actions: Mapping[str, int]
    detections: tuple[tuple[RuleHit, int], ...] = ()
    targets: tuple[tuple[str, int], ...] = ()
    """What it went for most: paths or resources, with their events."""
    accounts: tuple[str, ...] = ()
    """In which it acted most, as the records say."""

    @property
    def refused(self) -> int:
        return self.denied + self.blocked


class Finding(msgspec.Struct, frozen=True):
    """Another system's verdict, as of a cursor: the newest version, with all actors so far."""

    id: str
    type: str
    severity: Severity
    first: int
    """Time of its first version."""
    updated: int
    versions: int
    row: int
    """The row of the version that shows."""
    ips: tuple[str, ...]
    principals: tuple[str, ...]
    """The rows' own keys."""


class Collateral(msgspec.Struct, frozen=True):
    """Who is behind a CIDR, from the triage's own events up to the cursor; filters do not
    matter."""

    cidr: str
    events: int
    addresses: int
    ok: int
    refused: int
    errors: int
    principals: tuple[str, ...]
    agents: tuple[tuple[str, int], ...]
    """Most frequent user agents with their events."""
    good: int
    """Events of addresses that nothing speaks against (risk below `GOOD_BELOW`)."""
    good_addresses: int
    known: bool = True
    """False where the witness cannot tell (no store at hand)."""
    formats: tuple[tuple[str, int], ...] = ()
    """The logs that it was seen in, with their events, the most first."""
    forwarded: int = 0
    """Events that came through a proxy: the connection was the proxy's, and a header named it."""
    flagged: int | None = None
    """Events that a rule matched or that are findings; None where no rule looked at them."""
    outbound: int = 0
    """Events in which it did not call us: a host of ours called it."""
    allowed: tuple[str, ...] = ()
    """Allow lists that an address of it is on, each with its date."""
    shared: tuple[str, ...] = ()
    """Exits of Tor and edges of CDNs that an address of it is one of, by list and date."""


GOOD_BELOW = 25
"""An address whose risk is lower counts as innocent in a plan's collateral."""


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


class GuardLevel(enum.StrEnum):
    """How a guard rule judges a CIDR."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    REFUSE = "refuse"


class GuardVerdict(msgspec.Struct, frozen=True):
    """One guard rule's judgement, with its reason in words."""

    rule: str
    level: GuardLevel
    reason: str


class BlockState(enum.StrEnum):
    """Where a block stands in the journal."""

    INTENDED = "intended"
    SENT = "sent"
    VERIFIED = "in force"
    FAILED = "failed"
    UNDONE = "undone"
    EXPIRED = "expired"
    OVERDUE = "overdue"
    """Its time is over, and it is still in the set outside."""
    MISSING = "taken out by others"
    """Somebody else has taken it out of the set outside; if it comes back, it is theirs."""


class Force(enum.StrEnum):
    """Whether what stands in a blocklist is really blocked."""

    FULL = "in force"
    PARTLY = "partly in force"
    NOTHING = "does nothing yet"
    UNKNOWN = "not known to be in force"


_STANDING = {
    Force.FULL: "in force",
    Force.PARTLY: "in part",
    Force.NOTHING: "no effect",
    Force.UNKNOWN: "verified",
}


class Enforcement(msgspec.Struct, frozen=True):
    """What the web ACLs do with a blocklist's entry, as they were last read."""

    force: Force
    reason: str = ""
    """Why it does nothing yet, what it lets through, or why nobody knows: one sentence."""
    where: tuple[str, ...] = ()
    """Each web ACL that blocks it, and what it guards: `web ACL shop-edge, for app/shop`."""


class Block(msgspec.Struct, frozen=True):
    """A CIDR in a blocklist."""

    id: str
    blocklist: str
    cidr: str
    reason: str
    author: str
    made: int
    """Wall-clock time."""
    cursor: int
    """Event time at which the triage stood."""
    expires: int | None
    """Event time; None never expires."""
    state: BlockState
    simulated: bool
    subject: str = ""
    """The entity it was made for."""
    enforcement: Enforcement | None = None
    """What the web ACLs make of it; None for a simulated one, and where nobody has read them."""
    drift: str = ""
    """What differs from the set outside, in words: `taken out of the set by somebody else`."""

    @property
    def standing(self) -> str:
        """How it stands, in a word or two. A real one is in force only where the web ACLs say so:
        that its entry was read back in the set says no more than `verified`."""
        if self.state is not BlockState.VERIFIED or self.simulated:
            return self.state.value
        return "verified" if self.enforcement is None else _STANDING[self.enforcement.force]


class BlockRequest(msgspec.Struct, frozen=True):
    """What somebody asks to block. `expires_after` in nanoseconds; None for never."""

    cidr: str
    blocklist: str
    reason: str
    author: str
    expires_after: int | None
    subject: str
    cursor: int


class CidrChoice(msgspec.Struct, frozen=True):
    """One width that a plan offers."""

    cidr: str
    verdicts: tuple[GuardVerdict, ...]
    collateral: Collateral
    covered_by: tuple[str, ...]
    """Entries of the blocklist that cover it already."""
    covers: tuple[str, ...]
    """Entries of the blocklist that it would cover."""
    foreign: tuple[str, ...] = ()
    """Those of `covered_by` and `covers` that somebody else has put there."""
    target: str = ""
    """The set outside that it would go to: `IP set shop-v4, CLOUDFRONT`."""
    enforcement: Enforcement | None = None
    """What the web ACLs would make of it."""

    @property
    def refused(self) -> bool:
        return any(v.level is GuardLevel.REFUSE for v in self.verdicts)


class BlockPlan(msgspec.Struct, frozen=True):
    """What would happen: shown before anybody confirms."""

    blocklist: str
    simulated: bool
    ref: EntityRef
    choices: tuple[CidrChoice, ...]
    """Narrowest first; empty where nothing can be blocked."""
    capacity_left: int
    advice: tuple[str, ...]
    """Plain sentences: why WAF is or is not the right lever, what good traffic would suffer."""


class KeepError(Exception):
    """What could not be written into the config: where, why, and what to do."""


EMPTY_IDENTITY = Identity(key="")
