"""Log groups over real HTTP: nothing lost, nothing twice, and the truth about both."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from tests.aws.faults import Faults
from tests.aws.logs import FakeLogs, Group, Quotas, served
from tests.aws.night import Hand, Night, Time, tailing
from tests.aws.reread import reread
from tests.aws.server import FakeAws
from triage_tui.aws.access import Scope
from triage_tui.aws.lateness import AUDIT, LATENESS
from triage_tui.aws.live import Live, LiveSettings
from triage_tui.aws.settings import (
    CloudTrailSettings,
    GuardDutySettings,
    LogsSettings,
    Role,
    Tail,
)
from triage_tui.health import HealthState

QUICK = LogsSettings(groups=("/shop/*",), requests_per_second=1000.0, poll_seconds=2.0)


@pytest.fixture
def clock() -> Time:
    return Time(speed=50.0)


def lines(clock: Time, count: int, since: int = 0) -> list[tuple[int, str]]:
    return [(clock.now() - since + n, f"{since} {n}") for n in range(count)]


def exact(night: Night, *groups: Group) -> bool:
    return night.came == served(groups)


async def test_what_was_and_what_comes_is_there_once(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/cart")
    other = logs.create("/other")
    logs.put(other, "s", lines(clock, 5))
    logs.put(group, "s", lines(clock, 20, since=60_000))
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: exact(night, group))
            await night.until(lambda: logs.sessions != [])
            twins = lines(clock, 3)
            logs.put(group, "s", twins * 2)
            logs.put(group, "t", twins)
            await night.until(lambda: exact(night, group))
            feed = night.feeds["/shop/cart eu-west-1"]
            assert feed.report.state is HealthState.LIVE
            assert feed.health.backfilled >= 20
    assert max(night.came.values()) == 2


async def test_what_comes_waits_while_somebody_goes_first(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, asked = FakeLogs(wall=clock.seconds, tick=0.01), 0
    group = logs.create("/shop/cart")
    logs.put(group, "s", lines(clock, 20))

    def somebody_waits() -> bool:
        nonlocal asked
        asked += 1
        return asked < 4

    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock, gives_way=somebody_waits) as night:
            await night.until(lambda: bool(night.came))
            assert asked >= 4
            await night.until(lambda: exact(night, group))


async def test_groups_that_appear_later_join_the_session(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    groups = [logs.create("/shop/a")]
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: len(logs.sessions) == 1)
            groups += [logs.create(f"/shop/{n}") for n in range(12)]
            await night.until(lambda: sum(len(each.arns) for each in logs.sessions) == 13)
            assert sorted(len(each.arns) for each in logs.sessions) == [3, 10]
            for group in groups:
                logs.put(group, "s", lines(clock, 4))
            await night.until(lambda: exact(night, *groups))


async def test_what_comes_later_than_anybody_looks_is_counted(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/cart")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: logs.sessions != [])
            health = night.feeds["/shop/cart eu-west-1"].health
            await night.until(lambda: health.heard > 0)
            late = clock.now() - 2 * LATENESS
            logs.put(group, "s", [(late, "late"), (late, "twin"), (late, "twin")])
            logs.put(group, "s", lines(clock, 3))
            await night.until(lambda: night.came.total() == 5)
            await night.until(lambda: health.untold == 1)
            assert health.late == 3
            assert night.came["s", late, "twin"] == 1


async def test_what_comes_as_late_as_it_may_is_found_whenever_anybody_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes right after a look for what is late, and the next one is a while away."""
    clock = Hand()
    logs = FakeLogs(wall=clock.seconds, index_delay=5.0)
    group = logs.create("/shop/cart")
    settings = msgspec.structs.replace(QUICK, tail="poll", poll_seconds=30.0)
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(settings, clock) as night:
            await night.until(lambda: "/shop/cart eu-west-1" in night.feeds)
            health = night.feeds["/shop/cart eu-west-1"].health

            async def polled_for(seconds: float) -> None:
                end = clock.seconds() + seconds
                while clock.seconds() < end:
                    heard = health.heard
                    while health.heard == heard:
                        clock.advance(10.0)
                        await night.pause(0.005)

            await polled_for(AUDIT / 1000 + 40)
            logs.put(group, "s", [(clock.now() - LATENESS + 1000, "late")])
            await polled_for(AUDIT / 1000 + 60)
            await night.until(lambda: exact(night, group))


