"""Against what reaches a host, or what a host reaches: network ACLs, rules of security groups, and
other groups for an interface. All of it is EC2's, but for the interfaces of functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.networks import network_of
from triage_tui.remedies import DenyInAcl, Quarantine, ReplaceRule
from triage_tui.respond.guard import judge
from triage_tui.respond.ranges import covers

from .calls import Call, Reply, Trouble, at, listed, refused, spelled, text, took
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from triage_tui.networks import Network
    from triage_tui.remedies import Parts

    from .calls import Answer, Reading
    from .guard import RemedyPolicy

WAYS = {"inbound": False, "outbound": True}
"""Whether it is egress, to EC2."""
LAST_RULE = 32_766
"""The highest number of a rule; what comes after it is the default."""
USUAL_RULES = 20
"""Rules of each direction in a network ACL, unless AWS was asked for more (40 at most)."""


def _described(
    operation: str, asked: Mapping[str, object], key: str
) -> Generator[Call, Answer, list[object] | Trouble]:
    """Everything that a Describe call tells: one page holds what is named."""
    answer = took((yield Call("ec2", operation, asked)))
    return list(listed(answer.answer, key)) if isinstance(answer, Reply) else answer


def _interface(name: str) -> Generator[Call, Answer, object | Trouble]:
    """An interface, by its id or as the first one of an instance."""
    key = "attachment.instance-id" if name.startswith("i-") else "network-interface-id"
    asked = {"Filters": [{"Name": key, "Values": [name]}]}
    found = yield from _described("DescribeNetworkInterfaces", asked, "NetworkInterfaces")
    if not isinstance(found, list):
        return found
    return found[0] if found else refused(f"there is no interface {name} any more")


# -- network ACLs --------------------------------------------------------------------------------


class AclLever(Lever[DenyInAcl]):
    """Denies an address in the network ACL of a host's subnet, both ways."""

    @property
    def _network(self) -> Network:
        found = network_of(self.change.cidr)
        if found is None:
            raise ValueError(f"{self.change.cidr!r} is neither an address nor a CIDR")
        return found

    @property
    def title(self) -> str:
        where = self.change.acl or f"the network ACL around {self.change.host}"
        return f"Deny {self.change.cidr} in {where}"

    @property
    def effects(self) -> Sequence[str]:
        return (
            "Nothing of it comes into any subnet with this ACL, and nothing goes out to it: "
            "connections that stand break too.",
            "A network ACL sees the address of the packet: behind a load balancer or CloudFront "
            "that is theirs, and this stops nothing.",
        )

    @property
    def undo(self) -> str:
        return "The two entries are deleted again; nothing else in the ACL is touched."

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        return judge(self.change.cidr, policy.addresses)

    @property
    def slot(self) -> str:
        return f"{self.change.account} acl {self.change.acl or self.change.host} {self.change.cidr}"

    def supposed(self) -> Parts:
        everything = "::/0" if self._network.version == 6 else "0.0.0.0/0"
        return {f"{way} 100": f"allow -1 {everything}" for way in WAYS}

    def read(self) -> Reading:
        """All its entries, by direction and number."""
        acl, value = self.change.acl, self.change.acl
        asked: dict[str, object] = {"NetworkAclIds": [acl]}
        if not acl:
            found = yield from _interface(self.change.host)
            if isinstance(found, Trouble):
                return found
            value = text(found, "SubnetId")
            asked = {"Filters": [{"Name": "association.subnet-id", "Values": [value]}]}
        acls = yield from _described("DescribeNetworkAcls", asked, "NetworkAcls")
        if not isinstance(acls, list):
            return acls
        if not acls:
            return refused(f"there is no network ACL {value} any more")
        self.change = msgspec.structs.replace(self.change, acl=text(acls[0], "NetworkAclId"))
        parts: dict[str, str | None] = {}
        for entry in listed(acls[0], "Entries"):
            number = at(entry, "RuleNumber")
            if isinstance(number, int) and number <= LAST_RULE:
                way = "outbound" if at(entry, "Egress") is True else "inbound"
                parts[f"{way} {number}"] = _entry(entry)
        return parts

    def wanted(self, before: Parts) -> Parts:
        after = dict(before)
        for way in WAYS:
            number = self._number(before, way)
            if number and self._denied(before, way) is None:
                after[f"{way} {number}"] = self._deny
        return after

    def concerns(self, before: Parts) -> tuple[GuardVerdict, ...]:
        """Whether there is room, and a number that comes early enough."""
        found: list[GuardVerdict] = []
        for way in WAYS:
            rules = [part for part in before if part.startswith(f"{way} ")]
            if self._denied(before, way) is None and not self._number(before, way):
                words = f"no number is free before the first {way} rule that lets it through"
                found.append(GuardVerdict("number", GuardLevel.REFUSE, words))
            if len(rules) + 2 > USUAL_RULES:
                words = f"{len(rules)} {way} rules: AWS takes {USUAL_RULES} unless asked for more"
                found.append(GuardVerdict("room", GuardLevel.WARN, words))
        return tuple(found)

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        calls: list[Call] = []
        for part, value in wanted.items():
            if now.get(part) == value:
                continue
            way, _, number = part.partition(" ")
            asked: dict[str, object] = {
                "NetworkAclId": self.change.acl,
                "RuleNumber": int(number),
                "Egress": WAYS[way],
            }
            if value is None:
                calls.append(Call("ec2", "DeleteNetworkAclEntry", asked))
                continue
            key = "Ipv6CidrBlock" if self._network.version == 6 else "CidrBlock"
            more = {"Protocol": "-1", "RuleAction": "deny", key: str(self._network)}
            calls.append(Call("ec2", "CreateNetworkAclEntry", asked | more))
        return calls

    @property
    def _deny(self) -> str:
        return f"deny -1 {self._network}"

    def _rules(self, before: Parts, way: str) -> dict[int, str]:
        return {
            int(part.partition(" ")[2]): value or ""
            for part, value in before.items()
            if part.startswith(f"{way} ")
        }

    def _denied(self, before: Parts, way: str) -> int | None:
        """The number of a rule that denies just that, before anything lets it through."""
        rules = self._rules(before, way)
        first = self._first_allowed(rules)
        return next(
            (n for n, text in sorted(rules.items()) if text == self._deny and n < first), None
        )

    def _number(self, before: Parts, way: str) -> int:
        """The highest number that is free and comes before all that lets it through; 0 for none."""
        rules = self._rules(before, way)
        first = self._first_allowed(rules)
        return next((n for n in range(first - 1, 0, -1) if n not in rules), 0)

    def _first_allowed(self, rules: Mapping[int, str]) -> int:
        for number, rule in sorted(rules.items()):
            action, _, rest = rule.partition(" ")
            other = network_of(rest.rpartition(" ")[2])
            if action == "allow" and other is not None and _touch(other, self._network):
                return number
        return LAST_RULE + 1


