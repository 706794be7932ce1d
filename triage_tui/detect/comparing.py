"""A rule's comparisons as functions on values: what decides, however a record was found."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from . import regex
from .ruleset import ANY_ONE
from .values import address_of, number_of, part_of, text_of_scalar, texts_of, time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ruleset import Test

    Predicate = Callable[[Sequence[object]], bool]
    TextTest = Callable[[str], bool]

TEXT_OPS = frozenset(("is", "starts", "ends", "contains", "glob", "some", "re"))
"""Comparisons of text."""


def predicate(test: Test) -> Predicate:
    """Decides by all values of the test's field. Not for `ref`, which needs two fields."""
    if test.op in TEXT_OPS:
        return _any_text(text_test(test), leaves=test.op != "is")
    match test.op:
        case "null":
            return lambda values: not values or any(value is None for value in values)
        case "exists":
            wanted = test.value == "true"
            return lambda values: bool(values) == wanted
        case "cidr":
            return _in_network(test.value)
        case "part":
            return _has_part(test.value, int(test.number))
        case _:
            return _compares(test.op, test.number)


def text_test(test: Test) -> TextTest:
    """Decides a text by itself."""
    if test.op == "re":
        search = regex.compiled(test.value, test.flags)
        return lambda text: search(text) is not None
    if test.op == "some":
        return bool
    found = _plain(test)
    return found if test.cased else lambda text: found(text.lower())


def _plain(test: Test) -> TextTest:
    value = test.value
    if ANY_ONE in value:
        return _glob((value,), anchored=test.op)
    match test.op:
        case "is":
            return value.__eq__
        case "starts":
            return lambda text: text.startswith(value)
        case "ends":
            return lambda text: text.endswith(value)
        case "contains":
            return lambda text: value in text
        case _:
            return _glob(test.parts, anchored="is")


def _glob(parts: Sequence[str], anchored: str) -> TextTest:
    """Wildcards, found from left to right: in time that grows with the text alone."""
    match anchored:
        case "starts":
            parts = (*parts, "")
        case "ends":
            parts = ("", *parts)
        case "contains":
            parts = ("", *parts, "")
    patterns = [re.compile(_one_each(part), re.DOTALL) for part in parts]
    if len(patterns) == 1:
        return lambda text: patterns[0].fullmatch(text) is not None
    first, *middle, last = patterns
    tail = len(parts[-1])

    def test(text: str) -> bool:
        found = first.match(text)
        if found is None:
            return False
        at = found.end()
        for pattern in middle:
            found = pattern.search(text, at)
            if found is None:
                return False
            at = found.end()
        return len(text) - tail >= at and last.fullmatch(text, len(text) - tail) is not None

    return test


def _one_each(part: str) -> str:
    return "".join("." if char == ANY_ONE else re.escape(char) for char in part)


def _any_text(test: TextTest, *, leaves: bool) -> Predicate:
    def decide(values: Sequence[object]) -> bool:
        for value in values:
            text = text_of_scalar(value)
            if text is not None:
                if test(text):
                    return True
            elif any(map(test, texts_of(value, leaves=leaves))):
                return True
        return False

    return decide


def _in_network(cidr: str) -> Predicate:
    network = ipaddress.ip_network(cidr, strict=False)

    def decide(values: Sequence[object]) -> bool:
        addresses = (address_of(value) for value in values if isinstance(value, str))
        return any(address is not None and address in network for address in addresses)

    return decide


def _has_part(unit: str, wanted: int) -> Predicate:
    def decide(values: Sequence[object]) -> bool:
        times = map(time_of, values)
        return any(time is not None and part_of(time, unit) == wanted for time in times)

    return decide


def _compares(op: str, limit: float) -> Predicate:
    def decide(values: Sequence[object]) -> bool:
        for number in map(number_of, values):
            if number is not None and compare(op, number, limit):
                return True
        return False

    return decide


def compare(op: str, number: float, limit: float) -> bool:
    """Whether `number op limit`. The operators of conditions, `eq` and `neq` among them."""
    match op:
        case "lt":
            return number < limit
        case "lte":
            return number <= limit
        case "gt":
            return number > limit
        case "gte":
            return number >= limit
        case "neq":
            return number != limit
        case _:
            return number == limit


def refers(test: Test, values: Sequence[object], others: Sequence[object]) -> bool:
    """Whether a value is (or starts, or ends) with one of another field, without regard to case."""
    texts = [text.lower() for value in values for text in texts_of(value)]
    found = [text.lower() for other in others for text in texts_of(other)]
    starts, ends = "s" in test.flags, "e" in test.flags
    return any(_refers(text, other, starts, ends) for text in texts for other in found)


def _refers(text: str, other: str, starts: bool, ends: bool) -> bool:
    if starts and ends:
        return other in text
    if starts:
        return text.startswith(other)
    return text.endswith(other) if ends else text == other
