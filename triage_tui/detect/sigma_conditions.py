"""Conditions as pySigma parses them, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationType,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from .ruleset import (
    ANY_ONE,
    AllRules,
    And,
    AnyRule,
    Expression,
    Node,
    NoRule,
    Not,
    Or,
    RuleRef,
    Test,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

_DEEPEST = 200


class Unusable(Exception):
    """What a rule says cannot be done here; the message says what and why."""


Placeholders: TypeAlias = "Mapping[str, Sequence[str]]"
"""What `%name%` stands for, by name."""


def condition_of(rule: SigmaRule, placeholders: Placeholders) -> Node:
    """The condition of a rule; of several any. Raises Unusable, or what pySigma raises."""
    found = []
    for condition in rule.detection.parsed_condition:
        parsed = condition.parsed
        if parsed is None:
            raise Unusable("the condition says nothing")
        found.append(_node(parsed, 0, placeholders))
    return _or(found)


def _node(parsed: object, depth: int, placeholders: Placeholders) -> Node:
    if depth > _DEEPEST:
        raise Unusable("the condition is nested too deeply")
    match parsed:
        case ConditionAND():
            return _and(_node(arg, depth + 1, placeholders) for arg in parsed.args)
        case ConditionOR():
            return _or(_node(arg, depth + 1, placeholders) for arg in parsed.args)
        case ConditionNOT():
            return Not(_node(parsed.args[0], depth + 1, placeholders))
        case ConditionFieldEqualsValueExpression():
            return _test(parsed.field, _filled(parsed.value, placeholders))
        case ConditionValueExpression():
            return _test(None, _filled(parsed.value, placeholders))
        case _:
            raise Unusable(f"the condition holds {type(parsed).__name__}, which is not known here")


def _and(items: Iterable[Node]) -> Node:
    flat: list[Node] = []
    for item in items:
        flat += item.items if isinstance(item, And) else (item,)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _or(items: Iterable[Node]) -> Node:
    flat: list[Node] = []
    for item in items:
        flat += item.items if isinstance(item, Or) else (item,)
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def _filled(value: SigmaType, placeholders: Placeholders) -> SigmaType:
    """A value with what its placeholders stand for: any of that."""
    if isinstance(value, SigmaExpansion):
        return SigmaExpansion([_filled(inner, placeholders) for inner in value.values])
    if not isinstance(value, SigmaString | SigmaRegularExpression):
        return value
    if not value.contains_placeholder():
        return value

    def stands_for(each: Placeholder) -> Iterator[SigmaString]:
        words = placeholders.get(each.name)
        if not words:
            raise Unusable(
                f"%{each.name}% is a placeholder; say what it stands for in rules.placeholders"
                " of the config"
            )
        return map(SigmaString, words)

    found: Sequence[SigmaType] = value.replace_placeholders(stands_for)
    if isinstance(value, SigmaCasedString):
        texts = [each for each in found if isinstance(each, SigmaString)]
        found = [SigmaCasedString.from_sigma_string(each) for each in texts]
    return SigmaExpansion([*found])


def _test(field: str | None, value: object) -> Node:
    match value:
        case SigmaExpansion():
            return _or(_test(field, inner) for inner in value.values)
        case SigmaString():
            return _text(field, value)
        case SigmaTimestampPart():
            unit = value.timestamp_part.name.lower()
            return Test(_bound(field), "part", unit, number=value.number)
        case SigmaNumber():
            op = "contains" if field is None else "is"
            return Test(field, op, str(value.number))
        case SigmaBool():
            return Test(_bound(field), "is", "true" if value.boolean else "false")
        case SigmaNull():
            return Test(_bound(field), "null")
        case SigmaExists():
            return Test(_bound(field), "exists", "true" if value.exists else "false")
        case SigmaRegularExpression():
            return _regex(field, value)
        case SigmaCIDRExpression():
            return Test(_bound(field), "cidr", str(value.network))
        case SigmaCompareExpression():
            return Test(_bound(field), value.op.name.lower(), number=value.number.number)
        case SigmaFieldReference():
            flags = "s" * value.starts_with + "e" * value.ends_with
            return Test(_bound(field), "ref", value.field, flags=flags)
        case _:
            raise Unusable(f"{type(value).__name__} is not known here")


def _bound(field: str | None) -> str:
    if field is None:
        raise Unusable("this comparison needs a field")
    return field


def _text(field: str | None, value: SigmaString) -> Node:
    """A text with wildcards; a keyword is found anywhere."""
    pieces: list[str] = [""]
    for part in value.s:
        match part:
            case str():
                pieces[-1] += part
            case SpecialChars.WILDCARD_SINGLE:
                pieces[-1] += ANY_ONE
            case SpecialChars.WILDCARD_MULTI:
                pieces.append("")
    cased = isinstance(value, SigmaCasedString)
    if not cased:
        pieces = [piece.lower() for piece in pieces]
    if field is None:
        if not any(pieces):
            raise Unusable("an empty keyword is in every record")
        pieces = ["", *pieces, ""]
    # Wildcards side by side are one.
    pieces = [piece for n, piece in enumerate(pieces) if piece or n in (0, len(pieces) - 1)]
    return _matched(field, pieces, cased=cased)


def _matched(field: str | None, pieces: list[str], *, cased: bool) -> Test:
    match pieces:
        case [whole]:
            return Test(field, "is", whole, cased=cased)
        case ["", ""]:
            return Test(field, "some")
        case [start, ""]:
            return Test(field, "starts", start, cased=cased)
        case ["", end]:
            return Test(field, "ends", end, cased=cased)
        case ["", inner, ""]:
            return Test(field, "contains", inner, cased=cased)
        case _:
            return Test(field, "glob", parts=tuple(pieces), cased=cased)


def _regex(field: str | None, value: SigmaRegularExpression) -> Test:
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    value.compile()  # raises what pySigma raises where RE2 does not take it
    return Test(field, "re", str(value.regexp), flags=flags)


class Threshold(NamedTuple):
    """A condition such as `gte: 10`."""

    op: str
    limit: int | float
    fields: tuple[str, ...]
    percentile: int


def threshold_of(rule: SigmaCorrelationRule) -> Threshold:
    """The plain condition of a correlation; what never decides where it has an extended one."""
    condition = rule.condition
    if not isinstance(condition, SigmaCorrelationCondition):
        return Threshold("gte", 1, (), 0)
    fields = condition.fieldref
    named = () if fields is None else (fields,) if isinstance(fields, str) else tuple(fields)
    percentile = condition.percentile if condition.percentile is not None else 50
    if not 0 <= percentile <= 100:
        raise Unusable(f"{percentile} is no percentile")
    return Threshold(condition.op.name.lower(), condition.count, named, percentile)


def expression_of(rule: SigmaCorrelationRule, ids: Mapping[str, str]) -> Expression | None:
    """The extended condition of a correlation."""
    condition = rule.condition
    if not isinstance(condition, SigmaExtendedCorrelationCondition):
        return None
    found = _expression(condition.parsed, ids)
    if rule.type is SigmaCorrelationType.TEMPORAL:
        return found
    if isinstance(found, AllRules) and all(isinstance(item, RuleRef) for item in found.items):
        return None  # one after the other, in the order in which they are named
    raise Unusable("in order there can be nothing but rules joined by `and`")


def _expression(parsed: object, ids: Mapping[str, str]) -> Expression:
    match parsed:
        case SigmaRuleReference():
            return RuleRef(ids[parsed.reference])
        case CorrelationConditionAND():
            return AllRules(tuple(_expression(arg, ids) for arg in parsed.args))
        case CorrelationConditionOR():
            return AnyRule(tuple(_expression(arg, ids) for arg in parsed.args))
        case CorrelationConditionNOT():
            return NoRule(_expression(parsed.args[0], ids))
        case _:
            raise Unusable(f"{type(parsed).__name__} is not known here")
