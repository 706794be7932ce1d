"""The guard: what it refuses, and that it never judges less than everything."""

from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.networks import network_of
from triage_tui.respond.guard import (
    RULES,
    GuardPolicy,
    Learned,
    Protected,
    judge,
    own_addresses,
    refusals,
)
from triage_tui.respond.ranges import smallest_around

PUBLIC = GuardPolicy()


def by_rule(cidr: str, policy: GuardPolicy = PUBLIC) -> dict[str, GuardVerdict]:
    return {verdict.rule: verdict for verdict in judge(cidr, policy)}


def refused(cidr: str, policy: GuardPolicy = PUBLIC) -> set[str]:
    return {v.rule for v in judge(cidr, policy) if v.level is GuardLevel.REFUSE}


@pytest.mark.parametrize(
    ("cidr", "rules"),
    [
        ("8.8.8.8", set()),
        ("8.8.8.8/32", set()),
        ("8.8.0.0/20", set()),
        ("8.8.0.0/19", {"width"}),
        ("2600:1f00::5/128", set()),
        ("2600:1f00::/48", set()),
        ("2600:1f00::/47", {"width"}),
        ("10.1.2.3", {"private"}),
        ("172.31.255.255", {"private"}),
        ("192.168.0.0/24", {"private"}),
        ("100.64.9.9", {"private"}),
        ("fd00:ec2::254", {"private"}),
        ("127.0.0.1", {"loopback"}),
        ("169.254.169.254", {"link-local"}),
        ("fe80::1", {"link-local"}),
        ("239.1.1.1", {"multicast"}),
        ("ff02::1", {"multicast"}),
        ("255.255.255.255", {"reserved"}),
        ("198.18.0.1", {"reserved"}),
        ("fec0::1", {"reserved"}),
        ("0.0.0.0/32", {"unspecified", "reserved"}),
        ("::", {"unspecified", "reserved"}),
        ("::1", {"loopback", "reserved"}),
        ("203.0.113.77", {"documentation"}),
        ("2001:db8:7::/64", {"documentation"}),
        ("3fff::1", {"documentation"}),
        # An address of one family in the clothes of the other is what it is underneath.
        ("::ffff:10.0.0.1", {"private"}),
        ("::ffff:8.8.8.8", set()),
        ("::ffff:8.8.8.8/120", set()),
        ("::ffff:127.0.0.1/128", {"loopback"}),
    ],
)
def test_what_each_rule_refuses(cidr: str, rules: set[str]) -> None:
    assert refused(cidr) == rules


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "::/0", "1.2.3.4/0", "1.2.3.4/0.0.0.0"])
def test_nobody_blocks_everything(cidr: str) -> None:
    widest = GuardPolicy(widest_v4=1, widest_v6=1)
    assert {"everything", "width", "private", "multicast"} <= refused(cidr, widest)


@pytest.mark.parametrize(
    ("cidr", "rule"),
    [
        ("0.0.0.0/1", "private"),
        ("172.0.0.0/8", "private"),
        ("126.0.0.0/7", "loopback"),
        ("169.0.0.0/8", "link-local"),
        ("203.0.0.0/16", "documentation"),
        ("2001::/16", "documentation"),
    ],
)
def test_a_range_around_special_space_is_refused(cidr: str, rule: str) -> None:
    assert rule in refused(cidr, GuardPolicy(widest_v4=1, widest_v6=1))


@pytest.mark.parametrize(
    "nonsense",
    ["", "rds.amazonaws.com", "AWS Internal", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "08.8.8.8",
     " 8.8.8.8", "8.8.8.8\n", "fe80::1%eth0", "999.1.1.1", "\ud800", "8.8.8.8/24/24", "::1::"],
)  # fmt: skip
def test_what_is_no_address_is_refused(nonsense: str) -> None:
    assert refused(nonsense) == {"form", "service"}
    assert GuardLevel.PASS not in {verdict.level for verdict in judge(nonsense, PUBLIC)}


def test_a_service_is_named_as_one() -> None:
    assert "AWS service" in by_rule("rds.amazonaws.com")["service"].reason
    assert "AWS service" in by_rule("AWS Internal")["service"].reason
    assert "not an address" in by_rule("maria.keller")["service"].reason


def test_host_bits_are_cleared_and_said() -> None:
    verdict = by_rule("8.8.8.8/24")["form"]
    assert verdict.level is GuardLevel.WARN
    assert "8.8.8.0/24" in verdict.reason
    assert by_rule("8.8.8.0/24")["form"].level is GuardLevel.PASS


