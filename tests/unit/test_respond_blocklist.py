"""The real blocklist over sets in memory: everything that happens is in the journal, in order, and
what is not ours stays."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from tests.blocklists import (
    ARN,
    NOW,
    SETTINGS,
    Acls,
    Kept,
    Killed,
    Nobody,
    Proxied,
    Rig,
    dies,
    refused,
)
from triage_tui.cli.written import decisions
from triage_tui.model import (
    HOUR,
    SECOND,
    BlockState,
    EntityRef,
    Force,
    Kind,
)
from triage_tui.respond import finding
from triage_tui.respond.address_sets import IpSet
from triage_tui.respond.entries import Attempt, Intent, Result, Undone
from triage_tui.respond.ipset import Answer, Held, Read, Trouble, TroubleKind, Write
from triage_tui.respond.reconciling import GRACE
from triage_tui.respond.settings import BlocklistSettings, Scope

# -- the course of a block -----------------------------------------------------------------------


async def test_a_block_from_intent_to_undo(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    assert (block.state, block.cidr, block.expires) == (
        *(BlockState.SENT, "203.0.112.7/32"),
        NOW + HOUR,
    )
    assert rig.sets.v4 == ["198.18.0.1/32", "203.0.112.7/32"]
    assert rig.sets.kept["shop-v4"].description == "by hand"
    assert (await rig.blocklist.verify(block)).state is BlockState.VERIFIED
    assert rig.blocklist.set_of(block) == ARN.format("shop-v4")
    assert rig.blocklist.set_of(msgspec.structs.replace(block, id="of nobody")) == ""
    undone = await rig.blocklist.undo(block, author="maria", cursor=NOW)
    assert undone.state is BlockState.UNDONE
    assert rig.sets.v4 == ["198.18.0.1/32"]
    assert rig.phases == [
        *("intent", "attempt", "result", "verified"),
        *("undo intent", "attempt", "undone"),
    ]
    assert await rig.journal.verify_chain() is None


async def test_the_audit_says_who_what_and_when(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    await rig.blocklist.undo(block, author="maria", cursor=NOW)
    intent, attempt, result, _, _, undone = (entry.payload for entry in rig.journal.entries)
    assert isinstance(intent, Intent)
    assert intent.identity == "arn:aws:iam::111122223333:user/oncall"
    assert (intent.set, intent.author, intent.reason) == (ARN.format("shop-v4"), "kim", "scans")
    assert isinstance(attempt, Attempt)
    assert isinstance(result, Result)
    assert result.evidence is not None
    before, after = result.evidence.before, result.evidence.after
    assert before is not None
    assert after is not None
    assert (before.entries, after.entries, before == attempt.before) == (1, 2, True)
    assert result.evidence.requests == ("r1", "w2")
    assert isinstance(undone, Undone)
    assert undone.evidence is not None
    assert undone.evidence.after is not None
    assert (undone.author, undone.evidence.after.digest) == ("maria", before.digest)


async def test_the_report_tells_all_of_it(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    await rig.blocklist.verify(block)
    rig.now += 2 * HOUR
    await rig.blocklist.expire()
    told = decisions((), rig.journal.entries)
    assert [(each.what, each.author, each.subject) for each in told] == [
        ("block", "kim", "203.0.112.7/32"),
        ("sent", "kim", "203.0.112.7/32"),
        ("verified", "kim", "203.0.112.7/32"),
        ("expired", "expiry", "203.0.112.7/32"),
    ]
    assert "as arn:aws:iam::111122223333:user/oncall, in arn:aws:wafv2:" in told[0].text
    assert told[1].text == "1 → 2 entries (requests r1, w2)"
    assert told[3].text == "2 → 1 entries (requests r2, w3)"


async def test_the_last_entry_goes_and_ipv6_has_a_set_of_its_own(rig: Rig) -> None:
    block = await rig.block("2a01:db8:7::/64")
    assert rig.sets.kept["shop-v6"].addresses == ["2a01:db8:7::/64"]
    await rig.blocklist.undo(block, author="kim", cursor=NOW)
    assert rig.sets.kept["shop-v6"].addresses == []


async def test_a_family_without_a_set(rig: Rig) -> None:
    await rig.stop()
    await rig.start(BlocklistSettings("shop", region="eu-west-1", ipv4="shop-v4"))
    error = await refused(rig.block("2a01:db8:7::/64"))
    assert "No set for IPv6" in error.title
    assert not rig.journal.entries


async def test_blocking_again_extends(rig: Rig) -> None:
    first = await rig.block("203.0.112.7")
    again = await rig.block("203.0.112.7", expires_after=5 * HOUR)
    assert (again.id, again.expires) == (first.id, NOW + 5 * HOUR)
    shorter = await rig.block("203.0.112.7", expires_after=SECOND)
    assert shorter.expires == NOW + 5 * HOUR
    assert len([step for step in rig.sets.calls if isinstance(step, Write)]) == 1


async def test_blocking_again_puts_back_what_others_took_out(rig: Rig) -> None:
    first = await rig.block("203.0.112.7")
    await rig.blocklist.verify(first)
    rig.sets.edit(remove=["203.0.112.7/32"])
    again = await rig.block("203.0.112.7", expires_after=5 * HOUR)
    assert (again.id != first.id, again.state) == (True, BlockState.SENT)
    assert rig.sets.v4 == ["198.18.0.1/32", "203.0.112.7/32"]
    assert [state for _, state in rig.states] == [BlockState.SENT, BlockState.MISSING]
    rig.now += 2 * HOUR
    assert await rig.blocklist.expire() == []  # the first one's hour is over
    assert (await rig.blocklist.verify(again)).state is BlockState.VERIFIED


async def test_blocking_again_after_an_undo_that_was_not_answered(rig: Rig) -> None:
    first = await rig.block("203.0.112.7")
    rig.sets.after = dies(Write)
    with pytest.raises(Killed):
        await rig.blocklist.undo(first, author="kim", cursor=NOW)
    rig.sets.after = lambda step: None
    again = await rig.block("203.0.112.7")
    assert (again.id != first.id, again.state) == (True, BlockState.SENT)
    assert "203.0.112.7/32" in rig.sets.v4
    assert [state for _, state in rig.states] == [BlockState.SENT, BlockState.UNDONE]


async def test_blocking_again_on_an_old_read_keeps_what_is_ours(rig: Rig) -> None:
    first = await rig.block("203.0.112.7")
    old = Held(("198.18.0.1/32",), "an older token")
    reads = iter([old, old])
    rig.sets.before = lambda step: next(reads, None) if isinstance(step, Read) else None
    again = await rig.block("203.0.112.7", expires_after=5 * HOUR)
    assert (again.id, again.expires) == (first.id, NOW + 5 * HOUR)
    assert next(reads, None) is None
    rig.now += 6 * HOUR
    assert [block.id for block in await rig.blocklist.expire()] == [first.id]
    assert rig.sets.v4 == ["198.18.0.1/32"]


async def test_an_extension_hides_nothing_that_others_took_out(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    rig.sets.edit(remove=["203.0.112.7/32"])
    rig.now += GRACE + SECOND
    await rig.blocklist.extend(block, NOW + 5 * HOUR, author="kim", cursor=NOW)
    await rig.blocklist.refresh()
    assert rig.states == [("203.0.112.7/32", BlockState.MISSING)]


async def test_the_wall_clock_ends_a_block_wherever_time_stands(rig: Rig) -> None:
    past = await rig.block("203.0.112.7", cursor=NOW - 10 * HOUR)
    future = await rig.block("203.0.112.8", cursor=NOW + 900 * HOUR)
    assert (past.expires, past.cursor) == (NOW + HOUR, NOW - 10 * HOUR)
    assert (future.expires, future.cursor) == (NOW + HOUR, NOW)


async def test_pending_changes_go_together(rig: Rig) -> None:
    cidrs = [f"203.0.112.{n}" for n in range(40)]
    await asyncio.gather(*(rig.block(cidr) for cidr in cidrs))
    assert sorted(rig.sets.v4) == sorted(["198.18.0.1/32", *(f"{cidr}/32" for cidr in cidrs)])
    assert len([step for step in rig.sets.calls if isinstance(step, Write)]) <= 5
    await asyncio.gather(
        *(
            rig.blocklist.undo(block, author="kim", cursor=NOW)
            for block in rig.blocklist.blocks(None)
        )
    )
    assert rig.sets.v4 == ["198.18.0.1/32"]


@pytest.mark.may_block("the test reads the file in which turns are noted")
async def test_two_programs_keep_their_calls_apart(tmp_path: Path) -> None:
    apart = 0.02
    rigs = [Rig(tmp_path), Rig(tmp_path)]
    rigs[1].sets = rigs[0].sets
    stamps: list[float] = []

    def note(step: Read | Write) -> Answer:
        [lock] = (tmp_path / "turns").iterdir()
        stamps.append(float(lock.read_text()))
        return None

    rigs[0].sets.before = note
    for each in rigs:
        await each.start(msgspec.structs.replace(SETTINGS, calls_per_second=1 / apart))
    await asyncio.gather(
        *(each.block(f"203.0.112.{n}") for n, each in enumerate([*rigs, *rigs, *rigs]))
    )
    assert len(stamps) >= 4
    assert all(b - a >= apart - 1e-5 for a, b in pairwise(stamps))
    assert len(rigs[0].sets.v4) == 7
    for each in rigs:
        await each.stop()


# -- what is not ours ----------------------------------------------------------------------------


async def test_what_others_hold_stays_theirs(rig: Rig) -> None:
    error = await refused(rig.block("198.18.0.1", blocklist="shop"))
    assert error.title == "The guard refuses"  # the benchmark range; see below
    rig.sets.edit(add=["203.0.112.7/32", "203.0.113.0/24"])
    error = await refused(rig.block("203.0.112.7"))
    assert error.title == "Blocked already"
    assert "not by us: it stays theirs" in error.message
    [failed] = [entry for entry in rig.journal.entries if entry.phase == "failed"]
    assert rig.states == [("203.0.112.7/32", BlockState.FAILED)]
    error = await refused(rig.blocklist.undo(rig.blocklist.blocks(None)[0], author="k", cursor=NOW))
    assert error.title == "Nothing to undo"
    assert "203.0.112.7/32" in rig.sets.v4
    assert failed.block == rig.blocklist.blocks(None)[0].id
    assert list(rig.blocklist.foreign()) == ["198.18.0.1/32", "203.0.112.7/32", "203.0.113.0/24"]


async def test_what_a_foreign_entry_covers(rig: Rig) -> None:
    rig.sets.edit(add=["203.0.112.0/24"])
    error = await refused(rig.block("203.0.112.7"))
    assert error.message == "203.0.112.0/24 is in the set already, and covers it."


async def test_what_others_took_out_is_shown_and_not_put_back(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    await rig.blocklist.verify(block)
    rig.sets.edit(remove=["203.0.112.7/32"])
    rig.now += GRACE + SECOND
    told = await rig.blocklist.reconcile()
    assert told == [
        f"203.0.112.7/32 ({block.id}) was taken out of the set by somebody else: it is not blocked "
        "by us any more"
    ]
    [shown] = rig.blocklist.blocks(None)
    assert (shown.state, shown.drift) == (
        BlockState.MISSING,
        "taken out of the set by somebody else",
    )
    # And if they put it in again, it is theirs.
    rig.sets.edit(add=["203.0.112.7/32"])
    rig.now += 2 * HOUR
    assert await rig.blocklist.expire() == []
    assert (await refused(rig.blocklist.undo(block, author="k", cursor=NOW))).title == (
        "Nothing to undo"
    )
    assert "203.0.112.7/32" in rig.sets.v4


async def test_a_look_at_the_blocks_sees_what_others_took_out(rig: Rig) -> None:
    await rig.block("203.0.112.7")
    rig.sets.edit(remove=["203.0.112.7/32"])
    await rig.blocklist.refresh()
    assert rig.states == [("203.0.112.7/32", BlockState.SENT)]  # it may be on its way still
    rig.now += GRACE + SECOND
    await rig.blocklist.refresh()
    assert rig.states == [("203.0.112.7/32", BlockState.MISSING)]


async def test_what_was_just_written_may_be_on_its_way(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    old = Held(("198.18.0.1/32",), "an older token")
    rig.sets.before = lambda step: old if isinstance(step, Read) else None
    assert (await rig.blocklist.verify(block)).state is BlockState.SENT
    rig.sets.before = lambda step: None
    assert (await rig.blocklist.verify(block)).state is BlockState.VERIFIED


async def test_a_plan_tells_ours_from_theirs(rig: Rig) -> None:
    await rig.block("203.0.112.7")
    rig.sets.edit(add=["203.0.112.9/32"])
    plan = await rig.blocklist.plan([EntityRef(Kind.IP, "203.0.112.8")], Nobody(), NOW)
    [_, wide] = plan.choices
    assert (set(wide.covers), wide.foreign) == (
        *({"203.0.112.7/32", "203.0.112.9/32"},),
        ("203.0.112.9/32",),
    )
    assert wide.target == "IP set shop-v4, REGIONAL"
    assert not plan.simulated


async def test_what_a_block_comes_to_outlives_the_process_that_planned_it(rig: Rig) -> None:
    rig.acls = Acls()
    await rig.again()
    await rig.blocklist.plan([EntityRef(Kind.IP, "203.0.112.7")], Proxied(), NOW)
    await rig.block("203.0.112.7")
    await rig.block("203.0.112.8")  # of which nobody has seen anything
    await rig.again()
    await rig.blocklist.refresh()
    found = {block.cidr: block.enforcement for block in rig.blocklist.blocks(None)}
    proxied, unseen = found["203.0.112.7/32"], found["203.0.112.8/32"]
    assert proxied is not None
    assert unseen is not None
    assert (proxied.force, unseen.force) == (Force.NOTHING, Force.FULL)
    assert "a proxy's" in proxied.reason
    shown = rig.blocklist.blocks(None)
    assert rig.blocklist.blocks(None) is shown  # asking changes nothing


async def test_another_set_says_nothing_of_a_block_that_is_not_in_it(rig: Rig) -> None:
    block = await rig.block("203.0.112.7")
    rig.acls = Acls()
    rig.sets.kept["new-v4"] = Kept([])
    await rig.stop()
    await rig.start(BlocklistSettings("shop", region="eu-west-1", ipv4="new-v4"))
    await rig.block("203.0.112.8")
    await rig.blocklist.refresh()
    new, old = rig.blocklist.blocks(None)
    assert new.enforcement is not None
    assert (old.id, old.enforcement) == (block.id, None)
    assert rig.blocklist.set_of(old) == ARN.format("shop-v4")
    assert rig.blocklist.set_of(new) == ARN.format("new-v4")


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cidr", "more", "title"),
    [
        ("9.9.9.9", {}, "The guard refuses"),
        ("10.0.0.1", {}, "The guard refuses"),
        ("203.0.113.9", {}, "The guard refuses"),  # documentation: this one is real
        ("0.0.0.0/0", {}, "The guard refuses"),
        ("rds.amazonaws.com", {}, "The guard refuses"),
        ("203.0.112.7", {"blocklist": "other"}, "Wrong blocklist"),
        ("203.0.112.7", {"expires_after": None, "reason": " "}, "A reason is missing"),
        ("203.0.112.7", {"expires_after": 0}, "Expired already"),
    ],
)
async def test_it_refuses_before_anything_is_written(
    rig: Rig, cidr: str, more: dict[str, object], title: str
) -> None:
    assert (await refused(rig.block(cidr, **more))).title == title
    assert (rig.journal.entries, rig.sets.calls) == ([], [])


async def test_a_full_set(rig: Rig) -> None:
    await rig.stop()
    await rig.start(limit=2)
    block = await rig.block("203.0.112.7")
    error = await refused(rig.block("203.0.112.8"))
    assert error.title == "The blocklist is full"
    await rig.blocklist.undo(block, author="kim", cursor=NOW)
    await rig.block("203.0.112.8")


async def test_sets_that_there_are_not(rig: Rig) -> None:
    del rig.sets.kept["shop-v4"], rig.sets.kept["shop-v6"]
    error = await refused(rig.block())
    assert "There is no IP set 'shop-v4' and 'shop-v6' (REGIONAL in eu-west-1" in str(error)
    assert "blocks init" in error.fix


async def test_a_set_that_is_missing_holds_nothing_of_the_other_up(rig: Rig) -> None:
    old = await rig.block("203.0.112.7")
    del rig.sets.kept["shop-v6"]
    await rig.again()
    rig.now += 2 * HOUR
    assert [block.id for block in await rig.blocklist.expire()] == [old.id]
    await rig.block("203.0.112.8")
    missing = "There is no IP set 'shop-v6' (REGIONAL in eu-west-1, account 111122223333)."
    for attempt in (
        rig.block("2a01:db8:7::/64"),
        rig.blocklist.reconcile(),
        rig.blocklist.plan([EntityRef(Kind.IP, "203.0.112.9")], Nobody(), rig.now),
    ):
        assert (await refused(attempt)).message == missing
    assert list(rig.blocklist.differences()) == [missing]
    assert rig.sets.v4 == ["198.18.0.1/32", "203.0.112.8/32"]
    rig.sets.kept["shop-v6"] = Kept([])  # it is noticed without a restart
    await rig.block("2a01:db8:7::/64")
    assert list(rig.blocklist.differences()) == []


async def test_sets_that_are_not_what_they_should_be(rig: Rig) -> None:
    rig.sets.kept = {"shop-v4": Kept([]), "shop-v6": Kept([])}
    swapped = msgspec.structs.replace(SETTINGS, ipv4="shop-v6", ipv6="shop-v4")
    error = await refused(finding.find(swapped, rig.sets))
    assert error.message == "ipv4 of the blocklist shop is shop-v6, which holds IPv6."
    by_id = msgspec.structs.replace(SETTINGS, ipv4="id-shop-v4", ipv6="")
    found = await finding.find(by_id, rig.sets)
    assert (found.sets[4].name, found.missing) == ("shop-v4", {})
    listed = list(await rig.sets.find("REGIONAL"))

    async def twice(scope: Scope) -> Sequence[IpSet]:
        return [*listed, listed[0]._replace(id="another")]

    rig.sets.find = twice  # type: ignore[method-assign] # what AWS forbids, and others allow
    error = await refused(finding.find(SETTINGS, rig.sets))
    assert error.title == "Two sets of one name"
    unmade = msgspec.structs.replace(SETTINGS, ipv4="11111111-2222-4333-8444-555555555555")
    error = await refused(finding.create(unmade, 4, rig.sets))
    assert error.title == "No set can be made of an id"


async def test_aws_that_cannot_be_reached(rig: Rig) -> None:
    rig.sets.away = True
    error = await refused(rig.block())
    assert error.message == "AWS cannot be reached."
    assert list(rig.blocklist.differences()) == ["AWS cannot be reached."]
    rig.sets.away = False
    await rig.block()
    assert list(rig.blocklist.differences()) == []


async def test_credentials_of_another_account(rig: Rig) -> None:
    await rig.block()
    rig.sets.account = "444455556666"
    error = await refused(rig.block("203.0.112.8"))
    assert error.title == "Another account"


async def test_a_change_that_waf_refuses(rig: Rig) -> None:
    denied = Trouble(TroubleKind.REFUSED, "UpdateIPSet is denied")
    rig.sets.before = lambda step: denied if isinstance(step, Write) else None
    error = await refused(rig.block())
    assert error.message == "UpdateIPSet is denied."
    assert rig.states == [("203.0.112.7/32", BlockState.FAILED)]
    rig.sets.before = lambda step: None
    block = await rig.block()
    rig.sets.before = lambda step: denied if isinstance(step, Write) else None
    error = await refused(rig.blocklist.undo(block, author="kim", cursor=NOW))
    assert error.message == "203.0.112.7/32: UpdateIPSet is denied."
    assert rig.states[0] == ("203.0.112.7/32", BlockState.SENT)


async def test_the_ten_thousandth_entry(rig: Rig) -> None:
    """What others fail at: the limit is known before WAF refuses, and the loop is not held up."""
    kept = rig.sets.kept["shop-v4"]
    kept.addresses = [f"20.{n >> 8}.{n & 255}.0/24" for n in range(9_999)]
    block = await rig.block("203.0.112.7")
    assert len(kept.addresses) == 10_000
    error = await refused(rig.block("203.0.112.8"))
    assert error.title == "The blocklist is full"
    assert len([step for step in rig.sets.calls if isinstance(step, Write)]) == 1
    await rig.blocklist.undo(block, author="kim", cursor=NOW)
    assert kept.addresses == [f"20.{n >> 8}.{n & 255}.0/24" for n in range(9_999)]


async def test_somebody_who_replaces_the_whole_set(rig: Rig) -> None:
    """As an apply of infrastructure code does: ours are gone, and that is said."""
    block = await rig.block("203.0.112.7")
    rig.sets.edit(add=["203.0.112.99/32"], remove=list(rig.sets.v4))
    rig.now += GRACE + SECOND
    [told] = await rig.blocklist.reconcile()
    assert block.id in told
    assert rig.sets.v4 == ["203.0.112.99/32"]
