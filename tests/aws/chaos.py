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
from triage_tui.aws.lateness import AUDIT, LATENESS, SETTLE
from triage_tui.aws.settings import LogsSettings
from triage_tui.health import Gap

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
    "garbage": 0.001,
    "slow": 0.001,
    "repeat": 0.02,
    "mix": 0.02,
    "late": 0.02,
}
OFTEN = 4
"""A short run has so many times as many faults."""
CHANCES = {
    **{
        (operation, fault): chance
        for operation in ("FilterLogEvents", "StartLiveTail", "DescribeLogGroups")
        for fault, chance in CALLS.items()
        if fault != "stale" or operation == "FilterLogEvents"
    },
    ("StartLiveTail", "limit"): 0.05,
    ("StartLiveTail", "denied"): 0.01,
    ("FilterLogEvents.answer", "cut"): 0.01,
    ("FilterLogEvents.answer", "reset"): 0.005,
    **{("StartLiveTail.frame", fault): chance for fault, chance in FRAMES.items()},
}
"""(operation, fault), and how likely it is each time."""
KEPT = 86_400
"""Seconds for which one of the groups keeps its events."""


@dataclass
class Outcome:
    """What came of it."""

    sent: int
    twins: int
    lost: Counter[tuple[str, int, str]]
    """What did not come, and is served still."""
    twice: Counter[tuple[str, int, str]]
    fired: Counter[tuple[str, str]]
    sampled: int
    dropped: int
    timed_out: int
    """Sessions that reached their longest age."""
    unserved: Counter[tuple[str, int, str]]
    """What did not come, and is no longer served."""
    untold: Counter[tuple[str, int, str]]
    """What of that the screen tells no gap of (or says that it came late for one), and what the
    service never served that came all the same."""
    gaps: list[Gap]
    seconds: float

    @property
    def is_exact(self) -> bool:
        return not self.lost and not self.twice and not self.untold

    @property
    def never(self) -> list[str]:
        """What was to go wrong, and did not."""
        found = [" ".join(each) for each in CHANCES if not self.fired[each]]
        counts = {
            "sampling": self.sampled,
            "slow reading": self.dropped,
            "the end of a session": self.timed_out,
            "twins": self.twins,
            "retention": self.unserved.total(),
        }
        return [*found, *(what for what, count in counts.items() if not count)]


