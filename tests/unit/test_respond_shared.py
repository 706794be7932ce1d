"""The journal of a team: one chain, whoever writes."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.table import MemoryTable, Shelves
from triage_tui.replica import Replica
from triage_tui.respond.entries import Intent, Result, first_broken
from triage_tui.respond.journal import Journal, Line, ResponseError
from triage_tui.respond.rows import as_row, write
from triage_tui.respond.sharedjournal import begin_with, open_shared
from triage_tui.respond.turns import fenced

INTENT = Intent("edge", "203.0.113.7/32", "why", "kim", None, "ip:203.0.113.7", simulated=False)


async def opened(table: MemoryTable, path: Path | None = None) -> tuple[Journal, Replica]:
    replica = await Replica.open(path)
    return await open_shared(table, replica, wall=lambda: 7), replica


async def test_blocks_of_one_are_seen_by_the_other_and_the_chain_holds() -> None:
    shelves = Shelves()
    (one, first), (two, second) = [await opened(MemoryTable(shelves)) for _ in range(2)]
    made = await one.append(INTENT, response="edge", cursor=5)
    await two.refresh()
    assert two.entries == one.entries
    await two.append(Result(1), response="edge", cursor=5, block=made.block)
    await one.append_all([Line(INTENT, "edge", 6), Line(INTENT, "edge", 6)])
    await two.refresh()
    assert [entry.seq for entry in two.entries] == [1, 2, 3, 4]
    assert two.entries == one.entries
    assert len({entry.block for entry in two.entries}) == 3
    assert await two.verify_chain() is None
    await first.close()
    await second.close()


async def test_many_writers_make_one_chain_whatever_fails() -> None:
    shelves = Shelves()
    chance = random.Random(7)
    desks = [await opened(MemoryTable(shelves, random.Random(seed))) for seed in range(4)]
    done: list[str] = []

    async def work(journal: Journal) -> None:
        for _ in range(60):
            try:
                lines = [Line(INTENT, "edge", 1)] * chance.randint(1, 3)
                done.extend(entry.hash for entry in await journal.append_all(lines))
            except ResponseError:
                continue

    await asyncio.gather(*(work(journal) for journal, _ in desks))
    last, replica = await opened(MemoryTable(shelves))
    await last.refresh()
    assert first_broken(map(as_row, last.entries)) is None
    hashes = [entry.hash for entry in last.entries]
    assert set(done) <= set(hashes)
    assert len(set(hashes)) == len(hashes)
    for each in (replica, *(copy for _, copy in desks)):
        await each.close()


async def test_what_is_blocked_is_known_while_the_table_is_away(tmp_path: Path) -> None:
    table = MemoryTable(Shelves())
    journal, replica = await opened(table, tmp_path / "copy.db")
    await journal.append(INTENT, response="edge", cursor=5)
    await replica.close()
    table.away = True
    journal, replica = await opened(table, tmp_path / "copy.db")
    assert len(journal.entries) == 1
    with pytest.raises(ResponseError, match="Cannot use the shared journal"):
        await journal.append(INTENT, response="edge", cursor=6)
    assert len(journal.entries) == 1
    table.away = False
    await journal.append(INTENT, response="edge", cursor=6)
    await replica.close()


@pytest.mark.parametrize("harm", ["cursor", "gone"])
async def test_a_chain_that_was_changed_is_not_gone_on_with(harm: str, tmp_path: Path) -> None:
    shelves = Shelves()
    journal, replica = await opened(MemoryTable(shelves), tmp_path / "copy.db")
    for cursor in range(3):
        await journal.append(INTENT, response="edge", cursor=cursor)
    await replica.close()
    key = ("log#journal", f"{3:016d}")
    if harm == "gone":
        del shelves.items[key]
    else:
        entry = shelves.items[key]["entries"]["L"][0]
        entry["S"] = entry["S"].replace(",7,2,", ",7,3,", 1)
    fresh, copy = await opened(MemoryTable(shelves))
    if harm == "cursor":
        with pytest.raises(ResponseError, match="entry 3 is not what was written"):
            await fresh.refresh()
    journal, replica = await opened(MemoryTable(shelves), tmp_path / "copy.db")
    if harm == "gone":
        with pytest.raises(ResponseError, match="entry 3 is not the one"):
            await journal.refresh()
    await copy.close()
    await replica.close()


async def test_more_than_one_item_holds_is_written_in_several() -> None:
    table = MemoryTable(Shelves())
    journal, replica = await opened(table)
    long = Intent("edge", "203.0.113.7/32", "x" * 90_000, "kim", None, "ip:x", simulated=False)
    written = await journal.append_all([Line(long, "edge", 1)] * 10)
    assert [entry.seq for entry in written] == [*range(1, 11)]
    assert await journal.verify_chain() is None
    await replica.close()


async def test_a_table_begins_with_the_journal_of_a_machine(tmp_path: Path) -> None:
    own = await Journal.open(tmp_path / "journal.db", wall=lambda: 7, real=True)
    long = Intent("edge", "203.0.113.7/32", "x" * 90_000, "kim", None, "ip:x", simulated=False)
    await own.append_all([Line(long, "edge", 1)] * 10)
    table = MemoryTable(Shelves())
    rows = [write(entry) for entry in own.entries]
    await table.append("journal", 1, rows[:2], "as far as somebody came")
    assert await begin_with(table, own.entries) == 8
    assert await begin_with(table, own.entries) == 0
    journal, replica = await opened(table)
    await journal.refresh()
    assert journal.entries == own.entries
    await journal.append(INTENT, response="edge", cursor=5)
    assert await begin_with(table, own.entries[:3]) == 0
    await own.close()
    await replica.close()


async def test_a_journal_asks_the_fence_before_it_writes() -> None:
    journal, replica = await opened(MemoryTable(Shelves()))

    async def over() -> None:
        raise ResponseError("Our turn is over", "", "")

    with fenced(over), pytest.raises(ResponseError, match="Our turn is over"):
        await journal.append(INTENT, response="edge", cursor=1)
    assert not journal.entries
    await replica.close()


async def test_a_copy_that_ends_within_an_item_of_several_is_known_again(tmp_path: Path) -> None:
    """Several entries are written at once; the next program begins with the copy of them."""
    table = MemoryTable(Shelves())
    journal, replica = await opened(table, tmp_path / "copy.db")
    await journal.append(INTENT, response="edge", cursor=1)
    await journal.append_all([Line(INTENT, "edge", 1), Line(INTENT, "edge", 1)])
    await replica.close()
    again, replica = await opened(table, tmp_path / "copy.db")
    assert len(again.entries) == 3
    await again.refresh()
    assert len(again.entries) == 3
    await replica.close()
