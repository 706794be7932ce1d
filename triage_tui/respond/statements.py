"""Whether a request from an address that is in an IP set matches a statement of AWS WAF. Pure.

All else about the request is unknown, so an answer is True (every such request matches), False
(none does) or None (some may).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from triage_tui.networks import Network, network_of

from .ranges import covers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Json = Mapping[str, object]
"""A part of an answer of WAFv2, by the names of its API."""
Truth = bool | None
Seen = Literal["direct", "forwarded", "both", "unknown"]
"""How requests of an address arrive: on a connection of its own, through proxies that name it in a
header, in both ways; or nobody has seen any."""

DEEPEST = 32
"""Statements in statements that are looked into; WAF itself allows far fewer."""

_KINDS = {
    "ByteMatchStatement": "a text",
    "SqliMatchStatement": "SQL injection",
    "XssMatchStatement": "cross-site scripting",
    "SizeConstraintStatement": "a size",
    "GeoMatchStatement": "a country",
    "AsnMatchStatement": "a network operator",
    "RegexMatchStatement": "a pattern",
    "RegexPatternSetReferenceStatement": "a pattern",
    "IPSetReferenceStatement": "another IP set",
    "LabelMatchStatement": "a label",
    "ManagedRuleGroupStatement": "a managed rule group",
    "RuleGroupReferenceStatement": "a rule group",
}
_PREFIX = "awswaf:"
_SECONDS = 300
"""The window in which requests are counted, unless a rule says otherwise."""


class Entry(NamedTuple):
    """What is asked about."""

    arn: str
    """Of the IP set."""
    network: Network
    seen: Seen = "unknown"


class Label(NamedTuple):
    """A label that a rule adds to a request."""

    context: str
    """What the rule is in, as in the label's prefix: `webacl:shop` or `rulegroup:edge`."""
    name: str
    """With its namespaces: `ns:name`."""


