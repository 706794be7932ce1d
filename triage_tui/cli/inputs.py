"""The paths somebody named, as sources; and what is said of them afterwards."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from triage_tui.formats.registry import FORMATS
from triage_tui.sources.files import FileSource, read_ahead
from triage_tui.sources.folders import discover
from triage_tui.sources.stream import StreamSource

from . import console
from .options import STDIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from triage_tui.health import FileReport
    from triage_tui.ports import Source
    from triage_tui.sources.follow import Following
    from triage_tui.sources.spool import Original


def sources(
    paths: Iterable[str],
    *,
    wall: Callable[[], int],
    stdin: int = 0,
    small: bool = False,
    following: Following | None = None,
) -> list[Source]:
    """A source for each file, in the order given. `stdin` is the descriptor that `-` stands for;
    `small` keeps the decoding of large files in this process; `following` follows the files."""
    found: list[Source] = []
    for path in paths:
        if path == STDIN:
            found.append(StreamSource(stdin, wall=wall))
            continue
        before = len(found)
        if following is not None and not _is_pipe(path):
            found += following.add(path)
            continue
        found += [_source(file, error, wall, small=small) for file, error in discover([path])]
        if len(found) == before:
            found.append(FileSource(path, wall=wall, error="there are no files in this folder"))
    read_ahead(found)
    return found


def originals(sources: Iterable[Source]) -> list[Original | str]:
    """Where each source's raw bytes lie, for reading them back."""
    return [
        source.original if isinstance(source, FileSource) else source.report.path
        for source in sources
    ]


def _source(path: str, error: str | None, wall: Callable[[], int], *, small: bool) -> Source:
    if error is None and _is_pipe(path):
        try:
            # Its bytes come once: they cannot be read again from where they lay.
            return StreamSource(os.open(path, os.O_RDONLY), wall=wall, name=path)
        except OSError as failure:
            error = f"cannot read it: {failure.strerror}"
    return FileSource(path, wall=wall, error=error, small=small)


def _is_pipe(path: str) -> bool:
    """Whether a path leads to a pipe or a device, as `<(command)` does."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def problems(reports: Iterable[FileReport]) -> list[str]:
    """One line for each input that could not be read, not to its end, or is not whole."""
    whys = [(report.path, report.error or report.lacks) for report in reports]
    return [f"{path}: {why}" for path, why in whys if why]


def remarks(reports: Iterable[FileReport]) -> Iterator[str]:
    """One line for each input that is no log, or of whose records none was understood."""
    known = ", ".join(FORMATS)
    for report in reports:
        if report.left:
            yield f"{report.path}: {report.left}"
        elif report.records and report.records == report.unparsed and not report.error:
            yield (
                f"{report.path}: none of the formats known here ({known}); "
                f"its {report.records:,} records count as unparsed"
            )


def tell(reports: Sequence[FileReport], *, quiet: bool) -> bool:
    """Says on stderr what went wrong with which input. True if anything could not be read, or no
    input is a log."""
    found = problems(reports)
    no_log = bool(reports) and all(report.left for report in reports)
    for line in found:
        console.say(line)
    if no_log or not quiet:
        for line in remarks(reports):
            console.say(line)
    return bool(found) or no_log
