"""What each kind of change is about, in memory: strict services without HTTP, and what others may
do to them meanwhile. A kind of change that has no world here fails `test_remedy_undo`."""

import copy
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.identities import FakeIam, Role, User
from tests.aws.lambdas import FakeLambda
from tests.aws.remedy_scenes import DENY_ALL, FAKE_ACCOUNT, ISSUED, OLDER, REGION
from tests.aws.vpcs import FakeVpcs
from triage_tui.remedies import (
    AnyChange,
    ArchiveFindings,
    Change,
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    InvokeFunction,
    Quarantine,
    RateFindings,
    ReplaceRule,
)

Asked = dict[str, Any]
FUNCTION = f"arn:aws:lambda:{REGION}:{FAKE_ACCOUNT}:function:shop"


class World(NamedTuple):
    """A change, what it is about, and the others."""

    change: AnyChange
    answers: Mapping[str, Callable[[str, Asked], Asked]]
    """By service, who answers a call; raises ServiceError."""
    snapshot: Callable[[], object]
    """All that there is, but for ids that nobody chooses."""
    others: tuple[Callable[[], object], ...]
    """What somebody else may do at any time, in any order, as often as they like."""

    def answer(self, service: str, operation: str, asked: Asked) -> Asked:
        """The answer to a call. Raises ServiceError."""
        return self.answers[service](operation, copy.deepcopy(asked))


# -- principals ----------------------------------------------------------------------------------


def _key() -> World:
    iam, keys = FakeIam(), {"AKIAEXAMPLE000000001": "Active", "AKIAEXAMPLE000000002": "Inactive"}
    iam.users["maria"] = User(keys, [])
    first, second = keys

    def put(key: str, status: str) -> Callable[[], object]:
        return lambda: keys.__setitem__(key, status)

    return World(
        DeactivateKey(account=FAKE_ACCOUNT, user="maria", key=first),
        {"iam": iam.answer},
        lambda: dict(keys),
        (
            put(first, "Active"),
            put(second, "Active"),
            lambda: keys.pop(first, None),
            lambda: iam.users.pop("maria", None),
        ),
    )


def _sessions() -> World:
    iam, policies = FakeIam(), {"other": "{}"}
    iam.roles["deploy"] = Role("/", policies)

    def decoded(operation: str, asked: Asked) -> Asked:
        """Clients decode what IAM encodes."""
        answer = iam.answer(operation, asked)
        if operation == "GetRolePolicy":
            answer["PolicyDocument"] = json.loads(unquote(answer["PolicyDocument"]))
        return answer

    return World(
        DenySessions(account=FAKE_ACCOUNT, role="deploy", issued=ISSUED),
        {"iam": decoded},
        lambda: dict(policies),
        (
            lambda: policies.pop(OLDER, None),
            lambda: policies.__setitem__(OLDER, '{"Statement":[]}'),
            lambda: policies.__setitem__("other", '{"a":1}'),
            lambda: iam.roles.pop("deploy", None),
        ),
    )


def _user() -> World:
    iam, policies = FakeIam(), ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    iam.users["kim"] = User({}, policies)

    def toggle() -> None:
        if DENY_ALL in policies:
            policies.remove(DENY_ALL)
        else:
            policies.append(DENY_ALL)

    return World(
        DenyUser(account=FAKE_ACCOUNT, user="kim"),
        {"iam": iam.answer},
        lambda: sorted(policies),
        (toggle, lambda: policies.append("arn:aws:iam::aws:policy/AdministratorAccess")),
    )


# -- GuardDuty -----------------------------------------------------------------------------------


def _three() -> tuple[FakeGuardDuty, list[str], dict[str, Asked]]:
    fake = FakeGuardDuty(lambda text: int(datetime.fromisoformat(text).timestamp() * 1000))
    fake.enable()
    for number in (1, 2, 3):
        fake.put(finding(number, "2026-11-24T02:00:00.000Z"))
    return fake, [f"{n:032x}" for n in (1, 2, 3)], fake.findings[FAKE_ACCOUNT, REGION]


def _findings(
    member: str, values: tuple[object, ...], change: ArchiveFindings | RateFindings
) -> World:
    fake, ids, held = _three()
    for name, value in zip(ids, values, strict=False):
        held[name]["Service"][member] = value

    def put(name: str, value: object) -> Callable[[], object]:
        return lambda: held[name]["Service"].__setitem__(member, value) if name in held else None

    return World(
        change,
        {"guardduty": fake.answer},
        lambda: {name: known["Service"].get(member) for name, known in held.items()},
        (
            *(put(name, value) for name in ids[:2] for value in values[:2]),
            lambda: held.pop(ids[2], None),
        ),
    )


_IDS = tuple(f"{n:032x}" for n in (1, 2, 3))


def _archive() -> World:
    change = ArchiveFindings(account=FAKE_ACCOUNT, region=REGION, findings=_IDS)
    return _findings("Archived", (False, True, False), change)


def _unarchive() -> World:
    change = ArchiveFindings(account=FAKE_ACCOUNT, region=REGION, findings=_IDS, archived=False)
    return _findings("Archived", (True, False, True), change)


