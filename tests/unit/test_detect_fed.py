"""What records feed to correlations is the same whether it was read in bulk, read one by one, or
decoded."""

import json
from collections.abc import Sequence
from itertools import product

import pytest

from tests.rules import batch_of, compiled
from triage_tui.detect.correlate import BETWEEN
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.formats.decode import decode

RULES = (
    """
title: Refused
name: refused
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventSource: dynamodb.amazonaws.com}
  condition: s
""",
    """
title: Several
name: several
correlation:
  type: value_count
  rules: [refused]
  group-by: [awsRegion, eventName]
  timespan: 1h
  condition: {field: errorCode, gte: 2}
""",
)
ABSENT = object()
PLAIN = (ABSENT, None, "", "AccessDenied")
ODD = (404, ["Throttled", "other"], {"code": "x"}, True, 1.5)


def record(number: int, error: object, region: object) -> dict[str, object]:
    found = {
        "eventVersion": "1.11",
        "eventTime": "2026-03-15T02:13:00Z",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteItem",
        "errorCode": error,
        "awsRegion": region,
    }
    return {name: value for name, value in found.items() if value is not ABSENT}


def fed(records: Sequence[dict[str, object]]) -> list[tuple[int, str, str]]:
    """(record, what it is grouped by, what is counted)."""
    matcher = RuleMatcher(compiled(*RULES))
    hits = decode(batch_of([json.dumps(each).encode() for each in records]), matcher=matcher).hits
    feed = hits.feed
    assert feed is not None
    told = zip(feed.row, feed.group, feed.value, strict=True)
    return [(row, feed.texts[group], feed.texts[value]) for row, group, value in told]


def text(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0]
    if isinstance(value, bool):
        return str(value).lower()
    return None if isinstance(value, dict) or value is None else str(value)


@pytest.mark.parametrize("values", [PLAIN, (*PLAIN, *ODD)], ids=["plain", "odd"])
def test_what_a_record_feeds_is_what_stands_in_it(values: Sequence[object]) -> None:
    records = [record(number, *each) for number, each in enumerate(product(values, values))]
    expected = [
        (row, BETWEEN.join((text(each.get("awsRegion")) or "", "DeleteItem")), value)
        for row, each in enumerate(records)
        if (value := text(each.get("errorCode"))) is not None
    ]
    assert fed(records) == expected
    assert [(0, *told) for each in records for _, *told in fed([each])] == [
        (0, *told) for _, *told in expected
    ]


def test_what_was_read_is_not_decoded_again() -> None:
    matcher = RuleMatcher(compiled(*RULES))
    lines = [json.dumps(record(0, "AccessDenied", "eu-west-1")).encode()]
    hits = decode(batch_of(lines), matcher=matcher).hits
    assert hits.feed is not None
    assert hits.feed.row
    assert hits.looked == {}
