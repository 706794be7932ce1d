"""STIX 2.1 indicators: the addresses that a bundle says are bad, where an address alone decides.

A pattern is taken where it says "this address" or "one of these"; one that asks for more (a port, a
file, two observations in a row) is left out, for an address alone would not fulfil it.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from triage_tui.model import SECOND

if TYPE_CHECKING:
    from .lists import Taken

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>\[|\]|\(|\)|,)
    |(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<op>ISSUBSET\b|IN\b|=)
    |(?P<join>AND\b|OR\b)
    |(?P<path>[a-z0-9-]+:[A-Za-z0-9_.'-]+))""",
    re.VERBOSE,
)
_ENDS = ("network-traffic:src_ref", "network-traffic:dst_ref")
_VALUES = frozenset(("ipv4-addr:value", "ipv6-addr:value", *(f"{end}.value" for end in _ENDS)))
_TYPES = frozenset(f"{end}.type" for end in _ENDS)
_LONGEST = 100_000
"""Characters of a pattern."""
_MOST_NESTED = 200
"""Parentheses."""


class _Unsuitable(Exception):
    """The pattern asks for more than an address."""


def read_bundle(found: dict[str, object], now: int, taken: Taken) -> int | None:
    """Takes what the indicators of a bundle name; when the newest of them was made. Revoked ones,
    and those that do not hold `now`, are left out."""
    objects = found.get("objects") if found.get("type") == "bundle" else [found]
    newest: int | None = None
    for each in objects if isinstance(objects, list) else []:
        if not isinstance(each, dict) or each.get("type") != "indicator":
            continue
        made = _time(each.get("modified")) or _time(each.get("created"))
        newest = max((at for at in (newest, made) if at is not None), default=None)
        if not _holds(each, now):
            taken.left_out += 1
            continue
        entries = entries_of(each.get("pattern"))
        taken.left_out += not entries
        for entry in entries:
            if not taken.entry(entry):
                taken.wrong_at(None, f"{entry[:60]!r} in a pattern is no address or CIDR")
    return newest


def _holds(indicator: dict[str, object], now: int) -> bool:
    if indicator.get("revoked") is True or indicator.get("pattern_type", "stix") != "stix":
        return False
    since, until = _time(indicator.get("valid_from")), _time(indicator.get("valid_until"))
    return (since is None or since <= now) and (until is None or now < until)


def _time(text: object) -> int | None:
    """A STIX timestamp in nanoseconds; to the second, which is enough for a list's date."""
    if not isinstance(text, str):
        return None
    try:
        at = dt.datetime.fromisoformat(text)
        return int(at.timestamp()) * SECOND if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def entries_of(pattern: object) -> tuple[str, ...]:
    """The addresses and CIDRs each of which fulfils a pattern; none where none does alone."""
    if not isinstance(pattern, str) or len(pattern) > _LONGEST:
        return ()
    try:
        return tuple(_Pattern(pattern).observations())
    except _Unsuitable:
        return ()


class _Pattern:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0
        if self._tokens.count("(") > _MOST_NESTED:
            raise _Unsuitable

    def observations(self) -> list[str]:
        """`[…] OR […]`."""
        found = self._observation()
        while self._next < len(self._tokens):
            self._expect("OR")
            found += self._observation()
        return found

    def _observation(self) -> list[str]:
        self._expect("[")
        found = self._alternatives("]")
        self._expect("]")
        return found

    def _alternatives(self, end: str) -> list[str]:
        found = self._conjunction()
        while self._peek() != end:
            self._expect("OR")
            found += self._conjunction()
        return found

    def _conjunction(self) -> list[str]:
        """What names the address; beside it only what any address fulfils."""
        parts = [self._comparison()]
        while self._peek() == "AND":
            self._expect("AND")
            parts.append(self._comparison())
        naming = [part for part in parts if part is not None]
        if len(naming) != 1:
            raise _Unsuitable
        return naming[0]

    def _comparison(self) -> list[str] | None:
        if self._peek() == "(":
            self._expect("(")
            found = self._alternatives(")")
            self._expect(")")
            return found
        path, op = self._take(), self._take()
        if path in _TYPES and op == "=":
            if self._text() not in ("ipv4-addr", "ipv6-addr"):
                raise _Unsuitable
            return None
        if path not in _VALUES:
            raise _Unsuitable
        if op in ("=", "ISSUBSET"):
            return [self._text()]
        if op != "IN":
            raise _Unsuitable
        self._expect("(")
        found = [self._text()]
        while self._peek() == ",":
            self._expect(",")
            found.append(self._text())
        self._expect(")")
        return found

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        if self._next >= len(self._tokens):
            raise _Unsuitable
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise _Unsuitable

    def _text(self) -> str:
        token = self._take()
        if not token.startswith("'"):
            raise _Unsuitable
        return re.sub(r"\\(.)", r"\1", token[1:-1])


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _Unsuitable
        found.append(match.group().strip())
        place = match.end()
    return found
