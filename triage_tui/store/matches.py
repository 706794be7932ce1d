"""Which rows of the index a filter selects.

A term on a text column is decided once per distinct value, then looked up per row. Words are
searched in the raw records, in portions that the caller paces; a row that was not searched yet
does not match.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.formats.ids import hash_id
from triage_tui.model import NO_NUMBER, Identity

from .filters import (
    LONG_TEXTS,
    NUMBER_KEYS,
    TEXT_KEYS,
    WHO_KEYS,
    And,
    Expression,
    Filter,
    Not,
    Or,
    Term,
    Word,
    glob_pattern,
    ip_pattern,
    levels,
    time_range,
)
from .searching import PORTION, plan, search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from triage_tui.ports import RawReader

    from .columns import Array, Mask
    from .index import Index
    from .searching import Found, Portion


RULE_KEYS = ("rule", "detection")


class Matches:
    """The rows that one filter selects; follows the index as it grows."""

    def __init__(self, index: Index, selected: Filter) -> None:
        self.filter = selected
        self._index = index
        self._mask: Mask = np.zeros(0, np.bool_)
        """With room for rows to come; those that are not decided do not match."""
        self._done = 0
        self._tables: dict[Term, list[bool]] = {}
        self._hits: dict[Word, Mask] = {}
        """By word, which of the rows that are being decided hold it."""
        self._searched: list[dict[Word, Mask]] = []
        """The same of all rows that were searched, by portion."""
        terms = list(terms_of(selected.where))
        self._lists = any(term.key == "intel" for term in terms)
        self._rules = self._asked([v for t in terms if t.key in RULE_KEYS for v in t.values])
        self._intel = index.knowledge.intel
        self._fired: Array = np.empty(0, np.int64)
        """The rows, of those that are decided, at which correlations fired that it asks for."""
        self.version = 0
        """Changes when rows were decided anew: who has counted has to count again."""
        self.unreadable = 0
        """Rows that could not be searched: their file is gone or shorter than it was."""

    @property
    def decided(self) -> int:
        """The rows before it are decided for good."""
        return self._done if self.filter.words else self._index.rows

    @property
    def searched(self) -> int:
        """Rows whose raw text was searched; all of them where the filter has no words."""
        return self.decided

    @property
    def complete(self) -> bool:
        """Whether every row was looked at."""
        return self.decided >= self._index.rows

    def renew(self) -> None:
        """Decides all rows anew where what it asks for has changed: lists of addresses are fetched
        while the triage goes on, and a late event moves the event at which a correlation fires."""
        listed = self._lists and self._intel is not self._index.knowledge.intel
        if not listed and np.array_equal(self._fired, self._fired_before(self._done)):
            return
        self._intel = self._index.knowledge.intel
        done, self._done = self._done, 0
        self._fired = self._fired[:0]
        self._tables = {term: table for term, table in self._tables.items() if term.key != "intel"}
        for word in self.filter.words if done else ():
            self._hits[word] = np.concatenate([hits[word] for hits in self._searched])
        self._decide_up_to(done)
        self.version += 1

    def _fired_before(self, stop: int) -> Array:
        """The rows before `stop` at which correlations fired that it asks for."""
        if not self._rules:
            return np.empty(0, np.int64)
        rows, rules = self._index.correlated_rows()
        found: Array = np.unique(rows[np.isin(rules, list(self._rules)) & (rows < stop)])
        return found

    def search(self, reader: RawReader, size: int = PORTION) -> bool:
        """Searches the next portion of raw text at once; False when all is searched."""
        portion = self.portion(self.decided, size)
        if portion is not None:
            self.take(search(portion, reader))
        return not self.complete

    def portion(self, start: int, size: int = PORTION) -> Portion | None:
        """What to search from a row on, for `searching.search`; None where there is nothing."""
        if not self.filter.words or start >= self._index.rows:
            return None
        return plan(self._index, start, self.filter.words, size)

    def take(self, found: Found) -> None:
        """Decides the rows of the next portion by what was found in them."""
        if found.start != self._done:  # somebody else's search was faster
            return
        self._hits = found.hits
        self._searched.append(found.hits)
        self.unreadable += found.unreadable
        self._decide_up_to(found.stop)

    def mask(self) -> Mask:
        """Per row of the index whether it is selected."""
        self._decide_up_to(self.decided)
        return self._mask[: self._index.rows]

    def _decide_up_to(self, stop: int) -> None:
        start, rows = self._done, self._index.rows
        if rows > len(self._mask):
            grown = np.zeros(2 * rows, np.bool_)
            grown[:start] = self._mask[:start]
            self._mask = grown
        if start < stop:
            self._mask[start:stop] = self._decide(self.filter.where, start, stop)
            self._done = stop
            # Rows before `start` were decided by what fired then: the rest is left to `renew`.
            fired = self._fired_before(stop)
            self._fired = np.concatenate([self._fired, fired[fired >= start]])

    def _decide(self, expression: Expression, start: int, stop: int) -> Mask:
        match expression:
            case And(items):
                mask = np.ones(stop - start, np.bool_)
                for item in items:
                    mask &= self._decide(item, start, stop)
                return mask
            case Or(items):
                mask = np.zeros(stop - start, np.bool_)
                for item in items:
                    mask |= self._decide(item, start, stop)
                return mask
            case Not(item):
                return ~self._decide(item, start, stop)
            case Word():
                return self._hits[expression]
            case Term():
                return self._decide_term(expression, start, stop)

    def _decide_term(self, term: Term, start: int, stop: int) -> Mask:
        index, key = self._index, term.key
        rows = slice(start, stop)
        if key in TEXT_KEYS:
            column = getattr(index, TEXT_KEYS[key])
            return self._by_value(term, column.ids.view()[rows], column.dictionary.values)
        if key == "intel":
            primary = self._by_list(term, index.actor_ip.ids.view()[rows])
            return self._with_extras(primary, index.extras.ip.view(), self._tables[term], start)
        if key == "ip":
            values = index.actor_ip.dictionary.values
            primary = self._by_value(term, index.actor_ip.ids.view()[rows], values)
            return self._with_extras(primary, index.extras.ip.view(), self._tables[term], start)
        if key in WHO_KEYS:
            primary = self._by_identity(term, index.who.view()[rows])
            whos = index.extras.who.view()
            return self._with_extras(primary, whos, self._tables[term], start)
        if key in NUMBER_KEYS:
            return _by_number(term, getattr(index, NUMBER_KEYS[key]).view()[rows])
        if key in ("severity", "outcome"):
            chosen = np.zeros(256, np.bool_)
            chosen[sorted(levels(term))] = True
            level: Mask = chosen[getattr(index, key).view()[rows]]
            return level
        return self._decide_other(term, start, stop)

    def _decide_other(self, term: Term, start: int, stop: int) -> Mask:
        index, rows = self._index, slice(start, stop)
        if term.key == "time":
            low, high = time_range(term)
            time = index.time.view()[rows]
            within: Mask = np.ones(len(time), np.bool_)
            if low is not None:
                within &= time >= low
            if high is not None:
                within &= time <= high
            return within
        if term.key == "duplicate":
            wanted = any(value.lower() in ("true", "yes", "1") for value in term.values)
            repeated: Mask = (index.duplicate.view()[rows] != 0) == wanted
            return repeated
        if term.key == "id":
            wanted_ids = np.array([_id_of(value) for value in term.values], np.uint64)
            return np.isin(index.id.view()[rows], wanted_ids)
        if term.key in RULE_KEYS:
            return self._by_rule(term, start, stop)
        patterns = [glob_pattern(value) for value in term.values]
        found = [
            row
            for name, numbers in index.finding_rows.items()
            if any(pattern.fullmatch(name) for pattern in patterns)
            for row in numbers
        ]
        return np.isin(np.arange(start, stop), np.array(found, np.int64))

    def _asked(self, values: Iterable[str]) -> set[int]:
        """The numbers of the rules that have one of these ids, names or titles."""
        patterns = [glob_pattern(value) for value in values]
        return {
            number
            for number, rule in enumerate(self._index.rules.rules)
            if any(p.fullmatch(text) for p in patterns for text in (rule.id, rule.name, rule.title))
        }

    def _by_rule(self, term: Term, start: int, stop: int) -> Mask:
        """Rows that a rule matched; of one that rests on others, the rows at which it fired."""
        index, asked = self._index, self._asked(term.values)
        rows, rules = index.hits.between(start, stop)
        mask: Mask = np.zeros(stop - start, np.bool_)
        mask[rows[np.isin(rules, list(asked))].astype(np.int64) - start] = True
        fired, fired_rules = index.correlated_rows()
        wanted = np.isin(fired_rules, list(asked)) & (fired >= start) & (fired < stop)
        mask[fired[wanted] - start] = True
        return mask

    def _by_value(self, term: Term, ids: Array, values: Sequence[str]) -> Mask:
        table = self._tables.setdefault(term, [])
        if len(table) < len(values):
            decide = text_test(term)
            table.extend(decide(value) for value in values[len(table) :])
        mask: Mask = np.array(table, np.bool_)[ids]
        return mask

    def _by_list(self, term: Term, ids: Array) -> Mask:
        """By the lists that an address is on: their names and their kinds."""
        table, listed = self._tables.setdefault(term, []), self._index.listed
        numbers = listed.numbers()
        if len(table) < len(numbers):
            patterns = [glob_pattern(value) for value in term.values]
            names = [{name for each in lists for name in each.names} for lists in listed.sets]
            chosen = np.array(
                [any(p.fullmatch(name) for p in patterns for name in found) for found in names]
            )
            table.extend(chosen[numbers[len(table) :]].tolist())
        mask: Mask = np.array(table, np.bool_)[ids]
        return mask

    def _by_identity(self, term: Term, ids: Array) -> Mask:
        table = self._tables.setdefault(term, [])
        identities = self._index.identities
        if len(table) < len(identities):
            patterns = [glob_pattern(value) for value in term.values]
            for who in identities[len(table) :]:
                names = identity_names(term.key, who)
                table.append(any(p.fullmatch(name) for p in patterns for name in names))
        mask: Mask = np.array(table, np.bool_)[ids]
        return mask

    def _with_extras(self, mask: Mask, numbers: Array, table: list[bool], start: int) -> Mask:
        rows = self._index.extras.row.view()
        low, high = np.searchsorted(rows, [start, start + len(mask)])
        chosen = np.array(table, np.bool_)[numbers[low:high]]
        mask[rows[low:high][chosen] - start] = True
        return mask


def terms_of(expression: Expression) -> Iterator[Term]:
    """The terms of an expression but for words."""
    match expression:
        case And(items) | Or(items):
            for item in items:
                yield from terms_of(item)
        case Not(item):
            yield from terms_of(item)
        case Term():
            yield expression


def identity_names(key: str, who: Identity) -> tuple[str, ...]:
    """The texts that a filter on `key` compares for an identity."""
    names: tuple[str, ...]
    match key:
        case "principal":
            role = who.role.rpartition("/")[2]
            names = (who.key, who.label, who.user, who.session, role, who.principal_id, who.service)
        case "principal_type":
            names = (who.type,)
        case "role_session":
            names = (who.session,)
        case _:
            names = (who.access_key,)
    return tuple(name for name in names if name)


def text_test(term: Term) -> Callable[[str], bool]:
    """Decides a text value; an absent one ("") never matches."""
    if term.key == "ip":
        return _ip_test(term)
    anywhere = TEXT_KEYS.get(term.key) in LONG_TEXTS
    patterns = [glob_pattern(value, anywhere=anywhere) for value in term.values]
    return lambda text: bool(text) and any(pattern.fullmatch(text) for pattern in patterns)


def _ip_test(term: Term) -> Callable[[str], bool]:
    found = [ip_pattern(value, term.position) for value in term.values]
    globs = [p for p in found if isinstance(p, re.Pattern)]
    nets = [p for p in found if isinstance(p, ipaddress.IPv4Network | ipaddress.IPv6Network)]

    def test(text: str) -> bool:
        if not text:
            return False
        if any(pattern.fullmatch(text) for pattern in globs):
            return True
        address = ipaddress.ip_address(text)
        return any(address in net for net in nets)

    return test


def _by_number(term: Term, numbers: Array) -> Mask:
    mask = np.zeros(len(numbers), np.bool_)
    for value in term.values:
        number = int(value)
        match term.op:
            case ">=":
                mask |= numbers >= number
            case "<=":
                mask |= numbers <= number
            case ">":
                mask |= numbers > number
            case "<":
                mask |= numbers < number
            case _:
                mask |= numbers == number
    mask &= numbers != NO_NUMBER
    return mask


def _id_of(value: str) -> int:
    if re.fullmatch(r"[0-9a-f]{16}", value):
        return int(value, 16)
    return hash_id(value)
