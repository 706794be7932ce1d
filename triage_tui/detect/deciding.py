"""What a rule's condition comes to, when some of its comparisons are known and others are not."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from .ruleset import And, Not, Or, Test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .ruleset import Node


_Record = TypeVar("_Record")
_Key = TypeVar("_Key")


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


def decide(node: Node, verdict_of: Callable[[Test], Verdict]) -> Verdict:
    """The verdict, where some comparisons are known."""
    match node:
        case Test():
            return verdict_of(node)
        case Not(item):
            found = decide(item, verdict_of)
            return found if found is Verdict.UNSURE else Verdict(1 - found)
        case And(items):
            return _first(items, verdict_of, Verdict.NO)
        case Or(items):
            return _first(items, verdict_of, Verdict.YES)


def _first(items: Iterable[Node], verdict_of: Callable[[Test], Verdict], end: Verdict) -> Verdict:
    """`end` if any comes to it; else unsure if any is; else its contrary."""
    together = Verdict(1 - end)
    for item in items:
        found = decide(item, verdict_of)
        if found is end:
            return end
        if found is Verdict.UNSURE:
            together = found
    return together


def settler(
    node: Node,
    bit_of: Callable[[Test], int | None],
    ask_of: Callable[[Test], Callable[[_Record], bool]],
) -> Callable[[int, _Record], bool]:
    """Tells whether a condition holds. Comparisons that have a bit are looked up in a mask, all
    those of a list at once; the others are asked of the record, each only where it matters."""
    match node:
        case Test():
            bit = bit_of(node)
            if bit is None:
                ask = ask_of(node)
                return lambda mask, record: ask(record)
            one = 1 << bit
            return lambda mask, record: mask & one != 0
        case Not(item):
            inner = settler(item, bit_of, ask_of)
            return lambda mask, record: not inner(mask, record)
        case And(items):
            bits, rest = _apart(items, bit_of, ask_of)
            return lambda mask, record: (
                mask & bits == bits and all(each(mask, record) for each in rest)
            )
        case Or(items):
            bits, rest = _apart(items, bit_of, ask_of)
            return lambda mask, record: mask & bits != 0 or any(each(mask, record) for each in rest)


def _apart(
    items: Iterable[Node],
    bit_of: Callable[[Test], int | None],
    ask_of: Callable[[Test], Callable[[_Record], bool]],
) -> tuple[int, list[Callable[[int, _Record], bool]]]:
    """(the bits of those that have one, the rest)."""
    bits, rest = 0, []
    for item in items:
        bit = bit_of(item) if isinstance(item, Test) else None
        if bit is None:
            rest.append(settler(item, bit_of, ask_of))
        else:
            bits |= 1 << bit
    return bits, rest


def needed(
    node: Node,
    verdict_of: Callable[[Test], Verdict],
    keys_of: Callable[[Test], frozenset[_Key] | None],
    weight: Callable[[frozenset[_Key]], tuple[float, int]],
) -> frozenset[_Key] | None:
    """Keys of which one at least is found wherever the condition holds; None where nothing is
    known, none at all where it cannot hold. `verdict_of` knows some comparisons already, `keys_of`
    gives those of which one is found where a comparison holds; the lightest will do."""
    match node:
        case Test():
            verdict = verdict_of(node)
            if verdict is Verdict.UNSURE:
                return keys_of(node)
            return None if verdict is Verdict.YES else frozenset()
        case Not():
            return None
        case And(items):
            found = [
                keys
                for item in items
                if (keys := needed(item, verdict_of, keys_of, weight)) is not None
            ]
            return min(found, key=weight, default=None)
        case Or(items):
            together: set[_Key] = set()
            for item in items:
                keys = needed(item, verdict_of, keys_of, weight)
                if keys is None:
                    return None
                together |= keys
            return frozenset(together)
