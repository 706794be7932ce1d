"""Removes a rule of a security group, or puts a narrower one in its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.networks import network_of
from triage_tui.remedies import ReplaceRule

from .calls import Call, at, refused, spelled, text
from .ec2 import described
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import Parts

    from .calls import Reading
    from .guard import RemedyPolicy


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
            found = yield from described("DescribeSecurityGroupRules", asked, "SecurityGroupRules")
            if not isinstance(found, list):
                return found
            if not found or not _way(found[0]):
                return refused(f"there is no rule {self.change.rule}, or it names no addresses")
            self.change = msgspec.structs.replace(
                self.change, group=text(found[0], "GroupId"), permission=_permission(found[0])
            )
        asked = {"Filters": [{"Name": "group-id", "Values": [self.change.group]}]}
        found = yield from described("DescribeSecurityGroupRules", asked, "SecurityGroupRules")
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
