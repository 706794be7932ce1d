"""CloudTrail records: every column, the odd ones out, and what is not one."""

import json
from array import array
from pathlib import Path

import pytest

from triage_tui.formats.decode import decode, describe
from triage_tui.model import Batch, Columns, Hop, Outcome, Texts

DATA = Path(__file__).parent.parent / "data"
RECORD: dict[str, object] = json.loads((DATA / "cloudtrail.json").read_text())
SESSION = "arn:aws:sts::111122223333:assumed-role/ops-admin/ana@example.com"


def columns_of(raw: bytes) -> Columns:
    return decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5, base=0))


def row(**changes: object) -> Columns:
    """The record with these fields changed, or left out where they are `...`."""
    record = {k: v for k, v in (RECORD | changes).items() if v is not ...}
    columns = columns_of(json.dumps(record).encode())
    assert len(columns) == 1
    return columns


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def accepted(columns: Columns) -> bool:
    return value(columns.format) == "cloudtrail"


def test_every_column() -> None:
    columns = row()
    assert value(columns.format) == "cloudtrail"
    assert columns.time[0] == 1773540551 * 10**9
    assert columns.own_id[0] == 1
    assert value(columns.action) == "DeleteItem"
    assert Outcome(columns.outcome[0]) is Outcome.OK
    assert value(columns.source_ip) == value(columns.actor_ip) == "198.51.100.23"
    assert value(columns.service) == ""
    assert columns.identities[columns.who[0]].key == SESSION
    assert value(columns.agent) == "Boto3/1.34.2 md/Botocore#1.34.2"
    assert value(columns.account) == "111122223333"
    assert value(columns.region) == "eu-west-1"
    assert value(columns.called) == "dynamodb.amazonaws.com"
    assert value(columns.resource) == "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
    assert (value(columns.method), value(columns.path)) == ("", "")
    assert (columns.status[0], columns.size[0], columns.severity[0]) == (-1, -1, 0)
    assert (columns.extras, columns.hops, columns.findings) == ([], [], [])


def test_the_description() -> None:
    raw = json.dumps(RECORD | {"errorCode": "AccessDenied", "errorMessage": "no\nway"}).encode()
    described = describe("cloudtrail", raw)
    assert described.id == "0d1c2b3a-1111-4222-8333-444455556666"
    assert described.summary == (
        "DeleteItem orders by ops-admin › ana@example.com from 198.51.100.23: AccessDenied (no way)"
    )


def test_a_record_without_an_id_is_named_by_its_content() -> None:
    columns = row(eventID=...)
    raw = json.dumps({k: v for k, v in RECORD.items() if k != "eventID"}).encode()
    assert columns.own_id[0] == 0
    assert describe("cloudtrail", raw).id == f"{columns.id[0]:016x}"


def test_logstash_names_the_time_otherwise() -> None:
    columns = row(eventTime=..., **{"@timestamp": "2020-09-14T00:44:23.250Z", "@version": "1"})
    assert columns.time[0] == 1600044263250 * 10**6


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": ...},
        {"eventTime": "yesterday"},
        {"eventTime": 5},
        {"eventName": ...},
        {"eventName": ""},
        {"eventName": 7},
        {"eventSource": ...},
        {"eventSource": "aws:s3"},
        {"eventSource": ["x"]},
    ],
)
def test_what_lacks_the_essentials_is_unparsed(changes: dict[str, object]) -> None:
    assert not accepted(row(**changes))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, Outcome.OK),
        ("", Outcome.OK),
        ("AccessDenied", Outcome.DENIED),
        ("AccessDeniedException", Outcome.DENIED),
        ("VpceAccessDenied", Outcome.DENIED),
        ("UnauthorizedOperation", Outcome.DENIED),
        ("Client.UnauthorizedOperation", Outcome.DENIED),
        ("ThrottlingException", Outcome.ERROR),
        ("NoSuchBucketPolicy", Outcome.ERROR),
        (404, Outcome.ERROR),
    ],
)
def test_outcomes(code: object, outcome: Outcome) -> None:
    assert row(errorCode=code).outcome[0] == outcome


