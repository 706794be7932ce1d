"""The fake CloudWatch Logs, as the real client sees it."""

from collections.abc import AsyncIterator

import pytest
from botocore.exceptions import ClientError

from tests.aws.clients import Hands, client, code, every
from tests.aws.groups import Stream
from tests.aws.logs import FakeLogs, Group, Quotas
from tests.aws.puts import accepted
from tests.aws.server import FakeAws, ServiceError

DAY = 86_400.0


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def logs(clock: Hands) -> FakeLogs:
    return FakeLogs(wall=clock)


@pytest.fixture
async def aws(logs: FakeLogs) -> AsyncIterator[FakeAws]:
    async with FakeAws(logs) as found:
        yield found


def numbered(logs: FakeLogs, group: Group, count: int, stream: str = "s") -> None:
    logs.put(group, stream, [(logs.now() + n, f"event {n}") for n in range(count)])


async def test_pages_hold_everything_once_in_order(aws: FakeAws, logs: FakeLogs) -> None:
    group, now = logs.create("/a"), logs.now()
    logs.put(group, "s", [(now + n * 7 % 1000, f"event {n}") for n in range(1000)])
    logs.put(group, "t", [(now + 5, "twin"), (now + 5, "twin")])
    logs.pages.planned.extend([0, 0, 3, 0])
    async with client(aws) as known:
        pages = await every(known.filter_log_events, "events", logGroupName="/a", limit=300)
        assert [len(page) for page in pages] == [0, 0, 3, 0, 300, 300, 300, 99]
        events = [event for page in pages for event in page]
        assert len({event["eventId"] for event in events}) == 1002
        assert [event["timestamp"] for event in events] == sorted(
            event["timestamp"] for event in events
        )
        back = await every(
            known.filter_log_events,
            "events",
            logGroupName="/a",
            limit=300,
            startTime=now,
            startFromHead=False,
        )
        assert [event for page in back for event in page] == events[::-1]


async def test_pages_end_by_chance_and_by_seed(clock: Hands) -> None:
    shapes = []
    for seed in (1, 1, 2):
        logs = FakeLogs(wall=clock, seed=seed, empty_pages=0.3, partial_pages=0.5)
        group = logs.create("/a")
        numbered(logs, group, 500)
        async with FakeAws(logs) as aws, client(aws) as known:
            pages = await every(known.filter_log_events, "events", logGroupName="/a", limit=100)
        shapes.append([len(page) for page in pages])
        assert sum(shapes[-1]) == 500
        assert 0 in shapes[-1]
    assert shapes[0] == shapes[1] != shapes[2]


async def test_a_page_has_a_megabyte_at_most(aws: FakeAws, logs: FakeLogs) -> None:
    group = logs.create("/a")
    logs.put(group, "s", [(logs.now(), "é" * 50_000)] * 30)
    async with client(aws) as known:
        pages = await every(known.filter_log_events, "events", logGroupName="/a")
    assert [len(page) for page in pages] == [10, 10, 10]


async def test_both_ends_of_a_time_range_belong_to_it(aws: FakeAws, logs: FakeLogs) -> None:
    group, now = logs.create("/a"), logs.now()
    numbered(logs, group, 10)
    async with client(aws) as known:
        page = await known.filter_log_events(
            logGroupIdentifier=group.arn, startTime=now + 3, endTime=now + 6
        )
    assert [event["timestamp"] - now for event in page["events"]] == [3, 4, 5, 6]
    assert page["searchedLogStreams"] == []


async def test_events_are_chosen_by_pattern_and_stream(aws: FakeAws, logs: FakeLogs) -> None:
    group = logs.create("/a")
    for stream in ("web/1", "web/2", "db"):
        logs.put(group, stream, [(logs.now(), "ERROR here"), (logs.now(), "fine")])

    async def found(**asked: object) -> list[str]:
        page = await known.filter_log_events(logGroupName="/a", **asked)
        return [event["logStreamName"] for event in page["events"]]

    async with client(aws) as known:
        assert await found(filterPattern="ERROR") == ["web/1", "web/2", "db"]
        assert await found(filterPattern="ERROR", logStreamNamePrefix="web") == ["web/1", "web/2"]
        assert await found(filterPattern="-ERROR", logStreamNames=["db"]) == ["db"]