def _touch(one: Network, other: Network) -> bool:
    return covers(one, other) or covers(other, one)


def _entry(entry: object) -> str:
    """`allow 6 80-81 0.0.0.0/0`."""
    ports = at(entry, "PortRange")
    span = f" {at(ports, 'From')}-{at(ports, 'To')}" if ports else ""
    cidr = text(entry, "CidrBlock") or text(entry, "Ipv6CidrBlock")
    known = network_of(cidr)
    return f"{text(entry, 'RuleAction')} {text(entry, 'Protocol')}{span} {known or cidr}"


# -- rules of security groups --------------------------------------------------------------------


class RuleLever(Lever[ReplaceRule]):
    """Removes a rule of a security group, or puts a narrower one in its place."""

    @property
    def title(self) -> str:
        if self.change.instead:
            return f"Narrow the rule {self.change.rule} to {self.change.instead}"
        return f"Remove the rule {self.change.rule}"

    @property
    def effects(self) -> Sequence[str]:
        more = "nobody" if not self.change.instead else f"nobody but {self.change.instead}"
        return (
            f"By this rule {more} gets through any more, to whatever has its security group.",
            "Connections that stand live on until they end.",
        )

    @property
    def undo(self) -> str:
        return "The rule is there again as it was, with another id."

    @property
    def typed(self) -> str:
        return self.change.rule

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        instead = self.change.instead
        if instead and network_of(instead) is None:
            words = f"{instead!r} is neither an address nor a CIDR"
            return (GuardVerdict("form", GuardLevel.REFUSE, words),)
        words = "whoever comes in by this rule is shut out, the innocent too"
        return (GuardVerdict("others", GuardLevel.WARN, words),)

    @property
    def slot(self) -> str:
        return f"{self.change.account} rule {self.change.rule}"

    def supposed(self) -> Parts:
        return {f"{self.change.rule}": "there", **self._new(None)}

    def read(self) -> Reading:
        """The rule, and the one in its place: by what they let through, for ids come and go."""
        if not self.change.group:
            asked: dict[str, object] = {"SecurityGroupRuleIds": [self.change.rule]}
            found = yield from _described("DescribeSecurityGroupRules", asked, "SecurityGroupRules")
            if not isinstance(found, list):
                return found
            if not found or not _way(found[0]):
                return refused(f"there is no rule {self.change.rule}, or it names no addresses")
            self.change = msgspec.structs.replace(
                self.change, group=text(found[0], "GroupId"), permission=_permission(found[0])
            )
        asked = {"Filters": [{"Name": "group-id", "Values": [self.change.group]}]}
        found = yield from _described("DescribeSecurityGroupRules", asked, "SecurityGroupRules")
        if not isinstance(found, list):
            return found
        there = {_permission(each) for each in found}
        old, new = self.change.permission, self._narrowed
        parts: dict[str, str | None] = {old: "there" if old in there else None}
        if new:
            parts[new] = "there" if new in there else None
        return parts

    @property
    def _narrowed(self) -> str:
        """The permission that takes its place; "" for none."""
        network = network_of(self.change.instead)
        if network is None or not self.change.permission:
            return ""
        known = dict(json.loads(self.change.permission))
        return spelled(known | {"cidr": str(network)})

    def _new(self, value: str | None) -> Parts:
        return {self.change.instead: value} if self.change.instead else {}

    def wanted(self, before: Parts) -> Parts:
        if not self.change.permission:  # supposed
            return {self.change.rule: None, **self._new("there")}
        new = self._narrowed
        return {self.change.permission: None} | ({new: "there"} if new else {})

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        calls: list[Call] = []
        # What is let through is added before anything is taken away.
        for part, value in sorted(wanted.items(), key=lambda pair: pair[1] is None):
            if now.get(part) != value and part.startswith("{"):
                calls.append(self._call(part, adds=value is not None))
        return calls

    def _call(self, permission: str, *, adds: bool) -> Call:
        known = json.loads(permission)
        is_v6 = ":" in known["cidr"]
        one = {"CidrIpv6" if is_v6 else "CidrIp": known["cidr"]}
        if known["description"] and adds:
            one["Description"] = known["description"]
        asked: dict[str, object] = {"IpProtocol": known["protocol"]}
        if known["from"] is not None:
            asked |= {"FromPort": known["from"], "ToPort": known["to"]}
        asked["Ipv6Ranges" if is_v6 else "IpRanges"] = [one]
        verb = "Authorize" if adds else "Revoke"
        way = "Egress" if known["egress"] else "Ingress"
        more = {"GroupId": self.change.group, "IpPermissions": [asked]}
        return Call("ec2", f"{verb}SecurityGroup{way}", more)


