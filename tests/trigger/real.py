"""The function with its real drivers, against a strict WAF and servers of others: its own clock,
its own thread, so that it blocks nobody."""

import contextlib
import functools
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest

from tests.aws.emulators import moto
from tests.rules import own_pack
from triage_tui import statetable
from triage_tui.model import Severity
from triage_tui.respond.guard import GuardPolicy, Protected
from triage_tui.respond.settings import BlocklistSettings
from triage_tui.trigger.allowed import Allowed
from triage_tui.trigger.blocking import TableBlocker
from triage_tui.trigger.bundle import Bundle
from triage_tui.trigger.handler import Lasting, call, made
from triage_tui.trigger.options import Options

REGION, TABLE = "eu-west-1", "triage"
SHOP = BlocklistSettings("shop", region=REGION, ipv4="b4", ipv6="b6", calls_per_second=1000.0)
GUARD = GuardPolicy(protect=(Protected("9.9.9.0/24", "the bank"),))


class Clock:
    """Wall time, moved by hand; it may stand still, for a test of what begins anew each hour."""

    def __init__(self, *, stands: bool = False) -> None:
        self.ahead = 0
        self._stands_at = time.time_ns() if stands else None

    def __call__(self) -> int:
        return (self._stands_at or time.time_ns()) + self.ahead


class Site:
    """Everything but WAF and STS, on moto; alerts go to a queue."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.opened: list[Lasting] = []
        self.client("dynamodb").create_table(**statetable.creation(TABLE))
        sns, sqs = self.client("sns"), self.client("sqs")
        self.topic = str(sns.create_topic(Name="alerts")["TopicArn"])
        self.inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        self.letters = str(sqs.create_queue(QueueName="letters")["QueueUrl"])
        arn = sqs.get_queue_attributes(QueueUrl=self.inbox, AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )

    def client(self, service: str) -> Any:
        """A client of it."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - it is none
        )

    def alerts(self) -> list[Any]:
        """What came since it was last asked."""
        sqs = self.client("sqs")
        found: list[Any] = []
        while True:
            answer = sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                body = json.loads(message["Body"])
                found.append(json.loads(body["default"]) if "default" in body else body)
                sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])

    def function(
        self, clock: Callable[[], int], allowed: Sequence[Allowed] = (), **options: Any
    ) -> Callable[[object], Any]:
        """The function: call it with an event."""
        lasting = self.lasting(clock, allowed, **options)
        return functools.partial(call, lasting)

    def lasting(
        self, clock: Callable[[], int], allowed: Sequence[Allowed] = (), **options: Any
    ) -> Lasting:
        """What lasts of it."""
        usual: dict[str, Any] = {
            "table": TABLE,
            "topic": self.topic,
            "letters": self.letters,
            "level": Severity.LOW,
            "block": Severity.LOW,
        }
        bundle = Bundle(rules=own_pack(), guard=GUARD, blocklist=SHOP, allowed=tuple(allowed))
        self.opened.append(made(bundle, Options(**(usual | options)), wall=clock))
        return self.opened[-1]

    def close(self) -> None:
        """Closes the functions."""
        with ThreadPoolExecutor(1) as elsewhere:  # here another loop is running
            for lasting in self.opened:
                assert isinstance(lasting.blocker, TableBlocker)
                elsewhere.submit(lasting.blocker.close).result()


@contextlib.contextmanager
def site(waf: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Servers for all that the function calls; `waf` is the URL of WAF and STS."""
    with moto() as url:
        # What moto knows is one for all of its servers in a process.
        reset = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
        urllib.request.urlopen(reset, timeout=55).close()
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        for service in ("WAFV2", "STS"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", waf)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        with contextlib.closing(Site(url)) as found:
            yield found


def waf_line(ip: str, number: int, uri: str = "/login?id=1%27%20UNION%20SELECT%201") -> str:
    """A request that WAF has let through and logged."""
    return json.dumps(
        {
            "timestamp": time.time_ns() // 1_000_000 - 60_000 + number,
            "formatVersion": 1,
            "webaclId": f"arn:aws:wafv2:{REGION}:111122223333:regional/webacl/shop/1",
            "terminatingRuleId": "Default_Action",
            "terminatingRuleType": "REGULAR",
            "action": "ALLOW",
            "httpSourceName": "ALB",
            "httpSourceId": "111122223333-app/shop/1",
            "ruleGroupList": [],
            "rateBasedRuleList": [],
            "nonTerminatingMatchingRules": [],
            "httpRequest": {
                "clientIp": ip,
                "country": "XX",
                "headers": [{"name": "Host", "value": "shop.example"}],
                "uri": uri.partition("?")[0],
                "args": uri.partition("?")[2],
                "httpVersion": "HTTP/1.1",
                "httpMethod": "GET",
                "requestId": f"{ip}-{number}",
            },
        }
    )
