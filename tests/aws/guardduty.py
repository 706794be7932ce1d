"""A strict GuardDuty: findings that are updated in place, listed and fetched as AWS does it."""

import copy
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.aws.server import Call, ServiceError, from_wire, model

_NAMES = {
    "gte": "GreaterThanOrEqual",
    "greaterThanOrEqual": "GreaterThanOrEqual",
    "GreaterThanOrEqual": "GreaterThanOrEqual",
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
        self.vanishing: set[str] = set()
        """Ids that are listed, and that GetFindings no longer knows."""
        self._milliseconds = milliseconds
        self._answers = 0

    def enable(self, account: str = "111122223333", region: str = "eu-west-1") -> None:
        self.detectors[account, region] = "d" * 32

    def put(self, *findings: dict[str, Any]) -> None:
        """New findings, or updates that take the place of what was there."""
        for each in findings:
            home = each["AccountId"], each["Region"]
            self.findings.setdefault(home, {})[each["Id"]] = copy.deepcopy(each)

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        if call.operation == "ListDetectors":
            known = self.detectors.get(call.home)
            return {"DetectorIds": [known] if known else []}
        if self.detectors.get(call.home) != call.asked["DetectorId"]:
            text = "The request is rejected because the input detectorId is not owned."
            raise ServiceError("BadRequestException", text)
        held = self.findings.get(call.home, {})
        if call.operation == "ListFindings":
            return self._list(call.asked, held)
        if call.operation == "GetFindings":
            ids = [each for each in call.asked["FindingIds"] if each not in self.vanishing]
            return {"Findings": [copy.deepcopy(held[each]) for each in ids if each in held][::-1]}
        raise AssertionError(f"the fake has no {call.operation}")

    def _list(self, asked: dict[str, Any], held: dict[str, dict[str, Any]]) -> dict[str, Any]:
        since = 0
        for key, condition in asked.get("FindingCriteria", {}).get("Criterion", {}).items():
            assert key == "updatedAt", f"the fake knows no criterion {key}"
            for name, value in condition.items():
                assert _NAMES[name] == "GreaterThanOrEqual"
                since = value
        order = asked.get("SortCriteria", {})
        assert order in ({}, {"AttributeName": "updatedAt", "OrderBy": "ASC"})
        found = sorted(
            (each["UpdatedAt"], each["Id"])
            for each in held.values()
            if self._milliseconds(each["UpdatedAt"]) >= since
        )
        token = asked.get("NextToken", "")
        start = int(token) if token else 0
        stop = start + min(asked.get("MaxResults", 50), 50)
        answer: dict[str, Any] = {"FindingIds": [known for _, known in found[start:stop]]}
        if stop < len(found):
            answer["NextToken"] = str(stop)
        else:
            self._answers += 1
            if self._answers % 2:  # the last page says so in either way
                answer["NextToken"] = ""
        return answer


def parsed(wire: dict[str, Any]) -> dict[str, Any]:
    """A finding in the spelling of the wire, by the model's names."""
    shape = model("guardduty").shape_for("Finding")
    found: dict[str, Any] = from_wire(wire, shape)
    return found
