"""What a blocklist holds: what the journal says of it, and what its sets held when last read."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.model import BlockState

from .entries import fold, in_force
from .journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from triage_tui.model import Block
    from triage_tui.networks import Network

    from .entries import Entry
    from .journal import Journal
    from .opensets import OpenSets
    from .outlook import Outlook

TAKEN_OUT = "taken out of the set by somebody else"


class _Seen(NamedTuple):
    """What `blocks` answered last, and for what."""

    key: object
    blocks: tuple[Block, ...]


class Holdings:
    """The blocks of one blocklist: as of now for whoever changes them, and as of a cursor."""

    def __init__(
        self,
        name: str,
        journal: Journal,
        opened: OpenSets,
        outlook: Outlook,
        wall: Callable[[], int],
    ) -> None:
        self._name = name
        self._journal = journal
        self._open = opened
        self._outlook = outlook
        self._wall = wall
        self._standing = opened.standing
        self._seen = _Seen(None, ())
        self._places: tuple[int, list[Entry], list[int]] = (-1, [], [])
        """What the journal says of this blocklist, and the cursors of it, as of a revision."""
        self._foreign: tuple[object, list[str]] = (None, [])

    # -- as it is shown --------------------------------------------------------------------------

    def as_of(self, cursor: int | None) -> Sequence[Block]:
        """All blocks as of the cursor, newest first; those that hold something back now say so."""
        if self._places[0] != self._journal.revision:
            mine = [entry for entry in self._journal.entries if entry.response == self._name]
            cursors = sorted(entry.cursor for entry in mine)
            self._places = self._journal.revision, mine, cursors
        _, entries, cursors = self._places
        place = len(cursors) if cursor is None else bisect_right(cursors, cursor)
        now = self._wall()
        due = frozenset(block.id for block in self.held() if is_due(block, now))
        key = (self._journal.revision, place, due, self._open.revision, self._outlook.revision)
        if self._seen.key != key:
            known = entries if cursor is None else [e for e in entries if e.cursor <= cursor]
            found = [self._shown(block, due) for block in fold(known).values()]
            self._seen = _Seen(key, tuple(reversed(found)))
        return self._seen.blocks

    def _shown(self, block: Block, due: frozenset[str]) -> Block:
        if block.state is BlockState.MISSING:
            return msgspec.structs.replace(block, drift=TAKEN_OUT)
        if not in_force(block):
            return block
        state = BlockState.OVERDUE if block.id in due else block.state
        made_of_it = None
        if self._open.of_block(block.id) is not None:  # of other sets nothing is read
            arrives = self._standing.seen.get(block.id, "unknown")
            made_of_it = self._outlook.of(block.cidr, arrives)
        return msgspec.structs.replace(block, state=state, enforcement=made_of_it)

    def foreign(self) -> Sequence[str]:
        """Entries of the sets that somebody else has put there, as last read."""
        self.advance()
        key = (self._journal.revision, self._open.revision)
        if self._foreign[0] != key:
            found: list[str] = []
            for writer in self._open.writers.values():
                ours = self._standing.ours(writer.ip_set.arn)
                found += [text for entry, text in writer.entries.items() if entry not in ours]
            self._foreign = key, found
        return self._foreign[1]

    def differences(self) -> Sequence[str]:
        """What the journal says and the sets do not hold, as last read: a sentence each."""
        self.advance()
        now, told = self._wall(), self._open.troubles()
        for block in self._blocks():
            about = f"{block.cidr} ({block.id})"
            lasts = block.expires is None or block.expires > now
            if block.state is BlockState.MISSING and lasts:
                told.append(f"{about} was {TAKEN_OUT}: it is not blocked by us any more")
            elif block.id in self._standing.attempts:
                told.append(f"{about}: nobody knows yet what became of its last change")
            elif in_force(block) and self._open.writers and self._open.of_block(block.id) is None:
                told.append(f"{about} is in a set that the blocklist {self._name} no longer names")
            elif in_force(block) and is_due(block, now):
                told.append(f"{about} is over and still in the set")
        return told

    # -- as it is now ----------------------------------------------------------------------------

    def advance(self) -> None:
        """Takes in what the journal has learned."""
        self._standing.advance(self._journal.entries)

    def _blocks(self) -> Iterable[Block]:
        return [b for b in self._standing.blocks.values() if b.blocklist == self._name]

    def held(self) -> list[Block]:
        """What holds something back now, as far as the journal knows."""
        self.advance()
        return [block for block in self._blocks() if in_force(block)]

    def find(self, block_id: str) -> Block:
        """The block as it stands. Raises ResponseError where this blocklist has never made it."""
        found = self._standing.blocks.get(block_id)
        if found is None or found.blocklist != self._name:
            raise ResponseError(
                "No such block",
                f"{self._name} has never made {block_id}.",
                "What others added stays theirs: change it where it was made.",
            )
        return found

    def held_in(self, arn: str) -> list[Block]:
        """What holds something back in that set."""
        return [block for block in self.held() if self._standing.set_of(block.id) == arn]

    def same(self, network: Network, arn: str) -> list[Block]:
        """What holds back that very network in that set."""
        return [block for block in self.held_in(arn) if block.cidr == str(network)]

    def due(self) -> list[Block]:
        """What is over and may be in a set: also what nobody knows to be in it."""
        self.advance()
        now = self._wall()
        return [block for block in self._standing.due(now) if block.blocklist == self._name]

    def next_expiry(self, but: Container[str] = ()) -> int | None:
        """When the next block ends (wall time), but for these (ids); None where none does."""
        self.advance()
        blocks = [block for block in self._blocks() if block.id not in but]
        held = [block for block in blocks if self._standing.may_hold(block)]
        ends = [block.expires for block in held if block.expires is not None]
        return min(ends, default=None)

    def can_go(self, block: Block) -> bool:
        """Whether it is over and can be taken out, or it has to be said that nobody can."""
        if not is_due(block, self._wall()):
            return False
        lost = block.id in self._standing.attempts and self._open.of_block(block.id) is None
        return in_force(block) or lost


def is_due(block: Block, now: int) -> bool:
    """Whether its time is over at `now` (wall time)."""
    return block.expires is not None and block.expires <= now
