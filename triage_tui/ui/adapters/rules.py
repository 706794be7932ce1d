"""The rules as rows: those that matched first, the gravest on top, those that can tell nothing
marked, and at the end those that were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.store.rulebook import RuleState, rule_states
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.detections import about
from triage_tui.ui.adapters.events import severity_cell
from widgets.columns import Cell, Column, Row
from widgets.status import StatusItem

if TYPE_CHECKING:
    from triage_tui.detect.ruleset import Refused
    from triage_tui.triage import Triage

CANNOT = "cannot fire here"
COLUMNS = (
    Column("level", "LEVEL", width=10),
    Column("rule", "RULE", min_width=34, weight=3),
    Column("matched", "MATCHED", width=7, align="right"),
    Column("remark", "REMARK", min_width=16, weight=2, drop=2),
    Column("author", "BY", min_width=14, weight=1, drop=1),
)


_REFUSED = "refused\x1f"
"""Begins the key of a row that is no rule."""


class RuleRows:
    """Implements `TableModel`: a row a rule that is shown, and a row each that was refused; of
    both those alone with a text in them, where there is one."""

    def __init__(self, triage: Triage, narrowed: str = "") -> None:
        self.narrowed = narrowed
        self.all = rule_states(triage.sight())
        self.states, self.refused = self.all, triage.index.rules.refused
        if narrowed:
            text = narrowed.lower()
            self.states = [state for state in self.all if text in _text_of(state)]
            self.refused = tuple(
                each for each in self.refused if text in f"{each.place}\n{each.reason}".lower()
            )
        keys = [state.rule.id for state in self.states]
        keys += [f"{_REFUSED}{number}" for number in range(len(self.refused))]
        self._places = {key: place for place, key in enumerate(keys)}

    def row_count(self) -> int:
        return len(self.states) + len(self.refused)

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def runs(self, key: str) -> bool:
        """Whether a row is of a rule that runs."""
        return self._places[key] < len(self.states)

    def state(self, key: str) -> RuleState:
        """The rule with an id."""
        return self.states[self._places[key]]

    def title(self, key: str) -> str:
        """What a row is about."""
        if self.runs(key):
            return self.state(key).rule.title
        return self._refused(key).place

    def _refused(self, key: str) -> Refused:
        return self.refused[self._places[key] - len(self.states)]

    def row(self, index: int) -> Row:
        if index >= len(self.states):
            return self._refused_row(index - len(self.states))
        state = self.states[index]
        rule = state.rule
        quiet = state.muted or not state.matched
        return Row(
            rule.id,
            (
                Cell("muted", "dim") if state.muted else severity_cell(rule.level),
                Cell(rule.title, "dim" if quiet else ""),
                Cell(words.number(state.matched) if state.matched else "", "dim" if quiet else ""),
                Cell(CANNOT if state.cannot_fire else _remark(state), _remark_style(state)),
                Cell(rule.author or "unknown", "dim"),
            ),
        )

    def _refused_row(self, number: int) -> Row:
        refused = self.refused[number]
        file = refused.place.rpartition("/")[2]
        return Row(
            f"{_REFUSED}{number}",
            (Cell("refused", "bad"), Cell(file), Cell(""), Cell(refused.reason, "dim"), Cell("")),
        )

    def lines(self, key: str) -> list[tuple[str, str]]:
        """(text, style) of what there is to say about a rule."""
        if not self.runs(key):
            refused = self._refused(key)
            return [
                ("refused: it does not run", "bad"),
                (refused.reason, ""),
                (refused.place, "dim"),
            ]
        state = self.state(key)
        found = [(state.remark, _remark_style(state))] if state.remark else []
        if state.muted:
            found.append(("muted: nothing is heard of it, and it counts for no risk", "medium"))
        for mute in state.muted_for:
            why = f" ({mute.reason})" if mute.reason else ""
            found.append((f"muted for {mute.entity}{why}; x hears of it there again", "medium"))
        return found + [(line, "") for line in about(state.rule).splitlines()[1:]]


def _text_of(state: RuleState) -> str:
    """What a rule is found by."""
    rule = state.rule
    muted = "\n".join(("muted" if state.muted else "", *(f"muted {m}" for m in state.muted_for)))
    parts = (rule.title, rule.level.word, rule.author, rule.id, rule.path, state.remark, muted)
    return "\n".join((*parts, rule.description, *rule.tags)).lower()


def _remark(state: RuleState) -> str:
    entities = words.counted(len(state.muted_for), "entity", "entities")
    return state.remark or (f"muted for {entities}" if state.muted_for else "")


def _remark_style(state: RuleState) -> str:
    return "medium" if state.fires_always else "dim"


def head(triage: Triage, rows: RuleRows) -> tuple[list[StatusItem], list[StatusItem]]:
    """How many there are, what they detected, and which can tell nothing."""
    states = rows.all
    left = [
        StatusItem("Rules", "strong", 9),
        StatusItem(words.number(len(states)), "dim", 8),
        StatusItem(words.counted(triage.sight().detected, "match", "matches"), "", 7),
    ]
    refused = len(triage.index.rules.refused)
    if refused:
        left.append(StatusItem(f"{words.number(refused)} refused", "bad", 6))
    for text, count, style in (
        ("fire on everything", sum(state.fires_always for state in states), "warning"),
        ("cannot fire here", sum(state.cannot_fire for state in states), "dim"),
        ("muted", sum(state.muted for state in states), "dim"),
        ("muted for somebody", sum(bool(state.muted_for) for state in states), "dim"),
    ):
        if count:
            left.append(StatusItem(f"{words.number(count)} {text}", style, 4))
    if not rows.narrowed:
        return left, []
    found = words.counted(rows.row_count(), "rule")
    return left, [StatusItem(f"{found} with {rows.narrowed!r}", "accent", 8)]


def foot(triage: Triage) -> tuple[list[StatusItem], list[StatusItem]]:
    """What became of correlations, and which rules were refused."""
    run = triage.correlating.correlator
    parts = [
        words.counted(run.revised, "detection") + " revised by late events" if run.revised else "",
        f"{words.number(run.late)} signals too late" if run.late else "",
        f"{words.number(run.evicted)} groups given up" if run.evicted else "",
    ]
    items = [StatusItem(part, "dim", 5) for part in parts if part]
    refused = triage.index.rules.refused
    if refused:
        items.append(StatusItem(f"{words.number(len(refused))} refused, at the end", "bad", 3))
    return items, []


def empty_words(narrowed: str) -> str:
    """What a table without rules says."""
    return f"no rule has {narrowed!r} in it; Esc shows all" if narrowed else EMPTY


EMPTY = "no rule runs: name some with --rules, or in [rules] of the config"
