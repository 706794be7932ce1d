"""Filter expressions: `ip:203.0.113.0/24 -outcome:ok action:Delete* "phpmyadmin"`.

Terms joined by spaces are and-ed; `or`, parentheses and a leading `-` do what they say. `key:value`
compares text without case, `*` and `?` are wildcards, `@file` is a list of values, one a line.
Numbers,
times and levels take `>= <= > < =` too. A bare word searches the raw record; quotes around it take
its wildcards for what they are.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import DAY, HOUR, MINUTE, SECOND, Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_KEYS = {
    "format": "format",
    "action": "action",
    "source_ip": "source_ip",
    "service": "service",
    "source_service": "service",
    "agent": "agent",
    "user_agent": "agent",
    "account": "account",
    "region": "region",
    "resource": "resource",
    "method": "method",
    "path": "path",
}
"""Filter key -> column. The long texts among them match anywhere in the value."""
LONG_TEXTS = frozenset({"agent", "resource", "path"})
WHO_KEYS = frozenset({"principal", "principal_type", "role_session", "access_key"})
NUMBER_KEYS = {"status": "status", "bytes": "size"}
LEVEL_KEYS = frozenset({"severity", "outcome"})
OTHER_KEYS = frozenset({"ip", "intel", "time", "duplicate", "finding", "id", "rule", "detection"})
KEYS = tuple(sorted({*TEXT_KEYS, *WHO_KEYS, *NUMBER_KEYS, *LEVEL_KEYS, *OTHER_KEYS}))
_ORDERED = frozenset({*NUMBER_KEYS, "time", "severity"})

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<minus>-)(?=\S)
    |(?P<term>(?P<key>[A-Za-z_]+)(?P<op>>=|<=|[:=<>])(?:"(?P<qvalue>[^"]*)"|(?P<value>[^\s()"]*)))
    |"(?P<quoted>[^"]*)"|(?P<word>[^\s()"]+)""",
    re.VERBOSE,
)


