"""What events group under, with the reasons for its risk, and what other systems say of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .event import RuleHit
from .words import Kind, Severity


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
