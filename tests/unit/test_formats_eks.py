"""Audit events of Kubernetes: who did what to which object, and through whom."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import describe
from triage_tui.formats.eks import Eks
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.formats.settings import FormatSettings
from triage_tui.formats.times import iso_time
from triage_tui.model import NO_NUMBER, Columns, Identity, Outcome, Texts

ROLE = "arn:aws:sts::111122223333:assumed-role/ops/maria"
RECORD: dict[str, object] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "6c1a9d5e-8f43-4b1c-9f0a-2f1f0a7c1b11",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods/web-0/exec?command=sh&stdin=true",
    "verb": "create",
    "user": {
        "username": "maria",
        "uid": "aws-iam-authenticator:111122223333:AROAEXAMPLE",
        "groups": ["ops", "system:authenticated"],
        "extra": {
            "accessKeyId": ["ASIAEXAMPLE"],
            "arn": [ROLE],
            "canonicalArn": ["arn:aws:iam::111122223333:role/ops"],
            "principalId": ["AROAEXAMPLE"],
            "sessionName": ["maria"],
        },
    },
    "sourceIPs": ["203.0.113.9"],
    "userAgent": "kubectl/v1.31.0 (linux/amd64)",
    "objectRef": {
        "resource": "pods",
        "namespace": "shop",
        "name": "web-0",
        "apiVersion": "v1",
        "subresource": "exec",
    },
    "responseStatus": {"metadata": {}, "code": 101},
    "requestReceivedTimestamp": "2026-03-15T02:09:11.000001Z",
    "stageTimestamp": "2026-03-15T02:09:12.500000Z",
    "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
}


def raw_of(**changes: object) -> bytes:
    """The record with these fields changed, or left out where they are `...`."""
    return json.dumps({k: v for k, v in (RECORD | changes).items() if v is not ...}).encode()


def read(trusted: tuple[str, ...] = (), **changes: object) -> Columns:
    rows = Rows(1, 5, settings=FormatSettings(trusted_proxies=trusted))
    assert Eks().read(raw_of(**changes), rows)
    return rows.columns()


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def test_every_column() -> None:
    columns = read()
    assert value(columns.format) == "eks"
    assert columns.time[0] == iso_time("2026-03-15T02:09:12.5Z")
    assert (value(columns.action), Outcome(columns.outcome[0])) == ("create pods/exec", Outcome.OK)
    assert value(columns.source_ip) == value(columns.actor_ip) == "203.0.113.9"
    assert value(columns.agent) == "kubectl/v1.31.0 (linux/amd64)"
    assert (value(columns.account), value(columns.resource)) == ("111122223333", "shop/pods/web-0")
    assert value(columns.path) == "/api/v1/namespaces/shop/pods/web-0/exec"
    assert columns.status[0] == 101
    assert columns.identities[columns.who[0]] == Identity(
        key=ROLE,
        type="AssumedRole",
        label="ops › maria",
        arn=ROLE,
        principal_id="AROAEXAMPLE:maria",
        access_key="ASIAEXAMPLE",
        account="111122223333",
        session="maria",
    )


def test_a_client_cannot_choose_the_id() -> None:
    columns = read()
    assert (columns.own_id[0], columns.id[0]) == (0, hash_id(raw_of()))
    assert describe("eks", raw_of()).id == f"{columns.id[0]:016x}"


def test_the_description() -> None:
    assert describe("eks", raw_of()).summary == (
        "create pods/exec shop/pods/web-0 101 by ops › maria from 203.0.113.9"
    )
    refused = raw_of(
        verb="list",
        objectRef={"resource": "secrets"},
        responseStatus={"code": 403},
        user={"username": "system:anonymous"},
        impersonatedUser={"username": "system:admin"},
        annotations={
            "authorization.k8s.io/decision": "forbid",
            "authorization.k8s.io/reason": "no rule",
        },
    )
    assert describe("eks", refused).summary == (
        "list secrets secrets 403 by system:anonymous as system:admin from 203.0.113.9: no rule"
    )
    plain = raw_of(objectRef=..., responseStatus=..., user=..., sourceIPs=..., verb="get")
    assert describe("eks", plain).summary == (
        "get /api/v1/namespaces/shop/pods/web-0/exec?command=sh&stdin=true ResponseComplete"
    )


@pytest.mark.parametrize(
    ("user", "key", "kind"),
    [
        ({"username": "system:serviceaccount:shop:cart"},
         "kubernetes/system:serviceaccount:shop:cart", "KubernetesUser"),
        ({"username": ROLE}, ROLE, "AssumedRole"),
        ({"username": "x", "extra": {"arn": ["arn:aws:iam::111122223333:user/bo"]}},
         "arn:aws:iam::111122223333:user/bo", "IAMUser"),
        ({"username": "x", "extra": {"arn": ["arn:aws:s3:::bucket"]}}, "kubernetes/x",
         "KubernetesUser"),
        ({"username": "x", "extra": {"arn": []}}, "kubernetes/x", "KubernetesUser"),
        ({"username": "x", "extra": {"arn": "no list"}}, "kubernetes/x", "KubernetesUser"),
        ({}, "", ""),
        (None, "", ""),
    ],
)  # fmt: skip
def test_who(user: object, key: str, kind: str) -> None:
    columns = read(user=user)
    who = columns.identities[columns.who[0]]
    assert (who.key, who.type) == (key, kind)


def test_who_impersonates_is_responsible() -> None:
    columns = read(impersonatedUser={"username": "system:admin", "extra": {"arn": ["arn:x"]}})
    assert columns.identities[columns.who[0]].key == ROLE


@pytest.mark.parametrize(
    ("trusted", "actor"),
    [
        ((), "10.0.0.2"),
        (("10.0.0.0/8",), "203.0.113.9"),
        (("10.0.0.0/8", "203.0.113.9"), "6.6.6.6"),
        (("192.0.2.1",), "10.0.0.2"),
    ],
)
def test_the_chain_is_read_from_the_right(trusted: tuple[str, ...], actor: str) -> None:
    chain = ["6.6.6.6", "203.0.113.9", "10.0.0.2"]
    columns = read(trusted, sourceIPs=chain)
    assert value(columns.source_ip) == "10.0.0.2"
    assert value(columns.actor_ip) == actor
    assert describe("eks", raw_of(sourceIPs=chain)).forwarded == ("6.6.6.6", "203.0.113.9")


FORBID = {"authorization.k8s.io/decision": "forbid"}


@pytest.mark.parametrize(
    ("status", "annotations", "stage", "outcome"),
    [
        ({"code": 200}, None, "ResponseComplete", Outcome.OK),
        ({"code": 401}, None, "ResponseComplete", Outcome.DENIED),
        ({"code": 404}, None, "ResponseComplete", Outcome.ERROR),
        ({"code": 403}, FORBID, "ResponseComplete", Outcome.DENIED),
        (None, FORBID, "RequestReceived", Outcome.DENIED),
        (None, None, "RequestReceived", Outcome.UNKNOWN),
        ({"code": True}, None, "RequestReceived", Outcome.UNKNOWN),
        ({"code": 500}, None, "Panic", Outcome.ERROR),
        (None, None, "Panic", Outcome.ERROR),
    ],
)
def test_outcomes(status: object, annotations: object, stage: str, outcome: Outcome) -> None:
    columns = read(responseStatus=status, annotations=annotations, stage=stage)
    assert Outcome(columns.outcome[0]) is outcome


def test_what_is_no_resource_has_a_path() -> None:
    columns = read(objectRef=..., requestURI="/version", responseStatus={"code": 2**70})
    assert (value(columns.action), value(columns.path)) == ("create", "/version")
    assert (value(columns.resource), columns.status[0]) == ("", NO_NUMBER)
    early = read(stageTimestamp=...)
    assert early.time[0] == iso_time("2026-03-15T02:09:11.000001Z")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "EventList"},
        {"apiVersion": "v1"},
        {"apiVersion": 1},
        {"auditID": ""},
        {"verb": ...},
        {"stageTimestamp": "x", "requestReceivedTimestamp": ...},
        {"eventSource": "x"},
        {"class_uid": 1},
    ],
)
def test_what_is_no_audit_event(changes: dict[str, object]) -> None:
    rows = Rows(1, 5)
    assert not Eks().read(raw_of(**changes), rows)
    assert len(rows) == 0


ODD: list[object] = [None, True, 0, 10**400, "", "\ud800", [], [[]], {}, {"": {}}, ["x"], "%s"]


@given(changes=st.dictionaries(st.sampled_from(sorted(RECORD)), st.sampled_from(ODD), max_size=3))
def test_odd_values_raise_nothing(changes: dict[str, object]) -> None:
    raw = raw_of(**changes)
    assert sum(known.read(raw, Rows(1, 5)) for known in FORMATS.values()) <= 1
    assert "\n" not in describe("eks", raw).summary
