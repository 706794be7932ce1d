"""Networks by name: whose proxies may be trusted, and whose edges nobody blocks. Pure.

The ranges are facts that their owners publish; they change slowly. An address that joined a network
after the date below is simply not trusted, and counts for itself.
"""

from __future__ import annotations

import difflib
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


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


def surroundings(address: str) -> str:
    """The /24 or /64 around an address in canonical spelling; "" for none."""
    if not address:
        return ""
    if ":" not in address:
        return f"{address.rpartition('.')[0]}.0/24"  # there is no need to parse it
    return str(ip_network(f"{address}/64", strict=False))


PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
LOOPBACK = ("127.0.0.0/8", "::1/128")
LINK_LOCAL = ("169.254.0.0/16", "fe80::/10")


class Published(NamedTuple):
    """A list of ranges, where its owner publishes it, and the day as of which it is given here."""

    ranges: tuple[str, ...]
    source: str
    as_of: str


def _published(source: str, as_of: str, ranges: str) -> Published:
    return Published(tuple(ranges.split()), source, as_of)


CDN: Mapping[str, Published] = {
    # What Akamai calls an origin from where Origin IP ACL or a product with it is in use.
    "akamai": _published(
        "https://techdocs.akamai.com/origin-ip-acl/docs/update-your-origin-server",
        "2025-07-01",
        """
        2.16.0.0/13 23.0.0.0/12 23.32.0.0/11 23.192.0.0/11 95.100.0.0/15 184.24.0.0/13
        2405:9600::/32 2600:1400::/24 2a02:26f0::/32
        """,
    ),
    "cloudflare": _published(
        "https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6",
        "2026-09-23",
        """
        103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 104.16.0.0/13 104.24.0.0/14 108.162.192.0/18
        131.0.72.0/22 141.101.64.0/18 162.158.0.0/15 172.64.0.0/13 173.245.48.0/20 188.114.96.0/20
        190.93.240.0/20 197.234.240.0/22 198.41.128.0/17
        2400:cb00::/32 2405:8100::/32 2405:b500::/32 2606:4700::/32 2803:f800::/32 2a06:98c0::/29
        2c0f:f248::/32
        """,
    ),
    # From where CloudFront calls an origin; whom it answers from is in `CLOUDFRONT_EDGES`.
    "cloudfront": _published(
        "https://ip-ranges.amazonaws.com/ip-ranges.json, CLOUDFRONT_ORIGIN_FACING",
        "2026-10-06",
        """
        3.29.57.0/26 3.172.0.0/18 3.172.64.0/18 13.124.199.0/24 15.158.0.0/16 18.68.0.0/16
        24.110.128.0/17 52.46.0.0/18 52.82.128.0/23 52.82.134.0/23 54.182.128.0/20 54.182.144.0/21
        54.182.154.0/23 54.182.156.0/22 54.182.160.0/21 54.182.172.0/22 54.182.176.0/21
        54.182.184.0/22 54.182.188.0/23 54.182.224.0/21 54.182.240.0/21 54.182.248.0/22
        54.239.134.0/23 54.239.170.0/23 54.239.204.0/22 54.239.208.0/21 64.252.64.0/18
        64.252.128.0/18 70.132.0.0/18 130.176.0.0/18 130.176.64.0/21 130.176.72.0/22
        130.176.76.0/24 130.176.78.0/23 130.176.80.0/22 130.176.86.0/23 130.176.88.0/21
        130.176.96.0/19 130.176.128.0/21 130.176.136.0/23 130.176.140.0/22 130.176.144.0/20
        130.176.160.0/19 130.176.192.0/19 204.246.166.0/24 205.251.218.0/24
        2406:da10:847f:a100::/56 2406:da11:438:2300::/56 2406:da12:4b:c200::/56
        2406:da12:8b2e:9c00::/56 2406:da14:17bd:2f00::/56 2406:da14:80bb:ea00::/56
        2406:da16:c01:c200::/56 2406:da18:9fa:1b00::/56 2406:da19:e19:4a00::/56
        2406:da1a:6df:6c00::/56 2406:da1b:e7c:ad00::/56 2406:da1c:787:2b00::/56
        2406:da1c:8d8c:4600::/56 2406:da1e:705:1600::/56 2406:da1f:396:9100::/56
        2600:1f11:e79:a800::/56 2600:1f13:417:4d00::/56 2600:1f16:1923:3000::/56
        2600:1f17:4356:f100::/56 2600:1f18:7530:7200::/56 2600:1f1a:4568:b500::/56
        2600:1f1c:da:600::/56 2600:1f1e:a7:2300::/56 2600:9000:1000::/36 2600:9000:5200::/40
        2600:9000:6000::/36 2a05:d011:531:1800::/56 2a05:d012:581:b400::/56
        2a05:d014:1362:b000::/56 2a05:d016:9ed:de00::/56 2a05:d018:1a3a:2d00::/56
        2a05:d019:80b:e300::/56 2a05:d01a:8a9:be00::/56 2a05:d01c:343:c300::/56
        2a05:d025:e59:fb00::/56
        """,
    ),
    "fastly": _published(
        "https://api.fastly.com/public-ip-list",
        "2026-09-23",
        """
        23.235.32.0/20 43.249.72.0/22 103.244.50.0/24 103.245.222.0/23 103.245.224.0/24
        104.156.80.0/20 140.248.64.0/18 140.248.128.0/17 146.75.0.0/17 151.101.0.0/16
        157.52.64.0/18 167.82.0.0/17 167.82.128.0/20 167.82.160.0/20 167.82.224.0/20
        172.111.64.0/18 185.31.16.0/22 199.27.72.0/21 199.232.0.0/16
        2a04:4e40::/32 2a04:4e42::/32
        """,
    ),
}
"""Content delivery networks: from where they call the servers behind them."""

