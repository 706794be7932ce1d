"""The vocabulary of remedies: what is done outside against somebody, but for blocks.

A change is a typed intent: all that it takes to make it, to look at it and to take it back. What it
changes holds something, part by part, so that what was there can be put back, each part unless
somebody else has changed it since. Plain data; times in nanoseconds.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from .model import EntityRef, GuardLevel, GuardVerdict, Identity

Parts: TypeAlias = Mapping[str, str | None]
"""What something outside holds: by the name of each part its value as text; None where there is
nothing. `{"AKIA…": "Active"}`."""


# -- changes -------------------------------------------------------------------------------------


class Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What is to be changed, and where: the account's number, and the region of what has one."""

    account: str
    region: str = ""


class DeactivateKey(Change, frozen=True, kw_only=True, tag="deactivate key"):
    """A user's access key signs nothing any more."""

    user: str
    key: str


class DenySessions(Change, frozen=True, kw_only=True, tag="deny older sessions"):
    """Sessions of a role that were issued before a time may do nothing any more."""

    role: str
    """Its ARN, or its name."""
    issued: str
    """Before which time: RFC 3339."""


class DenyUser(Change, frozen=True, kw_only=True, tag="deny user"):
    """A user may do nothing any more, with whatever key or password."""

    user: str


class ArchiveFindings(Change, frozen=True, kw_only=True, tag="archive findings"):
    """Findings of GuardDuty are archived, or no longer."""

    findings: tuple[str, ...]
    """Their ids."""
    detector: str = ""
    """"" is the one that there is."""
    archived: bool = True


class RateFindings(Change, frozen=True, kw_only=True, tag="rate findings"):
    """GuardDuty hears whether findings were useful."""

    findings: tuple[str, ...]
    detector: str = ""
    useful: bool = True
    comment: str = ""


class InvokeFunction(Change, frozen=True, kw_only=True, tag="call function"):
    """A function of the team's own is called, once."""

    name: str
    """As the config calls it."""
    function: str
    """Its ARN."""
    about: str
    """Whom it is called about, for people."""
    event: str
    """What it is called with: JSON."""
    asynchronous: bool = False


class DenyInAcl(Change, frozen=True, kw_only=True, tag="deny in network ACL"):
    """Nothing goes between an address and the subnet of a host any more."""

    host: str
    """An interface or an instance."""
    cidr: str
    acl: str = ""
    """The ACL, once it was looked for."""


class ReplaceRule(Change, frozen=True, kw_only=True, tag="replace group rule"):
    """A rule of a security group goes, or lets fewer through."""

    rule: str
    """Its id, as it was."""
    instead: str = ""
    """The CIDR that it lets through instead; "" for none."""
    group: str = ""
    """Its group, once it was looked for."""
    permission: str = ""
    """What it lets through, once it was looked for: JSON."""


class Quarantine(Change, frozen=True, kw_only=True, tag="quarantine"):
    """A host has one security group alone, which lets nothing through."""

    host: str
    """An instance, an interface, or the name or ARN of a function."""
    groups: tuple[str, ...]
    """Groups for quarantine, one a VPC."""


AnyChange: TypeAlias = (
    DeactivateKey
    | DenySessions
    | DenyUser
    | ArchiveFindings
    | RateFindings
    | InvokeFunction
    | DenyInAcl
    | ReplaceRule
    | Quarantine
)


def kind_of(change: Change) -> str:
    """The word for what a change does: `deactivate key`."""
    return str(change.__struct_config__.tag)


# -- what became of one --------------------------------------------------------------------------


class RemedyState(enum.StrEnum):
    """Where a remedy stands in the journal."""

    INTENDED = "intended"
    SENT = "sent"
    """AWS has taken it; nobody has read it back yet."""
    DONE = "done"
    PARTLY = "done in part"
    UNCLEAR = "not known"
    """It was sent, and nobody has answered: it may be done."""
    FAILED = "failed"
    UNDONE = "undone"
    CHANGED = "changed by others"
    """Since it was done, somebody else has changed what it had changed."""


STANDING = frozenset(
    (
        *(RemedyState.SENT, RemedyState.DONE, RemedyState.PARTLY),
        *(RemedyState.UNCLEAR, RemedyState.CHANGED),
    )
)
"""States in which there may be something to take back."""


