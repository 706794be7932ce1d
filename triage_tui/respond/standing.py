"""How blocks stand by the journal: what is ours in each set, and what a crash left open. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from triage_tui.networks import network_of

from .entries import ENDS, Attempt, Entry, Intent, UndoIntent, follow, in_force
from .ipset import Delta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Block
    from triage_tui.networks import Network

    from .entries import Payload
    from .statements import Seen


class Standing:
    """Follows the journal, entry by entry; all that it says is as of the last one."""

    def __init__(self) -> None:
        self.blocks: dict[str, Block] = {}
        """By id, in the order they were made; expiry is not looked at."""
        self.intents: dict[str, Entry] = {}
        """By block, the intents that nothing has followed yet."""
        self.undos: dict[str, Entry] = {}
        """The same for undo intents."""
        self.attempts: dict[str, Entry] = {}
        """By block, the last write that was sent, where nobody knows what became of it."""
        self.seen: dict[str, Seen] = {}
        """By block, how its requests arrive, where the plan knew."""
        self._sets: dict[str, str] = {}
        self._over: defaultdict[str, set[str]] = defaultdict(set)
        self._newest: dict[str, str] = {}
        """The token of our last write, by set."""
        self._read = 0

    def advance(self, entries: Sequence[Entry]) -> None:
        """Follows the journal to its present end; `entries` are all of it."""
        for entry in entries[self._read :]:
            self._take(entry)
        self._read = len(entries)

    def set_of(self, block: str) -> str:
        """The ARN of the set that a block is in; "" for a simulated one."""
        return self._sets.get(block, "")

    def held_in(self, arn: str) -> list[Block]:
        """The blocks whose entry is in that set, as far as we know."""
        return [
            block
            for block in self.blocks.values()
            if in_force(block) and self._sets.get(block.id) == arn
        ]

    def ours(self, arn: str) -> frozenset[Network]:
        """The entries of the set that are ours."""
        found = (network_of(block.cidr) for block in self.held_in(arn))
        return frozenset(network for network in found if network is not None)

    def may_hold(self, block: Block) -> bool:
        """Whether its entry may be in a set: it is, as far as the journal knows, or nobody knows
        what became of its last write."""
        return in_force(block) or block.id in self.attempts

    def due(self, now: int) -> list[Block]:
        """What may be in a set, and is over by then (wall time)."""
        return [
            block
            for block in self.blocks.values()
            if block.expires is not None and block.expires <= now and self.may_hold(block)
        ]

    def unsettled(self, arn: str) -> list[Entry]:
        """Writes of the set of which nobody knows what became."""
        return [entry for block, entry in self.attempts.items() if self._sets.get(block) == arn]

    def delta(self, attempt: Entry) -> Delta:
        """What such a write was to change."""
        network = network_of(self.blocks[attempt.block].cidr)
        assert network is not None  # noqa: S101 - no other is ever blocked
        assert isinstance(attempt.payload, Attempt)  # noqa: S101 - see `attempts`
        return Delta(network, attempt.payload.adds)

    def over(self, arn: str) -> frozenset[str]:
        """Tokens of states of the set that are over: a read that shows one is an old copy."""
        return frozenset(self._over[arn])

    def _take(self, entry: Entry) -> None:
        payload = entry.payload
        follow(self.blocks, entry)
        if isinstance(payload, Intent):
            self.intents[entry.block] = entry
            if payload.set:
                self._sets[entry.block] = payload.set
            if payload.seen != "unknown":
                self.seen[entry.block] = payload.seen
        elif isinstance(payload, UndoIntent):
            self.undos[entry.block] = entry
        elif isinstance(payload, Attempt):
            self.attempts[entry.block] = entry
        if isinstance(payload, ENDS[Intent]):
            self.intents.pop(entry.block, None)
            self.attempts.pop(entry.block, None)
        if isinstance(payload, ENDS[UndoIntent]):
            self.undos.pop(entry.block, None)
            self.attempts.pop(entry.block, None)
        self._learn_tokens(entry.block, payload)

    def _learn_tokens(self, block: str, payload: Payload) -> None:
        evidence = getattr(payload, "evidence", None)
        if evidence is None or evidence.before is None or evidence.after is None:
            return
        if evidence.before.token != evidence.after.token:
            arn = self._sets.get(block, "")
            newest = self._newest.get(arn, "")
            if newest != evidence.after.token:
                # Whatever we wrote before is over with what we write now.
                self._over[arn] |= {evidence.before.token, newest}
                self._newest[arn] = evidence.after.token
