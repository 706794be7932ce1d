"""CloudTrail in bulk gives what record by record gives, whatever stands among the lines."""

from __future__ import annotations

import json
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode
from triage_tui.model import Batch, Texts

if TYPE_CHECKING:
    from triage_tui.model import Columns


def record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::1:user/u{number % 3}"},
        "eventTime": f"2026-03-01T02:13:{number % 60:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": f"198.51.100.{number % 7}",
        "userAgent": "Boto3/1.34",
        "requestParameters": {"bucketName": "b", "key": f"k{number}"},
        "responseElements": None,
        "eventID": f"5f2f2b3c-0000-4000-8000-{number:012}",
        "recipientAccountId": "111122223333",
        **changes,
    }


CHANGES: list[dict[str, Any]] = [
    {},
    {"errorCode": "AccessDenied"},
    {"errorCode": "Client.InvalidParameter", "recipientAccountId": None},
    {"sourceIPAddress": "rds.amazonaws.com"},
    {"userIdentity": {"type": "AWSService", "invokedBy": "config.amazonaws.com"}},
    {"userIdentity": {"type": "IAMUser", "userName": "x", "invokedBy": "AWS Internal"}},
    {"userIdentity": None, "recipientAccountId": ""},
    {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}
    | {"responseElements": {"ConsoleLogin": "Failure"}},
    {"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole"}
    | {"responseElements": {"assumedRoleUser": {"arn": "arn:x", "assumedRoleId": "A:s"}}},
    {"eventID": None},
    {"eventID": ""},
    {"eventName": ""},
    {"eventSource": "aws:s3"},
    {"eventTime": "yesterday"},
    {"eventTime": "2026-03-01T02:13:07.25Z"},
    {"eventTime": "20260301T021307.107Z"},
    {"eventTime": "2026-03-01T04:13:07+02:00"},
    {"eventTime": "2026-03-01T02:99:07Z"},
    {"eventTime": None, "@timestamp": "2026-03-01T02:13:00Z"},
    {"insightDetails": {"state": "Start"}},
    {"insightDetails": None},
    {"userAgent": 7},
    {"requestParameters": "text"},
    {"resources": [{"ARN": "arn:aws:s3:::b"}]},
    {"\ud800": "\ud800"},
]


def columns(lines: list[bytes], *, plain: bool) -> Columns:
    data = b"\n".join(lines)
    starts = array("Q", accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
    lengths = array("Q", map(len, lines))
    return decode(Batch(3, data, starts, lengths, 5, 100 if plain else None))


def said(columns: Columns, name: str) -> object:
    """A column; of texts what they say, for the numbers behind them may differ."""
    value = getattr(columns, name)
    return [value.values[number] for number in value.ids] if isinstance(value, Texts) else value


@given(st.lists(st.sampled_from([*CHANGES[:9], *CHANGES]), min_size=1, max_size=30), st.booleans())
def test_the_same_rows_as_record_by_record(changes: list[dict[str, Any]], junk: bool) -> None:
    lines = [json.dumps(record(number, **change)).encode() for number, change in enumerate(changes)]
    if junk:
        lines.insert(len(lines) // 2, b'{"eventName": "x"')
    bulk, each = columns(lines, plain=True), columns(lines, plain=False)
    for name in bulk.__struct_fields__:
        if name not in ("offset", "spooled", "spill"):
            assert said(bulk, name) == said(each, name), name
    assert [each.spill[o : o + n] for o, n in zip(each.offset, each.length, strict=True)] == lines
    data = b"\n".join(lines)
    assert [data[o - 100 :][:n] for o, n in zip(bulk.offset, bulk.length, strict=True)] == lines


def test_bulk_is_what_plain_files_get(monkeypatch: Any) -> None:
    lines = [json.dumps(record(number)).encode() for number in range(1500)]
    monkeypatch.setattr("triage_tui.formats.cloudtrail.CloudTrail.read", None)
    found = columns(lines, plain=True)
    assert len(found) == 1500
    assert found.who[:4].tolist() == [1, 2, 3, 1]
