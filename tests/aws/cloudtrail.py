"""A strict CloudTrail: LookupEvents by one attribute, newest first, fifty a page, two a second."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.aws.limits import Rates
from tests.aws.server import Call, ServiceError


class FakeCloudTrail:
    """Implements `server.Service`. `events` are by (account, region), as (seconds, record)."""

    name = "cloudtrail"

    def __init__(self, wall: Callable[[], float]) -> None:
        self.events: dict[tuple[str, str], list[tuple[float, dict[str, Any]]]] = {}
        self.trails: list[dict[str, Any]] = []
        self.stopped: set[str] = set()
        """ARNs of trails that do not log."""
        self.before: Callable[[Call], None] = lambda call: None
        """Called before each page: what goes wrong."""
        self._rates = Rates(wall)
        self._tokens: set[tuple[object, str]] = set()
        self._found: dict[object, tuple[int, list[tuple[float, dict[str, Any]]]]] = {}
        """What was looked up, of so many events."""

    def put(
        self,
        event_id: str,
        when: float,
        *,
        account: str = "111122223333",
        region: str = "eu-west-1",
        **fields: object,
    ) -> None:
        """An event that happened at `when` (seconds), and is known from now on."""
        record = {"eventVersion": "1.11", "eventID": event_id, "eventName": "DeleteTable"} | fields
        self.events.setdefault((account, region), []).append((when, record))

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        if call.operation == "DescribeTrails":
            return {"trailList": self.trails}
        if call.operation == "GetTrailStatus":
            return {"IsLogging": call.asked["Name"] not in self.stopped}
        if call.operation != "LookupEvents":
            raise AssertionError(f"the fake has no {call.operation}")
        self._rates.take(call, 2)
        self.before(call)
        return self._page(call, call.asked, self.events.get(call.home, []))

    def _page(
        self, call: Call, asked: dict[str, Any], held: list[tuple[float, dict[str, Any]]]
    ) -> dict[str, Any]:
        since, until = asked.get("StartTime", 0), asked.get("EndTime", float("inf"))
        if since > until:
            text = "The start time is after the end time."
            raise ServiceError("InvalidTimeRangeException", text)
        is_wanted = _wanted(asked.get("LookupAttributes", []))
        query = call.home, str({**asked, "NextToken": None})
        token = asked.get("NextToken")
        if token is not None and (query, token) not in self._tokens:
            raise ServiceError("InvalidNextTokenException", "Invalid token in request")
        count, found = self._found.get(query, (-1, []))
        if count != len(held):
            found = sorted(
                (pair for pair in held if since <= pair[0] <= until and is_wanted(pair[1])),
                key=lambda pair: -pair[0],
            )
            self._found[query] = len(held), found
        start = int(token or 0)
        stop = start + asked.get("MaxResults", 50)
        answer: dict[str, Any] = {"Events": [_event(*pair) for pair in found[start:stop]]}
        if stop < len(found):
            self._tokens.add((query, str(stop)))
            answer["NextToken"] = str(stop)
        return answer


_FIELDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "EventId": lambda record: record["eventID"],
    "EventName": lambda record: record["eventName"],
    "EventSource": lambda record: record.get("eventSource"),
    "ReadOnly": lambda record: str(record.get("readOnly", "")).lower() or None,
    "Username": lambda record: record.get("userIdentity", {}).get("userName"),
    "AccessKeyId": lambda record: record.get("userIdentity", {}).get("accessKeyId"),
}


def _wanted(attributes: list[dict[str, str]]) -> Callable[[dict[str, Any]], bool]:
    """What is looked up: one attribute at most. Raises ServiceError."""
    if len(attributes) > 1:
        text = "You can only use one attribute to look up events."
        raise ServiceError("InvalidLookupAttributesException", text)
    if not attributes:
        return lambda record: True
    key, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    assert key in _FIELDS, f"the fake looks nothing up by {key}"
    return lambda record: _FIELDS[key](record) == value


def _event(when: float, record: dict[str, Any]) -> dict[str, Any]:
    known = {name: field(record) for name, field in _FIELDS.items()}
    return {name: value for name, value in known.items() if value is not None} | {
        "EventTime": when,
        "CloudTrailEvent": json.dumps(record),
    }