async def test_tokens_are_for_one_request_and_one_day(
    aws: FakeAws, logs: FakeLogs, clock: Hands
) -> None:
    numbered(logs, logs.create("/a"), 10)
    async with client(aws) as known:
        token = (await known.filter_log_events(logGroupName="/a", limit=4))["nextToken"]
        with pytest.raises(ClientError) as caught:
            await known.filter_log_events(logGroupName="/a", nextToken=token)
        assert code(caught.value) == "InvalidParameterException"
        for _ in range(2):  # as often as one likes
            page = await known.filter_log_events(logGroupName="/a", limit=4, nextToken=token)
            assert page["events"][0]["message"] == "event 4"
        clock.now += DAY + 1
        with pytest.raises(ClientError) as caught:
            await known.filter_log_events(logGroupName="/a", limit=4, nextToken=token)
        assert "nextToken" in str(caught.value)


async def test_what_is_ingested_is_found_a_little_later(clock: Hands) -> None:
    logs = FakeLogs(wall=clock, index_delay=10)
    group = logs.create("/a")
    async with FakeAws(logs) as aws, client(aws) as known:
        logs.put(group, "s", [(logs.now() - 60_000, "late")])
        logs.put(group, "s", [(logs.now(), "old")], ingested=logs.now() - 60_000)
        for seconds, messages in ((0, ["old"]), (9, ["old"]), (2, ["late", "old"])):
            clock.now += seconds
            page = await known.filter_log_events(logGroupName="/a")
            assert [event["message"] for event in page["events"]] == messages


async def test_quotas_are_of_one_operation_account_and_region(clock: Hands) -> None:
    logs = FakeLogs(wall=clock, quotas=Quotas(filters=5, describes=2))
    for region in ("eu-west-1", "us-east-1"):
        logs.create("/a", region=region)
    async with (
        FakeAws(logs) as aws,
        client(aws) as here,
        client(aws, region="us-east-1") as there,
    ):
        codes: set[str] = set()

        async def granted() -> int:
            for count in range(10):
                try:
                    await here.filter_log_events(logGroupName="/a")
                except ClientError as error:
                    codes.add(code(error))
                    return count
            return 10

        assert await granted() == 5
        await there.filter_log_events(logGroupName="/a")
        await here.describe_log_groups()
        clock.now += 0.4
        assert await granted() == 2
        logs.quotas.filters = None
        assert await granted() == 10
        assert codes == {"ThrottlingException"}


async def test_groups_are_listed_in_pages(aws: FakeAws, logs: FakeLogs) -> None:
    for n in range(120):
        logs.create(f"/shop/{n:03}", kept=14 * DAY)
    logs.create("/other/shop", log_class="INFREQUENT_ACCESS")

    async def names(**asked: object) -> list[int]:
        pages = await every(known.describe_log_groups, "logGroups", **asked)
        found = [group["logGroupName"] for page in pages for group in page]
        assert found == sorted(set(found))
        return [len(page) for page in pages]

    async with client(aws) as known:
        assert await names() == [50, 50, 21]
        assert await names(logGroupNamePrefix="/shop/", limit=40) == [40, 40, 40]
        assert await names(logGroupNamePattern="shop") == [50, 50, 21]
        assert await names(logGroupNamePattern="Shop") == [0]
        assert await names(logGroupClass="INFREQUENT_ACCESS") == [1]
        [group] = (await known.describe_log_groups(logGroupNamePrefix="/shop/007"))["logGroups"]
        assert group["arn"] == group["logGroupArn"] + ":*"
        assert group["retentionInDays"] == 14
        [group] = (await known.describe_log_groups(logGroupNamePattern="007"))["logGroups"]
        assert "logGroupArn" not in group
        with pytest.raises(ClientError) as caught:
            await known.describe_log_groups(logGroupNamePattern="a", logGroupNamePrefix="a")
        assert code(caught.value) == "InvalidParameterException"


