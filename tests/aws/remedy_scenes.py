"""What each kind of change is tried on: something at a server, somebody else who changes it, and
how to see what is there."""

import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from msgspec.structs import replace

from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.identities import FakeIam, Role, User
from tests.aws.lambdas import FakeLambda
from tests.aws.vpcs import FakeVpcs
from triage_tui.remedies import (
    AnyChange,
    ArchiveFindings,
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    Quarantine,
    RateFindings,
    ReplaceRule,
)

FAKE_ACCOUNT = "111122223333"
"""Whose account credentials are of at our own fakes."""
REGION = "eu-west-1"
OLDER = "AWSRevokeOlderSessions"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
ISSUED = "2026-03-15T02:20:00.000Z"


class Scene(NamedTuple):
    """A change, and what it is about."""

    change: AnyChange
    seen: Callable[[], Awaitable[object]]
    """What is there now."""
    meddle: Callable[[], Awaitable[None]]
    """Somebody else changes it to something that is neither as before nor as wanted; where there
    is no such thing, takes it away."""
    again: Callable[[], Awaitable[None]]
    """Somebody else undoes what we did."""
    takes_away: bool = False
    """Whether the meddler takes away what it is about."""
    anew: Callable[[], Awaitable[AnyChange]] | None = None
    """The same change, where ids are others after somebody undid it."""

    async def renewed(self) -> AnyChange:
        """The change to make once more."""
        return self.change if self.anew is None else await self.anew()


class Fakes(NamedTuple):
    """Strict servers of our own, for what moto is lax about."""

    iam: FakeIam
    guardduty: FakeGuardDuty
    vpcs: FakeVpcs
    function: FakeLambda


async def key(fakes: Fakes) -> Scene:
    """A user with two keys."""
    keys = {"AKIAEXAMPLE000000001": "Active", "AKIAEXAMPLE000000002": "Active"}
    fakes.iam.users["maria"] = User(keys, [])
    name = next(iter(keys))

    async def seen() -> object:
        return dict(keys)

    async def meddle() -> None:
        del keys[name]

    async def again() -> None:
        keys[name] = "Active"

    change = DeactivateKey(account=FAKE_ACCOUNT, user="maria", key=name)
    return Scene(change, seen, meddle, again)


async def sessions(fakes: Fakes) -> Scene:
    """A role whose older sessions were denied before, and which has another policy too."""
    policies = {OLDER: _denying("s3:*"), "other": _denying("ec2:*")}
    fakes.iam.roles["deploy"] = Role("/", policies)

    async def seen() -> object:
        return {name: json.loads(document) for name, document in policies.items()}

    async def meddle() -> None:
        policies[OLDER] = _denying("sqs:*")

    async def again() -> None:
        policies[OLDER] = _denying("s3:*")

    role = f"arn:aws:iam::{FAKE_ACCOUNT}:role/deploy"
    return Scene(DenySessions(account=FAKE_ACCOUNT, role=role, issued=ISSUED), seen, meddle, again)


def _denying(action: str) -> str:
    denied = {"Effect": "Deny", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [denied]})


async def user(fakes: Fakes) -> Scene:
    """A user with two policies of their own."""
    own = [f"arn:aws:iam::{FAKE_ACCOUNT}:policy/{name}" for name in ("own", "other")]
    policies = list(own)
    fakes.iam.users["kim"] = User({}, policies)

    async def seen() -> object:
        return sorted(policies)

    async def meddle() -> None:
        del fakes.iam.users["kim"]

    async def again() -> None:
        policies.remove(DENY_ALL)

    change = DenyUser(account=FAKE_ACCOUNT, user="kim")
    return Scene(change, seen, meddle, again, takes_away=True)


