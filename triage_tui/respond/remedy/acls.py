"""Denies an address in the network ACL of a host's subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.networks import network_of
from triage_tui.remedies import DenyInAcl
from triage_tui.respond.guard import judge
from triage_tui.respond.ranges import covers

from .calls import Call, Trouble, at, listed, refused, text
from .ec2 import described, interface_of
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage_tui.networks import Network
    from triage_tui.remedies import Parts

    from .calls import Reading
    from .guard import RemedyPolicy

WAYS = {"inbound": False, "outbound": True}
"""Whether it is egress, to EC2."""
LAST_RULE = 32_766
"""The highest number of a rule; what comes after it is the default."""
USUAL_RULES = 20
"""Rules of each direction and family in a network ACL, the default one among them, unless AWS was
asked for more (40 at most)."""


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
            found = yield from interface_of(self.change.host)
            if isinstance(found, Trouble):
                return found
            value = text(found, "SubnetId")
            asked = {"Filters": [{"Name": "association.subnet-id", "Values": [value]}]}
        acls = yield from described("DescribeNetworkAcls", asked, "NetworkAcls")
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
            rules = [text for text in self._rules(before, way).values() if self._is_alike(text)]
            if self._denied(before, way) is None and not self._number(before, way):
                words = f"no number is free before the first {way} rule that lets it through"
                found.append(GuardVerdict("number", GuardLevel.REFUSE, words))
            if len(rules) + 1 >= USUAL_RULES:
                words = f"{len(rules) + 1} {way} rules of IPv{self._network.version}, the default "
                words += f"one too: AWS takes {USUAL_RULES} unless asked for more"
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

    def _is_alike(self, rule: str) -> bool:
        """Whether a rule is of the family of what is denied."""
        other = network_of(rule.rpartition(" ")[2])
        return other is not None and other.version == self._network.version

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
