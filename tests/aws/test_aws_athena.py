"""The past in Athena's tables: every row once; what nobody limits, or costs too much, never begins;
nothing that an attacker chose becomes SQL."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws.athena import FakeAthena, Row
from tests.aws.server import FakeAws
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.athena import literal, records, statement
from triage_tui.aws.feed import Feed
from triage_tui.aws.history import History
from triage_tui.aws.settings import AthenaTable, HistorySettings, LogsSettings
from triage_tui.model import EntityRef, Kind
from triage_tui.past import Asked, PastError, Progress, told

NOW = 1_800_000_000
IP = EntityRef(Kind.IP, "203.0.113.7")
MARIA = EntityRef(Kind.PRINCIPAL, "arn:aws:iam::111122223333:user/maria")
TRAIL = AthenaTable("trail", "logs", "cloudtrail", workgroup="triage", partition="day")
WAF = AthenaTable("waf", "logs", "waf")
WIDTH = statement(TRAIL, Asked(IP, 0, 1)).split(" FROM ")[0].count(", ") + 1


def asked(ref: EntityRef = IP) -> Asked:
    return Asked(ref, (NOW - 86_400) * 10**9, NOW * 10**9)


def row(number: int) -> Row:
    head: Row = ["1.11", "2027-01-14T00:00:00Z", "s3.amazonaws.com", "GetObject", "eu-west-1"]
    head += ["203.0.113.7", "cli", None, None, '{"bucketName":"orders"}', "null", None]
    head += [f"r{number}", f"e{number}", "AwsApiCall", "111122223333", "IAMUser", "AIDAMARIA"]
    head += [MARIA.key, "111122223333", None, "maria"]
    return head + [None] * (WIDTH - len(head))


async def hurry(_seconds: float) -> None:
    await asyncio.sleep(0)


class Night:
    def __init__(self, server: FakeAws, athena: FakeAthena) -> None:
        self.server, self.athena = server, athena
        self.access = Access(Scope(None, "eu-west-1"))
        self.found: list[bytes] = []
        self.reading: list[asyncio.Future[None]] = []

    def history(self, table: AthenaTable = TRAIL) -> History:
        return History(
            [],
            LogsSettings(),
            HistorySettings(limit_gb=0.05),
            self.announce,
            wall=lambda: NOW * 10**9,
            sleep=hurry,
            tables=[(self.access, table)],
        )

    def announce(self, feed: Feed) -> None:
        self.reading.append(asyncio.ensure_future(self._read(feed)))

    async def _read(self, feed: Feed) -> None:
        async for batch in feed.batches(1):
            for start, length in zip(batch.starts, batch.lengths, strict=True):
                self.found.append(batch.data[start : start + length])

    async def look(self, limit: int | None = None) -> Progress:
        progress = Progress()
        await self.history().run(asked(), progress, limit=limit)
        await asyncio.gather(*self.reading)
        return progress


@asynccontextmanager
async def night(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    athena = FakeAthena()
    async with FakeAws(athena) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        made = Night(server, athena)
        try:
            yield made
        finally:
            await made.access.close()


async def test_fifty_thousand_rows_come_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.athena.rows = [row(number) for number in range(50_000)]
        made.athena.fails = 1
        made.server.faults.add("GetQueryResults", "throttle", times=3)
        made.server.faults.add("GetQueryResults.answer", "cut", times=2)
        progress = await made.look()
        ids = Counter(json.loads(record)["eventID"] for record in made.found)
        assert ids == Counter(f"e{number}" for number in range(50_000))
        assert (progress.records, progress.done, progress.problems) == (50_000, 1.0, [])
        assert progress.queries == 2
        assert made.server.asked("GetQueryResults") >= 51


async def test_a_row_is_the_record_that_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.athena.rows = [row(7)]
        await made.look()
        record = json.loads(made.found[0])
        assert record["userIdentity"]["arn"] == MARIA.key
        assert record["requestParameters"] == {"bucketName": "orders"}
        assert record["sourceIPAddress"] == "203.0.113.7"
        assert "errorCode" not in record


async def test_cancelled_it_stops_its_query(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.athena.looks = 10**6
        running = asyncio.ensure_future(made.look())
        while not made.athena.running:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert made.athena.running == 0
        assert made.athena.stopped == [*made.athena.queries]
        await asyncio.gather(*made.reading)


async def test_more_than_is_allowed_never_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.athena.cutoff = 60_000_000
        estimate = await made.history().estimate(asked())
        assert "1 table of Athena, nobody knows how much, 60.0 MB at most" in told(estimate)
        with pytest.raises(PastError, match=r"in Athena, 60\.0 MB at most would be scanned"):
            await made.look()
        assert made.server.asked("StartQueryExecution") == 0


async def test_what_nobody_limits_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.athena.cutoff = None
        estimate = await made.history().estimate(asked())
        assert estimate.tables == 0
        assert "BytesScannedCutoffPerQuery" in estimate.problems[0]
        with pytest.raises(PastError, match="nothing to look in"):
            await made.look()
        assert made.server.asked("StartQueryExecution") == 0


async def test_a_query_that_scans_too_much_is_told_or_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with night(monkeypatch) as made:
        made.athena.scans = 80_000_000  # the work group ends it
        progress = await made.look()
        assert "limit was exceeded" in progress.problems[0]
        made.athena.scans, made.athena.enforces = 50_000_000, False  # ours all the same
        with pytest.raises(PastError, match=r"stopped: 25\.0 MB were scanned"):
            await made.look(limit=15_000_000)
        assert made.athena.stopped == ["00000001-0000-4000-8000-000000000000"]
        await asyncio.gather(*made.reading)


async def test_what_is_denied_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.server.faults.add("StartQueryExecution", "denied")
        progress = await made.look()
        assert "StartQueryExecution is denied" in progress.problems[0]


# -- statements ----------------------------------------------------------------------------------


def test_partitions_and_time_are_bounded() -> None:
    sql = statement(TRAIL, asked())
    assert "\"day\" >= '2027/01/14' AND \"day\" <= '2027/01/16'" in sql
    assert "eventtime >= '2027-01-14T08:00:00Z' AND eventtime < '2027-01-15T08:00:00Z'" in sql
    assert f'"timestamp" >= {(NOW - 86_400) * 1000}' in statement(WAF, asked())
    assert statement(WAF, asked(MARIA)) == ""
    assert f"useridentity.arn IN ('{MARIA.key}')" in statement(TRAIL, asked(MARIA))


@given(st.text(max_size=40) | st.text("a'\\;-\"", max_size=9))
def test_no_text_leaves_its_literal(text: str) -> None:
    try:
        sql = literal(text)
    except PastError:
        return
    assert sql[0] == sql[-1] == "'"
    assert "'" not in sql[1:-1].replace("''", "")
    assert sql[1:-1].replace("''", "'") == text


@pytest.mark.parametrize("key", ["x' OR '1'='1", "a\nb", '"; DROP TABLE trail', "é" * 5])
def test_hostile_principals_are_refused(key: str) -> None:
    with pytest.raises(PastError):
        statement(TRAIL, asked(EntityRef(Kind.PRINCIPAL, key)))
    with pytest.raises(PastError):
        statement(TRAIL, asked(EntityRef(Kind.IP, key)))


@pytest.mark.parametrize("name", ["a b", 'x"; --', "", "x'y"])
def test_hostile_names_of_tables_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        AthenaTable(name, "logs", "cloudtrail")


def test_rows_of_a_web_acl_are_its_log() -> None:
    columns: list[str | None] = ["1800000000123", "1", "arn:acl", "rule", "REGULAR", "BLOCK", "CF"]
    columns += ["id", "203.0.113.7", "DE", "/x", "", "HTTP/2", "GET", "req"]
    columns += ['[["Host","shop"],["User-Agent","curl"]]', '["awswaf:bad"]']
    [found] = records(WAF, [columns])
    record = json.loads(found)
    assert record["timestamp"] == 1_800_000_000_123
    assert record["httpRequest"]["headers"][1] == {"name": "User-Agent", "value": "curl"}
    assert record["labels"] == [{"name": "awswaf:bad"}]
    assert records(WAF, [columns[:-1]]) == []
