"""Files as sources: what is good is loaded, what is not is said."""

import asyncio
import gzip
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from triage_tui.health import FileReport, HealthState
from triage_tui.model import Batch, Span
from triage_tui.sources.files import FileSource, read_ahead
from triage_tui.sources.folders import discover
from triage_tui.sources.spans import read_span
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.sources.stream import StreamSource

GOOD = b'{"n":1}\n{"n":2}\n'


async def taken(source: FileSource, number: int) -> AsyncIterator[Batch]:
    """The source's batches; those that others would read, read."""
    async for batch in source.batches(number):
        yield await asyncio.to_thread(read_span, batch) if isinstance(batch, Span) else batch


async def read(path: Path) -> tuple[list[bytes], FileReport]:
    source = FileSource(str(path), wall=lambda: 5)
    found = [
        batch.data[start : start + length]
        async for batch in taken(source, 0)
        for start, length in zip(batch.starts, batch.lengths, strict=True)
    ]
    assert source.report.state is HealthState.ENDED
    return found, source.report


async def test_a_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD)
    found, report = await read(path)
    assert found == [b'{"n":1}', b'{"n":2}']
    assert (report.error, report.size, report.done) == (None, len(GOOD), len(GOOD))


async def test_positions_are_those_of_the_file_even_behind_a_bom(tmp_path: Path) -> None:
    path = tmp_path / "bom.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD)
    source = FileSource(str(path), wall=lambda: 5)
    (batch,) = [batch async for batch in source.batches(3)]
    assert isinstance(batch, Batch)
    assert (batch.source, batch.received) == (3, 5)
    assert batch.base is not None
    raw = RawFiles([str(path)], Spool())
    places = [(batch.base + s, n) for s, n in zip(batch.starts, batch.lengths, strict=True)]
    assert [raw.read(0, at, n, False) for at, n in places] == [b'{"n":1}', b'{"n":2}']
    raw.close()


async def test_gz_of_many_members_and_of_great_ratio(tmp_path: Path) -> None:
    path = tmp_path / "many.gz"
    long = b"x" * 3_000_000
    path.write_bytes(gzip.compress(GOOD) + gzip.compress(long + b"\nend"))
    found, report = await read(path)
    assert found == [b'{"n":1}', b'{"n":2}', long, b"end"]
    assert report.error is None


@pytest.mark.parametrize(
    ("name", "content", "words", "records"),
    [
        ("empty", b"", "the file is empty", 0),
        ("cut.gz", gzip.compress(GOOD, mtime=0)[:-9], "truncated", 2),
        ("bad.gz", gzip.compress(GOOD, mtime=0)[:-8] + b"\x00" * 8, "damaged", 2),
        ("a.zip", b"PK\x03\x04rest", "zip archive", 0),
        ("a.bin", b"\x7fOLF\x00\x01", "binary", 0),
        ("wide.txt", "text".encode("utf-32"), "UTF-32", 0),
        ("new.jsonl", b'{"triage-tui-recording": 99}\n', "update", 0),
    ],
)
async def test_what_is_wrong_is_said_and_the_rest_is_kept(
    tmp_path: Path, name: str, content: bytes, words: str, records: int
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found, report = await read(path)
    assert words in (report.error or "")
    assert found == [b'{"n":1}', b'{"n":2}'][:records]


async def test_a_picture_is_left_alone_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000)
    found, report = await read(path)
    assert found == []
    assert (report.error, report.left) == (None, "no log: a picture (PNG)")


async def test_a_missing_file_and_a_folder_in_the_way(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none", "no such file"), (tmp_path, "directory")):
        found, report = await read(path)
        assert found == []
        assert words in (report.error or "").lower()


async def test_a_line_of_fifty_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"n":1}\n' + b'"' + b"y" * 50_000_000 + b'"\n{"n":2}\n')
    found, report = await read(path)
    assert [len(line) for line in found] == [7, 50_000_002, 7]
    assert report.error is None


def test_folders_recurse_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/x/1", "z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "b" / "nowhere").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe")
    found = list(discover(["first", str(tmp_path)]))
    inside = [os.path.relpath(path, tmp_path) for path, error in found[1:] if not error]
    refused = {os.path.relpath(path, tmp_path): error for path, error in found if error}
    assert found[0] == ("first", None)
    assert {name: (error or "").split(",")[0] for name, error in refused.items()} == {
        "b/nowhere": "a link that leads to no file",
        "loop": "a link to a folder",
        "pipe": "neither a file nor a folder; to read from a pipe",
    }
    assert inside == ["a/x/1", "b/1", "b/2", "z"]


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    ((path, error),) = discover([str(tmp_path)])
    assert path == str(tmp_path)
    assert "cannot list" in (error or "")


