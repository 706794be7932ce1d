"""On what grounds a rule matched a record: which of its fields had what the rule asks for."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.formats.decode import decode
from triage_tui.formats.settings import DEFAULT
from triage_tui.model import Batch, Hits

from .comparing import predicate, refers
from .engine import View
from .presence import Presence
from .ruleset import And, Not, Or, Test
from .texts import keyword_text
from .trail import TrailRecords
from .values import texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.formats.rows import Rows
    from triage_tui.formats.seen import Read, Seen, Trail
    from triage_tui.formats.settings import FormatSettings

    from .ruleset import Node, Rule


class Ground(NamedTuple):
    """A field, and the value by which a comparison holds."""

    field: str
    """"" for a keyword, which is looked for in the whole record."""
    value: str
    """As it is in the record; of a keyword what was looked for; "" for a field that is to be
    missing."""


class _Catcher:
    """Takes what a format reads of a record, as rules would. Implements `formats.seen.Matcher`, and
    its `Matching`."""

    def __init__(self) -> None:
        self.seen: Seen | None = None

    def begin(self, rows: Rows) -> _Catcher:
        return self

    def read(self, first: int, read: Read) -> None:
        self.seen = read.seen(0)

    def trail(self, first: int, trail: Trail) -> None:
        self.seen = TrailRecords(trail).seen(0)

    def hits(self) -> Hits:
        return Hits(array("I"), array("I"))


def seen_of(raw: bytes, header: bytes = b"", settings: FormatSettings = DEFAULT) -> Seen | None:
    """One record as rules see it; None for what no rule sees."""
    catcher = _Catcher()
    batch = Batch(0, raw, array("Q", (0,)), array("Q", (len(raw),)), 0, None, header=header)
    decode(batch, settings, matcher=catcher)
    return catcher.seen


def grounds(rule: Rule, seen: Seen) -> list[Ground]:
    """What of a record fulfils a rule's condition, each once; none where it does not hold, and for
    correlations. What must not be there is no ground."""
    if rule.condition is None:
        return []
    view = View(seen, Presence())
    holds, found = _judged(rule.condition, view)
    return list(dict.fromkeys(found)) if holds else []


def _judged(node: Node, view: View) -> tuple[bool, list[Ground]]:
    """Whether it holds, and on what grounds."""
    match node:
        case Test():
            found = list(_of_test(node, view))
            return bool(found), found
        case Not(item):
            return not _judged(item, view)[0], []
        case And(items):
            parts = [_judged(item, view) for item in items]
            return all(holds for holds, _ in parts), [each for _, found in parts for each in found]
        case Or(items):
            held = [found for holds, found in (_judged(item, view) for item in items) if holds]
            return bool(held), [each for found in held for each in found]


def _of_test(test: Test, view: View) -> Iterator[Ground]:
    """The value by which a comparison holds: of several, the first that does by itself."""
    if test.field is None:
        text = keyword_text(view.seen).decode("utf-8", "replace")
        if predicate(test)([text]):
            yield Ground("", test.value or "*".join(test.parts))
        return
    values = view.values(test.field)
    if test.op == "ref":
        if refers(test, values, view.values(test.value)):
            yield Ground(test.field, _text(values))
        return
    decide = predicate(test)
    if decide(values):
        alone = next((value for value in values if decide([value])), None)
        yield Ground(test.field, _text(values if alone is None else [alone]))


def _text(values: list[object]) -> str:
    return next((text for value in values for text in texts_of(value)), "")
