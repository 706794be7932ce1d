"""Addresses in one canonical spelling, and the services that stand where an address would."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_LONGEST = 255
"""Characters of the longest text that can be an address or a host name."""
_CACHED = 1 << 16

_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
"""In canonical spelling, as nearly all are: much quicker than to parse it."""

_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
"""What no far end on the internet has. Documentation space counts as public: stories need some."""

_SERVICE_DOMAINS = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".amazon.com",
    ".aws.internal",
    ".api.aws",
)


def address(text: str | None) -> str | None:
    """The canonical spelling of an IPv4 or IPv6 address; None for all else.

    IPv4-mapped addresses are unwrapped; brackets, a port and a zone id are dropped. A leading zero
    makes an IPv4 address illegal: it could be octal.
    """
    return _address(text) if text and len(text) <= _LONGEST else None


def peer(text: str | None) -> tuple[str | None, str | None]:
    """(address, service) of CloudTrail's `sourceIPAddress`: at most one of the two."""
    return _peer(text) if text and len(text) <= _LONGEST else (None, None)


def address_or_service(text: str | None) -> str | None:
    """Whichever of the two it is."""
    ip, service = peer(text)
    return ip or service


@lru_cache(maxsize=_CACHED)
def is_inside(ip: str) -> bool:
    """Whether an address in canonical spelling is private, local or for many: not on the internet.
    False for what is no address."""
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(found in network for network in _INSIDE)


def far_end(source: str | None, target: str | None, direction: str) -> str | None:
    """Whom a flow is about: the other side of the interface, where the log says which that is, else
    the side on the internet. Between two of a kind it is the source."""
    if direction == "ingress":
        return source
    if direction == "egress":
        return target
    if source is None or target is None or not is_inside(source) or is_inside(target):
        return source
    return target


@lru_cache(maxsize=_CACHED)
def _address(text: str) -> str | None:
    if _IPV4.fullmatch(text):
        return text
    try:
        found = ipaddress.ip_address(_bare(text.strip()))
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(found)


def _bare(text: str) -> str:
    """Without brackets, port and zone id."""
    if text.startswith("["):
        text, _, port = text[1:].partition("]")
        if port and not (port.startswith(":") and port[1:].isdecimal()):
            return ""
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not port.isdecimal():
            return ""
    return text.partition("%")[0] if ":" in text else text


@lru_cache(maxsize=_CACHED)
def _peer(text: str) -> tuple[str | None, str | None]:
    ip = _address(text)
    return (ip, None) if ip else (None, text if _names_service(text) else None)


def _names_service(text: str) -> bool:
    lower = text.lower()
    return lower == "aws internal" or lower.endswith(_SERVICE_DOMAINS)
