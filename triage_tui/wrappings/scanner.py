r"""Finds where JSON values begin and end, in bytes that may be broken.

Every function runs in linear time: the patterns are possessive and a character is looked at once.
Strings end at the first quote that no backslash precedes; nothing else is checked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACE = b" \t\r\n"

_SPACES = re.compile(rb"[ \t\r\n]*+")
_SPACES_AND_COMMAS = re.compile(rb"[ \t\r\n,]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_WORD = re.compile(rb'[^\s,:"{}\[\]]++')
# Up to the next bracket outside of strings; a lone quote is a string that never ends.
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]"]?)', re.DOTALL)

_QUOTE = ord('"')
_OPEN = b"{["


def skip_space(raw: bytes, at: int) -> int:
    """The position of the next byte that is no white space."""
    match = _SPACES.match(raw, at)
    return match.end() if match else at


def skip_comma(raw: bytes, at: int) -> int:
    """The position of the next byte that is neither white space nor a comma."""
    match = _SPACES_AND_COMMAS.match(raw, at)
    return match.end() if match else at


def _end_of_nest(raw: bytes, at: int, limit: int) -> int | None:
    """Where the object or array that opens at `at` is closed."""
    depth = 0
    while match := _TO_BRACKET.match(raw, at, limit):
        bracket = match[1]
        if bracket in (b"{", b"["):
            depth += 1
        elif bracket in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return match.end()
        else:
            return None
        at = match.end()
    return None


def value_end(raw: bytes, at: int, limit: int | None = None) -> int | None:
    """Where the value that begins at `at` ends; None where it does not end before `limit`."""
    limit = len(raw) if limit is None else limit
    if at >= limit:
        return None
    if raw[at] in _OPEN:
        return _end_of_nest(raw, at, limit)
    match = (_STRING if raw[at] == _QUOTE else _WORD).match(raw, at, limit)
    return match.end() if match else None


def members(raw: bytes) -> Iterator[tuple[bytes, int]]:
    """Name and value position of an object's own members, up to what is no member.

    Names are as spelled, without their quotes. A value is scanned only when the next is asked for.
    """
    at = skip_space(raw, 0)
    separator = b"{"
    while raw[at : at + 1] == separator:
        separator = b","
        key = _STRING.match(raw, skip_space(raw, at + 1))
        if not key:
            return
        at = skip_space(raw, key.end())
        if raw[at : at + 1] != b":":
            return
        at = skip_space(raw, at + 1)
        yield key[0][1:-1], at
        end = value_end(raw, at)
        if end is None:
            return
        at = skip_space(raw, end)


def member_starts(raw: bytes, wanted: frozenset[bytes]) -> dict[bytes, int]:
    """Where the values of the `wanted` members begin; of several of one name the first."""
    found: dict[bytes, int] = {}
    for name, at in members(raw):
        if name in wanted:
            found.setdefault(name, at)
            if len(found) == len(wanted):
                break
    return found
