"""The casebook: what was said is on disk, comes back the same, and nothing said is lost."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_tui.casebook.fold import ASSIGNEE, NOTE, STATUS, TAG, UNTAG, VERDICT, Entry, Fold
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.model import Case, Change, Status, Verdict
from triage_tui.statefile import StateFileError

if TYPE_CHECKING:
    from triage_tui.ports import Casebook

IP = "ip:203.0.113.77"
KEY = "principal:AKIAIOSFODNN7EXAMPLE"
ARN = "principal:arn:aws:iam::111122223333:user/maria.keller"


def ticking() -> Callable[[], int]:
    ticks = count(1000)
    return lambda: next(ticks)


async def opened(path: Path | None = None) -> SqliteCasebook:
    return await SqliteCasebook.open(path, wall=ticking())


@pytest.fixture
async def book() -> AsyncIterator[SqliteCasebook]:
    made = await opened()
    yield made
    await made.close()


async def test_a_case_begins_empty(book: SqliteCasebook) -> None:
    casebook: Casebook = book
    assert casebook.case([IP]) == Case()
    assert casebook.case([]) == Case()
    assert list(casebook.history()) == []


async def test_everything_that_can_be_said(book: SqliteCasebook) -> None:
    note = await book.note(IP, "scans /wp-admin", author="kim", cursor=5)
    assert (note.subject, note.text, note.author) == (IP, "scans /wp-admin", "kim")
    assert (note.made, note.cursor) == (1000, 5)
    await book.set_status(IP, Status.OPEN, author="kim", cursor=6)
    await book.set_verdict(IP, Verdict.TRUE_POSITIVE, author="kim", cursor=6)
    await book.assign(IP, "lee", author="kim", cursor=7)
    await book.tag(IP, "scanner", author="kim", cursor=7)
    await book.tag(IP, "ticket 7", author="kim", cursor=7)
    await book.untag(IP, "scanner", author="lee", cursor=8)
    assert book.case([IP]) == Case(
        status=Status.OPEN,
        verdict=Verdict.TRUE_POSITIVE,
        assignee="lee",
        tags=("ticket 7",),
        notes=(note,),
    )
    assert book.history()[0] == Change(IP, NOTE, "scans /wp-admin", "kim", 1000, 5)
    fields = [change.field for change in book.history()]
    assert fields == [NOTE, STATUS, VERDICT, ASSIGNEE, TAG, TAG, UNTAG]
    assert book.case([ARN]) == Case()


async def test_the_newest_decision_wins_whatever_the_clocks_say(book: SqliteCasebook) -> None:
    await book.set_status(IP, Status.CLOSED, author="kim", cursor=900)
    await book.set_status(IP, Status.OPEN, author="kim", cursor=100)
    assert book.case([IP]).status is Status.OPEN


async def test_what_two_names_of_one_entity_were_told(book: SqliteCasebook) -> None:
    await book.set_status(KEY, Status.CONTAINED, author="kim", cursor=1)
    first = await book.note(KEY, "the key", author="kim", cursor=1)
    await book.tag(KEY, "leaked", author="kim", cursor=1)
    await book.set_verdict(ARN, Verdict.BENIGN, author="kim", cursor=1)
    second = await book.note(ARN, "the user", author="kim", cursor=1)
    await book.tag(ARN, "monthly", author="kim", cursor=1)
    case = book.case([ARN, KEY, ARN])
    assert case == Case(
        status=Status.CONTAINED,
        verdict=Verdict.BENIGN,
        tags=("leaked", "monthly"),
        notes=(first, second),
    )
    assert book.case([KEY, ARN]) == case

    await book.untag(ARN, "leaked", author="kim", cursor=1)  # it stands on the other name
    assert book.case([KEY, ARN]).tags == ("monthly",)
    await book.set_status(ARN, Status.NEW, author="kim", cursor=1)
    assert book.case([KEY, ARN]).status is Status.NEW


async def test_a_removed_note_can_come_back(book: SqliteCasebook) -> None:
    one = await book.note(IP, "one", author="kim", cursor=1)
    two = await book.note(IP, "two", author="kim", cursor=2)
    await book.remove_note(one.id)
    await book.remove_note(one.id, author="lee", cursor=3)
    assert book.case([IP]).notes == (two,)
    await book.restore_note(one.id, author="lee", cursor=4)
    assert book.case([IP]).notes == (one, two)
    assert [change.field for change in book.history()][2:] == [
        "note removed",
        "note removed",
        "note restored",
    ]
    assert (book.history()[2].author, book.history()[3].author) == ("kim", "lee")
    assert book.history()[2].value == "one"
    with pytest.raises(KeyError):
        await book.remove_note(99)


async def test_empty_words_are_refused(book: SqliteCasebook) -> None:
    with pytest.raises(ValueError, match="empty note"):
        await book.note(IP, " \n", author="kim", cursor=1)
    with pytest.raises(ValueError, match="empty tag"):
        await book.tag(IP, "", author="kim", cursor=1)
    assert list(book.history()) == []


async def test_it_comes_back_after_a_restart(tmp_path: Path) -> None:
    book = await opened(tmp_path / "casebook.db")
    await book.note(IP, "\x1b]52;c;ZXZpbA==\x07 \ud800 ‮ \x00", author="k\udcffm", cursor=-5)
    await book.tag("event:\ud800", "\U0001f1e6", author="", cursor=2**62)
    case, history = book.case([IP]), list(book.history())
    await book.close()
    book = await opened(tmp_path / "casebook.db")
    assert book.case([IP]) == case
    assert list(book.history()) == history
    await book.close()


async def test_two_windows_on_one_casebook(tmp_path: Path) -> None:
    one, two = await opened(tmp_path / "c.db"), await opened(tmp_path / "c.db")
    both = (one, two) * 10
    await asyncio.gather(*(book.note(IP, "a note", author="kim", cursor=1) for book in both))
    await one.refresh()
    await two.refresh()
    assert list(one.history()) == list(two.history())
    assert len(one.case([IP]).notes) == 20
    assert sorted(one.case([IP]).notes, key=lambda note: note.id) == sorted(
        two.case([IP]).notes, key=lambda note: note.id
    )
    await two.remove_note(one.case([IP]).notes[0].id)
    await one.tag(IP, "seen", author="kim", cursor=1)  # a write learns what others wrote
    assert len(one.case([IP]).notes) == 19
    await one.close()
    await two.close()


@pytest.mark.may_block("the test writes to the file")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO changes VALUES (9, 'ip:x', 'party', '', '', 1, 1, NULL, NULL, NULL)",
        "INSERT INTO changes VALUES (9, 'ip:x', 'status', 'gone', '', 1, 1, NULL, NULL, NULL)",
        "INSERT INTO changes VALUES (9, 'ip:x', 'verdict', '', '', 1, 1, NULL, NULL, NULL)",
        "INSERT INTO changes VALUES (9, 'ip:x', 'note', x'00', '', 1, 1, NULL, NULL, NULL)",
        "INSERT INTO changes VALUES (9, 'ip:x', 'note', CAST(x'ff' AS TEXT), '', 1, 1, NULL, NULL,"
        " NULL)",
        "INSERT INTO changes VALUES (9, 'ip:x', 'note', '', '', 'noon', 1, NULL, NULL, NULL)",
    ],
)
async def test_what_nobody_can_have_said_is_refused(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "casebook.db"
    book = await opened(path)
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(StateFileError, match="damaged"):
        await book.note(IP, "a note", author="kim", cursor=1)
    assert book.case([IP]) == Case()
    await book.close()
    with pytest.raises(StateFileError) as caught:
        await opened(path)
    assert str(path) in caught.value.message


@pytest.mark.may_block("the test writes to the file")
@pytest.mark.parametrize("statement", ["UPDATE changes SET value = ''", "DELETE FROM changes"])
async def test_the_file_itself_is_append_only(tmp_path: Path, statement: str) -> None:
    book = await opened(tmp_path / "casebook.db")
    await book.note(IP, "a note", author="kim", cursor=1)
    connection = sqlite3.connect(tmp_path / "casebook.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()
    await book.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from triage_tui.casebook.sqlite import SqliteCasebook

async def main():
    book = await SqliteCasebook.open(Path(sys.argv[1]), wall=lambda: 7)
    await book.note("ip:203.0.113.77", "I was here", author="kim", cursor=3)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_note_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    command = [sys.executable, "-c", KILLED, str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr

    async def look() -> list[str]:
        book = await opened(path)
        texts = [note.text for note in book.case([IP]).notes]
        await book.close()
        return texts

    assert asyncio.run(look()) == ["I was here"]


# -- properties ----------------------------------------------------------------------------------

subjects = st.sampled_from([IP, KEY, ARN])
words = st.text(min_size=1).filter(str.strip) | st.sampled_from(["a", "b", "\ud800"])
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([NOTE, TAG, UNTAG, ASSIGNEE]), subjects, words),
        st.tuples(st.just(STATUS), subjects, st.sampled_from(Status)),
        st.tuples(st.just(VERDICT), subjects, st.sampled_from(Verdict)),
        st.tuples(st.sampled_from(["remove", "restore"]), subjects, st.integers(0, 4)),
    ),
    max_size=12,
)
Step = tuple[str, str, str | Status | Verdict | int]


async def _say(book: SqliteCasebook, step: Step, cursor: int) -> None:
    field, subject, value = step
    if isinstance(value, int):
        ids = [note.id for name in (IP, KEY, ARN) for note in book.case([name]).notes]
        if ids:
            change = book.remove_note if field == "remove" else book.restore_note
            await change(ids[value % len(ids)], cursor=cursor)
    elif isinstance(value, Status):
        await book.set_status(subject, value, author="kim", cursor=cursor)
    elif isinstance(value, Verdict):
        await book.set_verdict(subject, value, author="kim", cursor=cursor)
    else:
        say = {NOTE: book.note, TAG: book.tag, UNTAG: book.untag, ASSIGNEE: book.assign}[field]
        await say(subject, value, author="kim", cursor=cursor)


def _cases(book: SqliteCasebook) -> list[Case]:
    groups: list[list[str]] = [[IP], [KEY], [ARN], [KEY, ARN], [IP, KEY, ARN]]
    return [book.case(group) for group in groups]


@settings(max_examples=40)
@given(steps)
def test_any_sequence_comes_back_the_same(told: list[Step]) -> None:
    async def play(path: Path) -> None:
        book = await opened(path)
        for cursor, step in enumerate(told):
            await _say(book, step, cursor)
        cases, history = _cases(book), list(book.history())
        await book.close()
        book = await opened(path)
        assert _cases(book) == cases
        assert list(book.history()) == history
        await book.close()

    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder) / "casebook.db"))


@given(st.lists(st.tuples(subjects, st.sampled_from([TAG, UNTAG]), st.sampled_from("abc"))))
def test_tags_are_those_last_spoken_of(told: list[tuple[str, str, str]]) -> None:
    said = Fold()
    expected: set[str] = set()
    for number, (subject, field, tag) in enumerate(told, start=1):
        said.add([Entry(number, Change(subject, field, tag, "kim", 0, 0))])
        expected = expected | {tag} if field == TAG else expected - {tag}
    assert set(said.case([IP, KEY, ARN]).tags) == expected


def test_an_entry_counts_once() -> None:
    said = Fold()
    entry = Entry(1, Change(IP, NOTE, "one", "kim", 0, 0))
    said.add([entry])
    said.add([entry, Entry(2, Change(IP, NOTE, "two", "kim", 0, 0)), entry])
    assert [note.text for note in said.case([IP]).notes] == ["one", "two"]
    assert len(said.changes) == 2
