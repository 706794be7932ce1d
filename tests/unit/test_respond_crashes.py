"""A real blocklist after a crash or a lost answer: nothing is lost, and nothing is done twice."""

import asyncio
from pathlib import Path

import pytest

from tests.blocklists import (
    NOW,
    UNCLEAR,
    Killed,
    Rig,
    dies,
    refused,
)
from triage_tui.model import (
    HOUR,
    BlockState,
)
from triage_tui.respond.ipset import Answer, Read, Trouble, TroubleKind, Write
from triage_tui.respond.journal import Journal
from triage_tui.respond.settings import BlocklistSettings
from triage_tui.respond.turns import Turns


async def test_a_crash_after_the_write(rig: Rig) -> None:
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.block()
    assert rig.phases == ["intent", "attempt"]
    rig.sets.after = lambda step: None
    await rig.again()
    await rig.blocklist.reconcile()
    assert rig.phases[2:] == ["result", "verified"]
    assert rig.states == [("203.0.112.7/32", BlockState.VERIFIED)]
    await rig.blocklist.undo(rig.blocklist.blocks(None)[0], author="kim", cursor=NOW)
    assert rig.sets.v4 == ["198.18.0.1/32"]


async def test_a_crash_before_the_write(rig: Rig) -> None:
    rig.sets.before = dies(Write)
    with pytest.raises(Killed):
        await rig.block()
    rig.sets.before = lambda step: None
    token = rig.sets.kept["shop-v4"].token
    await rig.again()
    await rig.blocklist.reconcile()
    assert rig.states == [("203.0.112.7/32", BlockState.FAILED)]
    assert rig.sets.v4 == ["198.18.0.1/32"]
    assert rig.sets.kept["shop-v4"].token != token  # a write on its way would find another token


async def test_a_crash_before_anything_was_sent(rig: Rig) -> None:
    rig.sets.before = dies(Read)
    with pytest.raises(Killed):
        await rig.block()
    rig.sets.before = lambda step: None
    await rig.blocklist.reconcile()
    assert rig.phases == ["intent"]  # whoever wrote it lives
    await rig.again()
    await rig.blocklist.reconcile()
    assert rig.phases == ["intent", "failed"]


async def test_a_crash_in_an_undo(rig: Rig) -> None:
    block = await rig.block()
    await rig.blocklist.verify(block)
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.blocklist.undo(block, author="kim", cursor=NOW)
    rig.sets.after = lambda step: None
    await rig.again()
    await rig.blocklist.reconcile()
    assert rig.states == [("203.0.112.7/32", BlockState.UNDONE)]
    block = await rig.block()
    rig.sets.before = dies(Write)
    with pytest.raises(Killed):
        await rig.blocklist.undo(block, author="kim", cursor=NOW)
    rig.sets.before = lambda step: None
    await rig.again()
    await rig.blocklist.reconcile()
    assert rig.states[0] == ("203.0.112.7/32", BlockState.VERIFIED)
    assert "undo failed" in rig.phases


async def test_the_next_change_settles_what_a_crash_left(rig: Rig) -> None:
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.block()
    rig.sets.after = lambda step: None
    await rig.again()
    await rig.block("203.0.112.8")
    assert dict(rig.states)["203.0.112.7/32"] is BlockState.SENT


async def test_what_a_crash_left_open_expires(rig: Rig) -> None:
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.block()
    rig.sets.after = lambda step: None
    await rig.again()
    assert rig.blocklist.next_expiry() == NOW + HOUR
    assert rig.blocklist.due() == []
    rig.now += 2 * HOUR
    assert [block.cidr for block in rig.blocklist.due()] == ["203.0.112.7/32"]
    [expired] = await rig.blocklist.expire()
    assert (expired.cidr, expired.state) == ("203.0.112.7/32", BlockState.EXPIRED)
    assert rig.sets.v4 == ["198.18.0.1/32"]
    assert (rig.blocklist.due(), rig.blocklist.next_expiry()) == ([], None)


async def test_what_never_came_to_be_does_not_expire(rig: Rig) -> None:
    rig.sets.before = dies(Write)
    with pytest.raises(Killed):
        await rig.block()
    rig.sets.before = lambda step: None
    await rig.again()
    rig.now += 2 * HOUR
    assert await rig.blocklist.expire() == []
    assert rig.states == [("203.0.112.7/32", BlockState.FAILED)]


