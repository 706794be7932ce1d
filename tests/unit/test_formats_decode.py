"""The one decoder: from batches to rows, through wrappings, with the right places."""

import json
import pickle
from array import array
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.model import NO_TIME, Batch, Columns

DATA = Path(__file__).parent.parent / "data"
ROWS = ("cloudtrail", "waf", "guardduty")
RECORDS: dict[str, dict[str, object]] = {
    name: json.loads((DATA / f"{name}.json").read_text()) for name in ROWS
}
LINES = {name: json.dumps(record).encode() for name, record in RECORDS.items()}
JUNK = b"Something that nobody understands"


def upper(value: object) -> object:
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: upper(inner) for key, inner in value.items()}
    return [upper(inner) for inner in value] if isinstance(value, list) else value


def batch_of(records: Iterable[bytes], base: int | None = 0, separator: bytes = b"\n") -> Batch:
    """A batch of records with separators between, as a source cuts a file."""
    data, starts, lengths = b"", array("Q"), array("Q")
    for record in records:
        starts.append(len(data))
        lengths.append(len(record))
        data += record + separator
    return Batch(7, data, starts, lengths, received=99, base=base, origin="o")


def formats(columns: Columns) -> list[str]:
    return [columns.format.values[number] for number in columns.format.ids]


def raws(columns: Columns, file: bytes) -> list[bytes]:
    """Each row's raw bytes, read back from where the columns say they are."""
    places = zip(columns.offset, columns.length, columns.spooled, strict=True)
    return [(columns.spill if s else file)[at : at + length] for at, length, s in places]


def lookup(record: bytes) -> dict[str, object]:
    return {"EventId": "1", "CloudTrailEvent": record.decode()}


def log_event(record: bytes) -> dict[str, object]:
    return {"logStreamName": "s", "timestamp": 1, "message": record.decode(), "eventId": "1"}


def envelope(name: str, detail: object) -> dict[str, object]:
    return {"version": "0", "detail-type": name, "source": "aws.x", "detail": detail}


def recorded(record: bytes) -> dict[str, object]:
    return {"source": "x", "position": "1", "received": 4, "message": record.decode()}


def nested(depth: int) -> object:
    value: object = RECORDS["cloudtrail"]
    for _ in range(depth):
        value = envelope("x", value)
    return value


def test_the_registry_holds_each_format_by_its_name() -> None:
    assert set(FORMATS) >= set(ROWS)
    assert all(known.name == name for name, known in FORMATS.items())


def test_rows_stand_in_file_order_and_know_their_place() -> None:
    records = [LINES["waf"], b"  ", JUNK, b"", LINES["guardduty"], LINES["cloudtrail"]]
    batch = batch_of(records, base=1000)
    columns = decode(batch)
    assert formats(columns) == ["waf", "unparsed", "guardduty", "cloudtrail"]
    assert (columns.source, columns.received) == (7, 99)
    assert list(columns.spooled) == [0, 0, 0, 0]
    file = b"\0" * 1000 + batch.data
    assert raws(columns, file) == [LINES["waf"], JUNK, LINES["guardduty"], LINES["cloudtrail"]]


def test_without_a_file_the_raw_bytes_are_kept() -> None:
    columns = decode(batch_of([LINES["waf"], JUNK], base=None))
    assert list(columns.spooled) == [1, 1]
    assert raws(columns, b"") == [LINES["waf"], JUNK]


@pytest.mark.parametrize(
    "around", [b"%s\r\n", b"\t %s ", b"\xef\xbb\xbf%s", b"\xef\xbb\xbf \n%s\n"]
)
@pytest.mark.parametrize("record", [LINES["cloudtrail"], JUNK, b'{"Records":[%s]}' % LINES["waf"]])
def test_space_and_byte_order_marks_are_no_part_of_a_record(around: bytes, record: bytes) -> None:
    batch = batch_of([JUNK, around % record], base=0)
    columns, plain = decode(batch), decode(batch_of([JUNK, record], base=0))
    assert formats(columns) == formats(plain)
    assert list(columns.id) == list(plain.id)
    assert raws(columns, batch.data) == raws(plain, batch_of([JUNK, record]).data)


def test_blank_records_yield_nothing() -> None:
    assert len(decode(batch_of([b"", b" \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"]))) == 0
    assert len(decode(batch_of([]))) == 0