@pytest.mark.parametrize(("result", "outcome"), [("Failure", 2), ("Success", 1)])
def test_a_failed_sign_in_is_denied_without_a_code(result: str, outcome: int) -> None:
    columns = row(
        eventSource="signin.amazonaws.com",
        eventName="ConsoleLogin",
        errorMessage="Failed authentication",
        responseElements={"ConsoleLogin": result},
    )
    assert columns.outcome[0] == outcome


def test_the_same_words_of_another_service_are_no_sign_in() -> None:
    for odd in ({}, {"userAgent": 5}):
        columns = row(eventName="Import", responseElements={"Import": "Failure"}, **odd)
        assert columns.outcome[0] == Outcome.OK


def test_a_service_stands_in_its_own_column() -> None:
    user = {"type": "AWSService", "invokedBy": "rds.amazonaws.com"}
    columns = row(sourceIPAddress="rds.amazonaws.com", userIdentity=user)
    assert (value(columns.source_ip), value(columns.service)) == ("", "rds.amazonaws.com")
    assert columns.identities[columns.who[0]].key == "rds.amazonaws.com"


def test_a_user_whom_a_service_acts_for_has_no_address() -> None:
    user = {**_user(), "invokedBy": "athena.amazonaws.com"}
    columns = row(userIdentity=user)
    assert (value(columns.source_ip), value(columns.service)) == ("", "athena.amazonaws.com")
    assert value(columns.actor_ip) == ""
    assert columns.identities[columns.who[0]].key == SESSION
    internal = row(userIdentity=user, sourceIPAddress="AWS Internal")
    assert value(internal.service) == "AWS Internal"


def _user() -> dict[str, object]:
    user = RECORD["userIdentity"]
    assert isinstance(user, dict)
    return user


@pytest.mark.parametrize("text", ["X.X.X.X", "255.18.064.253", "", None, 7])
def test_an_illegal_address_is_none(text: object) -> None:
    columns = row(sourceIPAddress=text)
    assert accepted(columns)
    assert (value(columns.source_ip), value(columns.service)) == ("", "")


@pytest.mark.parametrize(
    ("parameters", "resource"),
    [
        ({"bucketName": "b"}, "b"),
        ({"bucketName": "b", "key": "a/b.txt"}, "b/a/b.txt"),
        ({"tableName": "orders", "key": {"id": "1"}}, "orders"),
        ({"roleName": "r", "policyArn": "arn:p"}, "r"),
        ({"userName": "u"}, "u"),
        ({"functionName": "f", "name": "n"}, "f"),
        ({"instanceId": "i-1"}, "i-1"),
        ({"instancesSet": {"items": [{"instanceId": "i-2"}, {"instanceId": "i-3"}]}}, "i-2"),
        ({"instancesSet": {"items": [5]}}, "dynamodb.amazonaws.com"),
        ({"tableName": {"odd": 1}, "name": "n"}, "n"),
        ({"bucketName": ["odd"], "groupName": 7}, "dynamodb.amazonaws.com"),
        ({}, "dynamodb.amazonaws.com"),
        (None, "dynamodb.amazonaws.com"),
        ("text", "dynamodb.amazonaws.com"),
    ],
)
def test_the_resource_is_the_best_single_name(parameters: object, resource: str) -> None:
    assert value(row(resources=..., requestParameters=parameters).resource) == resource


@pytest.mark.parametrize("odd", [None, [], [{}], [{"type": "x"}], "text", [5], [{"ARN": 5.5}]])
def test_a_list_of_resources_may_be_empty_or_odd(odd: object) -> None:
    assert value(row(resources=odd).resource) in ("orders", "5.5")


def test_credentials_that_are_handed_out_are_a_hop() -> None:
    response = {
        "credentials": {"accessKeyId": "ASIAEXAMPLE", "sessionToken": "x"},
        "assumedRoleUser": {"assumedRoleId": "AROAX:s", "arn": "arn:session"},
    }
    sts: dict[str, object] = {"eventSource": "sts.amazonaws.com", "responseElements": response}
    for name in ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"):
        assert row(eventName=name, **sts).hops == [Hop(0, "arn:session", "AROAX:s", "ASIAEXAMPLE")]
    assert row(eventName="GetCallerIdentity", **sts).hops == []
    assert row(eventName="AssumeRole", errorCode="AccessDenied", **sts).hops == []
    for odd in (None, "text", {}, {"credentials": 5}):
        assert row(eventName="AssumeRole", **(sts | {"responseElements": odd})).hops == []


