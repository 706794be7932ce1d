"""LookupEvents over real HTTP: every event once, where no tailed log group holds the trail."""

import json
import random
from array import array
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws.came import Came, running
from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.emulators import ministack
from tests.aws.faults import Faults
from tests.aws.night import Time
from tests.aws.server import Call, FakeAws, ServiceError
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.cloudtrail import CloudTrail, Delivered
from triage_tui.aws.feed import Feed
from triage_tui.aws.memory import Memory
from triage_tui.aws.settings import CloudTrailSettings
from triage_tui.formats.decode import decode
from triage_tui.health import HealthState
from triage_tui.model import Batch

GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:trail"
TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
ON = CloudTrailSettings(lookup="on", poll_seconds=5.0)
AUTO = CloudTrailSettings(lookup="auto", poll_seconds=5.0)


@pytest.fixture
def clock() -> Time:
    return Time(speed=300.0)


@pytest.fixture
def fake(clock: Time) -> FakeCloudTrail:
    return FakeCloudTrail(clock.seconds)


@asynccontextmanager
async def cloudtrail(
    clock: Time,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: CloudTrailSettings = ON,
    tailed: set[str] | None = None,
    memory: Memory | None = None,
) -> AsyncIterator[Came]:
    """Looks the trail up while it is entered."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    access = Access(Scope(None, "eu-west-1"), renewal=0.01)

    def make(announce: Callable[[Feed], None]) -> Coroutine[Any, Any, None]:
        return CloudTrail(
            access,
            settings,
            announce,
            tailed=lambda: tailed or set(),
            since=900.0,
            wall=clock.wall,
            sleep=clock.sleep,
            ticks=clock.seconds,
            memory=memory,
        ).run()

    try:
        async with running(make) as came:
            yield came
    finally:
        await access.close()


async def test_every_event_comes_once_and_late_ones_too(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(130):
        fake.put(f"e{n}", clock.seconds() - 600 + n)
    async with FakeAws(fake) as aws, cloudtrail(clock, aws.url, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 130)
        fake.put("late", clock.seconds() - 500)
        fake.put("new", clock.seconds())
        await came.until(lambda: len(came.records) == 132)
        asked, all_came = aws.asked("LookupEvents"), clock.wall()
        await came.until(lambda: aws.asked("LookupEvents") > asked + 9)
        assert set(came.events().values()) == {1}
        assert came.state is HealthState.POLLING
        assert came.health.note.startswith("management events, looked up every 5 s, no charge")
        assert came.health.complete > all_came
        assert came.health.every == 5 * 10**9
        assert came.health.throttled == 0  # two a second is what the service grants


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_fails_every_event_comes_once(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, faults, sent = random.Random(seed), Faults(seed), 0
    for fault in ("throttle", "error500", "reset", "stale"):
        faults.add("LookupEvents", fault, chance=0.05)
    faults.add("LookupEvents", "expired", times=1)
    faults.add("LookupEvents.answer", "cut", chance=0.05)
    async with FakeAws(fake, faults=faults) as aws, cloudtrail(clock, aws.url, monkeypatch) as came:
        while sent < 300:
            for _ in range(10):
                fake.put(f"e{sent}", clock.seconds() - chance.uniform(0, 600))
                sent += 1
            asked = aws.asked("LookupEvents")
            await came.until(lambda asked=asked: aws.asked("LookupEvents") > asked)  # type: ignore[misc]
        faults.clear()
        await came.until(lambda: len(came.events()) == sent, 20)
        assert set(came.events().values()) == {1}
    assert len(faults.fired) > 3


async def test_a_throttled_page_is_asked_again_and_none_before_it(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = 3

    def refuse(call: Call) -> None:
        nonlocal refusals
        if call.asked.get("NextToken") == "50" and refusals:
            refusals -= 1
            raise ServiceError("ThrottlingException", "Rate exceeded")

    fake.before = refuse
    for n in range(130):
        fake.put(f"e{n}", clock.seconds() - 600 + n)
    async with FakeAws(fake) as aws, cloudtrail(clock, aws.url, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 130)
        tokens = [asked.get("NextToken") for _, asked in aws.calls[:6]]
        assert tokens == [None, "50", "50", "50", "50", "100"]
        assert came.health.throttled == 3


async def test_an_interrupted_reading_completes_nothing(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first page was the newest; what is older than a quarter of an hour is still to come."""

    def forget(call: Call) -> None:
        if "NextToken" in call.asked:
            raise ServiceError("InvalidNextTokenException", "Invalid token in request")

    fake.before = forget
    for n in range(120):
        fake.put(f"e{n}", clock.seconds() - 1700 + n)
    async with FakeAws(fake) as aws, cloudtrail(clock, aws.url, monkeypatch) as came:
        await came.until(lambda: aws.asked("LookupEvents") > 6)
        assert len(came.records) == 50
        assert "InvalidNextTokenException" in came.health.trouble
        await clock.sleep(120)
        fake.before = lambda call: None
        await came.until(lambda: len(came.records) == 120)
        await came.until(lambda: came.notes("management events"))
        assert set(came.events().values()) == {1}


