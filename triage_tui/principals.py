"""Which identities are one principal: the chain and its aliases.

CloudTrail names a caller by ARN, principalId and access key; a finding has no ARN; a cross-account
copy
has only the principalId. Identities that share a principalId or an access key are one principal. A
name
(ARN) alone is weaker: a re-created user has the old ARN and a new principalId, and is somebody
else.

What is merged is a function of the set of identities seen up to a time, never of the order in which
events arrived: identities join in the order of their first event time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Identity


class Principal(msgspec.Struct, frozen=True):
    """One merged principal, as of a time."""

    key: str
    """Stable and unique: the ARN where one is known."""
    label: str
    aliases: tuple[str, ...]
    """The casebook's keys, the most lasting one (a principalId) first."""
    members: tuple[int, ...]
    """Numbers of its identities."""


class AliasGraph:
    """Merges identities as they come into sight.

    `advance(identities, first, until)` brings the graph to a time; going back starts anew, so that
    the
    answer is the same from either side.
    """

    def __init__(self) -> None:
        self._sequence: list[int] = []
        self._joined = 0
        self._signature: tuple[int, int] | None = None
        self._identities: Sequence[Identity] = ()
        self._reset()

    def _reset(self) -> None:
        self._members: dict[int, list[int]] | None = None
        self._parent: dict[int, int] = {}
        self._by_id: dict[str, int] = {}
        self._by_access_key: dict[str, int] = {}
        self._holder: dict[str, int] = {}
        """Key -> the identity with a principalId that was the first to bear it."""
        self._bare: dict[str, int] = {}
        """Key -> an identity without principalId that waits for a holder."""
        self._joined = 0

    def advance(
        self, identities: Sequence[Identity], first: Sequence[int], until: int, version: int
    ) -> None:
        """Brings the graph to the identities first seen at or before `until` (nanoseconds).

        `first` is the first event time of each identity; `version` changes whenever one of them
        did.
        """
        signature = (version, len(identities))
        if signature != self._signature:
            self._identities = identities
            self._sequence = sorted(
                range(1, len(identities)), key=lambda n: (first[n], _name(identities[n]))
            )
            self._signature = signature
            self._reset()
        if self._joined and first[self._sequence[self._joined - 1]] > until:
            self._reset()
        while self._joined < len(self._sequence):
            number = self._sequence[self._joined]
            if first[number] > until:
                return
            self._join(number, identities[number])
            self._joined += 1
            self._members = None

    def root(self, number: int) -> int:
        """The identity that stands for `number`'s principal; itself where nothing is known of
        it."""
        parent = self._parent
        top = number
        while (up := parent.get(top, top)) != top:
            top = up
        while (up := parent.get(number, number)) != top:
            parent[number] = top
            number = up
        return top

    def roots(self, count: int) -> list[int]:
        """Per identity number its root."""
        return [self.root(n) for n in range(count)]

    def principals(self) -> dict[int, Principal]:
        """All principals in sight, by root. Keys are unique."""
        return {root: self.principal(root) for root in self.members()}

    def members(self) -> dict[int, list[int]]:
        """By root the identities of its principal, those first seen first."""
        if self._members is None:
            self._members = {}
            for number in self._sequence[: self._joined]:
                self._members.setdefault(self.root(number), []).append(number)
        return self._members

    def principal(self, root: int) -> Principal:
        """The principal that `root` stands for."""
        numbers = self.members()[root]
        people = [self._identities[n] for n in numbers]
        face = min(people, key=lambda who: (not who.arn, who.key))
        ids = sorted({who.principal_id for who in people if who.principal_id})
        held = sorted({who.key for who in people if self._holds(root, who.key)})
        key = face.key
        if key not in held:  # somebody else's by right: a re-created user
            key = f"{key}#{ids[0] if ids else face.access_key}"
        aliases = tuple(dict.fromkeys([*ids, *held, key]))
        return Principal(key, face.label or face.key, aliases, tuple(numbers))

    def find(self, name: str) -> int | None:
        """The root of the principal with this alias; None while it is out of sight."""
        for known in (self._by_id, self._holder, self._bare):
            if name in known:
                return self.root(known[name])
        tail = name.rpartition("#")[2]
        for known in (self._by_id, self._by_access_key):
            if "#" in name and tail in known:
                return self.root(known[tail])
        return None

    def _holds(self, root: int, key: str) -> bool:
        holder = self._holder.get(key, self._bare.get(key))
        return holder is not None and self.root(holder) == root

    def _join(self, number: int, who: Identity) -> None:
        self._parent[number] = number
        known = False
        if who.principal_id:
            self._union(number, self._by_id.setdefault(who.principal_id, number))
        if who.access_key:
            other = self._by_access_key.setdefault(who.access_key, number)
            known = other != number
            self._union(number, other)
        if who.principal_id:
            self._hold(number, who)
        elif not known:
            self._wait(number, who)

    def _hold(self, number: int, who: Identity) -> None:
        if who.key in self._holder:
            return
        self._holder[who.key] = number
        bare = self._bare.pop(who.key, None)
        if bare is not None:
            self._union(number, bare)

    def _wait(self, number: int, who: Identity) -> None:
        holder = self._holder.get(who.key)
        if holder is None:
            holder = self._bare.setdefault(who.key, number)
        self._union(number, holder)

    def _union(self, left: int, right: int) -> None:
        left, right = self.root(left), self.root(right)
        if left != right:
            self._parent[max(left, right)] = min(left, right)


def _name(who: Identity) -> tuple[str, str, str]:
    """Orders identities that came into sight at the same time, whatever their numbers."""
    return who.key, who.principal_id, who.access_key
