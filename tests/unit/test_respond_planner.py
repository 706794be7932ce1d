"""The planner: which widths it offers, what it says about them, and when there is none."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import (
    HOUR,
    BlockPlan,
    Collateral,
    Enforcement,
    EntityRef,
    Force,
    GuardLevel,
    Kind,
)
from triage_tui.networks import Network, network_of
from triage_tui.respond.guard import RULES, GuardPolicy
from triage_tui.respond.planner import (
    DEFAULT_EXPIRY,
    EXPIRIES,
    MOST_OFFERED,
    Outside,
    Unseen,
    plan_block,
)
from triage_tui.respond.ranges import covers
from triage_tui.respond.statements import Seen

DEMO = GuardPolicy(allow_documentation=True)


class Known:
    """A witness that has seen what it is told, and otherwise only the address itself."""

    def __init__(self, *seen: Collateral) -> None:
        self.seen = {collateral.cidr: collateral for collateral in seen}

    def collateral(self, cidr: str) -> Collateral:
        return self.seen.get(cidr, behind(cidr))


class Blind:
    """A witness without a store."""

    def collateral(self, cidr: str) -> Collateral:
        return behind(cidr, addresses=0, known=False)


def behind(
    cidr: str,
    *,
    addresses: int = 1,
    good: int = 0,
    good_addresses: int = 0,
    principals: Sequence[str] = (),
    known: bool = True,
    formats: Sequence[tuple[str, int]] = (),
    forwarded: int = 0,
    outbound: int = 0,
) -> Collateral:
    return Collateral(
        cidr=cidr,
        events=good + 10,
        addresses=addresses,
        ok=good,
        refused=10,
        errors=0,
        principals=tuple(principals),
        agents=(),
        good=good,
        good_addresses=good_addresses,
        known=known,
        formats=tuple(formats),
        forwarded=forwarded,
        outbound=outbound,
    )


def ip(key: str) -> EntityRef:
    return EntityRef(Kind.IP, key)


def plan(
    *refs: EntityRef,
    entries: Sequence[str] = (),
    witness: Known | Blind | None = None,
    addresses: Sequence[str] = (),
    policy: GuardPolicy = DEMO,
    simulated: bool = False,
    capacity: int = 10_000,
    foreign: Sequence[str] = (),
    outside: Outside | None = None,
) -> BlockPlan:
    return plan_block(
        refs,
        blocklist="edge",
        simulated=simulated,
        policy=policy,
        entries=entries,
        witness=witness or Known(),
        addresses=lambda _ref: addresses,
        capacity=capacity,
        foreign=foreign,
        outside=outside,
    )


def widths(made: BlockPlan) -> list[str]:
    return [choice.cidr for choice in made.choices]


def test_an_address_is_offered_alone_and_with_its_neighbourhood() -> None:
    assert widths(plan(ip("203.0.113.77"))) == ["203.0.113.77/32", "203.0.113.0/24"]
    assert widths(plan(ip("2001:db8:7::5"))) == ["2001:db8:7::5/128", "2001:db8:7::/64"]
    assert widths(plan(ip("::ffff:203.0.113.77"))) == ["203.0.113.77/32", "203.0.113.0/24"]


def test_a_network_is_offered_as_it_is() -> None:
    assert widths(plan(EntityRef(Kind.NETWORK, "203.0.113.0/24"))) == ["203.0.113.0/24"]
    assert widths(plan(EntityRef(Kind.NETWORK, "203.0.113.0/28"))) == [
        "203.0.113.0/28",
        "203.0.113.0/24",
    ]


def test_several_are_offered_one_by_one_and_together() -> None:
    made = plan(ip("203.0.113.77"), ip("203.0.113.66"), ip("2001:db8:7::5"))
    assert widths(made) == [
        "203.0.113.77/32",
        "203.0.113.66/32",
        "2001:db8:7::5/128",
        "203.0.113.64/28",
        "203.0.113.0/24",
        "2001:db8:7::/64",
    ]
    assert made.ref == ip("203.0.113.77")


def test_what_lies_far_apart_is_not_offered_together() -> None:
    made = plan(ip("203.0.113.77"), ip("198.51.100.23"))
    assert widths(made) == [
        "203.0.113.77/32",
        "198.51.100.23/32",
        "203.0.113.0/24",
        "198.51.100.0/24",
    ]
    assert any("192.0.0.0/4, too wide" in sentence for sentence in made.advice)


def test_a_large_selection_is_cut_and_said_so() -> None:
    made = plan(*(ip(f"203.0.113.{n}") for n in range(MOST_OFFERED + 2)))
    assert sum(choice.cidr.endswith("/32") for choice in made.choices) == MOST_OFFERED
    assert any(sentence.startswith("2 addresses are not offered") for sentence in made.advice)


def test_a_service_is_never_blockable() -> None:
    made = plan(EntityRef(Kind.SERVICE, "rds.amazonaws.com"))
    assert made.choices == ()
    assert "never blockable" in made.advice[0]
    assert plan(EntityRef(Kind.SERVICE, "203.0.113.7")).choices == ()


def test_an_ip_that_is_no_address() -> None:
    made = plan(ip("AWS Internal"))
    assert made.choices == ()
    assert made.advice == ("AWS Internal is not an address, so there is nothing to block.",)


def test_a_principal_is_the_wrong_thing_to_block() -> None:
    maria = EntityRef(Kind.PRINCIPAL, "arn:aws:iam::111122223333:user/maria.keller")
    made = plan(maria)
    assert made.choices == ()
    assert "not identities" in made.advice[0]
    assert "access key" in made.advice[0]
    assert "nothing to block" in made.advice[1]

    made = plan(maria, addresses=["198.51.100.23", "rds.amazonaws.com"])
    assert widths(made) == ["198.51.100.23/32", "198.51.100.0/24"]
    assert "Offered here: 1 address it came from." in made.advice


def test_the_good_traffic_is_counted() -> None:
    seen = behind("203.0.113.0/24", addresses=57, good=3101, good_addresses=41)
    assert (
        "41 of 57 addresses behind 203.0.113.0/24 look innocent: "
        "3,101 good events would be blocked."
    ) in plan(ip("203.0.113.77"), witness=Known(seen)).advice


def test_an_innocent_address_is_called_so() -> None:
    seen = behind("203.0.113.77/32", good=1, good_addresses=1)
    advice = plan(ip("203.0.113.77"), witness=Known(seen)).advice
    assert any("itself looks innocent" in sentence for sentence in advice)
    assert any("1 good event would" in sentence for sentence in advice)


def test_an_exit_that_many_share() -> None:
    seen = behind("203.0.113.77/32", principals=["a", "b"])
    advice = plan(ip("203.0.113.77"), witness=Known(seen)).advice
    assert any(s.startswith("2 principals act from 203.0.113.77/32") for s in advice)


def test_a_blind_witness_says_so() -> None:
    advice = plan(ip("203.0.113.77"), witness=Blind()).advice
    assert "Who else is behind 203.0.113.0/24 cannot be told here." in advice


def test_ipv6_has_its_advice() -> None:
    assert any("IPv6 host" in sentence for sentence in plan(ip("2001:db8::5")).advice)
    network = EntityRef(Kind.NETWORK, "2001:db8::/64")
    assert not any("IPv6 host" in sentence for sentence in plan(network).advice)


def test_what_covers_and_is_covered() -> None:
    entries = ["203.0.113.0/24", "203.0.113.77/32", "203.0.113.78/32", "198.51.100.0/24"]
    address, network = plan(ip("203.0.113.77"), entries=entries).choices
    assert address.covered_by == ("203.0.113.0/24", "203.0.113.77/32")
    assert address.covers == ()
    assert network.covered_by == ("203.0.113.0/24",)
    assert network.covers == ("203.0.113.77/32", "203.0.113.78/32")


def test_capacity_is_counted_by_family() -> None:
    entries = ["203.0.113.1/32", "203.0.113.2/32", "2001:db8::1/128"]
    assert plan(ip("203.0.113.77"), entries=entries, capacity=3).capacity_left == 1
    assert plan(ip("2001:db8::5"), entries=entries, capacity=3).capacity_left == 2
    both = plan(ip("203.0.113.77"), ip("2001:db8::5"), entries=entries, capacity=3)
    assert both.capacity_left == 1
    full = plan(ip("203.0.113.77"), entries=entries, capacity=2)
    assert full.capacity_left == 0
    assert any("full" in sentence for sentence in full.advice)


def test_refused_choices_show_with_their_reasons() -> None:
    made = plan(ip("10.0.0.7"))
    assert [choice.refused for choice in made.choices] == [True, True]
    assert made.choices[0].verdicts[0].rule == RULES[0]
    assert any("The guard refuses every choice" in sentence for sentence in made.advice)


def test_simulation_is_said() -> None:
    assert plan(ip("203.0.113.77"), simulated=True).advice[-1].startswith("Simulated")
    assert not any("Simulated" in sentence for sentence in plan(ip("203.0.113.77")).advice)


def test_a_plan_for_nobody() -> None:
    with pytest.raises(ValueError, match="at least one"):
        plan()


def test_expiries() -> None:
    assert [expiry.label for expiry in EXPIRIES] == ["15 m", "1 h", "6 h", "24 h", "7 d", "never"]
    assert DEFAULT_EXPIRY.after == HOUR
    assert [expiry.label for expiry in EXPIRIES if expiry.needs_reason] == ["never"]


keys = st.ip_addresses().map(str) | st.text() | st.sampled_from(["203.0.113.7", "203.0.113.9"])


@given(st.lists(st.builds(EntityRef, st.sampled_from(Kind), keys), min_size=1, max_size=20))
def test_any_selection_gives_an_ordered_plan(refs: list[EntityRef]) -> None:
    made = plan(*refs, addresses=["203.0.113.7"])
    sizes = [
        net.max_prefixlen - net.prefixlen
        for choice in made.choices
        if (net := network_of(choice.cidr)) is not None
    ]
    assert len(sizes) == len(made.choices) == len(set(widths(made)))
    assert sizes == sorted(sizes)
    for ref in refs[:MOST_OFFERED]:
        network = network_of(ref.key)
        if ref.kind in (Kind.IP, Kind.NETWORK) and network is not None:
            held = [network_of(cidr) for cidr in widths(made)]
            assert any(net is not None and covers(net, network) for net in held)


# -- entries of others, sets, and what is in force -----------------------------------------------


def test_foreign_entries_are_told_apart() -> None:
    made = plan(
        ip("203.0.113.77"), entries=["203.0.113.9/32"], foreign=["203.0.113.64/26", "203.0.113.9"]
    )
    alone, around = made.choices
    assert alone.covered_by == ("203.0.113.64/26",)
    assert alone.foreign == ("203.0.113.64/26",)
    assert around.covers == ("203.0.113.9/32", "203.0.113.64/26")
    assert around.foreign == ("203.0.113.9/32", "203.0.113.64/26")
    ours = plan(ip("203.0.113.77"), entries=["203.0.113.77/32"]).choices[0]
    assert ours.covered_by == ("203.0.113.77/32",)
    assert ours.foreign == ()


def test_foreign_entries_take_room() -> None:
    made = plan(ip("203.0.113.77"), entries=["203.0.113.1"], foreign=["192.0.2.1"], capacity=3)
    assert made.capacity_left == 1


class Edge:
    """A blocklist with a set for IPv4 alone, which nothing looks into."""

    def __init__(self) -> None:
        self.asked: list[Seen] = []

    def target(self, version: int) -> str | None:
        return "IP set edge-v4, REGIONAL" if version == 4 else None

    def enforcement(self, network: Network, seen: Seen) -> Enforcement | None:
        self.asked.append(seen)
        return Enforcement(Force.NOTHING, "there is no web ACL")


def test_a_choice_names_its_set_and_whether_it_would_be_in_force() -> None:
    (alone, _) = plan(ip("203.0.113.77"), outside=Edge()).choices
    assert alone.target == "IP set edge-v4, REGIONAL"
    assert alone.enforcement == Enforcement(Force.NOTHING, "there is no web ACL")
    (six, _) = plan(ip("2001:db8:7::5"), outside=Edge()).choices
    assert six.refused
    assert six.enforcement is None
    assert [(v.rule, v.reason) for v in six.verdicts if v.level is GuardLevel.REFUSE] == [
        ("set", "this blocklist has no IP set for IPv6")
    ]


@pytest.mark.parametrize(
    ("formats", "forwarded", "seen"),
    [
        ([], 0, "unknown"),
        ([("cloudtrail", 5)], 0, "unknown"),
        ([("alb", 5)], 0, "direct"),
        ([("alb", 5), ("cloudtrail", 9)], 5, "forwarded"),
        ([("alb", 5), ("waf", 5)], 5, "both"),
    ],
)
def test_how_it_was_seen_decides_what_a_web_acl_makes_of_it(
    formats: list[tuple[str, int]], forwarded: int, seen: Seen
) -> None:
    outside = Edge()
    known = Known(behind("203.0.113.77/32", formats=formats, forwarded=forwarded))
    plan(ip("203.0.113.77"), witness=known, outside=outside)
    assert outside.asked[0] == seen


# -- the wrong lever -------------------------------------------------------------------------------


def advised(*seen: tuple[str, int], principals: Sequence[str] = (), outbound: int = 0) -> str:
    known = behind("203.0.113.77/32", formats=seen, principals=principals, outbound=outbound)
    return " ".join(plan(ip("203.0.113.77"), witness=Known(known)).advice)


def test_an_address_seen_in_cloudtrail_alone_needs_another_lever() -> None:
    text = advised(("cloudtrail", 400), ("guardduty", 1), principals=["maria.keller"])
    assert text == (
        "203.0.113.77/32 was seen in CloudTrail alone: it calls the AWS API, and no web ACL stands "
        "before that. Deactivate the access key or revoke the sessions of maria.keller in IAM."
    )
    many = advised(("cloudtrail", 4), principals=["a", "b", "c", "d", "e"])
    assert "of a, b, c and 2 more in IAM" in many
    assert "of whoever acts from there in IAM" in advised(("cloudtrail", 4))


@pytest.mark.parametrize(
    ("name", "lever"),
    [
        ("eks", "public access CIDRs of the cluster's endpoint"),
        ("s3access", "Deny it in the bucket's policy."),
        ("auth", "Narrow their security group"),
        ("vpcflow", "a security group or a network ACL stops it"),
        ("nlb", "which no web ACL can guard"),
        ("clb", "which no web ACL can guard"),
        ("route53", "Use Route 53 DNS Firewall."),
    ],
)
def test_each_log_has_its_lever(name: str, lever: str) -> None:
    assert lever in advised((name, 9))
    assert lever not in advised((name, 9), ("waf", 1))


def test_who_is_called_is_not_stopped_by_a_web_acl() -> None:
    text = advised(("vpcflow", 9), outbound=9)
    assert text == (
        "9 events show hosts of yours calling 203.0.113.77/32, and WAF judges requests that come "
        "in. Close the way out in their security group or network ACL, and look at those hosts."
    )
    assert advised(("waf", 3), outbound=1).startswith("1 event shows hosts of yours calling")


def test_without_events_nobody_knows_who_is_behind_it() -> None:
    made = plan_block(
        [EntityRef(Kind.NETWORK, "203.0.113.77/24")],
        blocklist="edge",
        simulated=False,
        policy=DEMO,
        entries=(),
        witness=Unseen(),
    )
    (choice,) = made.choices
    assert choice.cidr == "203.0.113.0/24"
    form = next(v for v in choice.verdicts if v.rule == "form")
    assert form.reason == "'203.0.113.77/24' will be written as 203.0.113.0/24"
    assert made.advice == ("Who else is behind 203.0.113.0/24 cannot be told here.",)


def test_a_principal_s_only_address_is_spelled_as_it_is() -> None:
    made = plan(EntityRef(Kind.PRINCIPAL, "arn:aws:iam::1:user/m"), addresses=["203.0.113.77"])
    assert not made.choices[0].refused
