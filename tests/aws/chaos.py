"""Everything goes wrong at once, by seed; in the end every event must have come exactly once.

`python -m tests.aws.chaos --events 200000` is the long run.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.aws.faults import Faults
from tests.aws.logs import FakeLogs, Group, Quotas, served
from tests.aws.night import Night, Time, tailing
from tests.aws.server import FakeAws
from triage_tui.aws.access import Scope
from triage_tui.aws.settings import LogsSettings

HERE = Scope(None, "eu-west-1")
SPEED = 60.0
"""Seconds of the night in one of ours."""
LATEST = 10 * 60_000
"""Milliseconds by which an event comes late."""
CALLS = {
    "throttle": 0.05,
    "error500": 0.03,
    "error503": 0.03,
    "reset": 0.02,
    "stale": 0.01,
    "expired": 0.005,
}
FRAMES = {
    "reset": 0.003,
    "cut": 0.003,
    "crc": 0.003,
    "timeout": 0.002,
    "streaming": 0.002,
    "error": 0.002,
    "silence": 0.001,
    "repeat": 0.02,
    "mix": 0.02,
    "late": 0.02,
}
OFTEN = 4
"""A short run has so many times as many faults."""


@dataclass
class Outcome:
    """What came of it."""

    sent: int
    twins: int
    lost: Counter[tuple[str, int, str]]
    twice: Counter[tuple[str, int, str]]
    fired: Counter[tuple[str, str]]
    sampled: int
    dropped: int
    seconds: float

    @property
    def is_exact(self) -> bool:
        return not self.lost and not self.twice


def faults(seed: int, often: float) -> Faults:
    """All of them, by chance."""
    found = Faults(seed)
    for operation in ("FilterLogEvents", "StartLiveTail", "DescribeLogGroups"):
        for fault, chance in CALLS.items():
            if fault != "stale" or operation == "FilterLogEvents":
                found.add(operation, fault, chance=chance * often)
    found.add("StartLiveTail", "limit", chance=0.05)
    found.add("StartLiveTail", "denied", chance=0.01)
    found.add("FilterLogEvents.answer", "cut", chance=0.01)
    for fault, chance in FRAMES.items():
        found.add("StartLiveTail.frame", fault, chance=chance * often)
    return found


async def chaos(
    seed: int,
    events: int,
    groups: int,
    per_tick: int,
    often: float = 1.0,
    *,
    scope: Scope = HERE,
    meanwhile: Callable[[FakeAws, FakeLogs, Night], Awaitable[None]] | None = None,
) -> Outcome:
    """Sends `events` over `groups`, `per_tick` every 10 ms, while everything fails, and something
    more goes on `meanwhile`."""
    clock, begun = Time(SPEED), time.monotonic()
    logs = FakeLogs(
        wall=clock.seconds,
        tick=1 / SPEED,
        session_seconds=1800,
        index_delay=3.0,
        quotas=Quotas(filters=25.0, update=20, buffer=200),
        seed=seed,
        empty_pages=0.1,
    )
    settings = LogsSettings(groups=("/shop/*",), requests_per_second=20.0, poll_seconds=5.0)
    targets = [logs.create(f"/shop/{number}") for number in range(groups)]
    async with FakeAws(logs, faults=faults(seed, often)) as aws:
        os.environ["AWS_ENDPOINT_URL"] = aws.url
        async with tailing(settings, clock, scope, silence=1.0) as night:
            await night.until(lambda: bool(logs.sessions), 60)
            sending = _send(seed, logs, targets, clock, events, per_tick)
            if meanwhile is None:
                twins = await sending
            else:
                twins, _ = await asyncio.gather(sending, meanwhile(aws, logs, night))
            aws.faults.clear()
            await _settle(night, targets, clock)
        want = served(targets)
        return Outcome(
            want.total(),
            twins,
            want - night.came,
            night.came - want,
            aws.faults.fired,
            logs.sampled,
            logs.dropped,
            time.monotonic() - begun,
        )


async def _send(
    seed: int, logs: FakeLogs, targets: list[Group], clock: Time, events: int, per_tick: int
) -> int:
    """How many of them were twins."""
    chance, twins, number = random.Random(seed), 0, 0
    while number < events:
        batch: dict[int, list[tuple[int, str]]] = {}
        for _ in range(min(per_tick, events - number)):
            late = chance.randrange(LATEST) if chance.random() < 0.02 else chance.randrange(2_000)
            line = clock.now() - late, f"event {number}"
            is_twin = chance.random() < 0.01
            batch.setdefault(chance.randrange(len(targets)), []).extend([line] * (1 + is_twin))
            twins += is_twin
            number += 1
        for at, lines in batch.items():
            logs.put(targets[at], f"s{chance.randrange(3)}", lines)
        await asyncio.sleep(0.01)
    return twins


async def _settle(night: Night, targets: list[Group], clock: Time) -> None:
    """Lets everything be indexed, and reads it for the last time."""
    await clock.sleep(15)
    await night.read_last()
    want = served(targets).total()
    # What was read is in the queues still.
    for _ in range(500):
        if night.came.total() >= want:
            break
        await asyncio.sleep(0.01)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--groups", type=int, default=14)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    found = asyncio.run(chaos(arguments.seed, arguments.events, arguments.groups, 60))
    print(  # noqa: T201 - this is what it is for
        f"seed {arguments.seed}: {found.sent:,} events with {found.twins:,} twins in "
        f"{found.seconds:.0f} s; lost {found.lost.total()}, twice {found.twice.total()}; "
        f"{found.sampled} sampled updates, {found.dropped:,} dropped by slow reading; "
        f"{sum(found.fired.values()):,} faults: {dict(found.fired)}"
    )
    for name, wrong in (("lost", found.lost), ("twice", found.twice)):
        for key, count in list(wrong.items())[:5]:
            print(name, count, key)  # noqa: T201 - as above
    return 0 if found.is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
