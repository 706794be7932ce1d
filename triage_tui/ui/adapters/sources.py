"""The sources as rows and lines: how each is, those first that somebody should look at."""

from __future__ import annotations

import os.path
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND
from triage_tui.ui.adapters import health, words
from triage_tui.ui.adapters.status import progress
from widgets.columns import Cell, Column, Row
from widgets.status import StatusItem
from widgets.text import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.health import FileReport
    from triage_tui.triage import Triage

LIVE_COLUMNS = (
    Column("source", "SOURCE", min_width=22, weight=3, cut="middle"),
    Column("place", "PLACE", min_width=14, weight=2, drop=2),
    Column("state", "STATE", width=12),
    Column("behind", "BEHIND", width=6, align="right"),
    Column("rate", "RATE", width=6, align="right"),
    Column("sampled", "SAMPLED", width=7, align="right", drop=3),
    Column("backfilled", "BACKFILL", width=8, align="right", drop=4),
    Column("missing", "MISSING", width=7, align="right", drop=5),
    Column("last", "LAST EVENT", width=10, align="right"),
    Column("at", "AT", width=9, drop=1),
    Column("note", "NOTE", min_width=16, weight=3, drop=6),
)
FILE_COLUMNS = (
    Column("source", "SOURCE", min_width=20, weight=6, cut="middle"),
    Column("state", "STATE", width=12),
    Column("read", "READ", min_width=24, weight=1),
)
SMOOTHING = 4
"""A rate follows what came since the last look by one part in so many."""


class _Count(NamedTuple):
    at: int
    events: int


class Rates:
    """Events a second of each live source, from one look to the next."""

    def __init__(self) -> None:
        self._counts: dict[int, _Count] = {}
        self._rates: dict[int, float] = {}

    def of(self, number: int) -> float:
        """Of the source with this number; 0 before it was looked at twice."""
        return self._rates.get(number, 0.0)

    def look(self, triage: Triage) -> None:
        """Counts what came since; a second or more from the last look."""
        now = triage.clock.wall()
        for number, source in enumerate(triage.sources):
            live = source.report.live
            if live is None:
                continue
            fresh = _Count(now, live.events)
            before = self._counts.setdefault(number, fresh)
            if now < before.at:  # the wall clock was set back
                self._counts[number] = fresh
            elif now - before.at >= SECOND:
                self._counts[number] = fresh
                rate = (fresh.events - before.events) * SECOND / (now - before.at)
                known = self._rates.setdefault(number, rate)
                self._rates[number] = known + (rate - known) / SMOOTHING


