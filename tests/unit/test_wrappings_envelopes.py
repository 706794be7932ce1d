"""Envelopes that carry records as text or packed: queues, topics, streams, queries, `logs tail`."""

import base64
import gzip
import json
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode
from triage_tui.model import Batch
from triage_tui.wrappings import Piece, unwrap

RECORD = '{"eventName":"A","é":"}{"}'
SECOND = 1_000_000_000
NIGHT = 1_795_400_038 * SECOND  # 2026-11-23T02:13:58Z
SUBSCRIPTION = {
    "messageType": "DATA_MESSAGE",
    "owner": "111122223333",
    "logGroup": "g",
    "logStream": "s",
    "logEvents": [{"id": "1", "timestamp": 5, "message": RECORD}],
}
GZ = gzip.compress(json.dumps(SUBSCRIPTION).encode())
TEXT = base64.b64encode(GZ).decode()
PLAIN = base64.b64encode(RECORD.encode()).decode()


def leaves(raw: bytes, depth: int = 0) -> list[tuple[bytes, int | None, str]]:
    """What decoding would reach, four wrappings deep: the bytes, the time, the stream."""
    found: list[tuple[bytes, int | None, str]] = []
    for piece in unwrap(raw) or []:
        inner = piece.of(raw)
        below = leaves(inner, depth + 1) if depth < 3 else []
        found += below or [(inner, piece.time, piece.origin)]
    return found


@pytest.mark.parametrize(
    ("line", "message", "at", "origin"),
    [
        (b"2026-11-23T02:13:58.123000+00:00 s/[$LATEST]1 {}", b"{}", 123_000_000, "s/[$LATEST]1"),
        (b"2026-11-23T02:13:58+00:00 s  two words ", b"two words ", 0, "s"),
        (b'2026-11-23T02:13:58+00:00 s \n{\n    "a": 1\n}', b'{\n    "a": 1\n}', 0, "s"),
        (b"2026-11-23T02:13:58 REPORT RequestId: 1", b"REPORT RequestId: 1", 0, ""),
        (b'2026-11-23T02:13:58.120Z {"a":1}', b'{"a":1}', 120_000_000, ""),
    ],
)
def test_tailed_and_exported_lines_hold_a_message(
    line: bytes, message: bytes, at: int, origin: str
) -> None:
    pieces = unwrap(line)
    assert pieces is not None
    assert [(p.of(line), p.time, p.origin, p.data) for p in pieces] == [
        (message, NIGHT + at, origin, None)
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"2026-11-23T02:13:58",
        b"2026-11-23T02:13:58 ",
        b"2026-11-23T02:13:58+00:00 alone",
        b"2026-13-23T02:13:58 no such month",
        b"2026-11-23T02:13:58.123Z\tid\tINFO\ta runtime's own line",
        b"2026-11-23T02:13:58+02:00 s another zone",
        b"2026-11-23 02:13:58 a blank",
        b"20261123T021358 basic",
    ],
)
def test_other_lines_that_begin_with_a_time_are_left_alone(line: bytes) -> None:
    assert unwrap(line) is None


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"awslogs": {"data": TEXT}}),
        TEXT,
        f"{TEXT}\t{TEXT}",
        json.dumps(
            {"Records": [{"kinesis": {"data": TEXT, "partitionKey": "1"}, "eventVersion": "1.0"}]}
        ),
        json.dumps({"Records": [{"SequenceNumber": "1", "PartitionKey": "1", "Data": TEXT}]}),
        json.dumps(
            {"deliveryStreamArn": "arn", "records": [{"recordId": "1", "data": TEXT}]}, indent=1
        ),
        json.dumps({"records": [{"recordId": "1", "result": "Ok", "data": TEXT}]}),
        json.dumps({"requestId": "1", "timestamp": 5, "records": [{"data": TEXT}, {"data": TEXT}]}),
    ],
)
def test_subscriptions_come_packed(raw: str) -> None:
    expected = (RECORD.encode(), 5_000_000, "g:s")
    assert set(leaves(raw.encode())) == {expected}


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"Records": [{"kinesis": {"data": PLAIN}}]}),
        json.dumps({"Messages": [{"MessageId": "1", "ReceiptHandle": "x", "Body": RECORD}]}),
        json.dumps({"Records": [{"messageId": "1", "body": RECORD, "eventSource": "aws:sqs"}]}),
        json.dumps({"Type": "Notification", "TopicArn": "arn", "Message": RECORD}),
        json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": RECORD}}]}),
        json.dumps(
            {"detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub"}
            | {"detail": {"findings": [json.loads(RECORD)]}},
            ensure_ascii=False,
            separators=(",", ":"),
        ),
        json.dumps(
            {"detail-type": "x", "source": "y", "detail": [json.loads(RECORD)]},
            ensure_ascii=False,
            separators=(",", ":"),
        ),
    ],
)
def test_envelopes_hold_the_record(raw: str) -> None:
    assert leaves(raw.encode()) == [(RECORD.encode(), None, "")]


def test_envelopes_nest() -> None:
    event = json.dumps({"detail-type": "x", "source": "y", "detail": {"a": 1}})
    topic = json.dumps({"Type": "Notification", "TopicArn": "arn", "Message": event})
    queue = json.dumps({"Records": [{"body": topic, "eventSource": "aws:sqs"}]})
    assert leaves(queue.encode()) == [(b'{"a": 1}', None, "")]


