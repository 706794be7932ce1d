"""What the engine needs from outside, as protocols. Composed in `cli/`, implemented in the outer
rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
    from pathlib import Path

    from .choices import AddressSet, Group, Profile, SetScope, Site
    from .habits import Coverage, Habits
    from .health import Checked, CodeRequest, FileReport
    from .model import (
        Batch,
        Block,
        BlockPlan,
        BlockRequest,
        Case,
        Change,
        Collateral,
        EntityRef,
        Note,
        Place,
        Presence,
        Span,
        Status,
        Verdict,
    )
    from .past import Asked, Estimate
    from .remedies import AnyChange, Means, Remedy, RemedyPlan, RemedyRequest


class Source(Protocol):
    """Delivers Batches, in the order of its records, until it ends. Never raises for bad input: it
    reports it in `report.error` and goes on where it can."""

    @property
    def report(self) -> FileReport: ...

    @property
    def endless(self) -> bool:
        """Whether it goes on for good, so that others are read beside it and not after it."""
        ...

    def batches(self, number: int) -> AsyncGenerator[Batch | Span]:
        """The source's batches, marked with `number`."""
        ...


class Recorder(Protocol):
    """Keeps what arrives, before anybody looks at it. Blocking."""

    @property
    def folder(self) -> Path:
        """Where it keeps them."""
        ...

    night: str
    """The identity of what it records, which each of its files carries."""
    trouble: str | None
    """Why nothing can be kept just now, and what to do."""
    kept: int
    """Records that were kept."""
    lost: int
    """Records that were not kept, for good."""
    reports: list[FileReport]
    """What became of the records of each file."""

    def write(self, batch: Batch, name: str) -> FileReport | None:
        """Keeps the records of a batch of the source `name`: the report of the file that holds
        them; None where they were not kept. Never raises for a disk that refuses."""
        ...

    def mark(self, complete: Mapping[str, int]) -> None:
        """Keeps up to when (wall-clock nanoseconds) each source was read completely, for whoever
        goes on later."""
        ...

    def close(self) -> None: ...


class Clock(Protocol):
    """Where the triage stands in event time: what a replay's clock and a live one have in common.
    All times are nanoseconds."""

    @property
    def first(self) -> int | None:
        """The first event's time; None before there is one."""
        ...

    @property
    def last(self) -> int | None:
        """Where the known time ends; None before the first event."""
        ...

    @property
    def at_end(self) -> bool:
        """Whether everything known shows, and new events will too."""
        ...

    @property
    def playing(self) -> bool: ...

    @property
    def speed(self) -> float:
        """Event seconds per second, while it plays."""
        ...

    @property
    def begin(self) -> int | None:
        """From when on nearly all events are: later than the first one's time where a few are long
        before the others; None before there is one."""
        ...

    def extend(self, first: int, last: int, begin: int | None = None) -> None:
        """Tells the clock which span of event time is known by now, and from when on nearly all
        events are, where that is not the first one's time."""
        ...

    def cursor(self) -> int | None:
        """None while nothing bounds it (everything known shows)."""
        ...

    def position(self) -> int:
        """The cursor as a time, where nothing bounds it too."""
        ...

    def latest(self) -> int:
        """The latest time that one can go to; from there on nothing bounds the cursor."""
        ...

    def horizon(self) -> int | None:
        """What "lately" is measured from; None where the events tell by themselves."""
        ...

    def wall(self) -> int:
        """The wall clock, for authorship and audit."""
        ...

    def toggle(self, *, more: bool = False) -> None:
        """Stands still or goes on. Before all is read there is `more`."""
        ...

    def pause(self) -> None: ...

    def seek(self, at: int) -> None: ...

    def step(self, delta: int) -> None:
        """Goes on, or back, and stands still there."""
        ...

    def to_end(self) -> None: ...

    def change_speed(self, *, faster: bool) -> None: ...


class RawReader(Protocol):
    """Reads raw bytes back from where they lie."""

    def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes: ...


class Geo(Protocol):
    """Knows where addresses are from, without asking anybody."""

    def place(self, ip: str) -> Place:
        """Where an address is from; nothing is known of what is not on the internet. Never
        raises."""
        ...


class CodeAsker(Protocol):
    """Asks somebody for the MFA code of a role."""

    @property
    def later(self) -> str:
        """What to do for whoever gave none and wants to give one."""
        ...

    async def __call__(self, asked: CodeRequest) -> str | None:
        """The code; None where nobody gives one now. Raises nothing."""
        ...


