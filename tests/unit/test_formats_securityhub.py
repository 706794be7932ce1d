"""Security Hub findings: every part that makes a row, old and new spellings, and broken ones."""

import copy
import json
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.model import Batch, Columns, FindingRef, Outcome, Severity, Texts

ID = "arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f1"
FINDING: dict[str, object] = {
    "SchemaVersion": "2018-10-08",
    "Id": ID,
    "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/guardduty",
    "ProductName": "GuardDuty",
    "GeneratorId": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
    "AwsAccountId": "111122223333",
    "Region": "eu-west-1",
    "Types": ["TTPs/Discovery/Recon:IAMUser-MaliciousIPCaller.Custom"],
    "CreatedAt": "2026-03-15T02:11:30.123Z",
    "UpdatedAt": "2026-03-15T02:21:30.456Z",
    "Severity": {"Product": 5, "Label": "HIGH", "Normalized": 70},
    "Title": "The user maria.keller called from a listed address.",
    "Action": {
        "ActionType": "AWS_API_CALL",
        "AwsApiCallAction": {
            "Api": "ListTables",
            "ServiceName": "dynamodb.amazonaws.com",
            "CallerType": "remoteIp",
            "RemoteIpDetails": {"IpAddressV4": "198.51.100.23"},
        },
    },
    "ProductFields": {
        "aws/guardduty/service/action/awsApiCallAction/userAgent": "Boto3/1.34.2",
        "aws/securityhub/ProductName": "GuardDuty",
    },
    "Resources": [
        {
            "Type": "AwsIamAccessKey",
            "Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE",
            "Details": {
                "AwsIamAccessKey": {
                    "PrincipalId": "AIDAEXAMPLEUSERID",
                    "PrincipalType": "IAMUser",
                    "PrincipalName": "maria.keller",
                }
            },
        }
    ],
    "Workflow": {"Status": "NEW"},
    "RecordState": "ACTIVE",
}
MARIA = "111122223333:user/maria.keller"
ARN = "arn:aws:iam::111122223333:user/maria.keller"


def made(**changes: object) -> dict[str, object]:
    """The finding with these members changed, and those that are None left out."""
    merged = copy.deepcopy(FINDING) | changes
    return {key: value for key, value in merged.items() if value is not None}


def read(finding: object) -> Columns:
    raw = json.dumps(finding).encode()
    return decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5))


def text(texts: Texts, row: int = 0) -> str:
    return texts.values[texts.ids[row]]


def actors(columns: Columns) -> list[tuple[str, str]]:
    first = text(columns.actor_ip), columns.identities[columns.who[0]].key
    return [first] + [
        (columns.actor_ip.values[extra.ip], columns.identities[extra.who].key)
        for extra in columns.extras
    ]


def test_every_column() -> None:
    columns = read(FINDING)
    assert text(columns.format) == "securityhub"
    assert columns.time[0] == 1773541290456 * 10**6
    assert columns.id[0] == hash_id(f"{ID}@2026-03-15T02:21:30.456Z")
    assert columns.own_id[0] == 1
    assert columns.findings == [FindingRef(0, ID)]
    assert text(columns.action) == "Recon:IAMUser/MaliciousIPCaller.Custom"
    assert Severity(columns.severity[0]) is Severity.HIGH
    assert Outcome(columns.outcome[0]) is Outcome.UNKNOWN
    assert text(columns.source_ip) == "198.51.100.23"
    assert text(columns.agent) == "Boto3/1.34.2"
    assert (text(columns.account), text(columns.region)) == ("111122223333", "eu-west-1")
    assert text(columns.resource) == "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE"
    assert actors(columns) == [("198.51.100.23", MARIA)]
    who = columns.identities[columns.who[0]]
    assert (who.principal_id, who.access_key) == ("AIDAEXAMPLEUSERID", "AKIAIOSFODNN7EXAMPLE")


