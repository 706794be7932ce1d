"""Blocks by itself: only what the guard allows without any doubt, within a budget, and with an end.

The same blocklist, writer and journal as the program's. Whoever shares the table sees what was
blocked here, and what they blocked is taken out here when it is over.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec

from triage_tui.model import HOUR, MINUTE, SECOND, BlockRequest, GuardLevel
from triage_tui.networks import network_of
from triage_tui.replica import Replica
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.entries import in_force
from triage_tui.respond.guard import Learned, judge, refusals
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.leases import Team, writer_name
from triage_tui.respond.ranges import usual_width, widened
from triage_tui.respond.sharedjournal import open_shared
from triage_tui.statefile import StateFileError

from .drivers import DynamoTable
from .ports import Change, Key, Trouble
from .sets import BotoSets, egress
from .trusted import trusted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from triage_tui.networks import Network
    from triage_tui.respond.guard import GuardPolicy
    from triage_tui.respond.settings import BlocklistSettings

    from .bundle import Bundle
    from .drivers import Clients
    from .options import Options
    from .ports import Memory

T = TypeVar("T")

AUTHOR = "trigger"
FRESH = 5 * MINUTE
"""For so long the account's own addresses, and what the sets hold, are taken to be as they were
read."""
BUDGET = "trigger#budget#"
PATIENCE = 20.0
"""Seconds that it waits for its turn: the function has not much more."""
_DOUBTS = ("account", "guardduty", "cdn", "proxy", "protect")
"""What a person may judge who reads a warning, and nobody does here."""
_TRIES = 8


class TableBlocker:
    """Implements `ports.Blocker` by the team's table and WAF."""

    def __init__(
        self,
        bundle: Bundle,
        settings: BlocklistSettings,
        options: Options,
        clients: Clients,
        memory: Memory,
        *,
        wall: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """AWS is not asked yet."""
        self._guard = bundle.guard
        self._allowed = bundle.allowed
        self._trusts = bundle.trusts
        self._settings = settings
        self._options = options
        self._clients = clients
        self._memory = memory
        self._wall = wall
        self._sleep = sleep
        self._loop = asyncio.new_event_loop()
        self._blocklist: WafBlocklist | None = None
        self._company: Team | None = None
        self._replica: Replica | None = None
        """What this process has read of the journal: in memory."""
        self._learned: tuple[int, GuardPolicy] | None = None
        self._reconciled = 0
        self.overdue = 0
        """Blocks that are over and still there, as of the last look."""

    def block(self, ip: str, reason: str, subject: str) -> str:
        """Blocks an address: what came of it, in one sentence."""
        return self._run(self._block(ip, reason, subject))

    def expire(self) -> list[str]:
        """Takes out what is over; a sentence each for what was done, and what is in the way."""
        return self._run(self._expire())

    def close(self) -> None:
        """Gives everything back."""
        if self._replica is not None:
            self._loop.run_until_complete(self._replica.close())
        self._loop.close()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        try:
            return self._loop.run_until_complete(work)
        except ResponseError as error:
            raise Trouble(str(error)) from error
        except StateFileError as error:  # memory alone: there is no file
            raise Trouble(str(error)) from error

    # -- blocking --------------------------------------------------------------------------------

    async def _block(self, ip: str, reason: str, subject: str) -> str:
        network = network_of(ip)
        if network is None:
            return f"{ip} is no address: not blocked"
        if network.version == 6:
            # A host chooses its address within its /64 at will.
            network = widened(network, usual_width(network))
        verdicts = judge(str(network), await self._policy(self._guard))
        if reasons := refusals(verdicts):
            return f"not blocked, for the guard refuses: {'; '.join(reasons)}"
        doubts = [
            each.reason
            for each in verdicts
            if each.level is GuardLevel.WARN and each.rule in _DOUBTS
        ]
        doubts += [f"on the {each.name}" for each in self._allowed if each.touches(network)]
        if doubts:
            return f"not blocked by itself, for it is not certain: {'; '.join(doubts)}"
        blocklist = await self._opened()
        if self._budget_is_spent():
            return (
                f"not blocked: {self._options.blocks_an_hour} blocks by itself within an hour "
                "are enough; somebody should look"
            )
        return await self._apply(blocklist, network, reason, subject)

    async def _apply(
        self, blocklist: WafBlocklist, network: Network, reason: str, subject: str
    ) -> str:
        request = BlockRequest(
            cidr=str(network),
            blocklist=blocklist.name,
            reason=reason,
            author=AUTHOR,
            expires_after=self._options.block_for,
            subject=subject,
            cursor=self._wall(),
        )
        try:
            block = await blocklist.apply(request)
        except ResponseError as error:
            return f"not blocked: {error}"
        until = time.strftime("%H:%M:%SZ", time.gmtime((block.expires or 0) // SECOND))
        return f"{block.cidr} is blocked in {blocklist.name} until {until} ({block.id})"

    def _budget_is_spent(self) -> bool:
        """Takes one out of this hour's budget, unless it is spent. Raises Trouble."""
        hour = self._wall() // HOUR
        key = Key(f"{BUDGET}{hour}")
        for _ in range(_TRIES):
            kept = self._memory.read([key]).get(key)
            spent = int(kept.data) if kept is not None else 0
            if spent >= self._options.blocks_an_hour:
                return True
            version = kept.version if kept is not None else 0
            ends = (hour + 2) * HOUR // SECOND
            if self._memory.write([Change(key, version, str(spent + 1).encode(), ends)]):
                return False
        raise Trouble("the budget of blocks is changed by others all the time")

    # -- upkeep ----------------------------------------------------------------------------------

    async def _expire(self) -> list[str]:
        blocklist, said = await self._opened(), list[str]()
        try:
            said += [
                f"{block.cidr} ({block.id}) is over: {block.state.value}"
                for block in await blocklist.expire()
            ]
            if not 0 <= self._wall() - self._reconciled < FRESH:
                said += await blocklist.reconcile()
                self._reconciled = self._wall()
        except ResponseError as error:
            said.append(str(error))
        self.overdue = sum(in_force(block) for block in blocklist.due())
        return said

    async def _opened(self) -> WafBlocklist:
        if self._blocklist is None:
            table = DynamoTable(self._clients, self._options.table)
            self._replica = self._replica or await Replica.open(None)
            journal = await open_shared(table, self._replica, wall=self._wall)
            company = self._company = Team(
                table,
                "",
                present=table.present,
                wall=lambda: self._wall() / SECOND,
                sleep=self._sleep,
                patience=PATIENCE,
            )
            self._blocklist = WafBlocklist(
                self._settings,
                BotoSets(self._clients, self._region()),
                journal,
                self._guard,
                company,
                wall=self._wall,
                learn=self._policy,
                sleep=self._sleep,
            )
        if self._company is not None:
            # By its name, others see when this call began.
            self._company.writer = writer_name(self._wall() // 1_000_000)
        return self._blocklist

    def _region(self) -> str:
        return self._settings.home or os.environ.get("AWS_REGION") or self._clients.region

    def _regions(self) -> list[str]:
        """Where the account may go out from: where the sets are, and where the function is."""
        return list(dict.fromkeys((self._region(), self._clients.region)))

    async def _policy(self, base: GuardPolicy) -> GuardPolicy:
        """The guard's policy, with what the account tells."""
        now = self._wall()
        if self._learned is None or not 0 <= now - self._learned[0] < FRESH:
            policy = msgspec.structs.replace(
                base,
                account=egress(self._clients, self._regions()),
                trusted=trusted(self._clients, self._regions()) if self._trusts else Learned(),
            )
            if policy.account.unread or policy.trusted.unread:
                return policy  # asked again the next time
            self._learned = now, policy
        return self._learned[1]