class SignIns(Protocol):
    """As whom AWS is asked."""

    def try_again(self) -> None:
        """Somebody says that they have signed in, or will give a code now."""
        ...


class BaselineStore(Protocol):
    """What was learned of principals, by the keys under which they are known."""

    @property
    def coverage(self) -> Coverage:
        """Over which hours somebody was watching."""
        ...

    @property
    def newcomers(self) -> float:
        """How likely a principal of a day is one that was not seen before."""
        ...

    @property
    def crowded(self) -> bool:
        """Whether more was learned than is held: who is not known may have habits all the same."""
        ...

    def habits(self, key: str) -> Habits | None:
        """What was learned under a key that was fetched. From memory; never blocks."""
        ...

    async def fetch(self, keys: Iterable[str]) -> bool:
        """Reads what was learned under keys; whether there was anything."""
        ...

    async def close(self) -> None: ...


class Keeper(Protocol):
    """Writes what somebody decides once and for all into the config. All tell in words what was
    written, and where. Raise model.KeepError."""

    async def protect(self, cidr: str, reason: str) -> str:
        """From now on it is never blocked."""
        ...

    async def ignore(self, rule: str, entity: str, reason: str) -> str:
        """From now on nobody hears of a rule on an entity (`ip:…`); "" is everywhere."""
        ...

    async def heed(self, rule: str, *, entities: bool = False) -> str:
        """From now on a rule is heard of again, but for the entities on which it is ignored; with
        `entities` on these, and no more."""
        ...

    async def keep_filter(self, name: str, filter_: str) -> str:
        """From now on a filter can be picked by its name."""
        ...


class Reporter(Protocol):
    """Writes files about a triage. Both raise OSError."""

    async def report(self, *, anonymize: bool) -> Sequence[str]:
        """Writes the report; the paths."""
        ...

    async def bundle(self) -> str:
        """Writes everything for a hand-over; where, and what is missing from it, in words."""
        ...


class Witness(Protocol):
    """Knows who else is behind a CIDR."""

    def collateral(self, cidr: str) -> Collateral: ...


class Casebook(Protocol):
    """What people say of entities and events. Writes are on disk when the call returns."""

    async def note(self, subject: str, text: str, *, author: str, cursor: int) -> Note: ...

    async def remove_note(
        self, note_id: int, *, author: str | None = None, cursor: int | None = None
    ) -> None: ...

    async def set_status(
        self, subject: str, status: Status, *, author: str, cursor: int
    ) -> None: ...

    async def set_verdict(
        self, subject: str, verdict: Verdict, *, author: str, cursor: int
    ) -> None: ...

    async def tag(self, subject: str, tag: str, *, author: str, cursor: int) -> None: ...

    async def untag(self, subject: str, tag: str, *, author: str, cursor: int) -> None: ...

    def case(self, subjects: Iterable[str]) -> Case:
        """The case of one entity, known by several subjects. From memory; never blocks."""
        ...

    def history(self) -> Sequence[Change]:
        """Every decision, oldest first."""
        ...

    async def close(self) -> None: ...


class Team(Protocol):
    """Who else is at work on the same casebook."""

    trouble: str
    """Why what they say cannot be read just now, and what to do; "" where it can."""

    @property
    def present(self) -> Sequence[Presence]:
        """Who, and on what. From memory."""
        ...

    @property
    def waiting(self) -> int:
        """Decisions of ours that they do not know yet."""
        ...

    def look_at(self, subject: str) -> None:
        """Tells them what one is on; "" for nothing in particular."""
        ...


class Past(Protocol):
    """Searches the logs of the past; what is found joins the triage. One search at a time."""

    @property
    def is_running(self) -> bool: ...

    @property
    def told(self) -> str:
        """How far it is, in a few words; "" while nothing is searched."""
        ...

    async def estimate(self, asked: Asked) -> Estimate:
        """What a search would read, and cost. Raises past.PastError."""
        ...

    def start(self, asked: Asked) -> None:
        """Begins, unless something is searched."""
        ...

    def stop(self) -> None:
        """Ends the search, and what runs of it at AWS."""
        ...


