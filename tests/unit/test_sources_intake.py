"""From bytes to records: compression, encodings, line ends, header lines, and what is no text."""

import bz2
import gzip
import hashlib
import itertools
import json
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.sources import unpack
from triage_tui.sources.intake import Intake

TEXT = b'{"n":1}\n{"n":2}\n'
RECORDS = [b'{"n":1}', b'{"n":2}']


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACKERS = [pytest.param(gzip.compress, id="gz"), pytest.param(bz2.compress, id="bz2"), zstd]


def taken(blocks: list[bytes]) -> tuple[list[bytes], Intake]:
    """The records of a stream that comes in these blocks."""
    intake = Intake()
    framed = [part for block in blocks for part in intake.feed(block)]
    framed += intake.finish()
    return [
        part.data[start : start + length]
        for part in framed
        for start, length in zip(part.starts, part.lengths, strict=True)
    ], intake


def blocks_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_packed_streams_of_several_members_are_read(
    pack: Callable[[bytes], bytes], size: int
) -> None:
    lines = [b'{"n":%d,"x":"%d"}' % (n, n * n) for n in range(3000)]
    data = pack(b"\n".join(lines[:1000]) + b"\n") + pack(b"\n".join(lines[1000:]))
    found, intake = taken(blocks_of(data, size))
    assert found == lines
    assert (intake.error, intake.plain) == (None, False)


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_stream_that_is_cut_off_keeps_what_came(pack: Callable[[bytes], bytes]) -> None:
    found, intake = taken([pack(TEXT) + pack(b'{"n":3}\n')[:-3]])
    assert found[:2] == RECORDS
    assert "truncated" in (intake.error or "")


@pytest.mark.parametrize("pack", PACKERS)
def test_damage_keeps_what_came_before_it(pack: Callable[[bytes], bytes]) -> None:
    found, intake = taken([pack(TEXT) + pack(TEXT)[:4] + b"\xff" * 40])
    assert found[:2] == RECORDS
    assert "damaged" in (intake.error or "")


@pytest.mark.parametrize("pack", PACKERS)
def test_bombs_stop_with_a_word(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "FREE", 200_000)
    data = pack(TEXT + b'{"x":""}\n' * 300_000)
    found, intake = taken(blocks_of(data, 256))
    assert found[:2] == RECORDS
    assert len(found) < 270_000
    assert "bomb" in (intake.error or "")


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_what_was_packed_twice_is_unpacked_twice(pack: Callable[[bytes], bytes], size: int) -> None:
    data = gzip.compress(pack(TEXT) + pack(TEXT))
    found, intake = taken(blocks_of(data, size))
    assert (found, intake.error) == (taken([TEXT + TEXT])[0], None)
    found, intake = taken(blocks_of(gzip.compress(pack(TEXT) + pack(TEXT)[:-9]), size))
    assert found[:2] == RECORDS
    assert "truncated" in (intake.error or "")


def test_a_packed_file_of_a_few_bytes_is_read() -> None:
    assert taken([gzip.compress(b"{}")])[0] == [b"{}"]


@pytest.mark.parametrize("pack", PACKERS)
def test_a_bomb_in_a_bomb_is_one_bomb(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "FREE", 200_000)
    data = gzip.compress(pack(b'{"x":""}\n' * 300_000) * 2)
    found, intake = taken(blocks_of(data, 256))
    assert len(found) < 570_000
    assert "bomb" in (intake.error or "")


def test_great_ratios_of_modest_size_are_no_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    found, intake = taken([gzip.compress(b"the same line\n" * 500_000)])
    assert (len(found), intake.error) == (500_000, None)
    monkeypatch.setattr(unpack, "FREE", 1_000_000)
    noise = b"".join(hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(32_000))
    _, intake = taken([gzip.compress(noise)])
    assert intake.error is None


@pytest.mark.parametrize("mark", [b"\xff\xfe", b""])
@pytest.mark.parametrize("size", [1, 3, 4096])
def test_utf_16_becomes_utf_8(mark: bytes, size: int) -> None:
    text = '{"é":"€𝄞"}\r\n{"n":2}\r\n'
    if not mark:
        text = "plain " + text.replace("é", "e").replace("€𝄞", "e")
    for name in ("utf-16-le", "utf-16-be"):
        start = mark if name.endswith("le") else mark[::-1]
        found, intake = taken(blocks_of(start + text.encode(name), size))
        assert found == [line.encode() for line in text.splitlines()]
        assert not intake.plain


def test_packed_utf_16_and_half_a_character() -> None:
    found, _ = taken([gzip.compress("\ufeffone\ntwo".encode("utf-16-le") + b"\x00")])
    assert found == [b"one", "two\N{REPLACEMENT CHARACTER}".encode()]


def test_latin_1_passes_as_it_is() -> None:
    found, intake = taken(["café\nnaïve".encode("latin-1")])
    assert found == ["café".encode("latin-1"), "naïve".encode("latin-1")]
    assert intake.plain


def test_a_mark_of_utf_8_is_no_part_of_the_text_packed_or_not() -> None:
    assert taken([gzip.compress(b"\xef\xbb\xbf" + TEXT)])[0] == RECORDS
    assert taken(blocks_of(b"\xef\xbb\xbf" + TEXT, 1))[0] == RECORDS


