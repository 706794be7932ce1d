"""Runs our own pack over records, as the program does."""

from __future__ import annotations

import asyncio
from array import array
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from tests.rules import own_pack
from tests.unit.test_triage import load
from triage_tui.decoding import Decoders
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.formats.decode import decode
from triage_tui.model import Batch, Kind, Severity
from triage_tui.store.detections import strengths
from triage_tui.store.filters import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.pack.cases import Case
    from triage_tui.detect.ruleset import Rule, RuleSet


@cache
def rules() -> RuleSet:
    """Our own pack."""
    found = own_pack()
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
    columns = decode(batch, matcher=_matcher())
    assert len(columns) == len(records), "a record is no row, or several"
    titles: list[set[str]] = [set() for _ in records]
    for row, number in zip(columns.hits.row, columns.hits.rule, strict=True):
        rule = rules().rules[number]
        if rule.shown:
            titles[row].add(rule.title)
    return titles


class Detection(NamedTuple):
    """That a rule found something about somebody."""

    title: str
    level: Severity
    """The rule's, or one less where all that it matched was refused."""
    kind: Kind
    key: str
    """Of the entity."""


def detections(path: Path) -> set[Detection]:
    """What is detected in a file or folder, by the whole of a triage."""
    triage = load([str(path)], Decoders(1, rules=rules()))
    found: dict[tuple[str, Kind, str], Severity] = {}
    try:
        for kind in (Kind.IP, Kind.PRINCIPAL):
            ranking = triage.look(kind, ALL)
            every = ranking.sight.detections(kind)
            levels = strengths(every, triage.index)
            for entity, rule, level in zip(every.ids, every.rules, levels, strict=True):
                place = rules().rules[int(rule)].title, kind, ranking.key(int(entity))
                found[place] = max(found.get(place, Severity.NONE), Severity(int(level)))
    finally:
        asyncio.run(triage.close())
    return {Detection(title, level, kind, key) for (title, kind, key), level in found.items()}


def written(records: Sequence[bytes], folder: Path, header: bytes = b"") -> Path:
    """Records as a file."""
    path = folder / "records.log"
    path.write_bytes(b"\n".join([*([header] if header else []), *records]) + b"\n")
    return path


def judge(case: Case, folder: Path) -> None:
    """Demands that the rule of a case fires, and is silent where it has to be."""
    if by_title()[case.title].correlation is None:
        assert all(case.title in titles for titles in found(case.fires))
        assert not any(case.title in titles for titles in found(case.silent))
        return
    assert case.title in {each.title for each in detections(written(case.fires, folder))}
    assert case.title not in {each.title for each in detections(written(case.silent, folder))}
