"""The journal: on disk before anything acts, whole after a kill, and tamper-evident."""

import asyncio
import sqlite3
import subprocess
import sys
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import BlockState
from triage_tui.respond.entries import (
    GENESIS,
    Attempt,
    Entry,
    Evidence,
    Expired,
    Extended,
    Failed,
    Intent,
    Missing,
    Payload,
    Result,
    Row,
    UndoFailed,
    UndoIntent,
    Undone,
    Verified,
    decode,
    encode,
    first_broken,
    link,
    pending,
    turning_points,
)
from triage_tui.respond.ipset import Mark
from triage_tui.respond.journal import SCHEMA, Journal, Line, ResponseError, blocks_as_of
from triage_tui.statefile import Schema, StateFile

INTENT = Intent(
    blocklist="edge",
    cidr="203.0.113.77/32",
    reason="scans",
    author="kim",
    expires=160,
    subject="ip:203.0.113.77",
    simulated=True,
)


def entries(*told: tuple[int, Payload], block: str = "blk-1") -> list[Entry]:
    return [
        Entry(seq, 1000 + seq, cursor, "edge", block, payload, "")
        for seq, (cursor, payload) in enumerate(told, start=1)
    ]


async def opened(path: Path | None, start: int = 1000) -> Journal:
    ticks = count(start)
    return await Journal.open(path, wall=lambda: next(ticks))


async def one_block(journal: Journal, cursor: int = 100) -> str:
    entry = await journal.append(INTENT, response="edge", cursor=cursor)
    await journal.append(Result(1), response="edge", cursor=cursor, block=entry.block)
    return entry.block


# -- the file ------------------------------------------------------------------------------------


async def test_entries_come_back(tmp_path: Path) -> None:
    journal = await opened(tmp_path / "journal.db")
    block = await one_block(journal)
    before = list(journal.entries)
    assert [entry.phase for entry in before] == ["intent", "result"]
    assert [entry.wall for entry in before] == [1000, 1001]
    assert [entry.seq for entry in before] == [1, 2]
    await journal.close()

    journal = await opened(tmp_path / "journal.db")
    assert list(journal.entries) == before
    assert journal.head == before[-1].hash
    assert await journal.verify_chain() is None
    assert blocks_as_of(journal.entries, 100)[0].id == block
    await journal.close()


async def test_each_intent_makes_a_block_of_its_own() -> None:
    journal = await opened(None)
    ids = {await one_block(journal) for _ in range(20)}
    assert len(ids) == 20
    assert all(block.startswith("blk-") for block in ids)
    await journal.close()


async def test_ids_follow_from_what_happened() -> None:
    found = []
    for _ in range(2):
        journal = await opened(None)
        found.append([await one_block(journal), await one_block(journal)])
        await journal.close()
    assert found[0] == found[1]


async def test_an_entry_is_about_a_block() -> None:
    journal = await opened(None)
    with pytest.raises(ValueError, match="intent"):
        await journal.append(Verified(), response="edge", cursor=1)
    with pytest.raises(ValueError, match="intent"):
        await journal.append(INTENT, response="edge", cursor=1, block="blk-1")
    assert journal.revision == 0
    await journal.close()


async def test_two_writers_make_one_chain(tmp_path: Path) -> None:
    one, two = await opened(tmp_path / "j.db"), await opened(tmp_path / "j.db")
    await asyncio.gather(*(one_block(journal) for journal in (one, two) * 10))
    await one.refresh()
    await two.refresh()
    assert list(one.entries) == list(two.entries)
    assert [entry.seq for entry in one.entries] == list(range(1, 41))
    assert await one.verify_chain() is None
    assert len(blocks_as_of(one.entries, None)) == 20
    await one.close()
    await two.close()


