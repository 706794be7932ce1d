"""Other security groups for a host: the one that lets nothing through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.remedies import Quarantine
from triage_tui.respond.ipset import TroubleKind

from .calls import Call, Reply, Trouble, at, listed, refused, text, took
from .ec2 import described
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from triage_tui.remedies import Parts

    from .calls import Answer, Reading
    from .guard import RemedyPolicy


class QuarantineLever(Lever[Quarantine]):
    """Gives the interfaces of a host the one security group that lets nothing through."""

    def __init__(self, change: Quarantine) -> None:
        super().__init__(change)
        self._group = ""
        self._vpc: dict[str, object] = {}
        """What else there is to say of a function's network."""

    @property
    def title(self) -> str:
        word = "the function " if self._is_function else ""
        return f"Quarantine {word}{self.change.host.rpartition(':')[2]}"

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
        # Named otherwise, one that is in another region or account fails the call.
        asked = {"Filters": [{"Name": "group-id", "Values": list(self.change.groups)}]}
        known = yield from described("DescribeSecurityGroups", asked, "SecurityGroups")
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
        found = yield from described("DescribeNetworkInterfaces", asked, "NetworkInterfaces")
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
        match text(answer.answer, "LastUpdateStatus"):
            case "InProgress":
                words = f"the last change of {self.change.host} has not come through yet"
                return Trouble(TroubleKind.BUSY, words)
            case "Failed":
                why = text(answer.answer, "LastUpdateStatusReason") or "Lambda says no reason"
                return refused(f"the last change of {self.change.host} failed: {why}")
        self._vpc = {"SubnetIds": list(listed(answer.answer, "VpcConfig", "SubnetIds"))}
        if at(answer.answer, "VpcConfig", "Ipv6AllowedForDualStack") is True:
            self._vpc["Ipv6AllowedForDualStack"] = True
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
                vpc = {**self._vpc, "SecurityGroupIds": groups}
                asked: dict[str, object] = {"FunctionName": part, "VpcConfig": vpc}
                calls.append(Call("lambda", "UpdateFunctionConfiguration", asked))
            else:
                asked = {"NetworkInterfaceId": part, "Groups": groups}
                calls.append(Call("ec2", "ModifyNetworkInterfaceAttribute", asked))
        return calls
