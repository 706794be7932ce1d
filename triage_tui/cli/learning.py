"""Reads logs to learn from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.detect.geo import Nowhere
from triage_tui.detect.rule_settings import RuleSettings
from triage_tui.store.lessons import dated_after, lesson

from . import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.config import Settings
    from triage_tui.habits import Lesson
    from triage_tui.health import FileReport
    from triage_tui.ports import Geo
    from triage_tui.principals import Principal
    from triage_tui.triage import Triage


class Read(NamedTuple):
    """What was read, and what it teaches."""

    lesson: Lesson | None
    reports: list[FileReport]
    events: int
    future: int = 0
    """Of them that teach nothing, for they are dated after it is."""


def _nobody(_principal: Principal) -> bool:
    return False


async def read(
    paths: Sequence[str],
    settings: Settings,
    *,
    geo: Geo | None = None,
    is_suspect: Callable[[Principal], bool] = _nobody,
    on_rows: Callable[[Triage], None] | None = None,
    until: int | None = None,
) -> Read:
    """Reads logs without rules and without keeping anything of them; what is dated after `until`
    (in nanoseconds) teaches nothing."""
    unruled = msgspec.structs.replace(settings, rules=RuleSettings(own=False))
    triage = compose.headless(paths, unruled, keeps_raw=False)
    try:
        await triage.run(None if on_rows is None else lambda _rows: on_rows(triage))
        found = lesson(triage.index, geo or Nowhere(), is_suspect, until=until)
        reports = [source.report for source in triage.sources]
        future = 0 if until is None else dated_after(triage.index, until)
        return Read(found, reports, triage.index.rows, future)
    finally:
        triage.raw.close()
