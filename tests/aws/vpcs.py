"""A strict EC2 of network ACLs, security groups and interfaces: with AWS's quotas, a DryRun that
changes nothing, and no more patience with wrong input than AWS has."""

import ipaddress
from typing import Any

from tests.aws.network import FakeEc2
from tests.aws.server import Call, ServiceError

RULES_OF_AN_ACL = 20
"""Of each direction and family, the last one, which denies everything, among them."""
RULES_OF_A_GROUP = 60
"""Of each direction and family."""
GROUPS_OF_AN_INTERFACE = 5
_LAST = 32_766
Asked = dict[str, Any]
Rule = tuple[bool, str, int, int, str]
"""(egress, protocol, from, to, CIDR): no two of a group are the same."""


class FakeVpcs(FakeEc2):
    """Implements `server.Service`. `answer` is the same without HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.acls: dict[str, dict[tuple[bool, int], Asked]] = {}
        """Entries by (egress, number)."""
        self.subnets: dict[str, tuple[str, str]] = {}
        """The VPC and the ACL of each."""
        self.groups: dict[str, str] = {}
        """The VPC of each."""
        self.rules: dict[str, tuple[str, Rule, str]] = {}
        """By id: the group, the rule, and its description."""
        self.interfaces: dict[str, Asked] = {}
        self.denied: set[str] = set()
        """Operations that nobody permits."""
        self._made = 0

    # -- what there is ---------------------------------------------------------------------------

    def vpc(self) -> tuple[str, str, str]:
        """A new VPC with a subnet and its ACL: the ids of all three."""
        vpc, subnet, acl = self._id("vpc"), self._id("subnet"), self._id("acl")
        self.subnets[subnet] = (vpc, acl)
        self.acls[acl] = {
            (egress, number): {"Protocol": "-1", "CidrBlock": "0.0.0.0/0", "RuleAction": action}
            for egress in (False, True)
            for number, action in ((100, "allow"), (_LAST + 1, "deny"))
        }
        return vpc, subnet, acl

    def group(self, vpc: str) -> str:
        """A new security group."""
        made = self._id("sg")
        self.groups[made] = vpc
        return made

    def interface(
        self, subnet: str, *groups: str, instance: str = "", managed: bool = False
    ) -> str:
        """A new interface, of an instance where one is named."""
        made = self._id("eni")
        self.interfaces[made] = {
            "SubnetId": subnet,
            "Groups": list(groups),
            "Instance": instance,
            "RequesterManaged": managed,
        }
        return made

    def _id(self, word: str) -> str:
        self._made += 1
        return f"{word}-{self._made:017x}"

    # -- answering -------------------------------------------------------------------------------

    async def handle(self, call: Call) -> Asked:
        if call.operation in ("DescribeAddresses", "DescribeNatGateways"):
            return await super().handle(call)
        return self.answer(call.operation, dict(call.asked))

    def answer(self, operation: str, asked: Asked) -> Asked:
        """The answer to a call. Raises ServiceError."""
        if operation in self.denied:
            raise ServiceError("UnauthorizedOperation", "You are not authorized", 403)
        if asked.pop("DryRun", False):
            text = "Request would have succeeded, but DryRun flag is set."
            raise ServiceError("DryRunOperation", text, 412)
        match operation:
            case "DescribeNetworkInterfaces":
                return {"NetworkInterfaces": self._interfaces(asked)}
            case "DescribeNetworkAcls":
                return {"NetworkAcls": self._acls(asked)}
            case "DescribeSecurityGroups":
                return {"SecurityGroups": self._groups(asked)}
            case "DescribeSecurityGroupRules":
                return {"SecurityGroupRules": self._rules(asked)}
            case "CreateNetworkAclEntry":
                self._create_entry(asked)
            case "DeleteNetworkAclEntry":
                self._delete_entry(asked)
            case "ReplaceNetworkAclEntry":
                self._delete_entry(asked)
                self._create_entry(asked)
            case "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress":
                made = self._authorize(asked, egress=operation.endswith("Egress"))
                return {"Return": True, "SecurityGroupRules": made}
            case "RevokeSecurityGroupIngress" | "RevokeSecurityGroupEgress":
                self._revoke(asked, egress=operation.endswith("Egress"))
                return {"Return": True}
            case "ModifyNetworkInterfaceAttribute":
                self._modify_interface(asked)
            case _:
                raise AssertionError(f"the fake has no {operation}")
        return {}

    def _interfaces(self, asked: Asked) -> list[Asked]:
        wanted = _filters(asked, "network-interface-id", "attachment.instance-id")
        return [
            {
                "NetworkInterfaceId": name,
                "SubnetId": held["SubnetId"],
                "VpcId": self.subnets[held["SubnetId"]][0],
                "RequesterManaged": held["RequesterManaged"],
                "Groups": [{"GroupId": each, "GroupName": each} for each in held["Groups"]],
            }
            for name, held in self.interfaces.items()
            if name in wanted.get("network-interface-id", [name])
            and held["Instance"] in wanted.get("attachment.instance-id", [held["Instance"]])
        ]

    def _acls(self, asked: Asked) -> list[Asked]:
        of_subnets = _filters(asked, "association.subnet-id").get("association.subnet-id")
        names = asked.get("NetworkAclIds") or list(self.acls)
        if of_subnets is not None:
            names = [self.subnets[each][1] for each in of_subnets if each in self.subnets]
        for name in names:
            if name not in self.acls:
                raise ServiceError("InvalidNetworkAclID.NotFound", f"'{name}' does not exist")
        return [
            {
                "NetworkAclId": name,
                "Entries": [
                    {"Egress": egress, "RuleNumber": number, **entry}
                    for (egress, number), entry in self.acls[name].items()
                ],
            }
            for name in names
        ]

    def _groups(self, asked: Asked) -> list[Asked]:
        named = _filters(asked, "group-id").get("group-id")
        for name in asked.get("GroupIds", ()):
            self._check_group(name)
        wanted = asked.get("GroupIds") or named or list(self.groups)
        return [
            {"GroupId": name, "VpcId": vpc} for name, vpc in self.groups.items() if name in wanted
        ]

    def _rules(self, asked: Asked) -> list[Asked]:
        of_groups = _filters(asked, "group-id").get("group-id")
        named = asked.get("SecurityGroupRuleIds")
        for name in named or ():
            if name not in self.rules:
                text = f"The security group rule ID '{name}' does not exist"
                raise ServiceError("InvalidSecurityGroupRuleId.NotFound", text)
        return [
            _rule(name, *held)
            for name, held in self.rules.items()
            if name in (named or [name]) and held[0] in (of_groups or [held[0]])
        ]

    # -- network ACLs ----------------------------------------------------------------------------

    def _acl(self, asked: Asked) -> dict[tuple[bool, int], Asked]:
        name = asked["NetworkAclId"]
        if name not in self.acls:
            raise ServiceError("InvalidNetworkAclID.NotFound", f"'{name}' does not exist")
        if not 1 <= asked["RuleNumber"] <= _LAST:
            text = f"Value ({asked['RuleNumber']}) for parameter ruleNumber is invalid."
            raise ServiceError("InvalidParameterValue", text)
        return self.acls[name]

    def _create_entry(self, asked: Asked) -> None:
        acl, place = self._acl(asked), (asked["Egress"], asked["RuleNumber"])
        blocks = [asked[key] for key in ("CidrBlock", "Ipv6CidrBlock") if key in asked]
        if len(blocks) != 1:
            raise ServiceError("MissingParameter", "One of cidrBlock and ipv6CidrBlock is needed")
        _check_cidr(blocks[0], 6 if "Ipv6CidrBlock" in asked else 4)
        if place in acl:
            text = f"The network acl entry identified by {place[1]} already exists."
            raise ServiceError("NetworkAclEntryAlreadyExists", text)
        key = "Ipv6CidrBlock" if "Ipv6CidrBlock" in asked else "CidrBlock"
        alike = [entry for (way, _), entry in acl.items() if way == place[0] and key in entry]
        if len(alike) >= RULES_OF_AN_ACL:
            text = f"The maximum number of network acl entries ({RULES_OF_AN_ACL}) is reached"
            raise ServiceError("NetworkAclEntryLimitExceeded", text)
        kept = ("Protocol", "RuleAction", "PortRange", "CidrBlock", "Ipv6CidrBlock")
        acl[place] = {key: asked[key] for key in kept if key in asked}

    def _delete_entry(self, asked: Asked) -> None:
        acl, place = self._acl(asked), (asked["Egress"], asked["RuleNumber"])
        if place not in acl:
            text = f"The network acl entry identified by {place[1]} does not exist."
            raise ServiceError("InvalidNetworkAclEntry.NotFound", text)
        del acl[place]

    # -- security groups -------------------------------------------------------------------------

    def _check_group(self, name: str) -> None:
        if name not in self.groups:
            raise ServiceError("InvalidGroup.NotFound", f"The security group '{name}' is not here")

    def _authorize(self, asked: Asked, *, egress: bool) -> list[Asked]:
        group = asked["GroupId"]
        self._check_group(group)
        made = []
        for rule, description in _permissions(asked, egress):
            there = [each for whose, each, _ in self.rules.values() if whose == group]
            if rule in there:
                text = "the specified rule already exists"
                raise ServiceError("InvalidPermission.Duplicate", text)
            alike = [r for r in there if r[0] == egress and (":" in r[4]) == (":" in rule[4])]
            if len(alike) >= RULES_OF_A_GROUP:
                text = "The maximum number of rules per security group has been reached."
                raise ServiceError("RulesPerSecurityGroupLimitExceeded", text)
            name = self._id("sgr")
            self.rules[name] = (group, rule, description)
            made.append(_rule(name, *self.rules[name]))
        return made

    def _revoke(self, asked: Asked, *, egress: bool) -> None:
        group = asked["GroupId"]
        self._check_group(group)
        for rule, _ in _permissions(asked, egress):
            found = [n for n, held in self.rules.items() if held[:2] == (group, rule)]
            if not found:
                text = "The specified rule does not exist in this security group."
                raise ServiceError("InvalidPermission.NotFound", text)
            del self.rules[found[0]]

    # -- interfaces ------------------------------------------------------------------------------

    def _modify_interface(self, asked: Asked) -> None:
        name, groups = asked["NetworkInterfaceId"], asked["Groups"]
        held = self.interfaces.get(name)
        if held is None:
            raise ServiceError("InvalidNetworkInterfaceID.NotFound", f"'{name}' does not exist")
        if held["RequesterManaged"]:
            text = "You are not allowed to manage 'ela-attach' attachments."
            raise ServiceError("OperationNotPermitted", text)
        for each in groups:
            self._check_group(each)
            if self.groups[each] != self.subnets[held["SubnetId"]][0]:
                text = "You have specified two resources that belong to different networks."
                raise ServiceError("InvalidParameter", text)
        if not 1 <= len(groups) <= GROUPS_OF_AN_INTERFACE:
            text = f"You have exceeded {GROUPS_OF_AN_INTERFACE} groups an interface"
            raise ServiceError("SecurityGroupsPerInterfaceLimitExceeded", text)
        held["Groups"] = list(groups)


def _filters(asked: Asked, *known: str) -> dict[str, list[str]]:
    found = {each["Name"]: each["Values"] for each in asked.get("Filters", ())}
    for name in found:
        if name not in known:
            raise ServiceError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return found


def _check_cidr(text: str, version: int) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ServiceError("InvalidParameterValue", f"CIDR block {text} is malformed") from error
    if network.version != version:
        raise ServiceError("InvalidParameterValue", f"CIDR block {text} is of the other family")


def _permissions(asked: Asked, egress: bool) -> list[tuple[Rule, str]]:
    """Each rule that is asked for, with its description."""
    found = []
    for each in asked["IpPermissions"]:
        protocol = each["IpProtocol"]
        ports = each.get("FromPort", -1), each.get("ToPort", -1)
        if protocol in ("tcp", "udp") and -1 in ports:
            raise ServiceError("InvalidParameterValue", "Invalid value '-1' for portRange.")
        for key, name, version in (("IpRanges", "CidrIp", 4), ("Ipv6Ranges", "CidrIpv6", 6)):
            for block in each.get(key, ()):
                _check_cidr(block[name], version)
                rule = (egress, protocol, *ports, block[name])
                found.append((rule, block.get("Description", "")))
    if not found:
        raise ServiceError("MissingParameter", "The request must contain the parameter cidrIp")
    return found


def _rule(name: str, group: str, rule: Rule, description: str) -> Asked:
    egress, protocol, low, high, cidr = rule
    return {
        "SecurityGroupRuleId": name,
        "GroupId": group,
        "IsEgress": egress,
        "IpProtocol": protocol,
        "FromPort": low,
        "ToPort": high,
        "CidrIpv6" if ":" in cidr else "CidrIpv4": cidr,
    } | ({"Description": description} if description else {})