class FilterError(ValueError):
    """A wrong expression: what is wrong, and at which character (from 0)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class Term(msgspec.Struct, frozen=True):
    """`key op value`; `values` are alternatives (a list file)."""

    key: str
    op: str
    values: tuple[str, ...]
    position: int = 0


class Word(msgspec.Struct, frozen=True):
    """A text to find in the raw record, without case."""

    text: str
    """Case folded."""
    wild: bool = False
    """Whether `*` and `?` in it are wildcards."""


class Not(msgspec.Struct, frozen=True):
    """What does not match `item`."""

    item: Expression


class And(msgspec.Struct, frozen=True):
    """What matches all; nothing in it matches everything."""

    items: tuple[Expression, ...]


class Or(msgspec.Struct, frozen=True):
    """What matches any."""

    items: tuple[Expression, ...]


Expression = Term | Word | Not | And | Or
EVERYTHING = And(())


class Bounds(msgspec.Struct, frozen=True):
    """The span of event time an expression asks for; both ends belong to it."""

    since: int | None = None
    until: int | None = None


class Filter(msgspec.Struct, frozen=True):
    """A parsed expression, its time bound apart: that one moves the cursor, the rest only
    selects."""

    text: str
    where: Expression
    bounds: Bounds
    words: tuple[Word, ...] = ()
    """What is searched in raw records."""

    @property
    def selects_all(self) -> bool:
        return self.where == EVERYTHING


ALL = Filter("", EVERYTHING, Bounds())


def parse(text: str) -> Filter:
    """Reads an expression. Raises FilterError with the place of the mistake."""
    try:
        where, bounds = _split(_Parser(text).parse())
        words = tuple(sorted(_words(where), key=lambda word: (word.text, word.wild)))
    except RecursionError:
        raise FilterError("this is nested too deeply", 0) from None
    return Filter(text.strip(), where, bounds, words)


def _split(expression: Expression) -> tuple[Expression, Bounds]:
    """Takes the time terms that bound the whole expression out of it."""
    since: int | None = None
    until: int | None = None
    rest: list[Expression] = []
    for item in _conditions(expression):
        if isinstance(item, Term) and item.key == "time":
            low, high = time_range(item)
            since = max(low, since if since is not None else low) if low is not None else since
            until = min(high, until if until is not None else high) if high is not None else until
        else:
            rest.append(item)
    where = rest[0] if len(rest) == 1 else And(tuple(rest))
    return where, Bounds(since, until)


_OPPOSITES = {">=": "<", "<": ">=", ">": "<=", "<=": ">"}


def _conditions(expression: Expression) -> Iterator[Expression]:
    """What must hold, each by itself; a negated bound on time is the opposite one."""
    match expression:
        case And(items):
            for item in items:
                yield from _conditions(item)
        case Not(Term("time", op) as term) if op in _OPPOSITES:
            yield msgspec.structs.replace(term, op=_OPPOSITES[op])
        case _:
            yield expression


def _words(expression: Expression) -> set[Word]:
    match expression:
        case Word():
            return {expression}
        case Not(item):
            return _words(item)
        case And(items) | Or(items):
            return set().union(*map(_words, items))
        case _:
            return set()


class _Parser:
    """Recursive descent over the tokens, which keep their positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [m for m in self._scan() if m.lastgroup != "space"]
        self._next = 0

    def _scan(self) -> list[re.Match[str]]:
        found: list[re.Match[str]] = []
        place = 0
        while place < len(self._text):
            match = _TOKEN.match(self._text, place)
            if match is None:
                quote = self._text.find('"', place)
                raise FilterError("this quote is never closed", max(quote, place))
            found.append(match)
            place = match.end()
        return found

    def parse(self) -> Expression:
        if not self._tokens:
            return EVERYTHING
        expression = self._alternatives()
        if self._next < len(self._tokens):
            raise FilterError("this parenthesis closes nothing", self._tokens[self._next].start())
        return expression

    def _peek(self) -> re.Match[str] | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _is_or(self, token: re.Match[str] | None) -> bool:
        return token is not None and token["word"] is not None and token["word"].lower() == "or"

    def _alternatives(self) -> Expression:
        items = [self._all()]
        while (token := self._peek()) is not None and self._is_or(token):
            self._next += 1
            if self._at_end():
                raise FilterError("`or` needs something on its right", token.start())
            items.append(self._all())
        return items[0] if len(items) == 1 else Or(tuple(items))

    def _at_end(self) -> bool:
        token = self._peek()
        return token is None or bool(token["close"]) or self._is_or(token)

    def _all(self) -> Expression:
        if self._at_end():
            token = self._peek()
            place = token.start() if token else len(self._text)
            raise FilterError("something is missing here", place)
        items: list[Expression] = []
        while not self._at_end():
            items.append(self._item())
        return items[0] if len(items) == 1 else And(tuple(items))

    def _item(self) -> Expression:
        token = self._tokens[self._next]
        self._next += 1
        if token["minus"]:
            if self._at_end():
                raise FilterError("`-` needs something on its right", token.start())
            return Not(self._item())
        if token["open"]:
            return self._group(token)
        if token["term"]:
            return _term(token)
        if token["quoted"] is not None:
            return Word(token["quoted"].casefold())
        word = token["word"].casefold()
        return Word(word, "*" in word or "?" in word)

    def _group(self, opening: re.Match[str]) -> Expression:
        inner = self._alternatives()
        token = self._peek()
        if token is None or not token["close"]:
            raise FilterError("this parenthesis is never closed", opening.start())
        self._next += 1
        return inner


def _term(token: re.Match[str]) -> Term:
    key, op, place = token["key"].lower(), token["op"], token.start()
    value = token["qvalue"] if token["qvalue"] is not None else token["value"]
    at = place + len(key) + len(op)
    if key not in KEYS:
        raise FilterError(_unknown_key(key), place)
    if not value and token["qvalue"] is None:
        raise FilterError(f"`{key}{op}` needs a value", at)
    if op not in ":=" and key not in _ORDERED:
        raise FilterError(f"`{key}` has no order: use `:`", place + len(key))
    values = _list_file(value[1:], at) if value.startswith("@") else (value,)
    term = Term(key, op, values, at)
    _check(term)
    return term


def _unknown_key(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, KEYS, 1)
    hint = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(KEYS)}"
    return f"there is no key `{key}`{hint}"


def _list_file(name: str, position: int) -> tuple[str, ...]:
    try:
        lines = Path(name).expanduser().read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise FilterError(f"cannot read the list {name}: {error.strerror}", position) from error
    values = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if not values:
        raise FilterError(f"the list {name} is empty", position)
    return values


