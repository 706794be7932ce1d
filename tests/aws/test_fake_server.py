"""The fake AWS is strict, as the real client sees it."""

import aiohttp
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.aws.clients import client, code, raw
from tests.aws.faults import Faults
from tests.aws.logs import FakeLogs
from tests.aws.server import Call, FakeAws

FILTER = "Logs_20140328.FilterLogEvents"


async def test_who_asks_is_known_by_the_key() -> None:
    async with FakeAws(accounts={"AKIDTWO": "444455556666"}) as aws:
        for key, account in (("AKIDONE", "111122223333"), ("AKIDTWO", "444455556666")):
            async with client(aws, "sts", key=key) as sts:
                assert (await sts.get_caller_identity())["Account"] == account


async def test_accounts_and_regions_are_apart() -> None:
    logs = FakeLogs()
    homes = [
        (key, account, region)
        for key, account in (("AKIDONE", "111122223333"), ("AKIDTWO", "444455556666"))
        for region in ("eu-west-1", "us-east-1")
    ]
    for number, (_, account, region) in enumerate(homes):
        group = logs.create("/same", account=account, region=region)
        logs.put(group, "s", [(logs.now(), f"event {number}")])
    tokens: set[str] = set()
    async with FakeAws(logs, accounts={"AKIDTWO": "444455556666"}) as aws:
        for number, (key, account, region) in enumerate(homes):
            async with client(aws, key=key, region=region) as known:
                [group] = (await known.describe_log_groups())["logGroups"]
                assert f"{region}:{account}" in group["logGroupArn"]
                logs.pages.planned.append(1)
                page = await known.filter_log_events(logGroupIdentifier=group["logGroupArn"])
                assert [event["message"] for event in page["events"]] == [f"event {number}"]
                for token in tokens:
                    with pytest.raises(ClientError) as caught:
                        await known.filter_log_events(logGroupName="/same", nextToken=token)
                    assert code(caught.value) == "InvalidParameterException"
                tokens.add(page["nextToken"])
        async with client(aws) as known:
            with pytest.raises(ClientError) as caught:
                await known.filter_log_events(
                    logGroupIdentifier="arn:aws:logs:us-east-1:444455556666:log-group:/same"
                )
            assert code(caught.value) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"logGroupName": "/a", "limit": 10_001}, "limit"),
        ({"logGroupName": "/a", "startTime": -1}, "startTime"),
        ({"logGroupName": "/a", "startTime": "now"}, "startTime"),
        ({"logGroupName": "/a b"}, "logGroupName"),
        ({"logGroupName": "/a", "logStreamNames": []}, "logStreamNames"),
        ({"logGroupName": "/a", "colour": "red"}, "colour"),
        ({"logGroupName": "/a", "logGroupIdentifier": "/a"}, "once"),
        ({"logGroupName": "/a", "startTime": 2, "endTime": 1}, "later"),
        ({"logGroupIdentifier": "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*"}, "not like"),
        ({"logGroupName": "/a", "logStreamNames": ["s"], "logStreamNamePrefix": "s"}, "prefix"),
        ({"logGroupName": "/a", "filterPattern": "{ $.a = "}, "pattern"),
        ({"logGroupName": "/a", "nextToken": "t/1"}, "nextToken"),
        ({}, "once"),
    ],
)
async def test_what_is_wrong_is_refused(asked: dict[str, object], why: str) -> None:
    logs = FakeLogs()
    logs.create("/a")
    async with FakeAws(logs) as aws:
        status, answer = await raw(aws, FILTER, asked)
        assert (status, answer["__type"]) == (400, "InvalidParameterException")
        assert why in answer["message"]
        assert (await raw(aws, FILTER, {"logGroupName": "/a"}))[0] == 200


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("logs", "Logs_20140328.PutDestination"),
        ("logs", "Logs_20140328.NoSuchThing"),
        ("logs", "Other.FilterLogEvents"),
        ("wafv2", "AWSWAF_20190729.GetIPSet"),
    ],
)
async def test_what_the_fake_does_not_know_fails_the_test(service: str, target: str) -> None:
    asked = {"destinationName": "d", "targetArn": "a", "roleArn": "r"}
    aws = FakeAws(FakeLogs())
    await aws.__aenter__()
    status, answer = await raw(aws, target, asked, service)
    assert (status, answer["__type"]) == (400, "TheFakeRefuses")
    with pytest.raises(ExceptionGroup) as caught:
        await aws.__aexit__(None, None, None)
    assert len(caught.value.exceptions) == 1


