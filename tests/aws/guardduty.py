"""A strict GuardDuty: findings that are updated in place, listed and fetched as AWS does it."""

import copy
import operator
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from tests.aws.server import Call, ServiceError
from tests.aws.wire import from_wire, model

_HOME = ("111122223333", "eu-west-1")
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "Gt": operator.gt,
    "Gte": operator.ge,
    "Lt": operator.lt,
    "Lte": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}
_LISTS = {
    "ListIPSets": (False, "IpSetId"),
    "GetIPSet": (False, "IpSetId"),
    "ListTrustedEntitySets": (True, "TrustedEntitySetId"),
    "GetTrustedEntitySet": (True, "TrustedEntitySetId"),
    "ListThreatIntelSets": (False, "ThreatIntelSetId"),
    "GetThreatIntelSet": (False, "ThreatIntelSetId"),
    "ListThreatEntitySets": (True, "ThreatEntitySetId"),
    "GetThreatEntitySet": (True, "ThreatEntitySetId"),
}
"""Whether an operation is of the newer kind of list, and what it calls a list's id."""
_FIELDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "id": lambda finding: str(finding["Id"]),
    "type": lambda finding: str(finding["Type"]),
    "region": lambda finding: str(finding["Region"]),
    "accountId": lambda finding: str(finding["AccountId"]),
    "service.archived": lambda finding: str(finding["Service"]["Archived"]).lower(),
}


def finding(
    number: int,
    updated: str,
    *,
    ip: str = "198.51.100.23",
    account: str = "111122223333",
    region: str = "eu-west-1",
) -> dict[str, Any]:
    """A finding about an API call from an address, by the model's names."""
    return {
        "AccountId": account,
        "Arn": f"arn:aws:guardduty:{region}:{account}:detector/d/finding/{number:032x}",
        "CreatedAt": "2026-11-24T01:00:00.000Z",
        "Id": f"{number:032x}",
        "Region": region,
        "Resource": {
            "AccessKeyDetails": {
                "AccessKeyId": "AKIDEXAMPLE",
                "PrincipalId": "AIDAEXAMPLE",
                "UserName": "maria.keller",
                "UserType": "IAMUser",
            },
            "ResourceType": "AccessKey",
        },
        "SchemaVersion": "2.0",
        "Service": {
            "Action": {
                "ActionType": "AWS_API_CALL",
                "AwsApiCallAction": {
                    "Api": "DeleteItem",
                    "CallerType": "Remote IP",
                    "RemoteIpDetails": {"IpAddressV4": ip},
                    "ServiceName": "dynamodb.amazonaws.com",
                },
            },
            "Archived": False,
            "Count": 1,
            "DetectorId": "d",
            "EventFirstSeen": "2026-11-24T01:00:00.000Z",
            "EventLastSeen": updated,
            "ServiceName": "guardduty",
        },
        "Severity": 8.0,
        "Title": "Unusual calls",
        "Type": "Impact:IAMUser/AnomalousBehavior",
        "UpdatedAt": updated,
    }


