"""Recordings of nights: on disk first, cut back when the disk refuses, locked, resumed, deleted."""

import asyncio
import errno
import json
import os
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from triage_tui.aws.memory import Memory
from triage_tui.model import DAY, SECOND, Batch
from triage_tui.sources.files import FileSource
from triage_tui.store import nights
from triage_tui.store.recording import RETRY, RecordingWriter
from triage_tui.wrappings import unwrap
from triage_tui.wrappings.recording import MARKED

NOW = 1_795_000_000 * SECOND


class Wall:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


def batch(*records: bytes, origin: str = "logs here") -> Batch:
    starts, at = array("Q"), 0
    for record in records:
        starts.append(at)
        at += len(record)
    return Batch(0, b"".join(records), starts, array("Q", map(len, records)), 7, origin=origin)


def night_in(root: Path, wall: int = NOW) -> nights.Night:
    return nights.begin(root, wall)


def test_what_is_written_is_there_at_once_and_only_for_us(tmp_path: Path) -> None:
    night = night_in(tmp_path / "recordings")
    writer = RecordingWriter(night.folder, wall=Wall())
    report = writer.write(batch(b"one", b"t\xffo"), "source")
    [path] = night.segments()
    assert report is not None
    assert report.path == path
    header, *lines = Path(path).read_bytes().splitlines()
    assert json.loads(header)["triage-tui-recording"] == 1
    assert [json.loads(line).get("message") for line in lines] == ["one", None]
    assert [json.loads(line)["position"] for line in lines] == ["0", "1"]
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert night.folder.stat().st_mode & 0o777 == 0o700
    assert night.folder.name == "2026-11-18T11-06-40Z"
    writer.close()
    night.close()


def test_a_full_segment_makes_way_for_the_next(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, wall=Wall(), segment_bytes=450)
    for number in range(6):
        assert writer.write(batch(b"x" * 80), "s") is not None, number
    writer.close()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["0001.jsonl", "0002.jsonl"]
    again = RecordingWriter(tmp_path, wall=Wall())
    again.write(batch(b"y"), "s")
    again.close()
    assert (tmp_path / "0003.jsonl").exists()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.unit.test_store_nights import Wall, batch
from triage_tui.store.recording import RETRY, RecordingWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, wall = Path({folder!r}), Wall()
writer = RecordingWriter(folder, wall=wall)
assert writer.write(batch(b"before"), "s")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))
assert writer.write(batch(b"x" * 300, b"y" * 300), "s") is None
assert writer.lost == 2 and "free some space" in writer.trouble, writer.trouble
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert writer.write(batch(b"too soon"), "s") is None
assert writer.lost == 3
wall.now += RETRY
writer.mark({{"s": wall.now}})
assert writer.write(batch(b"after"), "s")
assert writer.trouble is None and writer.lost == 3
writer.close()
print([report.lacks for report in writer.reports])
"""


def test_a_full_disk_is_said_and_leaves_whole_lines(tmp_path: Path) -> None:
    """A limit on the size of files refuses as a full disk does. What it refused is told by the
    segment behind it, and nobody takes it for recorded."""
    root = str(Path(__file__).resolve().parents[2])
    code = FULL_DISK.format(root=root, folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    first, second = (
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(tmp_path.iterdir())
    )
    assert [line.get("message") for line in first[1:]] == ["before"]
    assert second[0]["missing"] == {"records": 3, "since": NOW, "until": NOW}
    assert second[1]["complete"] == {"s": NOW}
    assert second[1]["at"] == NOW
    assert [line.get("message") for line in second[2:]] == ["after"]
    why = (
        "3 records before it were not recorded, from 2026-11-18 11:06:40Z to 2026-11-18 "
        "11:06:40Z: the disk refused them"
    )
    assert done.stdout == f"{[None, why]}\n"
    source = FileSource(str(tmp_path / "0002.jsonl"), wall=Wall())
    assert asyncio.run(records_of(source)) == 3
    assert (source.report.lacks, source.report.error) == (why, None)


async def records_of(source: FileSource) -> int:
    """How many lines it delivers."""
    return sum([len(each.starts) async for each in source.batches(0) if isinstance(each, Batch)])


def test_no_segment_is_without_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full just as a segment begins."""
    wall = Wall()
    writer, written = RecordingWriter(tmp_path, wall=wall), os.pwrite

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    for _ in range(3):
        assert writer.write(batch(b"lost"), "s") is None
        wall.now += RETRY
    assert not list(tmp_path.iterdir())
    assert not writer.reports
    monkeypatch.setattr(os, "pwrite", written)
    assert writer.write(batch(b"kept"), "s")
    [path] = tmp_path.iterdir()
    header, line = map(json.loads, path.read_text().splitlines())
    assert header["missing"] == {"records": 3, "since": NOW, "until": NOW + 2 * RETRY}
    assert line["message"] == "kept"
    writer.close()


