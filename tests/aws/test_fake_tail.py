"""The fake Live Tail, as the real client sees it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ClientError, EventStreamError

from tests.aws.clients import Hands, client, code
from tests.aws.faults import Faults
from tests.aws.logs import FakeLogs, Group, Quotas
from tests.aws.server import FakeAws

TICK = 0.01


class Tail:
    """What a client got: all updates, and how it ended."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.start: dict[str, Any] = {}
        self.updates: list[dict[str, Any]] = []

    async def read(self, events: int | None = None) -> None:
        """Until it has so many events; without a number, until the stream ends."""
        async for event in self.stream:
            if "sessionStart" in event:
                self.start = event["sessionStart"]
            else:
                self.updates.append(event["sessionUpdate"])
            if events is not None and len(self.messages) >= events:
                return

    @property
    def results(self) -> list[dict[str, Any]]:
        return [each for update in self.updates for each in update["sessionResults"]]

    @property
    def messages(self) -> list[str]:
        return [each["message"] for each in self.results]


@asynccontextmanager
async def tail(
    aws: FakeAws, *groups: Group, silence: float = 10.0, **asked: Any
) -> AsyncIterator[Tail]:
    """A session while it is entered."""
    async with client(aws, region=groups[0].region, silence=silence) as known:
        arns = [group.arn for group in groups]
        answer = await known.start_live_tail(logGroupIdentifiers=arns, **asked)
        try:
            yield Tail(answer["responseStream"])
        finally:
            answer["responseStream"].close()


async def refused(aws: FakeAws, arns: list[str], **asked: Any) -> str:
    async with client(aws) as known:
        with pytest.raises(ClientError) as caught:
            await known.start_live_tail(logGroupIdentifiers=arns, **asked)
        return code(caught.value)


def events(logs: FakeLogs, count: int) -> list[tuple[int, str]]:
    return [(logs.now(), f"event {n}") for n in range(count)]


async def test_what_is_ingested_comes_with_the_next_update() -> None:
    logs = FakeLogs(tick=TICK, index_delay=60)
    groups = [logs.create(f"/{name}") for name in "ab"]
    async with FakeAws(logs) as aws, tail(aws, *groups) as found:
        logs.put(groups[0], "s", [(5, "long ago")], ingested=6)
        for group in groups:
            logs.put(group, "s", events(logs, 3))
        await found.read(6)
        assert found.start["logGroupIdentifiers"] == [group.arn for group in groups]
    assert Counter(each["logGroupIdentifier"] for each in found.results) == {
        "111122223333:/a": 3,
        "111122223333:/b": 3,
    }
    assert not any("eventId" in each for each in found.results)


async def test_updates_come_also_when_there_is_nothing() -> None:
    logs = FakeLogs(tick=TICK)
    group = logs.create("/a")
    async with FakeAws(logs) as aws, tail(aws, group) as found:
        async for event in found.stream:
            found.updates.append(event)
            if len(found.updates) == 4:
                break
    assert [update["sessionUpdate"]["sessionResults"] for update in found.updates[1:]] == [[]] * 3


async def test_sessions_have_streams_and_patterns() -> None:
    logs = FakeLogs(tick=TICK)
    group, other = logs.create("/a"), logs.create("/b")
    async with (
        FakeAws(logs) as aws,
        tail(aws, group, logStreamNames=["web/1"]) as named,
        tail(aws, group, logStreamNamePrefixes=["web", "app"]) as prefixed,
        tail(aws, group, other, logEventFilterPattern="?3 ?4") as filtered,
    ):
        for stream in ("web/1", "web/2", "db"):
            logs.put(group, stream, events(logs, 5))
        await named.read(5)
        await prefixed.read(10)
        await filtered.read(6)
        assert {each["logStreamName"] for each in named.results} == {"web/1"}
        assert {each["logStreamName"] for each in prefixed.results} == {"web/1", "web/2"}
        assert set(filtered.messages) == {"event 3", "event 4"}
        both = {"logStreamNames": ["s"], "logStreamNamePrefixes": ["s"]}
        wrong = "InvalidParameterException"
        assert await refused(aws, [group.arn], **both) == wrong
        assert await refused(aws, [group.arn, other.arn], logStreamNames=["s"]) == wrong
        assert await refused(aws, [group.arn], logEventFilterPattern="{") == wrong


async def test_what_may_not_be_tailed() -> None:
    logs = FakeLogs(tick=TICK)
    arns = [logs.create(f"/{n}").arn for n in range(11)]
    rare = logs.create("/rare", log_class="INFREQUENT_ACCESS")
    async with FakeAws(logs) as aws:
        assert await refused(aws, arns) == "InvalidParameterException"
        assert await refused(aws, ["/1"]) == "InvalidParameterException"
        assert await refused(aws, [f"{arns[0]}:*"]) == "InvalidParameterException"
        assert await refused(aws, [arns[0], arns[0]]) == "InvalidParameterException"
        assert await refused(aws, [f"{arns[0]}x"]) == "ResourceNotFoundException"
        assert await refused(aws, [rare.arn]) == "InvalidOperationException"
    assert logs.sessions == []


async def test_sessions_are_limited_by_account_and_region() -> None:
    logs = FakeLogs(tick=TICK, quotas=Quotas(sessions=1))
    here, there = logs.create("/a"), logs.create("/a", region="us-east-1")
    async with FakeAws(logs) as aws:
        async with tail(aws, here), tail(aws, there):
            assert await refused(aws, [here.arn]) == "LimitExceededException"
        async with asyncio.timeout(60):
            while logs.sessions:  # noqa: ASYNC110 - the server learns of it with its next update
                await asyncio.sleep(TICK)
        async with tail(aws, here) as found:
            logs.put(here, "s", events(logs, 1))
            await found.read(1)


