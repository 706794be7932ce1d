"""CIDRs as networks: one spelling for each, and the ranges that nobody should block."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


def _networks(*cidrs: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, cidrs))


PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
LOOPBACK = _networks("127.0.0.0/8", "::1/128")
LINK_LOCAL = _networks("169.254.0.0/16", "fe80::/10")
MULTICAST = _networks("224.0.0.0/4", "ff00::/8")
UNSPECIFIED = _networks("0.0.0.0/32", "::/128")
DOCUMENTATION = _networks(
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"
)
RESERVED = _networks(
    *("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
    # IPv6 is handed out from 2000::/3; the rest is held back (IANA's address space registry).
    *("::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3"),
    *("8000::/3", "a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9"),
    *("fec0::/10", "2001:2::/48", "2001:10::/28"),
)


@lru_cache(maxsize=8192)
def network_of(text: str) -> Network | None:
    """The network that an address or CIDR names, in its one spelling; None if it names none.

    Host bits are cleared; an IPv4 address dressed as IPv6 (`::ffff:a.b.c.d`) is undressed.
    """
    if "%" in text:  # an interface of one machine means nothing elsewhere
        return None
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        low = int(network.network_address) & 0xFFFF_FFFF
        return IPv4Network((low, network.prefixlen - _MAPPED.prefixlen))
    return network


def covers(wide: Network, narrow: Network) -> bool:
    """Whether every address of `narrow` is in `wide`; equal networks cover each other."""
    if isinstance(wide, IPv4Network):
        return isinstance(narrow, IPv4Network) and narrow.subnet_of(wide)
    return isinstance(narrow, IPv6Network) and narrow.subnet_of(wide)


def widened(network: Network, prefix: int) -> Network:
    """The network of that prefix length around it; itself where it is as wide already."""
    return network if network.prefixlen <= prefix else network.supernet(new_prefix=prefix)


def usual_width(network: Network) -> int:
    """The prefix length that usually belongs to one customer: /24, and /64 in IPv6."""
    return 24 if network.version == 4 else 64


def smallest_around(networks: list[Network]) -> Network:
    """The smallest network that covers all of them, which are of one family."""
    result = networks[0]
    for network in networks[1:]:
        while not covers(result, network):
            result = result.supernet()
    return result
