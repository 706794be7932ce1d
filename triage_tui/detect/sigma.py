"""Compiles Sigma into plain data. The one place that knows pySigma, which parses; it is loaded when
something has to be compiled, and not before.

A rule that cannot be used is refused with its place and the reason, and the rest load. What is
refused: what pySigma refuses, placeholders (`expand`) of which nobody says what they stand for, and
regular expressions that need backtracking, with which a hostile text could stall us.
"""

from __future__ import annotations

import codecs
import contextlib
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec
import yaml
from sigma.collection import deep_dict_update
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaCollectionError, SigmaError
from sigma.filters import SigmaFilter
from sigma.modifiers import SigmaWideModifier, modifier_mapping
from sigma.policy import default_policy
from sigma.policy.regex_engine import RE2RegexEngine, RegexPattern
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader, check_alias_expansion

from triage_tui.model import SECOND, Severity

from . import regex
from . import sigma_conditions as conditions
from .ruleset import Correlation, LogSource, Refused, Rule, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sigma.correlations import SigmaExtendedCorrelationCondition

    from .packs import RuleFile

# What the specification calls so too, pySigma knows by its other name alone.
modifier_mapping.setdefault("utf16le", SigmaWideModifier)

_BROKEN = (
    SigmaError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
    yaml.YAMLError,
)
"""What parsing a document that is no rule may raise."""
_LONGEST_REASON = 300
_DEEPEST = 200
"""Levels of lists and tables in a file: YAML's composer, which is C, calls itself for each, and
beyond some ten thousand the process dies of it."""


class _Parsed(NamedTuple):
    """A document that pySigma has parsed."""

    path: str
    line: int
    licence: str
    rule: SigmaRule | SigmaCorrelationRule | SigmaFilter