async def test_what_cannot_be_settled_holds_no_other_expiry_up(rig: Rig) -> None:
    await rig.block("2a01:db8:7::/64")
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.block()
    rig.sets.after = lambda step: None
    await rig.again()
    rig.now += 2 * HOUR

    def denied(step: Read | Write) -> Answer:
        is_v4 = isinstance(step, Write) and not step.removes
        return Trouble(TroubleKind.REFUSED, "denied") if is_v4 else None

    rig.sets.before = denied
    error = await refused(rig.blocklist.expire())
    assert error.message == "denied."
    assert rig.sets.kept["shop-v6"].addresses == []
    assert [block.cidr for block in rig.blocklist.due()] == ["203.0.112.7/32"]


async def test_what_is_open_in_a_set_that_is_no_longer_named(rig: Rig) -> None:
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.block("2a01:db8:7::/64")
    rig.sets.after = lambda step: None
    await rig.stop()
    await rig.start(BlocklistSettings("shop", region="eu-west-1", ipv4="shop-v4"))
    rig.now += 2 * HOUR
    error = await refused(rig.blocklist.expire())
    assert "no longer names" in error.message


async def test_two_blocks_of_one_entry_in_one_change_that_a_crash_ends(rig: Rig) -> None:
    turns = Turns(rig.tmp_path / "turns", "111122223333", "eu-west-1", 1000)
    rig.sets.after = dies(Write)
    async with asyncio.TaskGroup() as tasks:
        async with turns.taken():
            both = asyncio.gather(
                *(rig.block(expires_after=hours * HOUR) for hours in (1, 9)),
                return_exceptions=True,
            )
            waited = tasks.create_task(asyncio.wait_for(both, 60))
            while rig.phases != ["intent", "intent"]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        await waited
    assert rig.phases == ["intent", "intent", "attempt"]
    rig.sets.after = lambda step: None
    await rig.again()
    await rig.blocklist.reconcile()
    assert sorted(state for _, state in rig.states) == [BlockState.FAILED, BlockState.VERIFIED]
    rig.now += 10 * HOUR
    assert len(await rig.blocklist.expire()) == 1
    assert rig.sets.v4 == ["198.18.0.1/32"]


async def test_an_answer_that_is_lost(rig: Rig) -> None:
    rig.sets.after = lambda step: UNCLEAR if isinstance(step, Write) else None
    assert (await rig.block()).state is BlockState.SENT
    assert "203.0.112.7/32" in rig.sets.v4


async def test_an_answer_that_never_comes(rig: Rig) -> None:
    await rig.blocklist.open()
    written: list[Write] = []

    def lose(step: Read | Write) -> Answer:
        if isinstance(step, Write):
            written.append(step)
        return UNCLEAR if written else None

    rig.sets.before = lose
    error = await refused(rig.block())
    assert error.title == "Nobody knows yet"
    assert rig.states == [("203.0.112.7/32", BlockState.INTENDED)]
    assert "nobody knows yet" in rig.blocklist.differences()[0]
    rig.sets.before = lambda step: None
    await rig.blocklist.reconcile()
    assert rig.states == [("203.0.112.7/32", BlockState.FAILED)]
    assert list(rig.blocklist.differences()) == []


async def test_two_blocks_of_one_entry_and_an_answer_that_never_comes(rig: Rig) -> None:
    await rig.blocklist.open()
    turns = Turns(rig.tmp_path / "turns", "111122223333", "eu-west-1", 1000)
    rig.sets.before = lambda step: UNCLEAR if isinstance(step, Write) else None
    async with asyncio.TaskGroup() as tasks, turns.taken():
        both = [tasks.create_task(refused(rig.block())) for _ in range(2)]
        while rig.phases != ["intent", "intent"]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
    assert [task.result().title for task in both] == ["Nobody knows yet"] * 2
    assert [state for _, state in rig.states] == [BlockState.FAILED, BlockState.INTENDED]


async def test_nothing_is_sent_that_is_not_in_the_journal(rig: Rig) -> None:
    await rig.blocklist.open()
    await rig.journal.close()
    error = await refused(rig.block())
    assert "closed" in error.title
    assert not rig.sets.calls


async def test_a_journal_of_simulated_blocks_is_none_of_real_ones(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    simulated = await Journal.open(path, wall=lambda: NOW)
    await simulated.close()
    error = await refused(Journal.open(path, wall=lambda: NOW, real=True))
    assert error.title == "Not a journal of real blocks"
    real = await Journal.open(tmp_path / "real.db", wall=lambda: NOW, real=True)
    await real.close()
    error = await refused(Journal.open(tmp_path / "real.db", wall=lambda: NOW))
    assert error.title == "Not a journal of simulated blocks"
