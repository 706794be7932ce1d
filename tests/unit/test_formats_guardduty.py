"""GuardDuty findings: both spellings, every kind of action, its actors and principals."""

import copy
import json
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.model import Batch, Columns, FindingRef, Outcome, Severity, Texts

DATA = Path(__file__).parent.parent / "data"
FINDING: dict[str, object] = json.loads((DATA / "guardduty.json").read_text())
MARIA = "111122223333:user/maria.keller"
ID = "4ab2ed818db1fa72da6ecb772edccd1d"


def upper(value: object) -> object:
    """The same finding as GetFindings of the SDKs spells it."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: upper(inner) for key, inner in value.items()}
    return [upper(inner) for inner in value] if isinstance(value, list) else value


def read(finding: object) -> Columns:
    raw = json.dumps(finding).encode()
    return decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5))


def finding(**changes: object) -> dict[str, object]:
    """The finding with these fields changed."""
    return copy.deepcopy(FINDING) | changes


def acting(action: object, resource: object = None) -> dict[str, object]:
    """The finding with another action and another resource."""
    service = FINDING["service"]
    assert isinstance(service, dict)
    made = finding(service={**service, "action": action})
    return made if resource is None else {**made, "resource": resource}


def remote(ip: str) -> dict[str, object]:
    return {"remoteIpDetails": {"ipAddressV4": ip, "country": {"countryName": "x"}}}


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def actors(columns: Columns) -> list[tuple[str, str]]:
    """(address, key) of all actors of the one row."""
    first = value(columns.actor_ip), columns.identities[columns.who[0]].key
    more = [
        (columns.actor_ip.values[extra.ip], columns.identities[extra.who].key)
        for extra in columns.extras
    ]
    return [first, *more]


@pytest.mark.parametrize("spell", [upper, lambda value: value], ids=["upper", "lower"])
def test_every_column_in_either_spelling(spell: type[object]) -> None:
    columns = read(spell(FINDING))  # type: ignore[call-arg]
    assert len(columns) == 1
    assert value(columns.format) == "guardduty"
    assert columns.time[0] == 1773541290456 * 10**6
    assert columns.own_id[0] == 1
    assert columns.id[0] == hash_id(f"{ID}@2026-03-15T02:21:30.456Z")
    assert value(columns.action) == "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"
    assert Outcome(columns.outcome[0]) is Outcome.UNKNOWN
    assert Severity(columns.severity[0]) is Severity.HIGH
    assert value(columns.source_ip) == "198.51.100.23"
    assert value(columns.agent) == "Boto3/1.34.2"
    assert (value(columns.account), value(columns.region)) == ("111122223333", "eu-west-1")
    assert value(columns.resource) == "maria.keller"
    assert actors(columns) == [("198.51.100.23", MARIA)]
    who = columns.identities[columns.who[0]]
    assert (who.principal_id, who.access_key) == ("AIDAEXAMPLEUSERID", "AKIAIOSFODNN7EXAMPLE")
    assert columns.findings == [FindingRef(0, ID)]


def test_a_finding_that_was_put_away_says_so() -> None:
    service = FINDING["service"]
    assert isinstance(service, dict)
    away = FINDING | {"service": service | {"archived": True}}
    for spelled in (away, upper(away)):
        assert read(spelled).findings == [FindingRef(0, ID, archived=True)]


def test_the_description() -> None:
    for spelled in (FINDING, upper(FINDING)):
        described = describe("guardduty", json.dumps(spelled).encode())
        assert described.id == f"{ID}@2026-03-15T02:21:30.456Z"
        assert described.summary == (
            "The user maria.keller called from a listed address. (388 times) "
            "[maria.keller from 198.51.100.23]"
        )


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (10, Severity.CRITICAL),
        (9.0, Severity.CRITICAL),
        (8.9, Severity.HIGH),
        (7, Severity.HIGH),
        (6.9, Severity.MEDIUM),
        (4.0, Severity.MEDIUM),
        (3.9, Severity.LOW),
        (1, Severity.LOW),
        (0.5, Severity.INFORMATIONAL),
    ],
)
def test_severities(severity: float, level: Severity) -> None:
    assert read(finding(severity=severity)).severity[0] == level


def test_each_update_is_a_version_of_its_own() -> None:
    first, later = read(FINDING), read(finding(updatedAt="2026-03-15T03:21:30.456Z"))
    assert first.id[0] != later.id[0]
    assert first.findings[0].id == later.findings[0].id


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("awsApiCallAction", remote("203.0.113.9")),
        ("networkConnectionAction", {"connectionDirection": "INBOUND", **remote("203.0.113.9")}),
        ("kubernetesApiCallAction", {"verb": "get", **remote("203.0.113.9")}),
        ("rdsLoginAttemptAction", remote("203.0.113.9")),
        ("portProbeAction", {"blocked": False, "portProbeDetails": [remote("203.0.113.9")]}),
    ],
)
def test_the_remote_end_of_every_action(name: str, action: dict[str, object]) -> None:
    columns = read(acting({"actionType": "X", name: action}))
    assert value(columns.source_ip) == "203.0.113.9"
    assert actors(columns) == [("203.0.113.9", MARIA)]
    assert actors(read(upper(acting({name: action})))) == [("203.0.113.9", MARIA)]


def test_an_ipv6_end() -> None:
    details = {"remoteIpDetails": {"ipAddressV4": "", "ipAddressV6": "2001:DB8::0:1"}}
    assert value(read(acting({"awsApiCallAction": details})).source_ip) == "2001:db8::1"


def test_all_ends_of_a_port_probe_are_actors() -> None:
    ips = ["203.0.113.9", "203.0.113.77", "203.0.113.9", "2001:db8::1"]
    probes = [{"localPortDetails": {"port": 22}, **remote(ip)} for ip in ips]
    instance = {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-1"}}
    action: dict[str, object] = {"portProbeAction": {"portProbeDetails": probes}}
    columns = read(acting(action, instance))
    assert actors(columns) == [("203.0.113.9", ""), ("203.0.113.77", ""), ("2001:db8::1", "")]
    assert value(columns.source_ip) == "203.0.113.9"
    assert value(columns.resource) == "i-1"


def test_outbound_the_remote_end_is_held_responsible_but_is_not_the_source() -> None:
    action = {"connectionDirection": "OUTBOUND", "blocked": False, **remote("203.0.113.9")}
    columns = read(acting({"networkConnectionAction": action}))
    assert value(columns.source_ip) == ""
    assert value(columns.actor_ip) == "203.0.113.9"
    local = {**action, "localIpDetails": {"ipAddressV4": "10.0.0.5"}}
    columns = read(acting({"networkConnectionAction": local}))
    assert (value(columns.source_ip), value(columns.actor_ip)) == ("10.0.0.5", "203.0.113.9")


def test_kubernetes_names_who_called_and_its_own_users() -> None:
    user = {"username": "system:serviceaccount:a:b", "groups": ["g"], "uid": "u"}
    resource: dict[str, object] = {
        "resourceType": "EKSCluster",
        "eksClusterDetails": {"name": "prod"},
        "kubernetesDetails": {"kubernetesUserDetails": user},
    }
    call = {
        "sourceIPs": ["6.6.6.6", "203.0.113.9"],
        "userAgent": "kubectl",
        **remote("203.0.113.9"),
    }
    made = acting({"kubernetesApiCallAction": call}, resource)
    key = "111122223333:kubernetes/prod/system:serviceaccount:a:b"
    for spelled in (made, upper(made)):
        columns = read(spelled)
        assert actors(columns) == [("203.0.113.9", key)]
        assert (value(columns.resource), value(columns.agent)) == ("prod", "kubectl")


def test_of_a_chain_to_kubernetes_the_end_counts(see: Callable[..., dict[str, object]]) -> None:
    """The client writes the beginning of `X-Forwarded-For` itself."""
    call = {"sourceIPs": ["6.6.6.6", "203.0.113.9", "10.0.0.1"]}
    raw = json.dumps(acting({"kubernetesApiCallAction": call}, {})).encode()
    assert see(raw)["source_ip"] == "10.0.0.1"
    seen = see(raw, trusted=("10.0.0.0/8",))
    assert seen["source_ip"] == "203.0.113.9"
    assert seen["forwarded"] == ("6.6.6.6", "203.0.113.9", "10.0.0.1")


def test_database_users() -> None:
    resource: dict[str, object] = {
        "rdsDbInstanceDetails": {"dbInstanceIdentifier": "orders-db"},
        "rdsDbUserDetails": {"user": "admin"},
    }
    login = {"LoginAttributes": [{"user": "admin"}, {"user": "root"}], **remote("203.0.113.9")}
    columns = read(acting({"rdsLoginAttemptAction": login}, resource))
    assert actors(columns) == [
        ("203.0.113.9", "111122223333:database/orders-db/admin"),
        ("203.0.113.9", "111122223333:database/orders-db/root"),
    ]
    assert value(columns.resource) == "orders-db"


def test_the_role_of_a_function_is_a_principal() -> None:
    role = "arn:aws:iam::111122223333:role/worker"
    resource: dict[str, object] = {"lambdaDetails": {"functionName": "f", "role": role}}
    action = {"connectionDirection": "OUTBOUND", **remote("203.0.113.9")}
    columns = read(acting({"networkConnectionAction": action}, resource))
    assert actors(columns) == [("203.0.113.9", role)]
    assert value(columns.resource) == "f"


def test_an_instance_profile_is_nobody_who_acts() -> None:
    profile = {"arn": "arn:aws:iam::111122223333:instance-profile/web"}
    resource: dict[str, object] = {
        "instanceDetails": {"instanceId": "i-1", "iamInstanceProfile": profile}
    }
    columns = read(acting({"dnsRequestAction": {"domain": "c2.example.org"}}, resource))
    assert actors(columns) == [("", "")]
    assert value(columns.source_ip) == ""


def sequence(ips: list[str], people: list[str]) -> dict[str, object]:
    actors = [
        {
            "id": f"A{n}",
            "user": {"name": name, "uid": f"AIDA{name}", "type": "IAMUser", "credentialUid": ""},
        }
        for n, name in enumerate(people)
    ]
    parts = {
        "uid": "s",
        "actors": actors,
        "endpoints": [{"id": ip, "ip": ip} for ip in ips],
        "resources": [{"uid": "arn:x", "name": "customer-data"}],
        "signals": [],
    }
    service = {"serviceName": "guardduty", "detection": {"sequence": parts}, "count": 1}
    return finding(resource={"resourceType": "AttackSequence"}, service=service)


def test_an_attack_sequence_has_its_evidence_elsewhere() -> None:
    made = sequence(["203.0.113.9", "2001:db8::1"], ["ana", "bob"])
    for spelled in (made, upper(made)):
        columns = read(spelled)
        assert value(columns.source_ip) == "203.0.113.9"
        ana, bob = "111122223333:user/ana", "111122223333:user/bob"
        assert set(actors(columns)) == {
            (ip, who) for ip in ("203.0.113.9", "2001:db8::1") for who in (ana, bob)
        }
        assert len(actors(columns)) == 4
        assert actors(columns)[0] == ("203.0.113.9", ana)
        assert value(columns.resource) == "customer-data"


def test_however_many_ends_and_actors_each_has_its_place_and_there_is_a_bound() -> None:
    ips = [f"203.0.{n // 250}.{n % 250}" for n in range(400)]
    people = [f"user{n}" for n in range(300)]
    found = actors(read(sequence(ips, people)))
    assert {ip for ip, _ in found} == set(ips)
    assert len({who for _, who in found}) == 300
    assert len(found) < 3000


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ({"awsApiCallAction": {"errorCode": "AccessDenied"}}, Outcome.DENIED),
        ({"awsApiCallAction": {"errorCode": "Client.UnauthorizedOperation"}}, Outcome.DENIED),
        ({"awsApiCallAction": {"errorCode": "NoSuchEntity"}}, Outcome.ERROR),
        ({"awsApiCallAction": {}}, Outcome.UNKNOWN),
        ({"networkConnectionAction": {"blocked": True}}, Outcome.BLOCKED),
        ({"networkConnectionAction": {"blocked": False}}, Outcome.UNKNOWN),
        ({"portProbeAction": {"blocked": True}}, Outcome.BLOCKED),
        ({"dnsRequestAction": {"blocked": True}}, Outcome.BLOCKED),
    ],
)
def test_the_outcome_is_unknown_unless_the_finding_says_it(
    action: dict[str, object], outcome: Outcome
) -> None:
    assert read(acting(action)).outcome[0] == outcome
    assert read(upper(acting(action))).outcome[0] == outcome


def test_a_call_that_a_service_made() -> None:
    domain = {"callerType": "Domain", "domainDetails": {"domain": "signin.amazonaws.com"}}
    columns = read(acting({"awsApiCallAction": domain}))
    assert (value(columns.source_ip), value(columns.service)) == ("", "signin.amazonaws.com")
    account = {"remoteAccountDetails": {"accountId": "1", "awsServiceName": "EC2"}}
    assert value(read(acting({"awsApiCallAction": account})).service) == "EC2"


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ({"s3BucketDetails": [{"arn": "arn:aws:s3:::b", "name": "b"}]}, "arn:aws:s3:::b"),
        ({"s3BucketDetails": []}, ""),
        ({"ecsClusterDetails": {"name": "c"}}, "c"),
        ({"accessKeyDetails": {"userName": "u"}}, "u"),
        ({"instanceDetails": {"instanceId": "i"}, "accessKeyDetails": {"userName": "u"}}, "i"),
        ({"resourceType": "AccessKey", "instanceDetails": {"instanceId": "i"}}, "i"),
        ({}, ""),
    ],
)
def test_resources(resource: dict[str, object], name: str) -> None:
    assert value(read(finding(resource=resource)).resource) == name


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"type": ["x"]},
        {"updatedAt": "never"},
        {"severity": "HIGH"},
        {"severity": True},
        {"severity": {"Label": "HIGH"}},
        {"service": {"serviceName": "inspector2"}},
        {"service": None, "arn": "arn:aws:inspector2:x"},
        {"eventName": "x"},
        {"webaclId": "x"},
    ],
)
def test_what_is_no_finding_of_guardduty_is_unparsed(changes: dict[str, object]) -> None:
    assert value(read(finding(**changes)).format) == "unparsed"


@pytest.mark.parametrize(
    "changes",
    [
        {"service": None},
        {"resource": None},
        {"resource": [1]},
        {"service": {"detectorId": "1", "action": "x", "count": "many"}},
        {"updatedAt": None},
        {"accountId": 111122223333},
        {"title": "\ud800"},
        {"description": {"deep": 1}},
    ],
)
def test_odd_parts_lose_no_finding(changes: dict[str, object]) -> None:
    columns = read(finding(**changes))
    assert value(columns.format) == "guardduty"
    assert value(columns.account) == "111122223333"


def test_odd_shapes_everywhere_lose_no_finding() -> None:
    odd: list[object] = [None, 5, "x", [], [5], {}, [[]], {"x": 1}]
    for shape in odd:
        for name in ("portProbeAction", "kubernetesApiCallAction", "awsApiCallAction"):
            assert value(read(acting({name: shape})).format) == "guardduty"
        inner = {"portProbeDetails": shape, "sourceIPs": shape, "remoteIpDetails": shape}
        assert value(read(acting({"portProbeAction": inner})).format) == "guardduty"
        resource: dict[str, object] = {"accessKeyDetails": shape, "s3BucketDetails": shape}
        assert value(read(finding(resource=resource)).format) == "guardduty"
