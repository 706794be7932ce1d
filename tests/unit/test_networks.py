"""Networks by name: every published range is one, and what is said of a wrong entry."""

import re
from datetime import date
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.networks import (
    CDN,
    CLOUDFRONT_EDGES,
    NAMED,
    Published,
    edges,
    network_of,
    spelled_out,
)


@pytest.mark.parametrize("published", [*CDN.values(), CLOUDFRONT_EDGES], ids=[*CDN, "edges"])
def test_published_ranges_are_networks_on_the_internet(published: Published) -> None:
    networks = [ip_network(cidr) for cidr in published.ranges]  # strict: no host bits
    assert len(networks) == len(set(networks))
    assert all(network.network_address.is_global for network in networks)
    assert published.source.startswith("https://")
    assert date(2025, 1, 1) < date.fromisoformat(published.as_of)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("akamai", (6, 3)), ("cloudflare", (15, 7)), ("cloudfront", (46, 35)), ("fastly", (19, 2))],
)
def test_lists_are_whole(name: str, counts: tuple[int, int]) -> None:
    versions = [ip_network(cidr).version for cidr in CDN[name].ranges]
    assert (versions.count(4), versions.count(6)) == counts


@pytest.mark.parametrize(
    ("ip", "name"),
    [
        ("162.158.1.1", "cloudflare"),
        ("2606:4700::1", "cloudflare"),
        ("130.176.98.7", "cloudfront"),
        ("2600:9000:1000::1", "cloudfront"),
        ("151.101.1.1", "fastly"),
        ("23.32.5.5", "akamai"),
        ("10.1.2.3", "private"),
        ("::1", "private"),
        ("169.254.0.5", "private"),
    ],
)
def test_who_is_in_which(ip: str, name: str) -> None:
    address = ip_address(ip)
    found = [name for name, cidrs in NAMED.items() if any(address in ip_network(c) for c in cidrs)]
    assert found == [name]


def test_edges_hold_every_list_and_nothing_private() -> None:
    assert len(edges()) == len(set(edges()))
    for name, published in CDN.items():
        assert set(published.ranges) <= set(edges()), name
    assert set(CLOUDFRONT_EDGES.ranges) <= set(edges())
    assert "10.0.0.0/8" not in edges()


def test_spelling_out() -> None:
    assert spelled_out(["192.0.2.7", "198.51.100.9/24", "::ffff:203.0.113.5"]) == (
        "192.0.2.7/32",
        "198.51.100.0/24",
        "203.0.113.5/32",
    )
    assert spelled_out(["Cloudflare"]) == CDN["cloudflare"].ranges
    assert spelled_out(["fastly", "fastly", "151.101.0.0/16"]) == CDN["fastly"].ranges
    assert spelled_out([]) == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("cloudfare", "did you mean 'cloudflare'?"),
        ("akamia", "did you mean 'akamai'?"),
        ("bank", "nor one of akamai, cloudflare, cloudfront, fastly, private"),
        ("1.2.3.4/40", "neither an address nor a CIDR"),
        ("fe80::1%eth0", "neither an address nor a CIDR"),
        ("0.0.0.0/0", "would trust strangers"),
        ("128.0.0.0/1", "/8 at most"),
        ("2000::/3", "/16 at most"),
        ("", "neither"),
    ],
)
def test_a_wrong_entry(entry: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        spelled_out(["192.0.2.1", entry])
    assert str(caught.value).startswith(repr(entry))


@given(st.text())
def test_any_text_is_spelled_out_or_refused(entry: str) -> None:
    try:
        found = spelled_out([entry])
    except ValueError:
        return
    assert found
    assert all(network_of(cidr) is not None for cidr in found)


@given(st.ip_addresses())
def test_one_address_has_one_spelling(ip: object) -> None:
    (found,) = spelled_out([str(ip)])
    assert found == str(network_of(str(ip)))
    assert spelled_out([found]) == (found,)
