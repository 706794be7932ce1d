"""How the rules fare on what there is: which fire, which cannot, which do on nearly everything."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.detect.comparing import predicate
from triage_tui.detect.deciding import Verdict, decide, tests_of
from triage_tui.detect.fields import slot_for
from triage_tui.detect.presence import is_watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.rule_settings import Mute
    from triage_tui.detect.ruleset import Rule, Test

    from .index import Index
    from .sight import Sight

MANY = 0.5
"""The share of all events it could match from which on a rule fires on nearly everything."""
FEWEST = 50
"""Events of its formats below which that says nothing, and neither does a field that none had."""
ASKED = 3
"""Records that were near a match and lack a field before it counts as never seen."""


class RuleState(NamedTuple):
    """One rule as of the cursor."""

    rule: Rule
    matched: int
    """How many times."""
    events: int
    """Events of the formats that it is for."""
    formats: tuple[str, ...]
    """Those formats; empty where no log known here is meant."""
    never_seen: tuple[str, ...]
    """Fields that were asked for and never there, without which it cannot match."""
    muted: bool
    """Everywhere."""
    muted_for: tuple[Mute, ...] = ()
    """For one entity each."""

    @property
    def cannot_fire(self) -> bool:
        """Whether no source brings what it is for."""
        return not self.events

    @property
    def fires_always(self) -> bool:
        """Whether it says nothing, for it matches nearly everything."""
        return self.events >= FEWEST and self.matched >= MANY * self.events

    @property
    def remark(self) -> str:
        """What there is to say about it, in words; "" where it is as it should be."""
        if not self.formats:
            return "cannot fire: no log known here is meant by its log source"
        if self.cannot_fire:
            return f"cannot fire: no source brings {_any_of(self.formats)}"
        if self.fires_always:
            return f"matched {self.matched:,} of {self.events:,} events: it says nothing"
        if self.never_seen:
            return f"never seen: {', '.join(self.never_seen)}"
        return ""


def _any_of(names: tuple[str, ...], most: int = 3) -> str:
    """`alb, clb, waf or one of 6 more`."""
    rest = len(names) - most
    if rest > 0:
        return f"{', '.join(names[:most])} or one of {rest} more"
    return " or ".join(names)


def rule_states(sight: Sight) -> list[RuleState]:
    """Every rule that is shown: those that say nothing first, for they are to be muted, then those
    that matched, the gravest first; those that cannot fire last."""
    index = sight.index
    matched, events = sight.by_rule(), _events_by_format(index)
    absent = _Absent(index, events)
    muted = {mute.rule for mute in index.muted if not mute.entity}
    partly: dict[str, tuple[Mute, ...]] = {}
    for mute in sorted(index.muted, key=lambda each: each.entity):
        if mute.entity:
            partly[mute.rule] = (*partly.get(mute.rule, ()), mute)
    counts = {each: sum(map(events.get, each, repeat(0))) for each in {*index.rules.formats}}
    found = []
    ruled = zip(index.rules.rules, index.rules.formats, strict=True)
    for number, (rule, formats) in enumerate(ruled):
        if rule.shown:
            count = matched.get(number, 0)
            # What has matched, or has no logs to match, is told of by that alone.
            barring = () if count or not counts[formats] else absent.barring(number, rule, formats)
            known = count, counts[formats], formats, barring, rule.id in muted
            found.append(RuleState(rule, *known, partly.get(rule.id, ())))
    return sorted(found, key=_order)


def _order(state: RuleState) -> tuple[bool, bool, bool, int, int, str]:
    rule, silent = state.rule, not state.matched
    return (
        not state.fires_always,
        silent,
        state.cannot_fire,
        -rule.level,
        -state.matched,
        rule.title,
    )


class _Absent:
    """Fields that no record had."""

    def __init__(self, index: Index, events: dict[str, int]) -> None:
        """`events` are those of each format."""
        looked = index.looked.items()
        self._decoded = frozenset(
            field for field, (asked, seen) in looked if asked >= ASKED and not seen
        )
        self._there = index.there
        self._events = events
        known = self._decoded, frozenset(index.there)
        if index.barred[0] != known:
            index.barred = known, {}
        self._told = index.barred[1]
        self._present: dict[tuple[str, ...], tuple[str, ...]] = {}

    def barring(self, number: int, rule: Rule, formats: tuple[str, ...]) -> tuple[str, ...]:
        """Those without which a rule for these formats cannot match; none where it can."""
        present = self._present.get(formats)
        if present is None:
            present = tuple(name for name in formats if name in self._events)
            if any(self._events[name] < FEWEST for name in present):
                present = ()
            self._present[formats] = present
        found = self._told.get((number, present))
        if found is None:
            found = self._told[number, present] = self._barring(rule, present)
        return found

    def _barring(self, rule: Rule, present: Sequence[str]) -> tuple[str, ...]:
        if rule.condition is None:
            return ()
        missing = {test for test in tests_of(rule.condition) if self._lacks(test, present)}
        if not missing or decide(rule.condition, partial(_without, missing)) is not Verdict.NO:
            return ()
        return tuple(sorted({test.field for test in missing if test.field is not None}))

    def _lacks(self, test: Test, formats: Sequence[str]) -> bool:
        """Whether a comparison is with a field that no record of these formats had."""
        if test.field is None or test.field in self._there:
            return False
        if test.field in self._decoded:
            return True
        slots = [slot_for(name, test) for name in formats]
        return bool(slots) and all(slot is not None and is_watched(slot) for slot in slots)


def _without(missing: set[Test], test: Test) -> Verdict:
    """What a comparison comes to where the fields of these are missing."""
    if test not in missing:
        return Verdict.UNSURE
    return Verdict.NO if test.op == "ref" else Verdict(predicate(test)([]))


def _events_by_format(index: Index) -> dict[str, int]:
    counts = np.bincount(index.format.ids.view(), minlength=len(index.format.dictionary))
    names = index.format.dictionary.values
    return {name: int(count) for name, count in zip(names, counts, strict=False) if count}
