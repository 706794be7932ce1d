"""The rules that matched an event, and on what grounds, as lines above its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.mask import mask
from triage_tui.ui.adapters import words
from widgets.record_lines import Line, Part
from widgets.text import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.grounds import Ground
    from triage_tui.detect.ruleset import Rule
    from triage_tui.triage import Triage

_RULES, _GROUNDS = 4, 6
"""Rules of an event, and grounds of a rule, that are shown."""
_LONGEST = 160
"""Characters of a value that are shown."""


class Matched(NamedTuple):
    """A rule that matched an event."""

    rule: str
    """Its level and title, its author and licence."""
    grounds: tuple[tuple[str, str], ...] = ()
    """(field, value) of what fulfils it, nothing masked."""


def matched(triage: Triage, row: int) -> list[Matched]:
    """The rules that matched an event, the gravest first. Raises OSError."""
    found = triage.grounds(row)
    told = [Matched(_named(rule), tuple(map(_told, each[:_GROUNDS]))) for rule, each in found]
    more = len(told) - _RULES
    if more > 0:
        told[_RULES:] = [Matched(f"{words.counted(more, 'more rule')} matched: 3 lists them all")]
    return told


def _named(rule: Rule) -> str:
    whose = f"{rule.author or 'unknown'}, licence {rule.licence or 'unknown'}"
    why = "" if rule.condition is not None else "; several events together"
    return f"{rule.level.word}: {rule.title} (by {whose}{why})"


def _told(ground: Ground) -> tuple[str, str]:
    return ground.field or "in its text", ground.value


def above(told: Sequence[Matched], lines: list[Line], *, reveal: bool) -> list[Line]:
    """The lines of a record, below those that say which rules matched it; lines know others by
    their number."""
    heads = []
    for each in told:
        heads.append(Line(0, (Part("▲ ", "sign"), Part(escape(each.rule), "text"))))
        for field, value in each.grounds:
            text = f"{field}: {value}" if value else f"{field}: not there"
            shown = text if reveal else mask(text)
            cut = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
            # What is masked here has no name beside it where it is copied.
            plain = value if shown == text else None
            heads.append(Line(1, (Part(escape(cut), "note"),), value=plain))
    if not heads:
        return lines
    heads.append(Line(0, (Part("", "note"),)))
    for line in lines:
        line.parent += len(heads) if line.parent >= 0 else 0
        line.closes += len(heads) if line.closes >= 0 else 0
    return heads + lines
