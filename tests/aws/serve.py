"""A fake AWS in a process of its own, with something going on in it: for tests of the installed
program. `python -m tests.aws.serve` prints its URL as JSON, and what it has served when it is told
to end. With SIGUSR1, the key AKIDEXAMPLE has expired; with SIGUSR2, what waited for it is sent.
"""

import argparse
import asyncio
import base64
import gzip
import json
import signal
import sys
import time
from datetime import UTC, datetime, timedelta

from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.flood import Flood, Watched
from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.logs import FakeLogs, Group, Quotas
from tests.aws.network import FakeCloudFront, FakeEc2
from tests.aws.server import FakeAws
from tests.aws.wafv2 import FakeWaf

_FILTERS = 10.0
"""FilterLogEvents a second in one account and region: between the quotas of small and of large
regions."""


def trail(number: int) -> str:
    """A CloudTrail record of one of a few users, at one of many addresses."""
    who = f"user-{number % 7}"
    record = {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012x}",
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": ("GetItem", "PutItem", "DeleteItem")[number % 3],
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": f"198.51.{number // 250 % 250}.{number % 250}",
        "userAgent": "Boto3/1.34",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDAEXAMPLE{number % 7}",
            "arn": f"arn:aws:iam::111122223333:user/{who}",
            "accountId": "111122223333",
            "userName": who,
        },
    } | ({"errorCode": "AccessDenied"} if number % 11 == 0 else {})
    return json.dumps(record)


