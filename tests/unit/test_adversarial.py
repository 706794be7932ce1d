"""Hostile input to the whole door: nothing raises, nothing is lost, nothing takes its time."""

from __future__ import annotations

import itertools
import json
from array import array
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import samples
from tests.wrapped import OF_JSON, OF_TEXT
from triage_tui.formats.decode import decode, describe
from triage_tui.formats.headers import is_comment, is_header
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.model import Batch
from triage_tui.sources.intake import Intake
from triage_tui.wrappings import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RECORDS = [(name, record) for name in FORMATS for record in samples.records(name)]
HEADERS = [b"", samples.FLOW_HEADER, samples.FRONT_HEADER]
WRAPPED = [
    wrap([record])
    for _, record in RECORDS[::5]
    for wrap in (*OF_TEXT.values(), OF_JSON["eventbridge"])
    if wrap is not OF_JSON["eventbridge"] or samples.is_json(record)
]
ODD = [
    *("null", "true", "-1", "0", "1e999", "NaN", '""', '"\\ud800"', '"\\u0000\\u001b[2J"', "[]"),
    *("{}", "[[[[[]]]]]", '{"":{"":[]}}', "1" * 400, '"' + "x" * 5000 + '"', '"1.2.3.4, ::1"'),
    *('["1.2.3.4", 5, null]', '[{"a": 1}, "b"]', '"2026-03-15T02:09:11Z"', "99999999999999999999"),
]


def kept(raw: bytes, header: bytes = b"") -> int:
    """Decodes one record as if it came alone, and describes what came of it. The rows."""
    columns = decode(Batch(0, raw, array("Q", [0]), array("Q", [len(raw)]), 5, 0, header=header))
    for row in range(len(columns)):
        data = columns.spill if columns.spooled[row] else raw
        own = data[columns.offset[row] : columns.offset[row] + columns.length[row]]
        described = describe(columns.format.values[columns.format.ids[row]], own, header)
        assert described.id
        assert "\n" not in described.summary
    return len(columns)


def holds_nothing(raw: bytes) -> bool:
    """Whether a record, and all that it wraps, is blank, a header line or a remark."""
    body = raw.strip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    pieces = unwrap(body)
    if pieces is not None:
        return all(piece.whole and holds_nothing(piece.of(body)) for piece in pieces)
    return not body or is_header(body) or is_comment(body)


def nothing_is_lost(raw: bytes, header: bytes = b"") -> None:
    assert kept(raw, header) >= 1 or holds_nothing(raw)


@given(
    st.sampled_from([record for _, record in RECORDS] + WRAPPED),
    st.integers(0, 1000),
    st.integers(0, 80),
    st.binary(max_size=6),
    st.sampled_from(HEADERS),
)
def test_damaged_records_are_kept(
    record: bytes, at: int, cut: int, junk: bytes, header: bytes
) -> None:
    at = at * len(record) // 1000
    nothing_is_lost(record[:at] + junk + record[at + cut :], header)


def values(record: bytes) -> list[tuple[int, int]]:
    """Where the values of a document begin and end."""
    found, decoder = [], json.JSONDecoder()
    text = record.decode()
    for at, character in enumerate(text):
        if character == ":" and text[at - 1] == '"':
            start = at + 1 + (text[at + 1] == " ")
            try:
                found.append((start, decoder.raw_decode(text, start)[1]))
            except json.JSONDecodeError:
                continue  # a colon within a text
    return found


DOCUMENTS = [record for _, record in RECORDS if samples.is_json(record)] + [
    wrapped for wrapped in WRAPPED if samples.is_json(wrapped)
]


@given(st.data())
def test_documents_with_odd_values_are_kept(data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(DOCUMENTS))
    start, end = data.draw(st.sampled_from(values(record)))
    odd = data.draw(st.sampled_from(ODD))
    nothing_is_lost((record.decode()[:start] + odd + record.decode()[end:]).encode())


@given(st.binary(max_size=120), st.sampled_from(HEADERS), st.sampled_from(list(FORMATS)))
def test_no_bytes_raise_in_any_format(raw: bytes, header: bytes, name: str) -> None:
    rows = Rows(0, 5, header=header)
    taken = FORMATS[name].read(raw, rows)
    assert len(rows) == taken
    assert describe(name, raw, header).id


# -- cutting ---------------------------------------------------------------------------------------


class Row(NamedTuple):
    """What must not depend on how a stream came."""

    format: str
    time: int
    id: int
    ip: str
    raw: bytes


def rows_of(blocks: Iterable[bytes], most: int) -> list[Row]:
    """All rows of a stream that comes in these blocks, decoded `most` records at a time."""
    intake, spilled = Intake(), b"".join(blocks)
    framed = [part for block in blocks for part in intake.feed(block)]
    found: list[Row] = []
    for part in [*framed, *intake.finish()]:
        for first in range(0, len(part.starts), most):
            starts, lengths = part.starts[first:][:most], part.lengths[first:][:most]
            batch = Batch(0, part.data, starts, lengths, 5, part.base, header=part.header)
            columns = decode(batch)
            for row, (at, size) in enumerate(zip(columns.offset, columns.length, strict=True)):
                data = columns.spill if columns.spooled[row] else spilled
                name = columns.format.values[columns.format.ids[row]]
                ip = columns.source_ip.values[columns.source_ip.ids[row]]
                found.append(
                    Row(name, columns.time[row], columns.id[row], ip, data[at : at + size])
                )
    return found