async def test_what_is_sampled_is_read_again(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/cart")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: logs.sessions != [])
            logs.put(group, "s", lines(clock, 2000))
            await night.until(lambda: exact(night, group))
            health = night.feeds["/shop/cart eu-west-1"].health
            assert health.sampled == logs.sampled == 1
            assert 1500 <= health.backfilled <= 2000  # the first reading may bring some


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("way", "times"), [("sampled", 3.5), ("poll", 6.0)])
async def test_what_is_read_again_is_read_no_more_often_than_it_takes(
    way: str, times: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")  # the run sets it
    found = await reread(way, 240.0, rate=10)
    assert found.is_exact
    assert found.times < times
    assert found.requests < 240 / 5 * 1.3


@pytest.mark.parametrize("tail", ["auto", "poll"])
async def test_groups_are_polled_where_there_is_no_live_tail(
    clock: Time, monkeypatch: pytest.MonkeyPatch, tail: Tail
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/cart")
    logs.put(group, "s", [(clock.now() - 60_000, "before")])
    faults = Faults()
    faults.add("StartLiveTail", "denied")
    settings = LogsSettings(
        groups=("/shop/*",), requests_per_second=1000.0, poll_seconds=2.0, tail=tail
    )
    async with FakeAws(logs, faults=faults) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(settings, clock) as night:
            await night.until(lambda: "/shop/cart eu-west-1" in night.feeds)
            feed = night.feeds["/shop/cart eu-west-1"]
            await night.until(lambda: feed.report.state is HealthState.POLLING)
            for _ in range(3):
                logs.put(group, "s", lines(clock, 5))
                await night.until(lambda: exact(night, group))
            why = "Live Tail is denied" if tail == "auto" else "as the settings say"
            await night.until(lambda: feed.health.note == f"polled every 2 s: {why}")
            assert feed.health.backfilled == 1
            logs.create("/shop/later")  # it is told the same
            await night.until(
                lambda: any(
                    name.startswith("/shop/later ") and why in later.health.note
                    for name, later in night.feeds.items()
                )
            )
    asked = Counter(operation for operation, _ in aws.calls)
    assert (asked["StartLiveTail"] == 0) is (tail == "poll")


async def test_a_denied_live_tail_is_tried_again_when_somebody_says_so(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.aws.tail._LATER", 1e12)
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    logs.create("/shop/cart")
    faults = Faults()
    faults.add("StartLiveTail", "denied")
    async with FakeAws(logs, faults=faults) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: "/shop/cart eu-west-1" in night.feeds)
            feed = night.feeds["/shop/cart eu-west-1"]
            await night.until(lambda: "Live Tail is denied" in feed.health.note)
            faults.clear()
            night.accesses[0]._signin.try_again()
            await night.until(lambda: feed.report.state is HealthState.LIVE)


async def test_accounts_and_regions_stay_apart(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    here, there = logs.create("/shop/a"), logs.create("/shop/a", region="us-east-1")
    logs.put(here, "s", lines(clock, 3))
    logs.put(there, "s", lines(clock, 4))
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        scopes = Scope(None, "eu-west-1"), Scope(None, "us-east-1")
        async with tailing(QUICK, clock, *scopes) as night:
            await night.until(lambda: night.came == served([here]) + served([there]))
            assert {"/shop/a eu-west-1", "/shop/a us-east-1"} <= night.feeds.keys()


SHOPS = "444455556666"


@pytest.mark.parametrize("tail", ["auto", "poll"])
async def test_a_monitoring_account_reads_the_groups_of_those_linked(
    clock: Time, monkeypatch: pytest.MonkeyPatch, tail: Tail
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    here, there = logs.create("/shop/a"), logs.create("/shop/a", account=SHOPS)
    foreign = logs.create("/shop/a", account="777788889999")
    logs.linked["111122223333"] = {SHOPS}
    for group, count in ((here, 3), (there, 4), (foreign, 5)):
        logs.put(group, "s", lines(clock, count))
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(msgspec.structs.replace(QUICK, linked=True, tail=tail), clock) as night:
            await night.until(lambda: exact(night, here, there))
            assert {"/shop/a eu-west-1", f"/shop/a eu-west-1 of {SHOPS}"} <= night.feeds.keys()
            if tail == "auto":
                await night.until(lambda: len(logs.sessions) == 1)
            logs.put(there, "s", lines(clock, 6, since=1))
            await night.until(lambda: exact(night, here, there))
        async with tailing(msgspec.structs.replace(QUICK, tail=tail), clock) as night:
            await night.until(lambda: exact(night, here))
            assert f"/shop/a eu-west-1 of {SHOPS}" not in night.feeds


async def test_what_two_accounts_see_is_read_once(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a monitoring account and one that is linked to it."""
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/a", account=SHOPS)
    logs.linked["111122223333"] = {SHOPS}
    logs.put(group, "s", lines(clock, 4))
    settings = LiveSettings(
        msgspec.structs.replace(QUICK, linked=True),
        GuardDutySettings(enabled=False),
        CloudTrailSettings(lookup="off"),
    )
    role = Role(f"arn:aws:iam::{SHOPS}:role/triage")
    scopes = [Scope(None, "eu-west-1"), Scope(None, "eu-west-1", role)]
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        live, night = Live(scopes, settings, wall=clock.wall, sleep=clock.sleep), Night()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(live.run())
            reading = []

            async def read() -> None:
                async for feed in live.arrivals():
                    reading.append(feed)
                    tasks.create_task(night.drain(feed))

            tasks.create_task(read())
            await night.until(lambda: exact(night, group))
            await night.until(
                lambda: all(
                    feed.health.heard for feed in reading if feed.report.path == "log groups"
                )
            )
            live.stop()
            await running
    assert [feed.report.path for feed in reading].count("/shop/a") == 1
    assert exact(night, group)


async def test_the_filter_pattern_goes_with_both(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/a")
    settings = LogsSettings(
        groups=("/shop/*",),
        requests_per_second=1000.0,
        poll_seconds=2.0,
        filter_pattern="?bad ?evil",
    )
    logs.put(group, "s", [(clock.now(), "bad before"), (clock.now(), "good")])
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(settings, clock) as night:
            await night.until(lambda: logs.sessions != [])
            logs.put(group, "s", [(clock.now(), "evil now"), (clock.now(), "good")])
            await night.until(lambda: night.came.total() == 2)
            await night.read_last()
    assert sorted(key[2] for key in night.came) == ["bad before", "evil now"]


async def test_a_group_that_is_deleted_leaves_the_others_alone(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    stays, goes = logs.create("/shop/a"), logs.create("/shop/b")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: logs.sessions != [])
            logs.delete(goes)
            aws.faults.add("StartLiveTail.frame", "reset", times=1)
            feed = night.feeds["/shop/b eu-west-1"]
            await night.until(
                lambda: (
                    "does not exist" in feed.health.trouble
                    and feed.report.state is HealthState.STALE
                )
            )
            logs.put(stays, "s", lines(clock, 5))
            await night.until(lambda: exact(night, stays))
            tailed = night.feeds["/shop/a eu-west-1"]
            await night.until(lambda: tailed.report.state is HealthState.LIVE)
            again = logs.create("/shop/b")
            logs.put(again, "s", lines(clock, 2))
            await night.until(lambda: exact(night, stays, again))


async def test_expired_credentials_are_read_anew(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/a")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: logs.sessions != [])
            for operation in ("FilterLogEvents", "StartLiveTail", "DescribeLogGroups"):
                aws.faults.add(operation, "expired")
            aws.faults.add("StartLiveTail.frame", "cut", times=1)
            feed = night.feeds["/shop/a eu-west-1"]
            await night.until(
                lambda: (
                    "have expired" in feed.health.trouble
                    and feed.health.lockout is not None
                    and feed.report.state is HealthState.DENIED
                )
            )
            logs.put(group, "s", lines(clock, 5))
            aws.faults.clear()
            await night.until(lambda: exact(night, group))
            assert feed.health.lockout is None


@pytest.mark.parametrize("fault", ["reset", "cut", "crc", "timeout", "streaming", "error"])
async def test_whatever_ends_a_session_loses_nothing(
    clock: Time, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/a")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: logs.sessions != [])
            for _ in range(3):
                aws.faults.add("StartLiveTail.frame", fault, times=1)
                logs.put(group, "s", lines(clock, 5))
                await night.until(lambda: aws.faults.rules[-1].times == 0)
                logs.put(group, "s", lines(clock, 5))
            await night.until(lambda: exact(night, group))
            feed = night.feeds["/shop/a eu-west-1"]
            await night.until(lambda: feed.report.state is HealthState.LIVE)
            assert feed.health.restarts == 3


@pytest.mark.parametrize("fault", ["silence", "garbage"])
async def test_a_silent_session_is_a_broken_one(
    clock: Time, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/a")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock, silence=0.2) as night:
            await night.until(lambda: logs.sessions != [])
            aws.faults.add("StartLiveTail.frame", fault, times=1)
            logs.put(group, "s", lines(clock, 5))
            feed = night.feeds["/shop/a eu-west-1"]
            await night.until(lambda: "silent" in feed.health.trouble)
            await night.until(lambda: exact(night, group))


async def test_what_a_slow_connection_made_the_service_drop_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is told of that; and it does not wait for the next look for what came late."""
    clock = Hand()
    logs = FakeLogs(wall=clock.seconds, tick=0.01, quotas=Quotas(updates=2))
    group = logs.create("/shop/a")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:

            async def moved(holds: Callable[[], bool]) -> None:
                while not holds():
                    clock.advance(0.1)
                    await night.pause(0.01)

            await moved(lambda: logs.sessions != [])
            feed = night.feeds["/shop/a eu-west-1"]
            await moved(lambda: feed.report.state is HealthState.LIVE)
            for _ in range(300):  # nothing is in doubt any more
                clock.advance(0.1)
                await night.pause(0.001)
            begun, asked = clock.seconds(), aws.asked("FilterLogEvents")
            aws.faults.add("StartLiveTail.frame", "slow", times=1)
            logs.put(group, "s", [(clock.now(), f"{n}") for n in range(20)])
            await night.until(lambda: aws.faults.rules[-1].times == 0)
            clock.advance(8.0)
            await night.until(lambda: logs.dropped > 0)
            await moved(lambda: exact(night, group))
            assert aws.asked("FilterLogEvents") > asked
            assert clock.seconds() - begun < AUDIT / 1000 / 2


async def test_what_cannot_be_read_at_the_end_is_a_gap(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/a")
    logs.put(group, "s", lines(clock, 5))
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(QUICK, clock) as night:
            await night.until(lambda: exact(night, group))
            health = night.feeds["/shop/a eu-west-1"].health
            await night.read_last()
            assert health.unfilled == 0
            aws.faults.add("FilterLogEvents", "denied")
            await night.read_last()
            assert health.unfilled > 0


async def test_throttling_slows_the_polls_and_is_counted(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = FakeLogs(wall=clock.seconds, tick=0.01, quotas=Quotas(filters=1.0))
    groups = [logs.create(f"/shop/{n}") for n in range(4)]
    settings = LogsSettings(
        groups=("/shop/*",), requests_per_second=20.0, poll_seconds=1.0, tail="poll"
    )
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        async with tailing(settings, clock) as night:
            for group in groups:
                logs.put(group, "s", lines(clock, 50))
            await night.until(lambda: exact(night, *groups))
            feeds = [feed for feed in night.feeds.values() if feed.origin]
            await night.until(
                lambda: any(feed.report.state is HealthState.THROTTLED for feed in feeds)
            )
            assert sum(feed.health.throttled for feed in feeds) > 0
