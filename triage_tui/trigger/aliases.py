"""Other names of principals: findings have no ARN, and name an access key or a principalId that
some record beside an ARN has named before.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from triage_tui.model import DAY, SECOND

from .ports import Change, Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .ports import Memory

PARTITION = "trigger#alias#"
MOST = 200
"""New names that one delivery adds."""
_MOST_KNOWN = 20_000
_KEPT_FOR = 90 * DAY


class Aliases:
    """Names, over a memory; those that were met stay known while the process lives."""

    def __init__(self, memory: Memory, *, wall: Callable[[], int]) -> None:
        self._memory = memory
        self._wall = wall
        self.known: dict[str, str] = {}

    def learn(self, found: Mapping[str, str]) -> None:
        """Keeps which principal an alias stands for. Raises Trouble."""
        fresh = {a: key for a, key in found.items() if self.known.get(a) != key}
        fresh = dict(list(fresh.items())[:MOST])
        if not fresh:
            return
        keys = {alias: _key(alias) for alias in fresh}
        kept = self._memory.read(list(keys.values()))
        ends = (self._wall() + _KEPT_FOR) // SECOND
        for alias, principal in fresh.items():
            before = kept.get(keys[alias])
            data = principal.encode("utf-8", "surrogatepass")
            if before is None or before.data != data:
                version = before.version if before is not None else 0
                # Where somebody else was faster, they have said so too.
                self._memory.write([Change(keys[alias], version, data, ends)])
        if len(self.known) > _MOST_KNOWN:
            self.known.clear()
        self.known |= fresh

    def principals(self, aliases: Iterable[str]) -> dict[str, str]:
        """The principals that aliases stand for, as far as they are known. Raises Trouble."""
        asked = dict.fromkeys(aliases)
        keys = {_key(alias): alias for alias in asked if alias not in self.known}
        kept = self._memory.read(list(keys)) if keys else {}
        for key, each in kept.items():
            self.known[keys[key]] = each.data.decode("utf-8", "surrogatepass")
        return {alias: self.known[alias] for alias in asked if alias in self.known}


def _key(alias: str) -> Key:
    named = alias.encode("utf-8", "surrogatepass")
    return Key(f"{PARTITION}{blake2b(named, digest_size=16).hexdigest()}")