async def acl(fakes: Fakes) -> Scene:
    """An interface in a subnet whose ACL has a rule at 90 too."""
    vpcs = fakes.vpcs
    _, subnet, known = vpcs.vpc()
    host = vpcs.interface(subnet)
    entry = {"NetworkAclId": known, "RuleNumber": 90, "Protocol": "6", "RuleAction": "allow"}
    entry |= {"Egress": False, "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443}}
    vpcs.answer("CreateNetworkAclEntry", entry)

    async def seen() -> object:
        return copy.deepcopy(vpcs.acls)

    def places() -> list[dict[str, object]]:
        ours = ((False, 89), (True, 99))
        return [{"NetworkAclId": known, "RuleNumber": n, "Egress": egress} for egress, n in ours]

    async def meddle() -> None:
        for place in places():
            theirs = {"Protocol": "-1", "RuleAction": "deny", "CidrBlock": "192.0.2.0/24"}
            vpcs.answer("ReplaceNetworkAclEntry", place | theirs)

    async def again() -> None:
        for place in places():
            vpcs.answer("DeleteNetworkAclEntry", place)

    change = DenyInAcl(account=FAKE_ACCOUNT, region=REGION, host=host, cidr="8.8.4.0/24")
    return Scene(change, seen, meddle, again)


async def acl6(fakes: Fakes) -> Scene:
    """The same of the other family, whose rules have numbers of their own."""
    vpcs = fakes.vpcs
    _, subnet, known = vpcs.vpc()
    host = vpcs.interface(subnet)
    for egress in (False, True):
        entry = {"NetworkAclId": known, "RuleNumber": 80, "Protocol": "-1", "Egress": egress}
        everybody = {"RuleAction": "allow", "Ipv6CidrBlock": "::/0"}
        vpcs.answer("CreateNetworkAclEntry", entry | everybody)

    async def seen() -> object:
        return copy.deepcopy(vpcs.acls)

    def places() -> list[dict[str, object]]:
        return [
            {"NetworkAclId": known, "RuleNumber": 79, "Egress": egress} for egress in (False, True)
        ]

    async def meddle() -> None:
        for place in places():
            theirs = {"Protocol": "-1", "RuleAction": "deny", "Ipv6CidrBlock": "2600:2::/64"}
            vpcs.answer("ReplaceNetworkAclEntry", place | theirs)

    async def again() -> None:
        for place in places():
            vpcs.answer("DeleteNetworkAclEntry", place)

    change = DenyInAcl(account=FAKE_ACCOUNT, region=REGION, host=host, cidr="2600:1f18:1:2::/64")
    return Scene(change, seen, meddle, again)


async def rule(fakes: Fakes) -> Scene:
    """A group that lets everybody in by SSH, and some by HTTPS."""
    vpcs = fakes.vpcs
    vpc, _, _ = vpcs.vpc()
    group = vpcs.group(vpc)
    everybody = _in_by_ssh("0.0.0.0/0", Description="for a minute")
    for port in (22, 443):
        asked = [everybody | {"FromPort": port, "ToPort": port}]
        made = vpcs.answer(
            "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": asked}
        )
    [name] = [each for each, (_, known, _) in vpcs.rules.items() if known[2] == 22]
    assert made["Return"]

    async def seen() -> object:
        return sorted(held for held in vpcs.rules.values() if held[0] == group)

    async def meddle() -> None:
        for each in [each for each, held in vpcs.rules.items() if held[0] == group]:
            del vpcs.rules[each]
        del vpcs.groups[group]

    async def again() -> None:
        asked = {"GroupId": group, "IpPermissions": [everybody]}
        vpcs.answer("AuthorizeSecurityGroupIngress", asked)
        less = {"GroupId": group, "IpPermissions": [_in_by_ssh("198.51.100.0/24")]}
        vpcs.answer("RevokeSecurityGroupIngress", less)

    change = ReplaceRule(account=FAKE_ACCOUNT, region=REGION, rule=name, instead="198.51.100.0/24")

    async def anew() -> AnyChange:
        [now] = [each for each, (_, known, _) in vpcs.rules.items() if known[2] == 22]
        return replace(change, rule=now)

    return Scene(change, seen, meddle, again, takes_away=True, anew=anew)


def _in_by_ssh(cidr: str, **more: str) -> dict[str, object]:
    ranges = [{"CidrIp": cidr, **more}]
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}


