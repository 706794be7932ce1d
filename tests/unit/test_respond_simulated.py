"""The simulated blocklist: refuses, journals, verifies, extends and undoes as the real one must."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import (
    DAY,
    HOUR,
    MINUTE,
    Block,
    BlockRequest,
    BlockState,
    Collateral,
    EntityRef,
    Kind,
)
from triage_tui.respond.entries import Entry, Intent, Payload, Result, UndoIntent
from triage_tui.respond.guard import GuardPolicy, Protected
from triage_tui.respond.journal import Journal, ResponseError, blocks_as_of
from triage_tui.respond.simulated import SimulatedBlocklist

if TYPE_CHECKING:
    from triage_tui.ports import Response

NOON = 12 * HOUR
POLICY = GuardPolicy(protect=(Protected("203.0.113.9", "the shop's own monitor"),))


class Nobody:
    """A witness that has seen nothing."""

    def collateral(self, cidr: str) -> Collateral:
        return Collateral(cidr, 0, 0, 0, 0, 0, (), (), 0, 0)


def request(
    cidr: str = "203.0.113.77",
    *,
    cursor: int = NOON,
    after: int | None = HOUR,
    reason: str = "scans /wp-admin",
    blocklist: str = "simulated",
) -> BlockRequest:
    return BlockRequest(
        cidr=cidr,
        blocklist=blocklist,
        reason=reason,
        author="kim",
        expires_after=after,
        subject="ip:203.0.113.77",
        cursor=cursor,
    )


async def new_journal(path: Path | None = None) -> Journal:
    ticks = count(1)
    return await Journal.open(path, wall=lambda: next(ticks))


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    made = await new_journal()
    yield made
    await made.close()


@pytest.fixture
def blocklist(journal: Journal) -> SimulatedBlocklist:
    return SimulatedBlocklist(journal, POLICY)


def phases(journal: Journal) -> list[str]:
    return [entry.phase for entry in journal.entries]


def states(blocks: Sequence[Block]) -> dict[str, BlockState]:
    return {block.cidr: block.state for block in blocks}


async def test_it_is_a_response_and_says_that_it_is_simulated(
    journal: Journal, blocklist: SimulatedBlocklist
) -> None:
    response: Response = blocklist
    assert response.simulated
    assert response.name == "simulated"
    ref = EntityRef(Kind.IP, "203.0.113.77")
    plan = await response.plan([ref], Nobody(), NOON)
    assert plan.simulated
    assert plan.advice[-1].startswith("Simulated")
    assert [choice.refused for choice in plan.choices] == [False, True]  # the monitor is in the /24
    assert plan.capacity_left == 10_000
    assert journal.revision == 0


async def test_a_block_from_intent_to_undo(journal: Journal, blocklist: SimulatedBlocklist) -> None:
    block = await blocklist.apply(request())
    assert (block.cidr, block.state) == ("203.0.113.77/32", BlockState.SENT)
    assert (block.expires, block.cursor, block.simulated) == (NOON + HOUR, NOON, True)
    assert (block.author, block.reason) == ("kim", "scans /wp-admin")
    assert block.subject == "ip:203.0.113.77"
    assert blocklist.blocks(NOON) == (block,)

    block = await blocklist.verify(block)
    assert block.state is BlockState.VERIFIED
    assert await blocklist.verify(block) == block
    assert blocklist.blocks(NOON) == (block,)
    assert blocklist.blocks(NOON - 1) == ()

    undone = await blocklist.undo(block, author="lee", cursor=NOON + MINUTE)
    assert undone.state is BlockState.UNDONE
    assert states(blocklist.blocks(NOON)) == {block.cidr: BlockState.VERIFIED}
    assert states(blocklist.blocks(NOON + MINUTE)) == {block.cidr: BlockState.UNDONE}
    assert phases(journal) == ["intent", "result", "verified", "undo intent", "undone"]
    assert await journal.verify_chain() is None


async def test_what_another_window_blocks_is_known_before_the_next_plan(tmp_path: Path) -> None:
    journals = [await new_journal(tmp_path / "journal.db") for _ in range(2)]
    here, there = (SimulatedBlocklist(journal, POLICY) for journal in journals)
    block = await there.verify(await there.apply(request()))
    assert here.blocks(NOON) == ()
    await here.refresh()
    assert here.blocks(NOON) == (block,)
    await there.apply(request("198.51.100.23"))
    plan = await here.plan([EntityRef(Kind.IP, "203.0.113.77")], Nobody(), NOON)
    assert len(here.blocks(NOON)) == 2
    assert plan.capacity_left == 9_998
    for journal in journals:
        await journal.close()


class Failing(Journal):
    """Takes the intent; has no room for what comes after."""

    async def append(
        self, payload: Payload, *, response: str, cursor: int, block: str = ""
    ) -> Entry:
        if not isinstance(payload, Intent):
            raise ResponseError("Full", "The disk is full.", "Make room.")
        return await super().append(payload, response=response, cursor=cursor, block=block)


async def test_nothing_is_blocked_whose_result_could_not_be_written() -> None:
    journal = await Failing.open(None, wall=lambda: 1)
    blocklist = SimulatedBlocklist(journal, POLICY)
    with pytest.raises(ResponseError, match="Make room"):
        await blocklist.apply(request())
    assert states(blocklist.blocks(NOON)) == {"203.0.113.77/32": BlockState.INTENDED}
    assert [entry.phase for entry in journal.pending()] == ["intent"]
    await journal.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (request("0.0.0.0/0"), "every IPv4 address"),
        (request("203.0.113.0/24"), "the shop's own monitor"),
        (request("203.0.0.0/8"), "wider than the widest allowed"),
        (request("10.0.0.1"), "private"),
        (request("rds.amazonaws.com"), "AWS service"),
        (request(after=None, reason="  "), "Say why"),
        (request(after=0), "lies ahead"),
        (request(blocklist="prod"), "Plan the block again"),
    ],
)
async def test_it_refuses(
    journal: Journal, blocklist: SimulatedBlocklist, wrong: BlockRequest, words: str
) -> None:
    with pytest.raises(ResponseError, match=words) as caught:
        await blocklist.apply(wrong)
    assert caught.value.title
    assert caught.value.fix
    assert journal.revision == 0


async def test_documentation_space_is_allowed_here_whatever_the_policy_says(
    journal: Journal,
) -> None:
    strict = GuardPolicy(allow_documentation=False)
    assert SimulatedBlocklist(journal, strict).policy.allow_documentation


async def test_what_is_covered_already_is_refused(blocklist: SimulatedBlocklist) -> None:
    wide = await blocklist.apply(request("198.51.100.0/24"))
    with pytest.raises(ResponseError, match=wide.id):
        await blocklist.apply(request("198.51.100.7"))
    # Before it was made, after it has expired, or undone, it covers nothing.
    await blocklist.apply(request("198.51.100.7", cursor=NOON - HOUR))
    await blocklist.apply(request("198.51.100.8", cursor=NOON + HOUR))


async def test_a_wider_block_beside_a_narrower_one(blocklist: SimulatedBlocklist) -> None:
    narrow = await blocklist.apply(request("198.51.100.7"))
    wide = await blocklist.apply(request("198.51.100.0/24"))
    await blocklist.undo(wide, author="kim", cursor=NOON)
    assert states(blocklist.blocks(NOON)) == {
        narrow.cidr: BlockState.SENT,
        wide.cidr: BlockState.UNDONE,
    }


async def test_blocking_again_extends(journal: Journal, blocklist: SimulatedBlocklist) -> None:
    first = await blocklist.apply(request())
    again = await blocklist.apply(request("203.0.113.77/32", cursor=NOON + 30 * MINUTE))
    assert again.id == first.id
    assert again.expires == NOON + 30 * MINUTE + HOUR
    shorter = await blocklist.apply(request(after=MINUTE))
    assert shorter.expires == first.expires  # as of noon the extension is yet to come
    assert len(blocklist.blocks(None)) == 1
    assert phases(journal) == ["intent", "result", "extend"]
    assert blocklist.blocks(NOON)[0].expires == first.expires
    assert blocklist.blocks(NOON + HOUR)[0].state is BlockState.SENT
    assert blocklist.blocks(NOON + 2 * HOUR)[0].state is BlockState.EXPIRED


async def test_extending(blocklist: SimulatedBlocklist) -> None:
    block = await blocklist.apply(request(reason=""))
    longer = await blocklist.extend(block, NOON + DAY, author="lee", cursor=NOON + MINUTE)
    assert longer.expires == NOON + DAY
    same = await blocklist.extend(longer, NOON + HOUR, author="lee", cursor=NOON + MINUTE)
    assert same.expires == NOON + DAY
    with pytest.raises(ResponseError, match="Say why"):
        await blocklist.extend(longer, None, author="lee", cursor=NOON + MINUTE)
    never = await blocklist.apply(request(after=None, reason="paid attacker", cursor=NOON + HOUR))
    assert (never.id, never.expires, never.reason) == (block.id, None, "paid attacker")


async def test_what_is_not_in_force_cannot_be_changed(blocklist: SimulatedBlocklist) -> None:
    block = await blocklist.apply(request())
    for cursor, words in ((NOON - 1, "Go on in time"), (NOON + HOUR, "is expired")):
        with pytest.raises(ResponseError, match=words):
            await blocklist.undo(block, author="kim", cursor=cursor)
        with pytest.raises(ResponseError, match=words):
            await blocklist.extend(block, NOON + DAY, author="kim", cursor=cursor)
    await blocklist.undo(block, author="kim", cursor=NOON)
    with pytest.raises(ResponseError, match="is undone"):
        await blocklist.undo(block, author="kim", cursor=NOON)
    foreign = msgspec.structs.replace(block, id="blk-theirs")
    with pytest.raises(ResponseError, match="stays theirs"):
        await blocklist.undo(foreign, author="kim", cursor=NOON)


async def test_an_expired_block_stays_expired_when_verified(blocklist: SimulatedBlocklist) -> None:
    await blocklist.apply(request())
    expired = blocklist.blocks(NOON + HOUR)[0]
    assert (await blocklist.verify(expired)).state is BlockState.EXPIRED


async def test_capacity_is_a_familys_own(journal: Journal) -> None:
    small = SimulatedBlocklist(journal, POLICY, capacity=2)
    await small.apply(request("198.51.100.1"))
    await small.apply(request("198.51.100.2"))
    with pytest.raises(ResponseError, match="holds 2 IPv4 entries"):
        await small.apply(request("198.51.100.3"))
    await small.apply(request("2001:db8::1"))
    await small.apply(request("198.51.100.3", cursor=NOON + HOUR))  # the others have expired
    plan = await small.plan([EntityRef(Kind.IP, "2001:db8::2")], Nobody(), NOON)
    assert plan.capacity_left == 1


async def test_requests_at_the_same_time_take_turns(journal: Journal) -> None:
    small = SimulatedBlocklist(journal, POLICY, capacity=3)
    wanted = [request(f"198.51.100.{n}") for n in range(6)]
    done = await asyncio.gather(*(small.apply(r) for r in wanted), return_exceptions=True)
    assert sum(isinstance(one, Block) for one in done) == 3
    assert sum(isinstance(one, ResponseError) for one in done) == 3


async def test_a_crash_between_intent_and_result(journal: Journal) -> None:
    intent = Intent("simulated", "203.0.113.77/32", "r", "kim", None, "ip:x", simulated=True)
    await journal.append(intent, response="simulated", cursor=NOON)
    blocklist = SimulatedBlocklist(journal, POLICY)
    (left,) = blocklist.blocks(NOON)
    assert left.state is BlockState.INTENDED
    with pytest.raises(ResponseError, match="is intended"):
        await blocklist.undo(left, author="kim", cursor=NOON)
    (closed,) = await blocklist.reconcile()
    assert closed.state is BlockState.FAILED
    assert journal.pending() == ()
    assert await blocklist.reconcile() == []
    assert (await blocklist.apply(request())).id != left.id


async def test_a_crash_between_undo_intent_and_undo(
    journal: Journal, blocklist: SimulatedBlocklist
) -> None:
    block = await blocklist.apply(request())
    await journal.append(UndoIntent("kim"), response="simulated", cursor=NOON, block=block.id)
    (still,) = await blocklist.reconcile()
    assert still.state is BlockState.VERIFIED
    assert phases(journal)[-2:] == ["undo failed", "verified"]
    undone = await blocklist.undo(still, author="kim", cursor=NOON)
    assert undone.state is BlockState.UNDONE


async def test_it_comes_back_after_a_restart(tmp_path: Path) -> None:
    journal = await new_journal(tmp_path / "journal.db")
    block = await SimulatedBlocklist(journal, POLICY).apply(request())
    await journal.close()
    journal = await new_journal(tmp_path / "journal.db")
    again = SimulatedBlocklist(journal, POLICY)
    assert again.blocks(NOON) == (block,)
    assert (await again.undo(block, author="kim", cursor=NOON)).state is BlockState.UNDONE
    await journal.close()


async def test_two_windows_on_one_journal(tmp_path: Path) -> None:
    journals = [await new_journal(tmp_path / "journal.db") for _ in range(2)]
    one, two = (SimulatedBlocklist(journal, POLICY) for journal in journals)
    block = await one.apply(request())
    again = await two.apply(request(after=2 * HOUR))
    assert again.id == block.id
    assert (await one.verify(block)).expires == NOON + 2 * HOUR
    for journal in journals:
        await journal.close()


async def test_blocks_of_others_in_the_journal_are_not_ours(journal: Journal) -> None:
    one = SimulatedBlocklist(journal, POLICY, name="one")
    two = SimulatedBlocklist(journal, POLICY, name="two")
    block = await one.apply(request(blocklist="one"))
    assert two.blocks(None) == ()
    with pytest.raises(ResponseError, match="stays theirs"):
        await two.undo(block, author="kim", cursor=NOON)


async def test_the_answer_is_kept_until_it_changes(blocklist: SimulatedBlocklist) -> None:
    await blocklist.apply(request())
    assert blocklist.blocks(NOON) is blocklist.blocks(NOON + MINUTE)
    assert blocklist.blocks(NOON + HOUR) is not blocklist.blocks(NOON)


steps = st.lists(
    st.tuples(
        st.sampled_from(["apply", "undo", "extend", "verify"]),
        st.integers(0, 5),  # which address, which block
        st.integers(0, 20),  # cursor
        st.none() | st.integers(1, 10),  # expiry
    ),
    max_size=15,
)


async def _play(told: list[tuple[str, int, int, int | None]]) -> None:
    journal = await new_journal()
    blocklist = SimulatedBlocklist(journal, POLICY, capacity=3)
    made: dict[str, Block] = {}
    for what, which, cursor, after in told:
        block = list(made.values())[which % len(made)] if made else None
        try:
            if what == "apply":
                cidr = ["198.51.100.0/29", *(f"198.51.100.{n}" for n in range(5))][which]
                block = await blocklist.apply(request(cidr, cursor=cursor, after=after))
            elif block is not None and what == "undo":
                block = await blocklist.undo(block, author="kim", cursor=cursor)
            elif block is not None and what == "extend":
                block = await blocklist.extend(block, after, author="kim", cursor=cursor)
            elif block is not None:
                block = await blocklist.verify(block)
        except ResponseError:
            continue
        if block is not None:
            made[block.id] = block
    for cursor in [*range(-1, 32), None]:
        assert blocklist.blocks(cursor) == tuple(blocks_as_of(journal.entries, cursor))
    assert journal.pending() == ()
    assert await journal.verify_chain() is None
    assert {block.id for block in blocklist.blocks(None)} == set(made)
    await journal.close()


@given(steps)
def test_any_sequence_of_decisions(told: list[tuple[str, int, int, int | None]]) -> None:
    asyncio.run(_play(told))


def test_the_result_counts_what_the_set_holds() -> None:
    async def play() -> list[int]:
        journal = await new_journal()
        blocklist = SimulatedBlocklist(journal, POLICY)
        for cidr in ("198.51.100.1", "198.51.100.2", "2001:db8::1"):
            await blocklist.apply(request(cidr))
        found = [e.payload.entries for e in journal.entries if isinstance(e.payload, Result)]
        await journal.close()
        return found

    assert asyncio.run(play()) == [1, 2, 1]