def test_what_nobody_understands_is_kept_and_named_by_its_content() -> None:
    columns = decode(batch_of([JUNK]))
    assert formats(columns) == ["unparsed"]
    assert columns.time[0] == NO_TIME
    assert (columns.id[0], columns.own_id[0]) == (hash_id(JUNK), 0)
    described = describe("unparsed", JUNK)
    assert described.id == f"{hash_id(JUNK):016x}"
    assert described.summary == JUNK.decode()
    assert describe("a format of tomorrow", b"\xff\n" + b"x" * 10**6).summary.startswith("\ufffd x")


TRAIL = LINES["cloudtrail"]
TRAIL_CALL = envelope("AWS API Call via CloudTrail", RECORDS["cloudtrail"])
FINDING_LOWER = envelope("GuardDuty Finding", RECORDS["guardduty"])
FINDING_UPPER = envelope("GuardDuty Finding", upper(RECORDS["guardduty"]))
GET_FINDINGS = {"Findings": [upper(RECORDS["guardduty"])]}
PLAIN = [
    pytest.param(json.dumps({"Records": [RECORDS["cloudtrail"]]}), "cloudtrail", id="S3"),
    pytest.param(json.dumps([RECORDS["cloudtrail"]], indent=2), "cloudtrail", id="array"),
    pytest.param(json.dumps(TRAIL_CALL), "cloudtrail", id="bridge"),
    pytest.param(json.dumps(FINDING_LOWER), "guardduty", id="bridge lower"),
    pytest.param(json.dumps(FINDING_UPPER), "guardduty", id="bridge upper"),
    pytest.param(json.dumps(GET_FINDINGS, indent=1), "guardduty", id="GetFindings"),
    pytest.param(json.dumps({"findings": [RECORDS["guardduty"]]}), "guardduty", id="wire"),
]
ENCODED = [
    pytest.param(json.dumps({"Events": [lookup(TRAIL)]}), "cloudtrail", id="LookupEvents"),
    pytest.param(json.dumps(lookup(TRAIL)), "cloudtrail", id="one lookup"),
    pytest.param(json.dumps({"events": [log_event(TRAIL)]}), "cloudtrail", id="logs"),
    pytest.param(json.dumps(log_event(LINES["waf"])), "waf", id="one log event"),
    pytest.param(json.dumps(recorded(LINES["guardduty"])), "guardduty", id="recording"),
]


@pytest.mark.parametrize(("text", "name"), PLAIN)
def test_a_wrapped_record_is_read_and_found_in_the_file(text: str, name: str) -> None:
    batch = batch_of([JUNK, text.encode()], base=0)
    columns = decode(batch)
    assert formats(columns) == ["unparsed", name]
    assert list(columns.spooled) == [0, 0]
    raw = raws(columns, batch.data)[1]
    assert json.loads(raw) in (RECORDS[name], upper(RECORDS[name]))
    assert describe(name, raw).id


@pytest.mark.parametrize(("text", "name"), ENCODED)
def test_an_encoded_record_is_the_very_same_event(text: str, name: str) -> None:
    batch = batch_of([text.encode()], base=0)
    columns, plain = decode(batch), decode(batch_of([LINES[name]]))
    assert formats(columns) == [name]
    assert list(columns.spooled) == [1]
    assert raws(columns, batch.data) == [LINES[name]]
    for column in ("time", "id", "own_id", "action", "source_ip", "identities", "resource"):
        assert getattr(columns, column) == getattr(plain, column)


def test_a_recording_tells_when_its_records_were_received() -> None:
    header = b'{"triage-tui-recording": 1}'
    columns = decode(batch_of([header, json.dumps(recorded(LINES["waf"])).encode()]))
    assert formats(columns) == ["waf"]
    assert columns.received == 4


def test_a_stream_within_a_stream_keeps_both_names() -> None:
    inner = json.dumps(log_event(LINES["waf"])).encode()
    columns = decode(batch_of([JUNK, inner, json.dumps(recorded(inner)).encode(), JUNK]))
    assert _texts(columns, "origin") == ["o", "o s", "o x s", "o"]


def test_wrappings_nest_to_a_bounded_depth() -> None:
    inner = json.dumps({"Records": [RECORDS["cloudtrail"], RECORDS["waf"]]}).encode()
    outer = json.dumps(recorded(json.dumps({"events": [log_event(inner)]}).encode())).encode()
    assert formats(decode(batch_of([outer]))) == ["cloudtrail", "waf"]
    assert formats(decode(batch_of([json.dumps(nested(4)).encode()]))) == ["cloudtrail"]
    assert formats(decode(batch_of([json.dumps(nested(5)).encode()]))) == ["unparsed"]
    assert len(decode(batch_of([json.dumps(nested(300)).encode()]))) == 1


