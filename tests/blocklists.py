"""A real blocklist over sets in memory, that can crash and start again."""

import asyncio
import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import pytest

from triage_tui.model import (
    HOUR,
    SECOND,
    Block,
    BlockRequest,
    BlockState,
    Collateral,
)
from triage_tui.respond.address_sets import IpSet, SetsError, Who
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.enforcement import Layout, WebAcl
from triage_tui.respond.guard import GuardPolicy, Protected
from triage_tui.respond.ipset import Answer, Held, Read, Trouble, TroubleKind, Write, Written
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.settings import BlocklistSettings, Scope
from triage_tui.respond.turns import Neighbours, Presence

NOW = 1_790_000_000 * SECOND
SETTINGS = BlocklistSettings(
    "shop", region="eu-west-1", ipv4="shop-v4", ipv6="shop-v6", calls_per_second=1000
)
POLICY = GuardPolicy(protect=(Protected("9.9.9.9", "our resolver"),))
ARN = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/{}"
UNCLEAR = Trouble(TroubleKind.UNCLEAR, "no answer")
CONFLICT = Trouble(TroubleKind.CONFLICT, "somebody was faster")


@dataclasses.dataclass
class Kept:
    addresses: list[str]
    number: int = 1
    description: str = "by hand"

    @property
    def token(self) -> str:
        return f"token {self.number}"


class Sets:
    """Implements `AddressSets` in memory."""

    region = "eu-west-1"

    def __init__(self) -> None:
        self.kept = {"shop-v4": Kept(["198.18.0.1/32"]), "shop-v6": Kept([])}
        self.account = "111122223333"
        self.away = False
        self.calls: list[Read | Write] = []
        self.before: Callable[[Read | Write], Answer] = lambda step: None
        self.after: Callable[[Read | Write], Answer] = lambda step: None

    async def who(self) -> Who:
        if self.away:
            raise SetsError("AWS cannot be reached", "look at the network")
        return Who(self.account, f"arn:aws:iam::{self.account}:user/oncall")

    async def find(self, scope: Scope) -> Sequence[IpSet]:
        return [IpSet(scope, name, f"id-{name}", ARN.format(name), 0) for name in self.kept]

    async def describe(self, found: IpSet) -> IpSet:
        return found._replace(version=int(found.name[-1]))

    async def create(
        self, scope: Scope, name: str, version: int, description: str, tags: Mapping[str, str]
    ) -> IpSet:
        self.kept[name] = Kept([], description=description)
        return IpSet(scope, name, f"id-{name}", ARN.format(name), version)

    async def perform(self, ip_set: IpSet, step: Read | Write) -> Answer:
        self.calls.append(step)
        answer = self.before(step)
        if answer is None:
            answer = self._do(self.kept[ip_set.name], step)
            answer = self.after(step) or answer
        return answer

    def _do(self, kept: Kept, step: Read | Write) -> Answer:
        if isinstance(step, Read):
            return Held(tuple(kept.addresses), kept.token, kept.description, f"r{kept.number}")
        if step.token != kept.token:
            return CONFLICT
        kept.addresses, kept.description = list(step.addresses), step.description
        kept.number += 1
        return Written(kept.token, f"w{kept.number}")

    async def close(self) -> None:
        pass

    @property
    def v4(self) -> list[str]:
        return self.kept["shop-v4"].addresses

    def edit(self, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        kept = self.kept["shop-v4"]
        kept.addresses = [a for a in kept.addresses if a not in remove] + list(add)
        kept.number += 1


class Rig:
    """A blocklist with everything around it, that can crash and start again."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.now = NOW
        self.sets = Sets()
        self.slept: list[float] = []
        self.acls: Acls | None = None

    async def start(self, settings: BlocklistSettings = SETTINGS, limit: int = 10_000) -> None:
        self.journal = await Journal.open(
            self.tmp_path / "journal.db", wall=lambda: self.now, real=True
        )
        folder = self.tmp_path / "writers"
        self.presence = await asyncio.to_thread(Presence.announced, folder)
        self.blocklist = WafBlocklist(
            settings,
            self.sets,
            self.journal,
            POLICY,
            Neighbours(self.tmp_path / "turns", folder, self.presence.name),
            wall=lambda: self.now,
            acls=self.acls,
            sleep=self._sleep,
            limit=limit,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def stop(self) -> None:
        """As a crash would: nothing is said."""
        await asyncio.to_thread(self.presence.leave)
        await self.journal.close()

    async def again(self) -> None:
        await self.stop()
        await self.start()

    async def block(self, cidr: str = "203.0.112.7", **more: object) -> Block:
        return await self.blocklist.apply(request(cidr, **more))

    @property
    def phases(self) -> list[str]:
        return [entry.phase for entry in self.journal.entries]

    @property
    def states(self) -> list[tuple[str, BlockState]]:
        return [(block.cidr, block.state) for block in self.blocklist.blocks(None)]


def request(cidr: str, **more: object) -> BlockRequest:
    said: dict[str, object] = {
        "cidr": cidr,
        "blocklist": "shop",
        "reason": "scans",
        "author": "kim",
        "expires_after": HOUR,
        "subject": f"ip:{cidr}",
        "cursor": NOW,
    }
    return BlockRequest(**(said | more))  # type: ignore[arg-type] # as put together


async def refused(call: object) -> ResponseError:
    with pytest.raises(ResponseError) as caught:
        await call  # type: ignore[misc] # a coroutine
    return caught.value


class Nobody:
    """A witness that has seen nothing."""

    def collateral(self, cidr: str) -> Collateral:
        return Collateral(cidr, 0, 0, 0, 0, 0, (), (), 0, 0)


class Proxied:
    """A witness that has seen everybody through a proxy."""

    def collateral(self, cidr: str) -> Collateral:
        return Collateral(cidr, 5, 1, 5, 0, 0, (), (), 0, 0, formats=(("alb", 5),), forwarded=5)


class Acls:
    """A web ACL that looks at the connection."""

    layout: Layout | None = None

    async def read(self, sets: Collection[str]) -> Layout:
        looks = {"IPSetReferenceStatement": {"ARN": ARN.format("shop-v4")}}
        rule = {"Name": "bad", "Priority": 0, "Statement": looks, "Action": {"Block": {}}}
        self.layout = Layout([WebAcl("shop-edge", [rule], guards=["arn:lb"])])
        return self.layout


class Killed(Exception):
    """Stands for kill -9."""


def dies(step: type[Read | Write]) -> Callable[[Read | Write], Answer]:
    def kill(asked: Read | Write) -> Answer:
        if isinstance(asked, step):
            raise Killed
        return None

    return kill
