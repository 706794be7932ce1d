"""A real blocklist as the screens see it, with what stands outside said by a test."""

from collections.abc import Sequence

import msgspec

from triage_tui.model import (
    Block,
    BlockPlan,
    BlockRequest,
    BlockState,
    Enforcement,
    EntityRef,
)
from triage_tui.networks import Network
from triage_tui.ports import Witness
from triage_tui.respond.guard import GuardPolicy, protecting
from triage_tui.respond.planner import plan_block
from triage_tui.respond.statements import Seen

WALL = 1_773_540_000_000_000_000


class Edge:
    """Implements `ports.Response`; what happens outside is what its attributes say."""

    simulated = False

    def __init__(self, name: str = "edge", *, policy: GuardPolicy | None = None) -> None:
        self.name = name
        self.policy = policy or GuardPolicy(allow_documentation=True)
        self.found: list[Block] = []
        self.others: list[str] = []
        self.told: list[str] = []
        self.outcome: Enforcement | None = None
        """What the web ACLs make of every entry."""
        self.versions = {4, 6}
        self.room = 10_000
        self.state = BlockState.VERIFIED
        """How a block stands that was read back."""
        self.trouble: Exception | None = None
        self.unread: Exception | None = None
        """Why nothing is read back."""
        self.refreshed = 0

    # -- outside ---------------------------------------------------------------------------------

    def target(self, version: int) -> str | None:
        if version not in self.versions:
            return None
        return f"IP set {self.name}-v{version}, REGIONAL"

    def enforcement(self, _network: Network, _seen: Seen) -> Enforcement | None:
        return self.outcome

    # -- the port --------------------------------------------------------------------------------

    def blocks(self, cursor: int | None) -> Sequence[Block]:
        held = [block for block in self.found if cursor is None or block.cursor <= cursor]
        return [msgspec.structs.replace(each, enforcement=self.outcome) for each in held[::-1]]

    def protect(self, cidr: str, reason: str) -> None:
        self.policy = protecting(self.policy, cidr, reason)

    def set_of(self, block: Block) -> str:
        return "arn:aws:wafv2:us-east-1:111122223333:global/ipset/edge/1-2" if block.cidr else ""

    def foreign(self) -> Sequence[str]:
        return self.others

    def differences(self) -> Sequence[str]:
        return self.told

    async def refresh(self) -> None:
        self.refreshed += 1
        if self.trouble is not None:
            raise self.trouble

    async def plan(self, refs: Sequence[EntityRef], witness: Witness, cursor: int) -> BlockPlan:
        return plan_block(
            refs,
            blocklist=self.name,
            simulated=False,
            policy=self.policy,
            entries=[block.cidr for block in self.found],
            witness=witness,
            capacity=self.room,
            foreign=self.others,
            outside=self,
        )

    async def apply(self, request: BlockRequest) -> Block:
        after = request.expires_after
        made = Block(
            id=f"blk-{self.name}-{len(self.found)}",
            blocklist=self.name,
            cidr=request.cidr,
            reason=request.reason,
            author=request.author,
            made=WALL,
            cursor=request.cursor,
            expires=None if after is None else request.cursor + after,
            state=BlockState.SENT,
            simulated=False,
            subject=request.subject,
        )
        self.found.append(made)
        return made

    async def verify(self, block: Block) -> Block:
        if self.unread is not None:
            raise self.unread
        return self._becomes(block, self.state)

    async def undo(self, block: Block, *, author: str, cursor: int) -> Block:
        return self._becomes(block, BlockState.UNDONE)

    async def extend(self, block: Block, expires: int | None, *, author: str, cursor: int) -> Block:
        return block

    def _becomes(self, block: Block, state: BlockState) -> Block:
        changed = msgspec.structs.replace(block, state=state)
        self.found = [changed if each.id == block.id else each for each in self.found]
        return changed
