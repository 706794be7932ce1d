"""A team's casebook: whatever fails, nothing said is lost and nothing is there twice; who did not
know of each other is told so; it comes and goes byte for byte."""

import asyncio
import random
import sqlite3
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.table import MemoryTable, Shelves
from triage_tui.casebook import record
from triage_tui.casebook.fold import NOTE, STATUS
from triage_tui.casebook.shared import SharedCasebook
from triage_tui.casebook.sqlite import SCHEMA, SqliteCasebook
from triage_tui.model import Case, Change, Claim, Status, Verdict
from triage_tui.replica import Replica
from triage_tui.statefile import StateFileError
from triage_tui.statetable import AwayError, LayoutError

IP = "ip:203.0.113.77"
ARN = "principal:arn:aws:iam::111122223333:user/maria.keller"


async def opened(table: MemoryTable, path: Path | None = None, start: int = 1) -> SharedCasebook:
    ticks = count(start)
    replica = await Replica.open(path)
    return await SharedCasebook.open(table, replica, wall=lambda: next(ticks))


async def two() -> tuple[SharedCasebook, SharedCasebook, Shelves]:
    shelves = Shelves()
    return await opened(MemoryTable(shelves)), await opened(MemoryTable(shelves)), shelves


async def closed(*books: SharedCasebook) -> None:
    for book in books:
        await book.close()


async def test_what_one_says_the_other_sees() -> None:
    mira, ben, _ = await two()
    note = await mira.note(IP, "scans", author="mira", cursor=5)
    assert mira.case([IP]).notes == (note,)  # before the table has it
    assert mira.waiting == 1
    assert await mira.sync()
    assert mira.waiting == 0
    assert not await mira.sync()
    assert await ben.sync()
    assert [each.text for each in ben.case([IP]).notes] == ["scans"]
    assert ben.case([IP]) == mira.case([IP])
    await ben.remove_note(ben.case([IP]).notes[0].id, author="ben", cursor=6)
    await ben.sync()
    await mira.sync()
    assert mira.case([IP]) == Case()
    assert [change.field for change in mira.history()] == ["note", "note removed"]
    await closed(mira, ben)


async def test_a_note_that_waits_can_be_removed_and_comes_back() -> None:
    mira, ben, _ = await two()
    note = await mira.note(IP, "one", author="mira", cursor=1)
    await mira.remove_note(note.id)
    await mira.restore_note(note.id)
    await mira.note(IP, "two", author="mira", cursor=1)
    assert [each.text for each in mira.case([IP]).notes] == ["one", "two"]
    await mira.sync()
    await ben.sync()
    assert [each.text for each in ben.case([IP]).notes] == ["one", "two"]
    assert ben.case([IP]) == mira.case([IP])
    with pytest.raises(KeyError):
        await mira.remove_note(note.id)  # it has another number now
    with pytest.raises(ValueError, match="too long"):
        await mira.note(IP, "\U0001f1e6" * 40_000, author="mira", cursor=1)
    await closed(mira, ben)


async def test_statuses_of_two_who_did_not_know_are_told_to_both() -> None:
    mira, ben, _ = await two()
    await mira.set_status(IP, Status.OPEN, author="mira", cursor=1)
    await mira.sync()
    await ben.sync()
    await mira.set_status(IP, Status.CLOSED, author="mira", cursor=2)
    await ben.set_status(IP, Status.CONTAINED, author="ben", cursor=2)
    await mira.sync()
    await ben.sync()
    await mira.sync()
    assert mira.case([IP]) == ben.case([IP])
    assert mira.case([IP]).status is Status.CONTAINED
    assert mira.case([IP]).disputed == (Claim(Status.CLOSED, "mira", 2),)
    await mira.set_status(IP, Status.CONTAINED, author="mira", cursor=3)  # who has seen both
    assert mira.case([IP]).disputed == ()
    await mira.sync()
    await ben.sync()
    assert ben.case([IP]).disputed == ()
    await closed(mira, ben)


async def test_who_says_the_same_does_not_dispute_and_nobody_disputes_himself() -> None:
    mira, ben, _ = await two()
    await mira.set_verdict(IP, Verdict.BENIGN, author="mira", cursor=1)
    await ben.set_verdict(IP, Verdict.BENIGN, author="ben", cursor=1)
    await ben.set_status(IP, Status.OPEN, author="ben", cursor=1)
    await ben.set_status(IP, Status.CLOSED, author="ben", cursor=1)
    await mira.sync()
    await ben.sync()
    assert ben.case([IP]).disputed == ()
    assert ben.case([IP]).status is Status.CLOSED
    await closed(mira, ben)