def test_what_is_missing_at_the_end_is_told_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = RecordingWriter(tmp_path, wall=Wall())
    writer.write(batch(b"kept"), "s")
    with monkeypatch.context() as patch:
        patch.setattr(writer, "_append", lambda _data: os.stat("/nonexistent"))
        assert writer.write(batch(b"lost"), "s") is None
    writer.close()
    first, second = sorted(tmp_path.iterdir())
    assert len(first.read_bytes().splitlines()) == 2
    assert json.loads(second.read_bytes())["missing"]["records"] == 1
    assert [report.lacks is None for report in writer.reports] == [True, False]


def test_a_night_remembers_how_far_it_was_recorded(tmp_path: Path) -> None:
    night = night_in(tmp_path)
    writer, wall = RecordingWriter(night.folder, wall=Wall()), NOW
    writer.write(batch(b"one"), "s")
    for number in range(2):
        writer.mark({"logs here /a": wall + number, "guardduty here guardduty": wall})
    writer.mark({"logs here /a": wall + 2})
    writer.close()
    found = list(nights.remembered(night))
    assert [origin for origin, _ in found] == ["logs here", *[MARKED] * 3]
    memory = Memory()
    memory.take(found)
    assert memory.complete("logs here /a") == NOW + 2
    assert memory.complete("guardduty here guardduty") == NOW
    assert memory.complete("a source that is new") == NOW  # the night was recorded until then
    assert Memory().complete("logs here /a") is None
    assert unwrap(night_lines(night)[2]) == []
    night.close()


def night_lines(night: nights.Night) -> list[bytes]:
    return Path(night.segments()[0]).read_bytes().splitlines()


def test_two_that_record_have_a_night_each(tmp_path: Path) -> None:
    first, second = night_in(tmp_path), night_in(tmp_path)
    assert first.folder != second.folder
    RecordingWriter(first.folder, wall=Wall()).write(batch(b"one"), "s")
    assert nights.resume(tmp_path) is None
    first.close()
    found = nights.resume(tmp_path)
    assert found is not None
    assert found.folder == first.folder
    assert nights.resume(tmp_path, first.folder.name) is None
    found.close()
    second.close()


def test_a_night_remembers_its_records_but_for_a_torn_line(tmp_path: Path) -> None:
    night = night_in(tmp_path)
    writer = RecordingWriter(night.folder, wall=Wall())
    writer.write(batch(b"one", b"two"), "s")
    writer.write(batch(b"three", origin=""), "a name")
    writer.close()
    with open(night.segments()[0], "ab") as file:
        file.write(b'{"source":"s","position":"3","received":7,"mess')
    assert list(nights.remembered(night)) == [
        ("logs here", b"one"),
        ("logs here", b"two"),
        ("a name", b"three"),
    ]
    night.close()


@pytest.fixture
def old(tmp_path: Path) -> list[nights.Night]:
    """Three nights of a kilobyte each, a day apart."""
    found = []
    for day in range(3):
        night = night_in(tmp_path, NOW + day * DAY)
        path = night.folder / "0001.jsonl"
        path.write_bytes(b"x" * 1000)
        os.utime(path, ns=(NOW + day * DAY, NOW + day * DAY))
        found.append(night)
    return found


def test_old_nights_are_deleted_but_never_one_in_use(
    tmp_path: Path, old: list[nights.Night]
) -> None:
    (tmp_path / f"{old[1].folder.name}.triage").mkdir()
    old[1].close()
    gone = nights.prune(tmp_path, days=1.5, gigabytes=1, wall=NOW + 3 * DAY)
    assert gone == [old[1].folder.name]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        old[0].folder.name,
        old[2].folder.name,
    ]
    for night in (old[0], old[2]):
        night.close()


def test_the_oldest_make_room(tmp_path: Path, old: list[nights.Night]) -> None:
    for night in old:
        night.close()
    (tmp_path / "2020-01-01T00-00-00Z.deleted").mkdir()  # a crash left it
    assert nights.prune(tmp_path, days=30, gigabytes=1.5e-6, wall=NOW + 3 * DAY) == [
        old[0].folder.name,
        old[1].folder.name,
    ]
    assert [path.name for path in tmp_path.iterdir()] == [old[2].folder.name]
    assert nights.prune(tmp_path / "nowhere", days=1, gigabytes=1, wall=NOW) == []