def tamper(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    for trigger in ("entries_stay", "entries_remain"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.may_block("the test writes to the file")
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE entries SET wall = wall + 1 WHERE seq = 3", 3),
        ("UPDATE entries SET cursor = 0 WHERE seq = 1", 1),
        ("UPDATE entries SET payload = replace(payload, 'kim', 'eve') WHERE seq = 1", 1),
        ("UPDATE entries SET block = 'blk-2' WHERE seq = 4", 4),
        ("UPDATE entries SET response = 'x' WHERE seq = 2", 2),
        ("UPDATE entries SET hash = replace(hash, 'a', 'b') WHERE seq = 2", 2),
    ],
)
async def test_tampering_shows(tmp_path: Path, statement: str, broken: int) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path)
    await one_block(journal)
    await one_block(journal)
    assert await journal.verify_chain() is None
    await journal.close()
    tamper(path, statement)
    journal = await opened(path)
    assert await journal.verify_chain() == broken
    await journal.close()


@pytest.mark.may_block("the test writes to the file")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entries WHERE seq = 1",
        "UPDATE entries SET payload = '{' WHERE seq = 1",
        'UPDATE entries SET payload = \'{"phase":"party"}\' WHERE seq = 1',
        "UPDATE entries SET payload = printf('%.*c', 200000, '[') WHERE seq = 1",
        "UPDATE entries SET payload = CAST(x'ff' AS TEXT) WHERE seq = 1",
        "UPDATE entries SET wall = 'noon' WHERE seq = 1",
    ],
)
async def test_what_cannot_be_read_is_refused(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path)
    await one_block(journal)
    await journal.close()
    tamper(path, statement)
    with pytest.raises(ResponseError) as caught:
        await opened(path)
    assert str(path) in caught.value.message
    assert "evidence" in caught.value.fix


