"""What AWS itself can no longer serve is missing, and nothing else; how much that is stands on the
screen."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.aws.came import milliseconds
from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.logs import FakeLogs, Group
from tests.aws.night import Hand, Time, tailing
from tests.aws.server import ACCOUNT, FakeAws
from tests.aws.shown import Shown, shown
from triage_tui.aws.access import Scope
from triage_tui.aws.kept import DAY, Kept
from triage_tui.aws.live import Live, LiveSettings
from triage_tui.aws.logrecord import record
from triage_tui.aws.memory import Memory
from triage_tui.aws.seen import LogEvent
from triage_tui.aws.settings import CloudTrailSettings, GuardDutySettings, LogsSettings
from triage_tui.health import LiveHealth
from triage_tui.wrappings.recording import MARKED

HERE = Scope(None, "eu-west-1")
LOGS = LogsSettings(groups=("/shop/*",), requests_per_second=1000.0, poll_seconds=2.0)
MINUTE = 60_000
TOLD = re.compile(r"nothing from (\S+ \w+ \S+)Z to (\S+ \w+ \S+)Z\s+\(([\d,]+)\s+seconds?\)")


def at(text: str) -> int:
    """Seconds since 1970 of a time on the screen."""
    return int(datetime.strptime(text, "%Y-%m-%d %a %H:%M:%S").replace(tzinfo=UTC).timestamp())


def texts(group: Group) -> Counter[str]:
    """What is still served of a group."""
    return Counter(event.message for event in group.events)


async def moved(clock: Hand, holds: Callable[[], bool], step: float = 1.0) -> None:
    """Time goes by until something holds."""
    async with asyncio.timeout(60):
        while not holds():
            clock.advance(step)
            await asyncio.sleep(0.01)


def logs_alone() -> LiveSettings:
    return LiveSettings(LOGS, GuardDutySettings(enabled=False), CloudTrailSettings(lookup="off"))


@pytest.mark.timeout(120)
async def test_what_is_no_longer_kept_is_the_gap_on_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody may read for longer than the group keeps its events."""
    clock = Hand()
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/cart", kept=DAY / 1000)
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        live = Live([HERE], logs_alone(), wall=clock.wall, sleep=clock.sleep)
        async with shown(live, clock) as seen, seen.app.run_test(size=(120, 40)) as pilot:
            before = clock.now()
            logs.put(group, "s", [(before, "before")])
            await moved(clock, lambda: seen.came == texts(group) and logs.sessions != [])
            for operation in ("FilterLogEvents", "StartLiveTail"):
                aws.faults.add(operation, "denied")
            aws.faults.add("StartLiveTail.frame", "cut", times=1)
            denied = "FilterLogEvents", "denied"
            await moved(clock, lambda: not logs.sessions and aws.faults.fired[denied] > 0)
            begun = clock.now()
            logs.put(group, "s", [(begun + n * MINUTE, f"{n}") for n in range(30 * 60)])
            aws.faults.clear()
            clock.advance(30 * 3600 + 300)
            await moved(clock, lambda: bool(group.horizons))
            [horizon] = group.horizons
            there = Counter(f"{n}" for n in range(30 * 60) if begun + n * MINUTE >= horizon)
            await moved(clock, lambda: seen.came.total() == 1 + there.total(), step=0.001)
            assert seen.came == there + Counter(["before"])
            assert group.forgotten == 1 + 30 * 60 - there.total() > 300
            await seen.settled(pilot)
            assert "gap of 6h5m not filled" in seen.text().splitlines()[0]
            await pilot.press("i")
            await seen.settled(pilot)
            told = TOLD.search(" ".join(seen.text().split()))
            assert told, seen.text()
            since, until = at(told[1]), at(told[2])
            assert before // 1000 <= since <= begun // 1000
            assert horizon // 1000 <= until < horizon // 1000 + 60  # time goes by meanwhile
            assert int(told[3].replace(",", "")) in (until - since, until - since + 1)
            assert "the log group keeps events for 1 day" in " ".join(seen.text().split())
            again = aws.asked("FilterLogEvents") + 3
            await moved(clock, lambda: aws.asked("FilterLogEvents") > again)
            [gap] = health(seen).gaps  # it is told once
            assert gap.until // 1_000_000_000 == until
            assert health(seen).unfilled == gap.until - gap.since


async def test_what_was_in_a_group_that_was_made_anew_is_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Hand()
    logs = FakeLogs(wall=clock.seconds, tick=0.01)
    group = logs.create("/shop/cart")
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        live = Live([HERE], logs_alone(), wall=clock.wall, sleep=clock.sleep)
        async with shown(live, clock) as seen, seen.app.run_test(size=(120, 40)) as pilot:
            logs.put(group, "s", [(clock.now(), "before")])
            await moved(clock, lambda: seen.came.total() == 1 and logs.sessions != [])
            logs.delete(group)
            aws.faults.add("StartLiveTail.frame", "cut", times=1)
            await moved(clock, lambda: "does not exist" in health(seen).trouble)
            gone = clock.now()
            clock.advance(600)
            made = clock.now()
            again = logs.create("/shop/cart")
            logs.put(again, "s", [(clock.now(), "after")])
            await moved(clock, lambda: bool(health(seen).gaps))
            await moved(clock, lambda: seen.came.total() == 2)
            [gap] = health(seen).gaps
            assert gap.until == made * 1_000_000
            assert gap.since <= gone * 1_000_000
            await pilot.press("i")
            await seen.settled(pilot)
            assert "the log group was deleted, and made anew" in " ".join(seen.text().split())