async def quarantine(fakes: Fakes) -> Scene:
    """An instance with two interfaces, of which one is in two groups."""
    vpcs = fakes.vpcs
    (vpc, subnet, _), (other, _, _) = vpcs.vpc(), vpcs.vpc()
    groups = [vpcs.group(vpc), vpcs.group(vpc)]
    cell, theirs, elsewhere = vpcs.group(vpc), vpcs.group(vpc), vpcs.group(other)
    first = vpcs.interface(subnet, *groups, instance="i-0a")
    second = vpcs.interface(subnet, groups[0], instance="i-0a")

    async def seen() -> object:
        return {each: sorted(held["Groups"]) for each, held in vpcs.interfaces.items()}

    def put(host: str, *names: str) -> None:
        asked = {"NetworkInterfaceId": host, "Groups": list(names)}
        vpcs.answer("ModifyNetworkInterfaceAttribute", asked)

    async def meddle() -> None:
        put(first, theirs)
        put(second, theirs)

    async def again() -> None:
        put(first, *groups)
        put(second, groups[0])

    # One of the groups is in another account: nobody here knows it.
    named = ("sg-0f", elsewhere, cell)
    change = Quarantine(account=FAKE_ACCOUNT, region=REGION, host="i-0a", groups=named)
    return Scene(change, seen, meddle, again)


async def function(fakes: Fakes) -> Scene:
    """A function with two groups, in a VPC of two families."""
    vpcs, known = fakes.vpcs, fakes.function
    vpc, subnet, _ = vpcs.vpc()
    groups = [vpcs.group(vpc), vpcs.group(vpc)]
    cell, theirs = vpcs.group(vpc), vpcs.group(vpc)
    at_first = {"VpcId": vpc, "SubnetIds": [subnet], "SecurityGroupIds": groups}
    known.vpc = at_first | {"Ipv6AllowedForDualStack": True}

    async def seen() -> object:
        return {key: known.vpc[key] for key in sorted(known.vpc)}

    async def meddle() -> None:
        known.vpc = known.vpc | {"SecurityGroupIds": [theirs]}

    async def again() -> None:
        known.vpc = known.vpc | {"SecurityGroupIds": groups}

    change = Quarantine(account=FAKE_ACCOUNT, region=REGION, host=known.function, groups=(cell,))
    return Scene(change, seen, meddle, again)


def _three(fakes: Fakes) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """Three findings: their ids, and what GuardDuty holds."""
    for number in (1, 2, 3):
        fakes.guardduty.put(finding(number, "2026-11-24T02:00:00.000Z"))
    return [f"{n:032x}" for n in (1, 2, 3)], fakes.guardduty.findings[FAKE_ACCOUNT, REGION]


async def archive(fakes: Fakes) -> Scene:
    """Three findings, one of which is archived already."""
    return await _archived(fakes, archived=True)


async def unarchive(fakes: Fakes) -> Scene:
    """Three archived findings, but for one."""
    return await _archived(fakes, archived=False)


async def _archived(fakes: Fakes, *, archived: bool) -> Scene:
    ids, held = _three(fakes)
    for each, is_so in zip(ids, (not archived, not archived, archived), strict=True):
        held[each]["Service"]["Archived"] = is_so

    async def seen() -> object:
        return {each: known["Service"]["Archived"] for each, known in held.items()}

    async def meddle() -> None:
        for each in ids:
            held.pop(each)

    async def again() -> None:
        for each in ids[:2]:
            held[each]["Service"]["Archived"] = not archived

    change = ArchiveFindings(
        account=FAKE_ACCOUNT, region=REGION, findings=tuple(ids), archived=archived
    )
    return Scene(change, seen, meddle, again)


async def rate(fakes: Fakes) -> Scene:
    """Two findings that somebody has found useful, and one that has been called useless."""
    ids, held = _three(fakes)
    for each, word in zip(ids, ("USEFUL", "USEFUL", "NOT_USEFUL"), strict=True):
        held[each]["Service"]["UserFeedback"] = word

    async def seen() -> object:
        return {each: known["Service"]["UserFeedback"] for each, known in held.items()}

    async def meddle() -> None:
        for each in ids:
            held.pop(each)

    async def again() -> None:
        for each in ids[:2]:
            held[each]["Service"]["UserFeedback"] = "USEFUL"

    change = RateFindings(
        account=FAKE_ACCOUNT, region=REGION, findings=tuple(ids), useful=False, comment="noise"
    )
    return Scene(change, seen, meddle, again)


ON_FAKES: dict[str, Callable[[Fakes], Awaitable[Scene]]] = {
    "key": key,
    "sessions": sessions,
    "user": user,
    "acl": acl,
    "acl6": acl6,
    "rule": rule,
    "quarantine": quarantine,
    "function": function,
    "archive": archive,
    "unarchive": unarchive,
    "rate": rate,
}
