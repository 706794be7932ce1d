"""What a triage changes outside: blocks, and other answers. Each is a decision that is counted."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from .respond.journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Block, BlockPlan, BlockRequest, Entity, EntityRef
    from .ports import Clock, Remedies, Response, Witness
    from .remedies import AnyChange, Remedy, RemedyPlan, RemedyRequest


class Responding(ABC):
    """The half of a `Triage` that responds."""

    blocklist: Response
    """The one that a plan is made for, unless another one is chosen."""
    more_blocklists: tuple[Response, ...]
    remedies: Remedies
    clock: Clock
    author: str
    decisions: int
    """Counts what people did: notes, verdicts, blocks."""

    @abstractmethod
    def witness(self) -> Witness:
        """Who is behind a CIDR as of the cursor; filters do not matter."""

    # -- blocks ----------------------------------------------------------------------------------

    @property
    def blocklists(self) -> tuple[Response, ...]:
        """All there are, the usual one first. Their names differ."""
        return (self.blocklist, *self.more_blocklists)

    def blocklist_of(self, name: str) -> Response:
        """The blocklist of that name; the usual one where there is none."""
        return next((each for each in self.blocklists if each.name == name), self.blocklist)

    async def plan_block(self, refs: Sequence[EntityRef], blocklist: str = "") -> BlockPlan:
        """What blocking these would mean in that blocklist. Changes nothing."""
        chosen = self.blocklist_of(blocklist)
        return await chosen.plan(refs, self.witness(), self.clock.position())

    async def block(self, request: BlockRequest) -> Block:
        """Makes the change and reads it back. What cannot be read back is made all the same."""
        chosen = self.blocklist_of(request.blocklist)
        block = await chosen.apply(request)
        self.decisions += 1
        with suppress(ResponseError):  # it is sent, and not verified yet
            block = await chosen.verify(block)
            self.decisions += 1
        return block

    async def refresh_blocks(self) -> None:
        """Learns what others have blocked and undone, here and outside. All are asked, and the
        first that cannot tell is raised at the end."""
        before = self._standing()
        asked = await asyncio.gather(
            *(each.refresh() for each in self.blocklists), return_exceptions=True
        )
        self.decisions += self._standing() != before
        for failed in asked:
            if isinstance(failed, BaseException):
                raise failed

    def _standing(self) -> object:
        return self.blocks(), *(
            (tuple(each.foreign()), tuple(each.differences())) for each in self.blocklists
        )

    async def undo(self, block: Block) -> Block:
        """Takes a block back."""
        chosen = self.blocklist_of(block.blocklist)
        undone = await chosen.undo(block, author=self.author, cursor=self.clock.position())
        self.decisions += 1
        return undone

    async def extend(self, block: Block, expires: int | None) -> Block:
        """Lets a block last longer."""
        chosen = self.blocklist_of(block.blocklist)
        extended = await chosen.extend(
            block, expires, author=self.author, cursor=self.clock.position()
        )
        self.decisions += 1
        return extended

    def blocks(self) -> Sequence[Block]:
        """All blocks of all blocklists as of the cursor, newest first."""
        cursor = self.clock.cursor()
        if not self.more_blocklists:
            return self.blocklist.blocks(cursor)
        found = [block for each in self.blocklists for block in each.blocks(cursor)]
        return sorted(found, key=lambda block: (block.cursor, block.made), reverse=True)

    def blocks_on(self, entity: Entity) -> list[Block]:
        """Blocks, whatever their state, that touch one of its addresses or were made for it."""
        names = set(entity.ref.subjects)
        found = []
        for block in self.blocks():
            net = ip_network(block.cidr)
            if block.subject in names or any(ip_address(ip) in net for ip in entity.ips):
                found.append(block)
        return found

    # -- other answers ---------------------------------------------------------------------------

    async def plan_remedy(self, change: AnyChange) -> RemedyPlan:
        """What a change would mean. Changes nothing."""
        return await self.remedies.plan(change, self.clock.position())

    async def remedy(self, request: RemedyRequest) -> Remedy:
        """Makes a change and reads it back."""
        try:
            return await self.remedies.apply(request)
        finally:
            self.decisions += 1

    async def take_back(self, remedy: Remedy) -> Remedy:
        """Puts back what was there before a change."""
        try:
            return await self.remedies.undo(
                remedy, author=self.author, cursor=self.clock.position()
            )
        finally:
            self.decisions += 1

    async def refresh_remedies(self) -> None:
        """Learns what others did."""
        before = self.remedied()
        await self.remedies.refresh()
        self.decisions += self.remedied() != before

    def remedied(self) -> Sequence[Remedy]:
        """All remedies as of the cursor, newest first."""
        return self.remedies.remedies(self.clock.cursor())
