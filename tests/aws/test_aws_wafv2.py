"""The steps of a change, over real HTTP: what AWS answers, and what that means for the change."""

import time
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.aws.emulators import moto
from tests.aws.server import FakeAws
from tests.aws.wafv2 import Entity, FakeWaf
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.wafv2 import WafSets
from triage_tui.model import HOUR, BlockRequest, BlockState
from triage_tui.respond import finding
from triage_tui.respond.address_sets import IpSet, SetsError
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.ipset import Answer, Held, Read, Trouble, TroubleKind, Write, Written, mark
from triage_tui.respond.journal import Journal
from triage_tui.respond.settings import BlocklistSettings
from triage_tui.respond.turns import Neighbours

NEW = ip_network("203.0.113.9/32")


@pytest.fixture
def fake() -> FakeWaf:
    return FakeWaf(page=2)


@pytest.fixture
async def aws(fake: FakeWaf, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAws]:
    async with FakeAws(fake) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served


@pytest.fixture
async def sets(aws: FakeAws) -> AsyncIterator[WafSets]:
    made = WafSets(Access(Scope(None, "eu-west-1")))
    yield made
    await made.close()


def of(made: Entity) -> IpSet:
    version = 4 if made.body["IPAddressVersion"] == "IPV4" else 6
    return IpSet(made.scope, made.name, made.id, made.arn, version)  # type: ignore[arg-type]


def write(held: Answer, *addresses: str, token: str = "") -> Write:
    assert isinstance(held, Held)
    return Write(
        addresses,
        held.description,
        token or held.token,
        mark(held.addresses, held.token),
        (NEW,),
        (),
    )


async def test_reading_and_writing(fake: FakeWaf, sets: WafSets) -> None:
    made = fake.ip_set("bans", "198.51.100.1/32", description="by hand")
    held = await sets.perform(of(made), Read())
    assert isinstance(held, Held)
    assert (held.addresses, held.token, held.description) == (
        *(("198.51.100.1/32",), made.token),
        "by hand",
    )
    assert held.request_id
    written = await sets.perform(of(made), write(held, "203.0.113.9/32"))
    assert isinstance(written, Written)
    assert written.token == made.token
    assert made.addresses == ["203.0.113.9/32"]
    assert made.body["Description"] == "by hand"
    again = await sets.perform(of(made), write(held, "203.0.113.10/32"))
    assert isinstance(again, Trouble)
    assert again.kind is TroubleKind.CONFLICT
    assert again.request_id


@pytest.mark.parametrize(
    ("fault", "reading", "writing"),
    [
        ("conflict", TroubleKind.CONFLICT, TroubleKind.CONFLICT),
        ("throttle", TroubleKind.BUSY, TroubleKind.BUSY),
        ("unavailable", TroubleKind.BUSY, TroubleKind.BUSY),
        ("internal", TroubleKind.BUSY, TroubleKind.UNCLEAR),
        ("error500", TroubleKind.BUSY, TroubleKind.UNCLEAR),
        ("error503", TroubleKind.BUSY, TroubleKind.UNCLEAR),
        ("reset", TroubleKind.BUSY, TroubleKind.UNCLEAR),
        ("denied", TroubleKind.REFUSED, TroubleKind.REFUSED),
        ("expired", TroubleKind.REFUSED, TroubleKind.REFUSED),
    ],
)
async def test_what_goes_wrong(
    fault: str,
    reading: TroubleKind,
    writing: TroubleKind,
    fake: FakeWaf,
    aws: FakeAws,
    sets: WafSets,
) -> None:
    made = fake.ip_set("bans")
    held = await sets.perform(of(made), Read())
    aws.faults.add("GetIPSet", fault)
    aws.faults.add("UpdateIPSet", fault)
    for step, kind in ((Read(), reading), (write(held, str(NEW)), writing)):
        found = await sets.perform(of(made), step)
        assert isinstance(found, Trouble)
        assert (found.kind, bool(found.words)) == (kind, True)
    assert made.addresses == []


@pytest.mark.parametrize("fault", ["reset", "cut"])
async def test_an_answer_that_is_lost(
    fault: str, fake: FakeWaf, aws: FakeAws, sets: WafSets
) -> None:
    made = fake.ip_set("bans")
    held = await sets.perform(of(made), Read())
    aws.faults.add("UpdateIPSet.answer", fault)
    found = await sets.perform(of(made), write(held, str(NEW)))
    assert isinstance(found, Trouble)
    assert found.kind is TroubleKind.UNCLEAR
    assert made.addresses == [str(NEW)]


