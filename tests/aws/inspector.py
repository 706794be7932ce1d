"""A strict Inspector: findings that are updated in place, listed page by page as AWS does it."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests import holes
from tests.aws.server import Call, ServiceError

_HOME = ("111122223333", "eu-west-1")
_PAGE = 25
"""How many a page has, unless fewer are asked for: no answer of the model has more."""


def finding(
    number: int,
    updated: datetime,
    *,
    status: str = "ACTIVE",
    resource: str = "AWS_LAMBDA_FUNCTION",
    type_: str = "PACKAGE_VULNERABILITY",
) -> dict[str, Any]:
    """A finding about a function (or what else), by the model's names."""
    made: dict[str, Any] = copy.deepcopy(holes.inspector(number, status=status))
    made["type"] = type_
    for key in ("firstObservedAt", "lastObservedAt", "updatedAt"):
        made[key] = updated
    made["resources"][0]["type"] = resource
    return made


class FakeInspector:
    """Implements `server.Service`."""

    name = "inspector2"

    def __init__(self) -> None:
        self.findings: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self.scans = {"lambda": "ENABLED", "ecr": "ENABLED"}
        self.before: Callable[[str, Call], None] = lambda operation, call: None
        """Called before each answer: what happens meanwhile."""
        self.asked: list[dict[str, Any]] = []
        """The criteria of each listing's first page."""

    def put(self, *findings: dict[str, Any], home: tuple[str, str] = _HOME) -> None:
        """New findings, or updates that take the place of what was there."""
        for each in findings:
            self.findings.setdefault(home, {})[each["findingArn"]] = copy.deepcopy(each)

    def update(self, number: int, updated: datetime, status: str = "ACTIVE") -> None:
        """The finding changes in place."""
        arn = finding(number, updated)["findingArn"]
        self.findings[_HOME][arn] |= {"updatedAt": updated, "status": status}

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        self.before(call.operation, call)
        if call.operation == "BatchGetAccountStatus":
            return self._status(call)
        if call.operation == "ListFindings":
            return self._list(call)
        raise AssertionError(f"the fake has no {call.operation}")

    def _status(self, call: Call) -> dict[str, Any]:
        assert not call.asked.get("accountIds"), "whoever asks means itself"
        states = {key: _state(self.scans.get(key, "DISABLED")) for key in ("ec2", "ecr", "lambda")}
        account = {
            "accountId": call.account,
            "state": _state("ENABLED"),
            "resourceState": states,
        }
        return {"accounts": [account], "failedAccounts": []}

    def _list(self, call: Call) -> dict[str, Any]:
        criteria = call.asked.get("filterCriteria", {})
        held = self.findings.get(call.home, {}).values()
        found = [each for each in held if all(_meets(each, *one) for one in criteria.items())]
        token = call.asked.get("nextToken")
        if token is None:
            self.asked.append(criteria)
        start = 0
        if token is not None:
            if not token.startswith("page-"):
                raise ServiceError("ValidationException", "Invalid pagination token.")
            start = int(token.removeprefix("page-"))
        stop = start + min(call.asked.get("maxResults", _PAGE), _PAGE)
        answer: dict[str, Any] = {"findings": [_on_the_wire(each) for each in found[start:stop]]}
        if stop < len(found):
            answer["nextToken"] = f"page-{stop}"
        return answer


def _on_the_wire(finding: dict[str, Any]) -> dict[str, Any]:
    """Times are seconds since the epoch there."""
    return {
        key: value.timestamp() if isinstance(value, datetime) else copy.deepcopy(value)
        for key, value in finding.items()
    }


def _state(status: str) -> dict[str, Any]:
    return {"status": status, "errorCode": "ALREADY_ENABLED", "errorMessage": "-"}


_FIELDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "findingType": lambda finding: str(finding["type"]),
    "findingStatus": lambda finding: str(finding["status"]),
    "resourceType": lambda finding: str(finding["resources"][0]["type"]),
}


def _meets(finding: dict[str, Any], key: str, filters: list[dict[str, Any]]) -> bool:
    """Whether one of a criterion's filters holds."""
    if key == "updatedAt":
        return any(_is_between(finding[key], each) for each in filters)
    value = _FIELDS[key](finding)
    for each in filters:
        assert each["comparison"] == "EQUALS", "the fake compares no other way"
    return any(value == each["value"] for each in filters)


def _is_between(at: datetime, span: dict[str, Any]) -> bool:
    begin, end = (_time(span.get(key)) for key in ("startInclusive", "endInclusive"))
    return (begin is None or begin <= at) and (end is None or at <= end)


def _time(value: Any) -> datetime | None:
    """As the wire has it: seconds since the epoch."""
    if value is None:
        return None
    return value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