def test_tokens_of_users_and_federated_users_are_hops_too() -> None:
    sts: dict[str, object] = {"eventSource": "sts.amazonaws.com"}
    key = {"accessKeyId": "ASIAEXAMPLE"}
    columns = row(eventName="GetSessionToken", responseElements={"credentials": key}, **sts)
    assert columns.hops == [Hop(0, "", "", "ASIAEXAMPLE")]
    federated = {"federatedUserId": "1:guest", "arn": "arn:guest"}
    response = {"credentials": key, "federatedUser": federated}
    columns = row(eventName="GetFederationToken", responseElements=response, **sts)
    assert columns.hops == [Hop(0, "arn:guest", "1:guest", "ASIAEXAMPLE")]


def test_an_insight_event_is_named_by_its_details() -> None:
    details = {"state": "Start", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
    insight: dict[str, object] = {
        "eventName": ...,
        "eventSource": ...,
        "eventType": "AwsCloudTrailInsight",
        "insightDetails": details,
    }
    columns = row(**insight)
    assert accepted(columns)
    assert value(columns.action) == "CreateUser"
    assert Outcome(columns.outcome[0]) is Outcome.UNKNOWN


ODD = [
    {"recipientAccountId": 111122223333},
    {"userAgent": ["a"]},
    {"errorMessage": {"a": 1}},
    {"awsRegion": None},
    {"readOnly": "maybe"},
    {"resources": {"ARN": "x"}},
    {"requestParameters": [1, 2]},
    {"userIdentity": "root"},
    {"userIdentity": None},
    {"additionalEventData": "\ud800"},
    {"userAgent": "\ud800\x00\x1b]52;c;x\x07"},
]


@pytest.mark.parametrize("changes", ODD)
def test_odd_types_in_optional_fields_lose_no_record(changes: dict[str, object]) -> None:
    columns = row(**changes)
    assert accepted(columns)
    assert value(columns.action) == "DeleteItem"
    assert value(columns.account) == "111122223333"
    assert value(columns.source_ip) == "198.51.100.23"


def test_reading_leniently_means_the_same() -> None:
    strict, lenient = row(), row(additionalEventData="\ud800")
    for name in Columns.__struct_fields__:
        if name not in ("length",):
            assert getattr(strict, name) == getattr(lenient, name), name


def test_bytes_that_are_no_text_lose_no_record() -> None:
    raw = json.dumps(RECORD).encode().replace(b"Boto3", b"Bo\xff\xfe")
    columns = columns_of(raw)
    assert accepted(columns)
    assert value(columns.agent).startswith("Bo")


def test_nesting_beyond_all_bounds_loses_no_record() -> None:
    for depth in (900, 1100, 100_000):
        deep = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        raw = json.dumps(RECORD | {"serviceEventDetails": 7}).encode().replace(b": 7", b":" + deep)
        columns = columns_of(raw)
        assert accepted(columns)
        assert value(columns.agent) == "Boto3/1.34.2 md/Botocore#1.34.2"
        assert describe("cloudtrail", raw).id == RECORD["eventID"]


@pytest.mark.parametrize("number", [b"1" * 5000, b"-" + b"9" * 400, b"1e999", b"NaN", b"-Infinity"])
def test_numbers_of_any_size_lose_no_record(number: bytes) -> None:
    for field in (b'"apiVersion"', b'"userAgent"', b'"recipientAccountId"'):
        start, _, rest = json.dumps(RECORD).encode().partition(field + b": ")
        assert rest
        assert accepted(columns_of(start + field + b":" + number + b',"x":' + rest))


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    for odd in (b"", b',"y":"\\ud800"'):
        raw = json.dumps(RECORD).encode()[:-1] + odd + b',"eventName":"Twice"}'
        assert value(columns_of(raw).action) == "Twice"