CLOUDFRONT_EDGES = _published(
    "https://ip-ranges.amazonaws.com/ip-ranges.json, CLOUDFRONT",
    "2026-09-23",
    """
    3.10.17.128/25 3.11.53.0/24 3.29.40.64/26 3.29.40.128/26 3.29.40.192/26 3.29.57.0/26
    3.35.130.128/25 3.101.158.0/23 3.107.43.128/25 3.107.44.0/25 3.107.44.128/25 3.128.93.0/24
    3.134.215.0/24 3.146.232.0/22 3.147.164.0/22 3.147.244.0/22 3.160.0.0/14 3.164.0.0/18
    3.164.64.0/18 3.164.128.0/17 3.165.0.0/16 3.166.0.0/15 3.168.0.0/14 3.172.0.0/18 3.172.64.0/18
    3.173.0.0/17 3.173.128.0/18 3.173.192.0/18 3.174.0.0/15 3.231.2.0/25 3.234.232.224/27
    3.236.48.0/23 3.236.169.192/26 13.32.0.0/15 13.35.0.0/16 13.54.63.128/26 13.59.250.0/26
    13.113.196.64/26 13.113.203.0/24 13.124.199.0/24 13.134.24.0/23 13.134.94.0/23 13.203.133.0/26
    13.210.67.128/26 13.224.0.0/14 13.228.69.0/24 13.233.177.192/26 13.249.0.0/16 15.158.0.0/16
    15.188.184.0/24 15.207.13.128/25 15.207.213.128/25 18.64.0.0/14 18.68.0.0/16 18.154.0.0/15
    18.160.0.0/15 18.164.0.0/15 18.172.0.0/15 18.175.65.0/24 18.175.66.0/24 18.175.67.0/24
    18.192.142.0/23 18.199.68.0/22 18.199.72.0/22 18.199.76.0/22 18.200.212.0/23 18.216.170.128/25
    18.229.220.192/26 18.230.229.0/24 18.230.230.0/25 18.238.0.0/15 18.244.0.0/15 23.91.0.0/19
    23.228.212.0/24 23.228.213.0/24 23.228.214.0/24 23.228.220.0/24 23.228.221.0/24 23.228.222.0/24
    23.228.223.0/24 23.228.244.0/24 23.228.246.0/24 23.228.247.0/24 23.228.248.0/24 23.228.249.0/24
    23.228.250.0/24 23.228.251.0/24 23.234.192.0/18 24.110.32.0/19 24.110.128.0/17 34.195.252.0/24
    34.216.51.0/25 34.223.12.224/27 34.223.80.192/26 34.226.14.0/24 35.93.168.0/23 35.93.170.0/23
    35.93.172.0/23 35.158.136.0/24 35.162.63.192/26 35.167.191.128/26 36.103.232.0/25
    36.103.232.128/26 43.218.56.64/26 43.218.56.128/26 43.218.56.192/26 43.218.71.0/26
    44.220.194.0/23 44.220.196.0/23 44.220.198.0/23 44.220.200.0/23 44.220.202.0/23 44.222.66.0/24
    44.227.178.0/24 44.234.90.252/30 44.234.108.128/25 47.129.82.0/24 47.129.83.0/24 47.129.84.0/24
    51.44.234.0/23 51.44.236.0/23 51.44.238.0/23 51.74.192.0/18 52.15.127.128/26 52.46.0.0/18
    52.47.139.0/24 52.52.191.128/26 52.56.127.0/25 52.57.254.0/24 52.66.194.128/26 52.78.247.128/26
    52.82.128.0/19 52.84.0.0/15 52.124.128.0/17 52.199.127.192/26 52.212.248.0/26 52.220.191.0/26
    52.222.128.0/17 54.182.0.0/16 54.192.0.0/16 54.230.0.0/17 54.230.128.0/18 54.230.200.0/21
    54.230.208.0/20 54.230.224.0/19 54.233.255.128/26 54.239.128.0/18 54.239.192.0/19
    54.240.128.0/18 56.125.46.0/24 56.125.47.0/32 56.125.48.0/24 57.182.253.0/24 57.183.42.0/25
    58.254.138.0/25 58.254.138.128/26 64.252.64.0/18 64.252.128.0/18 65.8.0.0/16 65.9.0.0/17
    65.9.128.0/18 70.132.0.0/18 71.152.0.0/17 99.79.169.0/24 99.84.0.0/16 99.86.0.0/16
    108.138.0.0/15 108.156.0.0/14 111.13.171.128/26 111.13.171.192/26 111.13.185.32/27
    111.13.185.64/27 116.129.226.0/25 116.129.226.128/26 118.193.97.64/26 118.193.97.128/25
    119.147.182.0/25 119.147.182.128/26 120.52.12.64/26 120.52.22.96/27 120.52.39.128/27
    120.52.153.192/26 120.232.236.0/25 120.232.236.128/26 120.253.240.192/26 120.253.241.160/27
    120.253.245.128/26 120.253.245.192/27 130.176.0.0/17 130.176.128.0/18 130.176.192.0/19
    130.176.224.0/20 143.204.0.0/16 144.220.0.0/16 180.163.57.0/25 180.163.57.128/26
    204.246.164.0/22 204.246.168.0/22 204.246.172.0/24 204.246.173.0/24 204.246.174.0/23
    204.246.176.0/20 205.251.202.0/23 205.251.204.0/23 205.251.206.0/23 205.251.208.0/20
    205.251.249.0/24 205.251.250.0/23 205.251.252.0/23 205.251.254.0/24 216.137.32.0/19
    2001:3fc6:20::/43 2400:7fc0:500::/40 2404:c2c0:500::/40 2409:8c00:2421:300::/56
    2409:8c00:2421:400::/56 2600:9000:ddd::/48 2600:9000:eee::/48 2600:9000:fff::/48
    2600:9000:1000::/36 2600:9000:2000::/36 2600:9000:3000::/36 2600:9000:4000::/36
    2600:9000:5200::/40 2600:9000:5308::/45 2600:9000:5310::/44 2600:9000:5320::/43
    2600:9000:5340::/42 2600:9000:5380::/41 2600:9000:6000::/36 2600:9000:f000::/38
    2600:9000:f400::/40 2600:9000:f500::/43 2600:9000:f520::/44 2600:9000:f534::/46
    2600:9000:f538::/45 2600:9000:f540::/42 2600:9000:f580::/41 2600:9000:f600::/39
    2600:9000:f800::/37 2600:f0f0:601::/48 2600:f0f0:602::/47 2600:f0f0:5504::/46
    """,
)
"""Where CloudFront answers viewers: seen as the far end of flows, never as a caller."""

