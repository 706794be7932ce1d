"""What stands in the journal, and what follows from it: which blocks there are as of a cursor.

Pure. An entry takes effect at its cursor, so what is blocked as of a cursor does not depend on the
order in which somebody who steps back and forth in time decided it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.model import Block, BlockState

from .ipset import Mark
from .remedy.entries import (
    RemedyIntent,
    RemedyPayload,
    RemedyResult,
    RemedyUndoFailed,
    RemedyUndoIntent,
    RemedyUndone,
)
from .statements import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen of a set outside: before and after a change, and AWS's own ids of the calls."""

    before: Mark | None = None
    after: Mark | None = None
    requests: tuple[str, ...] = ()
    note: str = ""
    """What else there is to say: what was there already, what was found after a crash."""


class Intent(msgspec.Struct, frozen=True, tag_field="phase", tag="intent", omit_defaults=True):
    """Somebody confirmed a block; written before anything else happens. The last fields are of
    blocks that are real."""

    blocklist: str
    cidr: str
    reason: str
    author: str
    expires: int | None
    subject: str
    simulated: bool
    identity: str = ""
    """As whom AWS is called: an ARN."""
    set: str = ""
    """The ARN of the IP set."""
    writer: str = ""
    """The process that makes the change (`turns.Presence`)."""
    seen: Seen = "unknown"
    """How its requests arrive, as far as the plan knew."""


class Attempt(msgspec.Struct, frozen=True, tag_field="phase", tag="attempt"):
    """A write of the set is about to be sent: whatever comes of it, this came before."""

    adds: bool
    before: Mark
    """What the set holds; an entry that is to be added is not in it."""
    identity: str


class Result(msgspec.Struct, frozen=True, tag_field="phase", tag="result", omit_defaults=True):
    """The change was made."""

    entries: int
    """How many entries the family's set holds now."""
    evidence: Evidence | None = None


class Failed(msgspec.Struct, frozen=True, tag_field="phase", tag="failed", omit_defaults=True):
    """The change was not made, and why."""

    reason: str
    evidence: Evidence | None = None


class Verified(msgspec.Struct, frozen=True, tag_field="phase", tag="verified", omit_defaults=True):
    """The change was read back and is in force."""

    evidence: Evidence | None = None


class Missing(msgspec.Struct, frozen=True, tag_field="phase", tag="missing", omit_defaults=True):
    """The entry is not in the set any more, and we have not taken it out."""

    evidence: Evidence | None = None


class UndoIntent(
    msgspec.Struct, frozen=True, tag_field="phase", tag="undo intent", omit_defaults=True
):
    """Somebody confirmed that the block goes, or its time is over."""

    author: str
    expired: bool = False
    identity: str = ""
    writer: str = ""


class Undone(msgspec.Struct, frozen=True, tag_field="phase", tag="undone", omit_defaults=True):
    """The inverse change was made."""

    author: str
    evidence: Evidence | None = None


class Expired(msgspec.Struct, frozen=True, tag_field="phase", tag="expired", omit_defaults=True):
    """The same, for its time was over."""

    author: str
    evidence: Evidence | None = None


class UndoFailed(
    msgspec.Struct, frozen=True, tag_field="phase", tag="undo failed", omit_defaults=True
):
    """The inverse change was not made, and why: the block is still in force."""

    reason: str
    evidence: Evidence | None = None


class Extended(msgspec.Struct, frozen=True, tag_field="phase", tag="extend"):
    """The block lasts longer; the later expiry wins, None (never) over all."""

    expires: int | None
    author: str
    reason: str = ""


Payload = (
    Intent
    | Attempt
    | Result
    | Failed
    | Verified
    | Missing
    | UndoIntent
    | Undone
    | Expired
    | UndoFailed
    | Extended
    | RemedyPayload
)

BEGINS = (Intent, RemedyIntent)
"""What makes something new; everything else is about one."""
ENDS: dict[type[Payload], tuple[type[Payload], ...]] = {
    Intent: (Result, Failed),
    UndoIntent: (Undone, Expired, UndoFailed),
    RemedyIntent: (RemedyResult,),
    RemedyUndoIntent: (RemedyUndone, RemedyUndoFailed),
}
"""What an intent waits for."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal. It is never changed, only followed by others."""

    seq: int
    wall: int
    cursor: int
    response: str
    block: str
    """The id of the block, or of the remedy, that it is about."""
    payload: Payload
    hash: str

    @property
    def phase(self) -> str:
        return phase_of(self.payload)


def phase_of(payload: Payload) -> str:
    """The journal's word for what happened."""
    return str(payload.__struct_config__.tag)


def encode(payload: Payload) -> str:
    """ASCII JSON with sorted keys; also of text that holds lone surrogates."""
    return json.dumps(msgspec.to_builtins(payload), sort_keys=True, separators=(",", ":"))


def decode(text: str) -> Payload:
    """The payload that `encode` wrote. Raises ValueError for anything else."""
    try:
        payload: Payload = msgspec.convert(json.loads(text), Payload)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return payload


class Row(NamedTuple):
    """An entry as it lies on disk."""

    seq: int
    wall: int
    cursor: int
    response: str
    block: str
    payload: str
    hash: str