async def test_streams_are_listed_in_pages(aws: FakeAws, logs: FakeLogs) -> None:
    group, now = logs.create("/a"), logs.now()
    for n in range(60):
        logs.put(group, f"s{n:02}", [(now + n * 7 % 60, "m")])
    async with client(aws) as known:
        pages = await every(known.describe_log_streams, "logStreams", logGroupName="/a")
        assert [len(page) for page in pages] == [50, 10]
        assert pages[0][0]["logStreamName"] == "s00"
        page = await known.describe_log_streams(
            logGroupIdentifier=group.arn, orderBy="LastEventTime", descending=True, limit=2
        )
        assert [each["lastEventTimestamp"] - now for each in page["logStreams"]] == [59, 58]


async def test_groups_are_made_filled_deleted_and_made_again(aws: FakeAws, logs: FakeLogs) -> None:
    async with client(aws) as known:
        for _ in range(2):
            await known.create_log_group(logGroupName="/a")
            with pytest.raises(ClientError) as caught:
                await known.create_log_group(logGroupName="/a")
            assert code(caught.value) == "ResourceAlreadyExistsException"
            event = {"timestamp": logs.now(), "message": "m"}
            with pytest.raises(ClientError) as caught:
                await known.put_log_events(logGroupName="/a", logStreamName="s", logEvents=[event])
            assert code(caught.value) == "ResourceNotFoundException"
            await known.create_log_stream(logGroupName="/a", logStreamName="s")
            await known.put_log_events(logGroupName="/a", logStreamName="s", logEvents=[event])
            page = await known.filter_log_events(logGroupName="/a")
            assert [each["message"] for each in page["events"]] == ["m"]
            await known.delete_log_group(logGroupName="/a")
            with pytest.raises(ClientError) as caught:
                await known.filter_log_events(logGroupName="/a")
            assert code(caught.value) == "ResourceNotFoundException"


async def test_puts_are_ordered_small_and_of_our_time(
    aws: FakeAws, logs: FakeLogs, clock: Hands
) -> None:
    group, now, hour = logs.create("/a"), clock.milliseconds(), 3_600_000
    group.streams["s"] = Stream(created=now)

    async def put(*times: int) -> dict[str, int]:
        events = [{"timestamp": when, "message": "m"} for when in times]
        answer = await known.put_log_events(logGroupName="/a", logStreamName="s", logEvents=events)
        return dict(answer.get("rejectedLogEventsInfo", {}))

    async with client(aws) as known:
        for times in ((now, now - 1), (now - 25 * hour, now)):
            with pytest.raises(ClientError) as caught:
                await put(*times)
            assert code(caught.value) == "InvalidParameterException"
        assert await put(now - 1, now, now + 3 * hour) == {"tooNewLogEventStartIndex": 2}
        old = now - 14 * 24 * hour
        assert await put(old - 2, old - 1, old) == {"tooOldLogEventEndIndex": 2}
        large = [
            {"timestamp": now, "message": "m" * 400_000}
        ] * 3  # more than aiohttp likes to send
        with pytest.raises(ServiceError, match="too large"):
            accepted(group, large, now)
        group.kept = DAY
        assert await put(now - 25 * hour, now - 24 * hour) == {"expiredLogEventEndIndex": 1}


async def test_what_is_older_than_the_retention_is_gone_and_counted(
    aws: FakeAws, logs: FakeLogs, clock: Hands
) -> None:
    group, other = logs.create("/a", kept=60), logs.create("/b")
    for n in range(10):
        for each in (group, other):
            logs.put(each, "s", [(logs.now(), f"event {n}")])
        clock.now += 10
    async with client(aws) as known:
        page = await known.filter_log_events(logGroupName="/a")
        assert [event["message"] for event in page["events"]] == [
            f"event {n}" for n in range(4, 10)
        ]
    assert (group.forgotten, other.forgotten) == (4, 0)
    logs.delete(group)
    assert group.forgotten == 10


async def test_a_lot_is_served(aws: FakeAws, logs: FakeLogs) -> None:
    """The test's own limit is the assertion: searching anew for each page takes longer."""
    group = logs.create("/a")
    now = logs.now()
    logs.put(group, "s", ((now + n // 3, f"event {n} {'.' * 200}") for n in range(200_000)))
    async with client(aws) as known:
        pages = await every(known.filter_log_events, "events", logGroupName="/a")
    assert sum(map(len, pages)) == 200_000
