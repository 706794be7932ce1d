"""What blocklists live among, read over real HTTP: web ACLs, own addresses, trusted lists."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.aws.came import milliseconds
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.network import FakeCloudFront, FakeEc2, FakeS3, gateway
from tests.aws.server import FakeAws
from tests.aws.wafv2 import FakeWaf, in_set, of_group, rule
from tests.aws.wire import model
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.egress import egress
from triage_tui.aws.surroundings import Acls, Grounds
from triage_tui.aws.trusted import trusted
from triage_tui.aws.webacls import RESOURCES, WebAcls
from triage_tui.model import Enforcement, Force
from triage_tui.networks import network_of
from triage_tui.respond.enforcement import enforcement
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.statements import Entry
from triage_tui.respond.trusted_lists import LONGEST, s3_place

HOME = ("111122223333", "eu-west-1")
SHOP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc"
API = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod"


class World:
    """A fake AWS with everything that is asked, and access to it."""

    def __init__(self) -> None:
        self.waf = FakeWaf(page=2)
        self.cloudfront = FakeCloudFront()
        self.ec2 = FakeEc2()
        self.guardduty = FakeGuardDuty(milliseconds)
        self.aws = FakeAws(self.waf, self.cloudfront, self.ec2, self.guardduty)
        self.s3 = FakeS3()
        self.here = Access(Scope(None, "eu-west-1"))
        self.global_ = Access(Scope(None, "us-east-1"))


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made = World()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(made.aws)
        await stack.enter_async_context(made.s3)
        stack.push_async_callback(made.here.close)
        stack.push_async_callback(made.global_.close)
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", made.s3.url)
        yield made


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def judged(world: World, arn: str, *, scope: Any = "REGIONAL") -> Enforcement:
    access = world.here if scope == "REGIONAL" else world.global_
    layout = await WebAcls(access, scope, sleep=at_once).read([arn])
    network = network_of("203.0.113.77")
    assert network is not None
    return enforcement(Entry(arn, network), "bad-v4", layout)


# -- web ACLs ------------------------------------------------------------------------------------


async def test_every_page_and_every_kind_of_resource_is_asked_for(world: World) -> None:
    bad = world.waf.ip_set("bad-v4")
    for number in range(5):
        world.waf.web_acl(f"other-{number}")
    world.waf.web_acl("shop-edge", rule("block-bad", in_set(bad)), resources=(API, SHOP))
    found = await judged(world, bad.arn)
    assert found == Enforcement(
        Force.FULL, "", ("web ACL shop-edge, for app/shop/50dc, /restapis/a1/stages/prod",)
    )
    assert world.aws.asked("GetWebACL") == 6
    assert world.aws.asked("ListResourcesForWebACL") == len(RESOURCES)  # of one web ACL alone


def test_every_kind_of_resource_that_there_is() -> None:
    shape: Any = model("wafv2").shape_for("ResourceType")
    assert set(RESOURCES) == set(shape.enum)


async def test_no_web_acl_looks_into_the_set(world: World) -> None:
    bad = world.waf.ip_set("bad-v4")
    world.waf.web_acl("shop-edge")
    found = await judged(world, bad.arn)
    assert found.force is Force.NOTHING
    assert found.reason == "no rule of the web ACL looks into the IP set bad-v4"
    assert world.aws.asked("ListResourcesForWebACL") == 0


async def test_a_web_acl_that_guards_nothing_takes_nothing_away(world: World) -> None:
    bad = world.waf.ip_set("bad-v4")
    world.waf.web_acl("staging", rule("bad", in_set(bad)))
    world.waf.web_acl("shop-edge", rule("bad", in_set(bad)), resources=(SHOP,))
    found = await judged(world, bad.arn)
    assert found == Enforcement(Force.FULL, "", ("web ACL shop-edge, for app/shop/50dc",))


async def test_rule_groups_are_looked_into(world: World) -> None:
    bad = world.waf.ip_set("bad-v4")
    group = world.waf.rule_group("edge", rule("r", in_set(bad), action="Count"))
    world.waf.web_acl(
        "shop-edge", rule("use-edge", of_group(group), action=None), resources=(SHOP,)
    )
    found = await judged(world, bad.arn)
    assert found.force is Force.NOTHING
    assert found.reason == (
        "web ACL shop-edge: rule r of rule group edge only counts, it does not block"
    )


async def test_an_allow_list_before_is_read(world: World) -> None:
    bad, office = world.waf.ip_set("bad-v4"), world.waf.ip_set("office", "203.0.113.0/24")
    world.waf.web_acl(
        "shop-edge",
        rule("office", in_set(office), action="Allow", priority=0),
        rule("bad", in_set(bad), priority=1),
        resources=(SHOP,),
    )
    found = await judged(world, bad.arn)
    assert found.force is Force.NOTHING
    assert "rule office comes first, and allows the same requests" in found.reason
    world.waf.edit(office, add=("192.0.2.0/24",), remove=("203.0.113.0/24",))
    assert (await judged(world, bad.arn)).force is Force.FULL
    world.aws.faults.add("GetIPSet", "denied")
    found = await judged(world, bad.arn)
    assert found.force is Force.PARTLY
    assert "another IP set, which was not read" in found.reason


async def test_distributions_are_asked_of_cloudfront(world: World) -> None:
    bad = world.waf.ip_set("bad-v4", scope="CLOUDFRONT")
    acl = world.waf.web_acl("cdn", rule("bad", in_set(bad)), scope="CLOUDFRONT")
    assert (await judged(world, bad.arn, scope="CLOUDFRONT")).reason == (
        "web ACL cdn: it is associated with nothing, so it guards nothing"
    )
    world.cloudfront.distributions[acl.arn] = ["E1", "E2", "E3"]
    found = await judged(world, bad.arn, scope="CLOUDFRONT")
    assert found.where == ("web ACL cdn, for distribution/E1, distribution/E2, distribution/E3",)


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("ListWebACLs", "nobody knows who uses bad-v4; ListWebACLs is denied"),
        ("GetWebACL", "GetWebACL is denied"),
        ("GetRuleGroup", "web ACL shop-edge: the rule group of rule use-edge could not be read"),
        ("ListResourcesForWebACL", "what it guards could not be read (ListResourcesForWebACL is"),
    ],
)
async def test_what_is_denied_is_not_known(world: World, operation: str, reason: str) -> None:
    bad = world.waf.ip_set("bad-v4")
    group = world.waf.rule_group("edge", rule("r", in_set(bad)))
    world.waf.web_acl(
        "shop-edge", rule("use-edge", of_group(group), action=None), resources=(SHOP,)
    )
    world.aws.faults.add(operation, "denied")
    found = await judged(world, bad.arn)
    assert found.force is Force.UNKNOWN
    assert reason in found.reason


async def test_throttles_and_resets_are_waited_for(world: World) -> None:
    bad = world.waf.ip_set("bad-v4")
    world.waf.web_acl("shop-edge", rule("bad", in_set(bad)), resources=(SHOP,))
    for fault in ("throttle", "reset", "error500"):
        world.aws.faults.add("*", fault, times=1)
    assert (await judged(world, bad.arn)).force is Force.FULL
    world.aws.faults.add("ListWebACLs", "throttle")
    found = await judged(world, bad.arn)
    assert found.force is Force.UNKNOWN
    assert "ListWebACLs: ThrottlingException: Rate exceeded" in found.reason


async def test_web_acls_are_read_again_after_a_while(world: World) -> None:
    now = 0.0
    bad = world.waf.ip_set("bad-v4")
    acls = Acls(world.here, "REGIONAL", sleep=at_once, ticks=lambda: now)
    assert acls.layout is None
    assert (await acls.read([bad.arn])).acls == []
    world.waf.web_acl("shop-edge", rule("bad", in_set(bad)), resources=(SHOP,))
    assert (await acls.read([bad.arn])).acls == []
    now = 60.0
    (found,) = (await acls.read([bad.arn])).acls
    assert found.name == "shop-edge"
    assert acls.layout is not None
    for number in range(50):
        world.waf.web_acl(f"other-{number}")
    now = 120.0
    assert len((await acls.read([bad.arn])).acls) == 51
    world.waf.web_acl("one-more")
    now = 180.0
    assert len((await acls.read([bad.arn])).acls) == 51  # so many are not read every minute
    now = 240.0
    assert len((await acls.read([bad.arn])).acls) == 52


# -- own addresses -------------------------------------------------------------------------------


async def test_the_accounts_own_addresses(world: World) -> None:
    world.ec2.gateways = [
        gateway(1, "198.51.100.1"),
        gateway(2, "198.51.100.2"),
        gateway(3, "198.51.100.3", state="deleted"),
    ]
    world.ec2.addresses = [
        {"PublicIp": "198.51.100.7", "InstanceId": "i-1"},
        {"PublicIp": "198.51.100.8"},
    ]
    found = await egress(world.here, sleep=at_once)
    assert [(entry.cidr, entry.reason) for entry in found.ranges] == [
        ("198.51.100.1", "NAT gateway nat-1, eu-west-1"),
        ("198.51.100.2", "NAT gateway nat-2, eu-west-1"),
        ("198.51.100.7", "elastic address of i-1, eu-west-1"),
        ("198.51.100.8", "elastic address, eu-west-1"),
    ]
    assert found.unread == ()
    world.aws.faults.add("DescribeNatGateways", "denied")
    found = await egress(world.here, sleep=at_once)
    assert len(found.ranges) == 2
    assert found.unread == (
        "DescribeNatGateways is denied: User is not authorized to perform this action (eu-west-1)",
    )


# -- trusted lists -------------------------------------------------------------------------------


def listed(name: str, location: str, *, form: str = "TXT", status: str = "ACTIVE") -> Any:
    return {"Name": name, "Format": form, "Location": location, "Status": status}


async def test_trusted_lists_are_read_where_they_lie(world: World) -> None:
    world.guardduty.enable()
    world.guardduty.lists[HOME] = {
        "a": listed("partners", "https://s3.amazonaws.com/lists/partners.txt"),
        "b": listed("old", "https://s3.amazonaws.com/lists/old.txt", status="INACTIVE"),
        "c": listed("feed", "s3://lists/feed.stix", form="STIX"),
        "d": listed("hidden", "https://lists.s3.eu-west-1.amazonaws.com/hidden.txt"),
    }
    world.guardduty.entity_lists[HOME] = {
        "e": listed("offices", "s3://lists/team/off%20ices.txt")
        | {"CreatedAt": 1_700_000_000, "UpdatedAt": 1_700_000_000}
    }
    world.s3.objects = {
        "lists/partners.txt": b"198.51.100.0/24\r\n\n# a remark\n203.0.113.9\nrubbish\n",
        "lists/team/off ices.txt": b"192.0.2.1\n",
    }
    world.s3.denied = {"lists/hidden.txt"}
    found = await trusted(world.here, sleep=at_once)
    assert [(entry.cidr, entry.reason) for entry in found.ranges] == [
        ("198.51.100.0/24", "trusted list partners"),
        ("203.0.113.9", "trusted list partners"),
        ("192.0.2.1", "trusted list offices"),
    ]
    assert found.unread == (
        "the trusted list feed (s3://lists/feed.stix) is in the format STIX, which is not read "
        "here",
        "the trusted list hidden (https://lists.s3.eu-west-1.amazonaws.com/hidden.txt) cannot be "
        "read: GetObject is denied: Access Denied",
    )


async def test_a_list_that_is_endless_is_left(world: World) -> None:
    world.guardduty.enable()
    world.guardduty.lists[HOME] = {"a": listed("big", "s3://lists/big.txt")}
    world.s3.objects["lists/big.txt"] = b"192.0.2.1\n" * (LONGEST // 10 + 1)
    found = await trusted(world.here, sleep=at_once)
    assert found.ranges == ()
    assert found.unread == (
        "the trusted list big (s3://lists/big.txt) is longer than 4 MB, which is not read here",
    )


async def test_without_guardduty_there_are_none(world: World) -> None:
    assert (await trusted(world.here, sleep=at_once)).ranges == ()
    world.aws.faults.add("ListDetectors", "denied")
    (said,) = (await trusted(world.here, sleep=at_once)).unread
    assert said.startswith("ListDetectors is denied")


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("s3://bucket/a/b.txt", ("bucket", "a/b.txt")),
        ("https://s3.amazonaws.com/bucket/a.txt", ("bucket", "a.txt")),
        ("https://s3.eu-west-1.amazonaws.com/bucket/a.txt", ("bucket", "a.txt")),
        ("https://s3-eu-west-1.amazonaws.com/bucket/a.txt", ("bucket", "a.txt")),
        ("https://my.bucket.s3.amazonaws.com/a.txt", ("my.bucket", "a.txt")),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn/a.txt", ("bucket", "a.txt")),
        ("https://bucket.s3.example.com/a.txt", None),
        ("https://evil.test/s3.amazonaws.com/a.txt", None),
        ("http://s3.amazonaws.com/bucket/a.txt", None),
        ("s3://bucket/", None),
        ("https://s3.amazonaws.com/bucket", None),
        ("", None),
    ],
)
def test_places_in_s3(location: str, place: tuple[str, str] | None) -> None:
    assert s3_place(location) == place


# -- all together --------------------------------------------------------------------------------


async def test_the_guard_learns_of_every_region(world: World) -> None:
    world.ec2.addresses = [{"PublicIp": "198.51.100.8"}]
    now = 0.0
    accesses = [world.here, world.global_]
    grounds = Grounds(accesses, sleep=at_once, ticks=lambda: now)
    base = GuardPolicy(widest_v4=24)
    policy = await grounds.policy(base)
    assert policy.widest_v4 == 24
    assert [entry.reason for entry in policy.account.ranges] == [
        "elastic address, eu-west-1",
        "elastic address, us-east-1",
    ]
    assert policy.account.looked
    assert policy.trusted.looked
    world.ec2.addresses = []
    assert (await grounds.policy(base)).account.ranges
    now = 1000.0
    assert not (await grounds.policy(base)).account.ranges


async def test_guardduty_is_left_alone_where_it_is_switched_off(world: World) -> None:
    policy = await Grounds([world.here], sleep=at_once, trusts=False).policy(GuardPolicy())
    assert not policy.trusted.looked
    assert world.aws.asked("ListDetectors") == 0


async def test_what_was_denied_is_asked_for_again(world: World) -> None:
    grounds = Grounds([world.here], sleep=at_once, ticks=lambda: 0.0)
    world.aws.faults.add("DescribeAddresses", "denied")
    assert (await grounds.policy(GuardPolicy())).account.unread
    world.aws.faults.clear()
    assert not (await grounds.policy(GuardPolicy())).account.unread


async def test_a_plan_does_not_wait_for_good(world: World) -> None:
    async def long(_seconds: float) -> None:
        await asyncio.Event().wait()

    grounds = Grounds([world.here], sleep=long, ticks=lambda: 0.0, patience=0.2)
    world.aws.faults.add("*", "throttle")
    policy = await grounds.policy(GuardPolicy())
    assert policy.account.unread == ("AWS has not answered within 0.2 s",)