def _check(term: Term) -> None:
    """Refuses values that their key cannot have, where the person can still see them."""
    for value in term.values:
        if term.key == "time":
            time_range(term)
        elif term.key == "ip":
            ip_pattern(value, term.position)
        elif term.key in NUMBER_KEYS and not re.fullmatch(r"-?\d{1,18}", value):
            raise FilterError(f"`{term.key}` is a number, not `{value}`", term.position)
        elif term.key in LEVEL_KEYS and not levels(term):
            enum = Severity if term.key == "severity" else Outcome
            words = ", ".join(member.word for member in enum)
            raise FilterError(f"`{term.key}` is one of {words}", term.position)


def levels(term: Term) -> frozenset[int]:
    """The severities or outcomes that a term admits."""
    members: list[Severity | Outcome] = list(Severity if term.key == "severity" else Outcome)
    chosen: set[int] = set()
    for value in term.values:
        pattern = glob_pattern(value)
        for member in members:
            if pattern.fullmatch(member.word):
                chosen |= {other for other in members if _compares(other, term.op, member)}
    return frozenset(chosen)


def _compares(left: int, op: str, right: int) -> bool:
    match op:
        case ">=":
            return left >= right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case "<":
            return left < right
        case _:
            return left == right


def glob_pattern(value: str, *, anywhere: bool = False) -> re.Pattern[str]:
    """The pattern of a value with `*` and `?`; `anywhere` finds it within longer text."""
    body = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in value)
    return re.compile(f".*{body}.*" if anywhere else body, re.IGNORECASE | re.DOTALL)


_MAPPED = 96
"""Bits before the IPv4 address in an IPv4-mapped one."""


def ip_pattern(value: str, position: int) -> object:
    """An address, a network (ipaddress objects), or a compiled glob."""
    import ipaddress

    if "*" in value or "?" in value:
        # Columns hold addresses as `formats.addresses` spells them: IPv4-mapped ones as IPv4.
        mapped = re.fullmatch(r"::ffff:([\d.*?]+)", value, re.IGNORECASE)
        return glob_pattern(mapped[1] if mapped else value)
    try:
        network = ipaddress.ip_network(value, strict=False)
        if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= _MAPPED:
            inner = network.network_address.ipv4_mapped
            if inner is not None:
                return ipaddress.ip_network(f"{inner}/{network.prefixlen - _MAPPED}")
        return network
    except ValueError:
        message = f"`{value}` is not an address, a CIDR range or a `*` pattern"
        raise FilterError(message, position) from None


# -- times ---------------------------------------------------------------------------------------

_TIME = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<part>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?"
)


def parse_time(text: str) -> tuple[int, int]:
    """First and last nanosecond of the time a text names: `2026-03-15`, `2026-03-15T02:10Z`, ….

    Without an offset it is UTC. Raises ValueError.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a time such as 2026-03-15T02:10:00Z")
    year = int(match["year"])
    month, day = int(match["month"] or 1), int(match["day"] or 1)
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))
    start = int(moment.timestamp()) * SECOND
    if match["part"]:
        part = int(match["part"].ljust(9, "0"))
        return start + part, start + part + 10 ** (9 - len(match["part"])) - 1
    return start, start + _unit(match, year, month) - 1


def _zone(text: str | None) -> dt.timezone:
    if text is None or text == "Z":
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return dt.timezone(sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _unit(match: re.Match[str], year: int, month: int) -> int:
    for name, unit in (("second", SECOND), ("minute", MINUTE), ("hour", HOUR), ("day", DAY)):
        if match[name]:
            return unit
    following = dt.date(year + (month == 12), month % 12 + 1, 1)
    if not match["month"]:
        month, following = 1, dt.date(year + 1, 1, 1)
    return (following - dt.date(year, month, 1)).days * DAY


def time_range(term: Term) -> tuple[int | None, int | None]:
    """First and last time that a term on `time` admits."""
    try:
        first, last = parse_time(term.values[0])
    except (ValueError, OverflowError) as error:
        raise FilterError(str(error), term.position) from None
    match term.op:
        case ">=":
            return first, None
        case ">":
            return last + 1, None
        case "<=":
            return None, last
        case "<":
            return None, first - 1
        case _:
            return first, last
