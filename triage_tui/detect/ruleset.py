"""Rules as plain data: what `sigma` compiles them to and `matcher` runs. Nothing here parses.

Everything can be pickled and written as msgpack, so that worker processes get a rule set once and a
compiled pack can be kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from triage_tui.model import Severity

from .logsources import FINDINGS, formats_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANY_ONE = "\U0010ffff"
"""In a text to compare with: stands for any one character (`?`). No log can hold it."""


class Test(msgspec.Struct, frozen=True, tag="test"):
    """One comparison of a field, or of the whole record where the field is None.

    `op` is one of: `is`, `starts`, `ends`, `contains`, `glob` (`parts` lie between the wildcards),
    `some` (anything but nothing), `re` (`flags` are `ims`), `cidr`, `lt`, `lte`, `gt`, `gte`,
    `null`, `exists` (value `true` or `false`), `ref` (value names the other field, `flags` hold `s`
    and `e` where it starts or ends it), `part` (value is the unit of a time).
    """

    __test__ = False  # pytest takes it for one of its own otherwise

    field: str | None
    op: str
    value: str = ""
    parts: tuple[str, ...] = ()
    cased: bool = False
    flags: str = ""
    number: int | float = 0


class And(msgspec.Struct, frozen=True, tag="and"):
    """All of them."""

    items: tuple[Node, ...]


class Or(msgspec.Struct, frozen=True, tag="or"):
    """One of them at least."""

    items: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """The contrary."""

    item: Node


Node: TypeAlias = And | Or | Not | Test


class LogSource(msgspec.Struct, frozen=True):
    """Which logs a rule is for, as Sigma says it; "" says nothing."""

    category: str = ""
    product: str = ""
    service: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, and what people want to know of it."""

    id: str
    name: str = ""
    title: str
    level: Severity
    author: str = ""
    licence: str = ""
    status: str = ""
    description: str = ""
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    path: str = ""
    """The file it is from; of our own pack its name alone."""
    logsource: LogSource = LogSource()
    condition: Node | None = None
    """None for a correlation."""
    correlation: Correlation | None = None
    shown: bool = True
    """Whether its matches are detections; those of a rule that only feeds correlations are not."""


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """What a correlation counts.

    `type` is one of `event_count`, `value_count`, `temporal`, `temporal_ordered`, `value_sum`,
    `value_avg`, `value_median`, `value_percentile`.
    """

    type: str
    rules: tuple[str, ...]
    """Ids of the rules that it rests on, in their order."""
    group_by: tuple[str, ...] = ()
    aliases: dict[str, dict[str, str]] = {}
    """Alias -> rule id -> the field that it stands for."""
    timespan: int
    """Nanoseconds."""
    op: str = "gte"
    count: int | float = 1
    fields: tuple[str, ...] = ()
    """What is counted or summed up."""
    percentile: int = 0
    expression: Expression | None = None
    """An extended condition (`a and not b`), in place of `op` and `count`."""
    generate: bool = False
    """Whether the rules that it rests on are detections themselves."""


class RuleRef(msgspec.Struct, frozen=True, tag="rule"):
    """In an extended condition: that rule fired in the window."""

    rule: str


class AllRules(msgspec.Struct, frozen=True, tag="all"):
    items: tuple[Expression, ...]


class AnyRule(msgspec.Struct, frozen=True, tag="any"):
    items: tuple[Expression, ...]


class NoRule(msgspec.Struct, frozen=True, tag="no"):
    item: Expression


Expression: TypeAlias = RuleRef | AllRules | AnyRule | NoRule


class Refused(msgspec.Struct, frozen=True):
    """A rule, or a whole file, that cannot be used."""

    path: str
    line: int
    """Where the document begins, from 1; 0 where it is unknown."""
    reason: str

    @property
    def place(self) -> str:
        """`rules/a.yml:12`."""
        return f"{self.path}:{self.line}" if self.line else self.path


class RuleSet(msgspec.Struct, frozen=True, dict=True):
    """Rules that run together. A rule's number is its place here."""

    rules: tuple[Rule, ...] = ()
    refused: tuple[Refused, ...] = ()

    @cached_property
    def about_outcomes(self) -> frozenset[int]:
        """Numbers of the rules that ask themselves what became of an attempt, and have said with
        their level what they make of it: so do correlations that rest on one."""
        found = {
            rule.id
            for rule in self.rules
            if rule.condition is not None and not _OUTCOMES.isdisjoint(_fields(rule.condition))
        }
        waiting = [rule for rule in self.rules if rule.correlation is not None]
        for _ in waiting:
            before = len(found)
            found |= {
                rule.id
                for rule in waiting
                if rule.correlation is not None and not found.isdisjoint(rule.correlation.rules)
            }
            if len(found) == before:
                break
        return frozenset(self.numbers[name] for name in found)

    @cached_property
    def about_findings(self) -> frozenset[int]:
        """Numbers of the rules that match nothing but findings, which count by themselves."""
        return frozenset(
            number
            for number, rule in enumerate(self.rules)
            if rule.condition is not None
            and (formats := formats_of(rule.logsource))
            and formats <= FINDINGS
        )

    @cached_property
    def formats(self) -> tuple[tuple[str, ...], ...]:
        """By number the formats that a rule is for, sorted; of a correlation those of its rules."""
        known = {source: formats_of(source) for source in {each.logsource for each in self.rules}}
        return tuple(tuple(sorted(self._formats(rule, known))) for rule in self.rules)

    def _formats(self, rule: Rule, known: Mapping[LogSource, frozenset[str]]) -> set[str]:
        if rule.correlation is None:
            return {*known[rule.logsource]}
        inner = (self.rules[self.numbers[name]] for name in rule.correlation.rules)
        return {name for each in inner for name in self._formats(each, known)}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Rule id -> number."""
        return {rule.id: number for number, rule in enumerate(self.rules)}

    def __bool__(self) -> bool:
        return bool(self.rules)


_OUTCOMES = frozenset(
    (
        *("triage.outcome", "errorCode", "errorMessage", "responseElements.ConsoleLogin"),
        *("sc-status", "status", "action"),
    )
)
"""Fields that tell what became of an attempt."""


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Test():
            yield node.field or ""
        case Not(item):
            yield from _fields(item)
        case And(items) | Or(items):
            for item in items:
                yield from _fields(item)


EMPTY = RuleSet()