GENESIS = "0" * 64
"""What stands before the first entry."""


def link(before: str, row: Row) -> str:
    """The hash of a row (its own `hash` aside), chained to the hash of the row before."""
    content = json.dumps([before, *row[:-1]], separators=(",", ":"))
    return sha256(content.encode("ascii")).hexdigest()


def first_broken(rows: Iterable[Row]) -> int | None:
    """The first entry that was changed, moved, or whose predecessor is gone; None when whole.

    A cut at the very end, and a chain computed afresh throughout, cannot be seen from inside; who
    keeps the last hash elsewhere (a report carries it) can compare.
    """
    before = GENESIS
    for expected, row in enumerate(rows, start=1):
        if row.seq != expected or row.hash != link(before, row):
            return expected
        before = row.hash
    return None


def block_id(before: str, intent: Intent | RemedyIntent, seq: int) -> str:
    """The id of a new block or remedy: unique, as no two entries follow the same hash."""
    content = json.dumps([before, seq, encode(intent)])
    mark = "blk" if isinstance(intent, Intent) else "rem"
    return f"{mark}-{sha256(content.encode('ascii')).hexdigest()[:8]}"


def pending(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Intents that no result followed: a crash came between, or the change is under way."""
    left: dict[tuple[str, type[Payload]], Entry] = {}
    for entry in entries:
        kind = type(entry.payload)
        if kind in ENDS:
            left[entry.block, kind] = entry
        for intent, ends in ENDS.items():
            if kind in ends:
                left.pop((entry.block, intent), None)
    return tuple(left.values())


def blocks_as_of(entries: Sequence[Entry], cursor: int | None) -> list[Block]:
    """All blocks made up to the cursor, newest first, each in the state that it had there.

    None is the latest state: event time has come at least as far as the latest decision.
    """
    now = max((entry.cursor for entry in entries), default=0) if cursor is None else cursor
    found = fold(entry for entry in entries if entry.cursor <= now)
    return [_expired(block, now) for block in reversed(found.values())]


def turning_points(entries: Iterable[Entry]) -> list[int]:
    """The cursors, ascending, at which what `blocks_as_of` answers may change."""
    points: set[int] = set()
    for entry in entries:
        points.add(entry.cursor)
        if isinstance(entry.payload, (Intent, Extended)) and entry.payload.expires is not None:
            points.add(entry.payload.expires)
    return sorted(points)


def fold(entries: Iterable[Entry]) -> dict[str, Block]:
    """Block id to block, in the order they were made; expiry is not looked at."""
    blocks: dict[str, Block] = {}
    for entry in entries:
        follow(blocks, entry)
    return blocks


def follow(blocks: dict[str, Block], entry: Entry) -> None:
    """What one more entry makes of the blocks."""
    if isinstance(entry.payload, Intent):
        blocks[entry.block] = _made(entry, entry.payload)
    elif entry.block in blocks:
        blocks[entry.block] = _followed(blocks[entry.block], entry.payload)


def _made(entry: Entry, intent: Intent) -> Block:
    return Block(
        id=entry.block,
        blocklist=intent.blocklist,
        cidr=intent.cidr,
        reason=intent.reason,
        author=intent.author,
        made=entry.wall,
        cursor=entry.cursor,
        expires=intent.expires,
        state=BlockState.INTENDED,
        simulated=intent.simulated,
        subject=intent.subject,
    )


_STEPS: dict[type[Payload], tuple[frozenset[BlockState], BlockState]] = {
    Result: (frozenset({BlockState.INTENDED}), BlockState.SENT),
    Failed: (frozenset({BlockState.INTENDED}), BlockState.FAILED),
    Verified: (frozenset({BlockState.INTENDED, BlockState.SENT}), BlockState.VERIFIED),
    Missing: (frozenset({BlockState.SENT, BlockState.VERIFIED}), BlockState.MISSING),
    Undone: (
        frozenset({BlockState.INTENDED, BlockState.SENT, BlockState.VERIFIED}),
        BlockState.UNDONE,
    ),
    Expired: (
        frozenset({BlockState.INTENDED, BlockState.SENT, BlockState.VERIFIED}),
        BlockState.EXPIRED,
    ),
}
"""From which states a payload leads to which."""


def _followed(block: Block, payload: Payload) -> Block:
    if isinstance(payload, Extended):
        return msgspec.structs.replace(
            block,
            expires=later(block.expires, payload.expires),
            reason=block.reason or payload.reason,
        )
    if type(payload) in _STEPS:
        before, after = _STEPS[type(payload)]
        if block.state in before:
            return msgspec.structs.replace(block, state=after)
    return block


def later(one: int | None, other: int | None) -> int | None:
    """The later of two expiries; None is never, later than all."""
    return None if one is None or other is None else max(one, other)


def in_force(block: Block) -> bool:
    """Whether its entry is in the blocklist, as far as the journal knows."""
    return block.state in (BlockState.SENT, BlockState.VERIFIED, BlockState.OVERDUE)


def _expired(block: Block, now: int) -> Block:
    if in_force(block) and block.expires is not None and block.expires <= now:
        return msgspec.structs.replace(block, state=BlockState.EXPIRED)
    return block