class Remedy(msgspec.Struct, frozen=True):
    """A change that somebody decided, and what became of it."""

    id: str
    change: AnyChange
    title: str
    """In one line: `Deactivate the key AKIA… of maria.keller`."""
    reason: str
    author: str
    made: int
    """Wall-clock time."""
    cursor: int
    """Event time at which the triage stood."""
    state: RemedyState
    simulated: bool
    subject: str
    """The entity it was made for."""
    before: Parts
    """What was there."""
    after: Parts
    """What it was changed to."""
    identity: str = ""
    """As whom AWS was called: an ARN."""
    note: str = ""
    """What else there is to say of how it went."""
    commands: tuple[str, ...] = ()
    """What the AWS CLI would be told to do the same."""


class RemedyRequest(msgspec.Struct, frozen=True):
    """What somebody confirmed. `before` is what the plan showed: where something else is there by
    now, nothing is changed."""

    change: AnyChange
    before: Parts
    reason: str
    author: str
    subject: str
    cursor: int


class RemedyPlan(msgspec.Struct, frozen=True):
    """What a change would mean: shown before anybody confirms."""

    change: AnyChange
    title: str
    effects: tuple[str, ...]
    """What it does, and what it does not: a sentence each."""
    before: Parts
    after: Parts
    verdicts: tuple[GuardVerdict, ...]
    commands: tuple[str, ...]
    """What the AWS CLI would be told."""
    undo: str
    """How it is taken back, or why it cannot be: a sentence."""
    where: str
    """Account and region, and as whom."""
    simulated: bool
    typed: str = ""
    """What is typed to confirm it, where it hits many; "" where a yes will do."""

    @property
    def refused(self) -> bool:
        return any(verdict.level is GuardLevel.REFUSE for verdict in self.verdicts)

    @property
    def needless(self) -> bool:
        """Whether it is so already."""
        return self.before == self.after


class Usage(msgspec.Struct, frozen=True):
    """Who used what a change would take away, from the triage's own events up to the cursor."""

    what: str
    """`the key AKIA…`, `the role ops-admin`."""
    hours: int
    """How far back was looked."""
    events: int
    refused: int
    first: int
    last: int
    ips: tuple[tuple[str, int], ...]
    """From where, with their events, the most first."""
    actions: tuple[tuple[str, int], ...]
    agents: tuple[tuple[str, int], ...]
    sessions: tuple[tuple[str, int], ...] = ()
    """Under which names of sessions, of a role."""


class Offer(msgspec.Struct, frozen=True):
    """One line of the actions menu."""

    key: str
    """Tells it from the others."""
    title: str
    why: str
    """Why it fits, or why it cannot be had."""
    fits: bool
    """Whether it can be chosen."""
    change: AnyChange | None = None
    """None is a block."""


class OwnFunction(NamedTuple):
    """A function of the team's own that answers."""

    name: str
    function: str
    """Its ARN."""
    asynchronous: bool

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.function.split(":")[4]

    @property
    def region(self) -> str:
        """Where it is."""
        return self.function.split(":")[3]


class Means(NamedTuple):
    """What there is to answer with, as the config says."""

    functions: tuple[OwnFunction, ...] = ()
    quarantine: tuple[str, ...] = ()
    """Security groups that let nothing through, one a VPC."""


class FoundFinding(NamedTuple):
    """A finding of GuardDuty, and where it is."""

    id: str
    account: str
    region: str
    archived: bool = False
    """Whether its newest record says so."""


class Suspect(msgspec.Struct, frozen=True):
    """All that offers rest on: what is known of an entity as of the cursor."""

    ref: EntityRef
    label: str
    people: tuple[tuple[Identity, int], ...]
    """The identities that it is, or that act from it, with their events, the most first."""
    formats: tuple[tuple[str, int], ...]
    """The logs that it was seen in, with their events, the most first."""
    account: str
    """Whose account most of it happened in; "" where no record says."""
    region: str
    """The same for the region."""
    hosts: tuple[str, ...]
    """Instances, interfaces and functions (by ARN) of ours that it dealt with, machines first, and
    those with the most events."""
    findings: tuple[FoundFinding, ...]
    """Findings of GuardDuty on it, the worst first."""
    event: str
    """What a function is told of it: JSON, whose `reason` and `author` are filled in later."""
    now: int
    """Up to when sessions are to be denied."""
