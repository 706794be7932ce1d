"""How the sources are, in words: the worst that is true comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.health import HealthState, unmatched
from triage_tui.model import AHEAD, SECOND
from triage_tui.ui.adapters import words
from widgets.status import StatusItem
from widgets.text import cell_len, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.health import FileReport, LiveHealth
    from triage_tui.triage import Triage

SILENT = 60 * SECOND
"""Without any event for so long, silence is told from health."""
UNHEARD = 30 * SECOND
"""Without any answer for so long, a source counts as one that does not answer."""
BEHIND = 30 * SECOND
"""Being so far behind is worth telling."""
UP_TO_DATE = 2 * SECOND
"""Being less behind than that is not: Live Tail tells once a second how far it is."""
OVER = 30 * SECOND
"""An error that was so long ago is over, where the source is connected."""


class Condition(NamedTuple):
    """How a source is, in a word or two."""

    words: str
    style: str
    """As tables and panels name it."""
    worry: int
    """The higher, the sooner somebody should look; 0 is none."""


_CONDITIONS = {
    HealthState.DENIED: Condition("denied", "bad", 9),
    HealthState.STALE: Condition("broken", "bad", 8),
    HealthState.THROTTLED: Condition("throttled", "medium", 3),
    HealthState.CONNECTING: Condition("connecting", "medium", 0),
    HealthState.LIVE: Condition("live", "good", 0),
    HealthState.POLLING: Condition("polling", "good", 0),
    HealthState.ENDED: Condition("ended", "dim", 0),
}
_UNHEARD = Condition("no answer", "bad", 7)
_UNREADABLE = Condition("unreadable", "bad", 6)
_UNMATCHED = Condition("no match", "medium", 4)
_LACKING = Condition("not whole", "bad", 5)
_LEFT = Condition("left out", "dim", 0)
_TOLD = (
    (HealthState.DENIED, "denied", "bad"),
    (HealthState.STALE, "broken, tried again", "bad"),
)
_CONNECTED = (HealthState.LIVE, HealthState.POLLING, HealthState.THROTTLED)
_LONGEST_GLOB = 20
"""Cells of a glob in the status line."""
_WORST = 92
"""How long what is worst stays in the status line: longer than the mode, not than the time."""


def condition(report: FileReport, now: int) -> Condition:
    """How a source is. `now` is wall-clock nanoseconds."""
    found, live = _CONDITIONS[report.state], report.live
    if report.error is not None:
        found = _UNREADABLE
    elif report.lacks is not None:
        found = _LACKING
    elif report.left is not None:
        found = _LEFT
    elif is_unheard(report, now):
        found = _UNHEARD
    elif live is not None and live.since and report.state is HealthState.CONNECTING:
        found = Condition("reconnecting", "medium", 2)
    elif live is not None and live.unmatched and not found.worry:
        found = _UNMATCHED
    if live is not None and (live.missing or live.unfilled):
        return found._replace(worry=max(found.worry, 5))
    return found


def truth(triage: Triage, now: int) -> list[StatusItem]:
    """What the status line says of all live sources, the worst first. `now` is wall-clock
    nanoseconds."""
    reports = [source.report for source in triage.sources]
    live = [report.live for report in reports if report.live is not None]
    if not live:
        return [*recording(triage), StatusItem("looking for sources …", "warning", _WORST)]
    found = [*recording(triage), *_broken(reports, now), *_lost(live), *_unmatched(live)]
    found += _slow(reports, now)
    later = future(triage, now)
    if later:
        found.append(StatusItem(f"{words.number(later)} in the future", "warning", 87))
    silent = silence(reports, now)
    if not found:
        text = f"{words.counted(len(live), 'source')} ok"
        found.append(StatusItem(text, "dim" if silent else "good", 50))
    if silent:
        found.append(StatusItem(silent, "dim", 55))
    return found


def _broken(reports: Sequence[FileReport], now: int) -> list[StatusItem]:
    """How many bring nothing, and why."""
    total, found = len(reports), []
    for state, said, style in _TOLD:
        count = sum(report.state is state for report in reports)
        if count:
            found.append(StatusItem(f"{count} of {total} {said}", style, _WORST))
    unheard = [
        now - report.live.heard for report in reports if report.live and is_unheard(report, now)
    ]
    if unheard:
        which = f"{len(unheard)} of {total}: " if total > 1 else ""
        text = f"{which}no answer for {words.span(max(unheard))}"
        found.append(StatusItem(text, "bad", _WORST))
    return found


def _lost(live: Sequence[LiveHealth]) -> list[StatusItem]:
    """What is missing for good."""
    unfilled, missing = sum(each.unfilled for each in live), sum(each.missing for each in live)
    found = []
    if unfilled:
        found.append(StatusItem(f"gap of {words.span(unfilled)} not filled", "bad", 91))
    if missing:
        found.append(StatusItem(f"{words.counted(missing, 'record')} missing", "bad", 91))
    return found


def behind(report: FileReport, now: int) -> int | None:
    """Nanoseconds: everything up to so long ago is here; None where nobody knows, or waits."""
    live = report.live
    return None if live is None or report.state is HealthState.ENDED else live.behind(now)


def delay(report: FileReport, now: int) -> int:
    """By how many nanoseconds a source is later than the way it is read makes it."""
    every = report.live.every if report.live else 0
    return max(0, (behind(report, now) or 0) - every)


def _unmatched(live: Sequence[LiveHealth]) -> list[StatusItem]:
    """The globs that no log group matches."""
    found = list(dict.fromkeys(glob for each in live for glob in each.unmatched))
    if not found:
        return []
    text = f"{len(found)} globs match no log group"
    if len(found) == 1:
        text = f"no log group matches {fit(found[0], min(_LONGEST_GLOB, cell_len(found[0])))}"
    return [StatusItem(text, "warning", 90)]


def _slow(reports: Sequence[FileReport], now: int) -> list[StatusItem]:
    """What is late, and will come."""
    total, found = len(reports), []
    throttled = sum(report.state is HealthState.THROTTLED for report in reports)
    if throttled:
        found.append(StatusItem(f"{throttled} of {total} throttled", "warning", 89))
    late = [behind(report, now) or 0 for report in reports if delay(report, now) >= BEHIND]
    if late:
        found.append(StatusItem(f"{words.span(max(late))} behind", "warning", 88))
    begun = [
        bool(report.live and report.live.since)
        for report in reports
        if report.state is HealthState.CONNECTING
    ]
    for again, said in ((True, "reconnecting"), (False, "connecting")):
        count = begun.count(again)
        if count:
            found.append(StatusItem(f"{count} of {total} {said}", "warning", 88))
    return found


def future(triage: Triage, now: int) -> int:
    """Events that say that they have not happened yet: a wrong clock, or somebody's lie."""
    from triage_tui.store.scope import FAR, Scope  # numpy: not before the first frame

    span, limit = triage.index.span(), now + AHEAD
    if span is None or span[1] <= limit:
        return 0
    scope = Scope(triage.index, limit + 1)
    scope.until = FAR - 1
    return sum(map(len, scope.rows(0, scope.stop, limit + 1, scope.until)))


