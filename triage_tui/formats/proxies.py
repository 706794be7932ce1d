"""Who is behind proxies: the right-most address of the chain that is no trusted proxy."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from .addresses import address

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_HOPS = 64
"""Addresses of one chain that are looked at, from the right; what a client sends has no end."""


class Proxies:
    """The proxies that are trusted to name the address they were called from."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """`trusted` are addresses and CIDRs. Raises ValueError for anything else."""
        self._networks = tuple(ipaddress.ip_network(text, strict=False) for text in trusted)
        self._known: dict[str, bool] = {}

    def actor(self, source_ip: str | None, chain: Sequence[str]) -> str | None:
        """Whom to hold responsible: `source_ip` is who called us, `chain` whom it names, the
        client first. The walk ends at the first one that is not trusted: what stands to the left
        of it may be invented."""
        if not self._networks or not chain or source_ip is None or not self.trusts(source_ip):
            return source_ip
        actor = source_ip
        for text in reversed(chain[-_MOST_HOPS:]):
            found = address(text.strip())
            if found is None:
                break
            actor = found
            if not self.trusts(found):
                break
        return actor

    def trusts(self, ip: str) -> bool:
        """Whether an address in canonical spelling is a trusted proxy's."""
        known = self._known.get(ip)
        if known is None:
            if len(self._known) >= 1 << 16:
                self._known.clear()
            found = ipaddress.ip_address(ip)
            known = self._known[ip] = any(found in network for network in self._networks)
        return known


@lru_cache(maxsize=8)
def proxies(trusted: tuple[str, ...]) -> Proxies:
    """The same object for the same settings: it remembers whom it was asked for."""
    return Proxies(trusted)


def chain_of(header: str | None) -> list[str]:
    """The addresses of an `X-Forwarded-For` header, as spelled, the client first."""
    if not header or header == "-":
        return []
    return [part.strip() for part in header[-4096:].split(",")]
