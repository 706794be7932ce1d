"""What a blocklist's sets come to outside: which set an address goes to, and what the web ACLs make
of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from triage_tui.networks import network_of

from .enforcement import enforcement
from .statements import Entry

if TYPE_CHECKING:
    from collections.abc import Collection

    from triage_tui.model import Enforcement
    from triage_tui.networks import Network

    from .address_sets import IpSet
    from .enforcement import Layout
    from .settings import Scope
    from .statements import Seen


class AclReader(Protocol):
    """Reads the web ACLs of the sets' scope."""

    @property
    def layout(self) -> Layout | None:
        """What was read last, from memory."""
        ...

    async def read(self, sets: Collection[str]) -> Layout:
        """All that decides about the sets of these ARNs. Never raises for what is wrong outside."""
        ...


class Outlook:
    """Implements `planner.Outside`."""

    def __init__(self, scope: Scope, acls: AclReader | None = None) -> None:
        self.sets: dict[int, IpSet] = {}
        """By IP version, as soon as they were found."""
        self._scope = scope
        self._acls = acls
        self._kept: dict[tuple[Network, Seen], Enforcement] = {}
        self._of: Layout | None = None
        self._revision = 0
        self._arrives: dict[Network, Seen] = {}
        """How requests of a network arrive, as the last plan for it knew."""

    @property
    def layout(self) -> Layout | None:
        """The web ACLs as they were read last."""
        return self._acls.layout if self._acls is not None else None

    @property
    def revision(self) -> int:
        """Grows whenever the web ACLs were read anew, or it is known better how requests arrive."""
        self._renew(self.layout)
        return self._revision

    def _renew(self, layout: Layout | None) -> None:
        """What was kept of another reading is over."""
        if layout is not self._of:
            self._kept, self._of = {}, layout
            self._revision += 1

    async def read(self) -> None:
        """Reads the web ACLs, unless that was done just now."""
        if self._acls is not None and self.sets:
            await self._acls.read([each.arn for each in self.sets.values()])

    def target(self, version: int) -> str | None:
        """The set that an entry of that version goes to; None where there is none."""
        found = self.sets.get(version)
        return None if found is None else f"IP set {found.name}, {self._scope}"

    def enforcement(self, network: Network, seen: Seen) -> Enforcement | None:
        """What becomes of requests from there once it is in the set; None where nobody has read
        the web ACLs."""
        if seen != "unknown" and self._arrives.get(network) != seen:
            self._arrives[network] = seen
            self._revision += 1
        return self._judged(network, seen)

    def seen(self, network: Network) -> Seen:
        """How requests from there arrive, as the last plan for it knew."""
        return self._arrives.get(network, "unknown")

    def of(self, cidr: str, seen: Seen = "unknown") -> Enforcement | None:
        """The same as `enforcement` for a block, whose requests arrive as `seen` unless a plan has
        known better since."""
        network = network_of(cidr)
        if network is None:
            return None
        return self._judged(network, self._arrives.get(network, seen))

    def _judged(self, network: Network, seen: Seen) -> Enforcement | None:
        layout, found = self.layout, self.sets.get(network.version)
        if layout is None or found is None:
            return None
        self._renew(layout)
        key = (network, seen)
        if key not in self._kept:
            self._kept[key] = enforcement(Entry(found.arn, network, seen), found.name, layout)
        return self._kept[key]
