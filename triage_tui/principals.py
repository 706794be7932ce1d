"""Which identities are one principal: the chain and its aliases.

CloudTrail names a caller by ARN, principalId and access key; a finding has no ARN; a cross-account
copy has only the principalId. Identities that share a principalId or an access key are one
principal. A name (ARN) alone is weaker: a re-created user has the old ARN and a new principalId,
and is somebody else.

What is merged is a function of the set of identities seen up to a time, never of the order in which
events arrived: identities join in the order of their first event time.
"""

from __future__ import annotations

from array import array
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .model import Identity


_STRETCH = 256
"""Times that are compared at once."""


class Principal(msgspec.Struct, frozen=True):
    """One merged principal, as of a time."""

    key: str
    """Stable and unique: the ARN where one is known."""
    label: str
    aliases: tuple[str, ...]
    """The casebook's keys, the most lasting one (a principalId) first."""
    members: tuple[int, ...]
    """Numbers of its identities, those first seen first."""


class AliasGraph:
    """Merges identities as they come into sight.

    Identities that have no name in common, not even through others, cannot touch each other. So
    they are kept in families of such as have, and what changes makes its own family join anew.
    """

    def __init__(self) -> None:
        self._identities: Sequence[Identity] = ()
        self._first = array("q")
        self._until: int | None = None
        self._version: int | None = None
        self._families = _Families()
        self._roots = array("I")
        self._principals: dict[int, Principal] = {}
        self._renamed = 0

    def advance(
        self, identities: Sequence[Identity], first: array[int], until: int, version: int
    ) -> None:
        """Brings the graph to the identities first seen at or before `until` (nanoseconds).

        `first` ('q') is the first event time of each identity; `version` changes whenever one of
        them did. Identity 0 is nobody.
        """
        self._identities = identities
        touched: set[int] = set()
        if version != self._version or len(identities) > len(self._first):
            touched.update(self._take_in(identities, first))
            self._version = version
        if until != self._until:
            touched.update(self._crossed(until))
            self._until = until
        self._join_anew(touched)

    def _take_in(self, identities: Sequence[Identity], first: array[int]) -> Iterator[int]:
        """Learns first times and new identities; yields those of which something is new."""
        known = self._first
        for number in range(len(known), len(identities)):
            known.append(first[number])
            self._roots.append(number)
            if number:
                self._families.add(number, identities[number])
                yield number
        for number in _differing(known, first):
            known[number] = first[number]
            yield number

    def _crossed(self, until: int) -> list[int]:
        """The identities that come into sight or go out of it."""
        if self._until is None:
            return []
        low, high = min(self._until, until), max(self._until, until)
        return [number for number, at in enumerate(self._first) if low < at <= high]

    def _join_anew(self, touched: Iterable[int]) -> None:
        for leader, members in self._families.sorted_out(touched).items():
            if self._are_newcomers(leader, members):
                self._adopt(leader, members)
                continue
            family = self._families.family(leader)
            gone = [self._principals.pop(root, None) for root in {self._roots[n] for n in family}]
            if self._families.only_key(leader) is not None:
                self._become_one(family)
                continue
            keys = {old.members[0]: old.key for old in gone if old is not None}
            joined = self._joined(family)
            for number in family:
                self._roots[number] = joined.root(number)
            for number, key in keys.items():
                root = joined.root(number)
                if root in joined.members and self._principal(joined, root).key != key:
                    self._renamed += 1

    def _are_newcomers(self, leader: int, members: Iterable[int]) -> bool:
        """Whether some of a family in which all have one name came after whoever stands for it, and
        are in sight as its leader is: then nothing changes but for them."""
        until = -1 if self._until is None else self._until
        root = self._roots[leader]
        return (
            self._families.only_key(leader) is not None
            and self._first[leader] <= until
            and all(number > root and self._first[number] <= until for number in members)
        )

    def _adopt(self, leader: int, newcomers: Iterable[int]) -> None:
        """What `_become_one` comes to for them: families grow for as long as keys are handed out,
        and to go through all of one for each would take ever longer."""
        root = self._roots[leader]
        for number in newcomers:
            self._principals.pop(self._roots[number], None)
            self._roots[number] = root
        self._principals.pop(root, None)

    def _become_one(self, family: Sequence[int]) -> None:
        """What `_joined` comes to where all have the same principalId."""
        until = -1 if self._until is None else self._until
        seen = [number for number in family if self._first[number] <= until]
        root = min(seen, default=0)
        for number in family:
            self._roots[number] = number
        for number in seen:
            self._roots[number] = root

    def _joined(self, family: Iterable[int]) -> _Joined:
        """What is merged of a family as of the time."""
        first, people = self._first, self._identities
        until = -1 if self._until is None else self._until
        seen = [number for number in family if first[number] <= until]
        joined = _Joined(people)
        for number in sorted(seen, key=lambda n: (first[n], _name(people[n]))):
            joined.join(number)
        return joined

    def roots(self) -> array[int]:
        """'I', per identity number the one that stands for its principal; itself where nothing is
        known of it. Do not write."""
        return self._roots

    @property
    def renamed(self) -> int:
        """Changes whenever a principal may have come to another key."""
        return self._renamed + self._families.mixed

    def principals(self) -> dict[int, Principal]:
        """All principals in sight, by root. Keys are unique."""
        until = -1 if self._until is None else self._until
        seen = {self._roots[n] for n, at in enumerate(self._first) if n and at <= until}
        return {root: self.principal(root) for root in sorted(seen)}

    def principal(self, root: int) -> Principal:
        """The principal that `root` stands for."""
        found = self._principals.get(root)
        if found is None:
            found = self._principal(self._joined(self._families.family(root)), root)
        return found

    def _principal(self, joined: _Joined, root: int) -> Principal:
        found = self._principals[root] = joined.principal(root)
        return found

    def key(self, root: int) -> str:
        """The key of the principal that `root` stands for."""
        return self._families.only_key(root) or self.principal(root).key

    def find(self, name: str) -> int | None:
        """The root of the principal with this alias; None while it is out of sight."""
        for number in self._families.known_by(name):
            root = self._joined(self._families.family(number)).find(name)
            if root is not None:
                return root
        return None