@pytest.mark.may_block("the test writes to the file")
@pytest.mark.parametrize("statement", ["UPDATE entries SET wall = 0", "DELETE FROM entries"])
async def test_the_file_itself_is_append_only(tmp_path: Path, statement: str) -> None:
    journal = await opened(tmp_path / "journal.db")
    await one_block(journal)
    connection = sqlite3.connect(tmp_path / "journal.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()
    await journal.close()


@pytest.mark.may_block("the test writes to the file")
async def test_a_newer_journal_asks_for_an_update(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await (await opened(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ResponseError, match="Please update"):
        await opened(path)


async def _of_version_1(path: Path, *, blocks: bool) -> str:
    """A journal as the first version left it; the hash that vouches for it."""
    before = Schema(SCHEMA.name, SCHEMA.mark, SCHEMA.migrations[:1])
    await (await StateFile.open(path, before)).close()
    if not blocks:
        return GENESIS
    payload = (
        '{"author":"kim","blocklist":"simulated","cidr":"203.0.113.7/32","expires":null,'
        '"phase":"intent","reason":"old","simulated":true,"subject":"ip:203.0.113.7"}'
    )
    row = Row(1, 7, 9, "simulated", "blk-1", payload, "")
    row = row._replace(hash=link(GENESIS, row))
    connection = sqlite3.connect(path)
    values = (*row[:4], "intent", row.block, row.payload, row.hash)
    connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    connection.commit()
    connection.close()
    return row.hash


async def test_a_journal_of_version_1_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    head = await _of_version_1(path, blocks=True)
    with pytest.raises(ResponseError, match="Not a journal of real blocks"):
        await Journal.open(path, wall=lambda: 7, real=True)  # it tells by what is in it
    journal = await opened(path)
    assert (journal.head, journal.entries[0].phase) == (head, "intent")
    await journal.append(Result(1), response="simulated", cursor=9, block="blk-1")
    assert await journal.verify_chain() is None
    await journal.close()


async def test_an_empty_journal_of_version_1_is_whatever_it_is_opened_for(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await _of_version_1(path, blocks=False)
    await (await Journal.open(path, wall=lambda: 7, real=True)).close()
    with pytest.raises(ResponseError, match="Not a journal of simulated blocks"):
        await opened(path)


async def test_several_entries_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    journal = await opened(tmp_path / "journal.db")
    begun = await journal.append(INTENT, response="edge", cursor=1)
    lines = [Line(Result(1), "edge", 1, begun.block), Line(Verified(), "edge", 1, begun.block)]
    written = await journal.append_all(lines)
    assert [entry.seq for entry in written] == [2, 3]
    with pytest.raises(ValueError, match="an intent makes a new block"):
        await journal.append_all([*lines, Line(INTENT, "edge", 1, "blk-1")])
    assert [entry.phase for entry in journal.entries] == ["intent", "result", "verified"]
    assert await journal.verify_chain() is None
    await journal.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from triage_tui.respond.entries import Result, decode
from triage_tui.respond.journal import Journal

async def main(path, intent, after):
    journal = await Journal.open(Path(path), wall=lambda: 7)
    entry = await journal.append(decode(intent), response="edge", cursor=100)
    if after == "result":
        await journal.append(Result(1), response="edge", cursor=100, block=entry.block)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("after", ["intent", "result"])
def test_a_kill_loses_nothing_that_was_awaited(tmp_path: Path, after: str) -> None:
    path = tmp_path / "journal.db"
    command = [sys.executable, "-c", KILLED, str(path), encode(INTENT), after]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr

    async def look() -> tuple[list[str], list[str], BlockState]:
        journal = await opened(path)
        phases = [entry.phase for entry in journal.entries]
        open_phases = [entry.phase for entry in journal.pending()]
        state = blocks_as_of(journal.entries, 100)[0].state
        assert await journal.verify_chain() is None
        await journal.close()
        return phases, open_phases, state

    if after == "intent":
        assert asyncio.run(look()) == (["intent"], ["intent"], BlockState.INTENDED)
    else:
        assert asyncio.run(look()) == (["intent", "result"], [], BlockState.SENT)


# -- what follows from it ------------------------------------------------------------------------


def state(told: list[Entry], cursor: int | None) -> BlockState | None:
    found = blocks_as_of(told, cursor)
    return found[0].state if found else None


LIFE = entries(
    (100, INTENT),
    (100, Result(1)),
    (100, Verified()),
    (120, UndoIntent("lee")),
    (120, Undone("lee")),
)


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        (99, None),
        (100, BlockState.VERIFIED),
        (119, BlockState.VERIFIED),
        (120, BlockState.UNDONE),
        (500, BlockState.UNDONE),
        (None, BlockState.UNDONE),
    ],
)
def test_a_block_as_of_each_cursor(cursor: int | None, expected: BlockState | None) -> None:
    assert state(LIFE, cursor) == expected


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        (159, BlockState.VERIFIED),
        (160, BlockState.EXPIRED),
        (None, BlockState.VERIFIED),
    ],
)
def test_a_block_expires(cursor: int | None, expected: BlockState) -> None:
    assert state(LIFE[:3], cursor) == expected


def test_the_latest_state_knows_how_late_it_is() -> None:
    lasting = msgspec.structs.replace(INTENT, expires=None)
    other = entries((300, lasting), (300, Result(1)), block="blk-2")
    found = {block.id: block.state for block in blocks_as_of([*LIFE[:3], *other], None)}
    assert found == {"blk-1": BlockState.EXPIRED, "blk-2": BlockState.SENT}


def test_what_failed_never_was_in_force() -> None:
    told = entries((100, INTENT), (100, Failed("no")), (100, Verified()))
    assert state(told, 100) is BlockState.FAILED
    assert state(told, 999) is BlockState.FAILED


def test_an_undo_that_failed_leaves_it_in_force() -> None:
    told = [*LIFE[:4], *entries((120, UndoFailed("no")))]
    assert state(told, 130) is BlockState.VERIFIED
    assert pending(told) == ()
    assert [entry.phase for entry in pending(told[:4])] == ["undo intent"]


def test_an_extension_counts_from_its_cursor() -> None:
    told = [*LIFE[:3], *entries((150, Extended(300, "lee", "still there")))]
    assert blocks_as_of(told, 149)[0].expires == 160
    assert blocks_as_of(told, 150)[0].expires == 300
    assert state(told, 299) is BlockState.VERIFIED
    assert state(told, 300) is BlockState.EXPIRED
    assert blocks_as_of(told, 150)[0].reason == "scans"


