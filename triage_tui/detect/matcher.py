"""Runs rules on records as they are decoded: many of one format together."""

from __future__ import annotations

from array import array
from itertools import groupby
from typing import TYPE_CHECKING

from triage_tui.model import Hits

from .engine import Engine
from .feeding import Feeder, feeds_of
from .logsources import formats_of
from .records import ReadRecords
from .trail import TrailRecords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.formats.rows import Rows
    from triage_tui.formats.seen import Read, Trail

    from .records import Records
    from .ruleset import Rule, RuleSet


class RuleMatcher:
    """A rule set, ready to run. Implements `formats.seen.Matcher`."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        by_format: dict[str, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(rules.rules):
            if rule.condition is not None:
                for name in formats_of(rule.logsource):
                    by_format.setdefault(name, []).append((number, rule))
        self._by_format = by_format
        self._engines: dict[str, Engine | None] = {}
        self.shown = [rule.shown for rule in rules.rules]
        """Per rule whether its matches are detections."""
        self.feeds = feeds_of(rules)
        """By rule the correlations that it feeds."""
        self.feeding = frozenset(self.feeds)

    def begin(self, rows: Rows) -> RuleMatching | None:
        """Begins a batch."""
        return RuleMatching(self) if self._by_format else None

    def engine(self, format: str) -> Engine | None:  # noqa: A002 - the contract's word
        """What runs the rules of a format; made when its first record comes."""
        if format not in self._engines:
            rules = self._by_format.get(format)
            self._engines[format] = Engine(format, rules) if rules else None
        return self._engines[format]

    def take_looked(self) -> tuple[dict[str, tuple[int, int]], frozenset[str]]:
        """Since it was last asked: which fields had to be decoded, and which others there are."""
        found: dict[str, tuple[int, int]] = {}
        there: frozenset[str] = frozenset()
        # As a list at once: another thread may be decoding.
        for engine in list(self._engines.values()):
            if engine is not None:
                there |= engine.presence.take_there()
                for field, (asked, seen) in engine.presence.take_decoded().items():
                    before = found.get(field, (0, 0))
                    found[field] = before[0] + asked, before[1] + seen
        return found, there


class RuleMatching:
    """One batch. Implements `formats.seen.Matching`."""

    def __init__(self, matcher: RuleMatcher) -> None:
        self._matcher = matcher
        self._rows, self._rules = array("I"), array("I")
        self._feed = Feeder(matcher.feeds) if matcher.feeds else None

    def read(self, first: int, read: Read) -> None:
        # Where several formats come by turns, each turn is matched by itself, for hits come in the
        # order of rows.
        count = len(read.format)
        if read.format.count(read.format[0]) == count:
            self._read(first, read)
            return
        start = 0
        for _, turn in groupby(read.format):
            end = start + sum(1 for _ in turn)
            self._read(first + start, read.between(start, end))
            start = end

    def _read(self, first: int, read: Read) -> None:
        """Matches records of one format."""
        engine = self._matcher.engine(read.format[0])
        if engine is not None:
            self._match(engine, range(first, first + len(read.format)), ReadRecords(read))

    def trail(self, first: int, trail: Trail) -> None:
        engine = self._matcher.engine("cloudtrail")
        if engine is not None:
            self._match(engine, range(first, first + len(trail.records)), TrailRecords(trail))

    def _match(self, engine: Engine, rows: Sequence[int], records: Records) -> None:
        shown, feeding = self._matcher.shown, self._matcher.feeding
        for place, numbers in engine.match(records):
            row = rows[place]
            for number in numbers:
                if shown[number]:
                    self._rows.append(row)
                    self._rules.append(number)
            if self._feed is not None and not feeding.isdisjoint(numbers):
                self._feed.add(row, numbers, engine.fed(records, place))

    def hits(self) -> Hits:
        feed = self._feed.feed if self._feed is not None else None
        return Hits(self._rows, self._rules, feed, *self._matcher.take_looked())