async def test_a_resumed_night_has_what_it_had_and_reads_on_from_there(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = clock.seconds() - 7200
    for n in range(3):
        fake.put(f"e{n}", back + n)
    when = datetime.fromtimestamp(back, UTC).isoformat()
    memory = Memory()
    memory.take(
        [
            ("cloudtrail eu-west-1", json.dumps({"eventID": "e0", "eventTime": when}).encode()),
            ("cloudtrail eu-west-1", b'{"eventID": "odd", "eventTime": "never"}'),
        ]
    )
    async with FakeAws(fake) as aws, cloudtrail(clock, aws.url, monkeypatch, memory=memory) as came:
        await came.until(lambda: came.notes("management events") and len(came.records) >= 2)
        assert set(came.events()) == {"e1", "e2"}


async def test_a_denied_lookup_is_told_and_tried_again(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put("e", clock.seconds())
    async with FakeAws(fake) as aws:
        aws.faults.add("LookupEvents", "denied", times=1)
        async with cloudtrail(clock, aws.url, monkeypatch) as came:
            await came.until(lambda: came.state is HealthState.DENIED)
            assert "LookupEvents is denied" in came.health.trouble
            await came.until(lambda: len(came.records) == 1)


async def test_no_lookup_where_a_tailed_group_holds_the_trail_until_it_does_no_more(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.trails = [
        {"Name": "t", "TrailARN": TRAIL, "CloudWatchLogsLogGroupArn": f"{GROUP}:*"},
    ]
    async with FakeAws(fake) as aws, cloudtrail(clock, aws.url, monkeypatch, AUTO, {GROUP}) as came:
        await came.until(lambda: aws.asked("GetTrailStatus") == 2)
        assert aws.asked("LookupEvents") == 0
        assert came.feeds == []
        fake.stopped.add(TRAIL)  # as an intruder would
        fake.put("e", clock.seconds())
        await came.until(lambda: len(came.records) == 1)
        fake.stopped.clear()
        await came.until(lambda: came.notes("not needed"))
        assert came.health.behind(clock.wall()) is None


@pytest.mark.parametrize(
    ("group", "needed"),
    [
        ("arn:aws:logs:eu-west-1:111122223333:log-group:aws-cloudtrail-logs", False),
        ("arn:aws:logs:eu-west-1:444455556666:log-group:aws-cloudtrail-logs", True),
        ("arn:aws:logs:us-east-1:111122223333:log-group:aws-cloudtrail-logs", True),
        (GROUP, True),
    ],
)
async def test_where_trails_may_not_be_described_the_groups_names_tell(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch, group: str, needed: bool
) -> None:
    async with FakeAws(fake) as aws:
        aws.faults.add("DescribeTrails", "denied")
        async with cloudtrail(clock, aws.url, monkeypatch, AUTO, {group}) as came:
            await came.until(lambda: aws.asked("DescribeTrails") == 2)
            assert bool(came.feeds) is needed


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with ministack() as url:
        yield url


async def test_what_an_emulator_recorded_of_its_calls_is_looked_up(
    clock: Time, emulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    access = Access(Scope(None, "eu-west-1"))
    logs = await access.client("logs")
    for n in range(30):
        await logs.create_log_group(logGroupName=f"/shop/{n}")
    await access.close()
    async with cloudtrail(clock, emulator, monkeypatch) as came:
        await came.until(lambda: len(came.records) >= 30)
        await came.until(lambda: came.notes("management events"))
    made = [each for each in came.records if each["eventName"] == "CreateLogGroup"]
    assert {each["requestParameters"]["logGroupName"] for each in made} == {
        f"/shop/{n}" for n in range(30)
    }
    assert set(came.events().values()) == {1}
    columns = decode(Batch(1, came.raw[0], array("Q", [0]), array("Q", [len(came.raw[0])]), 5))
    assert columns.format.values[columns.format.ids[0]] == "cloudtrail"


async def test_off_is_off(
    clock: Time, fake: FakeCloudTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = CloudTrailSettings(lookup="off")
    async with FakeAws(fake) as aws, cloudtrail(clock, aws.url, monkeypatch, off) as came:
        await clock.sleep(120)
        assert (aws.calls, came.feeds) == ([], [])


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=20), max_size=8)
)
def test_readings_hand_on_each_event_once(readings: list[list[tuple[int, int]]]) -> None:
    """Each reading begins where the horizon of the one before it was, as those of the trail do."""
    delivered, came, begins = Delivered(), [], float("-inf")
    for horizon, reading in enumerate(readings):
        delivered.begin(horizon)
        for time, name in reading:
            if time >= begins and delivered.is_new(f"{name}@{time}", time):
                came.append((time, name))
        delivered.end()
        begins = horizon
    assert len(came) == len(set(came))


def test_what_is_remembered_is_bounded() -> None:
    delivered = Delivered(most=2)
    delivered.begin(0.0)
    assert [delivered.is_new(name, 1.0) for name in "abca"] == [True] * 4
    assert not delivered.is_new("c", 1.0)
