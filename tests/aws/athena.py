"""A strict Athena: queries that take their time, a header before the first page, 1,000 rows a page,
a limit of the work group, and an end when it is told to stop."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.aws.server import Call, ServiceError

Row = list[str | None]
_STATEMENT = re.compile(
    r'SELECT (?P<columns>.+?) FROM "(?P<database>[\w./-]+)"\."(?P<table>[\w./-]+)" WHERE .+', re.S
)


@dataclass
class Query:
    """One that was started."""

    sql: str
    columns: list[str]
    rows: list[Row]
    scans: int
    looks: int
    state: str = "QUEUED"
    scanned: int = 0


@dataclass
class FakeAthena:
    """Implements `server.Service`. Every query finds `rows`: others judge what it asks."""

    name = "athena"
    rows: list[Row] = field(default_factory=list)
    scans: int = 1_000
    cutoff: int | None = 10_000_000
    enforces: bool = True
    """Whether the cutoff ends a query."""
    looks: int = 1
    fails: int = 0
    """So many of the next ones fail, and may be tried again."""
    queries: dict[str, Query] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    @property
    def running(self) -> int:
        return sum(each.state in ("QUEUED", "RUNNING") for each in self.queries.values())

    async def handle(self, call: Call) -> dict[str, Any]:
        match call.operation:
            case "GetWorkGroup":
                limit = {} if self.cutoff is None else {"BytesScannedCutoffPerQuery": self.cutoff}
                name = call.asked["WorkGroup"]
                return {"WorkGroup": {"Name": name, "Configuration": limit}}
            case "StartQueryExecution":
                return self._start(call)
            case "GetQueryExecution":
                return self._look(call)
            case "GetQueryResults":
                return self._page(call)
            case "StopQueryExecution":
                query = self._query(call)
                if query.state in ("QUEUED", "RUNNING"):
                    query.state = "CANCELLED"
                self.stopped.append(call.asked["QueryExecutionId"])
                return {}
        raise AssertionError(f"the fake has no {call.operation}")

    def _start(self, call: Call) -> dict[str, Any]:
        found = _STATEMENT.fullmatch(call.asked["QueryString"])
        if found is None or call.asked["QueryString"].count("'") % 2:
            raise ServiceError("InvalidRequestException", "line 1:1: mismatched input")
        assert call.asked["QueryExecutionContext"]["Database"] == found["database"]
        columns = re.findall(r"(?:json_format\(.+?AS JSON\)\)|[^,]+)(?:, |$)", found["columns"])
        number = f"{len(self.queries):08d}-0000-4000-8000-000000000000"
        sql = call.asked["QueryString"]
        self.queries[number] = Query(sql, columns, self.rows, self.scans, self.looks)
        return {"QueryExecutionId": number}

    def _look(self, call: Call) -> dict[str, Any]:
        query = self._query(call)
        status: dict[str, Any] = {}
        if query.state in ("QUEUED", "RUNNING"):
            query.looks -= 1
            query.state, query.scanned = "RUNNING", query.scans // 2
            if query.looks < 0:
                query.state, query.scanned = "SUCCEEDED", query.scans
                if self.fails:
                    self.fails -= 1
                    query.state = "FAILED"
                    status = {"AthenaError": {"ErrorCategory": 1, "Retryable": True}}
        if self.enforces and self.cutoff is not None and query.scanned > self.cutoff:
            query.state = "CANCELLED"
            status["StateChangeReason"] = "Bytes scanned limit was exceeded"
        return {
            "QueryExecution": {
                "QueryExecutionId": call.asked["QueryExecutionId"],
                "Status": {"State": query.state, **status},
                "Statistics": {"DataScannedInBytes": query.scanned},
            }
        }

    def _page(self, call: Call) -> dict[str, Any]:
        query = self._query(call)
        if query.state != "SUCCEEDED":
            raise ServiceError("InvalidRequestException", f"the query is {query.state}")
        header: list[Row] = [[each.strip(", ") for each in query.columns]]
        start, whole = int(call.asked.get("NextToken", 0)), header + query.rows
        page = whole[start : start + call.asked.get("MaxResults", 1000)]
        answer: dict[str, Any] = {
            "ResultSet": {
                "Rows": [
                    {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]}
                    for row in page
                ]
            }
        }
        if start + len(page) < len(whole):
            answer["NextToken"] = str(start + len(page))
        return answer

    def _query(self, call: Call) -> Query:
        found = self.queries.get(call.asked["QueryExecutionId"])
        if found is None:
            raise ServiceError("InvalidRequestException", "there is no such query")
        return found
