"""The table of a team at a DynamoDB that others wrote: the same requests, the same promises."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.aws.emulators import moto
from tests.aws.team import together
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.dynamodb import DynamoTable, set_up
from triage_tui.casebook.shared import SharedCasebook
from triage_tui.casebook.team import Team
from triage_tui.model import Presence, Status
from triage_tui.replica import Replica
from triage_tui.respond.entries import Intent
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.leases import LeasedTurns
from triage_tui.respond.sharedjournal import open_shared
from triage_tui.statetable import ENDS, AwayError, LayoutError, Present, Turn

INTENT = Intent("edge", "203.0.113.7/32", "why", "kim", None, "ip:203.0.113.7", simulated=False)
EU = Scope(None, "eu-west-1")
IP = "ip:203.0.113.77"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto() as found:
        yield found


@pytest.fixture
async def access(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Access]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    made = Access(EU)
    yield made
    await made.close()


async def table_of(access: Access, name: str) -> DynamoTable:
    assert [step async for step in set_up(access, name)][-1] == "ready"
    return DynamoTable(access, name)


async def test_a_table_is_set_up_once_and_may_be_again(access: Access) -> None:
    table = DynamoTable(access, "set-up")
    with pytest.raises(AwayError, match="casebook init"):
        await table.check()
    first = [step async for step in set_up(access, "set-up")]
    assert "created" in first[0]
    second = [step async for step in set_up(access, "set-up")]
    assert "is there" in second[0]
    await table.check()
    client = await access.client("dynamodb")
    told = (await client.describe_table(TableName="set-up"))["Table"]
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert told["DeletionProtectionEnabled"]
    more: Any = client  # what the program never calls
    backups = await more.describe_continuous_backups(TableName="set-up")
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    lasting = await more.describe_time_to_live(TableName="set-up")
    assert lasting["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": ENDS,
    }


async def test_a_table_of_others_is_left_alone(access: Access) -> None:
    client = await access.client("dynamodb")
    await client.create_table(
        TableName="theirs",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(LayoutError, match="not ours"):
        _ = [step async for step in set_up(access, "theirs")]


async def test_logs_are_dense_and_a_number_is_taken_once(access: Access) -> None:
    table = await table_of(access, "logs")
    assert await table.append("journal", 1, ["a", "b"], "t1")
    assert await table.append("journal", 1, ["a", "b"], "t1")  # its answer was lost
    assert not await table.append("journal", 1, ["c"], "t2")
    long = ["x" * 300_000]
    for number in range(3, 10):  # more than a page
        assert await table.append("journal", number, long, str(number))
    assert await table.news("journal", 0) == ["a", "b", *long * 7]
    assert await table.news("journal", 8) == long


async def test_who_is_there_and_whose_turn_it_is(access: Access) -> None:
    table = await table_of(access, "turns")
    await table.say(Present("p", "mira", IP, 1, 5))
    assert await table.present() == [Present("p", "mira", IP, 1, 5)]
    await table.leave("p")
    assert await table.present() == []
    turns = [LeasedTurns(table, "1 eu", 1000.0) for _ in "ab"]
    order: list[str] = []

    async def second() -> None:
        async with turns[1].taken():
            order.append("second")

    async with turns[0].taken():
        await turns[0].call()
        waiting = asyncio.ensure_future(second())
        assert await table.take(Turn("1 eu", "third", 2**50), time.time_ns() // 1_000_000) is None
        order.append("first")
    await waiting
    assert order == ["first", "second"]


async def desk(access: Access, who: str) -> tuple[SharedCasebook, Team, Replica]:
    table = DynamoTable(access, "team")
    replica = await Replica.open(None)
    book = await SharedCasebook.open(table, replica, wall=time.time_ns)
    return book, Team(table, book, who, f"{who} 1", wall=time.time_ns), replica


async def test_two_at_work_see_each_other(access: Access) -> None:
    await table_of(access, "team")
    mira, her_team, first = await desk(access, "mira")
    ben, his_team, second = await desk(access, "ben")
    await mira.note(IP, "scans", author="mira", cursor=1)
    her_team.look_at(IP)
    assert await her_team.look()
    assert await his_team.look()
    assert [note.text for note in ben.case([IP]).notes] == ["scans"]
    assert his_team.present == (Presence("mira", IP),)
    await ben.set_status(IP, Status.OPEN, author="ben", cursor=1)
    assert his_team.waiting == 1
    await his_team.look()
    await her_team.look()
    assert mira.case([IP]).status is Status.OPEN
    assert her_team.present == (Presence("ben", ""),)
    await his_team.leave()
    assert await her_team.look()
    assert not her_team.present
    for book in (mira, ben):
        await book.close()
    for replica in (first, second):
        await replica.close()


async def test_whatever_fails_everybody_knows_everything_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In short: `python -m tests.aws.team` is the long run."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")  # it sets it, for one after the other
    found = await together(7, 300, probes=1)
    assert found.wrong == []
    assert (found.lost, found.twice, found.edits) == (Counter(), Counter(), 300)
    assert found.offline >= 33
    assert found.fired.total() > 20
    assert found.blocks


async def test_what_is_in_the_way_is_told_with_what_to_do(access: Access) -> None:
    replica = await Replica.open(None)
    table = DynamoTable(access, "nowhere")
    book = await SharedCasebook.open(table, replica, wall=time.time_ns)
    team = Team(table, book, "kim", "p", wall=time.time_ns)
    await book.note(IP, "kept", author="kim", cursor=1)
    assert await team.look()
    assert "casebook init" in team.trouble
    assert team.waiting == 1
    journal = await open_shared(table, replica, wall=time.time_ns)
    with pytest.raises(ResponseError, match="casebook init"):
        await journal.append(INTENT, response="edge", cursor=1)
    await replica.close()
