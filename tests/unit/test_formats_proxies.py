"""Behind proxies: the actor is the right-most address that nobody vouches for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.addresses import address
from triage_tui.formats.proxies import Proxies, chain_of, joined, proxies
from triage_tui.networks import CDN

TRUSTED = ("10.0.0.0/8", "198.51.100.7", "2001:db8:cd::/48", "::ffff:203.0.113.0/120")
EDGE = "198.51.100.7"
PROXIES = Proxies(TRUSTED)


@pytest.mark.parametrize(
    ("source", "header", "actor"),
    [
        # Nobody whom we trust speaks: what he says of others counts for nothing.
        ("192.0.2.1", "192.0.2.99", "192.0.2.1"),
        ("192.0.2.1", "10.0.0.1, 198.51.100.7", "192.0.2.1"),
        # A trusted proxy names its caller.
        (EDGE, "192.0.2.1", "192.0.2.1"),
        (EDGE, "192.0.2.1, 10.1.1.1", "192.0.2.1"),
        ("2001:db8:cd::1", "2001:db8:1::5", "2001:db8:1::5"),
        ("203.0.113.9", "192.0.2.1", "192.0.2.1"),
        # What stands to the left of the first stranger is invented.
        (EDGE, "192.0.2.99, 192.0.2.1", "192.0.2.1"),
        (EDGE, "192.0.2.99, 192.0.2.1, 10.1.1.1", "192.0.2.1"),
        (EDGE, "10.9.9.9, 192.0.2.1, 10.1.1.1", "192.0.2.1"),
        # Trusted ones alone: the first of them made the request itself.
        (EDGE, "10.0.0.5, 10.1.1.1", "10.0.0.5"),
        (EDGE, "", EDGE),
        # A proxy that does not say who called answers for it; nobody looks behind that.
        (EDGE, "192.0.2.1, unknown", EDGE),
        (EDGE, "192.0.2.1, _hidden, 10.1.1.1", "10.1.1.1"),
        (EDGE, "192.0.2.1, 1.2.3.04", EDGE),
        # Spellings.
        (EDGE, "192.0.2.1:4711", "192.0.2.1"),
        (EDGE, "[2001:db8:1::5]:443", "2001:db8:1::5"),
        (EDGE, "::ffff:192.0.2.1", "192.0.2.1"),
        (EDGE, " 192.0.2.1 ,, 10.1.1.1 , ", "192.0.2.1"),
        (None, "192.0.2.1", None),
    ],
)
def test_the_actor(source: str | None, header: str, actor: str | None) -> None:
    assert PROXIES.actor(source, chain_of(header)) == actor


def test_without_trust_the_caller_is_the_actor() -> None:
    assert not Proxies()
    assert PROXIES
    assert Proxies().actor(EDGE, ["192.0.2.1"]) == EDGE


def test_a_cdn_by_its_published_ranges() -> None:
    behind = Proxies(CDN["cloudflare"].ranges)
    assert behind.actor("162.158.1.1", ["192.0.2.99", "192.0.2.1"]) == "192.0.2.1"
    assert behind.actor("2606:4700::5", ["2001:db8::1"]) == "2001:db8::1"
    assert behind.actor("151.101.1.1", ["192.0.2.1"]) == "151.101.1.1"


@pytest.mark.parametrize("wrong", ["bank", "", "1.2.3.4/33", "fe80::1%eth0"])
def test_what_is_no_network_cannot_be_trusted(wrong: str) -> None:
    with pytest.raises(ValueError, match="neither an address nor a CIDR"):
        Proxies([wrong])


def test_the_same_settings_share_what_is_known() -> None:
    assert proxies(TRUSTED) is proxies(TRUSTED)


@pytest.mark.parametrize(
    ("headers", "chain"),
    [
        ([], []),
        ([None, ""], []),
        (["-"], []),
        (["a"], ["a"]),
        (["a, b", None, "c"], ["a", "b", "c"]),
        (["a,", ",b"], ["a", "b"]),
    ],
)
def test_several_headers_are_one(headers: list[str | None], chain: list[str]) -> None:
    assert chain_of(joined(headers)) == chain


def test_an_endless_header_keeps_its_end_and_no_half_address() -> None:
    header = ", ".join(["203.0.113.77"] * 1000)
    chain = chain_of(header)
    assert 250 < len(chain) < 1000
    assert set(chain) == {"203.0.113.77"}
    assert chain_of("1" * 5000) == []


addresses = st.ip_addresses().map(str)
chains = st.lists(addresses | st.text(alphabet="0123456789abcdef.:[]%_ -", max_size=20))


@given(addresses, chains, chains)
def test_prepending_changes_nothing_unless_all_to_the_right_are_trusted(
    source: str, invented: list[str], chain: list[str]
) -> None:
    found = address(source)
    before = PROXIES.actor(found, chain)
    after = PROXIES.actor(found, [*invented, *chain])
    hops = [found, *map(address, reversed(chain))]
    if not all(hop is not None and PROXIES.trusts(hop) for hop in hops):
        assert after == before


@given(st.lists(st.sampled_from(["10.0.0.1", "10.9.9.9", EDGE])), addresses, chains)
def test_the_stranger_next_to_trusted_proxies_is_the_actor(
    hops: list[str], stranger: str, invented: list[str]
) -> None:
    found = address(stranger)
    assert found is not None
    if not PROXIES.trusts(found):
        assert PROXIES.actor(EDGE, [*invented, stranger, *hops[:60]]) == found


@given(st.text() | st.text(alphabet="0123456789., :"), st.text())
def test_any_header_has_a_chain_and_an_actor(header: str, source: str) -> None:
    chain = chain_of(header)
    assert all(part == part.strip() != "" for part in chain)
    actor = PROXIES.actor(EDGE, chain)
    assert actor is not None
    assert address(actor) == actor
    assert PROXIES.actor(address(source), chain) in {address(source), actor}
