"""The status line, the time-line and the line of kinds above the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.health import HealthState
from triage_tui.model import Kind
from triage_tui.sources.clock import LiveClock, describe_speed
from triage_tui.ui.adapters import brush, health, team, words
from widgets.columns import Cell
from widgets.status import StatusItem
from widgets.text import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.ports import Clock
    from triage_tui.store.filters import Filter
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.zoom import Window

KINDS = (Kind.IP, Kind.PRINCIPAL, Kind.NETWORK, Kind.SERVICE)
"""The order of the tabs."""
LIVE = "LIVE"
"""The mode of a live triage."""
WIDE = 110
"""From so many cells on, times carry their date."""


def status_line(
    triage: Triage, mode: str, title: str, rate: float, width: int, held_back: int | None = None
) -> tuple[list[StatusItem], list[StatusItem]]:
    """What stands at the left and at the right of the top line. `held_back` are the rows that came
    since a live screen stands still."""
    clock = triage.clock
    left = [
        StatusItem(mode, "strong", 90),
        StatusItem(fit(title, min(24, len(title))), "", 40),
    ]
    if mode != LIVE:
        left.append(StatusItem(*_play_state(clock), 80))
    elif held_back is not None:
        left.append(StatusItem(f"|| paused +{words.number(held_back)} new", "warning", 93))
    if clock.last is not None:
        at = clock.position()
        day = words.day_between(
            min(at, clock.last if clock.begin is None else clock.begin), clock.last
        )
        when = words.moment(at) if width >= WIDE else words.day_clock(at, day)
        if not when.endswith("Z"):
            when += f" {words.zone_word(at)}"
        left.append(StatusItem(when, "accent", 95))
    if mode == LIVE and rate >= 1:
        left.append(StatusItem(f"{words.short_number(rate)}/s", "dim", 45))
    if not triage.loaded:
        left.append(StatusItem(f"reading {progress(triage)}", "warning", 75))
        if rate >= 1:
            left.append(StatusItem(f"{words.short_number(rate)}/s", "dim", 45))
    right = []
    if triage.index.unparsed:
        right.append(StatusItem(f"{words.number(triage.index.unparsed)} unparsed", "dim", 30))
    if triage.index.rules.refused:
        text = words.counted(len(triage.index.rules.refused), "rule")
        right.append(StatusItem(f"{text} refused", "warning", 25))
    begin = triage.index.begin()
    if begin is not None:
        right.append(StatusItem(f"{words.number(begin[1])} long before", "warning", 40))
    if triage.index.duplicates:
        text = words.counted(triage.index.duplicates, "duplicate")
        right.append(StatusItem(text, "dim", 20))
    right += health.hampered(triage)
    if mode == LIVE:
        right += [*team.items(triage), *health.truth(triage, clock.wall())]
    else:
        right.append(source_health(triage))
    if triage.blocklist.simulated:
        right.append(StatusItem("SIMULATED", "warning", 85))
    return left, right


def space_label(clock: Clock) -> str:
    """What Space does now."""
    if isinstance(clock, LiveClock):
        return "pause" if clock.at_end else "now"
    return "pause" if clock.playing and not clock.at_end else "play"


def _play_state(clock: Clock) -> tuple[str, str]:
    if clock.at_end:
        return "at the end", "dim"
    speed = describe_speed(clock.speed)
    return (f"> {speed}", "good") if clock.playing else (f"|| paused {speed}", "warning")


def progress(triage: Triage) -> str:
    """`43 %`: bytes read of all that there are; "" while nobody knows how many."""
    size = sum(source.report.size for source in triage.sources)
    if not size:
        return "…"
    done = sum(min(source.report.done, source.report.size) for source in triage.sources)
    return f"{100 * done // size} %"


def unreadable(triage: Triage) -> list[tuple[str, str]]:
    """(path, what is wrong) of every source that is not whole."""
    return [
        (source.report.path, source.report.error)
        for source in triage.sources
        if source.report.error is not None
    ]


def left_out(triage: Triage) -> list[tuple[str, str]]:
    """(path, why) of every source that was left alone, as no log."""
    return [
        (source.report.path, source.report.left)
        for source in triage.sources
        if source.report.left is not None
    ]


def awaited(triage: Triage) -> list[str]:
    """The paths that are followed where there is no file yet."""
    return [
        source.report.path
        for source in triage.sources
        if source.endless and source.report.state is HealthState.CONNECTING
    ]


def source_health(triage: Triage) -> StatusItem:
    """`4 sources ok`, and how many are no logs; or how many could not be read."""
    total, bad = len(triage.sources), len(unreadable(triage))
    if bad:
        return StatusItem(f"{bad} of {total} unreadable", "bad", 92)
    torn = sum(source.report.lacks is not None for source in triage.sources)
    if torn:
        return StatusItem(f"{torn} of {total} not whole", "bad", 92)
    late = awaited(triage)
    if late:
        return StatusItem(f"waiting for {words.counted(len(late), 'file')}", "warning", 92)
    left = len(left_out(triage))
    more = f", {words.number(left)} left out" if left else ""
    return StatusItem(f"{words.counted(total - left, 'source')} ok{more}", "dim", 50)


def kind_line(
    triage: Triage, ranking: Ranking, selected: Filter, width: int
) -> tuple[list[StatusItem], list[StatusItem]]:
    """The kinds with the present one in brackets; the filter; how many there are of how many."""
    tabs, kind = [], ranking.kind
    for each in KINDS:
        text = words.KIND_TITLES[each]
        tab = StatusItem(text, "dim", 10)
        tabs.append(StatusItem(f"[{text}]", "accent", 99) if each is kind else tab)
    shown = len(ranking)
    if not selected.text:
        return tabs, [StatusItem(words.plural_kind(kind, shown), "dim", 60)]
    total = len(triage.look(kind))
    count = f"{words.number(shown)} of {words.number(total)}"
    matches = None if selected.selects_all else triage.matches(selected)
    if matches is not None and not matches.complete:
        count += f", searching {100 * matches.searched // max(1, triage.index.rows)} %"
    room = max(12, width - len(count) - len(words.KIND_TITLES[kind]) - 10)
    text = f"filter: {brush.told(selected.text)}"
    return tabs, [
        StatusItem(fit(text, min(room, len(text))), "warning", 95),
        StatusItem(count, "strong", 97),
    ]


def with_window(
    notes: Sequence[Sequence[Cell]], window: Window | None, height: int
) -> Sequence[Sequence[Cell]]:
    """The notes that there is room for; of a part of the time, which it is comes first."""
    if window is None:
        return notes[:height]
    told = (Cell(f"zoom {brush.span(*window)}", "note"),)
    return [told, *notes][:height]


def time_notes(ranking: Ranking) -> Sequence[Sequence[Cell]]:
    """What stands beside the bars: the findings and what rules detected, as of the cursor."""
    found, detected = ranking.sight.findings, ranking.alarms
    rules = () if not detected else ((Cell(words.counted(detected, "detection"), "note"),),)
    if not found:
        return (*rules, (Cell("no findings", "none"),))
    worst = found[0].severity
    style = worst.word if worst else "note"
    count = Cell(words.counted(len(found), "finding"), "note")
    if detected:
        return ((count, Cell(f", worst {worst.word}", style)), *rules)
    return ((count,), (Cell(f"worst {worst.word}", style),))
