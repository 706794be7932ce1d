"""A strict CloudTrail: LookupEvents newest first, fifty a page, twice a second."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

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
        self._wall = wall
        self._calls: dict[tuple[str, str], list[float]] = {}

    def put(
        self,
        event_id: str,
        when: float,
        *,
        account: str = "111122223333",
        region: str = "eu-west-1",
    ) -> None:
        """An event that happened at `when` (seconds), and is known from now on."""
        record = {"eventVersion": "1.11", "eventID": event_id, "eventName": "DeleteTable"}
        self.events.setdefault((account, region), []).append((when, record))

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        if call.operation == "DescribeTrails":
            return {"trailList": self.trails}
        if call.operation == "GetTrailStatus":
            return {"IsLogging": call.asked["Name"] not in self.stopped}
        if call.operation != "LookupEvents":
            raise AssertionError(f"the fake has no {call.operation}")
        now = self._wall()
        lately = [at for at in self._calls.get(call.home, ()) if at > now - 1]
        if len(lately) >= 2:
            raise ServiceError("ThrottlingException", "Rate exceeded")
        self._calls[call.home] = [*lately, now]
        self.before(call)
        return self._page(call.asked, self.events.get(call.home, []))

    def _page(
        self, asked: dict[str, Any], held: list[tuple[float, dict[str, Any]]]
    ) -> dict[str, Any]:
        since = asked.get("StartTime", 0)
        found = sorted((pair for pair in held if pair[0] >= since), key=lambda pair: -pair[0])
        start = int(asked.get("NextToken", 0))
        stop = start + 50
        events = [
            {
                "EventId": record["eventID"],
                "EventName": record["eventName"],
                "EventTime": when,
                "CloudTrailEvent": json.dumps(record),
            }
            for when, record in found[start:stop]
        ]
        return {"Events": events} | ({"NextToken": str(stop)} if stop < len(found) else {})