LINES = [
    *(record for _, record in RECORDS),
    *(wrapped for wrapped in WRAPPED if b"\n" not in wrapped.rstrip(b"\n")),
    *(samples.FLOW_HEADER, samples.flow(1), samples.FRONT_HEADER, samples.front(2)),
    *(b"", b"  ", b"no log at all", b'{"a": 1}', b'{"eventName": "', b"\xff\xfe\xfd"),
]


@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=25),
    st.lists(st.integers(1, 20_000), max_size=6),
    st.integers(1, 7),
)
def test_cutting_a_stream_changes_nothing(lines: list[bytes], cuts: list[int], most: int) -> None:
    data = b"first line\n" + b"\n".join(lines) + b"\n"
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    blocks = [data[a:b] for a, b in itertools.pairwise(edges)]
    assert rows_of(blocks, most) == rows_of([data], 1000)


# -- time ------------------------------------------------------------------------------------------

PLENTY = 60_000
"""Bytes of bait: linear work on them is milliseconds, work that grows with their square a minute.

Nothing is timed: the limit that these tests have is the assertion, a hundred times what they need.
"""
ends = pytest.mark.timeout(20)


def inside(record: bytes, bait: bytes) -> Callable[[int], bytes]:
    """The record with so much bait in the middle of it."""
    return lambda size: record[: len(record) // 2] + bait * size + record[len(record) // 2 :]


SHAPES: dict[str, Callable[[int], bytes]] = {
    "nested lists": lambda size: b"[" * size,
    "nested objects": lambda size: b'{"a":' * size,
    "closed lists": lambda size: b"[" * size + b"]" * size,
    "many keys": lambda size: (
        b'{"eventName":1,%s"z":1}' % b"".join(b'"k%d":%d,' % (n, n) for n in range(size))
    ),
    "the same key": lambda size: b'{"Records":[],' + b'"Records":[{}],' * size + b'"z":1}',
    "records in records": lambda size: b'{"Records":[' * size + b"]}" * size,
    "many documents": lambda size: b'{"a":1}' * size,
    "documents without end": lambda size: b'{"a":{' * size + b"} " * size,
    "a query's rows": lambda size: b'{"results":[' + b'[{"field":"@message"}],' * size + b"[]]}",
    "quotes": lambda size: b'"' * size,
    "holes in much": lambda size: (
        b'{"bomFormat":"x","metadata":{"component":{"name":"%s"}},"vulnerabilities":[{"id":"CVE-1",'
        b'"affects":[%s]}]}' % (b"n" * size, b",".join([b'{"ref":"a"}'] * (size // 8)))
    ),
    "places of one hole": lambda size: (
        b'{"advisories":{"1":{"module_name":"a","title":"%s","findings":[%s]}}}'
        % (b"t" * size, b",".join([b'{"version":"1"}'] * (size // 8)))
    ),
    "hops": lambda size: (
        b'{"timestamp":1773540551000,"clientIp":"1.2.3.4","headers":{"x-forwarded-for":"%s"}}'
        % b", ".join([b"10.0.0.1"] * size)
    ),
    "a caller in a caller": lambda size: samples.record("cloudtrail").replace(
        b'"userIdentity": {', b'"userIdentity": {"sessionContext":' + b'{"a":' * size, 1
    ),
}


@ends
@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_shapes_end(shape: str) -> None:
    kept(SHAPES[shape](PLENTY // len(SHAPES[shape](1))))


BAITS: Sequence[bytes] = (
    *(b" ", b'"', b'\\"', b"\\", b"a,", b"a b ", b"1.", b":", b"::1 ", b"[", b"("),
    *(b"=", b"%25", b'" "', b"- ", b", client: ", b"{", b"\t", b"from ", b"9"),
)


@ends
@pytest.mark.parametrize(
    ("name", "layout"),
    [(name, layout) for name in FORMATS for layout in range(len(samples.records(name)))],
)
def test_bait_ends(name: str, layout: int) -> None:
    record = samples.record(name, 7, layout)
    for bait in BAITS:
        kept(inside(record, bait)(PLENTY // len(bait)))


@ends
@pytest.mark.parametrize("header", [samples.FLOW_HEADER, samples.FRONT_HEADER])
def test_bait_under_a_header_ends(header: bytes) -> None:
    for record in (samples.flow(1), samples.front(1)):
        for bait in BAITS:
            kept(inside(record, bait)(PLENTY // len(bait)), header)


def test_hostile_streams_end() -> None:
    """Of lines, of documents that never end, and of lines that never end."""
    for unit in (b"x\n", b"{\n", b'{"a": [\n', b"x", b"\r", b'"\n'):
        data = unit * 20_000
        rows_of([data[at : at + 4096] for at in range(0, len(data), 4096)], 1000)