def test_wide_but_allowed_warns() -> None:
    assert by_rule("8.8.8.0/23")["width"].level is GuardLevel.WARN
    assert by_rule("8.8.8.0/24")["width"].level is GuardLevel.PASS
    assert by_rule("2600::/56")["width"].level is GuardLevel.WARN
    assert by_rule("2600::/64")["width"].level is GuardLevel.PASS


def test_documentation_space_where_it_is_allowed() -> None:
    demo = GuardPolicy(allow_documentation=True)
    assert refused("203.0.113.77", demo) == set()
    assert refused("2001:db8:7::/64", demo) == set()
    assert refused("10.0.0.1", demo) == {"private"}


LISTS = GuardPolicy(
    protect=(Protected("8.8.4.0/24", "the bank's office"), Protected("2600:9::7")),
    own=("9.9.9.9", "2600:7::5"),
    trusted_proxies=("11.1.0.0/16",),
    cdn=("12.0.0.0/22", "2600:cd::/32"),
)


@pytest.mark.parametrize(
    ("cidr", "rules"),
    [
        ("8.8.4.4", {"protect"}),  # inside
        ("8.8.0.0/20", {"protect"}),  # around
        ("8.8.4.0/24", {"protect"}),  # the same
        ("8.8.5.0/24", set()),  # beside
        ("2600:9::/64", {"protect"}),
        ("9.9.9.9/32", {"own"}),
        ("9.9.9.0/24", {"own"}),
        ("::ffff:9.9.9.9", {"own"}),
        ("2600:7::/64", {"own"}),
        ("11.1.2.3", {"proxy"}),
        ("12.0.1.0/24", {"cdn"}),
        ("12.0.0.0/20", {"cdn"}),
        ("2600:cd:1::1", {"cdn"}),
    ],
)
def test_lists_are_looked_at_both_ways(cidr: str, rules: set[str]) -> None:
    assert refused(cidr, LISTS) == rules


def test_the_owners_reason_is_shown() -> None:
    assert "the bank's office" in by_rule("8.8.4.4", LISTS)["protect"].reason


def test_many_hits_are_counted_not_listed() -> None:
    policy = GuardPolicy(cdn=tuple(f"12.0.0.{n}" for n in range(9)))
    assert "and 6 more" in by_rule("12.0.0.0/24", policy)["cdn"].reason


def test_a_neighbour_of_ones_own_address_warns() -> None:
    assert by_rule("9.9.9.10", LISTS)["own"].level is GuardLevel.WARN
    assert by_rule("2600:7::6", LISTS)["own"].level is GuardLevel.WARN
    assert by_rule("9.9.8.10", LISTS)["own"].level is GuardLevel.PASS


@pytest.mark.parametrize(
    ("connection", "own"),
    [
        ("198.51.100.7 51312 10.0.0.5 22", ("198.51.100.7", "10.0.0.5")),
        ("fe80::1%eth0 5 fe80::2%eth0 22", ("fe80::1", "fe80::2")),
        ("::ffff:9.9.9.9 5 ::1 22", ("9.9.9.9", "::1")),
        ("", ()),
        ("nonsense", ()),
        ("UNKNOWN 65535 UNKNOWN 65535", ()),
    ],
)
def test_own_addresses(connection: str, own: tuple[str, ...]) -> None:
    assert own_addresses(connection) == own