def test_the_spool_keeps_bytes_where_nobody_else_reads(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    places = [(spool.append(data), len(data)) for data in (b"one", b"", b"three")]
    assert [spool.read(at, size) for at, size in places] == [b"one", b"", b"three"]
    assert list((tmp_path / "state").iterdir()) == []
    spool.close()


def test_a_file_that_shrank_is_an_error_not_half_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    raw = RawFiles([str(path)], Spool())
    assert raw.read(0, 2, 4, False) == b"2345"
    path.write_bytes(b"01")
    with pytest.raises(OSError, match="shorter than when it was read"):
        raw.read(0, 2, 4, False)
    raw.close()


@pytest.mark.parametrize("packed", [False, True])
async def test_a_pipe_gives_its_records_as_they_come(packed: bool) -> None:
    reader, writer = os.pipe()
    os.write(writer, gzip.compress(GOOD) if packed else GOOD)
    source = StreamSource(reader, wall=lambda: 1)
    stream = source.batches(0)
    if packed:
        os.close(writer)
    first = await asyncio.wait_for(anext(stream), 10)
    assert len(first.starts) == 2
    assert first.base is None
    if not packed:
        os.write(writer, b"last")
        os.close(writer)
        assert [batch.data async for batch in stream] == [b"last"]
    else:
        assert [batch async for batch in stream] == []
    assert source.report.error is None
    os.close(reader)


async def test_a_packed_pipe_may_begin_with_a_short_read() -> None:
    reader, writer = os.pipe()
    packed = gzip.compress(GOOD)
    os.write(writer, packed[:1])
    source = StreamSource(reader, wall=lambda: 1)
    first = asyncio.ensure_future(anext(source.batches(0)))
    await asyncio.sleep(0)
    os.write(writer, packed[1:])
    os.close(writer)
    assert len((await asyncio.wait_for(first, 60)).starts) == 2
    os.close(reader)


async def test_a_file_whose_first_read_fails_fails_alone() -> None:
    found, report = await read(Path("/proc/self/mem"))
    assert found == []
    assert "cannot read it" in (report.error or "")


async def test_small_files_are_read_together_and_large_ones_in_their_turn(tmp_path: Path) -> None:
    contents = [GOOD, b"", b'{"n":3}\n' * 100_000, gzip.compress(GOOD), GOOD]
    sources = []
    for number, content in enumerate(contents):
        path = tmp_path / str(number)
        path.write_bytes(content)
        sources.append(FileSource(str(path), wall=lambda: 5))
    read_ahead(sources)
    first = taken(sources[0], 0)
    await anext(first)
    assert [source.report.done > 0 for source in sources] == [True, False, True, False, False]
    counts = [1 + sum([1 async for _ in first])]
    counts += [
        sum([len(batch.starts) async for batch in taken(source, number)])
        for number, source in enumerate(sources[1:], 1)
    ]
    assert counts == [1, 0, 100_000, 2, 2]
    assert [source.report.error for source in sources] == [None, "the file is empty", *[None] * 3]


async def kept(path: Path) -> RawFiles:
    """Raw bytes of a file that was read."""
    source = FileSource(str(path), wall=lambda: 5)
    async for _ in source.batches(0):
        pass
    return RawFiles([source.original], Spool())


async def test_a_file_that_grows_still_shows_its_records(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(GOOD)
    raw = await kept(path)
    with path.open("ab") as file:
        file.write(b"more\n")
    assert raw.read(0, 8, 7, False) == b'{"n":2}'
    raw.close()


@pytest.mark.parametrize("looked_before", [True, False])
async def test_bytes_of_a_file_that_was_rewritten_are_not_shown(
    tmp_path: Path, looked_before: bool
) -> None:
    path = tmp_path / "a"
    path.write_bytes(GOOD)
    raw = await kept(path)
    if looked_before:
        raw.read(0, 0, 7, False)
    path.write_bytes(GOOD[::-1])
    later = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    with pytest.raises(OSError, match="was rewritten after it was read"):
        raw.read(0, 0, 7, False)
    raw.close()


async def test_a_file_that_took_the_place_of_another_is_not_shown(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(GOOD)
    raw = await kept(path)
    other.write_bytes(GOOD)
    other.replace(path)
    with pytest.raises(OSError, match="another file than the one that was read"):
        raw.read(0, 0, 7, False)
    raw.close()
