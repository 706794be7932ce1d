"""What is over is taken out of a real blocklist, whatever is in the way."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from tests.blocklists import (
    NOW,
    Rig,
    refused,
)
from triage_tui.model import (
    HOUR,
    SECOND,
    BlockState,
)
from triage_tui.respond.address_sets import IpSet
from triage_tui.respond.entries import Extended
from triage_tui.respond.ipset import Answer, Read, Trouble, TroubleKind, Write
from triage_tui.respond.settings import BlocklistSettings
from triage_tui.respond.turns import Turns
from triage_tui.respond.upkeep import AFTER_TROUBLE, OFTEN, SELDOM, keep


async def test_what_is_over_is_taken_out(rig: Rig) -> None:
    short = await rig.block("203.0.112.7")
    long = await rig.block("203.0.112.8", expires_after=9 * HOUR)
    assert rig.blocklist.next_expiry() == NOW + HOUR
    assert await rig.blocklist.expire() == []
    rig.now += 2 * HOUR
    assert dict(rig.states)["203.0.112.7/32"] is BlockState.OVERDUE
    [expired] = await rig.blocklist.expire()
    assert (expired.id, expired.state) == (short.id, BlockState.EXPIRED)
    assert rig.sets.v4 == ["198.18.0.1/32", "203.0.112.8/32"]
    assert rig.blocklist.next_expiry() == long.expires


async def test_expiry_survives_a_restart(rig: Rig) -> None:
    await rig.block()
    await rig.again()
    rig.now += 2 * HOUR
    [expired] = await rig.blocklist.expire()
    assert expired.state is BlockState.EXPIRED
    assert rig.sets.v4 == ["198.18.0.1/32"]


async def test_what_is_extended_meanwhile_does_not_expire(rig: Rig) -> None:
    block = await rig.block()
    rig.now += 2 * HOUR
    turns = Turns(rig.tmp_path / "turns", "111122223333", "eu-west-1", 1000)
    async with asyncio.TaskGroup() as tasks, turns.taken():
        expiring = tasks.create_task(rig.blocklist.expire())
        while rig.phases[-1] != "undo intent":  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        longer = Extended(rig.now + HOUR, "maria")
        await rig.journal.append(longer, response="shop", cursor=rig.now, block=block.id)
    assert expiring.result() == []
    assert rig.states == [(block.cidr, BlockState.SENT)]
    assert rig.phases[-1] == "undo failed"
    assert "203.0.112.7/32" in rig.sets.v4


async def test_a_block_in_a_set_that_is_no_longer_named(rig: Rig) -> None:
    block = await rig.block("2a01:db8:7::/64")
    await rig.stop()
    await rig.start(BlocklistSettings("shop", region="eu-west-1", ipv4="shop-v4"))
    await rig.blocklist.reconcile()
    assert "no longer names" in rig.blocklist.differences()[0]
    error = await refused(rig.blocklist.extend(block, NOW + 9 * HOUR, author="k", cursor=NOW))
    assert "no longer names" in error.message
    error = await refused(rig.blocklist.undo(block, author="k", cursor=NOW))
    assert "no longer names" in error.message
    assert rig.states == [("2a01:db8:7::/64", BlockState.SENT)]


async def test_what_is_overdue_can_be_extended(rig: Rig) -> None:
    block = await rig.block()
    rig.now += 2 * HOUR
    longer = await rig.blocklist.extend(block, rig.now + HOUR, author="kim", cursor=NOW)
    assert longer.expires == rig.now + HOUR
    assert await rig.blocklist.expire() == []
    await rig.blocklist.undo(block, author="kim", cursor=NOW)
    error = await refused(rig.blocklist.extend(block, rig.now + HOUR, author="kim", cursor=NOW))
    assert error.title == "Nothing to extend"


async def test_what_could_not_expire_is_said(rig: Rig) -> None:
    await rig.block()
    rig.now += 2 * HOUR
    rig.sets.before = lambda step: Trouble(TroubleKind.REFUSED, "GetIPSet is denied")
    error = await refused(rig.blocklist.expire())
    assert (error.title, error.message) == ("Still blocked", "203.0.112.7/32: GetIPSet is denied.")
    assert rig.states == [("203.0.112.7/32", BlockState.OVERDUE)]
    assert "is over and still in the set" in rig.blocklist.differences()[0]


async def test_what_fails_to_expire_holds_nothing_else_up(rig: Rig) -> None:
    await rig.block("203.0.112.7")
    await rig.block("2a01:db8:7::/64")
    rig.now += 2 * HOUR

    def denied(step: Read | Write) -> Answer:
        is_v4 = isinstance(step, Write) and not any(":" in str(n) for n in step.removes)
        return Trouble(TroubleKind.REFUSED, "denied") if is_v4 else None

    rig.sets.before = denied
    error = await refused(rig.blocklist.expire())
    assert error.message == "203.0.112.7/32: denied."
    assert rig.sets.kept["shop-v6"].addresses == []
    assert dict(rig.states) == {
        "203.0.112.7/32": BlockState.OVERDUE,
        "2a01:db8:7::/64": BlockState.EXPIRED,
    }
    rig.sets.before = lambda step: None
    assert len(await rig.blocklist.expire()) == 1
    assert rig.sets.v4 == ["198.18.0.1/32"]


async def test_upkeep_reconciles_and_expires_until_it_is_cancelled(rig: Rig) -> None:
    block = await rig.block()
    changed, slept = 0, list[float]()
    over = asyncio.Event()

    def heard() -> None:
        nonlocal changed
        changed += 1

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            rig.now += HOUR - SECOND
        elif len(slept) == 2:
            rig.sets.away = True
            rig.now += 2 * SECOND
        elif len(slept) == 3:
            rig.sets.away = False
            rig.now += round(AFTER_TROUBLE * SECOND)
        else:
            over.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        kept = keep(rig.blocklist, wall=lambda: rig.now, changed=heard, sleep=sleep)
        keeping = tasks.create_task(kept)
        await over.wait()
        keeping.cancel()
    assert slept == [OFTEN, 1.0, OFTEN, OFTEN]
    assert rig.states == [(block.cidr, BlockState.EXPIRED)]
    assert rig.sets.v4 == ["198.18.0.1/32"]
    assert changed == 4  # held against the sets twice: an hour lies between


async def kept(rig: Rig, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Upkeep until `sleep` raises."""
    with pytest.raises(_Over):
        await keep(rig.blocklist, wall=lambda: rig.now, changed=lambda: None, sleep=sleep)