def odd(number: int) -> list[str]:
    """What else log groups hold: envelopes of subscriptions, packed and with several records in
    them, one record three times, one of next year, and what is none."""
    events = [
        {"id": f"{number}{n}", "timestamp": 1_795_000_000_000, "message": trail(10**9 + number + n)}
        for n in range(3)
    ]
    envelope = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "trail",
        "logStream": "111122223333_CloudTrail_eu-west-1",
        "subscriptionFilters": ["all"],
        "logEvents": events,
    }
    packed = base64.b64encode(gzip.compress(json.dumps(envelope).encode(), mtime=0)).decode()
    whole = trail(number)
    return [
        packed,
        packed[: len(packed) // 2],
        json.dumps(envelope),
        json.dumps({"Records": [trail(2 * 10**9 + number), json.loads(whole)]}),
        *[f"three times {number}"] * 3,
        trail(3 * 10**9 + number).replace(f'"{datetime.now(UTC):%Y}-', '"2099-'),
        whole[: len(whole) // 2],
        "{" * 500 + f"{number}",
        f"\x1b]0;title\x07\u202e {number} \x00\x9b31m",
        "half a pair \ud800 of surrogates",
        "x" * 20_000,
        f'{{"eventVersion":"1.11","eventID":{number},"eventTime":"yesterday","sourceIPAddress":[]}}',
    ]


async def change(logs: FakeLogs, group: Group, guardduty: FakeGuardDuty) -> None:
    """Odd lines, and findings that are updated in place by other actors, for good."""
    number = 0
    while True:
        logs.put(group, f"odd-{number % 2}", [(logs.now(), line) for line in odd(number)])
        guardduty.update(1 + number % 3, ago(days=0), f"198.51.7.{number % 200}")
        number += 1
        await asyncio.sleep(0.1)


async def send(
    logs: FakeLogs,
    groups: list[Group],
    arguments: argparse.Namespace,
    going_on: asyncio.Event,
) -> None:
    """`rate` events a second, `count` in all; each hundredth is a plain line, with a twin. All but
    the `early` ones wait until somebody tails, and all from number `halt` on for `going_on`."""
    count, rate = arguments.count, arguments.rate
    early, halt = (count if n is None else n for n in (arguments.early, arguments.halt))
    begun, number = time.monotonic(), 0
    while number < count:
        if number == early:
            while not logs.sessions:  # noqa: ASYNC110 - the fake has nobody to tell it
                await asyncio.sleep(0.02)
        if number == halt:
            await going_on.wait()
        if number in (early, halt):
            begun = time.monotonic() - number / rate
        most = min(stop for stop in (early, halt, count) if stop > number)
        due = min(most, int((time.monotonic() - begun) * rate) + 1)
        now = logs.now()
        for group in groups:
            mine = [n for n in range(number, due) if n % len(groups) == groups.index(group)]
            lines = [(now, trail(n)) for n in mine]
            lines += [(now, f"plain line {n}") for n in mine if n % 100 == 0 for _ in range(2)]
            if lines:
                logs.put(group, f"stream-{number % 3}", lines)
        number = due
        await asyncio.sleep(0.02)


def quotas(arguments: argparse.Namespace) -> Quotas:
    """AWS's own, or none to speak of."""
    if arguments.quotas:
        return Quotas(filters=_FILTERS, describes=_FILTERS)
    return Quotas(update=arguments.update, updates=None, buffer=1_000_000)


def ago(**span: float) -> str:
    """When it was so long ago, as GuardDuty says it."""
    then = datetime.now(UTC) - timedelta(**span)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def serve(arguments: argparse.Namespace) -> None:
    logs = Watched(tick=arguments.tick, quotas=quotas(arguments))
    guardduty = FakeGuardDuty(lambda text: int(datetime.fromisoformat(text).timestamp() * 1000))
    guardduty.enable()
    now = ago(days=0)
    guardduty.put(*(finding(n, now, ip=f"198.51.0.{n}") for n in range(1, 4)))
    # An old one, which nobody sees who does not ask for it.
    guardduty.put(finding(9, ago(days=3), ip="198.51.0.9"))
    groups = [logs.create(f"/shop/{name}") for name in "abcdefghijklmn"[: arguments.groups]]
    ended, going_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGUSR2, going_on.set)
    waf = FakeWaf()
    waf.ip_set("shop-blocked-v4", "203.0.113.9/32")
    waf.ip_set("shop-blocked-v6", version="IPV6")
    waf.ip_set("edge-blocked", scope="CLOUDFRONT")
    others = FakeCloudTrail(time.time), waf, FakeCloudFront(), FakeEc2()
    async with FakeAws(logs, guardduty, *others) as aws:
        loop.add_signal_handler(signal.SIGUSR1, aws.expired.add, "AKIDEXAMPLE")
        print(json.dumps({"url": aws.url}), flush=True)  # noqa: T201 - who starts it reads this
        flood = Flood(logs, groups, int(arguments.rate))
        async with asyncio.TaskGroup() as tasks:
            if arguments.flood:
                sending = tasks.create_task(flood.run(arguments.count / arguments.rate))
            else:
                sending = tasks.create_task(send(logs, groups, arguments, going_on))
            changing = [
                tasks.create_task(change(logs, groups[0], guardduty)) for _ in range(arguments.odd)
            ]
            await ended.wait()
            for task in (sending, *changing):
                task.cancel()
        stored = sum(len(group.events) for group in groups)
        told: dict[str, object] = {
            "events": stored,
            "sampled": logs.sampled,
            "dropped": logs.dropped,
        }
        told |= {"dropped": logs.dropped, "sent": flood.sent, "lags": logs.lags}
        print(json.dumps(told), flush=True)  # noqa: T201 - as above


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=3)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--halt", type=int, help="events from here on wait for SIGUSR2")
    parser.add_argument("--early", type=int)
    parser.add_argument("--tick", type=float, default=1.0)
    parser.add_argument("--update", type=int, default=500)
    parser.add_argument(
        "--odd", action="count", default=0, help="odd lines, and findings that are updated"
    )
    parser.add_argument("--quotas", action="store_true", help="those that AWS has")
    parser.add_argument("--flood", action="store_true", help="text that is encoded beforehand")
    asyncio.run(serve(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