async def test_more_than_five_hundred_are_sampled() -> None:
    logs = FakeLogs(tick=TICK)
    group = logs.create("/a")
    async with FakeAws(logs) as aws, tail(aws, group) as found:
        logs.put(group, "s", events(logs, 2000))
        await found.read(500)
        logs.put(group, "s", events(logs, 500))
        await found.read(1000)
    sampled = [update for update in found.updates if update["sessionMetadata"]["sampled"]]
    assert [len(update["sessionResults"]) for update in sampled] == [500]
    chosen = [each["message"] for each in sampled[0]["sessionResults"]]
    assert len(set(chosen)) == 500
    assert set(chosen) != {f"event {n}" for n in range(500)}
    assert logs.sampled == 1


async def test_a_slow_reader_loses_the_oldest_without_a_word() -> None:
    logs = FakeLogs(tick=0.002, quotas=Quotas(update=100, updates=None, buffer=1000))
    group, number = logs.create("/a"), 0
    async with FakeAws(logs) as aws, tail(aws, group) as found:
        async with asyncio.timeout(60):
            while logs.dropped < 500:
                # Long ones, for what is on its way holds megabytes.
                lines = [(logs.now(), f"{number + n} {'.' * 20_000}") for n in range(100)]
                logs.put(group, "s", lines)
                number += 100
                await asyncio.sleep(0.002)
            # Else it might be left out of a sample.
            while logs.sessions[0].waiting:  # noqa: ASYNC110 - nobody tells of a tick
                await asyncio.sleep(0.002)
        logs.put(group, "s", [(logs.now(), "last")])
        async for event in found.stream:
            update = event.get("sessionUpdate", {"sessionResults": []})
            if update["sessionResults"]:
                found.updates.append(update)
            if "last" in [each["message"] for each in update["sessionResults"]]:
                break
    assert not any(update["sessionMetadata"]["sampled"] for update in found.updates[:5])
    left_out = sum(
        100 - len(update["sessionResults"])
        for update in found.updates
        if update["sessionMetadata"]["sampled"]
    )
    assert len(found.results) <= number + 1 - logs.dropped - left_out
    assert len(set(found.messages)) == len(found.messages)


async def test_a_session_ends_after_its_time() -> None:
    clock = Hands()
    logs = FakeLogs(wall=clock, tick=TICK)
    group = logs.create("/a")
    async with FakeAws(logs) as aws, tail(aws, group) as found:
        logs.put(group, "s", events(logs, 2))
        await found.read(2)
        clock.now += 3 * 3600
        with pytest.raises(EventStreamError) as caught:
            async for _ in found.stream:
                pass
    assert code(caught.value) == "SessionTimeoutException"
    assert logs.sessions == []


@pytest.mark.parametrize(
    ("fault", "error", "known"),
    [
        ("reset", aiohttp.ClientPayloadError, ""),
        ("crc", ChecksumMismatch, ""),
        ("timeout", EventStreamError, "SessionTimeoutException"),
        ("streaming", EventStreamError, "SessionStreamingException"),
        ("error", EventStreamError, "InternalError"),
        ("silence", aiohttp.SocketTimeoutError, ""),
    ],
)
async def test_how_a_session_breaks(fault: str, error: type[Exception], known: str) -> None:
    logs, faults = FakeLogs(tick=TICK), Faults()
    group = logs.create("/a")
    async with FakeAws(logs, faults=faults) as aws:
        faults.add("StartLiveTail.frame", fault, times=1)
        async with tail(aws, group, silence=0.3) as found:
            with pytest.raises(error) as caught:
                await found.read()
        if isinstance(caught.value, ClientError):
            assert code(caught.value) == known
        assert faults.fired == {("StartLiveTail.frame", fault): 1}
        async with tail(aws, group) as found:
            logs.put(group, "s", events(logs, 1))
            await found.read(1)


async def test_a_frame_that_is_cut_short_ends_without_a_word() -> None:
    logs, faults = FakeLogs(tick=TICK), Faults()
    group = logs.create("/a")
    async with FakeAws(logs, faults=faults) as aws, tail(aws, group) as found:
        logs.put(group, "s", events(logs, 2))
        await found.read(2)
        faults.add("StartLiveTail.frame", "cut", times=1)
        logs.put(group, "s", events(logs, 2))
        await found.read()
    assert len(found.messages) == 2
    assert faults.fired.total() == 1


async def test_events_come_twice_out_of_order_and_late() -> None:
    logs, faults = FakeLogs(tick=TICK), Faults()
    group = logs.create("/a")
    want = [f"event {n}" for n in range(20)]
    async with FakeAws(logs, faults=faults) as aws:
        for fault, count in (("repeat", 40), ("mix", 20), ("late", 20)):
            async with tail(aws, group) as found:
                faults.add("StartLiveTail.frame", fault)
                logs.put(group, "s", events(logs, 20))
                await found.read(count)
                faults.clear()
            updates = [
                [each["message"] for each in update["sessionResults"]]
                for update in found.updates
                if update["sessionResults"]
            ]
            if fault == "repeat":
                assert updates == [want, want]
            elif fault == "mix":
                assert updates != [want]
                assert sorted(updates[0]) == sorted(want)
            else:
                assert [len(update) for update in updates] == [10, 5, 3, 1, 1]
                assert [message for update in updates for message in update] == want
