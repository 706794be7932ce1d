"""Filters that are written for people: what selects an entity, and what a filter would select."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.model import Kind
from triage_tui.store.filters import FilterError, Or, parse
from triage_tui.store.matches import identity_names
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.detect.ruleset import Rule, RuleSet
    from triage_tui.model import EntityRef
    from triage_tui.store.filters import Filter
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage


def value(text: str) -> str:
    """A value as it stands in an expression, in quotes where it must be."""
    # An expression cannot spell a quote within quotes, and would read the file behind an `@`:
    # `?` is any one character.
    text = text.replace('"', "?")
    if text.startswith("@"):
        text = f"?{text[1:]}"
    return f'"{text}"' if any(c in "()" or c.isspace() for c in text) or not text else text


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,.'()_-]*")
"""A title that stands for itself in an expression."""


def of_rule(rules: RuleSet, id_: str) -> str:
    """The expression that selects what a rule matched: by its title, which people can read, where
    no other rule is called so."""
    number = rules.numbers.get(id_)
    title = rules.rules[number].title if number is not None else ""
    names = {name.lower() for each in rules.rules if each.id != id_ for name in _names(each)}
    alone = _PLAIN.fullmatch(title) and title.lower() not in names
    return f"rule:{value(title if alone else id_)}"


def _names(rule: Rule) -> tuple[str, str, str]:
    return rule.id, rule.name, rule.title


def term(ref: EntityRef, ranking: Ranking) -> str:
    """The expression that selects an entity's events."""
    match ref.kind:
        case Kind.IP | Kind.NETWORK:
            return f"ip:{value(ref.key)}"
        case Kind.SERVICE:
            return f"source_service:{value(ref.key)}"
        case Kind.PRINCIPAL:
            return _principal_term(ref, ranking)


def _principal_term(ref: EntityRef, ranking: Ranking) -> str:
    """One short name where that means this principal and nobody else; else all of its names."""
    number = ranking.number(ref.key)
    principal = ranking.sight.principal(number) if number is not None else None
    names = list(dict.fromkeys([*ref.aliases, ref.key]))
    if principal is not None:
        members = set(principal.members)
        people = ranking.sight.index.identities
        users = [people[n].user for n in members if people[n].user]
        for name in (*users, ref.key, *names):
            found = {n for n, who in enumerate(people) if name in identity_names("principal", who)}
            if found == members:
                return f"principal:{value(name)}"
    terms = [f"principal:{value(name)}" for name in names]
    return terms[0] if len(terms) == 1 else f"({' or '.join(terms)})"


def combined(text: str, more: str, *, include: bool) -> str:
    """An expression narrowed by a term, or by what the term does not select."""
    more = more if include else f"-{more}"
    text = text.strip()
    if not text:
        return more
    if isinstance(parse(text).where, Or):
        text = f"({text})"
    return text if f" {more} " in f" {text} " else f"{text} {more}"


def preview(triage: Triage, kind: Kind, text: str) -> Iterator[Said]:
    """What an expression is worth: at once whether it is one, then how much it selects."""
    try:
        selected = parse(text)
    except FilterError as error:
        yield Said(error.message, error=True, position=error.position)
        return
    if not text.strip():
        yield Said("everything; try -outcome:ok  ip:203.0.113.0/24  action:Delete*  or any text")
        return
    yield Said("…")
    if not selected.selects_all:
        matches = triage.matches(selected)
        for _ in triage.search_aside(selected):
            done = 100 * matches.searched // max(1, triage.index.rows)
            events = words.counted(triage.sight(selected).events, "event")
            yield Said(f"{events} so far, searching {done} %")
    yield Said(_selects(triage, kind, selected))


def _selects(triage: Triage, kind: Kind, selected: Filter) -> str:
    entities = words.plural_kind(kind, len(triage.look(kind, selected)))
    events = triage.sight(selected).events
    return f"{entities}, {words.counted(events, 'event')} match"