class _QuietEngine(RE2RegexEngine):
    """RE2 that says what is wrong in an exception; by itself it writes it to the terminal too."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        regex.check(pattern)
        return super().compile(pattern, flags)


def compile_files(
    files: Iterable[RuleFile], placeholders: conditions.Placeholders | None = None
) -> RuleSet:
    """All rules of some files, the first of several with one id. `placeholders` is what `%name%`
    stands for."""
    compiler = _Compiler(placeholders or {})
    engine, default_policy.regex_engine = default_policy.regex_engine, _QuietEngine()
    try:
        for file in files:
            compiler.read(file)
        return compiler.finish()
    finally:
        default_policy.regex_engine = engine


class _Compiler:
    """Parses file after file; filters and correlations meet their rules at the end."""

    def __init__(self, placeholders: conditions.Placeholders) -> None:
        self._placeholders = placeholders
        self._files: dict[str, int] = {}
        """The place of each file among those that were read."""
        self._parsed: list[_Parsed] = []
        self._refused: list[Refused] = []
        self._places: dict[str, str] = {}
        self._compiled: dict[str, Rule] = {}
        self._by_name: dict[str, str] = {}

    def _refuse(self, path: str, line: int, reason: object) -> None:
        self._refused.append(Refused(path, line, _words(reason)))

    def read(self, file: RuleFile) -> None:
        """Parses all documents of a file."""
        self._files.setdefault(file.path, len(self._files))
        shared: dict[str, object] = {}
        before: dict[str, object] = {}
        for line, document in self._documents(file):
            try:
                check_alias_expansion(document, SigmaCollectionError)
                action = document.get("action")
                if action == "global":
                    shared = before = {k: v for k, v in document.items() if k != "action"}
                    continue
                if action == "reset":
                    shared = {}
                    continue
                if action == "repeat":
                    document = deep_dict_update(before, document)
                elif action is not None:
                    self._refuse(file.path, line, f"there is no action {action!r}")
                    continue
                elif not _is_more(document):
                    document = deep_dict_update(document, shared)
                before = document
                rule = _parse(document)
            except _BROKEN as error:
                self._refuse(file.path, line, error)
                continue
            if rule is None:
                self._refuse(
                    file.path, line, "no Sigma rule: neither detection, correlation nor filter"
                )
            else:
                self._parsed.append(_Parsed(file.path, line, file.licence, rule))

    def _documents(self, file: RuleFile) -> Iterator[tuple[int, dict[str, object]]]:
        """(line, document) of a file of YAML."""
        line = 1
        try:
            _check(file.text)
            loader = SigmaYAMLLoader(file.text)
            try:
                while loader.check_node():
                    node = loader.get_node()
                    if node is None:
                        continue
                    line = node.start_mark.line + 1
                    found = loader.construct_document(node)
                    if isinstance(found, dict):
                        yield line, found
                    elif found is not None:
                        self._refuse(file.path, line, "no Sigma rule: not a table of keys")
            finally:
                loader.dispose()
        except _BROKEN as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or error
            self._refuse(file.path, mark.line + 1 if mark else line, f"no YAML: {reason}")

    def finish(self) -> RuleSet:
        """The rules, with their filters, and the correlations that rest on them."""
        filters = [found.rule for found in self._parsed if isinstance(found.rule, SigmaFilter)]
        correlations = []
        for found in self._parsed:
            if isinstance(found.rule, SigmaRule):
                self._add(found, filters)
            elif isinstance(found.rule, SigmaCorrelationRule):
                correlations.append(found)
        self._correlate(correlations)
        rules = tuple(self._compiled.values())
        refused = sorted(self._refused, key=lambda each: (self._files[each.path], each.line))
        return RuleSet(_hidden(rules), tuple(refused))

    def _add(self, found: _Parsed, filters: Sequence[SigmaFilter]) -> None:
        try:
            rule = cast("SigmaRule", found.rule)
            for each in filters:
                rule = cast("SigmaRule", each.apply_on_rule(rule))
            condition = conditions.condition_of(rule, self._placeholders)
            self._keep(found, _rule(found, condition=condition, logsource=_source(rule)))
        except (*_BROKEN, conditions.Unusable) as error:
            self._refuse(found.path, found.line, error)

    def _keep(self, found: _Parsed, rule: Rule) -> None:
        try:
            msgspec.msgpack.encode(rule)  # what worker processes get
        except UnicodeEncodeError:
            self._refuse(found.path, found.line, "holds text that is no Unicode")
            return
        known = self._places.get(rule.id)
        if known is not None:
            self._refuse(found.path, found.line, f"has the id {rule.id}, as the rule in {known}")
            return
        self._places[rule.id] = Refused(found.path, found.line, "").place
        self._compiled[rule.id] = rule
        if rule.name:
            self._by_name.setdefault(rule.name, rule.id)

    def _correlate(self, waiting: list[_Parsed]) -> None:
        """Correlations may rest on each other: those first whose rules are known."""
        while waiting:
            later = []
            for found in waiting:
                missing = [name for name in _named(found) if self._find(name) is None]
                if missing:
                    later.append(found)
                    continue
                try:
                    self._keep(found, _rule(found, correlation=self._correlation(found)))
                except (*_BROKEN, conditions.Unusable) as error:
                    self._refuse(found.path, found.line, error)
            if len(later) == len(waiting):
                self._give_up(later)
                return
            waiting = later

    def _give_up(self, waiting: list[_Parsed]) -> None:
        """Refuses correlations that rest on what is not there, or on each other."""
        there = {name for each in waiting for name in (str(each.rule.id), each.rule.name) if name}
        for found in waiting:
            missing = [name for name in _named(found) if self._find(name) is None]
            gone = next((name for name in missing if name not in there), None)
            if gone is not None:
                reason = f"there is no rule {gone!r}, or it was refused"
            elif missing[0] in (str(found.rule.id), found.rule.name):
                reason = "it rests on itself"
            else:
                reason = f"it rests on {missing[0]!r}, which was refused too or rests on it in turn"
            self._refuse(found.path, found.line, reason)

    def _find(self, name: str) -> str | None:
        """The id of a rule that is named by id or name."""
        return name if name in self._compiled else self._by_name.get(name)

    def _correlation(self, found: _Parsed) -> Correlation:
        rule = cast("SigmaCorrelationRule", found.rule)
        ids = {name: self._find(name) or name for name in _named(found)}
        expression = conditions.expression_of(rule, ids)
        plain = conditions.threshold_of(rule)
        return Correlation(
            type=rule.type.name.lower(),
            rules=tuple(dict.fromkeys(ids.values())),
            group_by=tuple(rule.group_by or ()),
            aliases={
                alias.alias: {
                    self._find(str(ref.reference)) or str(ref.reference): field
                    for ref, field in alias.mapping.items()
                }
                for alias in rule.aliases
            },
            timespan=rule.timespan.seconds * SECOND,
            op=plain.op,
            count=plain.limit,
            fields=plain.fields,
            percentile=plain.percentile,
            expression=expression,
            generate=bool(rule.generate),
        )


def _check(text: bytes) -> None:
    """Raises MarkedYAMLError for what YAML's composer does not survive, or has no words for."""
    if not text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise _no_yaml("not UTF-8", text.count(b"\n", 0, error.start)) from None
    if sum(map(text.count, (b"[", b"{", b":", b"-", b"?"))) > _DEEPEST:
        line = _too_deep(text)
        if line is not None:
            raise _no_yaml("nested too deeply", line)