def part(table: object, name: str) -> Json:
    """The object of that name; an empty one where there is none."""
    found = table.get(name) if isinstance(table, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def parts(table: object, name: str) -> list[Json]:
    """The objects in the list of that name."""
    found = table.get(name) if isinstance(table, Mapping) else None
    listed = found if isinstance(found, (list, tuple)) else []
    return [each for each in listed if isinstance(each, Mapping)]


def text(table: object, name: str) -> str:
    """The text of that name; "" where there is none."""
    found = table.get(name) if isinstance(table, Mapping) else None
    return found if isinstance(found, str) else ""


def statements(statement: Json, depth: int = 0) -> Iterator[tuple[str, Json]]:
    """(kind, statement) of a statement and of all that it is made of."""
    if depth > DEEPEST:
        return
    for kind, inner in statement.items():
        if not isinstance(inner, Mapping):
            continue
        yield kind, inner
        for below in _below(inner):
            yield from statements(below, depth + 1)


def _below(inner: Json) -> list[Json]:
    return [
        *parts(inner, "Statements"),
        part(inner, "Statement"),
        part(inner, "ScopeDownStatement"),
    ]


def refers_to(statement: Json, arn: str) -> bool:
    """Whether it looks into the IP set, or the rule group, of that ARN."""
    return any(text(inner, "ARN") == arn for _, inner in statements(statement))


class Judge:
    """Judges statements about one entry, and remembers why."""

    def __init__(self, entry: Entry, sets: Mapping[str, Sequence[str]]) -> None:
        """`sets` are the addresses of other IP sets, by their ARN, where they are known."""
        self._entry = entry
        self._sets = sets
        self._labels: dict[Label, tuple[Truth, bool]] = {}
        """Labels that rules have added so far: which requests of the entry carry them, and whether
        the entry had to do with it."""
        self._context = ""
        self.touched = False
        """Whether the last statement looked at the entry, or at a label that it brought."""
        self.notes: list[str] = []
        """Why the last statement did not match all of it."""

    def add(self, labels: Iterable[Label], truth: Truth, touched: bool) -> None:
        """A rule that matched so, and touched the entry or not, adds these labels."""
        for label in labels:
            before, had_to_do = self._labels.get(label, (False, False))
            carried = _not(_all([_not(before), _not(truth)]))
            self._labels[label] = carried, had_to_do or touched

    def judge(self, statement: Json, context: str, *, holds: bool = True) -> Truth:
        """Whether requests match, in a rule of that context (see `Label`); with `holds` False,
        those of an address not in the set."""
        self.touched = False
        self._context = context
        self.notes = []
        return self._judge(statement, holds, 0)

    def _judge(self, statement: Json, holds: bool, depth: int) -> Truth:
        if depth > DEEPEST or len(statement) != 1:
            return None
        ((kind, inner),) = statement.items()
        match kind:
            case "AndStatement":
                return _all([self._judge(s, holds, depth + 1) for s in parts(inner, "Statements")])
            case "OrStatement":
                found = [self._judge(s, holds, depth + 1) for s in parts(inner, "Statements")]
                return _not(_all(map(_not, found)))
            case "NotStatement":
                return _not(self._judge(part(inner, "Statement"), holds, depth + 1))
            case "IPSetReferenceStatement":
                return self._in_set(inner, holds)
            case "LabelMatchStatement":
                return self._labelled(inner, holds)
            case "RateBasedStatement":
                return self._too_many(inner, holds, depth)
        self._note(f"only with {_KINDS.get(kind, 'another condition')} that it looks for")
        return None

    def _in_set(self, inner: object, holds: bool) -> Truth:
        arn, config = text(inner, "ARN"), part(inner, "IPSetForwardedIPConfig")
        if arn != self._entry.arn:
            return self._in_other(self._sets.get(arn))
        self.touched = True
        if not holds:
            return False
        if config:
            return self._forwarded(text(config, "HeaderName"), text(config, "Position"))
        if self._entry.seen == "forwarded":
            self._note("it looks at the connection, which is a proxy's; a header names the address")
            return False
        if self._entry.seen == "both":
            self._note("it looks at the connection: requests through a proxy pass")
            return None
        return True

    def _forwarded(self, header: str, position: str) -> Truth:
        name = header or "a header"
        if self._entry.seen == "direct":
            self._note(f"it looks into {name}, and this address connects directly")
            return False
        if self._entry.seen == "both":
            self._note(f"it looks into {name}: requests on a direct connection pass")
            return None
        if position == "FIRST":
            self._note(f"it believes the first address in {name}, which a client writes itself")
            return None
        return True

    def _in_other(self, held: Sequence[str] | None) -> Truth:
        if held is None:
            self._note("only with another IP set, which was not read")
            return None
        return lies_in(self._entry.network, held)

    def _labelled(self, inner: object, holds: bool) -> Truth:
        key, scope = text(inner, "Key"), text(inner, "Scope")
        carried = [
            each
            for added, each in self._labels.items()
            if _is_label(added, key, scope, self._context)
        ]
        self.touched |= any(touched for _, touched in carried)
        if holds and any(truth for truth, _ in carried):
            return True
        self._note(f"only with the label {key}")
        return None

    def _too_many(self, inner: object, holds: bool, depth: int) -> Truth:
        scope = part(inner, "ScopeDownStatement")
        within = self._judge(scope, holds, depth + 1) if scope else None
        if within is False:
            return False
        table = inner if isinstance(inner, Mapping) else {}
        window = table.get("EvaluationWindowSec", _SECONDS)
        self._note(f"only above {table.get('Limit', '?')} requests in {window} seconds")
        return None

    def _note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)


def lies_in(network: Network, held: Iterable[str]) -> Truth:
    """Whether the network lies in one of the CIDRs; None where only a part of it does."""
    known = [other for cidr in held if (other := network_of(cidr)) is not None]
    if any(covers(other, network) for other in known):
        return True
    return None if any(covers(network, other) for other in known) else False


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(found: Iterable[Truth]) -> Truth:
    listed = list(found)
    if False in listed:
        return False
    return None if None in listed or not listed else True


def _is_label(label: Label, key: str, scope: str, here: str) -> bool:
    """Whether a label is what a statement looks for. WAF looks among those that were added in the
    statement's own context, `here`, unless the key begins with the prefix of one:
    `awswaf:111122223333:webacl:shop:ns:name`."""
    spaces = f"{key.rstrip(':')}:"
    if key.startswith(_PREFIX):
        whole = f"{_PREFIX}{key.split(':')[1]}:{label.context}:{label.name}"
        return whole.startswith(spaces) if scope == "NAMESPACE" else whole == key
    if label.context != here:
        return False
    if scope == "NAMESPACE":
        return f":{spaces}" in f":{label.name}"
    return f":{label.name}".endswith(f":{key}")
