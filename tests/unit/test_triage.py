"""A whole triage: recorded files in, what is in sight out, at every cursor."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.live import Tailed, Wall, live_triage
from tests.unit.test_keeping import Recorder
from triage_tui import decoding, demo
from triage_tui.cli.options import moment
from triage_tui.decoding import Decoders
from triage_tui.model import SECOND, Batch, Case, Columns, Kind, Span
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.folders import discover
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.store.entities import entities
from triage_tui.store.filters import ALL, Filter, parse
from triage_tui.store.recording import RecordingWriter
from triage_tui.triage import Triage
from triage_tui.ui.times import parse_goto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from triage_tui.ports import Casebook, Response

NOW = 1_800_000_000 * SECOND


class NoCases:
    """A casebook in which nothing was ever written."""

    def case(self, subjects: Iterable[str]) -> Case:
        return Case()

    def history(self) -> tuple[()]:
        return ()

    async def close(self) -> None:
        return None


def load(paths: list[str], decoders: Decoders | None = None) -> Triage:
    sources = [FileSource(path, wall=lambda: NOW, error=error) for path, error in discover(paths)]
    spool = Spool()
    names = [source.report.path for source in sources]
    casebook: Casebook = NoCases()  # type: ignore[assignment]
    nothing: Response = None  # type: ignore[assignment]
    triage = Triage(
        sources,
        clock=ReplayClock(wall_time=lambda: NOW),
        spool=spool,
        raw=RawFiles(names, spool),
        casebook=casebook,
        blocklist=nothing,
        author="tester",
        decoders=decoders,
    )
    asyncio.run(triage.run())
    return triage


@pytest.fixture
def triage_of() -> Iterator[Callable[..., Triage]]:
    """Loads files into a triage, and gives everything back at the end."""
    made: list[Triage] = []

    def make(paths: list[str], decoders: Decoders | None = None) -> Triage:
        made.append(load(paths, decoders))
        return made[-1]

    yield make
    for triage in made:
        asyncio.run(triage.close())


@pytest.fixture(scope="module")
def incident() -> Iterator[Triage]:
    """The bundled incident, loaded once."""
    triage = load([str(demo.incident_folder())])
    yield triage
    asyncio.run(triage.close())


def shown(triage: Triage, selected: Filter) -> list[object]:
    """Everything on every tab, findings included."""
    every: list[object] = []
    for kind in Kind:
        ranking = triage.look(kind, selected)
        every += entities(ranking, ranking.ids.tolist())
    sight = triage.sight(selected)
    # Rows are numbered by arrival: the only thing that may differ.
    found = [msgspec.structs.replace(sight.finding(state), row=0) for state in sight.findings]
    return [*every, *found]


def test_stepping_gives_what_a_time_bound_gives(triage_of: Callable[..., Triage]) -> None:
    """Back and forth, with late events, duplicates and an updated finding in the story."""
    stepped = triage_of([str(demo.incident_folder())])
    scanned = triage_of([str(demo.incident_folder())])
    first, last = stepped.index.span() or (0, 0)
    assert stepped.index.duplicates > 0
    assert any(len(rows) > 1 for rows in stepped.index.finding_rows.values())
    moments = [first + (last - first) * n // 6 for n in range(6)]
    for time in [*moments, *reversed(moments), moments[4], moments[1], moments[5]]:
        stepped.clock.seek(time)
        text = f"time<={_spell(time)}"
        assert shown(stepped, ALL) == shown(scanned, parse(text))


def _spell(time: int) -> str:
    return dt.datetime.fromtimestamp(time // SECOND, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("text", ["2026-03-15T02:02:00Z", "2026-03-15T02:14:07Z"])
def test_a_second_is_the_same_to_the_clock_as_to_a_filter(
    triage_of: Callable[..., Triage], text: str
) -> None:
    triage = triage_of([str(demo.incident_folder())])
    bounded = triage.sight(parse(f"time<={text}")).rows.tolist()
    every = triage.sight().rows.tolist()
    assert 0 < len(bounded) < len(every)
    triage.clock.seek(moment(text))
    assert triage.sight().rows.tolist() == bounded
    first, last = triage.index.span() or (0, 0)
    clock_time = text[11:19]
    triage.clock.to_end()
    target = parse_goto(clock_time, triage.clock.position(), first, last)
    assert target is not None
    triage.clock.seek(target)
    assert triage.sight().rows.tolist() == bounded


def test_a_bound_beyond_the_last_event_is_no_bound(incident: Triage) -> None:
    """What is new or recent is so by the events' own time."""
    whole = shown(incident, ALL)
    assert any(r.kind == "new" for e in whole for r in getattr(e, "reasons", ()))
    assert shown(incident, parse("time<=2027")) == whole
    assert shown(incident, parse("-time>=2027")) == whole


