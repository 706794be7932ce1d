"""How the sources are, in words: the worst that is true comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.health import HealthState
from triage_tui.model import SECOND
from triage_tui.ui.adapters import words
from widgets.status import StatusItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.health import FileReport, LiveHealth
    from triage_tui.triage import Triage

SILENT = 60 * SECOND
"""Without any event for so long, silence is told from health."""
UNHEARD = 90 * SECOND
"""Without any answer for so long, a source counts as one that does not answer."""
BEHIND = 30 * SECOND
"""Being so far behind is worth telling."""
_TROUBLED = (HealthState.DENIED, HealthState.STALE, HealthState.THROTTLED)


def truth(triage: Triage, now: int) -> list[StatusItem]:
    """What the status line says of all live sources. `now` is wall-clock nanoseconds."""
    reports = [source.report for source in triage.sources]
    live = [report.live for report in reports if report.live is not None]
    if not live:
        return [StatusItem("looking for sources …", "warning", 92)]
    found = [*recording(triage), *_counted(reports, now)]
    unfilled, missing = sum(each.unfilled for each in live), sum(each.missing for each in live)
    if unfilled:
        found.append(StatusItem(f"gap of {words.span(unfilled)} not filled", "bad", 91))
    if missing:
        found.append(StatusItem(f"{words.counted(missing, 'record')} missing", "bad", 91))
    late = max((each.behind or 0 for each in live), default=0)
    if late >= BEHIND:
        found.append(StatusItem(f"{words.span(late)} behind", "warning", 88))
    silent = silence(live, now)
    if not found:
        text = f"{words.counted(len(live), 'source')} ok"
        found.append(StatusItem(text, "dim" if silent else "good", 50))
    if silent:
        found.append(StatusItem(silent, "dim", 55))
    return found


def recording(triage: Triage) -> list[StatusItem]:
    """That what comes is not recorded; nothing while it is."""
    recorder = triage.recorder
    if recorder is None or not (recorder.trouble or recorder.lost):
        return []
    if recorder.trouble:
        return [StatusItem("NOT RECORDED", "alert", 94)]
    return [StatusItem(f"{words.counted(recorder.lost, 'record')} not recorded", "bad", 91)]


def recorded(triage: Triage) -> list[tuple[str, str]]:
    """(text, style) of where what comes is recorded, and how well."""
    recorder = triage.recorder
    if recorder is None:
        return [("not recorded: started with --no-record", "$text-warning")]
    found = [(f"recorded in {recorder.folder}", "$text-muted")]
    if recorder.trouble:
        found.append((recorder.trouble, "$text-error"))
    if recorder.lost:
        text = f"{words.counted(recorder.lost, 'record')} not in the recording, for good"
        found.append((text, "$text-error"))
    if triage.unkept:
        text = f"{words.number(triage.unkept)} bytes of raw records not kept: the disk was full"
        found.append((text, "$text-error"))
    return found


def _counted(reports: Sequence[FileReport], now: int) -> list[StatusItem]:
    """How many sources are in which trouble."""
    total = len(reports)
    words_of = (
        (HealthState.DENIED, "denied", "bad"),
        (HealthState.STALE, "broken, tried again", "bad"),
        (HealthState.THROTTLED, "throttled", "warning"),
        (HealthState.CONNECTING, "connecting", "warning"),
    )
    found = []
    for state, said, style in words_of:
        count = sum(report.state is state for report in reports)
        if count:
            found.append(StatusItem(f"{count} of {total} {said}", style, 92))
    unheard = sum(is_unheard(report, now) for report in reports)
    if unheard:
        found.append(StatusItem(f"{unheard} of {total} do not answer", "bad", 92))
    return found


def is_unheard(report: FileReport, now: int) -> bool:
    """Whether a tailed source, which hears something every second, has heard nothing for long."""
    live = report.live
    return (
        live is not None
        and report.state is HealthState.LIVE
        and bool(live.heard)
        and now - live.heard > UNHEARD
    )


def is_troubled(report: FileReport, now: int) -> bool:
    """Whether somebody should look at it."""
    return bool(
        report.error
        or report.state in _TROUBLED
        or is_unheard(report, now)
        or (report.live is not None and (report.live.missing or report.live.unfilled))
    )


def silence(live: Sequence[LiveHealth], now: int) -> str:
    """`nothing for 4 min, connected`; "" where events come, or nobody is connected."""
    arrived = max((each.arrived for each in live), default=0)
    connected = [each.since for each in live if each.since]
    if not connected:
        return ""
    quiet = now - (arrived or min(connected))
    return f"nothing for {words.span(quiet)}, connected" if quiet > SILENT else ""


def lines(report: FileReport, live: LiveHealth, rate: float, now: int) -> list[tuple[str, str]]:
    """(text, style) of what there is to say about a live source, most important first."""
    found = [(f"{report.state.value}{f': {live.note}' if live.note else ''}", "")]
    if is_unheard(report, now):
        found.append((f"no answer for {words.span(now - live.heard)}", "$text-error"))
    if not live.is_search:
        found.append((_brought(report, live, rate, now), ""))
    found += [(text, "$text-warning") for text in _gaps(live)]
    if live.trouble:
        found.append((f"{words.clock(live.troubled)} {live.trouble}", "$text-error"))
    return found


def _brought(report: FileReport, live: LiveHealth, rate: float, now: int) -> str:
    """How much came, how late, and when last."""
    facts = [words.counted(live.events, "event")]
    if rate >= 0.1:
        facts.append(f"{rate:.1f}/s" if rate < 10 else f"{words.short_number(rate)}/s")
    if live.behind is not None and report.state is not HealthState.CONNECTING:
        facts.append(
            "up to now" if live.behind < 5 * SECOND else f"{words.span(live.behind)} behind"
        )
    if live.arrived:
        ago = words.span(now - live.arrived)
        facts.append(f"last event {words.clock(live.arrived)}, {ago} ago")
    elif live.since:
        facts.append(f"nothing yet in {words.span(now - live.since)}")
    return ", ".join(facts)


def _gaps(live: LiveHealth) -> list[str]:
    """What was left out, and what became of it."""
    told = (
        (live.sampled, f"{words.counted(live.sampled, 'update')} sampled by Live Tail"),
        (live.backfilled, f"{words.counted(live.backfilled, 'event')} read again"),
        (live.throttled, f"{words.counted(live.throttled, 'request')} throttled"),
        (live.restarts, f"{words.counted(live.restarts, 'restart')}"),
    )
    facts = [text for count, text in told if count]
    lost = []
    if live.missing:
        lost.append(f"{words.counted(live.missing, 'record')} missing for good")
    if live.unfilled:
        lost.append(f"a gap of {words.span(live.unfilled)} not filled")
    return [text for text in (", ".join(facts), ", ".join(lost)) if text]