def hampered(triage: Triage) -> list[StatusItem]:
    """That reading is slower than it should be; nothing while it is not."""
    return [StatusItem("reading slowed", "warning", 84)] if triage.hampered else []


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
        return [("not recorded: started with --no-record", "medium")]
    found = []
    if recorder.trouble:
        found.append((recorder.trouble, "bad"))
    if recorder.lost:
        text = f"{words.counted(recorder.lost, 'record')} not in the recording, for good"
        found.append((text, "bad"))
    if triage.unkept:
        text = f"{words.number(triage.unkept)} bytes of raw records not kept: the disk was full"
        found.append((text, "bad"))
    return [*found, (f"recorded in {recorder.folder}", "dim")]


def is_unheard(report: FileReport, now: int) -> bool:
    """Whether a tailed source, which hears something every second, has heard nothing for long."""
    live = report.live
    return (
        live is not None
        and report.state is HealthState.LIVE
        and bool(live.heard)
        and now - live.heard > UNHEARD
    )


def silence(reports: Sequence[FileReport], now: int) -> str:
    """`nothing for 4m, connected`; "" where events come, or nobody is connected."""
    live = [report.live for report in reports if report.live is not None]
    connected = [
        report.live.since
        for report in reports
        if report.live
        and report.live.since
        and report.state in _CONNECTED
        and not is_unheard(report, now)
    ]
    if not connected:
        return ""
    quiet = now - (max(each.arrived for each in live) or min(connected))
    return f"nothing for {words.span(quiet)}, connected" if quiet > SILENT else ""