async def test_two_names_of_one_entity_dispute_too() -> None:
    mira, ben, _ = await two()
    await mira.set_status(IP, Status.CLOSED, author="mira", cursor=1)
    await ben.set_status(ARN, Status.OPEN, author="ben", cursor=1)
    await mira.sync()
    await ben.sync()
    assert ben.case([IP, ARN]).disputed == (Claim(Status.CLOSED, "mira", 1),)
    assert ben.case([ARN]).disputed == ()
    await closed(mira, ben)


async def test_who_is_offline_keeps_it_over_a_restart_and_merges(tmp_path: Path) -> None:
    shelves = Shelves()
    mira, ben = MemoryTable(shelves), await opened(MemoryTable(shelves))
    book = await opened(mira, tmp_path / "copy.db")
    await book.note(IP, "before", author="mira", cursor=1)
    await book.sync()
    mira.away = True
    await book.note(IP, "away", author="mira", cursor=2)
    await book.set_status(IP, Status.CLOSED, author="mira", cursor=2)
    with pytest.raises(AwayError):
        await book.sync()
    assert book.news.is_set()
    await book.close()
    await ben.sync()
    await ben.set_status(IP, Status.OPEN, author="ben", cursor=3)
    await ben.sync()

    book = await opened(mira, tmp_path / "copy.db")
    assert [each.text for each in book.case([IP]).notes] == ["before", "away"]
    assert (book.waiting, book.case([IP]).status) == (2, Status.CLOSED)
    mira.away = False
    await book.sync()
    await ben.sync()
    assert book.case([IP]) == ben.case([IP])
    assert {each.text for each in ben.case([IP]).notes} == {"before", "away"}
    assert ben.case([IP]).disputed == (Claim(Status.OPEN, "ben", 1),)
    await closed(book, ben)


@settings(max_examples=3)
@given(st.integers(0, 2**32))
async def test_a_thousand_edits_with_failures_lose_none_and_double_none(seed: int) -> None:
    chance = random.Random(seed)
    shelves = Shelves()
    tables = [MemoryTable(shelves, random.Random(chance.random())) for _ in range(3)]
    books = [await opened(table) for table in tables]
    said: list[str] = []

    async def work(number: int) -> None:
        for step in range(334):
            if step == 100 and number == 2:
                tables[2].away = True
            if step == 250 and number == 2:
                tables[2].away = False
            text = f"{number} {step}"
            said.append(text)
            await books[number].note(f"ip:203.0.113.{step % 5}", text, author="x", cursor=step)
            if chance.random() < 0.3:
                try:
                    await books[number].sync()
                except AwayError:
                    continue

    await asyncio.gather(*map(work, range(3)))
    for book, table in zip(books, tables, strict=True):
        table._chance = None
        await book.sync()
    for book in books:
        await book.sync()
    histories = [[*book.history()] for book in books]
    assert histories[0] == histories[1] == histories[2]
    assert Counter(change.value for change in histories[0]) == Counter(said)
    await closed(*books)


async def test_two_programs_of_one_machine_send_what_waits_once(tmp_path: Path) -> None:
    shelves = Shelves()
    away = MemoryTable(shelves)
    away.away = True
    first = await opened(away, tmp_path / "copy.db")
    await first.note(IP, "once", author="mira", cursor=1)
    second = await opened(MemoryTable(shelves), tmp_path / "copy.db")
    away.away = False
    await asyncio.gather(first.sync(), second.sync())
    await first.sync()
    await second.sync()
    assert [change.value for change in first.history()] == ["once"]
    assert [change.value for change in second.history()] == ["once"]
    await closed(first, second)


async def test_a_table_that_was_made_again_is_another_one(tmp_path: Path) -> None:
    book = await opened(MemoryTable(Shelves()), tmp_path / "copy.db")
    await book.note(IP, "of the old one", author="mira", cursor=1)
    await book.sync()
    await book.close()
    shelves = Shelves()
    other = await opened(MemoryTable(shelves))
    await other.note(IP, "of the new one", author="ben", cursor=1)
    await other.sync()
    book = await opened(MemoryTable(shelves), tmp_path / "copy.db")
    await book.note(IP, "more", author="mira", cursor=1)
    await book.sync()
    assert [change.value for change in book.history()] == ["of the new one", "more"]
    await closed(book, other)


async def test_a_table_of_others_is_not_used() -> None:
    shelves = Shelves()
    shelves.items.clear()
    book = await opened(MemoryTable(shelves))
    await book.note(IP, "kept here", author="mira", cursor=1)
    with pytest.raises(LayoutError, match="casebook init"):
        await book.sync()
    assert book.waiting == 1
    await book.close()


async def test_what_nobody_can_have_written_is_counted_and_passed_over() -> None:
    mira, ben, shelves = await two()
    await mira.note(IP, "one", author="mira", cursor=1)
    await mira.sync()
    table = MemoryTable(shelves)
    text = shelves.items["log#casebook", f"{1:016d}"]["entries"]["L"][0]["S"]
    await table.append("casebook", 2, ["no json", '{"key":"x"}', text], "t")
    await mira.note(IP, "two", author="mira", cursor=1)
    await mira.sync()
    await ben.sync()
    assert [change.value for change in ben.history()] == ["one", "two"]
    assert ben.unreadable == 3
    await closed(mira, ben)


