"""Files that are still written: they grow, rotate, shrink, come late. Nothing here waits."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
from typing import TYPE_CHECKING

import pytest

from triage_tui.health import HealthState
from triage_tui.sources import follow as follow_module
from triage_tui.sources.follow import POLL, FollowedFile, Following, Known, Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from triage_tui.health import FileReport


class Enough(Exception):
    """Nothing more happens in the story."""


class Story:
    """What happens to the files, one step at each pause of whoever follows them."""

    def __init__(self, *steps: Callable[[], object] | None) -> None:
        self._steps = list(steps)

    async def sleep(self, seconds: float) -> None:
        assert seconds == POLL
        if not self._steps:
            raise Enough
        step = self._steps.pop(0)
        if step is not None:
            await asyncio.to_thread(step)


def append(path: Path, data: bytes) -> Callable[[], object]:
    def write() -> None:
        with path.open("ab") as file:
            file.write(data)

    return write


async def follow(
    path: Path, *steps: Callable[[], object] | None, known: Known | None = None
) -> tuple[list[bytes], FileReport]:
    """The records that came while the story went on."""
    watch = Watch(Story(*steps).sleep)
    source = FollowedFile(str(path), wall=lambda: 5, known=known, watch=watch)
    found: list[bytes] = []
    with contextlib.suppress(Enough):
        async for batch in source.batches(0):
            assert batch.base is None
            found += [
                batch.data[start : start + length]
                for start, length in zip(batch.starts, batch.lengths, strict=True)
            ]
    return found, source.report


async def test_a_file_grows_and_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntw")
    found, report = await follow(path, append(path, b"o\nthr"), None, None)
    assert found == [b"one", b"two"]
    assert (report.error, report.done) == (None, 11)


async def test_a_whole_document_does_not_wait_for_a_line_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"n":')
    found, _ = await follow(path, append(path, b"1}"), None, append(path, b'\n{"n":2}\n{'), None)
    assert found == [b'{"n":1}', b'{"n":2}']


async def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    found, report = await follow(path, None)
    assert (found, report.error) == ([], None)
    found, report = await follow(path, None, append(path, b"one\n"), None)
    assert (found, report.error) == ([b"one"], None)


async def test_rotation_reads_the_old_file_to_its_end_first(tmp_path: Path) -> None:
    path, old = tmp_path / "a.log", tmp_path / "a.log.1"
    path.write_bytes(b"one\n")

    def rotate() -> None:
        path.rename(old)
        append(old, b"two\nlast")()
        path.write_bytes(b"three\n")

    found, report = await follow(path, None, rotate, None, append(path, b"four\n"), None, None)
    assert found == [b"one", b"two", b"last", b"three", b"four"]
    assert report.error is None


async def test_what_is_written_to_the_old_file_after_the_new_one_came_is_read(
    tmp_path: Path,
) -> None:
    path, old = tmp_path / "a.log", tmp_path / "a.log.1"
    path.write_bytes(b"one\n")

    def rotate() -> None:
        path.rename(old)
        path.write_bytes(b"")

    found, _ = await follow(path, None, lambda: path.rename(old), append(old, b"two\n"), None)
    assert found == [b"one", b"two"]
    path.unlink(missing_ok=True)
    path.write_bytes(b"one\n")
    found, _ = await follow(path, rotate, append(path, b"new\n"), None)
    assert found == [b"one", b"new"]


async def test_a_file_that_is_cut_short_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\nhalf")
    found, report = await follow(path, None, lambda: path.write_bytes(b"new\n"), None, None)
    assert found == [b"one", b"two", b"half", b"new"]
    assert report.error is None


async def test_a_packed_file_is_read_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    packed = gzip.compress(b'{"n":1}\n{"n":2}')
    path.write_bytes(packed[:20])
    found, report = await follow(path, append(path, packed[20:]), None, None)
    assert (found, report.error) == ([b'{"n":1}', b'{"n":2}'], None)


async def test_a_binary_file_ends_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\x00\x01" * 50)
    found, report = await follow(path)
    assert found == []
    assert "binary" in (report.error or "")
    assert report.state is HealthState.ENDED


async def test_a_file_that_cannot_be_read_is_named_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.mkdir()
    _, report = await follow(path, None)
    assert "cannot read it" in (report.error or "")

    def replace() -> None:
        path.rmdir()
        path.write_bytes(b"one\n")

    found, report = await follow(path, replace, None, None)
    assert (found, report.error) == ([b"one"], None)


@pytest.mark.may_block("the paths are looked at before anything runs")
async def test_new_files_appear_in_a_folder_and_rotated_ones_are_not_new(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"one\n")
    late = tmp_path / "sub" / "b.log"
    following = Following(wall=lambda: 5, sleep=Story(None, None, None).sleep)
    (source,) = following.add(str(tmp_path))
    reading = source.batches(0)
    assert (await anext(reading)).data == b"one\n"
    arrivals = following.arrivals()
    late.parent.mkdir()
    late.write_bytes(b"two\n")
    log.rename(tmp_path / "a.log.1")
    log.write_bytes(b"three\n")
    assert (await anext(arrivals)).report.path == str(late)
    with pytest.raises(Enough):
        await anext(arrivals)
    await reading.aclose()


async def test_a_path_that_took_over_a_file_which_was_read_waits_for_another(
    tmp_path: Path,
) -> None:
    path, known = tmp_path / "a.log", Known()
    path.write_bytes(b"one\n")
    known.enter(path.stat())
    assert (await follow(path, None, known=known))[0] == []
    known.leave(path.stat())
    assert (await follow(path, None, known=known))[0] == []
    path.write_bytes(b"another one under the number of the first\n")
    assert (await follow(path, None, known=known))[0] != []


@pytest.mark.may_block("the paths are looked at before anything runs")
async def test_paths_without_folders_have_no_arrivals(tmp_path: Path) -> None:
    following = Following(wall=lambda: 5)
    (source,) = following.add(str(tmp_path / "a.log"))
    assert source.report.path == os.fspath(tmp_path / "a.log")
    assert [source async for source in following.arrivals()] == []


class Together(Watch):
    """A watch that looks only when all of so many files are quiet."""

    def __init__(self, files: int, sleep: Callable[[float], Awaitable[None]]) -> None:
        super().__init__(self._sleep_when_quiet)
        self._files, self._quiet, self._really_sleep = files, 0, sleep
        self.all_quiet = asyncio.Event()

    async def news(self, file: FollowedFile) -> None:
        self._quiet += 1
        if self._quiet == self._files:
            self.all_quiet.set()
        try:
            await super().news(file)
        finally:
            self._quiet -= 1
            self.all_quiet.clear()

    async def _sleep_when_quiet(self, seconds: float) -> None:
        await self.all_quiet.wait()
        await self._really_sleep(seconds)


async def many(paths: list[Path], *steps: Callable[[], object] | None) -> dict[str, list[bytes]]:
    """The records of files that are followed together, by name, while the story goes on."""
    watch, known = Together(len(paths), Story(*steps).sleep), Known()
    found: dict[str, list[bytes]] = {path.name: [] for path in paths}

    async def one(path: Path) -> None:
        source = FollowedFile(str(path), wall=lambda: 5, known=known, watch=watch)
        async for batch in source.batches(0):
            found[path.name] += [
                batch.data[start : start + length]
                for start, length in zip(batch.starts, batch.lengths, strict=True)
            ]

    with contextlib.suppress(Enough):
        try:
            async with asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(one(path))
        except* Enough as enough:
            raise Enough from enough
    return found


@pytest.fixture
def few_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_module, "KEPT_OPEN", 1)
    monkeypatch.setattr(follow_module, "AT_ONCE", 2)


@pytest.mark.usefixtures("few_open")
async def test_many_files_need_few_descriptors(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.log" for number in range(40)]
    for path in paths:
        path.write_bytes(b"one\n")
    most = 0

    def count() -> None:
        nonlocal most
        now = 0
        for fd in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # that of the listing itself
                now += os.readlink(f"/proc/self/fd/{fd}").startswith(str(tmp_path))
        most = max(most, now)

    # Whichever is quiet first stays open until there is news of it: counted before there is any.
    steps = [step for path in paths for step in (append(path, b"two\n"), count)]
    found = await many(paths, count, *steps)
    assert found == {path.name: [b"one", b"two"] for path in paths}
    assert 1 <= most <= 3  # two that are read at once may both stay open


@pytest.mark.usefixtures("few_open")
async def test_a_file_that_is_rotated_while_it_rests_is_read_to_its_end(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.log" for number in range(3)]
    for path in paths:
        path.write_bytes(b"one\n")

    def rotate() -> None:
        for path in paths:
            append(path, b"two\nlast")()
            path.rename(path.with_suffix(".1"))
            path.write_bytes(b"new\n")

    found = await many(paths, rotate, None)
    assert found == {path.name: [b"one", b"two", b"last", b"new"] for path in paths}


@pytest.mark.usefixtures("few_open")
async def test_a_file_that_is_deleted_while_it_rests_gives_what_it_had(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.log" for number in range(3)]
    for path in paths:
        path.write_bytes(b"one\nlast")

    def replace() -> None:
        for path in paths:
            path.unlink()
            path.write_bytes(b"another one\n")

    found = await many(paths, replace, None)
    assert found == {path.name: [b"one", b"last", b"another one"] for path in paths}


async def test_who_looks_for_all_may_be_cancelled(tmp_path: Path) -> None:
    """Somebody else looks then."""
    paths = [tmp_path / f"{number}.log" for number in range(3)]
    for path in paths:
        path.write_bytes(b"")
    gate = asyncio.Semaphore(0)

    async def sleep(_: float) -> None:
        await gate.acquire()

    watch = Together(len(paths), sleep)
    files = [FollowedFile(str(path), wall=lambda: 5, watch=watch) for path in paths]
    tasks = [asyncio.ensure_future(anext(file.batches(0))) for file in files]
    await watch.all_quiet.wait()
    tasks[0].cancel()
    await asyncio.wait([tasks[0]])
    append(paths[2], b"one\n")()
    watch.all_quiet.set()
    gate.release()
    assert (await tasks[2]).data == b"one\n"
    tasks[1].cancel()
    await asyncio.wait([tasks[1]])


async def test_a_writer_that_goes_on_at_its_old_place_leaves_a_hole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\n" * 10)

    def empty() -> None:
        os.truncate(path, 0)

    def write_on() -> None:
        with path.open("r+b") as file:
            file.seek(40)
            file.write(b"two\n")

    found, report = await follow(path, empty, write_on, None)
    assert (found[9:], report.error) == ([b"one", b"two"], None)
