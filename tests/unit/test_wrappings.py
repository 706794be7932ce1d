"""What logs come wrapped in: each family, where its pieces lie, and what is no wrapping."""

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pytest

from triage_tui.wrappings import Piece, unwrap

Write: TypeAlias = Callable[[object], bytes]

RECORDS = [{"eventName": "A", "n": [1, {"x": "]}"}]}, {"eventName": 'B "q" \\', "é": "ü"}, {}]


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def indented(value: object) -> bytes:
    return json.dumps(value, indent=3).encode()


def bodies(raw: bytes) -> list[bytes]:
    pieces = unwrap(raw)
    assert pieces is not None
    return [piece.of(raw) for piece in pieces]


def values(raw: bytes) -> Sequence[object]:
    return [json.loads(body) for body in bodies(raw)]


@pytest.mark.parametrize("write", [compact, indented])
@pytest.mark.parametrize(
    "key", ["Records", "Findings", "findings", pytest.param(None, id="plain array")]
)
def test_each_element_of_a_list_is_a_span_of_the_document(write: Write, key: str | None) -> None:
    raw = write(RECORDS if key is None else {"before": [1, "]"], key: RECORDS, "after": "x"})
    pieces = unwrap(raw)
    assert pieces is not None
    assert all(piece.data is None and piece.whole for piece in pieces)
    assert [json.loads(piece.of(raw)) for piece in pieces] == RECORDS
    starts = [piece.start for piece in pieces]
    assert starts == sorted(starts)


def test_an_empty_list_holds_nothing() -> None:
    assert unwrap(b'{"Records": []}') == []
    assert unwrap(b" [ ] ") == []
    assert unwrap(b'{"events":[],"searchedLogStreams":[]}') == []


def test_elements_that_are_no_objects_are_pieces_all_the_same() -> None:
    assert bodies(b'{"Records":[{"a":1}, null,2 ,"x"]}') == [b'{"a":1}', b"null", b"2", b'"x"']


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"plain text",
        b"[error] 12#12: *1 open() failed",
        b"[1, 2, 3]",
        b"[",
        b"{",
        b'{"Records"',
        b'{"Records": 5}',
        b'{"Records": ["a", "b"]}',
        b'{"inner": {"Records": [{"a": 1}]}}',
        b'{"Records": [{"a":1}], "Records": [{"b":2}]}',
        b'{"events": [{"name": "x"}]}',
        b'{"Events": [{"EventId": "x"}]}',
        b'{"CloudTrailEvent": 5}',
        b'{"detail-type": "x", "source": "y", "detail": "text"}',
        b'{"detail-type": 5, "source": "y", "detail": {}}',
        b'{"detail-type": "x", "source": "y", "detail": {"a": 1}',
        b'{"timestamp": 5, "message": "an application\'s own line"}',
        b'{"timestamp": 5, "message": "x", "logStreamName": "s", "level": "INFO"}',
        b'{"logEvents": [{"id": "1", "timestamp": 5, "message": "x"}]}',
        b'{"source": "x", "received": 5, "message": "no position"}',
        b"{a}{b}c",
    ],
)
def test_what_is_no_wrapping_is_left_alone(raw: bytes) -> None:
    assert unwrap(raw) is None


def lookup_element(record: object) -> dict[str, object]:
    text = json.dumps(record)
    return {"EventId": "1", "EventTime": 1.5, "Resources": [], "CloudTrailEvent": text}


@pytest.mark.parametrize("write", [compact, indented])
def test_lookup_events_hold_records_as_text(write: Write) -> None:
    raw = write({"NextToken": "x", "Events": [lookup_element(record) for record in RECORDS]})
    assert values(raw) == RECORDS
    assert values(write(lookup_element(RECORDS[1]))) == [RECORDS[1]]


def test_an_element_without_its_record_is_a_piece_itself() -> None:
    raw = compact({"Events": [{"EventId": "1"}, lookup_element(RECORDS[0])]})
    assert values(raw) == [{"EventId": "1"}, RECORDS[0]]


