"""OCSF: each class as Security Lake writes it gives the row that the log itself would give."""

import copy
import json
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.model import NO_NUMBER, Batch, Columns, FindingRef, Outcome, Severity, Texts

TRAIL: dict[str, object] = json.loads(
    (Path(__file__).parent.parent / "data" / "cloudtrail.json").read_text()
)
EVENT_ID = "0d1c2b3a-1111-4222-8333-444455556666"
SESSION = "arn:aws:sts::111122223333:assumed-role/ops-admin/ana@example.com"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"

CALL: dict[str, object] = {
    "metadata": {
        "uid": EVENT_ID,
        "version": "1.1.0",
        "product": {"name": "CloudTrail", "vendor_name": "AWS", "feature": {"name": "Data"}},
    },
    "time": 1773540551000,
    "cloud": {"provider": "AWS", "region": "eu-west-1", "account": {"uid": "111122223333"}},
    "api": {
        "operation": "DeleteItem",
        "service": {"name": "dynamodb.amazonaws.com"},
        "response": {"error": None, "message": None},
    },
    "actor": {
        "user": {
            "type": "AssumedRole",
            "name": None,
            "uid": "AROAEXAMPLEROLEID:ana@example.com",
            "uid_alt": SESSION,
            "credential_uid": "ASIAIOSFODNN7EXAMPLE",
            "account": {"uid": "111122223333"},
        },
        "session": {"issuer": "arn:aws:iam::111122223333:role/team/ops-admin"},
        "invoked_by": None,
    },
    "http_request": {"user_agent": "Boto3/1.34.2 md/Botocore#1.34.2"},
    "src_endpoint": {"ip": "198.51.100.23", "domain": None},
    "resources": [{"uid": TABLE, "type": "AWS::DynamoDB::Table"}],
    "class_uid": 6003,
    "class_name": "API Activity",
    "category_uid": 6,
    "severity_id": 1,
    "activity_name": "Delete",
    "type_name": "API Activity: Delete",
    "status": "Success",
    "status_id": 1,
}
FLOW: dict[str, object] = {
    "metadata": {"product": {"name": "Amazon VPC"}, "version": "1.1.0"},
    "time": 1773540551000,
    "cloud": {"region": "eu-west-1", "account": {"uid": "111122223333"}},
    "src_endpoint": {"ip": "203.0.113.9", "port": 55123},
    "dst_endpoint": {"ip": "10.0.0.4", "port": 22, "instance_uid": "i-1", "interface_uid": "eni-1"},
    "connection_info": {"direction": "Inbound", "direction_id": 1, "protocol_num": 6},
    "traffic": {"packets": 3, "bytes": 180},
    "class_uid": 4001,
    "activity_name": "Traffic",
    "action": "Denied",
    "action_id": 2,
    "disposition": "Blocked",
    "disposition_id": 2,
    "severity_id": 1,
}
WEB: dict[str, object] = {
    "metadata": {"product": {"name": "AWS WAF"}},
    "time": 1773540551000,
    "src_endpoint": {"ip": "203.0.113.9"},
    "http_request": {
        "http_method": "POST",
        "url": {"path": "/login", "query_string": "next=%2f", "hostname": "shop.example"},
        "user_agent": "sqlmap/1.8",
    },
    "http_response": {"code": 403},
    "class_uid": 4002,
    "activity_name": "Post",
    "action": "Blocked",
    "action_id": 2,
}
QUERY: dict[str, object] = {
    "metadata": {"uid": "q1"},
    "time_dt": "2026-03-15T02:09:11Z",
    "src_endpoint": {"ip": "10.0.0.4"},
    "query": {"hostname": "evil.example.", "type": "TXT"},
    "rcode": "NOERROR",
    "class_uid": 4003,
    "action_id": 1,
    "disposition_id": 1,
}
FINDING: dict[str, object] = {
    "metadata": {"uid": "f1", "product": {"name": "GuardDuty"}},
    "time": 1773541290456,
    "cloud": {"region": "eu-west-1", "account": {"uid": "111122223333"}},
    "finding_info": {
        "uid": "f1",
        "title": "Calls from a listed address.",
        "types": ["UnauthorizedAccess:IAMUser/MaliciousIPCaller"],
    },
    "severity_id": 5,
    "severity": "Critical",
    "evidences": [
        {
            "src_endpoint": {"ip": "198.51.100.23"},
            "actor": {"user": {"type": "IAMUser", "name": "maria", "uid": "AIDAEXAMPLE"}},
        },
        {
            "src_endpoint": {"ip": "10.0.0.4"},
            "dst_endpoint": {"ip": "203.0.113.9"},
            "connection_info": {"direction_id": 2},
        },
    ],
    "resources": [{"uid": "arn:aws:s3:::bucket", "type": "AwsS3Bucket"}],
    "class_uid": 2004,
    "status_id": 1,
}
EVENTS = (CALL, FLOW, WEB, QUERY, FINDING)


def read(event: object) -> Columns:
    raw = json.dumps(event).encode()
    return decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5))


