"""Lists of addresses that somebody knows to be good, or to be shared by many: `intel.allow` and
`intel.cdn` of the config. Packed when the function is packaged; a look-up unpacks nothing, so that
a list of a million ranges costs a start nothing but its bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.networks import Network

_WIDTHS = {4: 5, 6: 17}
"""Bytes of an edge, which may lie beyond the last address."""


class Allowed(msgspec.Struct, frozen=True):
    """A list: where it begins and ends to hold, in ascending order and big-endian."""

    name: str
    """In words: `allow list offices of 2026-03-01`."""
    v4: bytes = b""
    v6: bytes = b""

    def touches(self, network: Network) -> bool:
        """Whether the list holds some address of a network."""
        data = self.v4 if network.version == 4 else self.v6
        width = _WIDTHS[network.version]
        first = int(network.network_address).to_bytes(width, "big")
        last = int(network.broadcast_address).to_bytes(width, "big")
        places = range(len(data) // width)

        def edge(place: int) -> bytes:
            return data[place * width : (place + 1) * width]

        before = bisect_right(places, first, key=edge)
        return before % 2 == 1 or bisect_right(places, last, key=edge) > before


def packed(name: str, v4: Sequence[int], v6: Sequence[int]) -> Allowed:
    """A list by its edges: first, beyond the last, first, …, ascending."""
    return Allowed(name, _packed(4, v4), _packed(6, v6))


def _packed(version: int, edges: Sequence[int]) -> bytes:
    return b"".join(edge.to_bytes(_WIDTHS[version], "big") for edge in edges)