class FakeGuardDuty:
    """Implements `server.Service`. `detectors` are by (account, region)."""

    name = "guardduty"

    def __init__(self, milliseconds: Callable[[str], int]) -> None:
        """`milliseconds` reads the times of findings."""
        self.detectors: dict[tuple[str, str], str] = {}
        self.findings: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self.comments: list[str] = []
        """What was said with each rating."""
        self.vanishing: set[str] = set()
        """Ids that are listed, and that GetFindings no longer knows."""
        self.before: Callable[[str, Call], None] = lambda operation, call: None
        """Called before each answer: what happens meanwhile."""
        self.lists: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        """Trusted lists by account and region, then id: as GetIPSet answers."""
        self.entity_lists: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        """The newer ones, as GetTrustedEntitySet answers."""
        self.threats: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        """Threat lists, as GetThreatIntelSet answers."""
        self.threat_entities: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        """The newer ones, as GetThreatEntitySet answers."""
        self.members: dict[str, str] = {}
        """Accounts that another one administers, each with that one."""
        self._milliseconds = milliseconds
        self._answers = 0

    def enable(self, account: str = _HOME[0], region: str = _HOME[1]) -> None:
        """Like AWS, an account and region has one detector at most."""
        self.detectors[account, region] = f"{hash((account, region)) & (1 << 128) - 1:032x}"

    def disable(self, account: str = _HOME[0], region: str = _HOME[1]) -> None:
        """The findings go with the detector."""
        del self.detectors[account, region]
        self.findings.pop((account, region), None)

    def put(self, *findings: dict[str, Any]) -> None:
        """New findings, or updates that take the place of what was there."""
        for each in findings:
            home = each["AccountId"], each["Region"]
            self.findings.setdefault(home, {})[each["Id"]] = copy.deepcopy(each)

    def update(self, number: int, updated: str, ip: str, home: tuple[str, str] = _HOME) -> None:
        """The finding was seen once more: what GuardDuty changes of it, in place."""
        known = self.findings[home][f"{number:032x}"]
        known["UpdatedAt"] = known["Service"]["EventLastSeen"] = updated
        known["Service"]["Count"] += 1
        call = known["Service"]["Action"]["AwsApiCallAction"]
        call["RemoteIpDetails"] = {"IpAddressV4": ip}

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        self.before(call.operation, call)
        return self.answer(call.operation, call.asked, call.home)

    def answer(
        self, operation: str, asked: dict[str, Any], home: tuple[str, str] = _HOME
    ) -> dict[str, Any]:
        """The answer to a call, without HTTP. Raises ServiceError."""
        if operation == "ListDetectors":
            known = self.detectors.get(home)
            return {"DetectorIds": [known] if known else []}
        if self.detectors.get(home) != asked["DetectorId"]:
            text = "The request is rejected because the input detectorId is not owned."
            raise ServiceError("BadRequestException", text)
        if operation == "GetAdministratorAccount":
            whose = self.members.get(home[0])
            said = {"AccountId": whose, "RelationshipStatus": "Enabled"}
            return {"Administrator": said if whose else {}}
        if operation == "ListMembers":
            return self._members(asked, home[0])
        held = self.findings.get(home, {})
        if operation in _LISTS:
            return self._trusted(operation, asked, home, *_LISTS[operation])
        if operation == "ListFindings":
            return self._list(asked, held)
        ids = asked["FindingIds"]
        if operation == "GetFindings":  # in no order
            found = [held[each] for each in ids if each in held and each not in self.vanishing]
            return {"Findings": copy.deepcopy(found[::-1])}
        if len(ids) > 50:
            raise ServiceError("BadRequestException", "The request is rejected: too many ids.")
        if operation in ("ArchiveFindings", "UnarchiveFindings"):
            for each in ids:
                held[each]["Service"]["Archived"] = operation == "ArchiveFindings"
            return {}
        if operation == "UpdateFindingsFeedback":
            self.comments.append(asked.get("Comments", ""))
            for each in ids:
                held[each]["Service"]["UserFeedback"] = asked["Feedback"]
            return {}
        raise AssertionError(f"the fake has no {operation}")

    def _members(self, asked: dict[str, Any], whose: str) -> dict[str, Any]:
        """Two a page."""
        held = sorted(each for each, who in self.members.items() if who == whose)
        start = int(asked.get("NextToken") or 0)
        found = [
            {
                "AccountId": each,
                "MasterId": whose,
                "AdministratorId": whose,
                "Email": f"{each}@example.com",
                "RelationshipStatus": "Enabled",
                "UpdatedAt": "2026-11-24T01:00:00.000Z",
            }
            for each in held[start : start + 2]
        ]
        page: dict[str, Any] = {"Members": found}
        return page | ({"NextToken": str(start + 2)} if start + 2 < len(held) else {})

    def _trusted(
        self, operation: str, asked: dict[str, Any], home: tuple[str, str], newer: bool, of: str
    ) -> dict[str, Any]:
        """A page of the lists' ids (one at a time), or the list that the asked id is of."""
        old, new = self.lists, self.entity_lists
        if "Threat" in operation:
            old, new = self.threats, self.threat_entities
        held = (new if newer else old).get(home, {})
        if of in asked:
            if asked[of] not in held:
                text = "The request is rejected because the input ipSetId is not owned."
                raise ServiceError("BadRequestException", text)
            return dict(held[asked[of]])
        start = int(asked.get("NextToken") or 0)
        page = {f"{of}s": list(held)[start : start + 1]}
        return page | ({"NextToken": str(start + 1)} if start + 1 < len(held) else {})

    def _list(self, asked: dict[str, Any], held: dict[str, dict[str, Any]]) -> dict[str, Any]:
        criteria = asked.get("FindingCriteria", {}).get("Criterion", {})
        order = asked.get("SortCriteria", {})
        assert order.get("AttributeName", "updatedAt") == "updatedAt"
        found = sorted(
            (
                (self._milliseconds(each["UpdatedAt"]), each["Id"])
                for each in held.values()
                if all(self._meets(each, *criterion) for criterion in criteria.items())
            ),
            reverse=order.get("OrderBy") == "DESC",
        )
        start = int(asked.get("NextToken") or 0)
        stop = start + asked.get("MaxResults", 50)
        answer: dict[str, Any] = {"FindingIds": [known for _, known in found[start:stop]]}
        if stop < len(found):
            answer["NextToken"] = str(stop)
        else:
            self._answers += 1
            if self._answers % 2:  # the last page says so in either way
                answer["NextToken"] = ""
        return answer

    def _meets(self, finding: dict[str, Any], key: str, condition: dict[str, Any]) -> bool:
        """Whether a criterion holds, in any of the spellings that AWS takes."""
        if key == "updatedAt":
            return _is_between(self._milliseconds(finding["UpdatedAt"]), condition)
        if key == "severity":
            return _is_between(finding["Severity"], condition)
        return _is_among(_FIELDS[key](finding), condition)


def _is_between(value: float, condition: dict[str, Any]) -> bool:
    for name, bound in condition.items():
        if name not in _COMPARED:
            return _is_among(f"{value:g}", condition)
        if not _COMPARED[name](value, bound):
            return False
    return True


def _is_among(value: str, condition: dict[str, Iterable[str]]) -> bool:
    for name, values in condition.items():
        if name not in ("Eq", "Equals", "Neq", "NotEquals"):
            text = f"The request is rejected because {name} does not go with text."
            raise ServiceError("BadRequestException", text)
        if (value in values) is name.startswith("N"):
            return False
    return True


def parsed(wire: dict[str, Any]) -> dict[str, Any]:
    """A finding in the spelling of the wire, by the model's names."""
    shape = model("guardduty").shape_for("Finding")
    found: dict[str, Any] = from_wire(wire, shape)
    return found