@pytest.mark.parametrize(
    "wrong",
    [
        {"protect": [{"cidr": "bank"}]},
        {"own": ["here"]},
        {"trusted_proxies": ["1.2.3.4/40"]},
        {"cdn": [""]},
        {"widest_v4": 0},
        {"widest_v6": 129},
        {"widest": 8},
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, GuardPolicy)


cidrs4 = st.builds(
    lambda address, prefix: str(IPv4Network((address, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
cidrs6 = st.builds(
    lambda address, prefix: str(IPv6Network((address, prefix), strict=False)),
    st.integers(0, 2**128 - 1),
    st.integers(0, 128),
)
cidrs = cidrs4 | cidrs6


@given(st.text() | cidrs)
def test_every_rule_is_always_there(cidr: str) -> None:
    verdicts = judge(cidr, LISTS)
    assert tuple(verdict.rule for verdict in verdicts) == RULES
    assert all(verdict.reason for verdict in verdicts)
    assert len(refusals(verdicts)) == len(refused(cidr, LISTS))


@given(cidrs, cidrs)
def test_whatever_overlaps_a_protected_range_is_refused(cidr: str, protected: str) -> None:
    one, other = network_of(cidr), network_of(protected)
    assert one is not None
    assert other is not None
    overlaps = one.version == other.version and one.overlaps(other)
    policy = GuardPolicy(protect=(Protected(protected),))
    assert ("protect" in refused(cidr, policy)) is overlaps


@given(cidrs4)
def test_global_means_what_python_means_by_it(cidr: str) -> None:
    address = str(ip_network(cidr).network_address)
    if not (network := ip_network(address)).is_global and network.is_private:
        assert refused(address)


@given(st.lists(cidrs4, min_size=1) | st.lists(cidrs6, min_size=1))
def test_the_smallest_range_around_is_that(texts: list[str]) -> None:
    networks = [ip_network(text) for text in texts]
    around = smallest_around(networks)
    assert all(network.overlaps(around) for network in networks)
    assert all(network.prefixlen >= around.prefixlen for network in networks)
    for half in around.subnets() if around.prefixlen < around.max_prefixlen else ():
        assert not all(half.prefixlen <= n.prefixlen and half.overlaps(n) for n in networks)


# -- what was read from the account ------------------------------------------------------------


def account(*cidrs: str, unread: tuple[str, ...] = ()) -> Learned:
    ranges = tuple(Protected(cidr, "NAT gateway nat-0abc, eu-west-1") for cidr in cidrs)
    return Learned(ranges, unread, looked=True)


@pytest.mark.parametrize("cidr", ["8.8.8.8", "8.8.8.0/24", "8.8.8.8/32"])
def test_the_accounts_own_addresses_both_ways(cidr: str) -> None:
    found = by_rule(cidr, GuardPolicy(account=account("8.8.8.8")))["account"]
    assert found.level is GuardLevel.REFUSE
    network = network_of(cidr)
    assert found.reason == (
        f"{network} {'holds' if cidr.endswith('/24') else 'is'} an address of your own account: "
        "8.8.8.8 (NAT gateway nat-0abc, eu-west-1); blocking it would block your own traffic"
    )


def test_a_range_of_a_trusted_list_holds_back_what_is_inside() -> None:
    trusted = Learned((Protected("8.8.0.0/16", "trusted list partners"),), looked=True)
    found = by_rule("8.8.8.8", GuardPolicy(trusted=trusted))["guardduty"]
    assert found.level is GuardLevel.REFUSE
    assert found.reason == (
        "8.8.8.8/32 is on a trusted list of GuardDuty: 8.8.0.0/16 (trusted list partners); "
        "take it off that list first if it must be blocked"
    )


def test_what_could_not_be_read_is_no_all_clear() -> None:
    unread = ("ec2:DescribeAddresses is denied",)
    found = by_rule("8.8.8.8", GuardPolicy(account=account("9.9.9.9", unread=unread)))["account"]
    assert found.level is GuardLevel.WARN
    assert found.reason == (
        "nobody knows whether it is an address of your own account: ec2:DescribeAddresses is denied"
    )
    # What was read still refuses.
    assert refused("9.9.9.9", GuardPolicy(account=account("9.9.9.9", unread=unread))) == {"account"}
    assert by_rule("8.8.8.8")["account"].level is GuardLevel.PASS
    assert by_rule("8.8.8.8")["account"].reason == (
        "an address of your own account? nobody has looked"
    )
    assert by_rule("8.8.8.8", GuardPolicy(account=account("9.9.9.9")))["account"].reason == (
        "not an address of your own account"
    )


def test_a_policy_that_cannot_be_compared_with_is_refused() -> None:
    with pytest.raises(ValueError, match="'rubbish' is neither"):
        GuardPolicy(account=account("rubbish"))


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=12),
    st.integers(0, 255),
    st.integers(22, 32),
)
def test_many_ranges_are_found_as_one_by_one(
    held: list[tuple[int, int]], last: int, length: int
) -> None:
    entries = tuple(
        Protected(str(ip_network(f"8.8.8.{low}/{size}", strict=False)), f"n{number}")
        for number, (low, size) in enumerate(held)
    )
    network = ip_network(f"8.8.8.{last}/{length}", strict=False)
    lookup = Learned(entries).lookup
    others = [(ip_network(entry.cidr), entry) for entry in entries]
    around = [entry for other, entry in others if network.subnet_of(other)]  # type: ignore[arg-type]
    inside = [
        entry
        for other, entry in others
        if other.subnet_of(network) and other != network  # type: ignore[arg-type]
    ]
    assert {e.reason for e in lookup.around(network)} == {e.reason for e in around}
    assert {e.reason for e in lookup.inside(network)} == {e.reason for e in inside}


def test_a_long_list_is_no_burden() -> None:
    entries = tuple(Protected(f"9.{n >> 8 & 255}.{n & 255}.1", "list") for n in range(20_000))
    policy = GuardPolicy(trusted=Learned(entries, looked=True))
    for _ in range(300):  # one by one, this would be six million comparisons
        assert "guardduty" not in refused("8.8.8.8", policy)
    found = by_rule("9.0.0.0/20", policy)["guardduty"]
    assert "and 13 more" in found.reason
