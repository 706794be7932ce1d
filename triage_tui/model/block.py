"""Blocks: what is planned, asked for, and in force."""

from __future__ import annotations

import enum

import msgspec

from .entity import Collateral, EntityRef


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
