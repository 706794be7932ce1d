"""Lists as they are packaged hold what they held."""

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.spans import Spans, span_of
from triage_tui.networks import network_of
from triage_tui.trigger.allowed import Allowed, packed

ranges = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32)).map(
            lambda at: ip_network((at[0] >> 32 - at[1] << 32 - at[1], at[1]))
        ),
        st.tuples(st.integers(0, 2**128 - 1), st.integers(16, 128)).map(
            lambda at: ip_network((at[0] >> 128 - at[1] << 128 - at[1], at[1]))
        ),
    ),
    max_size=20,
)


def of(*cidrs: str) -> Allowed:
    spans = Spans()
    for cidr in cidrs:
        span = span_of(cidr)
        assert span
        spans.add(span)
    return packed("allow list", spans.edges(4), spans.edges(6))


@given(ranges, ranges)
def test_it_touches_what_overlaps(held: list[object], asked: list[object]) -> None:
    made = of(*map(str, held))
    for each in asked:
        network = network_of(str(each))
        assert network
        overlaps = any(
            network.version == other.version and network.overlaps(other)
            for other in map(network_of, map(str, held))
            if other
        )
        assert made.touches(network) is overlaps


def test_its_ends() -> None:
    made = of("0.0.0.0/8", "255.255.255.255", "8.8.8.0/25", "ff00::/16")
    for cidr, touches in {
        "0.0.0.0/32": True,
        "0.255.255.255/32": True,
        "1.0.0.0/32": False,
        "255.255.255.254/32": False,
        "255.255.255.255/32": True,
        "8.8.8.127/32": True,
        "8.8.8.128/32": False,
        "8.8.0.0/16": True,
        "ff00:ffff::/64": True,
        "feff::/64": False,
    }.items():
        network = network_of(cidr)
        assert network
        assert made.touches(network) is touches, cidr
    nothing = network_of("8.8.8.8")
    assert nothing
    assert not Allowed("").touches(nothing)