def lines(report: FileReport, live: LiveHealth, rate: float, now: int) -> list[tuple[str, str]]:
    """(text, style) of what there is to say about a live source, most important first."""
    word = condition(report, now).words
    found = [(f"{word}: {live.note}" if live.note else word, "")]
    if is_unheard(report, now):
        found.append((f"no answer for {words.span(now - live.heard)}", "bad"))
    found += [(unmatched(glob), "medium") for glob in live.unmatched]
    if not live.is_search:
        found.append((_brought(report, live, rate, now), ""))
    found += [(text, "medium") for text in _gaps(live)]
    found += [(text, "bad") for text in _unfilled(live)]
    if live.trouble:
        found.append(_trouble(report, live, now))
    return found


def _trouble(report: FileReport, live: LiveHealth, now: int) -> tuple[str, str]:
    """The last error; one that has been over for a while is no alarm any more."""
    ago = words.span(now - live.troubled)
    text = f"{words.clock(live.troubled)}, {ago} ago: {live.trouble}"
    if report.state in _CONNECTED and now - live.troubled > OVER:
        return f"last error {text}", "dim"
    return text, "bad"


def worst(reports: Sequence[FileReport], now: int) -> str:
    """`guardduty, prod eu-west-1: Could not connect …`: what is wrong with the source that somebody
    should look at first; "" where nobody has to."""
    worries = [(condition(report, now).worry, report) for report in reports]
    worry, report = max(worries, key=lambda each: each[0], default=(0, None))
    live = report.live if report is not None else None
    if not worry or report is None or live is None:
        return ""
    why = reason(report, live, now)
    return f"{report.path}, {live.place}: {why}" if why else ""


def reason(report: FileReport, live: LiveHealth, now: int) -> str:
    """Why somebody should look at a source, in words; "" where nothing is known. Where it is but
    for a glob that no log group matches, its last error is over; what throttling comes to says more
    than AWS's word for it."""
    if report.state is HealthState.THROTTLED and live.note:
        return live.note
    if live.unmatched and (condition(report, now) is _UNMATCHED or not live.trouble):
        return unmatched(live.unmatched[0])
    return live.trouble


def rate_words(rate: float) -> str:
    """`3.1/s`, `5.1k/s`; "" for next to nothing."""
    if rate < 0.1:
        return ""
    return f"{rate:.1f}/s" if rate < 10 else f"{words.short_number(rate)}/s"


def behind_words(report: FileReport, now: int) -> str:
    """`now`, `40s`; "" while nobody knows."""
    late = behind(report, now)
    if late is None or report.state is HealthState.CONNECTING:
        return ""
    return "now" if late < UP_TO_DATE else words.span(late)


def _brought(report: FileReport, live: LiveHealth, rate: float, now: int) -> str:
    """How much came, how late, and when last."""
    told = behind_words(report, now)
    late = "up to now" if told == "now" else f"{told} behind" if told else ""
    facts = [words.counted(live.events, "event"), rate_words(rate), late]
    if live.arrived:
        ago = words.span(now - live.arrived)
        facts.append(f"last event {words.clock(live.arrived)}, {ago} ago")
    elif live.since:
        facts.append(f"nothing yet in {words.span(now - live.since)}")
    return ", ".join(fact for fact in facts if fact)


def _unfilled(live: LiveHealth) -> list[str]:
    """Each stretch of time that is lost, the newest first, to the second."""
    return [
        f"nothing from {words.moment(gap.since)} to {words.moment(gap.until)} "
        f"({words.counted((gap.until - gap.since) // SECOND, 'second')}), nor what came late for "
        f"the time before: {gap.why}"
        for gap in reversed(live.gaps)
    ]


def _gaps(live: LiveHealth) -> list[str]:
    """What was left out, and what became of it."""
    told = (
        (live.sampled, f"{words.counted(live.sampled, 'update')} sampled by Live Tail"),
        (live.backfilled, f"{words.counted(live.backfilled, 'event')} backfilled"),
        (live.throttled, f"{words.counted(live.throttled, 'request')} throttled"),
        (live.restarts, f"{words.counted(live.restarts, 'restart')}"),
    )
    facts = [text for count, text in told if count]
    lost = []
    if live.late:
        untold = f" ({words.number(live.untold)} maybe twins)" if live.untold else ""
        lost.append(f"{words.counted(live.late, 'event')} over 15 min late{untold}")
    if live.missing:
        lost.append(f"{words.counted(live.missing, 'record')} missing for good")
    if live.unfilled:
        lost.append(f"a gap of {words.span(live.unfilled)} not filled")
    return [text for text in (", ".join(facts), ", ".join(lost)) if text]