class _Over(Exception):
    """Enough was seen."""


async def test_a_set_that_cannot_be_read_holds_no_expiry_up(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.block("203.0.112.7")
    rig.now += 2 * HOUR
    looks, slept = 0, list[float]()

    async def perform(ip_set: IpSet, step: Read | Write) -> Answer:
        nonlocal looks
        if ip_set.version == 6:
            looks += 1
            return Trouble(TroubleKind.REFUSED, "GetIPSet is denied")
        return await given(ip_set, step)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 9:
            raise _Over
        rig.now += round(seconds * SECOND)

    given, rig.sets.perform = rig.sets.perform, perform  # type: ignore[method-assign] # one set
    await kept(rig, sleep)
    assert rig.states == [("203.0.112.7/32", BlockState.EXPIRED)]
    assert rig.sets.v4 == ["198.18.0.1/32"]
    assert slept == [OFTEN] * 9
    assert looks == 2  # at once, and after a pause
    assert "GetIPSet is denied" in caplog.text


async def test_an_expiry_that_is_refused_is_tried_more_and_more_rarely(rig: Rig) -> None:
    """And what is over meanwhile goes as soon as it is."""
    stuck = await rig.block("203.0.112.7", expires_after=SECOND)
    other = await rig.block("203.0.112.8", expires_after=300 * SECOND)
    begun = rig.now = rig.now + SECOND
    tried = list[float]()

    def denied(step: Read | Write) -> Answer:
        if not isinstance(step, Write) or "203.0.112.7/32" not in map(str, step.removes):
            return None
        tried.append((rig.now - begun) / SECOND)
        return Trouble(TroubleKind.REFUSED, "denied")

    async def sleep(seconds: float) -> None:
        assert 0 < seconds <= OFTEN
        rig.now += round(seconds * SECOND)
        past = (rig.now - begun) / SECOND
        assert ("203.0.112.8/32" in rig.sets.v4) == (past <= 300)
        if past >= 3000:
            rig.sets.before = lambda step: None
        if past >= 3200:
            raise _Over

    rig.sets.before = denied
    await kept(rig, sleep)
    pauses = [b - a for a, b in pairwise(tried)]
    expected = [min(SELDOM, AFTER_TROUBLE * 2**n) for n in range(len(pauses))]
    assert pauses == pytest.approx(expected, abs=OFTEN)
    assert SELDOM in expected
    assert dict(rig.states) == {each.cidr: BlockState.EXPIRED for each in (stuck, other)}
