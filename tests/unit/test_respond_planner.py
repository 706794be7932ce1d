"""The planner: which widths it offers, what it says about them, and when there is none."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import HOUR, BlockPlan, Collateral, EntityRef, Kind
from triage_tui.networks import network_of
from triage_tui.respond.guard import RULES, GuardPolicy
from triage_tui.respond.planner import DEFAULT_EXPIRY, EXPIRIES, MOST_OFFERED, plan_block
from triage_tui.respond.ranges import covers

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
