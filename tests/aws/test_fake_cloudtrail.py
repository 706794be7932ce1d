"""The fake LookupEvents, as the real client sees it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.clients import Hands, client, code
from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.server import FakeAws


@pytest.fixture
def clock() -> Hands:
    return Hands()


def ids(page: dict[str, Any]) -> list[str]:
    return [event["EventId"] for event in page["Events"]]


async def test_the_newest_come_first_fifty_a_page(clock: Hands) -> None:
    fake, begun = FakeCloudTrail(clock), int(clock.now) - 1000
    for n in range(120):
        fake.put(f"e{n}", begun + n)
    fake.put("elsewhere", begun, region="us-east-1")
    found: list[str] = []
    async with FakeAws(fake) as aws, client(aws, "cloudtrail") as trail:
        more: dict[str, str] = {}
        for count in (50, 50, 20):
            page = await trail.lookup_events(**more)
            assert len(page["Events"]) == count
            found += ids(page)
            more = {"NextToken": page.get("NextToken", "")}
            clock.now += 1
        assert found == [f"e{n}" for n in reversed(range(120))]
        assert "NextToken" not in page
        first = page["Events"][-1]
        assert first["EventTime"] == datetime.fromtimestamp(begun, UTC)
        assert json.loads(first["CloudTrailEvent"])["eventID"] == "e0"
        page = await trail.lookup_events(
            StartTime=datetime.fromtimestamp(begun + 3, UTC),
            EndTime=datetime.fromtimestamp(begun + 5, UTC),
        )
        assert ids(page) == ["e5", "e4", "e3"]


async def test_one_attribute_is_looked_up(clock: Hands) -> None:
    fake = FakeCloudTrail(clock)
    for name in ("ada", "bob"):
        fake.put(name, clock.now, userIdentity={"userName": name}, readOnly=name == "ada")
    fake.put("none", clock.now, eventName="CreateTable")
    async with FakeAws(fake) as aws, client(aws, "cloudtrail") as trail:
        for key, value, want in (
            ("Username", "bob", ["bob"]),
            ("ReadOnly", "true", ["ada"]),
            ("EventName", "CreateTable", ["none"]),
            ("EventId", "nobody", []),
        ):
            wanted = [{"AttributeKey": key, "AttributeValue": value}]
            assert ids(await trail.lookup_events(LookupAttributes=wanted)) == want
            clock.now += 1
        with pytest.raises(ClientError) as caught:
            await trail.lookup_events(LookupAttributes=wanted * 2)
        assert code(caught.value) == "InvalidLookupAttributesException"


async def test_two_a_second_in_each_region(clock: Hands) -> None:
    fake = FakeCloudTrail(clock)
    async with (
        FakeAws(fake) as aws,
        client(aws, "cloudtrail") as here,
        client(aws, "cloudtrail", region="us-east-1") as there,
    ):
        for _ in range(2):
            await here.lookup_events()
            await there.lookup_events()
        with pytest.raises(ClientError) as caught:
            await here.lookup_events()
        assert code(caught.value) == "ThrottlingException"
        clock.now += 0.5
        await here.lookup_events()


async def test_tokens_and_times_are_checked(clock: Hands) -> None:
    fake = FakeCloudTrail(clock)
    for n in range(60):
        fake.put(f"e{n}", clock.now)
    async with FakeAws(fake) as aws, client(aws, "cloudtrail") as trail:
        token = (await trail.lookup_events())["NextToken"]
        now = datetime.fromtimestamp(clock.now, UTC)
        for asked, known in (
            ({"NextToken": token, "MaxResults": 7}, "InvalidNextTokenException"),
            ({"NextToken": "made up"}, "InvalidNextTokenException"),
            ({"StartTime": now, "EndTime": datetime(2026, 1, 1, tzinfo=UTC)}, "InvalidTimeRange"),
        ):
            clock.now += 1
            with pytest.raises(ClientError) as caught:
                await trail.lookup_events(**asked)
            assert code(caught.value).startswith(known)


async def test_trails_name_their_log_group(clock: Hands) -> None:
    fake = FakeCloudTrail(clock)
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"
    fake.trails = [{"Name": "t", "CloudWatchLogsLogGroupArn": arn}]
    async with FakeAws(fake) as aws, client(aws, "cloudtrail") as trail:
        [found] = (await trail.describe_trails())["trailList"]
        assert found["CloudWatchLogsLogGroupArn"] == arn
