"""Spans of large files: whole lines, whoever reads them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode
from triage_tui.formats.vocabulary import Vocabulary
from triage_tui.model import Batch, Columns, Span, Texts
from triage_tui.sources import files, spans
from triage_tui.sources.files import FileSource
from triage_tui.sources.spans import Unreadable, edges, read_span
from triage_tui.store.index import Index

if TYPE_CHECKING:
    from pathlib import Path


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=30))
def test_spans_cut_between_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("spans") / "log"
    data = b"\n".join(lines)
    path.write_bytes(data)
    file = os.open(path, os.O_RDONLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "_FIRST", 16)
        patch.setattr(spans, "_LARGEST", 32)
        patch.setattr(spans, "_STEP", 8)
        found = list(edges(file, 0, len(data)))
    os.close(file)
    assert [start for start, _ in found] == [0, *(s + n for s, n in found[:-1])][: len(found)]
    batches = [read_span(Span(0, str(path), start, size, 5)) for start, size in found]
    read = [b.data[s : s + n] for b in batches for s, n in zip(b.starts, b.lengths, strict=True)]
    assert read == [line.removesuffix(b"\r") for line in lines if line.removesuffix(b"\r")]
    placed = [
        data[b.base + s :][:n]
        for b in batches
        if b.base is not None
        for s, n in zip(b.starts, b.lengths, strict=True)
    ]
    assert placed == read


def test_a_span_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pytest.raises(Unreadable, match="no such file"):
        read_span(Span(0, str(path), 0, 10, 5))
    path.write_bytes(b"12345")
    with pytest.raises(Unreadable, match="shorter than it was"):
        read_span(Span(0, str(path), 0, 10, 5))


async def test_a_large_file_comes_in_spans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BULK_FROM", 1 << 20)
    line = b'{"n": 1, "text": "' + b"x" * 980 + b'"}\n'
    path = tmp_path / "log"
    path.write_bytes(line * 3000)
    source = FileSource(str(path), wall=lambda: 5)
    parts = [part async for part in source.batches(0)]
    assert isinstance(parts[0], Batch)
    assert all(isinstance(part, Span) for part in parts[1:])
    assert len(parts) > 2
    batches = [read_span(part) if isinstance(part, Span) else part for part in parts]
    assert sum(len(batch.starts) for batch in batches) == 3000
    assert source.report.done == source.report.size == len(line) * 3000
    assert source.report.error is None


def record(number: int) -> bytes:
    return (
        b'{"eventName":"Get%d","eventSource":"s3.amazonaws.com","eventTime":"2026-03-01T02:13:07Z",'
        b'"eventID":"e%d","sourceIPAddress":"198.51.100.%d",'
        b'"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/u%d"}}'
        % (number % 5, number, number % 250, number % 11)
    )


def columns(first: int, count: int, vocabulary: Vocabulary | None) -> Columns:
    data = b"\n".join(record(number) for number in range(first, first + count))
    starts, lengths = spans._lines(data)
    return decode(Batch(0, data, starts, lengths, 5, 0), vocabulary=vocabulary)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 20), st.integers(0, 2))))
def test_a_vocabulary_that_grows_gives_the_same_index(
    batches: list[tuple[int, int, int]],
) -> None:
    """Of three processes at work, each sends only what is new; the index is the same."""
    processes = [Vocabulary(1), Vocabulary(2), None]
    grown, plain = Index(), Index()
    for first, count, process in batches:
        grown.append(columns(first, count, processes[process]))
        plain.append(columns(first, count, None))
    assert grown.rows == plain.rows
    for row in range(grown.rows):
        assert grown.action.text(row) == plain.action.text(row)
        assert grown.actor_ip.text(row) == plain.actor_ip.text(row)
        assert grown.identities[grown.who.at(row)] == plain.identities[plain.who.at(row)]


def test_what_was_sent_is_not_sent_again() -> None:
    vocabulary = Vocabulary(7)
    first, second = columns(0, 50, vocabulary), columns(20, 50, vocabulary)
    assert (first.vocabulary, first.action.known, len(first.action.values)) == (7, 0, 6)
    assert second.action == Texts(second.action.ids, [], 6)
    assert second.identities_known == 12
    assert second.identities == []
    assert len(second.source_ip.values) == 20
    assert columns(0, 1, None).identities_known == 0
