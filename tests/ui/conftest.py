"""Triages for the tests of the screens: the demo's night, and any records a test makes up."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import pytest
from textual.app import App

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.decoding import Decoders
from triage_tui.demo import incident_files
from triage_tui.formats.decode import decode_batches
from triage_tui.health import FileReport
from triage_tui.model import DAY, Batch, Columns, Span
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.remedy.guard import RemedyPolicy
from triage_tui.respond.remedy.simulated import SimulatedRemedies
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage
from widgets.text import is_safe

WALL = 1_773_540_000_000_000_000


class DecodedSource:
    """A source whose batches were read before: the first stands for all of them."""

    endless = False

    def __init__(self, path: str, batches: list[Batch]) -> None:
        self.report = FileReport(path)
        self._first = batches[0]

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        yield self._first


class KnownDecoders(Decoders):
    """Decodes each source once for all tests, its batches as one: each way into the index has its
    price, and every test pays it."""

    def __init__(self, known: dict[int, Columns]) -> None:
        super().__init__(1)
        self._known = known

    async def decode(self, batches: AsyncGenerator[Batch | Span]) -> AsyncGenerator[Columns]:
        async for batch in batches:
            yield self._known[id(batch)]


class Night:
    """The demo's incident, read and decoded once."""

    def __init__(self) -> None:
        self.batches: dict[str, list[Batch]] = {}
        asyncio.run(self._read())
        self.columns = {id(found[0]): decode_batches(found) for found in self.batches.values()}

    async def _read(self) -> None:
        for number, path in enumerate(incident_files()):
            source = FileSource(str(path), wall=lambda: WALL + DAY)
            self.batches[path.name] = [
                batch async for batch in source.batches(number) if isinstance(batch, Batch)
            ]


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
    casebook = await SqliteCasebook.open(None, wall=lambda: WALL)

    made: list[Triage] = []

    def make() -> Triage:
        spool = Spool()
        sources = [DecodedSource(name, found) for name, found in _night.batches.items()]
        triage = Triage(
            sources,
            clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL),
            spool=spool,
            raw=RawFiles([source.report.path for source in sources], spool),
            casebook=casebook,
            blocklist=blocklist,
            author="maria",
            decoders=KnownDecoders(_night.columns),
            remedies=SimulatedRemedies(journal, RemedyPolicy(own="")),
        )
        made.append(triage)
        return triage

    yield make
    for triage in made:
        triage.raw.close()
    await casebook.close()
    await journal.close()


@pytest.fixture
async def demo(new_demo: Callable[[], Triage]) -> Triage:
    """The demo's night, loaded, at its end; the clock's ticks stand still."""
    triage = new_demo()
    await triage.run()
    return triage


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
            [FileSource(str(path), wall=lambda: WALL + DAY)],
            clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL),
            spool=spool,
            raw=RawFiles([str(path)], spool),
            casebook=await SqliteCasebook.open(None, wall=lambda: WALL),
            blocklist=blocklist,
            author="maria",
            remedies=SimulatedRemedies(journal, RemedyPolicy(own="")),
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