def test_the_order_of_the_files_changes_nothing(triage_of: Callable[..., Triage]) -> None:
    files = [str(path) for path in demo.incident_files()]
    there, back = triage_of(files), triage_of(files[::-1])
    assert shown(there, ALL) == shown(back, ALL)


def test_every_row_reads_back_as_its_own_event(
    tmp_path: Path, triage_of: Callable[..., Triage]
) -> None:
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(b"".join(_trail(n) + b"\n" for n in range(5)))
    triage = triage_of([str(plain), str(demo.incident_folder())])
    for row in range(0, triage.index.rows, 97):
        event = triage.event(row)
        assert triage.raw_text(row)
        assert event.action == (triage.index.action.text(row) or None)
    for row in range(5):
        event = triage.event(row)
        assert (event.id, event.record.index, event.record.spooled) == (f"event-{row}", row, False)
        begin = event.record.offset
        data = plain.read_bytes()[begin : begin + event.record.length]
        assert json.loads(data)["eventID"] == event.id


def _trail(number: int) -> bytes:
    record = {
        "eventTime": "2026-03-15T02:00:00Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteItem",
        "eventID": f"event-{number}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.23",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/m", "userName": "m"},
    }
    return json.dumps(record).encode()


async def record(writer: RecordingWriter, name: str, number: int) -> None:
    async for batch in FileSource(name, wall=lambda: NOW).batches(number):
        assert isinstance(batch, Batch)
        assert await asyncio.to_thread(writer.write, batch, name)


def test_a_recording_gives_back_what_was_recorded(
    tmp_path: Path, triage_of: Callable[..., Triage]
) -> None:
    """Ids, rows and what is shown are the same from the recording as from the files."""
    files = [str(path) for path in demo.incident_files()]
    path = tmp_path / "0001.jsonl"
    writer = RecordingWriter(tmp_path, wall=lambda: NOW)
    for number, name in enumerate(files):
        asyncio.run(record(writer, name, number))
    writer.close()
    assert path.stat().st_mode & 0o777 == 0o600
    direct, recorded = triage_of(files), triage_of([str(path)])
    assert recorded.index.id.view().tolist() == direct.index.id.view().tolist()
    assert shown(recorded, ALL) == shown(direct, ALL)


def test_bytes_that_are_not_text_survive_a_recording(
    tmp_path: Path, triage_of: Callable[..., Triage]
) -> None:
    raw = tmp_path / "raw.log"
    raw.write_bytes(b'{"caf\xe9 \x1b]52;c;AAAA\x07\n{"plain\n')
    path = tmp_path / "0001.jsonl"
    writer = RecordingWriter(tmp_path, wall=lambda: NOW)
    asyncio.run(record(writer, str(raw), 0))
    writer.close()
    direct, recorded = triage_of([str(raw)]), triage_of([str(path)])
    assert recorded.index.id.view().tolist() == direct.index.id.view().tolist()
    assert recorded.raw.read(0, 0, 19, True) == b'{"caf\xe9 \x1b]52;c;AAAA\x07'


def test_processes_decode_what_the_loop_decodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, triage_of: Callable[..., Triage]
) -> None:
    path = tmp_path / "big.jsonl"
    path.write_bytes(b"".join(_trail(n) + b"\n" for n in range(8_000)))
    small = triage_of([str(path)])
    monkeypatch.setattr(decoding, "AWAY", 100_000)
    decoders = Decoders(2)
    decoders.start()
    large = triage_of([str(path)], decoders)
    assert large.index.rows == 8_000
    assert large.index.id.view().tolist() == small.index.id.view().tolist()
    assert shown(large, ALL) == shown(small, ALL)


class _Killed(Decoders):
    """Loses its processes as soon as they have work."""

    async def _result(self, batch: Batch | Span, future: object) -> Columns:
        assert self._workers is not None
        while not self._workers._processes and not self._workers.lost:
            pass  # a thread starts them
        for process in list(self._workers._processes):
            process.kill()
        return await super()._result(batch, future)  # type: ignore[arg-type]