def test_results_of_a_query_hold_messages_with_time_and_stream() -> None:
    fields = {
        "@timestamp": "2026-11-23 02:13:58.123",
        "@message": RECORD,
        "@logStream": "s",
        "@log": "111122223333:g",
        "@ptr": "x",
    }
    row = [{"field": name, "value": value} for name, value in fields.items()]
    bare = [{"field": "count", "value": "5"}]
    raw = json.dumps({"results": [row, bare], "statistics": {}, "status": "Complete"}).encode()
    expected = Piece(data=RECORD.encode(), time=NIGHT + 123_000_000, origin="111122223333:g:s")
    assert unwrap(raw) == [expected, Piece(data=json.dumps(bare).encode(), whole=False)]
    counts = json.dumps({"results": [bare], "status": "Complete", "x": "@message"}).encode()
    assert unwrap(counts) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"awslogs": {"data": "no base64!"}}',
        b'{"awslogs": {"data": ""}}',
        b'{"awslogs": {"data": 5}}',
        b"H4sI",
        b"H4sIAAAA",
        b"Hello",
        TEXT[:-8].encode(),
        TEXT.encode() + b" and words",
        b'{"deliveryStreamArn": "a", "records": 5}',
        b'{"records": [{"a": 1}]}',
        b'{"records": [{"data": "eyJhIjogMX0="}]}',
        b'{"records": []}',
        b'{"requestId": "1", "records": [{"data": "no base64!"}]}',
        b'{"Messages": ["text"]}',
        b'{"Type": "SubscriptionConfirmation", "TopicArn": "a", "Message": "x", "SubscribeURL": 1}',
        b'{"body": "an application\'s own", "eventSource": "mine", "x": "aws:sqs"}',
    ],
)
def test_what_resembles_an_envelope_is_left_alone(raw: bytes) -> None:
    assert unwrap(raw) is None


def test_a_notification_of_s3_holds_no_record_of_a_log() -> None:
    element = b'{"eventSource":"aws:s3","s3":{"object":{"key":"k"}}}'
    assert leaves(b'{"Records":[' + element + b"]}") == [(element, None, "")]


def test_a_payload_that_grows_beyond_bounds_stays_packed() -> None:
    bomb = base64.b64encode(gzip.compress(b"\x00" * 30_000_000))
    assert unwrap(bomb) is None
    large = b"".join(b'{"n":%d}' % n for n in range(100_000))
    assert unwrap(base64.b64encode(gzip.compress(large))) == [Piece(data=large, unpacked=True)]


def test_what_came_out_of_a_payload_is_not_unpacked_again() -> None:
    (piece,) = unwrap(base64.b64encode(gzip.compress(TEXT.encode()))) or []
    assert piece.unpacked
    assert piece.data == TEXT.encode()
    assert unwrap(piece.data, packed_too=False) is None
    assert unwrap(b'{"awslogs":{"data":"%s"}}' % piece.data, packed_too=False) is None


def test_payloads_may_have_members_one_behind_the_other() -> None:
    raw = base64.b64encode(gzip.compress(b"one ") + gzip.compress(b"two"))
    assert unwrap(raw) == [Piece(data=b"one two", unpacked=True)]


SAMPLES = [
    TEXT.encode(),
    b"2026-11-23T02:13:58.123000+00:00 stream message",
    json.dumps({"awslogs": {"data": TEXT}}).encode(),
    json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "x"}}]}).encode(),
    json.dumps({"results": [[{"field": "@message", "value": "x"}]], "status": ""}).encode(),
]


@given(st.sampled_from(SAMPLES), st.integers(0, 200), st.binary(max_size=4), st.integers(0, 3))
def test_no_bytes_raise(raw: bytes, at: int, junk: bytes, cut: int) -> None:
    damaged = raw[:at] + junk + raw[at + cut :]
    for piece in unwrap(damaged) or []:
        assert len(piece.of(damaged)) >= 0


@pytest.mark.parametrize("bait", [b"H4sI" + b"A" * 400_000, b"H4sI " * 80_000 + b"!"])
def test_bait_ends(bait: bytes) -> None:
    """The test's own limit is the assertion: work that grows with the square takes minutes."""
    unwrap(bait)
    unwrap(b"2026-11-23T02:13:58+00:00" + b" " * 400_000)


def test_decoding_unpacks_once_at_any_depth() -> None:
    """What is packed within a packed payload stays a record that nobody understands."""
    inner = base64.b64encode(gzip.compress(b"x y")).decode()
    outer = {**SUBSCRIPTION, "logEvents": [{"id": "1", "timestamp": 5, "message": inner}]}
    raw = json.dumps({"awslogs": {"data": _packed(json.dumps(outer))}}).encode()
    raw = raw + b"\n" + json.dumps({"awslogs": {"data": _packed("after")}}).encode()
    size = raw.index(b"\n")
    starts, lengths = array("Q", (0, size + 1)), array("Q", (size, len(raw) - size - 1))
    assert decode(Batch(0, raw, starts, lengths, 1)).spill == inner.encode() + b"after"


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()
