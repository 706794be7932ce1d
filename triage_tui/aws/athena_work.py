"""A table of Athena as a part of a look into the past: one query, watched and paged."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.past import PastError, size

from . import athena
from .access import default_region, scopes
from .pace import Backoff, Budget
from .past_work import TRIES, Unanswered, Work
from .settings import AwsSettings
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Any

    from triage_tui.past import Asked, Progress

    from .access import Access, Scope
    from .feed import Feed
    from .history import History
    from .pace import Sleep
    from .settings import AthenaTable

PAGE = 1000
"""Rows of one page (the most)."""
CALLS_PER_SECOND = 5.0
_RUNNING = ("QUEUED", "RUNNING")


def scope_of(table: AthenaTable, aws: AwsSettings, wanted: Sequence[Scope]) -> Scope:
    """By whose credentials a table is asked, and where; what it leaves open is that of the first
    scope. Blocking; raises AccessError."""
    if table.profile:
        only = AwsSettings(profiles=(table.profile,), regions=(table.region,) * bool(table.region))
        return scopes(only, default_region)[0]
    first = wanted[0] if wanted else scopes(aws, default_region)[0]
    return first._replace(region=table.region or first.region)


class Place:
    """A table, and by whose credentials it is asked."""

    def __init__(self, access: Access, table: AthenaTable, sleep: Sleep) -> None:
        self.access = access
        self.table = table
        self.budget = Budget(CALLS_PER_SECOND, sleep=sleep)

    def __str__(self) -> str:
        return f"Athena's {self.table.database}.{self.table.table}"

    async def cutoff(self, history: History) -> int:
        """Bytes at which the work group ends a query; 0 where it does not. Raises Unanswered."""

        async def call() -> int:
            client = await self.access.client("athena")
            found = (await client.get_work_group(WorkGroup=self.table.workgroup))["WorkGroup"]
            return int(found.get("Configuration", {}).get("BytesScannedCutoffPerQuery", 0))

        return await history.ask(self, self.budget, call)


class _State(NamedTuple):
    state: str
    scanned: int
    reason: str
    retryable: bool


class Table(Work):
    """The rows of one table."""

    def __init__(
        self,
        history: History,
        place: Place,
        feed: Feed,
        progress: Progress,
        most: int,
        asked: Asked,
    ) -> None:
        self.feed = feed
        self._history = history
        self._place = place
        self._progress = progress
        self._most = most
        self._sql = athena.statement(place.table, asked)

    async def steps(self) -> AsyncIterator[None]:
        """Begins the query, watches what it scans, and reads its pages."""
        try:
            for _ in range(TRIES):
                query_id = await self._begin()
                ended = await self._watch(query_id)
                if ended.state == "SUCCEEDED":
                    break
                if not ended.retryable:
                    self._progress.problems.append(f"{self._place}: {ended.reason}")
                    return
            else:
                self._progress.problems.append(f"{self._place}: the query fails again and again")
                return
            self.done = 0.5
            yield
            token = ""
            while True:
                rows, following = await self._page(query_id, token)
                found = athena.records(self._place.table, rows if token else rows[1:])
                await self.feed.put(found)
                self._progress.records += len(found)
                yield
                if not (token := following):
                    break
        except Unanswered as error:
            self._progress.problems.append(f"{self._place}: {error}")
        finally:
            self.done = 1.0

    async def _begin(self) -> str:
        table = self._place.table

        async def call() -> str:
            client = await self._place.access.client("athena")
            more: dict[str, Any] = {}
            if table.output:
                more["ResultConfiguration"] = {"OutputLocation": table.output}
            starting = asyncio.ensure_future(
                client.start_query_execution(
                    QueryString=self._sql,
                    QueryExecutionContext={"Database": table.database, "Catalog": table.catalog},
                    WorkGroup=table.workgroup,
                    **more,
                )
            )
            try:
                return str((await asyncio.shield(starting))["QueryExecutionId"])
            except asyncio.CancelledError:  # it may have begun all the same
                with contextlib.suppress(*CALL_ERRORS):
                    await self._stop((await starting)["QueryExecutionId"])
                raise

        query_id = await self._history.ask(self._place, self._place.budget, call)
        self._progress.queries += 1
        return query_id

    async def _watch(self, query_id: str) -> _State:
        """Until the query has ended; stops it when nobody waits, or it scans too much."""
        pause, before, ended = Backoff(0.25, 2.0), 0, False
        try:
            while True:
                await self._history.pause(pause.pause())
                found = await self._look(query_id)
                ended = found.state not in _RUNNING
                self._progress.scanned += max(0, found.scanned - before)
                before = max(before, found.scanned)
                if self._progress.scanned > self._most:
                    raise PastError(
                        f"stopped: {size(self._progress.scanned)} were scanned, more than was "
                        "allowed; what was found is there"
                    )
                if ended:
                    return found
        finally:
            if not ended:
                await asyncio.shield(self._stop(query_id))

    async def _look(self, query_id: str) -> _State:
        async def call() -> _State:
            client = await self._place.access.client("athena")
            found = (await client.get_query_execution(QueryExecutionId=query_id))["QueryExecution"]
            status = found["Status"]
            error = status.get("AthenaError", {})
            reason = " ".join(str(status.get("StateChangeReason", "")).split())[:300]
            return _State(
                status["State"],
                int(found.get("Statistics", {}).get("DataScannedInBytes", 0)),
                reason or f"the query is {str(status['State']).lower()}",
                bool(error.get("Retryable", False)),
            )

        return await self._history.ask(self._place, self._place.budget, call)

    async def _page(self, query_id: str, token: str) -> tuple[Sequence[Sequence[str | None]], str]:
        async def call() -> tuple[Sequence[Sequence[str | None]], str]:
            client = await self._place.access.client("athena")
            more: dict[str, Any] = {"NextToken": token} if token else {}
            page = await client.get_query_results(
                QueryExecutionId=query_id, MaxResults=PAGE, **more
            )
            rows = [
                [cell.get("VarCharValue") for cell in row.get("Data", ())]
                for row in page["ResultSet"]["Rows"]
            ]
            return rows, page.get("NextToken", "")

        return await self._history.ask(self._place, self._place.budget, call)

    async def _stop(self, query_id: str) -> None:
        """Nobody waits for it any more, and it costs."""
        with contextlib.suppress(*CALL_ERRORS):
            client = await self._place.access.client("athena")
            await client.stop_query_execution(QueryExecutionId=query_id)