def text(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def made(event: dict[str, object], **changes: object) -> dict[str, object]:
    return copy.deepcopy(event) | changes


def acting(**user: object) -> dict[str, object]:
    return made(CALL, actor={"user": user})


def summary(event: object) -> str:
    return describe("ocsf", json.dumps(event).encode()).summary


def actors(columns: Columns) -> set[tuple[str, str]]:
    first = text(columns.actor_ip), columns.identities[columns.who[0]].label
    return {first} | {
        (columns.actor_ip.values[extra.ip], columns.identities[extra.who].label)
        for extra in columns.extras
    }


def test_a_call_gives_the_row_that_cloudtrails_own_record_gives() -> None:
    columns, own = read(CALL), read(TRAIL)
    assert text(columns.format) == "ocsf"
    assert columns.id == own.id
    assert columns.own_id == own.own_id
    assert columns.time == own.time
    for name in ("action", "source_ip", "service", "agent", "account", "region", "resource"):
        assert text(getattr(columns, name)) == text(getattr(own, name)), name
    assert columns.outcome == own.outcome
    assert Severity(columns.severity[0]) is Severity.NONE
    assert columns.identities[columns.who[0]] == own.identities[own.who[0]]
    assert summary(CALL) == (
        f"DeleteItem {TABLE} by ops-admin › ana@example.com from 198.51.100.23"
    )


def test_an_older_version_names_the_same_caller() -> None:
    user = {
        "type": "AssumedRole",
        "uid": SESSION,
        "uuid": "AROAEXAMPLEROLEID:ana@example.com",
        "account_uid": "111122223333",
        "credential_uid": "ASIAIOSFODNN7EXAMPLE",
    }
    issuer = {"issuer": "arn:aws:iam::111122223333:role/team/ops-admin"}
    columns = read(made(CALL, actor={"user": user, "session": issuer}))
    own = read(TRAIL)
    assert columns.identities[columns.who[0]] == own.identities[own.who[0]]


@pytest.mark.parametrize(
    ("user", "key"),
    [
        ({"type": "User", "uid": "arn:aws:iam::1:user/x"}, "arn:aws:iam::1:user/x"),
        ({"type": "Root", "account": {"uid": "1"}}, "arn:aws:iam::1:root"),
        ({"type": "IAMUser", "name": "x", "account": {"uid": "1"}}, "1:user/x"),
        ({"name": "x"}, "user/x"),
        ({}, ""),
    ],
)
def test_the_key_of_a_caller(user: dict[str, object], key: str) -> None:
    columns = read(acting(**user))
    assert columns.identities[columns.who[0]].key == key


def test_a_user_of_a_cluster() -> None:
    event = made(CALL, metadata={"product": {"name": "Amazon EKS"}})
    event["actor"] = {"user": {"name": "system:anonymous", "type_id": 0}}
    assert read(event).identities[1].type == "KubernetesUser"


def test_a_service_stands_in_the_place_of_the_address() -> None:
    actor = {"user": {"type": "AWSService"}, "invoked_by": "rds.amazonaws.com"}
    columns = read(made(CALL, actor=actor, src_endpoint={"domain": "rds.amazonaws.com"}))
    assert (text(columns.service), text(columns.source_ip)) == ("rds.amazonaws.com", "")
    assert columns.identities[columns.who[0]].key == "rds.amazonaws.com"
    odd = made(CALL, src_endpoint={"ip": "AWS Internal"})
    assert text(read(odd).service) == "AWS Internal"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"api": {"response": {"error": "AccessDenied"}}, "status_id": 2}, Outcome.DENIED),
        ({"api": {"response": {"error": "Client.UnauthorizedOperation"}}}, Outcome.DENIED),
        ({"api": {"response": {"error": "NoSuchBucket"}}}, Outcome.ERROR),
        ({"status_id": 2}, Outcome.ERROR),
        ({"status_id": 2, "class_uid": 3002}, Outcome.DENIED),
        ({"status_id": None, "status": "Failure"}, Outcome.ERROR),
        ({"status_id": 0, "api": {"response": {"code": 403}}}, Outcome.DENIED),
        ({"status_id": 99}, Outcome.UNKNOWN),
        ({"action_id": 2}, Outcome.BLOCKED),
    ],
)
def test_the_outcome(changes: dict[str, object], outcome: Outcome) -> None:
    assert Outcome(read(made(CALL, **changes)).outcome[0]) is outcome


def test_a_failed_call_says_why() -> None:
    failed = made(CALL, api={"operation": "X", "response": {"error": "E", "message": "no"}})
    assert summary(failed).endswith(": E (no)")


def test_an_authentication_without_actor_is_whoever_signed_in() -> None:
    event = made(CALL, class_uid=3002, actor=None, user={"type": "IAMUser", "name": "x"})
    columns = read(event)
    assert columns.identities[columns.who[0]].key == "user/x"


def test_a_connection() -> None:
    columns = read(FLOW)
    assert (text(columns.action), columns.size[0]) == ("Denied", 180)
    assert Outcome(columns.outcome[0]) is Outcome.BLOCKED
    assert (text(columns.source_ip), text(columns.actor_ip)) == ("203.0.113.9",) * 2
    assert text(columns.resource) == "i-1"
    assert not columns.own_id[0]
    assert summary(FLOW) == "Denied 203.0.113.9:55123 → 10.0.0.4:22 (3 packets, 180 bytes)"


