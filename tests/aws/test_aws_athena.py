"""The past in Athena's tables: every row once; what nobody limits, or costs too much, never begins;
nothing that an attacker chose becomes SQL."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws import athena as fake
from tests.aws.athena import Engine, FakeAthena, Record
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
DEPLOY = EntityRef(Kind.PRINCIPAL, "arn:aws:iam::111122223333:role/deploy")
SESSION = "arn:aws:sts::111122223333:assumed-role/deploy/maria"
KEY = "ASIAIOSFODNN7EXAMPLE"
DAY = "2027/01/14"
ROWS = 50_000 if os.environ.get("SOAK") else 2_500
"""Of a query, a thousand a page: `make soak` reads many."""
TRAIL = AthenaTable("trail", "logs", "cloudtrail", workgroup="triage", partition="day")
WAF = AthenaTable("waf", "logs", "waf")


def asked(ref: EntityRef = IP) -> Asked:
    return Asked(ref, (NOW - 86_400) * 10**9, NOW * 10**9)


def call(number: int, ip: str = "203.0.113.7", **more: object) -> Record:
    """A record of CloudTrail, as a log file has it."""
    return {
        "eventVersion": "1.11",
        "eventTime": "2027-01-14T09:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": ip,
        "userAgent": "it's; --cli",
        "requestParameters": {"bucketName": "orders", "n": [number]},
        "responseElements": None,
        "requestID": f"r{number}",
        "eventID": f"e{number}",
        "readOnly": True,
        "resources": [{"ARN": "arn:aws:s3:::orders", "accountId": "111122223333"}],
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROADEPLOY:maria",
            "arn": SESSION,
            "accountId": "111122223333",
            "accessKeyId": KEY,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROADEPLOY",
                    "arn": DEPLOY.key,
                    "accountId": "111122223333",
                    "userName": "deploy",
                },
                "attributes": {"mfaAuthenticated": "false"},
            },
        },
        **more,
    }


def request(number: int, ip: str, **headers: str) -> Record:
    """A record of a web ACL, as a log file has it."""
    return {
        "timestamp": (NOW - 60) * 1000 + number,
        "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/a1",
        "terminatingRuleId": "Default_Action",
        "terminatingRuleType": "REGULAR",
        "action": "BLOCK",
        "httpSourceName": "CF",
        "httpSourceId": "E1",
        "httpRequest": {
            "clientIp": ip,
            "country": "DE",
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "uri": "/wp-login.php",
            "args": "",
            "httpVersion": "HTTP/2.0",
            "httpMethod": "POST",
            "requestId": f"q{number}",
        },
        "labels": [{"name": "awswaf:managed:bot"}],
    }


async def hurry(_seconds: float) -> None:
    await asyncio.sleep(0)


class Night:
    def __init__(self, server: FakeAws, athena: FakeAthena) -> None:
        self.server, self.athena = server, athena
        self.access = Access(Scope(None, "eu-west-1"))
        self.found: list[bytes] = []
        self.reading: list[asyncio.Future[None]] = []
        self.fill()

    def fill(self, *records: Record) -> None:
        """What the table of CloudTrail holds."""
        self.athena.engine.create("logs.trail", fake.TRAIL, records, day=DAY)

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
            athena.engine.close()


async def test_rows_of_many_pages_come_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        made.fill(*(call(number) for number in range(ROWS)))
        made.athena.fails = 1
        made.server.faults.add("GetQueryResults", "throttle", times=3)
        made.server.faults.add("GetQueryResults.answer", "cut", times=2)
        progress = await made.look()
        ids = Counter(json.loads(record)["eventID"] for record in made.found)
        assert ids == Counter(f"e{number}" for number in range(ROWS))
        assert (progress.records, progress.done, progress.problems) == (ROWS, 1.0, [])
        assert progress.queries == 2
        assert made.server.asked("GetQueryResults") >= 4


async def test_a_row_is_the_record_that_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        given = call(7)
        made.fill(given)
        await made.look()
        assert json.loads(made.found[0]) == given


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
        assert "1 table of Athena, 60.0 MB to scan at most" in told(estimate)
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


# -- what the engine finds -----------------------------------------------------------------------


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()


def found(engine: Engine, table: AthenaTable, ref: EntityRef) -> list[Record]:
    _names, rows = engine.run(statement(table, asked(ref)))
    return [json.loads(each) for each in records(table, rows)]


@pytest.mark.parametrize(
    ("ref", "ids"),
    [
        (IP, ["e0"]),
        (EntityRef(Kind.NETWORK, "203.0.113.0/24"), ["e0", "e1"]),
        (EntityRef(Kind.IP, "2001:db8::7"), ["e2"]),
        (EntityRef(Kind.PRINCIPAL, SESSION), ["e0", "e1", "e2", "e3"]),
        (DEPLOY, ["e0", "e1", "e2", "e3"]),
        (EntityRef(Kind.PRINCIPAL, KEY), ["e0", "e1", "e2", "e3"]),
        (MARIA, []),
    ],
    ids=lambda each: each.key if isinstance(each, EntityRef) else "",
)
def test_a_table_of_cloudtrail_knows_who_it_was(
    engine: Engine, ref: EntityRef, ids: list[str]
) -> None:
    ips = ["203.0.113.7", "203.0.113.77", "2001:DB8::7", "rds.amazonaws.com"]
    rows = [call(number, ip) for number, ip in enumerate(ips)]
    rows.append(call(4, eventTime="2027-01-14T07:59:59Z"))  # a second before the time asked for
    rows.append(call(5, eventTime="2027-01-15T08:00:00Z"))  # where it ends
    engine.create("logs.trail", fake.TRAIL, rows, day=DAY)
    assert [each["eventID"] for each in found(engine, TRAIL, ref)] == ids


def test_a_partition_that_cannot_hold_it_is_not_read(engine: Engine) -> None:
    engine.create("logs.trail", fake.TRAIL, [call(0)], day="2027/01/13")
    assert found(engine, TRAIL, IP) == []


def test_a_table_of_waf_logs_knows_who_is_behind_a_proxy(engine: Engine) -> None:
    rows = [
        request(0, "203.0.113.7", Host="shop", **{"User-Agent": "cur'l"}),
        request(1, "10.0.0.1", **{"X-Forwarded-For": "203.0.113.7, 10.0.0.1"}),
        request(2, "203.0.113.70", Host="203.0.113.71"),
        request(3, "203.0.113.7") | {"timestamp": NOW * 1000},
    ]
    engine.create("logs.waf", fake.WAF, rows)
    assert found(engine, WAF, IP) == rows[:2]


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


def test_rows_that_nobody_asked_for_are_left_out() -> None:
    assert records(WAF, [["1800000000123", "1", "arn:acl"]]) == []
