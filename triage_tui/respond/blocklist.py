"""A real blocklist: WAFv2 IP sets, changed by deltas, each of which is in the journal first.

What is ours is what the journal says, and nothing else; what the sets hold is read again before
each change. Blocks are of now: they end by the wall clock, however time stands on the screen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.model import BlockState
from triage_tui.networks import network_of

from .entries import (
    Extended,
    Intent,
    UndoIntent,
    in_force,
    later,
)
from .guard import protecting
from .holdings import Holdings, is_due
from .ipset import LIMIT, Fate, Sight, Trouble
from .journal import Line, ResponseError
from .opensets import OpenSets
from .outlook import Outlook
from .planner import no_addresses, plan_block
from .reconciling import Reconciler
from .requests import check_covered, checked, reason_missing
from .setwriter import Order

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Sequence

    from triage_tui.model import Block, BlockPlan, BlockRequest, EntityRef
    from triage_tui.ports import Witness

    from .address_sets import AddressSets
    from .guard import GuardPolicy
    from .journal import Journal
    from .outlook import AclReader
    from .settings import BlocklistSettings
    from .setwriter import SetWriter
    from .turns import Company

EXPIRY = "expiry"
"""The author of what ends because its time is over."""


class WafBlocklist:
    """Implements `ports.Response`."""

    def __init__(
        self,
        settings: BlocklistSettings,
        sets: AddressSets,
        journal: Journal,
        policy: GuardPolicy,
        company: Company,
        *,
        wall: Callable[[], int],
        addresses: Callable[[EntityRef], Sequence[str]] = no_addresses,
        acls: AclReader | None = None,
        learn: Callable[[GuardPolicy], Awaitable[GuardPolicy]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limit: int = LIMIT,
    ) -> None:
        """`acls` reads the web ACLs that look into the sets; `learn` adds to the guard's policy
        what the account tells."""
        self.settings = settings
        self._outlook = Outlook(settings.scope, acls)
        self._learn = learn
        self._journal = journal
        self._policy = policy
        self._company = company
        self._wall = wall
        self._addresses = addresses
        self._limit = limit
        self._open = OpenSets(settings, sets, journal, company, wall=wall, sleep=sleep, limit=limit)
        self._standing = self._open.standing
        self._reconciler = Reconciler(journal, self._standing, company, wall=wall, sleep=sleep)
        self._holds = Holdings(settings.name, journal, self._open, self._outlook, wall)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def simulated(self) -> bool:
        return False

    @property
    def is_open(self) -> bool:
        """Whether the sets have been found."""
        return bool(self._open.writers)

    @property
    def policy(self) -> GuardPolicy:
        """What the guard refuses, but for what the account tells."""
        return self._policy

    def protect(self, cidr: str, reason: str) -> None:
        """From now on the guard refuses to block it."""
        self._policy = protecting(self._policy, cidr, reason)

    @property
    def sets(self) -> AddressSets:
        """The account and region that the sets are in."""
        return self._open.sets

    async def open(self) -> None:
        """Finds the sets, as far as there are any; does nothing where that was done. Raises
        ResponseError."""
        await self._open.find()
        self._outlook.sets = self._open.ip_sets

    async def close(self) -> None:
        """Closes the clients."""
        await self._open.sets.close()

    # -- what there is ---------------------------------------------------------------------------

    def blocks(self, cursor: int | None) -> Sequence[Block]:
        """All blocks as of the cursor, newest first; those that hold something back now say so."""
        return self._holds.as_of(cursor)

    def set_of(self, block: Block) -> str:
        """The ARN of the set that it was put into, even if the config names another by now."""
        return self._standing.set_of(block.id)

    def foreign(self) -> Sequence[str]:
        """Entries of the sets that somebody else has put there, as last read."""
        return self._holds.foreign()

    def differences(self) -> Sequence[str]:
        """What the journal says and the sets do not hold, as last read: a sentence each."""
        return self._holds.differences()

    def due(self) -> list[Block]:
        """What is over and may be in a set: also what nobody knows to be in it."""
        return self._holds.due()

    def next_expiry(self, but: Container[str] = ()) -> int | None:
        """When the next block ends (wall time), but for these (ids); None where none does."""
        return self._holds.next_expiry(but)

    async def refresh(self) -> None:
        """Learns what others have blocked and undone, here and in the sets."""
        await self._journal.refresh()
        self._holds.advance()
        await self.open()
        for writer in self._open.writers.values():
            sight = self._open.must(await writer.look())
            ids = {block.id for block in self._standing.held_in(writer.ip_set.arn)}
            await self._compare(writer, ids, sight)
        await self._outlook.read()
        self._open.check_whole()

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        """What blocking these entities would mean, as of what the sets hold. Changes nothing."""
        await self.refresh()
        return plan_block(
            refs,
            blocklist=self.name,
            simulated=False,
            policy=await self._learned(),
            entries=[block.cidr for block in self._holds.held()],
            witness=witness,
            addresses=self._addresses,
            capacity=self._limit,
            foreign=self._holds.foreign(),
            outside=self._outlook,
        )

    # -- deciding --------------------------------------------------------------------------------

    async def apply(self, request: BlockRequest) -> Block:
        """Blocks; where the very CIDR is blocked already, lets that block last longer instead."""
        network = checked(request, self.name, self._policy)
        checked(request, self.name, await self._learned())
        await self.open()
        writer, who = await self._open.for_network(network)
        await self._journal.refresh()
        self._holds.advance()
        now = self._wall()
        expires = None if request.expires_after is None else now + request.expires_after
        cursor = min(request.cursor, now)
        if self._holds.same(network, writer.ip_set.arn):
            sight = self._open.must(await writer.settle())
            same = self._holds.same(network, writer.ip_set.arn)
            if same and network in sight.present:
                return await self._extend(same[0], expires, request.author, cursor, request.reason)
        held = self._holds.held_in(writer.ip_set.arn)
        check_covered(network, [block for block in held if block.cidr != str(network)])
        intent = Intent(
            blocklist=self.name,
            cidr=str(network),
            reason=request.reason,
            author=request.author,
            expires=expires,
            subject=request.subject,
            simulated=False,
            identity=who.arn,
            set=writer.ip_set.arn,
            writer=self._company.writer,
            seen=self._outlook.seen(network),
        )
        begun = await self._journal.append(intent, response=self.name, cursor=cursor)
        self._holds.advance()
        done = await writer.carry_out(
            Order(begun.block, network, adds=True, author=request.author, cursor=cursor)
        )
        if done.fate is Fate.OURS:
            same = self._holds.same(network, writer.ip_set.arn)
            if same:
                return await self._extend(same[0], expires, request.author, cursor, request.reason)
        if done.fate is not Fate.ADDED:
            raise _not_made(f"{network} is not blocked", done.fate, done.words)
        return self._holds.find(begun.block)

    async def verify(self, block: Block) -> Block:
        """Reads back whether the block is in the set."""
        return (await self.verify_all([block]))[0]

    async def verify_all(self, blocks: Sequence[Block]) -> list[Block]:
        """The same for several: each set is read once."""
        await self.open()
        for writer in self._open.writers.values():
            ids = {b.id for b in blocks if self._standing.set_of(b.id) == writer.ip_set.arn}
            if ids:
                await self._compare(writer, ids, self._open.must(await writer.look()))
        return [self._holds.find(block.id) for block in blocks]

    async def undo(self, block: Block, *, author: str, cursor: int) -> Block:
        """Takes out exactly the entry that this block put in."""
        found = await self._current(block, "undo")
        await self._take_out([found], author, min(cursor, self._wall()), expired=False)
        return self._holds.find(block.id)

    async def extend(self, block: Block, expires: int | None, *, author: str, cursor: int) -> Block:
        """Lets the block last until then; the later expiry wins."""
        found = await self._current(block, "extend")
        return await self._extend(found, expires, author, min(cursor, self._wall()), "")

    async def expire(self, but: Container[str] = ()) -> list[Block]:
        """Takes out everything whose time is over, but for these blocks (ids); what was taken out.
        Raises ResponseError where anything of it stays."""
        await self._journal.refresh()
        due = [block for block in self._holds.due() if block.id not in but]
        if not due:
            return []
        await self.open()
        trouble = await self._settle(due)
        found = [self._holds.find(block.id) for block in due]
        over = [block for block in found if self._holds.can_go(block)]
        if over:
            await self._take_out(over, EXPIRY, self._wall(), expired=True)
        if trouble is not None:
            self._open.must(trouble)
        found = [self._holds.find(block.id) for block in due]
        return [block for block in found if block.state in (BlockState.EXPIRED, BlockState.UNDONE)]

    async def _settle(self, blocks: Sequence[Block]) -> Trouble | None:
        """Finds out what became of their open writes; what was in the way at last."""
        trouble = None
        for writer in self._open.writers.values():
            arn = writer.ip_set.arn
            open_ = {entry.block for entry in self._standing.unsettled(arn)}
            if any(block.id in open_ for block in blocks):
                answer = await writer.settle()
                trouble = answer if isinstance(answer, Trouble) else trouble
        self._holds.advance()
        return trouble

    async def reconcile(self) -> list[str]:
        """Holds the journal against the sets: closes what a crash left open, sees what is there
        and what others have taken out. What differs, a sentence each. Raises ResponseError."""
        await self.open()
        for writer in self._open.writers.values():
            sight = self._open.must(await writer.settle())
            ids = {block.id for block in self._standing.held_in(writer.ip_set.arn)}
            await self._compare(writer, ids, sight)
        await self._reconciler.bury(self.name)
        await self._outlook.read()
        self._open.check_whole()
        return list(self._holds.differences())

    # -- how -------------------------------------------------------------------------------------

    async def _learned(self) -> GuardPolicy:
        return self._policy if self._learn is None else await self._learn(self._policy)

    async def _take_out(
        self, blocks: Sequence[Block], author: str, cursor: int, *, expired: bool
    ) -> None:
        who = await self._open.who()
        meant = [(block, self._open.of_block(block.id)) for block in blocks]
        intent = UndoIntent(author, expired, who.arn, self._company.writer)
        await self._journal.append_all(
            [Line(intent, self.name, cursor, block.id) for block, writer in meant if writer]
        )
        self._holds.advance()
        done = await asyncio.gather(
            *(self._carry_out(block, writer, author, cursor, expired) for block, writer in meant)
        )
        failed = [words for words in done if words]
        if failed:
            raise ResponseError(
                "Still blocked" if len(failed) == 1 else f"{len(failed)} are still blocked",
                f"{'; '.join(words.rstrip('.') for words in failed[:3])}.",
                "Look at the blocks, then try again.",
            )

    async def _carry_out(
        self, block: Block, writer: SetWriter | None, author: str, cursor: int, expired: bool
    ) -> str:
        """Why an entry was not taken out; "" where it was."""
        network = network_of(block.cidr)
        if writer is None or network is None:
            return f"{block.cidr} is in a set that the blocklist {self.name} no longer names"
        done = await writer.carry_out(
            Order(block.id, network, adds=False, author=author, cursor=cursor, expired=expired)
        )
        if done.fate in (Fate.REMOVED, Fate.ABSENT) or not in_force(self._holds.find(block.id)):
            return ""
        if expired and not is_due(self._holds.find(block.id), self._wall()):
            return ""
        return f"{block.cidr}: {done.words}"

    async def _extend(
        self, block: Block, expires: int | None, author: str, cursor: int, reason: str
    ) -> Block:
        if later(block.expires, expires) == block.expires:
            return block
        if expires is None and not (block.reason.strip() or reason.strip()):
            raise reason_missing()
        writer = self._open.of_block(block.id)
        if writer is None:
            raise ResponseError(
                "Not extended",
                f"{block.cidr} is in a set that the blocklist {self.name} no longer names.",
                "Name it in the config again, or block it in the set that is named.",
            )
        async with writer.standing_still():
            self._holds.advance()
            if not in_force(self._holds.find(block.id)):
                raise ResponseError(
                    "Over meanwhile",
                    f"{block.cidr} was taken out of the set before it could be extended.",
                    "Block it again.",
                )
            line = Line(Extended(expires, author, reason), self.name, cursor, block.id)
            await self._journal.append_all([line])
        self._holds.advance()
        return self._holds.find(block.id)

    async def _compare(self, writer: SetWriter, ids: set[str], sight: Sight) -> None:
        trouble = await self._reconciler.compare(writer, ids, sight)
        if trouble is not None:
            self._open.must(trouble)

    async def _current(self, block: Block, what: str) -> Block:
        """The block as it stands now, where it holds something back."""
        await self.open()
        await self._journal.refresh()
        self._holds.advance()
        found = self._holds.find(block.id)
        if in_force(found):
            return found
        raise ResponseError(
            f"Nothing to {what}",
            f"{found.cidr} is {found.state.value}.",
            "Block it again if it must be stopped."
            if what == "extend"
            else "Look at the blocks: it is not in force.",
        )


def _not_made(title: str, fate: Fate, words: str) -> ResponseError:
    words = words.rstrip(".")
    if fate in (Fate.FOREIGN, Fate.COVERED):
        return ResponseError("Blocked already", f"{words}.", "It is blocked for as long as it is.")
    if fate is Fate.FULL:
        return ResponseError(
            "The blocklist is full",
            f"{words}.",
            "Undo some, let them expire, or block a wider range in their place.",
        )
    if fate is Fate.UNKNOWN:
        return ResponseError(
            "Nobody knows yet", f"{words}.", "The next look at the set settles it: open the blocks."
        )
    return ResponseError(title, f"{words}.", "Mend that, then block it again.")