async def test_what_waf_refuses_is_not_asked_again(fake: FakeWaf, sets: WafSets) -> None:
    made = fake.ip_set("bans")
    held = await sets.perform(of(made), Read())
    for addresses in (["203.0.113.9"], ["2001:db8::/64"], ["0.0.0.0/0"]):
        found = await sets.perform(of(made), write(held, *addresses))
        assert isinstance(found, Trouble)
        assert found.kind is TroubleKind.REFUSED
    gone = of(made)._replace(id="11111111-2222-4333-8444-555555555555")
    lost = await sets.perform(gone, Read())
    assert isinstance(lost, Trouble)
    assert (lost.kind, "doesn't exist" in lost.words) == (TroubleKind.REFUSED, True)


async def test_sets_are_found_on_every_page(fake: FakeWaf, sets: WafSets) -> None:
    for number in range(5):
        fake.ip_set(f"bans-{number}", version="IPV6")
    found = await sets.find("REGIONAL")
    assert [each.name for each in found] == [f"bans-{number}" for number in range(5)]
    assert (await sets.describe(found[3])).version == 6


async def test_a_set_is_created_empty_and_tagged(fake: FakeWaf, sets: WafSets) -> None:
    made = await sets.create("REGIONAL", "bans", 6, "kept by triage-tui", {"by": "triage-tui"})
    [found] = fake.entities["111122223333", "eu-west-1", "REGIONAL"]
    assert (found.name, found.tags, found.addresses) == ("bans", {"by": "triage-tui"}, [])
    assert (made.id, made.version) == (found.id, 6)
    with pytest.raises(SetsError, match="WAFDuplicateItemException"):
        await sets.create("REGIONAL", "bans", 6, "kept by triage-tui", {"by": "triage-tui"})


async def test_cloudfront_is_at_home_in_one_region(fake: FakeWaf, sets: WafSets) -> None:
    with pytest.raises(SetsError, match="The scope is not valid"):
        await sets.find("CLOUDFRONT")


async def test_who(aws: FakeAws, sets: WafSets) -> None:
    who = await sets.who()
    assert (who.account, who.arn) == ("111122223333", "arn:aws:iam::111122223333:user/oncall")
    aws.faults.add("GetCallerIdentity", "denied")
    with pytest.raises(SetsError):
        await sets.who()


async def test_moto_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        sets = WafSets(Access(Scope(None, "eu-west-1")))
        made = await sets.create("REGIONAL", "bans", 4, "kept by triage-tui", {"by": "triage-tui"})
        assert [each.id for each in await sets.find("REGIONAL")] == [made.id]
        held = await sets.perform(made, Read())
        assert isinstance(await sets.perform(made, write(held, str(NEW))), Written)
        found = await sets.perform(made, write(held))
        assert isinstance(found, Trouble)
        assert found.kind is TroubleKind.CONFLICT
        held = await sets.perform(made, Read())
        assert isinstance(held, Held)
        assert (held.addresses, held.description) == ((str(NEW),), "kept by triage-tui")
        await sets.close()


async def test_a_block_over_moto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = BlocklistSettings(
        "shop", region="eu-west-1", ipv4="block-bans", calls_per_second=1000
    )
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        sets = WafSets(Access(Scope(None, "eu-west-1")))
        made = await finding.create(settings, 4, sets)
        held = await sets.perform(made, Read())
        assert isinstance(held, Held)
        await sets.perform(made, write(held, "198.18.0.1/32"))
        journal = await Journal.open(tmp_path / "journal.db", wall=time.time_ns, real=True)
        places = Neighbours(tmp_path / "turns", tmp_path / "writers", "")
        blocklist = WafBlocklist(settings, sets, journal, GuardPolicy(), places, wall=time.time_ns)
        request = BlockRequest("8.8.8.8", "shop", "scans", "kim", HOUR, "", time.time_ns())
        block = await blocklist.verify(await blocklist.apply(request))
        assert block.state is BlockState.VERIFIED
        assert list(blocklist.foreign()) == ["198.18.0.1/32"]
        await blocklist.undo(block, author="kim", cursor=time.time_ns())
        held = await sets.perform(made, Read())
        assert isinstance(held, Held)
        assert (held.addresses, held.description) == (("198.18.0.1/32",), finding.DESCRIPTION)
        await journal.close()
        await blocklist.close()
