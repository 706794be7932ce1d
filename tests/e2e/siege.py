"""A site under attack, on a fake AWS in a thread: a web ACL that blocks what stands in its IP set,
its log, and attackers that a test sends."""

import asyncio
import json
import threading
import time
from collections.abc import Coroutine
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Self

from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.logs import FakeLogs
from tests.aws.network import FakeEc2
from tests.aws.server import FakeAws
from tests.aws.wafv2 import FakeWaf, in_set, rule

FIRST, SECOND, VISITOR = "11.22.33.44", "44.33.22.11", "55.66.77.88"
FOREIGN = "198.18.0.1/32"
SHOP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"
CONFIG = """
[aws]
regions = ["eu-west-1"]
[logs]
groups = ["aws-waf-logs-shop"]
[guardduty]
enabled = false
[cloudtrail]
lookup = "off"
[[blocklist]]
name = "shop"
region = "eu-west-1"
ipv4 = "shop-v4"
calls_per_second = 1000.0
"""
PATIENCE = 60.0


class Siege:
    """Serves while it is entered. What a test asks of it happens in its thread."""

    def __init__(self, *, in_force: bool = True) -> None:
        self._in_force = in_force
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.logs = FakeLogs(tick=0.1)
        self.waf = FakeWaf()
        self.set = self.waf.ip_set("shop-v4", FOREIGN, description="the bans of the shop")
        action = "Block" if in_force else "Count"
        self.acl = self.waf.web_acl(
            "shop-edge", rule("block-bad", in_set(self.set), action=action), resources=(SHOP,)
        )
        self.aws = FakeAws(
            self.logs,
            self.waf,
            FakeEc2(),
            FakeGuardDuty(lambda _text: 0),
            FakeCloudTrail(time.time),
        )
        self.group = self.logs.create("aws-waf-logs-shop")
        self._number = 0
        self._waves: list[asyncio.Task[None]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self.aws.__aenter__())
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self._do(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
            self._loop.close()

    async def _end(self) -> None:
        for wave in self._waves:
            wave.cancel()
        await asyncio.gather(*self._waves, return_exceptions=True)
        await self.aws.__aexit__(None, None, None)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    @property
    def held(self) -> list[str]:
        """What the set holds now."""
        return list(self.set.addresses)

    def send(self, ip: str, *, refused: int = 0, let_in: int = 0) -> None:
        """So many requests from an address, judged one by one."""
        self._do(self._send(ip, refused, let_in))

    def keep_sending(self, *ips: str, every: float = 0.25) -> None:
        """From now on, one request from each address."""

        async def begin() -> None:
            self._waves.append(asyncio.ensure_future(self._wave(ips, every)))

        self._do(begin())

    async def _wave(self, ips: tuple[str, ...], every: float) -> None:
        while True:
            for ip in ips:
                await self._send(ip, 0, 1)
            await asyncio.sleep(every)

    async def _send(self, ip: str, refused: int, let_in: int) -> None:
        lines = [self._judged(ip, other_rule=True) for _ in range(refused)]
        lines += [self._judged(ip, other_rule=False) for _ in range(let_in)]
        self.logs.put(self.group, "eu-west-1_shop-edge_0", [(self.logs.now(), x) for x in lines])

    def _judged(self, ip: str, *, other_rule: bool) -> str:
        """One line of the log of the web ACL, which does what its rules say."""
        self._number += 1
        held = any(ip_address(ip) in ip_network(entry) for entry in self.set.addresses)
        blocked = other_rule or (held and self._in_force)
        record = {
            "timestamp": self.logs.now(),
            "formatVersion": 1,
            "webaclId": self.acl.arn,
            "terminatingRuleId": "sqli" if blocked else "Default_Action",
            "action": "BLOCK" if blocked else "ALLOW",
            "httpSourceName": "ALB",
            "httpRequest": {
                "clientIp": ip,
                "country": "NL",
                "headers": [{"name": "User-Agent", "value": "sqlmap/1.8"}],
                "uri": f"/wp-login.php?{self._number}",
                "httpMethod": "GET",
                "requestId": f"1-{self._number}",
            },
        }
        return json.dumps(record)


def write_config(folder: Path) -> Path:
    """The config of whoever is on call there."""
    path = folder / "config.toml"
    path.write_text(CONFIG)
    return path
