"""Triages for the tests of the screens: the demo's night, and any records a test makes up."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import pytest
from textual.app import App

from triage_tui import formats
from triage_tui.decoding import Decoders
from triage_tui.demo import incident_files
from triage_tui.model import Batch, Case, Change, Columns, FileReport, Note, Status, Verdict
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage
from widgets.text import is_safe

WALL = 1_773_540_000_000_000_000


class MemoryCasebook:
    """Implements `ports.Casebook` without a disk."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.changes: list[Change] = []

    async def note(self, subject: str, text: str, *, author: str, cursor: int) -> Note:
        note = Note(len(self.notes) + 1, subject, text, author, WALL, cursor)
        self.notes.append(note)
        self._change(subject, "note", text, author, cursor)
        return note

    async def remove_note(self, note_id: int) -> None:
        self.notes = [note for note in self.notes if note.id != note_id]

    async def set_status(self, subject: str, status: Status, *, author: str, cursor: int) -> None:
        self._change(subject, "status", status.value, author, cursor)

    async def set_verdict(
        self, subject: str, verdict: Verdict, *, author: str, cursor: int
    ) -> None:
        self._change(subject, "verdict", verdict.value, author, cursor)

    async def tag(self, subject: str, tag: str, *, author: str, cursor: int) -> None:
        self._change(subject, "tag", tag, author, cursor)

    async def untag(self, subject: str, tag: str, *, author: str, cursor: int) -> None:
        self.changes = [c for c in self.changes if (c.subject, c.value) != (subject, tag)]

    def _change(self, subject: str, field: str, value: str, author: str, cursor: int) -> None:
        self.changes.append(Change(subject, field, value, author, WALL, cursor))

    def case(self, subjects: Iterable[str]) -> Case:
        names = set(subjects)
        found = [change for change in self.changes if change.subject in names]
        last = {change.field: change.value for change in found}
        return Case(
            status=Status(last.get("status", "new")),
            verdict=Verdict(last.get("verdict", "undecided")),
            tags=tuple(change.value for change in found if change.field == "tag"),
            notes=tuple(note for note in self.notes if note.subject in names),
        )

    def history(self) -> list[Change]:
        return self.changes

    async def close(self) -> None:
        return None


class DecodedSource:
    """A source whose batches were read before."""

    def __init__(self, path: str, batches: list[Batch]) -> None:
        self.report = FileReport(path)
        self._batches = batches

    async def batches(self, number: int) -> AsyncIterator[Batch]:
        for batch in self._batches:
            yield batch


class KnownDecoders(Decoders):
    """Decodes each batch once for all tests."""

    def __init__(self, known: dict[int, Columns]) -> None:
        super().__init__(1)
        self._known = known

    async def decode(self, batches: AsyncIterator[Batch]) -> AsyncIterator[Columns]:
        async for batch in batches:
            yield self._known[id(batch)]


class Night:
    """The demo's incident, read and decoded once."""

    def __init__(self) -> None:
        self.batches: dict[str, list[Batch]] = {}
        asyncio.run(self._read())
        self.columns = {
            id(batch): formats.decode(batch) for found in self.batches.values() for batch in found
        }

    async def _read(self) -> None:
        for number, path in enumerate(incident_files()):
            source = FileSource(str(path), wall=lambda: WALL)
            self.batches[path.name] = [batch async for batch in source.batches(number)]


@pytest.fixture(scope="session")
def _night() -> Night:
    return Night()


async def _blocklist() -> tuple[Journal, SimulatedBlocklist]:
    journal = await Journal.open(None, wall=lambda: WALL)
    return journal, SimulatedBlocklist(journal, GuardPolicy(), name="demo-blocklist")


@pytest.fixture
async def new_demo(_night: Night) -> AsyncIterator[Callable[[], Triage]]:
    """Makes the demo's triage, nothing loaded yet: `await triage.run()` loads it."""
    journal, blocklist = await _blocklist()

    def make() -> Triage:
        spool = Spool()
        sources = [DecodedSource(name, found) for name, found in _night.batches.items()]
        return Triage(
            sources,
            clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL),
            spool=spool,
            raw=RawFiles([source.report.path for source in sources], spool),
            casebook=MemoryCasebook(),
            blocklist=blocklist,
            author="maria",
            decoders=KnownDecoders(_night.columns),
        )

    yield make
    await journal.close()


@pytest.fixture
async def demo(new_demo: Callable[[], Triage]) -> AsyncIterator[Triage]:
    """The demo's night, loaded, at its end; the clock's ticks stand still."""
    triage = new_demo()
    await triage.run()
    yield triage
    await triage.close()


@pytest.fixture
async def triage_of(
    tmp_path: Path,
) -> AsyncIterator[Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]]:
    """Makes a loaded triage of any log records, one a line."""
    journal, blocklist = await _blocklist()
    made: list[Triage] = []

    async def make(records: Iterable[Mapping[str, object]]) -> Triage:
        path = tmp_path / f"records-{len(made)}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        spool = Spool()
        triage = Triage(
            [FileSource(str(path), wall=lambda: WALL)],
            clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL),
            spool=spool,
            raw=RawFiles([str(path)], spool),
            casebook=MemoryCasebook(),
            blocklist=blocklist,
            author="maria",
        )
        await triage.run()
        made.append(triage)
        return triage

    yield make
    for triage in made:
        await triage.close()
    await journal.close()


@pytest.fixture
def screen_text() -> Callable[[App[None]], list[str]]:
    """What the compositor would send to the terminal, as lines of text."""

    def lines(app: App[None]) -> list[str]:
        # The only way to the composited screen; nothing public gives it as text.
        return [strip.text for strip in app.screen._compositor.render_strips()]

    return lines


@pytest.fixture
def leaks(screen_text: Callable[[App[None]], list[str]]) -> Callable[[App[None]], list[str]]:
    """The lines on the screen that would reach a terminal with something unsafe in them."""
    return lambda app: [line for line in screen_text(app) if not is_safe(line)]