class _Families:
    """Sets of identities that share names, whatever the time."""

    def __init__(self) -> None:
        self._leader: list[int] = [0]
        self._members: dict[int, list[int]] = {}
        self._only: dict[int, tuple[str, str]] = {}
        """By leader the one principalId and key that all have, where it is one."""
        self.mixed = 0
        """Counts the families that came to have several."""
        self._bearers: tuple[dict[str, int], ...] = ({}, {}, {})
        """An identity by principal id, by key, by access key."""

    def add(self, number: int, who: Identity) -> None:
        self._leader.append(number)
        self._members[number] = [number]
        if who.principal_id:
            self._only[number] = who.principal_id, who.key
        names = who.principal_id, who.key, who.access_key
        for bearers, name in zip(self._bearers, names, strict=True):
            if name:
                self._unite(number, bearers.setdefault(name, number))

    def _unite(self, left: int, right: int) -> None:
        few, many = self._leader[left], self._leader[right]
        if few == many:
            return
        if len(self._members[few]) > len(self._members[many]):
            few, many = many, few
        if self._only.pop(few, None) != self._only.get(many):
            self._only.pop(many, None)
            self.mixed += 1
        moved = self._members.pop(few)
        for number in moved:
            self._leader[number] = many
        self._members[many] += moved

    def family(self, number: int) -> list[int]:
        """All that share names with an identity, and it."""
        return self._members[self._leader[number]] if number else []

    def sorted_out(self, numbers: Iterable[int]) -> dict[int, list[int]]:
        """Some identities by the leader of the family that they belong to."""
        found: dict[int, list[int]] = {}
        for number in numbers:
            if number:
                found.setdefault(self._leader[number], []).append(number)
        return found

    def only_key(self, number: int) -> str | None:
        """The key of a family in which all have the same principalId and key: whoever of them is
        seen is the same principal, of that name. Most families are like that."""
        return self._only.get(self._leader[number], (None, None))[1]

    def known_by(self, name: str) -> list[int]:
        """Identities through which a name (or `key#name`) may be known."""
        tail = name.rpartition("#")[2] if "#" in name else name
        ids, keys, access_keys = self._bearers
        found = [ids.get(name), keys.get(name), ids.get(tail)]
        if "#" in name:
            found.append(access_keys.get(tail))
        return [number for number in found if number is not None]


class _Joined:
    """The merges among some identities, which join in the order of their first times."""

    def __init__(self, identities: Sequence[Identity]) -> None:
        self._identities = identities
        self._sequence: list[int] = []
        self._parent: dict[int, int] = {}
        self._by_id: dict[str, int] = {}
        self._by_access_key: dict[str, int] = {}
        self._holder: dict[str, int] = {}
        """Key -> the identity with a principalId that was the first to bear it."""
        self._bare: dict[str, int] = {}
        """Key -> an identity without principalId that waits for a holder."""

    def join(self, number: int) -> None:
        """Takes in the next identity."""
        who = self._identities[number]
        self._sequence.append(number)
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

    def root(self, number: int) -> int:
        """The identity that stands for `number`'s principal; itself where it did not join."""
        parent = self._parent
        top = number
        while (up := parent.get(top, top)) != top:
            top = up
        while (up := parent.get(number, number)) != top:
            parent[number] = top
            number = up
        return top

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """By root the identities of its principal, those first seen first. To be asked when all
        have joined."""
        found: dict[int, list[int]] = {}
        for number in self._sequence:
            found.setdefault(self.root(number), []).append(number)
        return found

    def principal(self, root: int) -> Principal:
        """The principal that `root` stands for."""
        numbers = self.members[self.root(root)]
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
        """The root of the principal with this alias."""
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


def is_aws(who: Identity) -> bool:
    """Whether it is an AWS service at work for itself, and not for somebody who called it."""
    return (
        who.type == "AWSService"
        or "/aws-service-role/" in who.role
        or bool(who.service and not who.arn and not who.user)
    )


def _differing(left: array[int], right: array[int]) -> list[int]:
    """The places at which two arrays of one length differ; quick where few do."""
    found: list[int] = []
    for start in range(0, len(left), _STRETCH):
        end = min(start + _STRETCH, len(left))
        if left[start:end] != right[start:end]:
            found += [n for n in range(start, end) if left[n] != right[n]]
    return found


def _name(who: Identity) -> tuple[str, str, str]:
    """Orders identities that came into sight at the same time, whatever their numbers."""
    return who.key, who.principal_id, who.access_key