def _rate() -> World:
    """Of the third, nobody has said anything yet."""
    change = RateFindings(account=FAKE_ACCOUNT, region=REGION, findings=_IDS, comment="noise")
    return _findings("UserFeedback", ("NOT_USEFUL", "USEFUL"), change)


# -- the network ---------------------------------------------------------------------------------


def _acl() -> World:
    vpcs = FakeVpcs()
    _, subnet, name = vpcs.vpc()
    held = vpcs.acls[name]

    def put(egress: bool, number: int, action: str, cidr: str) -> Callable[[], object]:
        entry = {"Protocol": "-1", "RuleAction": action, "CidrBlock": cidr}
        return lambda: held.__setitem__((egress, number), entry)

    return World(
        DenyInAcl(account=FAKE_ACCOUNT, region=REGION, host=vpcs.interface(subnet), cidr="8.8.4.4"),
        {"ec2": vpcs.answer},
        lambda: copy.deepcopy(held),
        (
            put(False, 99, "deny", "192.0.2.0/24"),
            put(True, 99, "allow", "8.8.4.0/24"),
            put(False, 50, "allow", "10.0.0.0/8"),
            lambda: held.pop((False, 99), None),
            lambda: held.pop((True, 99), None),
            lambda: held.pop((False, 50), None),
        ),
    )


def _rule(instead: str) -> World:
    vpcs = FakeVpcs()
    group = vpcs.group(vpcs.vpc()[0])

    def rule(cidr: str, description: str) -> None:
        block = {"CidrIp": cidr, "Description": description}
        asked = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [block]}
        vpcs.answer("AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": [asked]})

    def drop(cidr: str) -> None:
        for name in [name for name, held in vpcs.rules.items() if held[1][4] == cidr]:
            del vpcs.rules[name]

    def add(cidr: str) -> None:
        if not any(held[1][4] == cidr for held in vpcs.rules.values()):
            rule(cidr, "ssh")

    rule("0.0.0.0/0", "ssh")
    [name] = vpcs.rules
    rule("10.0.0.0/8", "inside")
    return World(
        ReplaceRule(account=FAKE_ACCOUNT, region=REGION, rule=name, instead=instead),
        {"ec2": vpcs.answer},
        lambda: sorted(vpcs.rules.values()),
        (
            lambda: drop(instead),
            lambda: add("0.0.0.0/0"),
            lambda: drop("10.0.0.0/8"),
            lambda: add("192.0.2.0/24"),
        ),
    )


def _host() -> World:
    vpcs = FakeVpcs()
    vpc, subnet, _ = vpcs.vpc()
    cell, one, two, theirs = (vpcs.group(vpc) for _ in range(4))
    hosts = [
        vpcs.interface(subnet, one, two, instance="i-0a"),
        vpcs.interface(subnet, one, instance="i-0a"),
        vpcs.interface(subnet, one, instance="i-0b"),
    ]

    def put(host: str, *groups: str) -> Callable[[], object]:
        return lambda: vpcs.interfaces[host].__setitem__("Groups", list(groups))

    return World(
        Quarantine(account=FAKE_ACCOUNT, region=REGION, host="i-0a", groups=(cell,)),
        {"ec2": vpcs.answer},
        lambda: {host: sorted(held["Groups"]) for host, held in vpcs.interfaces.items()},
        (put(hosts[0], two, one), put(hosts[1], theirs), put(hosts[2], two)),
    )


def _function() -> World:
    vpcs, fake = FakeVpcs(), FakeLambda(FUNCTION)
    vpc, subnet, _ = vpcs.vpc()
    cell, one, theirs = (vpcs.group(vpc) for _ in range(3))
    fake.vpc = {"VpcId": vpc, "SubnetIds": [subnet], "SecurityGroupIds": [one]}
    fake.vpc |= {"Ipv6AllowedForDualStack": True}

    def put(**said: object) -> Callable[[], object]:
        return lambda: fake.vpc.update(said)

    return World(
        Quarantine(account=FAKE_ACCOUNT, region=REGION, host=FUNCTION, groups=(cell,)),
        {"ec2": vpcs.answer, "lambda": fake.answer},
        lambda: dict(fake.vpc),
        (put(SecurityGroupIds=[theirs]), put(SecurityGroupIds=[one])),
    )


# -- functions -----------------------------------------------------------------------------------


def _invoked() -> World:
    ran: list[object] = []

    def answer(operation: str, asked: Asked) -> Asked:
        if asked["InvocationType"] != "DryRun":
            ran.append(asked["Payload"])
        return {"StatusCode": 200, "Payload": "done"}

    change = InvokeFunction(
        account=FAKE_ACCOUNT,
        region=REGION,
        name="isolate",
        function=FUNCTION,
        about="x",
        event="{}",
    )
    return World(change, {"lambda": answer}, lambda: list(ran), (lambda: None,))


WORLDS: Mapping[type[Change], tuple[Callable[[], World], ...]] = {
    DeactivateKey: (_key,),
    DenySessions: (_sessions,),
    DenyUser: (_user,),
    ArchiveFindings: (_archive, _unarchive),
    RateFindings: (_rate,),
    DenyInAcl: (_acl,),
    ReplaceRule: (lambda: _rule("198.51.100.0/24"), lambda: _rule("")),
    Quarantine: (_host, _function),
    InvokeFunction: (_invoked,),
}
