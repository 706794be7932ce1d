"""Bytes into records: the same ones, however the stream is cut."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_tui.sources import framing
from triage_tui.sources.framing import Framer, RecordTooLong, is_document


def records(blocks: list[bytes]) -> list[tuple[int, bytes]]:
    """(offset in the stream, bytes) of every record."""
    framer = Framer()
    framed = [piece for block in blocks for piece in framer.feed(block)] + framer.finish()
    return [
        (piece.base + start, piece.data[start : start + length])
        for piece in framed
        for start, length in zip(piece.starts, piece.lengths, strict=True)
    ]


def texts(data: bytes) -> list[bytes]:
    return [text for _, text in records([data])]


def test_lines_end_anyhow() -> None:
    assert texts(b'{"a":1}\n\n{"b":2}\r\nplain\r\n\r\nlast') == [
        b'{"a":1}',
        b'{"b":2}',
        b"plain",
        b"last",
    ]


def test_a_pretty_document_is_one_record() -> None:
    data = json.dumps({"Records": [{"a": 1}, {"b": [2]}]}, indent=2).encode()
    assert is_document(data)
    assert texts(data) == [data]


def test_documents_one_behind_the_other_are_records_each() -> None:
    first, second = (json.dumps({"n": n, "x": [1, {}]}, indent=1).encode() for n in (1, 2))
    assert texts(first + b"\n" + second + b"\n") == [first, second]


def test_documents_over_many_lines_may_end_them_as_on_old_macs() -> None:
    first, second = (json.dumps({"n": n, "x": [1, {}]}, indent=1) for n in (1, 2))
    data = f"{first}\n{second}\n".replace("\n", "\r").encode()
    assert is_document(data)
    whole = [text.replace("\n", "\r").encode() for text in (first, second)]
    assert texts(data) == whole
    (framed,) = Framer().feed(data * 2000)  # what is whole does not wait for the end
    assert len(framed.starts) == 3999


def test_a_truncated_document_keeps_its_rest() -> None:
    data = json.dumps({"Records": [{"a": 1}, {"b": 2}]}, indent=1).encode()[:-9]
    assert texts(data) == [data]


def test_lines_of_objects_are_lines_even_when_the_first_is_broken() -> None:
    assert texts(b'{"a": \n{"b":2}\n{"c":3}\n') == [b'{"a": ', b'{"b":2}', b'{"c":3}']


def test_nothing_gives_nothing() -> None:
    assert texts(b"") == texts(b"\n\r\n") == []


def test_a_record_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "MAX_RECORD", 100)
    framer = Framer()
    framer.feed(b"short\n")
    with pytest.raises(RecordTooLong, match="byte 6 is longer"):
        framer.feed(b"x" * 101)


def test_an_event_of_logs_tail_may_go_on_below_its_line() -> None:
    head = b"2026-11-23T02:13:58+00:00 s/1 "
    event = head + b'\n{\n    "a": [\n        1\n    ]\n}'
    lines = [head + b"START", event, head + b"END", event, head, b"}", b"{", event]
    assert texts(b"\n".join(lines) + b"\n") == lines
    assert texts(b"\r\n".join(lines[:2])) == lines[:2]
    assert texts(b"text\n" + event)[1:] == event.split(b"\n")


TAIL = [
    b"2026-11-23T02:13:58.000001+00:00 s/1 ",
    b"2026-11-23T02:13:58+00:00 s a message",
    b"{",
    b'    "a": 1',
    b"}",
    b"[",
    b"]",
    b"",
]


@settings(max_examples=100)  # what is held here is rare in fewer
@given(st.lists(st.sampled_from(TAIL), max_size=12), st.lists(st.integers(0, 300), max_size=9))
def test_cutting_a_tail_elsewhere_changes_nothing(parts: list[bytes], cuts: list[int]) -> None:
    data = b"\n".join([TAIL[0], *parts])
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    assert records([data[a:b] for a, b in itertools.pairwise(edges)]) == records([data])


lines = st.lists(
    st.sampled_from([b'{"a":1}', b"text", b"", b"\r", b'{"b":"\xc3\xa9"}\r', b"[1,", b"}"]),
    max_size=9,
)


@settings(max_examples=100)
@given(
    lines,
    st.lists(st.integers(0, 60), max_size=6),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([b"\n", b"\r", b"\n\x1e"]),
)
def test_cutting_the_stream_elsewhere_changes_nothing(
    parts: list[bytes], cuts: list[int], pretty: bool, seams: bool, old: bool, end: bytes
) -> None:
    data = end.join(parts)
    if seams:
        data = b'{\n"a":1\n}\n' + data + b'\n{\n"b": {\n}\n}\n \n{\n"c":2\n'
    if pretty:
        data = b'{\n "Records": [\n' + data + b"\n]}"
    if old:
        data = data.replace(b"\n", b"\r")
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    blocks = [data[a:b] for a, b in itertools.pairwise(edges)]
    whole = records([data])
    assert records(blocks) == whole
    assert all(data[at : at + len(text)] == text for at, text in whole)