async def test_a_damaged_copy_is_told(tmp_path: Path) -> None:
    replica = await Replica.open(tmp_path / "copy.db")
    await replica.post("k", "{}")
    with pytest.raises(StateFileError, match="damaged"):
        await SharedCasebook.open(MemoryTable(Shelves()), replica, wall=lambda: 1)
    await replica.close()


# -- export and import ---------------------------------------------------------------------------

texts = st.text().filter(lambda text: bool(text.strip()))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from([IP, ARN, "event:\ud800"]), texts), max_size=12))
async def test_between_file_and_table_every_byte_is_kept(said: list[tuple[str, str]]) -> None:
    ticks = count(1)
    file = await SqliteCasebook.open(None, wall=lambda: next(ticks))
    for subject, text in said:
        note = await file.note(subject, text, author="k\udcffm", cursor=-5)
        if len(text) % 2:
            await file.remove_note(note.id, author="lee", cursor=3)
        await file.tag(subject, text, author="kim", cursor=4)
    exported = record.export(await file.entries())
    assert exported.isascii()
    table = await opened(MemoryTable(Shelves()))
    assert await table.take(record.parse(exported)) == len(file.history())
    assert record.export(await table.entries()) == exported
    assert await table.take(record.parse(exported)) == 0  # all of it is there
    back = await SqliteCasebook.open(None, wall=lambda: next(ticks))
    assert await back.take(record.parse(exported)) == len(file.history())
    assert record.export(await back.entries()) == exported
    subjects = {subject for subject, _ in said}
    for subject in subjects:
        assert back.case([subject]) == file.case([subject]) == table.case([subject])
    await file.close()
    await back.close()
    await table.close()


async def test_import_adds_to_what_is_there_and_keeps_who_knew_what() -> None:
    mira, ben, _ = await two()
    await ben.note(IP, "there before", author="ben", cursor=1)
    await ben.set_status(IP, Status.OPEN, author="ben", cursor=1)
    await ben.sync()
    file = await SqliteCasebook.open(None, wall=lambda: 7)
    note = await file.note(IP, "imported", author="kim", cursor=1)
    await file.remove_note(note.id, author="kim", cursor=1)
    await file.set_status(IP, Status.CLOSED, author="kim", cursor=1)
    await mira.take(record.parse(record.export(await file.entries())))
    case = mira.case([IP])
    assert [each.text for each in case.notes] == ["there before"]
    assert case.status is Status.CLOSED
    assert case.disputed == (Claim(Status.OPEN, "ben", 2),)  # kim cannot have known of it
    await file.close()
    await closed(mira, ben)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no triage-tui-casebook"),
        ("{}\n", "no triage-tui-casebook"),
        ("[1]\n", "no triage-tui-casebook"),
        ('{"triage-tui-casebook": 2}\n', "please update"),
        ('{"triage-tui-casebook": 1}\n{}\n', "line 2"),
        ('{"triage-tui-casebook": 1}\n' + "[" * 100_000, "line 2"),
    ],
)
def test_what_is_no_export_is_told(text: str, words: str) -> None:
    with pytest.raises(record.RecordError, match=words):
        record.parse(text)


# -- migrations ----------------------------------------------------------------------------------


@pytest.mark.may_block("the test writes to the file")
async def test_a_casebook_of_the_first_version_keeps_every_note(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    connection = sqlite3.connect(path)
    for statement in SCHEMA.migrations[0]:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={SCHEMA.mark}")
    connection.execute("PRAGMA user_version=1")
    text = "\x1b]52 ‮ é"
    rows = [
        (IP, NOTE, text, "kim", 10, 5, None),
        (IP, STATUS, "open", "kim", 11, 5, None),
        (IP, "note removed", text, "lee", 12, 6, 1),
        (IP, "note restored", text, "lee", 13, 6, 1),
    ]
    connection.executemany(
        "INSERT INTO changes (subject, field, value, author, made, cursor, about)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    connection.commit()
    connection.close()
    book = await SqliteCasebook.open(path, wall=lambda: 20)
    assert list(book.history()) == [Change(*row[:6]) for row in rows]
    assert [note.text for note in book.case([IP]).notes] == [text]
    exported = record.export(await book.entries())
    assert record.export(await book.entries()) == exported  # names do not change
    table = await opened(MemoryTable(Shelves()))
    await table.take(record.parse(exported))
    assert record.export(await table.entries()) == exported
    assert list(table.history()) == list(book.history())
    await table.close()
    await book.close()
