"""An event, and what is known of where it came from."""

from __future__ import annotations

import msgspec

from .vulnerability import Vulnerability


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