class Response(Protocol):
    """Something that changes the outside world. Block is the first.

    Intent is in the journal before `apply` acts, its result after; `verify` reads back; `undo` is
    the
    inverse change. Methods raise `respond.journal.ResponseError` with what, where and what to do.
    """

    @property
    def name(self) -> str: ...

    @property
    def simulated(self) -> bool: ...

    async def refresh(self) -> None:
        """Learns what others have blocked and undone meanwhile."""
        ...

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        """What blocking these entities would mean. Changes nothing."""
        ...

    async def apply(self, request: BlockRequest) -> Block:
        """Journals the intent, makes the change, journals the result."""
        ...

    async def verify(self, block: Block) -> Block:
        """Reads back whether the change is in force."""
        ...

    async def undo(self, block: Block, *, author: str, cursor: int) -> Block: ...

    async def extend(
        self, block: Block, expires: int | None, *, author: str, cursor: int
    ) -> Block: ...

    def blocks(self, cursor: int | None) -> Sequence[Block]:
        """All blocks as of the cursor, newest first; from memory, never blocks. Those that hold
        something back say what the web ACLs make of them, and what differs outside."""
        ...

    def protect(self, cidr: str, reason: str) -> None:
        """From now on the guard refuses to block it."""
        ...

    def set_of(self, block: Block) -> str:
        """The ARN of the set that it was put into; "" where there is none. From memory."""
        ...

    def foreign(self) -> Sequence[str]:
        """Entries of the sets that somebody else has put there, as last read; from memory."""
        ...

    def differences(self) -> Sequence[str]:
        """What the journal says and the sets do not hold, or hold otherwise, as last read: one
        sentence each; from memory. Nothing of it is mended by guessing."""
        ...


class Remedies(Protocol):
    """Answers other than a block: changes outside, each of which is a typed intent.

    As of a Response: the intent is in the journal before anything is changed, its result after;
    what was changed is read back; what is taken back is what was there before, unless somebody
    else has changed it since. Methods raise `respond.journal.ResponseError` with what, where and
    what to do.
    """

    @property
    def simulated(self) -> bool: ...

    @property
    def means(self) -> Means:
        """What there is to answer with: functions, groups for quarantine."""
        ...

    def remedies(self, cursor: int | None) -> Sequence[Remedy]:
        """All as of the cursor, newest first; from memory, never blocks."""
        ...

    def unable(self, change: AnyChange) -> str:
        """Why such a change cannot be made from here, as far as anybody has found out; "" where
        nothing speaks against it. From memory."""
        ...

    async def refresh(self) -> None:
        """Learns what others did, and what became of what a crash left open."""
        ...

    async def plan(self, change: AnyChange, cursor: int) -> RemedyPlan:
        """What the change would mean. Changes nothing."""
        ...

    async def apply(self, request: RemedyRequest) -> Remedy:
        """Journals the intent, makes the change, reads it back, journals the result."""
        ...

    async def verify(self, remedy: Remedy) -> Remedy:
        """Reads back whether it is as it was left."""
        ...

    async def undo(self, remedy: Remedy, *, author: str, cursor: int) -> Remedy: ...


class Check(Protocol):
    """One probe of doctor. It changes nothing, and never raises for what is wrong outside."""

    @property
    def name(self) -> str:
        """What is looked at, for whoever waits: `prod eu-west-1`, `this machine`."""
        ...

    async def run(self) -> Sequence[Checked]:
        """What was found, in the order to show it."""
        ...


class Discovery(Protocol):
    """Finds out what there is to configure. It reads alone; its methods raise
    `choices.DiscoveryError` with what is wrong and what to do."""

    async def profiles(self) -> Sequence[Profile]:
        """The profiles of ~/.aws, and what the environment says where it says anything."""
        ...

    async def regions(self, profile: str) -> Sequence[str]:
        """The regions of the part of AWS that a profile belongs to."""
        ...

    def groups(self, site: Site) -> AsyncIterator[Sequence[Group]]:
        """Every log group, a page at a time."""
        ...

    async def last_event(self, group: Group) -> int | None:
        """When it got its last event, in nanoseconds; None where it has none."""
        ...

    async def detector(self, site: Site) -> str:
        """The detector's id; "" where GuardDuty is not enabled."""
        ...

    def again(self) -> None:
        """Somebody may have signed in meanwhile: what is asked from here on is asked anew."""
        ...

    async def sets(self, site: Site, scope: SetScope) -> Sequence[AddressSet]:
        """The IP sets of a scope; those of CLOUDFRONT are asked for in their own region."""
        ...

    async def close(self) -> None: ...
