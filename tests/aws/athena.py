"""A strict Athena: DuckDB runs what it is asked, over tables as AWS documents them. A query takes
its time, has a header before its first page and a limit from its work group, and can be stopped."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.aws.server import Call, ServiceError

Record = dict[str, Any]
Row = list[str | None]
_TEXT = "VARCHAR"
_ISSUER = (
    f"STRUCT(type {_TEXT}, principalid {_TEXT}, arn {_TEXT}, accountid {_TEXT}, username {_TEXT})"
)
_SESSION = (
    f"STRUCT(attributes STRUCT(mfaauthenticated {_TEXT}, creationdate {_TEXT}), "
    f"sessionissuer {_ISSUER}, ec2roledelivery {_TEXT}, "
    f"webidfederationdata STRUCT(federatedprovider {_TEXT}, attributes MAP({_TEXT}, {_TEXT})))"
)
_WHO = (
    f"STRUCT(type {_TEXT}, principalid {_TEXT}, arn {_TEXT}, accountid {_TEXT}, invokedby {_TEXT}, "
    f"accesskeyid {_TEXT}, username {_TEXT}, "
    f"onbehalfof STRUCT(userid {_TEXT}, identitystorearn {_TEXT}), sessioncontext {_SESSION})"
)
TRAIL = {
    "eventversion": _TEXT,
    "useridentity": _WHO,
    **dict.fromkeys(
        (
            *("eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent"),
            *("errorcode", "errormessage", "requestparameters", "responseelements"),
            *("additionaleventdata", "requestid", "eventid"),
        ),
        _TEXT,
    ),
    "resources": f"STRUCT(arn {_TEXT}, accountid {_TEXT}, type {_TEXT})[]",
    **dict.fromkeys(
        (
            *("eventtype", "apiversion", "readonly", "recipientaccountid", "serviceeventdetails"),
            *("sharedeventid", "vpcendpointid", "vpcendpointaccountid", "eventcategory"),
        ),
        _TEXT,
    ),
}
"""The columns of a table of CloudTrail, in the words of DuckDB."""
WAF = {
    "timestamp": "BIGINT",
    "formatversion": "INTEGER",
    **dict.fromkeys(
        ("webaclid", "terminatingruleid", "terminatingruletype", "action"),
        _TEXT,
    ),
    **dict.fromkeys(("httpsourcename", "httpsourceid", "responsecodesent"), _TEXT),
    "httprequest": (
        f"STRUCT(clientip {_TEXT}, country {_TEXT}, headers STRUCT(name {_TEXT}, value {_TEXT})[], "
        f"uri {_TEXT}, args {_TEXT}, httpversion {_TEXT}, httpmethod {_TEXT}, requestid {_TEXT})"
    ),
    "labels": f"STRUCT(name {_TEXT})[]",
}
"""Those of a table of WAF logs."""
_MACROS = (
    "SET lambda_syntax='ENABLE_SINGLE_ARROW'",
    "CREATE MACRO regexp_like(said, pattern) AS regexp_matches(said, pattern)",
    "CREATE MACRO json_format(value) AS CAST(value AS VARCHAR)",
    "CREATE MACRO cardinality(several) AS len(several)",
)
"""What Athena's functions are called there; a macro takes no lambda, so `transform` is renamed."""
_AS_TEXT = frozenset({"requestparameters", "responseelements", "additionaleventdata"})


class Engine:
    """DuckDB with tables of logs, which speaks as Athena does."""

    def __init__(self) -> None:
        import duckdb  # costs more than the tests that need none

        self._error = duckdb.Error
        self._duck = duckdb.connect(config={"threads": "1"})
        for each in _MACROS:
            self._duck.execute(each)

    def close(self) -> None:
        self._duck.close()

    def create(
        self, name: str, columns: dict[str, str], records: Iterable[Record], **more: str
    ) -> None:
        """`database.table` with records as a log file has them; `more` are columns of partitions,
        each with one value."""
        database, table = name.split(".")
        self._duck.execute(f'CREATE SCHEMA IF NOT EXISTS "{database}"')
        with TemporaryDirectory() as folder:
            path = Path(folder) / "rows.json"
            path.write_text("".join(json.dumps(_lowered(each)) + "\n" for each in records))
            kinds = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
            extra = "".join(f", '{value}' AS \"{column}\"" for column, value in more.items())
            self._duck.execute(
                f'CREATE OR REPLACE TABLE "{database}"."{table}" AS SELECT *{extra} FROM '
                f"read_json('{path}', format='newline_delimited', columns={{{kinds}}})"
            )

    def run(self, sql: str) -> tuple[Row, list[Row]]:
        """The names of the columns, and the rows, as text. Raises ServiceError."""
        try:
            done = self._duck.execute(re.sub(r"\btransform\(", "list_transform(", sql))
            names: Row = [str(each[0]) for each in done.description or ()]
            found = done.fetchall()
        except self._error as error:
            raise ServiceError("InvalidRequestException", f"line 1:1: {error}"[:500]) from None
        return names, [[None if cell is None else str(cell) for cell in row] for row in found]


def _lowered(record: Record) -> Record:
    """A record as the tables' reader has it: small letters, texts of JSON."""
    return {
        name: json.dumps(value) if name in _AS_TEXT else _low(value)
        for name, value in ((key.lower(), value) for key, value in record.items())
    }


def _low(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): _low(each) for key, each in value.items()}
    return [_low(each) for each in value] if isinstance(value, list) else value


@dataclass
class Query:
    """One that was started."""

    sql: str
    columns: Row
    rows: list[Row]
    scans: int
    looks: int
    state: str = "QUEUED"
    scanned: int = 0


@dataclass
class FakeAthena:
    """Implements `server.Service`."""

    name = "athena"
    scans: int = 1_000
    cutoff: int | None = 10_000_000
    enforces: bool = True
    """Whether the cutoff ends a query."""
    looks: int = 1
    fails: int = 0
    """So many of the next ones fail, and may be tried again."""
    groups: tuple[str, ...] = ("triage", "primary")
    queries: dict[str, Query] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    @cached_property
    def engine(self) -> Engine:
        return Engine()

    @property
    def running(self) -> int:
        return sum(each.state in ("QUEUED", "RUNNING") for each in self.queries.values())

    async def handle(self, call: Call) -> dict[str, Any]:
        match call.operation:
            case "GetWorkGroup":
                limit = {} if self.cutoff is None else {"BytesScannedCutoffPerQuery": self.cutoff}
                name = call.asked["WorkGroup"]
                if name not in self.groups:
                    raise ServiceError("InvalidRequestException", f"WorkGroup {name} is not found")
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
        sql = call.asked["QueryString"]
        assert f'FROM "{call.asked["QueryExecutionContext"]["Database"]}".' in sql
        columns, rows = self.engine.run(sql)
        number = f"{len(self.queries):08d}-0000-4000-8000-000000000000"
        self.queries[number] = Query(sql, columns, rows, self.scans, self.looks)
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
        start, whole = int(call.asked.get("NextToken", 0)), [query.columns, *query.rows]
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
