"""Who is behind proxies: the right-most address of the chain that is no trusted proxy."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from triage_tui.networks import network_of

from .addresses import address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.networks import Network

_MOST_HOPS = 64
"""Addresses of one chain that are looked at, from the right; what a client sends has no end."""
_LONGEST = 4096
"""Characters of a header that are looked at, from the right."""
_KEPT = 1 << 16


class Proxies:
    """The proxies that are trusted to name the address they were called from; false without any."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """`trusted` are addresses and CIDRs. Raises ValueError for anything else."""
        self._networks = tuple(map(_network, trusted))
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def actor(self, source_ip: str | None, chain: Sequence[str]) -> str | None:
        """Whom to hold responsible: `source_ip` is who called us, `chain` whom it names, the
        client first. The walk goes from the right and ends at the first one that is not trusted:
        what stands to the left of it may be invented."""
        if not self._networks or not chain or source_ip is None or not self.trusts(source_ip):
            return source_ip
        actor = source_ip
        for text in reversed(chain[-_MOST_HOPS:]):
            found = address(text)
            if found is None:  # a trusted proxy does not say who called it: it answers for that
                break
            actor = found
            if not self.trusts(found):
                break
        return actor

    def trusts(self, ip: str) -> bool:
        """Whether an address in canonical spelling is a trusted proxy's."""
        known = self._known.get(ip)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = ipaddress.ip_address(ip)
            known = self._known[ip] = any(found in network for network in self._networks)
        return known


def _network(text: str) -> Network:
    network = network_of(text)
    if network is None:
        raise ValueError(f"{text!r} is neither an address nor a CIDR")
    return network


@lru_cache(maxsize=8)
def proxies(trusted: tuple[str, ...]) -> Proxies:
    """The same object for the same settings: it remembers whom it was asked for."""
    return Proxies(trusted)


def chain_of(header: str | None) -> list[str]:
    """The addresses of an `X-Forwarded-For` header, as spelled, the client first.

    Empty members count for nothing, as in any list of HTTP (RFC 9110, 5.6.1). Of an endless header
    the end is kept, whole addresses alone.
    """
    if not header or header == "-":
        return []
    if len(header) > _LONGEST:
        header = header[-_LONGEST:].partition(",")[2]
    return [member for part in header.split(",") if (member := part.strip())]


def joined(headers: Iterable[str | None]) -> str | None:
    """Several headers of one name as the one that they stand for, in their order."""
    return ",".join([header for header in headers if header]) or None