def test_lines_may_end_as_on_old_macs_and_in_sequences() -> None:
    assert taken([b"one\rtwo\r\rthree"])[0] == [b"one", b"two", b"three"]
    assert taken([b'\x1e{"n":1}\n\x1e{\n"n":2}\n'])[0] == [b'{"n":1}\n', b'{\n"n":2}\n']
    assert taken([b"one\r\ntwo\rstill two\n"])[0] == [b"one", b"two\rstill two"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "picture"),
        (b"II*\x00\x08\x00\x00\x00", "picture"),
        (b"MM\x00*\x00\x00\x00\x08", "picture"),
        (b"\x00\x00\x01\x00\x01\x00\x10\x10", "picture"),
        (b"\x00\x00\x00\x18ftypheic\x00", "picture"),
        (b"\x00\x00\x00\x01Bud1\x00\x00", "Mac"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x7fELF\x02\x01\x01", "program"),
        (b"SQLite format 3\x00more", "database"),
        (b"PK\x03\x04rest of it", "zip"),
        (b"PAR1\x15\x00\x15 and so on", "Parquet"),
        (b"\x00\x01\x02\x03 and text", "binary"),
        (gzip.compress(b"x" * 257 + b"ustar\x0000", mtime=0), "tar"),
        (gzip.compress(b"\x89PNG\r\n\x1a\nmore", mtime=0), "picture"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, words: str) -> None:
    found, intake = taken([data] if data else [])
    assert found == []
    assert words in (intake.error or intake.left or "")
    assert bool(intake.left) == (words in {"picture", "Mac", "PDF", "program", "database"})


@pytest.mark.parametrize(
    "noise", [b"a\0\n", b"x" * 500 + b"\0" * 8 + b"\n", b"\x1b[31mred\0\x1b[0m\n"]
)
def test_a_few_nuls_are_noise_in_a_text(noise: bytes) -> None:
    lines = b"203.0.113.9 GET /\n" * 100
    found, intake = taken([noise + lines])
    assert (len(found), intake.error, intake.left) == (101, None, None)


@pytest.mark.parametrize("size", [8, 100, 5000])
@pytest.mark.parametrize("cut", [3, 1000, 100_000])
def test_a_hole_at_the_front_is_passed_over(size: int, cut: int) -> None:
    """As where a log is emptied while its writer goes on at the old place."""
    data = b"\0" * size + b'{"n":1}\n{"n":2}\n'
    intake = Intake()
    parts = [part for block in blocks_of(data, cut) for part in intake.feed(block)]
    parts += intake.finish()
    placed = [
        data[part.base + start :][:length]
        for part in parts
        for start, length in zip(part.starts, part.lengths, strict=True)
    ]
    assert (placed, intake.error) == ([b'{"n":1}', b'{"n":2}'], None)


def test_words_that_are_marks_as_well_may_begin_a_text() -> None:
    for line in (b"PAR1 is ready", b"ORCHESTRATOR started", b"GIF89a was sent", b"RIFF"):
        assert taken([line])[0] == [line]


def headed(blocks: list[bytes]) -> list[tuple[bytes, bytes, int]]:
    """(header in force, record, place) of each record."""
    intake = Intake()
    framed = [part for block in blocks for part in intake.feed(block)]
    framed += intake.finish()
    for part in framed:
        if part.header:
            assert b"#Fields" not in part.data[part.lengths[0] :]
    return [
        (part.header, part.data[start : start + length], part.base + start)
        for part in framed
        for start, length in zip(part.starts, part.lengths, strict=True)
    ]


FIELDS = [b"#Fields: a b", b"#Fields: c d"]
FLOWS = b"version account-id interface-id srcaddr dstaddr action"


def test_each_block_has_the_header_that_is_in_force() -> None:
    data = b"\n".join([b"#Version: 1.0", FIELDS[0], b"1 2", b"3 4", FIELDS[1], b"5 6", FLOWS, b"7"])
    heads = [header for header, _, _ in headed([data])]
    assert heads == [b"", *[FIELDS[0]] * 3, *[FIELDS[1]] * 2, FLOWS, FLOWS]


def test_words_of_a_header_within_a_record_are_none() -> None:
    lines = [
        b'{"a":"#Fields: x"}',
        b'{"srcaddr":"1","a":"srcaddr"}',
        b"the srcaddr of it",
        b"x" * 9,
    ]
    assert [header for header, _, _ in headed([b"\n".join(lines)])] == [b""] * 4


@given(
    st.lists(st.sampled_from([*FIELDS, FLOWS, b"1 2", b"", b"x srcaddr", b"\r"]), max_size=12),
    st.lists(st.integers(0, 200), max_size=5),
)
def test_headers_hold_wherever_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    data = b"first line\n" + b"\n".join(lines)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    blocks = [data[a:b] for a, b in itertools.pairwise(edges)]
    whole = headed([data])
    assert headed(blocks) == whole
    assert all(data[at : at + len(text)] == text for _, text, at in whole)


def test_documents_over_many_lines_come_as_they_end() -> None:
    documents = [json.dumps({"n": n, "x": ["}", "\n{"]}, indent=2).encode() for n in range(3000)]
    data = b"\n".join(documents)
    intake = Intake()
    early = sum(
        len(part.starts) for block in blocks_of(data, 5000) for part in intake.feed(block, 5000)
    )
    late = sum(len(part.starts) for part in intake.finish())
    assert (early + late, late < 300) == (3000, True)
    assert taken(blocks_of(data, 9999))[0] == documents


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x1f\x8b", b"BZh9", b"\x28\xb5\x2f\xfd"]))
def test_no_bytes_raise(junk: bytes, magic: bytes) -> None:
    taken([magic + junk])
    taken(blocks_of(junk, 3))
