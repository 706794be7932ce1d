"""What correlations need of records that their rules match: what to group by, what to count."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple, Protocol

from triage_tui.model import Feed

from .correlate import BETWEEN, inputs_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .ruleset import RuleSet


class Record(Protocol):
    """A record that can be asked for what fields hold."""

    def text(self, field: str) -> str | None:
        """The first value of a field that is text or a number."""
        ...


class FeedInto(NamedTuple):
    """A correlation that a rule feeds."""

    input: int
    group_by: tuple[str, ...]
    """Fields, as this rule's records name them."""
    fields: tuple[str, ...]


def feeds_of(rules: RuleSet) -> dict[int, list[FeedInto]]:
    """By rule number the correlations that it feeds."""
    found: dict[int, list[FeedInto]] = {}
    for source, inputs in inputs_of(rules).items():
        rule = rules.rules[source]
        if rule.condition is None:
            continue  # a correlation, whose detections feed others
        for number, each in inputs:
            correlation = rules.rules[each.correlation].correlation
            if correlation is not None:
                named = {
                    field: ids.get(rule.id, field) for field, ids in correlation.aliases.items()
                }
                found.setdefault(source, []).append(
                    FeedInto(
                        number,
                        tuple(named.get(field, field) for field in correlation.group_by),
                        tuple(named.get(field, field) for field in correlation.fields),
                    )
                )
    return found


class Feeder:
    """Collects what a batch feeds into correlations."""

    def __init__(self, feeds: Mapping[int, Sequence[FeedInto]]) -> None:
        self._feeds = feeds
        self._numbers = {"": 0}
        self.feed = Feed(array("I"), array("I"), array("I"), array("I"), [""])

    def add(self, row: int, rules: Sequence[int], record: Record) -> None:
        """Takes in a record that these rules matched. What lacks all that events are grouped by,
        or any of what is counted, feeds nothing."""
        feed = self.feed
        groups: dict[tuple[str, ...], int | None] = {}  # many correlations group by the same
        for rule in rules:
            for into in self._feeds.get(rule, ()):
                value = list(map(record.text, into.fields))
                if None in value:
                    continue
                fields = into.group_by
                if fields not in groups:
                    groups[fields] = self._group(fields, record)
                group = groups[fields]
                if group is None:
                    continue
                feed.row.append(row)
                feed.input.append(into.input)
                feed.group.append(group)
                feed.value.append(self._number(BETWEEN.join(text or "" for text in value)))

    def _group(self, fields: tuple[str, ...], record: Record) -> int | None:
        """The number of what a record is grouped by; None where it has nothing of it."""
        texts = list(map(record.text, fields))
        if fields and not any(texts):
            return None
        return self._number(BETWEEN.join(text or "" for text in texts))

    def _number(self, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.feed.texts)
            self.feed.texts.append(text)
        return number
