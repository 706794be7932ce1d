"""A server where everything is as the settings have it, and what doctor finds there."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.aws.athena import FakeAthena
from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.inspector import FakeInspector
from tests.aws.logs import FakeLogs
from tests.aws.network import FakeCloudFront, FakeEc2
from tests.aws.oam import FakeOam
from tests.aws.server import Call, FakeAws, Service, ServiceError
from tests.aws.wafv2 import FakeWaf
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.checks import ScopeCheck
from triage_tui.aws.mistakes import Mistakes
from triage_tui.aws.need import Configured
from triage_tui.aws.settings import (
    AwsSettings,
    CloudTrailSettings,
    GuardDutySettings,
    LogsSettings,
)
from triage_tui.aws.signins import SignIns
from triage_tui.health import Checked, CheckState
from triage_tui.respond.settings import BlocklistSettings

GLOBAL = "us-east-1"
SIGNINS = SignIns()
"""One for all: it remembers the models of the services, which take long to read."""
TRAIL = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"


class Gate:
    """Implements `server.Service`: a service, and who may not ask it."""

    def __init__(self, behind: Service, denied: set[str]) -> None:
        self.name = behind.name
        self._behind = behind
        self._denied = denied

    async def handle(self, call: Call) -> Any:
        action = f"{self.name}:{call.operation}"
        if action in self._denied:
            code = "UnauthorizedOperation" if self.name == "ec2" else "AccessDeniedException"
            raise ServiceError(code, f"User: u is not authorized to perform: {action}", 403)
        return await self._behind.handle(call)


class World:
    """A server where everything is as the settings have it."""

    def __init__(self, **logs: Any) -> None:
        self.logs = FakeLogs(tick=0.05, **logs)
        self.guardduty = FakeGuardDuty(lambda text: 0)
        self.waf = FakeWaf()
        seconds = itertools.count(int(time.time()))
        self.trail = FakeCloudTrail(lambda: next(seconds))  # no call is too many
        self.waf.ip_set("edge", scope="CLOUDFRONT")
        self.denied: set[str] = set()
        """Actions that the caller has no permission for."""
        self.inspector = FakeInspector()
        services = (self.logs, self.guardduty, self.trail, self.waf, FakeCloudFront(), FakeEc2())
        self.athena, self.oam = FakeAthena(), FakeOam()
        self.oam.link("111122223333", "444455556666", "bank")
        more = (self.inspector, self.athena, self.oam)
        self.aws = FakeAws(*(Gate(each, self.denied) for each in (*services, *more)))
        for region in ("eu-west-1", GLOBAL):
            self.logs.create("/shop/cart", region=region)
            self.logs.create("/shop/trail", region=region)
            self.guardduty.enable(region=region)
            home = ("111122223333", region)
            self.waf.ip_set("shop-v4", home=home)
            self.waf.ip_set("shop-v6", version="IPV6", home=home)
        self.guardduty.put(finding(1, "2026-11-24T01:00:00.000Z"))
        arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/shop/trail:*"
        self.trail.trails = [{"Name": "main", "TrailARN": TRAIL, "CloudWatchLogsLogGroupArn": arn}]


SHOP = BlocklistSettings("shop", region="eu-west-1", ipv4="shop-v4", ipv6="shop-v6")
EDGE = BlocklistSettings("edge", scope="CLOUDFRONT", ipv4="edge")


def configured(
    *groups: str,
    tail: Any = "auto",
    lookup: Any = "auto",
    blocklists: tuple[BlocklistSettings, ...] = (SHOP, EDGE),
    **more: Any,
) -> Configured:
    return Configured(
        AwsSettings(),
        LogsSettings(groups=groups or ("/shop/*",), tail=tail, **more),
        GuardDutySettings(),
        CloudTrailSettings(lookup=lookup),
        blocklists,
    )


@asynccontextmanager
async def entered(made: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async with made.aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        yield


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


async def examined(given: Configured, *regions: str) -> list[Checked]:
    """What doctor finds in these regions, and over all of them."""
    scopes = [Scope(None, region) for region in regions or ("eu-west-1",)]
    accesses = [Access(scope, SIGNINS.of(scope)) for scope in scopes]
    try:
        return await found_with(accesses, given)
    finally:
        for access in accesses:
            await access.close()


async def found_with(accesses: Sequence[Access], given: Configured) -> list[Checked]:
    """The same, by clients that there are."""
    checks = []
    for access in accesses:
        here = tuple(each for each in given.blocklists if each.home == access.scope.region)
        checks.append(ScopeCheck(access, given._replace(blocklists=here), sleep=_no_pause))
    found = [row for check in checks for row in await check.run()]
    return [*found, *await Mistakes(checks, given).run()]


def ill(rows: Sequence[Checked]) -> list[tuple[str, str]]:
    """(state, what) of every row that is not well, but for what can never be tried."""
    never = (CheckState.OK, CheckState.UNTESTABLE)
    return [(row.state, row.what) for row in rows if row.state not in never]


def row(rows: Sequence[Checked], what: str) -> Checked:
    [found] = [each for each in rows if each.what == what]
    return found
