"""Log events in bulk, as live sources bring them: the quick way gives what the slow one gives."""

import json
from array import array
from contextlib import AbstractContextManager
from itertools import accumulate
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_formats_decode import RECORDS, formats, raws, rows_of
from triage_tui.aws.logrecord import record
from triage_tui.aws.seen import LogEvent
from triage_tui.formats.decode import _Decoder, decode
from triage_tui.model import Batch

TRAIL = RECORDS["cloudtrail"]
LINE = json.dumps(TRAIL)
MESSAGES = (
    LINE,
    LINE,
    json.dumps(TRAIL | {"eventID": "another", "userAgent": "Бот/1"}, ensure_ascii=False),
    json.dumps(TRAIL | {"eventID": "denied", "errorCode": "AccessDenied"}),
    json.dumps(TRAIL | {"eventID": "half", "userAgent": "\ud800"}),
)
ODD = (
    json.dumps(TRAIL, indent=1),
    f" {LINE}\n",
    f"{LINE}\n{LINE}",
    json.dumps(TRAIL | {"eventID": None}),
    json.dumps(TRAIL | {"eventName": 3}),
    json.dumps(RECORDS["waf"]),
    "plain words",
    '{"broken": ',
    "",
    "\ud800",
)
EVENTS = st.builds(
    LogEvent,
    message=st.sampled_from(MESSAGES) | st.sampled_from(MESSAGES + ODD),
    stream=st.sampled_from(("", "a", "b" * 3000)),
    time=st.integers(0, 3),
    ingested=st.integers(0, 3),
)


def batch_of(records: list[bytes]) -> Batch:
    lengths = array("Q", map(len, records))
    starts = array("Q", [*accumulate(lengths, initial=0)][:-1])
    return Batch(7, b"".join(records), starts, lengths, received=99, origin="logs eu-west-1")


def one_by_one() -> AbstractContextManager[object]:
    return patch.object(_Decoder, "read_log_events", lambda *_: False)


@given(st.lists(EVENTS, min_size=1, max_size=8), st.sampled_from(("1:/shop/a", "")))
def test_it_is_what_reading_one_by_one_gives(events: list[LogEvent], group: str) -> None:
    batch = batch_of([record(event, group) for event in events])
    found, received = rows_of([batch], b""), decode(batch).received
    with one_by_one():
        assert found == rows_of([batch], b"")
        assert received == decode(batch).received


def test_usual_records_take_the_quick_way() -> None:
    events = [LogEvent("s", 5, 6, message) for message in MESSAGES[:4]]
    batch = batch_of([record(event, "1:/shop/a") for event in events])
    with patch.object(_Decoder, "read", side_effect=AssertionError("one by one")):
        columns = decode(batch)
    assert formats(columns) == ["cloudtrail"] * 4
    assert raws(columns, b"") == [message.encode() for message in MESSAGES[:4]]
    assert columns.received == 6_000_000


@pytest.mark.parametrize("data", [b'{"message":"', b'{"message":"x"}', b'{"message":"{}","a":"b"}'])
def test_what_only_begins_like_it_is_no_log_event(data: bytes) -> None:
    batch = batch_of([data, record(LogEvent("s", 1, 1, LINE), "g")])
    with one_by_one():
        slow = rows_of([batch], b"")
    assert rows_of([batch], b"") == slow
