"""How networks lie to each other, and the ranges that nobody should block."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from triage_tui import networks

if TYPE_CHECKING:
    from triage_tui.networks import Network


def _networks(*cidrs: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, cidrs))


PRIVATE = _networks(*networks.PRIVATE)
LOOPBACK = _networks(*networks.LOOPBACK)
LINK_LOCAL = _networks(*networks.LINK_LOCAL)
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