async def test_findings_that_cannot_be_had_any_more_are_counted_on_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Hand()
    guardduty = FakeGuardDuty(milliseconds)
    guardduty.enable()
    now = datetime.fromtimestamp(clock.seconds(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    guardduty.put(*(finding(n, now) for n in range(120)))
    guardduty.vanishing = {f"{n:032x}" for n in range(0, 120, 9)}
    settings = LiveSettings(LogsSettings(), GuardDutySettings(), CloudTrailSettings(lookup="off"))
    async with FakeAws(guardduty) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        live = Live([HERE], settings, wall=clock.wall, sleep=clock.sleep)
        async with shown(live, clock) as seen, seen.app.run_test(size=(120, 40)) as pilot:
            wanted = 120 - len(guardduty.vanishing)
            await moved(clock, lambda: seen.came.total() == wanted)
            await moved(clock, lambda: health(seen).missing == len(guardduty.vanishing))
            await seen.settled(pilot)
            assert f"{len(guardduty.vanishing)} records missing" in seen.text().splitlines()[0]
            await pilot.press("i")
            await seen.settled(pilot)
            assert f"{len(guardduty.vanishing)} records missing for good" in seen.text()
    assert not guardduty.vanishing & seen.came.keys()


def health(seen: Shown) -> LiveHealth:
    """How the only source of events is."""
    [found] = (
        live
        for source in seen.triage.sources
        if (live := source.report.live) is not None and not live.is_search
    )
    return found


# -- what is kept --------------------------------------------------------------------------------


def test_a_group_that_keeps_its_events_for_good_has_no_gap() -> None:
    kept = Kept()
    kept.describe({"creationTime": 5})
    assert kept.gap(0, 10_000 * DAY, 10_000 * DAY) is None


def test_what_still_comes_is_no_gap_and_no_gap_is_told_twice() -> None:
    kept = Kept()
    kept.describe({"creationTime": 5 * DAY, "retentionInDays": 3})
    assert kept.gap(10 * DAY, 10 * DAY, 20 * DAY) is None  # AWS takes its time to delete
    told = "the log group keeps events for 3 days"
    assert kept.gap(10 * DAY, 19 * DAY, 20 * DAY) == (10 * DAY, 17 * DAY, told)
    assert kept.gap(10 * DAY, 19 * DAY, 20 * DAY) is None
    assert kept.gap(10 * DAY, 19 * DAY, 21 * DAY) == (17 * DAY, 18 * DAY, told)


def test_before_a_group_was_made_nothing_is_missing() -> None:
    kept = Kept()
    assert kept.describe({"creationTime": 15 * DAY, "retentionInDays": 3}) is None
    assert kept.gap(10 * DAY, 20 * DAY, 20 * DAY) == (
        15 * DAY, 17 * DAY, "the log group keeps events for 3 days",
    )  # fmt: skip
    assert kept.describe({"creationTime": 16 * DAY}) == 16 * DAY
    assert kept.describe({"creationTime": 16 * DAY}) is None


@pytest.mark.parametrize("name", ["/shop/quiet", "/shop/behind"])
async def test_whoever_resumes_a_night_reads_from_where_it_was_complete(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Of a quiet group nothing was recorded; of one that was behind, Live Tail had brought what is
    newer than what was missing."""
    clock = Time(5.0)
    logs = FakeLogs(wall=clock.seconds, tick=0.02)
    group, ended = logs.create(name), clock.now() - 3 * 3_600_000
    newest = LogEvent("s", ended + 3 * 3_540_000, ended + 3 * 3_540_000, "newest")
    logs.put(group, "s", [(ended + 60_000, "missed"), (newest.time, "newest")])
    whole = {f"logs eu-west-1 {name}": ended * 1_000_000} if name == "/shop/behind" else {}
    mark = {"triage-tui-recording": 1, "at": ended * 1_000_000, "complete": whole}
    memory = Memory()
    memory.take([(MARKED, json.dumps(mark).encode())])
    if name == "/shop/behind":
        memory.take([("logs eu-west-1", record(newest, f"{ACCOUNT}:{name}"))])
    async with FakeAws(logs) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        settings = LogsSettings(groups=("/shop/*",), requests_per_second=100.0)
        async with tailing(settings, clock, memory=memory) as night:
            came = ["missed", "newest"] if name == "/shop/quiet" else ["missed"]
            await night.until(lambda: sorted(message for _, _, message in night.came) == came)
            health = night.feeds[f"{name} eu-west-1"].health
            await night.until(lambda: health.complete > clock.now() * 1_000_000 - 10**10)
            assert set(night.came.values()) == {1}
            assert health.gaps == []
