"""A progress bar on stderr, for work that takes over a second."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

from . import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from rich.progress import Progress, TaskID

    from triage_tui.ports import Source

PATIENCE = 1_000_000_000
"""Nanoseconds before the bar shows."""
EVERY = 100_000_000
"""Nanoseconds between two looks at the sources, of which there may be thousands."""


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Says on a terminal's stderr what is waited for, and takes it back when it is there."""
    from widgets.text import clean

    if not console.is_terminal(sys.stderr):
        yield
        return
    sys.stderr.write(f"{clean(what)} …")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class Bar:
    """Shows how far the work is; costs nothing where nobody would see it."""

    def __init__(
        self, *, quiet: bool = False, ticks: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wanted = not quiet and console.is_terminal(sys.stderr)
        self._ticks = ticks
        self._start = ticks()
        self._looks_again = self._start + PATIENCE
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """Tells how far `what` is. `total` 0 is unknown."""
        if not self._wanted or self._ticks() - self._start < PATIENCE:
            return
        if self._progress is None:
            self._progress = _begin()
            self._task = self._progress.add_task(what)
        if self._task is not None:
            self._progress.update(
                self._task, description=what, completed=done, total=total if total else None
            )

    def reading(self, sources: Sequence[Source]) -> None:
        """Tells how much of the sources is read."""
        now = self._ticks()
        if self._wanted and now >= self._looks_again:
            self._looks_again = now + EVERY
            reports = [source.report for source in sources]
            # A file's size is known once it is opened: until then the whole is not.
            known = all(report.size or report.error for report in reports)
            total = sum(report.size for report in reports) if known else 0
            self.show("reading", sum(report.done for report in reports), total)


def _begin() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.start()
    return progress