def test_never_is_later_than_any_time() -> None:
    told = [*LIFE[:3], *entries((150, Extended(None, "lee")), (151, Extended(400, "lee")))]
    assert blocks_as_of(told, 200)[0].expires is None
    assert state(told, 10**18) is BlockState.VERIFIED


def test_newest_first() -> None:
    told = [*entries((200, INTENT), block="a"), *entries((100, INTENT), block="b")]
    assert [block.id for block in blocks_as_of(told, None)] == ["b", "a"]


texts = st.text() | st.text(st.characters(), max_size=5) | st.just("\ud800")
times = st.integers(-(2**63), 2**63 - 1)
marks = st.builds(Mark, st.integers(0, 10_000), texts, texts)
evidence = st.none() | st.builds(
    Evidence, st.none() | marks, st.none() | marks, st.lists(texts).map(tuple), texts
)
payloads = st.one_of(
    st.builds(
        Intent,
        **dict.fromkeys(("blocklist", "cidr", "reason", "author", "subject"), texts),
        expires=st.none() | times,
        simulated=st.booleans(),
        identity=texts,
        set=texts,
        writer=texts,
    ),
    st.builds(Attempt, st.booleans(), marks, texts),
    st.builds(Result, st.integers(0, 10_000), evidence),
    st.builds(Failed, texts, evidence),
    st.builds(Verified, evidence),
    st.builds(Missing, evidence),
    st.builds(UndoIntent, texts, st.booleans(), texts, texts),
    st.builds(Undone, texts, evidence),
    st.builds(Expired, texts, evidence),
    st.builds(UndoFailed, texts, evidence),
    st.builds(Extended, st.none() | times, texts, texts),
)


@given(payloads)
def test_payloads_come_back(payload: Payload) -> None:
    text = encode(payload)
    assert text.isascii()
    assert decode(text) == payload


rows = st.lists(st.tuples(times, times, texts, texts, texts), max_size=6)


@given(rows, st.data())
def test_any_change_breaks_the_chain(
    contents: list[tuple[int, int, str, str, str]], data: st.DataObject
) -> None:
    chain: list[Row] = []
    before = "0" * 64
    for seq, content in enumerate(contents, start=1):
        row = Row(seq, *content, "")
        chain.append(row._replace(hash=link(before, row)))
        before = chain[-1].hash
    assert first_broken(chain) is None
    if chain:
        at = data.draw(st.integers(0, len(chain) - 1))
        field = data.draw(st.sampled_from(range(len(Row._fields))))
        old = chain[at][field]
        new = data.draw((times if isinstance(old, int) else texts).filter(lambda new: new != old))
        changed: list[object] = list(chain[at])
        changed[field] = new
        broken = [*chain[:at], Row._make(changed), *chain[at + 1 :]]
        assert first_broken(broken) == at + 1


INTENT_UNTIL = [
    Intent("edge", "203.0.113.77/32", "", "", after, "", simulated=True) for after in range(13)
]
small = st.integers(0, 12)
decisions = st.lists(
    st.tuples(
        small,
        st.sampled_from(["a", "b"]),
        st.one_of(
            st.builds(lambda expires: INTENT_UNTIL[expires], small),
            st.just(Result(1)),
            st.just(Failed("")),
            st.just(Verified()),
            st.just(Undone("")),
            st.builds(Extended, st.none() | small, st.just("")),
        ),
    ),
    max_size=12,
)


@given(decisions)
def test_between_turning_points_nothing_turns(told: list[tuple[int, str, Payload]]) -> None:
    all_of_them = [
        Entry(seq, seq, cursor, "edge", block, payload, "")
        for seq, (cursor, block, payload) in enumerate(told, start=1)
    ]
    points = set(turning_points(all_of_them))
    for cursor in range(1, 14):
        if cursor not in points:
            assert blocks_as_of(all_of_them, cursor) == blocks_as_of(all_of_them, cursor - 1)