def faults(seed: int, often: float) -> Faults:
    """All of them, by chance."""
    found = Faults(seed)
    for (operation, fault), chance in CHANCES.items():
        found.add(operation, fault, chance=chance * often)
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
    more goes on `meanwhile`; then goes on sending until everything has failed that can."""
    clock, begun = Time(SPEED), time.monotonic()
    logs = FakeLogs(
        wall=clock.seconds,
        tick=1 / SPEED,
        session_seconds=40,
        index_delay=3.0,
        quotas=Quotas(filters=25.0, update=20, buffer=200),
        seed=seed,
        empty_pages=0.1,
    )
    settings = LogsSettings(groups=("/shop/*",), requests_per_second=20.0, poll_seconds=5.0)
    targets = [logs.create(f"/shop/{number}") for number in range(groups)]
    targets[0].kept = KEPT
    sender = Sender(seed, logs, targets, clock, per_tick)
    async with FakeAws(logs, faults=faults(seed, often)) as aws:
        os.environ["AWS_ENDPOINT_URL"] = aws.url
        async with tailing(settings, clock, scope, silence=1.0) as night:
            await night.until(lambda: bool(logs.sessions), 60)
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(sender.run(events))
                if meanwhile is not None:
                    await meanwhile(aws, logs, night)
                if often:
                    await _everything(seed, aws, logs, night)
                    await _too_long(aws, logs, night, clock, sender)
                sender.enough.set()
                await sending
            aws.faults.clear()
            await _settle(night, targets, clock)
        want, sent = served(targets), sender.sent
        gaps = [gap for feed in night.feeds.values() for gap in feed.health.gaps]
        unserved = sent - night.came - want
        never = Counter((e.stream, e.time, e.message) for group in targets for e in group.lost)
        late = (LATENESS + SETTLE + AUDIT) * 1_000_000
        told = Counter(
            {
                key: count
                for key, count in sent.items()
                if any(gap.since <= key[1] * 1_000_000 + late < gap.until + late for gap in gaps)
            }
        )
        return Outcome(
            sent.total(),
            sender.twins,
            want - night.came,
            night.came - sent,
            aws.faults.fired,
            logs.sampled,
            logs.dropped,
            logs.tails.timed_out,
            unserved,
            (never - unserved) + (unserved - told),
            gaps,
            time.monotonic() - begun,
        )


async def _everything(seed: int, aws: FakeAws, logs: FakeLogs, night: Night) -> None:
    """Whatever can go wrong does so once more, in some order."""
    order = list(CHANCES)
    random.Random(seed).shuffle(order)
    for operation, fault in order:
        aws.faults.add(operation, fault, times=1)
        await asyncio.sleep(0.05)
    await night.until(lambda: all(aws.faults.fired[each] for each in order), 120)
    await night.until(lambda: logs.tails.timed_out > 0 and logs.sampled > 0, 120)


async def _too_long(
    aws: FakeAws, logs: FakeLogs, night: Night, clock: Time, sender: "Sender"
) -> None:
    """Nobody may read for longer than one of the groups keeps its events."""
    before = list(aws.faults.rules)
    aws.faults.clear()
    for operation in ("FilterLogEvents", "StartLiveTail"):
        aws.faults.add(operation, "denied")
    aws.faults.add("StartLiveTail.frame", "cut", times=len(logs.sessions))
    await night.until(lambda: not logs.sessions, 60)
    await sender.round()
    clock.leap(KEPT + 600)
    aws.faults.clear()
    aws.faults.rules += before
    await sender.round()


class Sender:
    """Sends numbered events, a part of them late, a part of them twins."""

    def __init__(
        self, seed: int, logs: FakeLogs, targets: list[Group], clock: Time, per_tick: int
    ) -> None:
        self.sent = Counter[tuple[str, int, str]]()
        self.twins = 0
        self.enough = asyncio.Event()
        """Nobody needs more than were asked for."""
        self._chance = random.Random(seed)
        self._logs, self._targets, self._clock, self._per_tick = logs, targets, clock, per_tick
        self._number = 0
        self._rounds = 0
        self._went_on = asyncio.Event()

    async def run(self, events: int) -> None:
        """So many, and until it is enough."""
        while self._number < events or not self.enough.is_set():
            self._send()
            self._rounds += 1
            self._went_on.set()
            await asyncio.sleep(0.01)

    async def round(self) -> None:
        """Some more have been sent."""
        until = self._rounds + 20
        while self._rounds < until:
            self._went_on.clear()
            await self._went_on.wait()

    def _send(self) -> None:
        chance, clock = self._chance, self._clock
        batch: dict[int, list[tuple[int, str]]] = {}
        for _ in range(self._per_tick):
            late = chance.randrange(LATEST) if chance.random() < 0.02 else chance.randrange(2_000)
            line = clock.now() - late, f"event {self._number}"
            is_twin = chance.random() < 0.01
            at = chance.randrange(len(self._targets))
            batch.setdefault(at, []).extend([line] * (1 + is_twin))
            self.twins += is_twin
            self._number += 1
        for at, lines in batch.items():
            stream = f"s{chance.randrange(3)}"
            self._logs.put(self._targets[at], stream, lines)
            self.sent.update((stream, *line) for line in lines)


async def _settle(night: Night, targets: list[Group], clock: Time) -> None:
    """Lets everything be indexed, and reads it for the last time."""
    await clock.sleep(15)
    await night.read_last()
    # What was read is in the queues still.
    for _ in range(500):
        if not served(targets) - night.came:
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
        f"{found.unserved.total()} not served any more, in {len(found.gaps)} gaps that are told, "
        f"{found.untold.total()} otherwise; "
        f"{found.sampled} sampled updates, {found.dropped:,} dropped by slow reading, "
        f"{found.timed_out} sessions at their end; "
        f"{sum(found.fired.values()):,} faults: {dict(found.fired)}"
    )
    wrong = {"lost": found.lost, "twice": found.twice, "untold": found.untold}
    for name, events in wrong.items():
        for key, count in list(events.items())[:5]:
            print(name, count, key)  # noqa: T201 - as above
    for gap in found.gaps:
        print(gap)  # noqa: T201 - as above
    if found.never:
        print("never happened:", ", ".join(found.never))  # noqa: T201 - as above
    return 0 if found.is_exact and not found.never else 1


if __name__ == "__main__":
    sys.exit(main())
