"""What each rule of our own pack must see, and what it must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Case(NamedTuple):
    """The two sides of a rule. Records are as their logs write them."""

    title: str
    """Of the rule."""
    fires: Sequence[bytes]
    """Records that the rule must find something in."""
    silent: Sequence[bytes]
    """Records much like them that it must not."""


def series(count: int, make: Callable[[int], bytes]) -> list[bytes]:
    """`make(0)`, `make(1)`, and so on."""
    return [make(number) for number in range(count)]