async def test_an_answer_that_no_model_allows_fails_the_test() -> None:
    class Wrong:
        name = "logs"

        async def handle(self, call: Call) -> dict[str, object]:
            return {"events": [{"timestamp": -1}]}

    aws = FakeAws(Wrong())
    await aws.__aenter__()
    async with client(aws) as logs:
        with pytest.raises(ClientError):
            await logs.filter_log_events(logGroupName="/a")
    with pytest.raises(ExceptionGroup) as caught:
        await aws.__aexit__(None, None, None)
    assert "timestamp" in str(caught.value.exceptions[0])


@pytest.mark.parametrize(
    ("fault", "known"),
    [
        ("throttle", "ThrottlingException"),
        ("denied", "AccessDeniedException"),
        ("expired", "ExpiredTokenException"),
        ("error500", "InternalFailure"),
        ("error503", "ServiceUnavailableException"),
    ],
)
async def test_faults_that_are_an_answer(fault: str, known: str) -> None:
    faults = Faults()
    faults.add("DescribeLogGroups", fault, times=2)
    async with FakeAws(FakeLogs(), faults=faults) as aws:
        async with client(aws) as logs:
            with pytest.raises(ClientError) as caught:
                await logs.describe_log_groups()
            assert code(caught.value) == known
        async with client(aws, attempts=2) as logs:
            if fault in ("denied", "expired"):
                with pytest.raises(ClientError):
                    await logs.describe_log_groups()
            else:  # the client tries again by itself
                await logs.describe_log_groups()
            await logs.describe_log_groups()
    assert faults.fired == {("DescribeLogGroups", fault): 2}


async def test_expired_credentials_are_everywhere_until_they_are_not() -> None:
    faults = Faults()
    faults.add("*", "expired")
    async with (
        FakeAws(FakeLogs(), faults=faults) as aws,
        client(aws) as logs,
        client(aws, "sts") as sts,
    ):
        for ask, known in (
            (logs.describe_log_groups, "ExpiredTokenException"),
            (sts.get_caller_identity, "ExpiredToken"),
        ):
            with pytest.raises(ClientError) as caught:
                await ask()
            assert code(caught.value) == known
        faults.clear()
        await sts.get_caller_identity()
        await logs.describe_log_groups()


async def test_connections_break_before_and_within_an_answer() -> None:
    faults = Faults()
    async with FakeAws(FakeLogs(), faults=faults) as aws, client(aws) as logs:
        faults.add("DescribeLogGroups", "reset", times=1)
        with pytest.raises((EndpointConnectionError, aiohttp.ClientError, ClientError, OSError)):
            await logs.describe_log_groups()
        for fault in ("reset", "cut"):
            faults.add("DescribeLogGroups.answer", fault, times=1)
            with pytest.raises(Exception, match=r"payload|reset|Connection"):
                await logs.describe_log_groups()
        assert (await logs.describe_log_groups())["logGroups"] == []
    assert faults.fired.total() == 3


async def test_chance_is_seeded() -> None:
    def drawn(seed: int) -> list[str | None]:
        faults = Faults(seed)
        faults.add("LookupEvents", "throttle", chance=0.5)
        return [faults.draw("LookupEvents") for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)
    with pytest.raises(ValueError, match="no fault"):
        Faults().add("StartLiveTail.frame", "throttle")