@pytest.mark.parametrize(
    ("source", "target", "connection", "actor"),
    [
        ("10.0.0.4", "203.0.113.9", {"direction_id": 2}, "203.0.113.9"),
        ("10.0.0.4", "10.0.0.5", {"direction": "Outbound"}, "10.0.0.5"),
        ("10.0.0.4", "203.0.113.9", {"direction_id": 1}, "10.0.0.4"),
        ("10.0.0.4", "203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", {"direction_id": 0}, "203.0.113.9"),
    ],
)
def test_the_far_end(source: str, target: str, connection: object, actor: str) -> None:
    ends = {"src_endpoint": {"ip": source}, "dst_endpoint": {"ip": target}}
    columns = read(made(FLOW, connection_info=connection, **ends))
    assert (text(columns.source_ip), text(columns.actor_ip)) == (source, actor)


def test_a_request() -> None:
    columns = read(WEB)
    assert (text(columns.method), text(columns.path), columns.status[0]) == ("POST", "/login", 403)
    assert Outcome(columns.outcome[0]) is Outcome.BLOCKED
    assert text(columns.resource) == "shop.example"
    assert summary(WEB) == "Blocked POST /login?next=%2f 403 from 203.0.113.9 sqlmap/1.8"


def test_a_query() -> None:
    columns = read(QUERY)
    assert (text(columns.action), text(columns.resource)) == ("TXT", "evil.example")
    assert Outcome(columns.outcome[0]) is Outcome.OK
    refused = read(made(QUERY, rcode="Refused"))
    assert Outcome(refused.outcome[0]) is Outcome.DENIED
    assert Outcome(read(made(QUERY, rcode="NXDomain")).outcome[0]) is Outcome.ERROR
    assert Outcome(read(made(QUERY, disposition_id=2)).outcome[0]) is Outcome.BLOCKED
    assert columns.time[0] == 1773540551 * 10**9
    assert summary(QUERY) == "TXT evil.example. NOERROR from 10.0.0.4"


def test_a_finding() -> None:
    columns = read(FINDING)
    assert text(columns.action) == "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
    assert Severity(columns.severity[0]) is Severity.CRITICAL
    assert Outcome(columns.outcome[0]) is Outcome.UNKNOWN
    assert columns.findings == [FindingRef(0, "f1")]
    assert columns.id[0] == hash_id("f1@1773541290456")
    assert text(columns.source_ip) == "198.51.100.23"
    assert actors(columns) == {("198.51.100.23", "maria"), ("203.0.113.9", "maria")}
    assert text(columns.resource) == "arn:aws:s3:::bucket"
    assert summary(FINDING) == (
        "Calls from a listed address. [maria from 198.51.100.23 and 1 more] (GuardDuty)"
    )


def test_an_older_finding_about_a_user() -> None:
    event = {
        "class_uid": 2001,
        "time": 1773541290456,
        "finding": {"uid": "f2", "types": [], "title": "Old key"},
        "severity_id": 6,
        "resources": [{"uid": "arn:aws:iam::1:user/x"}],
    }
    columns = read(event)
    assert (text(columns.action), columns.severity[0]) == ("Old key", Severity.CRITICAL)
    assert columns.identities[columns.who[0]].key == "arn:aws:iam::1:user/x"


def test_a_class_that_nobody_knows_is_a_row() -> None:
    event = {"class_uid": 905_001, "time": 1773541290456, "activity_name": "Fly"}
    columns = read(event)
    assert (text(columns.format), text(columns.action)) == ("ocsf", "Fly")
    assert columns.status[0] == columns.size[0] == NO_NUMBER
    assert summary(event) == "Fly"
    assert summary({"class_uid": 1, "class_name": "Base Event"}) == "Base Event"


@pytest.mark.parametrize(
    "changes",
    [{"class_uid": None}, {"class_uid": "x"}, {"time": None}, {"webaclId": ""}, {"eventSource": 1}],
)
def test_what_is_no_event(changes: dict[str, object]) -> None:
    raw = json.dumps(made(CALL, **changes)).encode()
    assert not FORMATS["ocsf"].read(raw, Rows(1, 1))


odd: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 2**70, 1e308, "", "x", "9" * 30, [], [[]], {}, {"": {}}, "arn:", [{"uid": []}]]
)


@given(
    event=st.sampled_from(EVENTS),
    key=st.sampled_from(sorted({key for event in EVENTS for key in event})),
    inner=st.sampled_from(["", "user", "ip", "response", "uid", "types", "product"]),
    value=odd,
)
def test_odd_values_are_read_or_refused(
    event: dict[str, object], key: str, inner: str, value: object
) -> None:
    raw = json.dumps(event | {key: {inner: value} if inner else value}).encode()
    rows = Rows(1, 1)
    assert FORMATS["ocsf"].read(raw, rows) is (len(rows) == 1)
    assert describe("ocsf", raw).id
