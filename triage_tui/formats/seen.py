"""What rules are run on: a record as its format has read it, before it becomes numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from triage_tui.model import NO_NUMBER, Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from triage_tui.model import Hits, Identity

    from .cloudtrail import Record
    from .rows import Rows
    from .vocabulary import Vocabulary


class Asked(NamedTuple):
    """What a web log knows of a request beyond the columns of its row. None is what the log does
    not record at all; "" is what was empty."""

    query: str | None = None
    host: str | None = None
    referer: str | None = None
    cookie: str | None = None


NOT_ASKED = Asked()


class Seen(NamedTuple):
    """One record. Texts are None where the record has no such thing."""

    format: str
    raw: bytes
    header: bytes
    outcome: Outcome
    severity: Severity
    source_ip: str | None
    actor_ip: str | None
    identity: Identity | None
    service: str | None
    action: str | None
    agent: str | None
    account: str | None
    region: str | None
    resource: str | None
    method: str | None
    path: str | None
    status: int = NO_NUMBER
    size: int = NO_NUMBER
    time: int = 0
    asked: Asked = NOT_ASKED
    parsed: object = None
    """What the format has made of it: CloudTrail's `Record`."""


class Standing(NamedTuple):
    """Where records stand in a block of bytes, one behind the other, with anything between."""

    block: bytes
    starts: Sequence[int]


class Read(NamedTuple):
    """Records that were read one by one, column by column: of each what `Seen` says of one."""

    format: Sequence[str]
    raw: Sequence[bytes]
    header: Sequence[bytes]
    outcome: Sequence[Outcome]
    severity: Sequence[Severity]
    source_ip: Sequence[str | None]
    actor_ip: Sequence[str | None]
    identity: Sequence[Identity | None]
    service: Sequence[str | None]
    action: Sequence[str | None]
    agent: Sequence[str | None]
    account: Sequence[str | None]
    region: Sequence[str | None]
    resource: Sequence[str | None]
    method: Sequence[str | None]
    path: Sequence[str | None]
    status: Sequence[int]
    size: Sequence[int]
    time: Sequence[int]
    asked: Sequence[Asked]
    parsed: Sequence[object]
    standing: Standing | None = None
    """Where they stand, if all are of one block."""

    def seen(self, place: int) -> Seen:
        """One of them."""
        return Seen._make([column[place] for column in self._columns])

    def between(self, start: int, end: int) -> Read:
        """Some of them."""
        return Read._make([*(column[start:end] for column in self._columns), None])

    @property
    def _columns(self) -> tuple[Sequence[Any], ...]:
        return self[:-1]


class Trail(NamedTuple):
    """Records of CloudTrail in bulk, column by column."""

    records: Sequence[Record]
    raw: Callable[[int], bytes]
    """The bytes of one of them."""
    vocabulary: Vocabulary
    times: Sequence[int]
    users: Sequence[bytes]
    """What describes the callers."""
    outcomes: Sequence[Outcome]
    who: Sequence[int]
    """Numbers of identities, as the vocabulary counts them."""
    ips: Sequence[int]
    """Numbers of addresses."""
    accounts: Sequence[str | None]
    services: Mapping[int, str]
    """Which services called, by place."""


class Matching(Protocol):
    """Runs rules on the records of one batch."""

    def read(self, first: int, read: Read) -> None:
        """Matches records the first of which is in this row."""
        ...

    def trail(self, first: int, trail: Trail) -> None:
        """Matches records of CloudTrail, the first of which is in this row."""
        ...

    def hits(self) -> Hits:
        """What matched, in the order of rows."""
        ...


class Matcher(Protocol):
    """Rules, ready to run."""

    def begin(self, rows: Rows) -> Matching | None:
        """Begins a batch; None where no rule could match anything."""
        ...
