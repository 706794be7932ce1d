"""The files that `w` writes: the report, and the bundle for the hand-over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui import __version__
from triage_tui.model import SECOND
from triage_tui.report import incident, to_json, to_markdown
from triage_tui.sources import bundle
from triage_tui.sources.bundle import Member
from triage_tui.sources.files import FileSource

from . import state
from .written import taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.report import IncidentReport

    from .attended import Attended

MOST_TRIES = 1000
"""Files of one second."""


class Reporting:
    """Implements `ports.Reporter`. Files go into `folder` (the current one unless given), for their
    owner alone, and never take the place of others."""

    def __init__(self, desk: Attended, folder: Path | None = None) -> None:
        self._desk = desk
        self._folder = folder

    async def report(self, *, anonymize: bool) -> Sequence[str]:
        """Writes the report as Markdown and as JSON; the paths. Raises OSError."""
        found = await taken(self._desk)
        written = await asyncio.to_thread(incident, found, anonymize=anonymize)
        name = f"triage-report-{_stamp(found.made)}" + ("-anonymous" if anonymize else "")
        return await asyncio.to_thread(_write_both, self._into(), name, written)

    async def bundle(self) -> str:
        """Writes the bundle: records, casebook, journal, report; its path, and what is missing
        from it. Raises OSError."""
        found = await taken(self._desk)
        written = await asyncio.to_thread(incident, found)
        path = await asyncio.to_thread(
            _write_bundle, self._desk, self._into(), written, _stamp(found.made)
        )
        left = _left_out(self._desk)
        return f"{path}; not in it: {'; '.join(left)}" if left else str(path)

    def _into(self) -> Path:
        return self._folder or Path.cwd()


def _stamp(made: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(made // SECOND))


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in range(2, MOST_TRIES))


def _write_both(folder: Path, name: str, report: IncidentReport) -> list[str]:
    """Both under one name."""
    for tried in _names(name):
        paths = folder / f"{tried}.md", folder / f"{tried}.json"
        if any(path.exists() for path in paths):
            continue
        with contextlib.suppress(FileExistsError):
            _write(paths[0], to_markdown(report))
            _write(paths[1], to_json(report) + "\n")
            return [str(path) for path in paths]
    raise FileExistsError(f"{folder} holds too many reports of this second")


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)


# -- the bundle ----------------------------------------------------------------------------------


def _write_bundle(desk: Attended, folder: Path, report: IncidentReport, stamp: str) -> Path:
    with tempfile.TemporaryDirectory(prefix="triage-bundle-") as made:
        aside = Path(made)
        _write(aside / bundle.REPORT[0], to_markdown(report))
        _write(aside / bundle.REPORT[1], to_json(report) + "\n")
        members = [
            *(Member(name, aside / name) for name in bundle.REPORT),
            *_states(desk, aside),
            *_records(desk),
        ]
        for tried in _names(f"triage-bundle-{stamp}"):
            path = folder / f"{tried}.zip"
            with contextlib.suppress(FileExistsError):
                bundle.write(
                    path,
                    members,
                    made=report.made,
                    by=f"triage-tui {__version__}",
                    left=_left_out(desk),
                )
                return path
    raise FileExistsError(f"{folder} holds too many bundles of this second")


def _states(desk: Attended, aside: Path) -> Iterator[Member]:
    """The casebook and the journals, each as of one moment."""
    journal = state.LIVE_JOURNAL if desk.is_real else state.JOURNAL
    for name, under in (
        (state.CASEBOOK, state.CASEBOOK),
        (state.JOURNAL, journal),
        (state.LIVE_JOURNAL, state.LIVE_JOURNAL),
    ):
        path = desk.folder / name
        if path.is_file():
            _copy(path, aside / under)
            yield Member(f"{bundle.STATE}/{under}", aside / under)


def _copy(path: Path, to: Path) -> None:
    """A copy of a database that others may be writing. Raises OSError."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as before,
            contextlib.closing(sqlite3.connect(to)) as after,
        ):
            before.backup(after)
    except sqlite3.Error as error:
        raise OSError(f"cannot copy {path}: {error}") from error


def _records(desk: Attended) -> Iterator[Member]:
    """The recording of a live triage, else the files that were read."""
    recorder = desk.triage.recorder
    if recorder is not None:
        for path in sorted(Path(recorder.folder).glob("[0-9]*.jsonl")):
            yield Member(f"{bundle.RECORDS}/{path.name}", path, str(path), growing=True)
        return
    number = 0
    for source in desk.triage.sources:
        named = source.report.path
        if isinstance(source, FileSource) and not source.report.error and os.path.isfile(named):
            number += 1
            yield Member(bundle.member_name(number, named), Path(named), named)


def _left_out(desk: Attended) -> list[str]:
    """What there is no file of."""
    if desk.triage.recorder is not None:
        return []
    if any(source.report.live is not None for source in desk.triage.sources):
        return ["what came live: it was not recorded"]
    return [
        f"{source.report.path}: {source.report.error or 'what came through a pipe is not kept'}"
        for source in desk.triage.sources
        if not isinstance(source, FileSource) or source.report.error
    ]
