"""On what grounds a rule matched: they are there wherever it did, and nowhere else."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.rules import Record, hits, own_pack, rule
from triage_tui.demo import incident_files
from triage_tui.detect.grounds import Ground, grounds, seen_of
from triage_tui.detect.logsources import formats_of

TRAIL: dict[str, object] = {
    "eventVersion": "1.11",
    "eventID": "00000000-0000-4000-8000-000000000001",
    "eventTime": "2026-03-15T02:00:00Z",
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.9",
    "userIdentity": {"type": "IAMUser", "userName": "maria", "arn": "arn:aws:iam::1:user/maria"},
    "requestParameters": {"name": ["main", "other"], "size": 12},
}


def told(detection: str, record: Record = TRAIL) -> list[Ground]:
    (found,) = rule(detection).rules
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    seen = seen_of(raw)
    assert seen is not None
    return grounds(found, seen)


@pytest.mark.parametrize(
    ("detection", "found"),
    [
        ("s: {eventName: StopLogging}\ncondition: s", [("eventName", "StopLogging")]),
        (
            "s: {eventName|startswith: Stop, requestParameters.name: other}\ncondition: s",
            [("eventName", "StopLogging"), ("requestParameters.name", "other")],
        ),
        (
            "a: {eventName: DeleteTrail}\nb: {requestParameters.size|gt: 9}\ncondition: 1 of *",
            [("requestParameters.size", "12")],
        ),
        (
            "a: {eventName: StopLogging}\nb: {userAgent: x}\ncondition: a and not b",
            [("eventName", "StopLogging")],
        ),
        ("a: {errorCode: null}\ncondition: a", [("errorCode", "")]),
        ("a:\n  - other\n  - nowhere\ncondition: a", [("", "other")]),
        ("s: {eventName: StartLogging}\ncondition: s", []),
        ("a: {eventName: StopLogging}\nb: {eventName: X}\ncondition: a and b", []),
    ],
)
def test_what_fulfils_a_rule_is_told(detection: str, found: list[tuple[str, str]]) -> None:
    assert told(detection) == found


def _records() -> Iterator[bytes]:
    """Some of each file of the incident that is in lines."""
    for path in incident_files():
        if path.name.endswith(".jsonl.gz"):
            with gzip.open(path) as lines:
                yield from (line.rstrip(b"\n") for line in islice(lines, 0, 3_000, 25))


def test_there_are_grounds_where_a_rule_matched_and_nowhere_else() -> None:
    pack = own_pack()
    records = [line for line in _records() if line.startswith(b"{")]
    matched = hits(pack, *records)
    assert sum(map(bool, matched)) > 30
    for record, ids in zip(records, matched, strict=True):
        seen = seen_of(record)
        assert seen is not None
        for name in ids:
            assert grounds(pack.rules[pack.numbers[name]], seen), (name, record)
        for other in pack.rules[::11]:
            if other.id not in ids and seen.format in formats_of(other.logsource):
                assert not grounds(other, seen), (other.title, record)
