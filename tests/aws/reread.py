"""How often each event is read by FilterLogEvents, and by how many requests: what Live Tail leaves
out has to be read again, and more than is needed takes the quota from others.

`python -m tests.aws.reread` prints a line for each way in which a group is read.
"""

import asyncio
import os
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.aws.logs import FakeLogs, Quotas, served
from tests.aws.night import Time, tailing
from tests.aws.server import Call, FakeAws
from triage_tui.aws.settings import LogsSettings

WAYS = ("sampled", "live", "poll")
SPEED = 40.0


class Reader(FakeLogs):
    """Counts what FilterLogEvents serves."""

    served = 0

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        answer = await super().handle(call)
        if call.operation == "FilterLogEvents" and isinstance(answer, dict):
            self.served += len(answer["events"])
        return answer


@dataclass
class Outcome:
    """What came of it."""

    events: int
    read: int
    """Events in the answers of FilterLogEvents."""
    requests: int
    lags: list[float]
    """Seconds from being ingested to being there, of each event."""
    is_exact: bool

    @property
    def times(self) -> float:
        """How often each event was read."""
        return self.read / self.events

    def lag(self, part: float) -> float:
        """Seconds that so many did not exceed."""
        return sorted(self.lags)[int(part * (len(self.lags) - 1))]


async def reread(way: str, seconds: float, rate: int = 20) -> Outcome:
    """So many seconds of `rate` events each, ingested two seconds after they happened at most."""
    clock = Time(SPEED)
    logs = Reader(
        wall=clock.seconds,
        tick=1 / SPEED,
        index_delay=3.0,
        quotas=Quotas(update=rate // 4 if way == "sampled" else 1000, updates=None),
    )
    group = logs.create("/shop/a")
    settings = LogsSettings(groups=("/shop/*",), tail="poll" if way == "poll" else "auto")
    async with FakeAws(logs) as aws:
        os.environ["AWS_ENDPOINT_URL"] = aws.url
        async with tailing(settings, clock) as night:
            if way != "poll":
                await night.until(lambda: bool(logs.sessions), 60)
            begun, number, put, lags = clock.seconds(), 0, dict[str, float](), list[float]()
            seen = Counter[tuple[str, int, str]]()
            while (now := clock.seconds()) < begun + seconds:
                due = int((now - begun) * rate)
                at = clock.now()
                texts = [f"{n}" for n in range(number, due)]
                logs.put(group, "s", [(at - 83 * int(text) % 2000, text) for text in texts])
                put |= dict.fromkeys(texts, now)
                number = max(due, number)
                await asyncio.sleep(0.005)
                if len(night.came) > len(seen):
                    for key in night.came.keys() - seen.keys():
                        lags.append(clock.seconds() - put[key[2]])
                    seen = Counter(night.came)
            read, requests = logs.served, aws.asked("FilterLogEvents")
            await clock.sleep(15)
            await night.read_last()
            await night.until(lambda: night.came.total() >= number)
        return Outcome(number, read, requests, lags, night.came == served([group]))


def main() -> int:
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    is_exact = True
    for way in WAYS:
        found = asyncio.run(reread(way, 1800.0))
        is_exact &= found.is_exact
        print(  # noqa: T201 - this is what it is for
            f"{way}: {found.events:,} events in half an hour, each read {found.times:.1f} times, "
            f"{found.requests:,} requests in all; half of the events were there after "
            f"{found.lag(0.5):.0f} s, 99 % after {found.lag(0.99):.0f} s"
        )
    return 0 if is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
