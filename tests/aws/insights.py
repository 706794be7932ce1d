"""A strict Logs Insights: it knows the queries that we send, limits rows and queries at once,
counts the bytes it scans, takes its time, and stops when it is told to."""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.aws.groups import Group, Stored, size_of
from tests.aws.server import Call, ServiceError

MOST = 10_000
_QUERY = re.compile(
    r"fields @timestamp, @message, @logStream, @log, @ingestionTime"
    r" \| filter \((?P<where>.+)\)"
    r" \| filter toMillis\(@timestamp\) >= (?P<start>\d+) and toMillis\(@timestamp\) < (?P<end>\d+)"
    r" \| sort @timestamp desc \| limit (?P<limit>\d+)",
    re.DOTALL,
)
_TERM = re.compile(r'@message like (?:"((?:[^"\\]|\\.)*)"|/((?:[^/\\]|\\.)*)/)', re.DOTALL)


@dataclass
class Query:
    """One that was started."""

    rows: list[list[dict[str, str]]]
    scanned: int
    matched: int
    looks: int
    """So often it is still at work when somebody looks."""
    span: tuple[int, int]
    status: str = "Scheduled"


@dataclass
class Insights:
    """The queries of all accounts and regions."""

    looks: int = 1
    at_once: int = 30
    fails: int = 0
    """So many of the next ones fail."""
    queries: dict[str, Query] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def running(self) -> int:
        """Queries that are at work."""
        return sum(each.status in ("Scheduled", "Running") for each in self.queries.values())

    def start(self, call: Call, find: Callable[[str], Group]) -> dict[str, Any]:
        asked = call.asked
        given = asked.keys() - {"startTime", "endTime", "queryString", "limit"}
        assert given == {"logGroupIdentifiers"}, given
        if not 1 <= len(asked["logGroupIdentifiers"]) <= 50:
            raise ServiceError("InvalidParameterException", "1 to 50 log groups")
        if asked["startTime"] > asked["endTime"]:
            raise ServiceError("InvalidParameterException", "the end is before the start")
        if self.running >= self.at_once:
            raise ServiceError("LimitExceededException", "too many concurrent queries")
        found = _QUERY.fullmatch(asked["queryString"])
        if found is None:
            raise ServiceError("MalformedQueryException", asked["queryString"])
        limit = int(found["limit"])
        assert limit == asked.get("limit", limit) <= MOST
        matches = _matcher(found["where"])
        span = int(found["start"]), int(found["end"])
        within = asked["startTime"] * 1000, asked["endTime"] * 1000 + 999
        groups = [find(each) for each in asked["logGroupIdentifiers"]]
        scanned, hits = 0, list[tuple[Stored, Group]]()
        for group in groups:
            first = bisect_left(group.events, (within[0],))
            for event in group.events[first : bisect_left(group.events, (within[1] + 1,))]:
                scanned += size_of(event.message)
                if span[0] <= event.time < span[1] and matches(event.message):
                    hits.append((event, group))
        hits.sort(key=lambda hit: (-hit[0].time, hit[0].number * 7919 % 10_007))
        rows = [_row(event, group) for event, group in hits[:limit]]
        number = f"{len(self.queries) + 1:08d}-0000-4000-8000-000000000000"
        self.queries[number] = Query(rows, scanned, len(hits), self.looks, span)
        self.most_at_once = max(self.most_at_once, self.running)
        return {"queryId": number}

    def look(self, call: Call) -> dict[str, Any]:
        query = self._query(call)
        if query.status in ("Scheduled", "Running"):
            query.looks -= 1
            query.status = "Running"
            if query.looks < 0:
                query.status = "Failed" if self.fails else "Complete"
                self.fails = max(0, self.fails - 1)
        done = query.status == "Complete"
        # While it runs, some of the rows are there already: nobody may take them for all.
        rows = query.rows if done else query.rows[: len(query.rows) // 2]
        return {
            "results": rows,
            "status": query.status,
            "statistics": {
                "recordsMatched": float(query.matched),
                "recordsScanned": float(query.matched),
                "bytesScanned": float(query.scanned if done else query.scanned // 2),
            },
        }

    def stop(self, call: Call) -> dict[str, Any]:
        query = self._query(call)
        if query.status not in ("Scheduled", "Running"):
            raise ServiceError("InvalidParameterException", "the query has ended")
        query.status = "Cancelled"
        self.stopped.append(call.asked["queryId"])
        return {"success": True}

    def _query(self, call: Call) -> Query:
        found = self.queries.get(call.asked["queryId"])
        if found is None:
            raise ServiceError("ResourceNotFoundException", "there is no such query")
        return found


def _matcher(where: str) -> Callable[[str], bool]:
    """Terms that are joined by `or`; nothing else is understood."""
    patterns: list[re.Pattern[str]] = []
    left = where
    while True:
        found = _TERM.match(left)
        if found is None:
            raise ServiceError("MalformedQueryException", where)
        if found[1] is not None:
            text = found[1].replace('\\"', '"').replace("\\\\", "\\")
            patterns.append(re.compile(re.escape(text)))
        else:
            patterns.append(re.compile(found[2].replace("\\/", "/")))
        left = left[found.end() :]
        if not left:
            return lambda message: any(pattern.search(message) for pattern in patterns)
        if not left.startswith(" or "):
            raise ServiceError("MalformedQueryException", where)
        left = left[4:]


def _row(event: Stored, group: Group) -> list[dict[str, str]]:
    values = {
        "@timestamp": _time(event.time),
        "@message": event.message,
        "@logStream": event.stream,
        "@log": f"{group.account}:{group.name}",
        "@ingestionTime": _time(event.ingested),
        "@ptr": f"ptr{event.number}",
    }
    return [{"field": name, "value": value} for name, value in values.items()]


def _time(milliseconds: int) -> str:
    when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return when.strftime("%Y-%m-%d %H:%M:%S.") + f"{milliseconds % 1000:03d}"