def _no_yaml(problem: str, line: int) -> yaml.MarkedYAMLError:
    """As YAML itself says what is wrong in a line, which is counted from 0."""
    mark = yaml.Mark("", 0, line, 0, None, 0)
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _too_deep(text: bytes) -> int | None:
    """Where it is nested too deeply; what is no YAML ends the search, for the composer to tell."""
    depth = 0
    with contextlib.suppress(yaml.YAMLError):
        for event in yaml.parse(text, SigmaYAMLLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                return int(event.start_mark.line) if event.start_mark is not None else 0
    return None


def _is_more(document: Mapping[str, object]) -> bool:
    return "correlation" in document or "filter" in document


def _parse(document: dict[str, object]) -> SigmaRule | SigmaCorrelationRule | SigmaFilter | None:
    if "correlation" in document:
        return SigmaCorrelationRule.from_dict(document)
    if "filter" in document:
        return SigmaFilter.from_dict(document)
    return SigmaRule.from_dict(document) if "detection" in document else None


def _named(found: _Parsed) -> list[str]:
    """The rules that a correlation names."""
    rule = cast("SigmaCorrelationRule", found.rule)
    if rule.rules is not None:
        return [str(ref.reference) for ref in rule.rules]
    condition = cast("SigmaExtendedCorrelationCondition", rule.condition)
    return condition.get_referenced_rules()


def _rule(found: _Parsed, **parts: object) -> Rule:
    """What all rules have."""
    rule = found.rule
    level = Severity[rule.level.name] if rule.level is not None else Severity.MEDIUM
    fallback = found.path.rpartition("/")[2].rpartition(".")[0]
    return Rule(
        id=str(rule.id) if rule.id is not None else rule.name or f"{fallback}:{found.line}",
        name=rule.name or "",
        title=rule.title,
        level=level,
        author=rule.author or "",
        licence=rule.license or found.licence,
        status=rule.status.name.lower() if rule.status is not None else "",
        description=(rule.description or "").strip(),
        references=tuple(map(str, rule.references)),
        tags=tuple(map(str, rule.tags)),
        false_positives=tuple(map(str, rule.falsepositives)),
        path=found.path,
        **parts,  # type: ignore[arg-type] # condition and log source, or a correlation
    )


def _source(rule: SigmaRule) -> LogSource:
    source = rule.logsource
    return LogSource(source.category or "", source.product or "", source.service or "")


def _hidden(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules; those that only feed correlations are no detections themselves."""
    fed = {
        name
        for rule in rules
        if rule.correlation is not None and not rule.correlation.generate
        for name in rule.correlation.rules
    }
    return tuple(
        msgspec.structs.replace(rule, shown=False) if rule.id in fed else rule for rule in rules
    )


def _misread(condition: str, place: int) -> str:
    """What is no condition, and where; the parser itself says what its grammar expected."""
    shown = condition if len(condition) <= 60 else f"{condition[:59]}…"
    if place >= len(condition):
        return f"the condition {shown!r} ends too early"
    return f"the condition {shown!r} is not understood from character {place + 1} on"


def _words(reason: object) -> str:
    """The reason in one line."""
    parser = reason.__context__ if isinstance(reason, SigmaError) else None
    condition = getattr(parser, "pstr", None)
    if isinstance(condition, str):
        reason = _misread(condition.rstrip(), getattr(parser, "loc", 0))
    elif isinstance(reason, KeyError):
        reason = f"lacks {reason}"
    elif isinstance(reason, RecursionError):
        reason = "nested too deeply"
    elif isinstance(reason, AttributeError | TypeError | IndexError):
        reason = f"not as Sigma has it: {reason}"
    text = " ".join(str(reason).split())
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…"