def test_killed_processes_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, triage_of: Callable[..., Triage]
) -> None:
    path = tmp_path / "big.jsonl"
    path.write_bytes(b"".join(_trail(n) + b"\n" for n in range(4_000)))
    monkeypatch.setattr(decoding, "AWAY", 100_000)
    triage = triage_of([str(path)], _Killed(1))
    assert (triage.index.rows, triage.index.unparsed) == (4_000, 0)
    assert triage.hampered.startswith("1 of 1 processes that decode was killed (out of memory?): ")


@pytest.mark.parametrize(
    "text", ["ip:203.0.113.0/24", "-outcome:ok", "phpmyadmin", "principal:maria*"]
)
def test_filters_narrow_counts_but_never_risk(incident: Triage, text: str) -> None:
    selected = parse(text)
    for _ in incident.search(selected):
        pass
    for kind in Kind:
        wide, narrow = incident.look(kind), incident.look(kind, selected)
        risks = {e.ref.key: (e.risk, e.events) for e in entities(wide, wide.ids.tolist())}
        assert len(narrow) < len(wide)
        for entity in entities(narrow, narrow.ids.tolist()):
            risk, events = risks[entity.ref.key]
            assert entity.risk == risk
            assert 0 < entity.events <= events
    assert len(incident.look(Kind.IP, selected)) > 0


def test_a_search_aside_finds_what_a_search_finds_and_can_be_left(
    triage_of: Callable[..., Triage],
) -> None:
    triage = triage_of([str(demo.incident_folder())])
    selected, again = parse("deleteitem"), parse('"deleteitem"')
    left = triage.search_aside(selected)
    next(left)
    left.close()  # type: ignore[attr-defined]
    assert triage.matches(selected).searched == 0
    for _ in triage.search_aside(selected):
        pass
    for _ in triage.search(again):
        pass
    found = triage.matches(selected).mask()
    assert 0 < found.sum() < triage.index.rows
    assert found.tolist() == triage.matches(again).mask().tolist()


def test_a_search_aside_ends_when_the_triage_is_closed(triage_of: Callable[..., Triage]) -> None:
    triage = triage_of([str(demo.incident_folder())])
    steps = triage.search_aside(parse("deleteitem"))
    next(steps)
    asyncio.run(triage.close())
    for _ in steps:
        pass


async def test_taking_in_gives_way_to_whoever_waits() -> None:
    wall = Wall()
    source, asked = Tailed(wall), 0

    def somebody_waits() -> bool:
        nonlocal asked
        asked += 1
        return asked < 4

    async with live_triage([source], wall) as triage:
        triage.gives_way = somebody_waits
        await source.send("198.51.100.1")
        while not triage.index.rows:
            assert asked < 5
            await asyncio.sleep(0)
    assert asked == 4


async def test_it_is_told_how_much_of_what_came_is_taken_in() -> None:
    wall = Wall()
    first, second = Tailed(wall), Tailed(wall, "/shop/pay")
    seen: list[bool] = []
    told = asyncio.Event()

    def nobody_waits() -> bool:  # asked before anything is taken in
        seen.append(triage.taken < triage.brought)
        return False

    async with live_triage([first, second], wall) as triage:
        assert triage.taken == triage.brought == 0
        triage.gives_way, triage.taken_in = nobody_waits, told.set
        async with asyncio.timeout(60):
            await asyncio.gather(first.send("198.51.100.1"), second.send("198.51.100.2"))
            while triage.index.rows < 2:
                await told.wait()
                told.clear()
        assert triage.taken == triage.brought == 2
    assert seen
    assert all(seen)


async def test_nobody_sees_what_is_not_recorded_yet() -> None:
    wall, recorder = Wall(), Recorder()
    source, seen = Tailed(wall), asyncio.Event()
    recorder.goes_on.clear()
    async with live_triage([source], wall, recorder) as triage:
        triage.taken_in = seen.set
        sending = asyncio.ensure_future(source.send("198.51.100.1"))
        assert await asyncio.to_thread(recorder.begun.wait, 60)
        for _ in range(100):  # as many turns as decoding and taking in could want
            await asyncio.sleep(0)
        assert triage.brought == 1
        assert triage.taken == triage.index.rows == 0
        assert not recorder.written
        recorder.goes_on.set()
        async with asyncio.timeout(60):
            await asyncio.gather(sending, seen.wait())
        assert triage.taken == triage.index.rows == 1
        assert len(recorder.written) == 1