class SourceRows:
    """Implements `TableModel`: a row a source, built when it is asked for."""

    def __init__(self, triage: Triage, rates: Rates) -> None:
        self._reports = [source.report for source in triage.sources]
        self._rates = rates
        self._now = now = triage.clock.wall()
        self.live = any(report.live for report in self._reports)
        files = [report.path for report in self._reports if report.live is None]
        # Beside log groups, a recording's long path would leave no room for its name.
        self.folder = common_folder(files, least=1 if self.live else 2)
        """What all files have in common, and their rows leave out."""
        worries = [health.condition(report, now).worry for report in self._reports]
        self.troubled = sum(map(bool, worries))
        self._order = sorted(
            range(len(self._reports)),
            key=lambda number: (-worries[number], *self._sort_name(number)),
        )
        paths = Counter(report.path for report in self._reports if report.live is not None)
        self._shared = {path for path, count in paths.items() if count > 1}
        """Names that several places have: where there is no room for their column, they say so."""
        self._places = {str(number): place for place, number in enumerate(self._order)}
        self._rows: dict[int, Row] = {}

    def _sort_name(self, number: int) -> tuple[str, str, int]:
        report = self._reports[number]
        if report.live is None:  # files keep the order in which they are read
            return "", "", number
        return report.path, report.live.place, number

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the rows have to tell."""
        return LIVE_COLUMNS if self.live else FILE_COLUMNS

    def row_count(self) -> int:
        return len(self._order)

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def row(self, index: int) -> Row:
        number = self._order[index]
        found = self._rows.get(number)
        if found is None:
            found = self._rows[number] = Row(str(number), self._cells(number))
        return found

    def report(self, key: str) -> FileReport:
        """What a row is about."""
        return self._reports[int(key)]

    def _name(self, report: FileReport) -> str:
        if report.live is not None and report.path in self._shared:
            return f"{report.path} {report.live.place}"
        return report.path.removeprefix(self.folder)

    def _cells(self, number: int) -> tuple[Cell, ...]:
        report = self._reports[number]
        found = health.condition(report, self._now)
        source = Cell(self._name(report), "strong" if found.worry else "")
        state, read = Cell(found.words, found.style), Cell(_what(report), _what_style(report))
        if not self.live:
            return source, state, read
        live = report.live
        if live is None:
            blank = Cell("")
            return source, blank, state, *[blank] * 7, read
        behind = health.behind_words(report, self._now)
        late = health.delay(report, self._now) >= health.BEHIND
        why = health.reason(report, live, self._now) if found.worry else ""
        return (
            source,
            Cell(live.place, "dim"),
            state,
            Cell(behind, "medium" if late else "dim"),
            Cell(health.rate_words(self._rates.of(number))),
            _count(live.sampled, "medium"),
            _count(live.backfilled, ""),
            _count(live.missing, "bad"),
            Cell(f"{words.span(self._now - live.arrived)} ago" if live.arrived else ""),
            Cell(words.clock(live.arrived) if live.arrived else "", "dim"),
            Cell(why, "bad") if why else Cell(live.note, "dim"),
        )

    def lines(self, key: str) -> list[tuple[str, str]]:
        """(text, style) of all that there is to say about a source."""
        report = self.report(key)
        found: list[tuple[str, str]] = []
        if report.live is not None:
            rate = self._rates.of(int(key))
            found += health.lines(report, report.live, rate, self._now)
        else:
            found.append((_read(report), ""))
        if report.error is not None:
            found.append((report.error, "bad"))
        if report.lacks is not None:
            found.append((report.lacks, "bad"))
        if report.left is not None:
            found.append((report.left, "dim"))
        return found

    def title(self, key: str) -> str:
        """Which source it is."""
        report = self.report(key)
        return f"{report.path}  {report.live.place}" if report.live else report.path


def _count(count: int, style: str) -> Cell:
    return Cell(words.short_number(count), style) if count else Cell("")


def head(triage: Triage, rows: SourceRows) -> tuple[list[StatusItem], list[StatusItem]]:
    """How many there are, and how many of them somebody should look at."""
    count = rows.row_count()
    left = [StatusItem("Sources", "strong", 9), StatusItem(words.number(count), "dim", 8)]
    if rows.troubled:
        left.append(StatusItem(f"{words.number(rows.troubled)} to look at", "bad", 7))
    if rows.folder:
        return left, [StatusItem(f"in {rows.folder}", "dim", 2)]
    return left, []


def foot(triage: Triage) -> tuple[list[StatusItem], list[StatusItem]]:
    """What all of them brought."""
    index = triage.index
    text = (
        f"{words.counted(index.rows, 'record')}, "
        f"{words.counted(index.duplicates, 'duplicate')}, "
        f"{words.number(index.unparsed)} unparsed"
    )
    return [StatusItem(text, "dim", 5)], []


def empty_words(triage: Triage, *, live: bool) -> str:
    """What a table without sources says."""
    if live:
        return "no source yet: looking for log groups and findings …"
    return "no source" if triage.loaded else f"no source yet: reading {progress(triage)}"


def wrapped(texts: Sequence[tuple[str, str]], width: int) -> list[list[Cell]]:
    """Lines of at most `width` cells; what goes on hangs below where it began."""
    found = []
    for text, style in texts:
        for number, part in enumerate(wrap(text, max(8, width - 2))):
            found.append([Cell(f"  {part}" if number else part, style)])
    return found


def common_folder(paths: Sequence[str], least: int = 2) -> str:
    """The folder that all paths have in common, with its slash; "" for none, and for fewer paths
    than `least`."""
    try:
        folder = os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:  # none at all, or absolute and relative ones
        return ""
    return f"{folder}/" if folder and len(paths) >= least else ""


def _read(report: FileReport) -> str:
    """`ended: 12,012 cloudtrail, 3 unparsed`."""
    return f"{report.state.value}: {_formats(report)}"


def _formats(report: FileReport) -> str:
    formats = ", ".join(f"{words.number(count)} {name}" for name, count in report.formats.items())
    unparsed = f", {words.number(report.unparsed)} unparsed" if report.unparsed else ""
    return f"{formats or 'no events'}{unparsed}"


def _what(report: FileReport) -> str:
    return report.error or report.left or _formats(report)


def _what_style(report: FileReport) -> str:
    return "bad" if report.error else "dim" if report.left else ""