def test_a_file_cut_off_keeps_its_records_and_counts_the_rest() -> None:
    document = json.dumps({"Records": [RECORDS["cloudtrail"]] * 3}).encode()
    batch = batch_of([document[:-300]])
    columns = decode(batch)
    assert formats(columns) == ["cloudtrail", "cloudtrail", "unparsed"]
    assert list(columns.spooled) == [0, 0, 0]
    assert json.loads(raws(columns, batch.data)[1]) == RECORDS["cloudtrail"]


def test_formats_are_mutually_exclusive_even_where_keys_mix() -> None:
    """So the order in which they are tried, and with it the batch, decides nothing."""
    names = list(ROWS)
    for name in names:
        for other in names:
            mixed = json.dumps(RECORDS[other] | RECORDS[name]).encode()
            assert _readers(mixed) == _readers(json.dumps(RECORDS[name] | RECORDS[other]).encode())
            assert len(_readers(mixed)) <= 1
            assert name != other or _readers(mixed) == [name]
    insight = {
        "eventType": "AwsCloudTrailInsight",
        "insightDetails": {"eventName": "x", "eventSource": "y"},
    }
    for name in ("waf", "guardduty"):
        bare = insight | {"eventTime": "2026-03-15T02:09:11Z"} | RECORDS[name]
        assert len(_readers(json.dumps(bare).encode())) <= 1


def _readers(raw: bytes) -> list[str]:
    """Which formats take it, each asked by itself."""
    taken = []
    for name, known in FORMATS.items():
        rows = Rows(1, 1)
        if known.read(raw, rows):
            taken.append(name)
        assert len(rows) == len(taken[-1:]) * (taken[-1:] == [name])
    return taken


STREAM = [
    LINES["cloudtrail"],
    LINES["waf"],
    JUNK,
    b"",
    json.dumps({"Records": [RECORDS["cloudtrail"], 5, RECORDS["waf"]]}).encode(),
    json.dumps(log_event(LINES["waf"])).encode(),
    LINES["guardduty"],
    json.dumps(upper(RECORDS["guardduty"])).encode(),
    b'{"Records":[{"a":1},{"a":',
    b"\xff\xfe\x00",
]


def rows_of(batches: Iterable[Batch], file: bytes) -> list[tuple[object, ...]]:
    """All rows with everything that does not depend on how the stream was cut."""
    found: list[tuple[object, ...]] = []
    for batch in batches:
        columns = decode(batch)
        plain = zip(columns.time, columns.id, columns.own_id, columns.outcome, strict=True)
        more = zip(columns.severity, columns.status, columns.spooled, strict=True)
        texts = zip(*(_texts(columns, name) for name in TEXTS), strict=True)
        who = [columns.identities[number] for number in columns.who]
        extras = [[e for e in columns.extras if e.row == n] for n in range(len(columns))]
        found.extend(
            zip(plain, more, texts, who, map(len, extras), raws(columns, file), strict=True)
        )
    return found


TEXTS = (
    "origin",
    "format",
    "action",
    "source_ip",
    "actor_ip",
    "agent",
    "account",
    "region",
    "resource",
    "called",
)


def _texts(columns: Columns, name: str) -> list[str]:
    texts = getattr(columns, name)
    return [texts.values[number] for number in texts.ids]


@given(
    picks=st.lists(st.integers(0, len(STREAM) - 1), max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=4),
)
def test_cutting_a_stream_into_other_batches_changes_nothing(
    picks: list[int], cuts: list[int]
) -> None:
    records = [STREAM[pick] for pick in picks]
    whole = batch_of(records)
    edges = sorted({0, len(records), *(cut for cut in cuts if cut <= len(records))})
    parts = []
    for first, last in pairwise(edges):
        base = int(whole.starts[first])
        parts.append(batch_of(records[first:last], base=base))
    assert rows_of(parts, whole.data) == rows_of([whole], whole.data)


def test_columns_cross_a_process_border() -> None:
    columns = decode(batch_of(STREAM))
    assert pickle.loads(pickle.dumps(columns)) == columns  # noqa: S301 - our own bytes


def test_text_that_was_logged_at_a_known_time_is_an_event() -> None:
    log_events = [
        {
            "message": message,
            "timestamp": 1_700_000_000_000 + n,
            "logStreamName": "s",
            "eventId": "1",
        }
        for n, message in enumerate(("cart is empty", '{"broken', " \t"))
    ]
    columns = decode(batch_of([json.dumps({"events": log_events}).encode()]))
    assert _texts(columns, "format") == ["text", "unparsed"]
    assert columns.time[0] == 1_700_000_000_000 * 10**6
    assert columns.source_ip.values == [""]
    assert describe("text", b"cart is empty").summary == "cart is empty"