def test_the_description() -> None:
    described = describe("securityhub", json.dumps(FINDING).encode())
    assert described.id == f"{ID}@2026-03-15T02:21:30.456Z"
    assert described.summary == (
        "The user maria.keller called from a listed address. "
        "[maria.keller from 198.51.100.23] (GuardDuty)"
    )
    closed = made(RecordState="ARCHIVED", Workflow={"Status": "RESOLVED"}, Action=None)
    summary = describe("securityhub", json.dumps(closed).encode()).summary
    assert summary.endswith("[maria.keller] (GuardDuty, archived, resolved)")


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ({"Label": "CRITICAL", "Normalized": 1}, Severity.CRITICAL),
        ({"Label": "informational"}, Severity.INFORMATIONAL),
        ({"Normalized": 90}, Severity.CRITICAL),
        ({"Normalized": 40}, Severity.MEDIUM),
        ({"Normalized": 39.5}, Severity.LOW),
        ({"Normalized": 0}, Severity.INFORMATIONAL),
        ({"Normalized": True}, Severity.NONE),
        ({"Product": 8}, Severity.NONE),
    ],
)
def test_the_severity(severity: object, level: Severity) -> None:
    assert read(made(Severity=severity)).severity[0] == level


MACIE = "arn:aws:securityhub:eu-west-1::product/aws/macie"


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"Types": []}, "arn:aws:guardduty:eu-west-1:111122223333:detector/d1"),
        ({"Types": ["Effects/Data Exposure"], "ProductArn": MACIE}, "Effects/Data Exposure"),
        ({"Types": None, "GeneratorId": "security-control/EC2.19"}, "security-control/EC2.19"),
    ],
)
def test_the_type_or_else_the_generator(changes: dict[str, object], action: str) -> None:
    assert text(read(made(**changes)).action) == action


def test_all_ends_of_a_port_probe_are_actors() -> None:
    probes = [{"RemoteIpDetails": {"IpAddressV4": f"203.0.113.{n}"}} for n in (7, 8)]
    action = {"PortProbeAction": {"PortProbeDetails": probes, "Blocked": True}}
    columns = read(made(Action=action, Resources=[]))
    assert actors(columns) == [("203.0.113.7", ""), ("203.0.113.8", "")]
    assert Outcome(columns.outcome[0]) is Outcome.BLOCKED


def test_an_outbound_connection_holds_the_far_end_responsible() -> None:
    action = {
        "NetworkConnectionAction": {
            "ConnectionDirection": "OUTBOUND",
            "RemoteIpDetails": {"IpAddressV4": "203.0.113.7"},
        }
    }
    columns = read(made(Action=action))
    assert (text(columns.source_ip), text(columns.actor_ip)) == ("", "203.0.113.7")


@pytest.mark.parametrize(
    ("network", "source", "actor"),
    [
        ({"Direction": "IN", "SourceIpV4": "203.0.113.7"}, "203.0.113.7", "203.0.113.7"),
        ({"SourceIpV6": "2001:DB8::7"}, "2001:db8::7", "2001:db8::7"),
        (
            {"Direction": "OUT", "SourceIpV4": "10.0.0.4", "DestinationIpV4": "203.0.113.7"},
            "10.0.0.4",
            "203.0.113.7",
        ),
    ],
)
def test_another_products_network(network: object, source: str, actor: str) -> None:
    columns = read(made(Action=None, Network=network, Resources=[]))
    assert (text(columns.source_ip), text(columns.actor_ip)) == (source, actor)


@pytest.mark.parametrize("prefix", ["", "aws/guardduty/service/"])
def test_an_old_finding_has_its_action_among_the_fields(prefix: str) -> None:
    fields = {
        f"{prefix}action/actionType": "NETWORK_CONNECTION",
        f"{prefix}action/networkConnectionAction/remoteIpDetails/ipAddressV4": "203.0.113.7",
        f"{prefix}action/networkConnectionAction/blocked": "true",
        f"{prefix}action/actionType/odd": "x",
    }
    columns = read(made(Action=None, ProductFields=fields))
    assert text(columns.source_ip) == "203.0.113.7"
    assert Outcome(columns.outcome[0]) is Outcome.BLOCKED


