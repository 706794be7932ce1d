"""What each kind of change is tried on: something at a server, somebody else who changes it, and
how to see what is there."""

import json
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

from msgspec.structs import replace

from tests.aws.guardduty import FakeGuardDuty, finding
from triage_tui.remedies import (
    AnyChange,
    ArchiveFindings,
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    Quarantine,
    ReplaceRule,
)

ACCOUNT = "123456789012"
"""Whose account moto's credentials are of."""
FAKE_ACCOUNT = "111122223333"
"""The same of our own fakes."""
REGION = "eu-west-1"
Client = Callable[[str], AbstractAsyncContextManager[Any]]
"""Gives an unmodified client of a service."""


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


def _name(word: str) -> str:
    """One that no other test has."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


async def key(client: Client) -> Scene:
    """A user with two keys."""
    whose = _name("maria")
    async with client("iam") as iam:
        await iam.create_user(UserName=whose)
        made = await iam.create_access_key(UserName=whose)
        await iam.create_access_key(UserName=whose)
    name = made["AccessKey"]["AccessKeyId"]

    async def seen() -> object:
        async with client("iam") as iam:
            listed = await iam.list_access_keys(UserName=whose)
            return {k["AccessKeyId"]: k["Status"] for k in listed["AccessKeyMetadata"]}

    async def meddle() -> None:
        async with client("iam") as iam:
            await iam.delete_access_key(UserName=whose, AccessKeyId=name)

    async def again() -> None:
        async with client("iam") as iam:
            await iam.update_access_key(UserName=whose, AccessKeyId=name, Status="Active")

    return Scene(DeactivateKey(account=ACCOUNT, user=whose, key=name), seen, meddle, again)


async def sessions(client: Client) -> Scene:
    """A role whose older sessions were denied before, and which has another policy too."""
    role = _name("deploy")
    policy = "AWSRevokeOlderSessions"
    first = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*",
             "Resource": "*"}]}  # fmt: skip
    async with client("iam") as iam:
        await iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        for name in (policy, "other"):
            await iam.put_role_policy(
                RoleName=role, PolicyName=name, PolicyDocument=json.dumps(first)
            )

    async def seen() -> object:
        async with client("iam") as iam:
            names = (await iam.list_role_policies(RoleName=role))["PolicyNames"]
            return {
                name: (await iam.get_role_policy(RoleName=role, PolicyName=name))["PolicyDocument"]
                for name in names
            }

    async def meddle() -> None:
        async with client("iam") as iam:
            await iam.put_role_policy(
                RoleName=role,
                PolicyName=policy,
                PolicyDocument=json.dumps(first).replace("s3:*", "sqs:*"),
            )

    async def again() -> None:
        async with client("iam") as iam:
            await iam.put_role_policy(
                RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(first)
            )

    change = DenySessions(
        account=ACCOUNT,
        role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        issued="2026-03-15T02:20:00.000Z",
    )
    return Scene(change, seen, meddle, again)


async def user(client: Client) -> Scene:
    """A user with a policy of their own."""
    whose = _name("kim")
    arn = "arn:aws:iam::aws:policy/AWSDenyAll"
    async with client("iam") as iam:
        await iam.create_user(UserName=whose)
        own = await iam.create_policy(
            PolicyName=_name("own"),
            PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            '"Action":"s3:ListAllMyBuckets","Resource":"*"}]}',
        )
        await iam.attach_user_policy(UserName=whose, PolicyArn=own["Policy"]["Arn"])

    async def seen() -> object:
        async with client("iam") as iam:
            found = await iam.list_attached_user_policies(UserName=whose)
            return sorted(each["PolicyArn"] for each in found["AttachedPolicies"])

    async def meddle() -> None:
        async with client("iam") as iam:
            for each in (await iam.list_attached_user_policies(UserName=whose))["AttachedPolicies"]:
                await iam.detach_user_policy(UserName=whose, PolicyArn=each["PolicyArn"])
            await iam.delete_user(UserName=whose)

    async def again() -> None:
        async with client("iam") as iam:
            await iam.detach_user_policy(UserName=whose, PolicyArn=arn)

    change = DenyUser(account=ACCOUNT, user=whose)
    return Scene(change, seen, meddle, again, takes_away=True)


async def acl(client: Client) -> Scene:
    """An interface in a subnet whose ACL has a rule at 90 too."""
    async with client("ec2") as ec2:
        _, subnet = await _network(ec2)
        made = await ec2.create_network_interface(SubnetId=subnet)
        host = made["NetworkInterface"]["NetworkInterfaceId"]
        by_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
        found = await ec2.describe_network_acls(Filters=by_subnet)
        known = found["NetworkAcls"][0]["NetworkAclId"]
        await ec2.create_network_acl_entry(
            NetworkAclId=known, RuleNumber=90, Protocol="6", RuleAction="allow", Egress=False,
            CidrBlock="0.0.0.0/0", PortRange={"From": 443, "To": 443},
        )  # fmt: skip

    async def seen() -> object:
        async with client("ec2") as ec2:
            entries = (await ec2.describe_network_acls(NetworkAclIds=[known]))["NetworkAcls"][0]
            return sorted(
                (e["Egress"], e["RuleNumber"], e["RuleAction"], e.get("CidrBlock", ""))
                for e in entries["Entries"]
            )

    async def meddle() -> None:
        async with client("ec2") as ec2:
            for number, egress in ((89, False), (99, True)):
                await ec2.replace_network_acl_entry(
                    NetworkAclId=known, RuleNumber=number, Protocol="-1", RuleAction="deny",
                    Egress=egress, CidrBlock="192.0.2.0/24",
                )  # fmt: skip

    async def again() -> None:
        async with client("ec2") as ec2:
            for number, egress in ((89, False), (99, True)):
                await ec2.delete_network_acl_entry(
                    NetworkAclId=known, RuleNumber=number, Egress=egress
                )

    change = DenyInAcl(account=ACCOUNT, region=REGION, host=host, cidr="8.8.4.0/24")
    return Scene(change, seen, meddle, again)


async def rule(client: Client) -> Scene:
    """A group that lets everybody in by SSH, and some by HTTPS."""
    async with client("ec2") as ec2:
        vpc, _ = await _network(ec2)
        group = await _group(ec2, vpc)
        everybody = {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "for a minute"}],
        }
        made = await ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everybody])
        name = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    async def seen() -> object:
        async with client("ec2") as ec2:
            mine = [{"Name": "group-id", "Values": [group]}]
            found = await ec2.describe_security_group_rules(Filters=mine)
            return sorted(
                (r["IsEgress"], r.get("CidrIpv4", ""), r.get("FromPort", 0), r.get("Description"))
                for r in found["SecurityGroupRules"]
            )

    async def meddle() -> None:
        async with client("ec2") as ec2:
            await ec2.delete_security_group(GroupId=group)

    async def again() -> None:
        async with client("ec2") as ec2:
            await ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everybody])
            less = everybody | {"IpRanges": [{"CidrIp": "198.51.100.0/24"}]}
            await ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[less])

    change = ReplaceRule(account=ACCOUNT, region=REGION, rule=name, instead="198.51.100.0/24")

    async def anew() -> AnyChange:
        async with client("ec2") as ec2:
            mine = [{"Name": "group-id", "Values": [group]}]
            found = (await ec2.describe_security_group_rules(Filters=mine))["SecurityGroupRules"]
        [now] = [each["SecurityGroupRuleId"] for each in found if not each["IsEgress"]]
        return replace(change, rule=now)

    return Scene(change, seen, meddle, again, takes_away=True, anew=anew)


async def quarantine(client: Client) -> Scene:
    """An interface in two groups."""
    async with client("ec2") as ec2:
        vpc, subnet = await _network(ec2)
        other, _ = await _network(ec2)
        groups = [await _group(ec2, vpc), await _group(ec2, vpc)]
        cell, theirs = await _group(ec2, vpc), await _group(ec2, vpc)
        elsewhere = await _group(ec2, other)
        made = await ec2.create_network_interface(SubnetId=subnet, Groups=groups)
        host = made["NetworkInterface"]["NetworkInterfaceId"]

    async def seen() -> object:
        async with client("ec2") as ec2:
            found = await ec2.describe_network_interfaces(NetworkInterfaceIds=[host])
            return sorted(each["GroupId"] for each in found["NetworkInterfaces"][0]["Groups"])

    async def put(*names: str) -> None:
        async with client("ec2") as ec2:
            await ec2.modify_network_interface_attribute(NetworkInterfaceId=host, Groups=[*names])

    async def meddle() -> None:
        await put(theirs)

    async def again() -> None:
        await put(*groups)

    change = Quarantine(account=ACCOUNT, region=REGION, host=host, groups=(elsewhere, cell))
    return Scene(change, seen, meddle, again)


async def _network(ec2: Any) -> tuple[str, str]:
    """A VPC with a subnet."""
    vpc = (await ec2.create_vpc(CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    made = await ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")
    return vpc, made["Subnet"]["SubnetId"]


async def _group(ec2: Any, vpc: str) -> str:
    made = await ec2.create_security_group(VpcId=vpc, GroupName=_name("g"), Description="-")
    return str(made["GroupId"])


async def archive(guardduty: FakeGuardDuty) -> Scene:
    """Three findings, one of which is archived already."""
    home = (FAKE_ACCOUNT, REGION)
    for number in (1, 2, 3):
        guardduty.put(finding(number, "2026-11-24T02:00:00.000Z"))
    ids = [f"{number:032x}" for number in (1, 2, 3)]
    held = guardduty.findings[home]
    held[ids[2]]["Service"]["Archived"] = True

    async def seen() -> object:
        return {each: known["Service"]["Archived"] for each, known in held.items()}

    async def meddle() -> None:
        for each in ids:
            held.pop(each)

    async def again() -> None:
        for each in ids[:2]:
            held[each]["Service"]["Archived"] = False

    change = ArchiveFindings(account=FAKE_ACCOUNT, region=REGION, findings=tuple(ids))
    return Scene(change, seen, meddle, again)


ON_MOTO = {
    "key": key,
    "sessions": sessions,
    "user": user,
    "acl": acl,
    "rule": rule,
    "quarantine": quarantine,
}
ON_FAKES = {"archive": archive}
