"""Runs our own pack over records, as the program does."""

from __future__ import annotations

from array import array
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tests.rules import pack
from triage_tui import formats
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.detect.packs import FOLDER
from triage_tui.model import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.ruleset import Rule, RuleSet


@cache
def rules() -> RuleSet:
    """Our own pack."""
    found = pack(FOLDER)
    assert not found.refused, found.refused
    return found


@cache
def by_title() -> dict[str, Rule]:
    """The rules whose matches are detections."""
    return {rule.title: rule for rule in rules().rules if rule.shown}


def folder(rule: Rule) -> str:
    """The noun that a rule is kept under."""
    return PurePosixPath(rule.path).parent.name


@cache
def _matcher() -> RuleMatcher:
    return RuleMatcher(rules())


def found(records: Sequence[bytes], header: bytes = b"") -> list[set[str]]:
    """Per record the titles of the rules that match it, through the reader of single records and,
    where it can, the one in bulk. Those of correlations are not among them."""
    one_by_one = _run(records, header, base=None)
    assert _run(records, header, base=0) == one_by_one, "in bulk it is otherwise"
    return one_by_one


def _run(records: Sequence[bytes], header: bytes, base: int | None) -> list[set[str]]:
    starts, at = array("Q"), 0
    for record in records:
        starts.append(at)
        at += len(record) + 1
    lengths = array("Q", map(len, records))
    batch = Batch(0, b"\n".join(records), starts, lengths, 0, base, header=header)
    columns = formats.decode(batch, matcher=_matcher())
    assert len(columns) == len(records), "a record is no row, or several"
    titles: list[set[str]] = [set() for _ in records]
    for row, number in zip(columns.hits.row, columns.hits.rule, strict=True):
        rule = rules().rules[number]
        if rule.shown:
            titles[row].add(rule.title)
    return titles
