"""Rules for tests: compiled from text, and run over records as the program runs them.

A record is bytes, or a table that becomes JSON. Each goes through the reader of single records and,
where it can, through the one in bulk: both have to agree.
"""

import json
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from triage_tui.detect.matcher import RuleMatcher
from triage_tui.detect.packs import OWN, RuleFile, load
from triage_tui.detect.ruleset import RuleSet
from triage_tui.detect.sigma import compile_files
from triage_tui.formats.decode import decode
from triage_tui.model import Batch

Record = bytes | dict[str, object]


def compiled(*texts: str, placeholders: Mapping[str, Sequence[str]] | None = None) -> RuleSet:
    """Rules from YAML. What is refused is in `refused`."""
    files = [RuleFile(f"rules-{n}.yml", text.encode()) for n, text in enumerate(texts, 1)]
    return compile_files(files, placeholders)


def rule(detection: str, logsource: str = "product: aws\n  service: cloudtrail") -> RuleSet:
    """One rule with this detection, in YAML."""
    indented = "\n".join(f"  {line}" for line in detection.strip().splitlines())
    found = compiled(f"title: T\nlogsource:\n  {logsource}\ndetection:\n{indented}\n")
    assert not found.refused, found.refused
    return found


@cache
def own_pack() -> RuleSet:
    """Our own pack, compiled once."""
    return load([OWN])


def pack(*paths: Path | str) -> RuleSet:
    """The rules of files and folders."""
    return load([str(path) for path in paths])


def hits(rules: RuleSet, *records: Record, header: bytes = b"") -> list[list[str]]:
    """Per record the ids of the rules that match it, in the rules' order."""
    matcher = RuleMatcher(rules)
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in records]
    one_by_one = _run(matcher, lines, header, base=None)
    assert _run(matcher, lines, header, base=0) == one_by_one, "in bulk it is otherwise"
    return one_by_one


def matches(rules: RuleSet, record: Record, header: bytes = b"") -> bool:
    """Whether any rule matches a record."""
    return bool(hits(rules, record, header=header)[0])


def batch_of(lines: Sequence[bytes], header: bytes = b"", base: int | None = None) -> Batch:
    """Records as one batch."""
    starts, at = array("Q"), 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    lengths = array("Q", map(len, lines))
    return Batch(0, b"\n".join(lines), starts, lengths, 0, base, header=header)


def _run(
    matcher: RuleMatcher, lines: Sequence[bytes], header: bytes, base: int | None
) -> list[list[str]]:
    columns = decode(batch_of(lines, header, base), matcher=matcher)
    assert len(columns) == len(lines), "a record is no row, or several"
    found: list[list[str]] = [[] for _ in lines]
    for row, number in zip(columns.hits.row, columns.hits.rule, strict=True):
        found[row].append(matcher.rules.rules[number].id)
    return found
