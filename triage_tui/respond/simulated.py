"""A blocklist that changes nothing outside: what replay and the demo block with.

It keeps the rules of the real one, so that a rehearsal is worth something: the same guard (but for
documentation space), the same capacity, intent before the act, exact undo.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.model import BlockState

from .entries import (
    Entry,
    Extended,
    Failed,
    Intent,
    Result,
    UndoFailed,
    UndoIntent,
    Undone,
    Verified,
    blocks_as_of,
    fold,
    in_force,
    later,
    pending,
    turning_points,
)
from .guard import protecting
from .journal import Journal, ResponseError
from .planner import CAPACITY, no_addresses, plan_block
from .requests import check_covered, checked, networks_of, reason_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.model import Block, BlockPlan, BlockRequest, EntityRef
    from triage_tui.networks import Network
    from triage_tui.ports import Witness

    from .entries import Payload
    from .guard import GuardPolicy


class _Seen(NamedTuple):
    """What `blocks` answered last, and between which turning points that holds."""

    revision: int
    points: list[int]
    place: int | None
    blocks: tuple[Block, ...]


class SimulatedBlocklist:
    """Implements `ports.Response`. Its entries are what the journal says, and nowhere else."""

    def __init__(
        self,
        journal: Journal,
        policy: GuardPolicy,
        *,
        name: str = "simulated",
        addresses: Callable[[EntityRef], Sequence[str]] = no_addresses,
        capacity: int = CAPACITY,
    ) -> None:
        self._journal = journal
        self._policy = msgspec.structs.replace(policy, allow_documentation=True)
        self._name = name
        self._addresses = addresses
        self._capacity = capacity
        self._turn = asyncio.Lock()
        self._seen = _Seen(-1, [], None, ())

    @property
    def name(self) -> str:
        return self._name

    @property
    def simulated(self) -> bool:
        return True

    @property
    def policy(self) -> GuardPolicy:
        """The policy in force: the one given, with documentation space allowed."""
        return self._policy

    def protect(self, cidr: str, reason: str) -> None:
        """From now on the guard refuses to block it."""
        self._policy = protecting(self._policy, cidr, reason)

    def blocks(self, cursor: int | None) -> Sequence[Block]:
        """All blocks as of the cursor, newest first; from memory, never blocks."""
        seen = self._seen
        points = seen.points
        if seen.revision != self._journal.revision:
            points = turning_points(self._mine())
        place = None if cursor is None else bisect_right(points, cursor)
        if seen.revision != self._journal.revision or seen.place != place:
            found = tuple(blocks_as_of(self._mine(), cursor))
            self._seen = seen = _Seen(self._journal.revision, points, place, found)
        return seen.blocks

    def set_of(self, block: Block) -> str:
        """It is in no set."""
        return ""

    def foreign(self) -> Sequence[str]:
        """Nobody else writes to what is not there."""
        return ()

    def differences(self) -> Sequence[str]:
        """What the journal says is all there is."""
        return ()

    async def refresh(self) -> None:
        """Learns what others, who have the same journal open, have blocked and undone."""
        await self._journal.refresh()

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        """What blocking these entities would mean, as of what others did too. Changes nothing."""
        await self.refresh()
        return plan_block(
            refs,
            blocklist=self._name,
            simulated=True,
            policy=self._policy,
            entries=[block.cidr for block in self._in_force(cursor)],
            witness=witness,
            addresses=self._addresses,
            capacity=self._capacity,
        )

    async def apply(self, request: BlockRequest) -> Block:
        """Blocks; where the very CIDR is blocked already, lets that block last longer instead."""
        async with self._turn:
            await self._journal.refresh()
            network = checked(request, self._name, self._policy)
            expires = _expiry(request)
            active = self._in_force(request.cursor)
            same = [block for block in active if block.cidr == str(network)]
            if same:
                return await self._extend(
                    same[0], expires, request.author, request.cursor, request.reason
                )
            self._check_room(network, active)
            intent = Intent(
                blocklist=self._name,
                cidr=str(network),
                reason=request.reason,
                author=request.author,
                expires=expires,
                subject=request.subject,
                simulated=True,
            )
            begun = await self._write(intent, request.cursor)
            family = sum(network.version == net.version for net in networks_of(active)) + 1
            await self._write(Result(family), request.cursor, begun.block)
            return self._find(begun.block)

    async def reconcile(self) -> list[Block]:
        """Closes everything that a crash left open; the blocks concerned."""
        await self._journal.refresh()
        open_ids = {entry.block for entry in pending(self._mine())}
        return [await self.verify(self._find(block_id)) for block_id in sorted(open_ids)]

    async def verify(self, block: Block) -> Block:
        """Reads back whether the block is in the list, and closes what a crash left open."""
        async with self._turn:
            await self._journal.refresh()
            found = self._find(block.id)
            mine = [entry for entry in self._mine() if entry.block == block.id]
            for entry in pending(mine):
                await self._write(_cut_short(entry), entry.cursor, block.id)
            if found.state is BlockState.SENT:
                await self._write(Verified(), found.cursor, block.id)
            found = self._find(block.id)
            over = block.state is BlockState.EXPIRED and in_force(found)
            return block if over else found

    async def undo(self, block: Block, *, author: str, cursor: int) -> Block:
        """Takes out exactly the entry that this block put in."""
        async with self._turn:
            await self._journal.refresh()
            self._check_in_force(block, cursor, "undo")
            await self._write(UndoIntent(author), cursor, block.id)
            await self._write(Undone(author), cursor, block.id)
            return self._find(block.id)

    async def extend(self, block: Block, expires: int | None, *, author: str, cursor: int) -> Block:
        """Lets the block last until then; the later expiry wins."""
        async with self._turn:
            await self._journal.refresh()
            current = self._check_in_force(block, cursor, "extend")
            return await self._extend(current, expires, author, cursor, "")

    async def _extend(
        self, block: Block, expires: int | None, author: str, cursor: int, reason: str
    ) -> Block:
        if later(block.expires, expires) == block.expires:
            return block
        if expires is None and not (block.reason.strip() or reason.strip()):
            raise reason_missing()
        await self._write(Extended(expires, author, reason), cursor, block.id)
        return self._find(block.id)

    def _mine(self) -> Sequence[Entry]:
        return [entry for entry in self._journal.entries if entry.response == self._name]

    def _in_force(self, cursor: int) -> list[Block]:
        return [block for block in self.blocks(cursor) if in_force(block)]

    async def _write(self, payload: Payload, cursor: int, block: str = "") -> Entry:
        return await self._journal.append(payload, response=self._name, cursor=cursor, block=block)

    def _find(self, block_id: str) -> Block:
        """The block after all that was decided about it, expiry aside."""
        found = fold(entry for entry in self._mine() if entry.block == block_id)
        if block_id not in found:
            raise ResponseError(
                "No such block",
                f"{self._name} has never made {block_id}.",
                "What others added stays theirs: change it where it was made.",
            )
        return found[block_id]

    def _check_in_force(self, block: Block, cursor: int, what: str) -> Block:
        """The block as of the cursor, where it must be in force."""
        self._find(block.id)
        for found in self.blocks(cursor):
            if found.id == block.id:
                if in_force(found):
                    return found
                raise ResponseError(
                    f"Nothing to {what}",
                    f"{found.cidr} is {found.state.value} at this time.",
                    "Block it again if it must be stopped."
                    if what == "extend"
                    else "Look at the blocks: it is not in force.",
                )
        raise ResponseError(
            f"Nothing to {what}",
            f"{block.cidr} was blocked later than the time you are looking at.",
            "Go on in time to where it was made.",
        )

    def _check_room(self, network: Network, active: Sequence[Block]) -> None:
        check_covered(network, active)
        held = sum(other.version == network.version for other in networks_of(active))
        if held >= self._capacity:
            raise ResponseError(
                "The blocklist is full",
                f"{self._name} holds {held:,} IPv{network.version} entries, and no more fit.",
                "Undo some, let them expire, or block a wider range in their place.",
            )


def _cut_short(entry: Entry) -> Payload:
    """What became of an intent whose change never followed: nothing."""
    reason = "the program ended before the change was made"
    return Failed(reason) if isinstance(entry.payload, Intent) else UndoFailed(reason)


def _expiry(request: BlockRequest) -> int | None:
    return None if request.expires_after is None else request.cursor + request.expires_after
