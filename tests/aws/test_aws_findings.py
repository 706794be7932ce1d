"""GuardDuty and LookupEvents over real HTTP: every version once, every event once."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.night import Night, Time
from tests.aws.server import FakeAws
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.cloudtrail import CloudTrail
from triage_tui.aws.feed import Feed
from triage_tui.aws.guardduty import GuardDuty
from triage_tui.aws.settings import CloudTrailSettings, GuardDutySettings
from triage_tui.health import HealthState


@pytest.fixture
def clock() -> Time:
    return Time(speed=60.0)


class Came:
    """What came in of each feed."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.feeds: list[Feed] = []
        self.until = Night().until

    async def drain(self, feed: Feed) -> None:
        async for batch in feed.batches(0):
            for start, length in zip(batch.starts, batch.lengths, strict=True):
                self.records.append(json.loads(batch.data[start : start + length]))

    def versions(self) -> Counter[tuple[str, str]]:
        return Counter((each["Id"], each["UpdatedAt"]) for each in self.records)


@asynccontextmanager
async def running(
    make: Callable[[Callable[[Feed], None]], Coroutine[Any, Any, None]],
) -> AsyncIterator[Came]:
    came = Came()
    async with asyncio.TaskGroup() as tasks:
        started: list[asyncio.Task[None]] = []

        def announce(feed: Feed) -> None:
            came.feeds.append(feed)
            started.append(tasks.create_task(came.drain(feed)))

        started.append(tasks.create_task(make(announce)))
        yield came
        for task in started:
            task.cancel()


def stamp(clock: Time, back: float = 0.0) -> str:
    when = datetime.fromtimestamp(clock.seconds() - back, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@asynccontextmanager
async def guardduty(
    clock: Time, aws: FakeAws, monkeypatch: pytest.MonkeyPatch, region: str = "eu-west-1"
) -> AsyncIterator[Came]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    access = Access(Scope(None, region), renewal=0.1)
    times = {"wall": clock.wall, "sleep": clock.sleep, "ticks": clock.seconds}
    settings = GuardDutySettings(poll_seconds=10.0)
    async with running(
        lambda announce: GuardDuty(access, settings, announce, **times).run()  # type: ignore[arg-type] # as named
    ) as came:
        yield came
    await access.close()


async def test_every_version_comes_once(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeGuardDuty(milliseconds)
    fake.enable()
    first = [finding(n, stamp(clock, back=60)) for n in range(120)]
    fake.put(*first)
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 120)
        update = finding(7, stamp(clock), ip="203.0.113.9")
        fake.put(update)
        await came.until(lambda: len(came.records) == 121)
        polls = aws.asked("ListDetectors")
        await came.until(lambda: aws.asked("ListDetectors") > polls + 2)
        assert set(came.versions().values()) == {1}
        assert came.records[-1] == update
        [feed] = came.feeds
        assert feed.report.state is HealthState.POLLING
        assert "every 10 s" in feed.health.note


async def test_whatever_fails_meanwhile_the_last_version_of_each_comes(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, chance = FakeGuardDuty(milliseconds), random.Random(4)
    fake.enable()
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        for operation in ("ListDetectors", "ListFindings", "GetFindings"):
            for fault in ("throttle", "error500", "reset", "expired"):
                aws.faults.add(operation, fault, chance=0.06)
        while len(aws.faults.fired) < 4:
            fake.put(*(finding(chance.randrange(90), stamp(clock)) for _ in range(5)))
            await asyncio.sleep(0.02)
        aws.faults.clear()
        held = fake.findings["111122223333", "eu-west-1"].values()
        last = {(each["Id"], each["UpdatedAt"]) for each in held}
        await came.until(lambda: last <= came.versions().keys())
        assert set(came.versions().values()) == {1}


async def test_what_is_listed_and_gone_is_counted(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGuardDuty(milliseconds)
    fake.enable()
    fake.put(*(finding(n, stamp(clock, back=5)) for n in range(8)))
    fake.vanishing = {f"{n:032x}" for n in range(3)}
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 5)
        await came.until(lambda: aws.asked("ListFindings") > 3)
        assert came.feeds[0].health.missing == len(fake.vanishing)


async def test_a_region_without_guardduty_says_so_and_is_looked_at_again(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGuardDuty(milliseconds)
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: bool(came.feeds and "not enabled" in came.feeds[0].health.note))
        fake.enable()
        fake.put(finding(1, stamp(clock)))
        await came.until(lambda: len(came.records) == 1)


async def test_who_may_not_ask_is_told(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeGuardDuty(milliseconds)
    fake.enable()
    async with FakeAws(fake) as aws:
        aws.faults.add("ListDetectors", "denied")
        async with guardduty(clock, aws, monkeypatch) as came:
            await came.until(
                lambda: bool(came.feeds and came.feeds[0].report.state is HealthState.DENIED)
            )
            assert "ListDetectors is denied" in came.feeds[0].health.trouble


@asynccontextmanager
async def cloudtrail(
    clock: Time,
    aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
    settings: CloudTrailSettings,
    tailed: set[str],
) -> AsyncIterator[Came]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    access = Access(Scope(None, "eu-west-1"), renewal=0.1)

    def make(announce: Callable[[Feed], None]) -> Coroutine[Any, Any, None]:
        return CloudTrail(
            access,
            settings,
            announce,
            tailed=lambda: tailed,
            since=900.0,
            wall=clock.wall,
            sleep=clock.sleep,
            ticks=clock.seconds,
        ).run()

    async with running(make) as came:
        yield came
    await access.close()


async def test_the_trail_is_looked_up_once_an_event_and_late_ones_too(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeCloudTrail(clock.seconds)
    for n in range(130):
        fake.put(f"e{n}", clock.seconds() - 600 + n)
    settings = CloudTrailSettings(poll_seconds=5.0)
    async with FakeAws(fake) as aws:
        aws.faults.add("LookupEvents", "error500", times=2)
        async with cloudtrail(clock, aws, monkeypatch, settings, set()) as came:
            await came.until(lambda: len(came.records) == 130)
            fake.put("late", clock.seconds() - 500)
            fake.put("new", clock.seconds())
            await came.until(lambda: len(came.records) == 132)
            assert set(Counter(each["eventID"] for each in came.records).values()) == {1}
            await came.until(lambda: came.feeds[0].report.state is HealthState.POLLING)
            assert "management events" in came.feeds[0].health.note


async def test_no_lookup_where_a_tailed_group_holds_the_trail(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeCloudTrail(clock.seconds)
    home = "arn:aws:logs:eu-west-1:111122223333:log-group:trail"
    fake.trails = [{"Name": "t", "CloudWatchLogsLogGroupArn": f"{home}:*"}]
    fake.put("e", clock.seconds())
    settings = CloudTrailSettings(poll_seconds=5.0)
    async with FakeAws(fake) as aws:
        tailed = {home}
        async with cloudtrail(clock, aws, monkeypatch, settings, tailed) as came:
            await came.until(lambda: bool(aws.calls))
            assert {operation for operation, _ in aws.calls} == {"DescribeTrails"}
            assert came.feeds == []
            tailed.clear()
            await came.until(lambda: len(came.records) == 1)
