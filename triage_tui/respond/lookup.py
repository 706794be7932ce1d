"""Many ranges, and which of them touch a network: found without looking at all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Generic, TypeVar

from triage_tui.networks import network_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from triage_tui.networks import Network

T = TypeVar("T")


class Lookup(Generic[T]):
    """Values by the CIDRs that they belong to."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        """Raises ValueError for what is neither an address nor a CIDR."""
        self._around: dict[tuple[int, int], dict[int, list[T]]] = defaultdict(dict)
        """By (IP version, prefix length), then the bits of the prefix."""
        within: dict[int, list[tuple[int, int, T]]] = {4: [], 6: []}
        for place, (cidr, value) in enumerate(entries):
            network = network_of(cidr)
            if network is None:
                raise ValueError(f"{cidr!r} is neither an address nor a CIDR")
            known = self._around[network.version, network.prefixlen]
            known.setdefault(_prefix(network, network.prefixlen), []).append(value)
            within[network.version].append((int(network.network_address), place, value))
        self._within = {version: sorted(found) for version, found in within.items()}

    def around(self, network: Network) -> Iterator[T]:
        """Those that hold all of the network, the narrowest first."""
        for length in range(network.prefixlen, -1, -1):
            known = self._around.get((network.version, length))
            if known:
                yield from known.get(_prefix(network, length), ())

    def inside(self, network: Network) -> Iterator[T]:
        """Those that begin inside the network. Networks nest or are apart: such a one lies in it,
        unless it begins where the network does and is as wide or wider."""
        found = self._within[network.version]
        first = bisect_left(found, int(network.network_address), key=_start)
        last = bisect_right(found, int(network.broadcast_address), key=_start)
        around = {id(value) for value in self.around(network)}
        for _, _, value in found[first:last]:
            if id(value) not in around:
                yield value


def _start(entry: tuple[int, int, object]) -> int:
    return entry[0]


def _prefix(network: Network, length: int) -> int:
    return int(network.network_address) >> (network.max_prefixlen - length)