CALL = "aws/guardduty/service/action/kubernetesApiCallAction"


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({f"{CALL}/remoteIpDetails/ipAddressV4": "203.0.113.7"}, "203.0.113.7"),
        ({f"{CALL}/verb": "list"}, ""),
    ],
)
def test_whom_a_client_names_before_itself_called_no_cluster(
    fields: dict[str, str], source: str
) -> None:
    """The client writes the beginning of the chain itself."""
    chain = {f"{CALL}/sourceIps.{at}_": ip for at, ip in enumerate(("6.6.6.6", "203.0.113.7"))}
    assert text(read(made(Action=None, ProductFields=chain | fields)).source_ip) == source
    call: dict[str, object] = {"SourceIps": ["6.6.6.6", "203.0.113.7"]}
    assert text(read(made(Action={"KubernetesApiCallAction": call})).source_ip) == "203.0.113.7"


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ({"Type": "AwsIamUser", "Id": ARN}, ARN),
        ({"Type": "AwsIamRole", "Id": "arn:aws:iam::1:role/x"}, "arn:aws:iam::1:role/x"),
        ({"Type": "AwsIamUser", "Id": "maria"}, ""),
        ({"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b"}, ""),
        (
            {"Type": "AwsIamAccessKey", "Details": {"AwsIamAccessKey": {"UserName": "Root"}}},
            "arn:aws:iam::111122223333:root",
        ),
        (
            {"Type": "AwsIamAccessKey", "Details": {"AwsIamAccessKey": {"UserName": ARN}}},
            ARN,
        ),
        (
            {
                "Type": "AwsIamAccessKey",
                "Details": {
                    "AwsIamAccessKey": {
                        "PrincipalId": "AROAEXAMPLEROLEID:i-1",
                        "PrincipalName": "web",
                        "PrincipalType": "AssumedRole",
                    }
                },
            },
            "111122223333:role/web/i-1",
        ),
    ],
)
def test_the_principal_of_a_resource(resource: object, key: str) -> None:
    columns = read(made(Resources=[resource, 7]))
    assert columns.identities[columns.who[0]].key == key


@pytest.mark.parametrize(
    "changes",
    [
        {"SchemaVersion": "2018-10-09"},
        {"Severity": 8},
        {"ProductArn": "arn:aws:guardduty:x"},
        {"UpdatedAt": "soon"},
        {"Id": None},
        {"eventSource": "x"},
        {"webaclId": "x"},
    ],
)
def test_what_is_no_finding(changes: dict[str, object]) -> None:
    raw = json.dumps(made(**changes)).encode()
    assert not FORMATS["securityhub"].read(raw, Rows(1, 1))


@pytest.mark.parametrize(
    "wrapped",
    [
        {"Findings": [FINDING, FINDING]},
        {
            "detail-type": "Security Hub Findings - Imported",
            "source": "aws.securityhub",
            "detail": {"findings": [FINDING, FINDING]},
        },
        {
            "detail-type": "Security Hub Findings - Custom Action",
            "source": "aws.securityhub",
            "detail": {"actionName": "x", "findings": [FINDING, FINDING]},
        },
        [FINDING, FINDING],
    ],
)
def test_each_finding_of_a_wrapping_is_a_row(wrapped: object) -> None:
    columns = read(wrapped)
    assert [text(columns.format, row) for row in range(len(columns))] == ["securityhub"] * 2


odd: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 1e308, "", "x", [], [[]], {}, {"": {}}, "arn:", "arn:::"]
)


@given(
    key=st.sampled_from(sorted(FINDING)),
    inner=st.sampled_from(["", "AwsApiCallAction", "RemoteIpDetails", "Label", "x/action/"]),
    value=odd,
)
def test_odd_values_are_read_or_refused(key: str, inner: str, value: object) -> None:
    raw = json.dumps(FINDING | {key: {inner: value} if inner else value}).encode()
    rows = Rows(1, 1)
    assert FORMATS["securityhub"].read(raw, rows) is (len(rows) == 1)
    assert describe("securityhub", raw).id