@pytest.mark.parametrize("write", [compact, indented])
@pytest.mark.parametrize("detail_first", [True, False])
def test_an_eventbridge_envelope_holds_its_detail(write: Write, detail_first: bool) -> None:
    head: dict[str, object] = {
        "version": "0",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
    }
    detail: dict[str, object] = {"detail": {"Id": "1", "detail": {"no": 1}}}
    raw = write({**detail, **head} if detail_first else {**head, **detail, "time": "x"})
    pieces = unwrap(raw)
    assert pieces is not None
    assert [piece.data for piece in pieces] == [None]
    assert values(raw) == [detail["detail"]]


def log_event(message: str, **more: object) -> dict[str, object]:
    return {"logStreamName": "s-1", "timestamp": 7, "message": message, **more}


def test_log_events_hold_messages_with_their_receipt_and_stream() -> None:
    messages = ['{"a":"ü"}', "START RequestId: 1", ""]
    events = [
        log_event(text, ingestionTime=1500, eventId=str(n)) for n, text in enumerate(messages)
    ]
    raw = compact({"events": events, "searchedLogStreams": []})
    pieces = unwrap(raw)
    assert pieces == [
        Piece(data=text.encode(), received=1_500_000_000, time=7_000_000, origin="s-1")
        for text in messages
    ]
    assert unwrap(compact(events[0])) == pieces[:1]


def test_get_log_events_and_live_tail_have_other_keys() -> None:
    raw = compact({"events": [{"timestamp": 1, "message": "m", "ingestionTime": 2}]})
    assert unwrap(raw) == [Piece(data=b"m", received=2_000_000, time=1_000_000)]
    tail = log_event("m", logGroupIdentifier="1111:g", ingestionTime=2)
    assert unwrap(compact(tail)) == [
        Piece(data=b"m", received=2_000_000, time=7_000_000, origin="1111:g:s-1")
    ]


@pytest.mark.parametrize("time", [-5, 0, 2**60, None])
def test_an_impossible_receipt_time_is_none(time: int | None) -> None:
    pieces = unwrap(compact(log_event("m", ingestionTime=time, eventId="1")))
    assert pieces == [Piece(data=b"m", time=7_000_000, origin="s-1")]


@pytest.mark.parametrize("time", [-5, 0, 2**60])
def test_an_impossible_time_of_a_log_event_is_none(time: int) -> None:
    raw = compact({"logStreamName": "s-1", "timestamp": time, "message": "m"})
    assert unwrap(raw) == [Piece(data=b"m", origin="s-1")]


def test_a_log_event_of_an_odd_shape_stays_as_it_is() -> None:
    raw = compact({"events": [log_event("m"), {"message": 5}]})
    assert bodies(raw) == [b"m", b'{"message":5}']


def test_a_subscription_names_group_and_stream_once() -> None:
    head = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s"}
    events = [{"id": "1", "timestamp": 5, "message": "m"}]
    raw = compact({**head, "logEvents": events})
    assert unwrap(raw) == [Piece(data=b"m", time=5_000_000, origin="g:s")]
    control = {**head, "messageType": "CONTROL_MESSAGE", "logEvents": events}
    assert unwrap(compact(control)) == []


def test_documents_one_behind_the_other_come_apart() -> None:
    raw = compact({"Records": RECORDS[:1]}) + b'\n {"x":"}{"}' + b"{}"
    assert bodies(raw) == [compact({"Records": RECORDS[:1]}), b'{"x":"}{"}', b"{}"]


def test_of_such_documents_the_last_may_be_cut_off() -> None:
    raw = b'{"a":1}{"b":2}{"c":'
    pieces = unwrap(raw)
    assert pieces is not None
    assert [(piece.of(raw), piece.whole) for piece in pieces] == [
        (b'{"a":1}', True),
        (b'{"b":2}', True),
        (b'{"c":', False),
    ]


def test_lone_surrogates_and_bytes_that_are_no_text_survive_in_messages() -> None:
    raw = b'{"logStreamName":"s","timestamp":1,"message":"a\\ud800b\xff"}'
    pieces = unwrap(raw)
    assert pieces is not None
    assert pieces[0].data is not None
    assert pieces[0].data.startswith(b"a")


def test_a_record_that_nests_beyond_bounds_does_not_take_its_neighbours_along() -> None:
    deep = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    raw = b'{"Records":[{"a":1},' + deep + b',{"a":2}]}'
    assert bodies(raw) == [b'{"a":1}', deep, b'{"a":2}']