def _way(rule: object) -> str:
    """The addresses that a rule is about; "" for a group or a list."""
    return text(rule, "CidrIpv4") or text(rule, "CidrIpv6")


def _permission(rule: object) -> str:
    """What a rule lets through, as text."""
    ports = (at(rule, "FromPort"), at(rule, "ToPort"))
    if text(rule, "IpProtocol") == "-1":
        ports = (None, None)
    return spelled(
        {
            "egress": at(rule, "IsEgress") is True,
            "protocol": text(rule, "IpProtocol"),
            "from": ports[0],
            "to": ports[1],
            "cidr": _way(rule),
            "description": text(rule, "Description"),
        }
    )


# -- quarantine ----------------------------------------------------------------------------------


class QuarantineLever(Lever[Quarantine]):
    """Gives the interfaces of a host the one security group that lets nothing through."""

    def __init__(self, change: Quarantine) -> None:
        super().__init__(change)
        self._group = ""
        self._subnets: list[object] = []

    @property
    def title(self) -> str:
        return f"Quarantine {self.change.host}"

    @property
    def effects(self) -> Sequence[str]:
        return (
            "It keeps its address and its disks, and the quarantine group alone says who gets "
            "through: all other groups are taken off.",
            "Connections that were made before live on until they end: a network ACL breaks those.",
        )

    @property
    def undo(self) -> str:
        return "Each interface gets the very groups back that it had."

    @property
    def typed(self) -> str:
        return self.change.host.rpartition(":")[2]

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        if self.change.groups:
            return (GuardVerdict("group", GuardLevel.PASS, "a quarantine group is configured"),)
        words = "no quarantine group is configured: answers.quarantine names one for each VPC"
        return (GuardVerdict("group", GuardLevel.REFUSE, words),)

    @property
    def slot(self) -> str:
        return f"{self.change.account} host {self.change.host}"

    @property
    def _is_function(self) -> bool:
        return not self.change.host.startswith(("i-", "eni-"))

    def supposed(self) -> Parts:
        return {self.change.host: "sg-of-today"}

    def read(self) -> Reading:
        """The groups of each interface, and the quarantine group of its VPC."""
        parts: dict[str, str | None] = {}
        if self._is_function:
            found = yield from self._function()
        else:
            found = yield from self._interfaces()
        if not isinstance(found, dict):
            return found
        vpcs = {vpc for vpc, _ in found.values()}
        asked = {"GroupIds": list(self.change.groups)}
        known = yield from _described("DescribeSecurityGroups", asked, "SecurityGroups")
        if not isinstance(known, list):
            return known
        group = next((text(g, "GroupId") for g in known if text(g, "VpcId") in vpcs), "")
        if not group or len(vpcs) != 1:
            named = ", ".join(self.change.groups)
            return refused(f"none of {named} is in the VPC of {self.change.host}")
        self._group = group
        for name, (_, groups) in found.items():
            parts[name] = " ".join(sorted(groups))
        return parts

    def _interfaces(
        self,
    ) -> Generator[Call, Answer, dict[str, tuple[str, list[str]]] | Trouble]:
        host = self.change.host
        key = "attachment.instance-id" if host.startswith("i-") else "network-interface-id"
        asked = {"Filters": [{"Name": key, "Values": [host]}]}
        found = yield from _described("DescribeNetworkInterfaces", asked, "NetworkInterfaces")
        if not isinstance(found, list):
            return found
        if not found:
            return refused(f"there is no interface of {host} any more")
        if any(at(each, "RequesterManaged") is True for each in found):
            return refused(f"{host} belongs to a service of AWS, which alone may change its groups")
        return {
            text(each, "NetworkInterfaceId"): (
                text(each, "VpcId"),
                [text(group, "GroupId") for group in listed(each, "Groups")],
            )
            for each in found
        }

    def _function(self) -> Generator[Call, Answer, dict[str, tuple[str, list[str]]] | Trouble]:
        asked = {"FunctionName": self.change.host}
        answer = took((yield Call("lambda", "GetFunctionConfiguration", asked)))
        if not isinstance(answer, Reply):
            return answer
        vpc = text(answer.answer, "VpcConfig", "VpcId")
        if not vpc:
            return refused(f"{self.change.host} is in no VPC: it has no groups to change")
        self._subnets = list(listed(answer.answer, "VpcConfig", "SubnetIds"))
        groups = listed(answer.answer, "VpcConfig", "SecurityGroupIds")
        return {self.change.host: (vpc, [each for each in groups if isinstance(each, str)])}

    def wanted(self, before: Parts) -> Parts:
        return dict.fromkeys(before, self._group or next(iter(self.change.groups), None))

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        calls: list[Call] = []
        for part, value in wanted.items():
            if now.get(part) == value or value is None:
                continue
            groups = value.split()
            if self._is_function:
                vpc = {"SubnetIds": self._subnets, "SecurityGroupIds": groups}
                asked: dict[str, object] = {"FunctionName": part, "VpcConfig": vpc}
                calls.append(Call("lambda", "UpdateFunctionConfiguration", asked))
            else:
                asked = {"NetworkInterfaceId": part, "Groups": groups}
                calls.append(Call("ec2", "ModifyNetworkInterfaceAttribute", asked))
        return calls
