"""What a rule's condition comes to, when some of its comparisons are known and others are not."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from .ruleset import And, Not, Or, Test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .ruleset import Node

MOST_NEEDED = 4096
"""Comparisons of which one must hold, beyond which it is not worth knowing."""


class Verdict(IntEnum):
    NO = 0
    YES = 1
    UNSURE = 2


def tests_of(node: Node) -> Iterator[Test]:
    """All comparisons of a condition."""
    match node:
        case Test():
            yield node
        case Not(item):
            yield from tests_of(item)
        case And(items) | Or(items):
            for item in items:
                yield from tests_of(item)


def decide(node: Node, mask: int, bits: dict[Test, int]) -> Verdict:
    """The verdict where `bits` are the known comparisons, and those in `mask` hold."""
    match node:
        case Test():
            bit = bits.get(node)
            if bit is None:
                return Verdict.UNSURE
            return Verdict.YES if mask >> bit & 1 else Verdict.NO
        case Not(item):
            found = decide(item, mask, bits)
            return found if found is Verdict.UNSURE else Verdict(1 - found)
        case And(items):
            return _all(items, mask, bits)
        case Or(items):
            unsure = Verdict.NO
            for item in items:
                found = decide(item, mask, bits)
                if found is Verdict.YES:
                    return found
                if found is Verdict.UNSURE:
                    unsure = found
            return unsure


def _all(items: Iterable[Node], mask: int, bits: dict[Test, int]) -> Verdict:
    unsure = Verdict.YES
    for item in items:
        found = decide(item, mask, bits)
        if found is Verdict.NO:
            return found
        if found is Verdict.UNSURE:
            unsure = found
    return unsure


def settle(node: Node, holds: Callable[[Test], bool]) -> bool:
    """Whether a condition holds, asking for each comparison only where it matters."""
    match node:
        case Test():
            return holds(node)
        case Not(item):
            return not settle(item, holds)
        case And(items):
            return all(settle(item, holds) for item in items)
        case Or(items):
            return any(settle(item, holds) for item in items)


def needed(node: Node, bit_of: Callable[[Test], int | None]) -> frozenset[int] | None:
    """Bits of which one at least is set wherever the condition holds; None where nothing is known.
    `bit_of` gives the bit of a comparison, or of something that must be true where it is."""
    match node:
        case Test():
            bit = bit_of(node)
            return None if bit is None else frozenset((bit,))
        case Not():
            return None
        case And(items):
            found = [bits for item in items if (bits := needed(item, bit_of)) is not None]
            return min(found, key=len, default=None)
        case Or(items):
            every = [needed(item, bit_of) for item in items]
            together: set[int] = set()
            for bits in every:
                if bits is None:
                    return None
                together |= bits
            return frozenset(together) if len(together) <= MOST_NEEDED else None