NAMED: Mapping[str, tuple[str, ...]] = {
    **{name: published.ranges for name, published in CDN.items()},
    "private": (*PRIVATE, *LOOPBACK, *LINK_LOCAL),
}
"""Every name that stands for networks."""

_WIDEST = {4: 8, 6: 16}
"""Prefix lengths; who trusts anything wider trusts strangers."""


@lru_cache(maxsize=1)
def edges() -> tuple[str, ...]:
    """Every range of every content delivery network known here: shared by visitors, never
    blocked."""
    known = (*CDN.values(), CLOUDFRONT_EDGES)
    return tuple(dict.fromkeys(cidr for published in known for cidr in published.ranges))


def spelled_out(entries: Iterable[str]) -> tuple[str, ...]:
    """The CIDRs that addresses, CIDRs and names stand for, each once. Raises ValueError with what
    is wrong with an entry, and what it may be."""
    return tuple(dict.fromkeys(cidr for entry in entries for cidr in _spelled_out(entry)))


def _spelled_out(entry: str) -> tuple[str, ...]:
    named = NAMED.get(entry.lower())
    if named is not None:
        return named
    network = network_of(entry)
    if network is None:
        near = difflib.get_close_matches(entry.lower(), NAMED, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f" nor one of {', '.join(NAMED)}"
        raise ValueError(f"{entry!r} is neither an address nor a CIDR{hint}")
    if network.prefixlen < _WIDEST[network.version]:
        raise ValueError(f"{entry!r} would trust strangers: /{_WIDEST[network.version]} at most")
    return (str(network),)
